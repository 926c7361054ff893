import { RadioTower } from 'lucide-react'
import { useRef } from 'react'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { EmptyState } from '#renderer/ui/EmptyState.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { AddRelay } from './AddRelay.tsx'
import { RelayItem } from './RelayItem.tsx'
import { RelayWork } from './RelayWork.tsx'
import { groupRelays } from './relayText.ts'

const LIST = 'flex flex-col divide-y divide-line rounded-lg border border-line bg-surface'

/** Where the market is read and written. Every change is in force at once. */
export function RelaysSection() {
  const relays = useEngineSlice('relays.status', (status) => status.relays)
  const work = useEngineSlice('relays.status', (status) => status.work)
  const list = useRef<HTMLUListElement>(null)
  const { own, guests } = groupRelays(relays ?? {})
  return (
    <Section title="Relays" hint="Servers that carry offers, requests and answers. They see who writes when and how much; what is private they cannot read.">
      {relays === undefined ? (
        <SkeletonRows label="Loading the relays" rows={2} />
      ) : own.length === 0 ? (
        <div className="rounded-lg border border-line bg-surface">
          <EmptyState icon={RadioTower} title="There is no relay">
            Without one nothing can be bought or sold. Add one below: several are better, since any of them may be away.
          </EmptyState>
        </div>
      ) : (
        <ul ref={list} tabIndex={-1} aria-label="Relays" className={LIST}>
          {own.map((relay) => (
            <RelayItem key={relay.url} relay={relay} onRemoved={() => list.current?.focus({ preventScroll: true })} />
          ))}
        </ul>
      )}
      {work === undefined ? null : <RelayWork work={work} />}
      <AddRelay />
      {guests.length === 0 ? null : (
        <div className="flex flex-col gap-2 pt-3">
          <div>
            <h3 id="guest-relays" className="font-medium">
              Used for a job, not yours
            </h3>
            <p className="text-sm text-muted">Another side named them. They are left when nobody needs them any more.</p>
          </div>
          <ul aria-labelledby="guest-relays" className={LIST}>
            {guests.map((relay) => (
              <RelayItem key={relay.url} relay={relay} onRemoved={() => undefined} />
            ))}
          </ul>
        </div>
      )}
    </Section>
  )
}
