import { DEFAULT_PARSE_LIMITS, parseEvent, parseRelayMessage, type RelayMessage } from '#engine/nostr/eventParsing.ts'
import { parseClientMessage } from '#engine/nostr/embeddedRelay/clientMessage.ts'
import { filterSize, parseFilter } from '#engine/nostr/embeddedRelay/filter.ts'
import { DEFAULT_RELAY_LIMITS } from '#engine/nostr/embeddedRelay/limits.ts'
import { readPrefix } from '#engine/nostr/okPrefix.ts'
import { parseRelayAddress } from '#engine/nostr/relayAddress.ts'
import { allEvents } from '../examples.ts'
import { jsonTarget, textTarget, valueOf, valueTarget } from '../target.ts'

const id = 'a'.repeat(64)
const filters = [{ ids: [id], kinds: [42, 7_000] }, { authors: [id], since: 1, until: 1_735_364_330, limit: 20, '#e': [id, 'x'], '#p': [] }]
const events = allEvents.map((event) => JSON.stringify(['EVENT', 's', event]))
const fromRelays = [...events, `["EOSE","s"]`, `["OK","${id}",true,""]`, `["OK","${id}",false,"rate-limited: slow down"]`, '["CLOSED","s","auth-required: who"]', '["NOTICE","hi\\u001b"]', '["AUTH","challenge"]', '["COUNT","s",{"count":1}]']
const fromClients = [...allEvents.map((event) => JSON.stringify(['EVENT', event])), JSON.stringify(['REQ', 's', ...filters]), '["CLOSE","s"]', ...allEvents.slice(0, 1).map((event) => JSON.stringify(['AUTH', event]))]

export const targets = [
  jsonTarget('eventParsing.parseRelayMessage', fromRelays, (text) => parseRelayMessage(text, DEFAULT_PARSE_LIMITS), {
    rewrite(output) {
      const message = valueOf(output)
      if (message === undefined) return undefined
      const text = JSON.stringify(toFrame(message))
      // A lone surrogate is six bytes when it is written.
      return Buffer.byteLength(text) <= DEFAULT_PARSE_LIMITS.maxFrameBytes ? text : undefined
    },
  }),
  valueTarget('eventParsing.parseEvent', allEvents, (value) => parseEvent(value, DEFAULT_PARSE_LIMITS), { rewrite: valueOf }),
  jsonTarget('clientMessage.parseClientMessage', fromClients, (text) => parseClientMessage(text, DEFAULT_RELAY_LIMITS), {
    rewrite(message) {
      if (message.type === 'close') return JSON.stringify(['CLOSE', message.subscription])
      return message.type === 'event' || message.type === 'auth' ? JSON.stringify([message.type.toUpperCase(), message.event]) : undefined
    },
  }),
  valueTarget('filter.parseFilter', filters, (value) => {
    const parsed = parseFilter(value)
    if (!parsed.ok) return parsed
    // What is let through is a filter for what was named: one that loses a name asks for everything.
    const named = Object.keys(value as object).filter((key) => !['since', 'until', 'limit'].includes(key)).length
    const { ids, authors, kinds, tags } = parsed.value
    const kept = [ids, authors, kinds].filter((set) => set !== null).length + tags.length
    if (named !== kept) throw new Error(`${named} conditions, and ${kept} of them are kept`)
    return { ...parsed, size: filterSize(parsed.value) }
  }),
  textTarget('okPrefix.readPrefix', ['rate-limited: slow down', 'pow: difficulty 25 < 28', 'auth-required:x'], readPrefix),
  textTarget('relayAddress.parseRelayAddress', ['wss://relay.example/path/?x=1#f', 'ws://127.0.0.1:7777', 'wss://[::1]:443//', 'WSS://ÉXAMPLE.com'], parseRelayAddress, { rewrite: valueOf }),
]

function toFrame(message: RelayMessage): readonly unknown[] {
  switch (message.type) {
    case 'EVENT':
      return ['EVENT', message.subscription, message.event]
    case 'EOSE':
      return ['EOSE', message.subscription]
    case 'OK':
      return ['OK', message.eventId, message.accepted, message.message]
    case 'CLOSED':
      return ['CLOSED', message.subscription, message.message]
    case 'NOTICE':
      return ['NOTICE', message.message]
    case 'AUTH':
      return ['AUTH', message.challenge]
  }
}
