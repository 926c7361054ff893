import { Plus, RefreshCw, Trash2 } from 'lucide-react'
import { useId } from 'react'
import type { RelayRow } from '#shared/ipc/settings.ts'
import { useClient } from '#renderer/state/client.ts'
import { useNow } from '#renderer/state/useNow.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { durationText } from '#renderer/ui/agoText.ts'
import { Badge } from '#renderer/ui/Badge.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { IconButton } from '#renderer/ui/IconButton.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { Switch } from '#renderer/ui/Switch.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'
import { toastSaved } from '#renderer/ui/toastSaved.ts'
import { RelayDetails } from './RelayDetails.tsx'
import { conditionsOf, paceText, skewText } from './relayText.ts'

const STATES: Record<RelayRow['state'], { word: string; dot: string }> = {
  connected: { word: 'Connected', dot: 'border-muted bg-muted' },
  connecting: { word: 'Connecting', dot: 'border-accent shimmer' },
  waiting: { word: 'Not connected', dot: 'border-accent-text bg-accent-soft' },
  closed: { word: 'Closed', dot: 'border-faint' },
}

/** One relay: how it is, what it is used for, what it asks; the rest folded. */
export function RelayItem({ relay, onRemoved }: { relay: RelayRow; onRemoved: () => void }) {
  const remarks = [relay.problem, paceText(relay.paceMs), skewText(relay.clockSkewSecs)].filter((remark) => remark !== undefined)
  const conditions = conditionsOf(relay)
  return (
    <li className="flex items-start gap-3 py-2.5 pl-4 pr-2">
      <span aria-hidden className={joinClasses('mt-2 size-2 shrink-0 rounded-full border-2', STATES[relay.state].dot)} />
      <div className="flex min-w-0 flex-1 flex-col">
        <div className="flex items-start justify-between gap-2">
          <p className="flex min-h-7 min-w-0 flex-wrap items-center gap-x-2">
            <span className="font-mono text-sm wrap-anywhere">{relay.url}</span>
            {relay.embedded ? <Badge>The sandbox’s own</Badge> : null}
          </p>
          <RelayActions relay={relay} onRemoved={onRemoved} />
        </div>
        <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-1 pr-1.5">
          <p className="text-sm text-muted">
            <RelayStateText relay={relay} />
          </p>
          {relay.embedded || relay.guest ? null : <RelayUses relay={relay} />}
        </div>
        {conditions.length === 0 ? null : <p className="text-sm text-muted">It {listWords(conditions)}.</p>}
        {remarks.map((remark) => (
          <p key={remark} className="text-sm wrap-anywhere">
            {remark}
          </p>
        ))}
        <RelayDetails relay={relay} />
      </div>
    </li>
  )
}

function RelayStateText({ relay }: { relay: RelayRow }) {
  return (
    <>
      {STATES[relay.state].word}
      {relay.state === 'connected' && relay.connectedAt !== undefined ? <TimeAgo at={relay.connectedAt} prefix=" " /> : null}
      {relay.state === 'connected' && relay.latencyMs !== undefined ? <span title="From a question to its answer"> · {Math.round(relay.latencyMs)} ms</span> : null}
      {relay.state === 'waiting' && relay.nextAttemptAt !== undefined ? <NextAttempt at={relay.nextAttemptAt} /> : null}
      {relay.name ? ` · ${relay.name}` : ''}
    </>
  )
}

function NextAttempt({ at }: { at: number }) {
  const now = useNow()
  return ` · tried again ${at <= now ? 'now' : `in ${durationText(Math.ceil((at - now) / 1_000) * 1_000)}`}`
}

/** Whether it is listened to, and whether anything is sent there. The engine refuses to leave neither. */
function RelayUses({ relay }: { relay: RelayRow }) {
  const change = useRequest('relays.change', { toastProblem: true })
  const id = useId()
  const { url, read, write } = relay
  return (
    <span className="flex items-center gap-4 text-sm">
      <span className="flex items-center gap-1.5">
        <label htmlFor={`${id}-read`} title="Offers, requests and answers are looked for here">
          Read
        </label>
        <Switch id={`${id}-read`} aria-label={`Read from ${url}`} checked={read} onChange={(next) => void change.run({ url, read: next, write })} />
      </span>
      <span className="flex items-center gap-1.5">
        <label htmlFor={`${id}-write`} title="What this app publishes is sent here">
          Write
        </label>
        <Switch id={`${id}-write`} aria-label={`Write to ${url}`} checked={write} onChange={(next) => void change.run({ url, read, write: next })} />
      </span>
    </span>
  )
}

function RelayActions({ relay, onRemoved }: { relay: RelayRow; onRemoved: () => void }) {
  const client = useClient()
  const remove = useRequest('relays.remove', { toastProblem: true })
  const reconnect = useRequest('relays.reconnect', { toastProblem: true })
  const keep = useRequest('relays.add', { toastProblem: true })
  const { url, read, write } = relay
  const removeRelay = async () => {
    const answer = await remove.run({ url })
    if (!answer.ok) return
    onRemoved()
    toastSaved(`${url} is removed`, () => void client.request('relays.add', { url, read, write }))
  }
  if (relay.guest) {
    return (
      <span className="flex shrink-0 items-center">
        <CopyButton text={url} label={`Copy ${url}`} />
        <Button size="small" icon={Plus} busy={keep.busy} onClick={() => void keep.run({ url })} aria-label={`Keep ${url} as one of yours`}>
          Keep
        </Button>
      </span>
    )
  }
  return (
    <span className="flex shrink-0 items-center">
      <CopyButton text={url} label={`Copy ${url}`} />
      <IconButton icon={RefreshCw} size="small" label={relay.state === 'connected' ? `Reconnect to ${url}` : `Try ${url} now`} busy={reconnect.busy} disabled={relay.state === 'connecting'} onClick={() => void reconnect.run({ url })} />
      {relay.embedded ? null : <IconButton icon={Trash2} size="small" label={`Remove ${url}`} busy={remove.busy} onClick={() => void removeRelay()} />}
    </span>
  )
}

function listWords(words: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(words)
}
