import { useRef } from 'react'
import { toast } from 'sonner'
import type { MutedSeller } from '#shared/ipc/channels.ts'
import { useEngineState } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Badge } from '#renderer/ui/Badge.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { ShortId } from '#renderer/ui/ShortId.tsx'
import { shortenId } from '#renderer/ui/shortenId.ts'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'

const UNDO_MS = 8_000

/** Whose offers are hidden, and the way back. */
export function MutedSection() {
  const state = useEngineState('channels.mutes')
  const list = useRef<HTMLUListElement>(null)
  const rows = state === undefined ? [] : sortMuted(state.muted)
  return (
    <Section title="Muted sellers" hint="Their offers are hidden, and no rule chooses them. While you sell, the list is kept encrypted on your relays: your other Nostr programs share it, and nobody else can read it.">
      {state === undefined ? (
        <SkeletonRows label="Loading the muted sellers" rows={1} />
      ) : (
        <>
          {state.problem === undefined ? null : <ProblemNote level={state.state === 'unreadable' ? 'warning' : 'info'} message={state.problem} />}
          {rows.length === 0 ? (
            <p className="rounded-lg border border-line bg-surface px-4 py-3 text-muted">Nobody is muted. A seller is muted in the directory, at the end of its offer’s detail.</p>
          ) : (
            <ul ref={list} tabIndex={-1} aria-label="Muted sellers" className="flex flex-col divide-y divide-line rounded-lg border border-line bg-surface">
              {rows.map((seller) => (
                <MutedItem key={seller.pubkey} seller={seller} onUnmuted={() => list.current?.focus({ preventScroll: true })} />
              ))}
            </ul>
          )}
        </>
      )}
    </Section>
  )
}

function MutedItem({ seller, onUnmuted }: { seller: MutedSeller; onUnmuted: () => void }) {
  const unmute = useRequest('channels.unmute', { toastProblem: true })
  const mute = useRequest('channels.mute', { toastProblem: true })
  const { pubkey, name, mutedAt, publicly } = seller
  const shown = name ?? shortenId(pubkey)
  const run = async () => {
    const answer = await unmute.run({ pubkey })
    if (!answer.ok) return
    onUnmuted()
    toast(`${shown} is shown again.`, { duration: UNDO_MS, action: { label: 'Undo', onClick: () => void mute.run({ pubkey, ...(name === undefined ? {} : { name }), publicly }) } })
  }
  return (
    <li className="flex items-center justify-between gap-4 py-2.5 pl-4 pr-3">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-medium wrap-anywhere">{name ?? 'Unnamed seller'}</span>
          {publicly ? <Badge>Everybody can see this</Badge> : null}
        </p>
        <p className="flex flex-wrap items-center gap-x-2 text-sm text-muted">
          {mutedAt === undefined ? <span>muted in another program</span> : <TimeAgo at={mutedAt} prefix="muted " />}
          <ShortId id={pubkey} name={`the key of ${shown}`} />
        </p>
      </div>
      <Button size="small" busy={unmute.busy} aria-label={`Unmute ${shown}`} onClick={() => void run()}>
        Unmute
      </Button>
    </li>
  )
}

/** What was muted last comes first; what another program muted comes last. */
function sortMuted(muted: Readonly<Record<string, MutedSeller>>): readonly MutedSeller[] {
  return Object.values(muted).toSorted((a, b) => (b.mutedAt ?? 0) - (a.mutedAt ?? 0) || (a.pubkey < b.pubkey ? -1 : 1))
}
