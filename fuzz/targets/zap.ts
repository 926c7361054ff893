import { parseZapReceipt } from '#shared/protocol/zapReceipt.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { channelCreateEvent } from '../examples.ts'
import { eventTarget } from '../target.ts'

const id = 'c'.repeat(64)
const request = { ...channelCreateEvent, kind: KIND.zapRequest, tags: [['e', id], ['p', id], ['amount', '21000'], ['relays', 'wss://relay.example']], content: 'thanks' }
const receipt = { ...channelCreateEvent, kind: KIND.zapReceipt, tags: [['p', id], ['e', id], ['bolt11', 'lnbc1'], ['description', JSON.stringify(request)], ['preimage', id]], content: '' }

export const targets = [eventTarget('zapReceipt.parseZapReceipt', [receipt], parseZapReceipt)]
