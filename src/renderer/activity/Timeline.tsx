import { ArrowDownLeft, ArrowUpRight, CircleAlert, CircleDot, Cpu, Zap, type LucideIcon } from 'lucide-react'
import type { TimelineEntry } from '#shared/ipc/activity.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { bytesText } from '#renderer/ui/bytesText.ts'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { Disclosure } from '#renderer/ui/Disclosure.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { ShortId } from '#renderer/ui/ShortId.tsx'
import { Words } from '#renderer/ui/Words.tsx'
import { groupEntries, prettyJson, sinceText, type TimelineGroup } from './timelineGroups.ts'

const KINDS: Record<TimelineEntry['kind'], { icon: LucideIcon; word: string }> = {
  sent: { icon: ArrowUpRight, word: 'Sent' },
  received: { icon: ArrowDownLeft, word: 'Received' },
  payment: { icon: Zap, word: 'Payment' },
  work: { icon: Cpu, word: 'Work' },
  state: { icon: CircleDot, word: 'State' },
  problem: { icon: CircleAlert, word: 'Problem' },
}

/** Every event, payment and state, in order. */
export function Timeline({ entries, live }: { entries: readonly TimelineEntry[]; live: boolean }) {
  const start = entries[0]?.at ?? 0
  return (
    <section aria-label="Timeline" className="flex flex-col gap-2">
      <h3 className="font-semibold">Timeline</h3>
      {entries.length === 0 ? <p className="text-muted">Nothing is recorded.</p> : null}
      <ol className="flex flex-col">
        {groupEntries(entries).map((group, index) => (
          // The list only ever grows at its end.
          <Entry key={index} group={group} start={start} />
        ))}
      </ol>
      {live ? <p className="pl-7 text-sm text-muted">Under way. New entries appear by themselves.</p> : null}
    </section>
  )
}

function Entry({ group: { entry, count, lastAt, sizeBytes }, start }: { group: TimelineGroup; start: number }) {
  const { icon: Icon, word } = KINDS[entry.kind]
  const problem = entry.kind === 'problem'
  const ids = Object.entries(entry.ids)
  const moment = new Date(entry.at)
  return (
    <li className="relative flex gap-3 pb-4 last:pb-0 before:absolute before:bottom-0 before:left-2 before:top-6 before:w-px before:bg-line last:before:hidden">
      <Icon aria-hidden size={16} className={joinClasses('mt-0.5', problem ? 'text-danger' : 'text-muted')} />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-baseline gap-x-3">
          <p className={joinClasses('font-medium', problem ? 'text-danger' : null)}>
            <span className="sr-only">{word}: </span>
            {entry.title}
            {count > 1 ? <span className="font-normal text-muted"> ×{count}</span> : null}
          </p>
          {entry.amountMsat === undefined ? null : <Amount msat={entry.amountMsat} />}
          <span className="ml-auto flex gap-3 text-sm text-muted">
            {sizeBytes === undefined ? null : <span>{bytesText(sizeBytes)}</span>}
            <time dateTime={moment.toISOString()} title={moment.toLocaleString()} className="w-18 text-right">
              {sinceText(count > 1 ? lastAt : entry.at, start)}
            </time>
          </span>
        </div>
        {entry.detail ? <p className="text-muted wrap-anywhere"><Words text={entry.detail} /></p> : null}
        {ids.length > 0 ? (
          <dl className="flex flex-wrap gap-x-4 text-sm">
            {ids.map(([name, id]) => (
              <div key={name} className="flex items-center gap-1.5">
                <dt className="text-muted">{name}</dt>
                <dd>
                  <ShortId id={id} name={`the ${name}`} />
                </dd>
              </div>
            ))}
          </dl>
        ) : null}
        {entry.verdicts?.length ? (
          <ul aria-label="What the relays said" className="text-sm">
            {entry.verdicts.map(({ relay, verdict, message }) => (
              <li key={relay} className="wrap-anywhere">
                <span className="font-mono text-muted">{relay}</span> <span className={verdict === 'accepted' ? '' : 'font-medium'}>{verdict}</span>
                {message ? <span className="text-muted">: {message}</span> : null}
              </li>
            ))}
          </ul>
        ) : null}
        {entry.raw === undefined ? null : (
          <Disclosure label={<span className="text-sm">Raw event</span>}>
            <div className="relative rounded-lg border border-line bg-surface">
              <CopyButton text={entry.raw} label="Copy the raw event" className="absolute right-1 top-1 bg-surface" />
              <pre className="whitespace-pre-wrap p-3 pr-10 font-mono text-xs wrap-anywhere">{prettyJson(entry.raw)}</pre>
            </div>
          </Disclosure>
        )}
      </div>
    </li>
  )
}
