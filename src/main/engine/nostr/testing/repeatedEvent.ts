import type { NostrEvent } from '#shared/protocol/event.ts'
import type { HostileRelay } from './hostileRelay.ts'

export const TIMES = 1_000
const DECOY = `"id":"${'f'.repeat(64)}"`

/** What a relay says over and over: the event itself, and its JSON with a second `id`, once before the true one and once after it. */
export function repeatEvent(liar: HostileRelay, event: NostrEvent): void {
  for (let time = 0; time < TIMES; time++) liar.deliver(event)
  const json = JSON.stringify(event)
  for (const twice of [`{${DECOY},${json.slice(1)}`, `${json.slice(0, -1)},${DECOY}}`]) liar.sendRaw(`["EVENT","$SUB",${twice}]`)
}
