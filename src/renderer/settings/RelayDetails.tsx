import type { ReactNode } from 'react'
import type { RelayRow } from '#shared/ipc/settings.ts'
import { Disclosure } from '#renderer/ui/Disclosure.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'
import { sizesOf } from './relayText.ts'

/** What few need to know: traffic, what it takes, what it refused and why. */
export function RelayDetails({ relay }: { relay: RelayRow }) {
  const sizes = sizesOf(relay)
  const refusals = relay.rejects.reduce((sum, { count }) => sum + count, 0)
  const count = (number: number) => number.toLocaleString('en-US')
  return (
    <Disclosure label={<span className="text-sm">{refusals === 0 ? 'Details' : `Details · ${count(refusals)} refused`}</span>}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 pb-1 text-sm">
        <Fact name="Traffic">
          {count(relay.received)} received · {count(relay.published)} published · <span title="Events that were refused unread: forged, too large, never asked for">{count(relay.dropped)} dropped</span>
        </Fact>
        {relay.software ? <Fact name="Software">{relay.software}</Fact> : null}
        {relay.description ? <Fact name="It says">{relay.description}</Fact> : null}
        <Fact name="Takes">{sizes.length > 0 ? sizes.join(' · ') : relay.limits ? 'It names no limits.' : 'It says nothing of itself.'}</Fact>
        {relay.limits?.authRequired ? <Fact name="Asks">Who you are (NIP-42). It is told your key while you sell, and otherwise one made for the occasion.</Fact> : null}
        {relay.rejects.length === 0 ? null : (
          <Fact name="Refused">
            <ul aria-label="Reasons" className="flex flex-col gap-0.5">
              {relay.rejects.map((reject) => (
                <li key={reject.message} className="wrap-anywhere">
                  {reject.message}
                  <span className="text-muted">
                    {' · '}
                    {reject.count > 1 ? `${count(reject.count)} times, last ` : ''}
                    <TimeAgo at={reject.at} />
                  </span>
                </li>
              ))}
            </ul>
          </Fact>
        )}
      </dl>
    </Disclosure>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </>
  )
}
