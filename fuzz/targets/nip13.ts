import { committedTarget, countLeadingZeroBits, provenBits } from '#shared/protocol/nip13.ts'
import { allEvents } from '../examples.ts'
import { eventTarget, textTarget } from '../target.ts'

const mined = allEvents.map((event) => ({ ...event, id: `0000${event.id.slice(4)}`, tags: [...event.tags, ['nonce', '776797', '20']] }))

export const targets = [
  eventTarget('nip13.provenBits', mined, (event) => [provenBits(event), committedTarget(event.tags)]),
  textTarget('nip13.countLeadingZeroBits', ['000000000e9d97a1ab09fc381030b346cdd7a142ad57e6df0b46dc9bef6c7e2d'], countLeadingZeroBits),
]
