import { ok } from '#shared/market/result.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { addMuted, mergeMuteLists, mutedEventIds, mutedPubkeys, muteListTemplate, parseMuteList, removeMuted, writePrivateTags } from '#shared/protocol/nip51.ts'
import { parseRelayList, relayListTemplate } from '#shared/protocol/nip65.ts'
import { channelCreateEvent, VECTOR_SECS } from '../examples.ts'
import { eventTarget, valueOf } from '../target.ts'

const key = 'd'.repeat(64)
const muteList = { ...channelCreateEvent, ...muteListTemplate([['p', key], ['word', 'spam'], ['t', 'x']], `[["p","${'e'.repeat(64)}"],["e","${key}","wss://relay.example"]]`, VECTOR_SECS) }
const relayList = { ...channelCreateEvent, ...relayListTemplate({ write: ['wss://a.example', 'wss://b.example'], read: ['wss://b.example', 'wss://c.example/x'] }, VECTOR_SECS) }

export const targets = [
  // What was decrypted is fuzzed as it is: encryption guards nothing against its own author.
  eventTarget('nip51.parseMuteList', [muteList, { ...muteList, content: '' }], (event) => parseMuteList(event, ok), {
    rewrite(output, input) {
      const list = valueOf(output)
      if (list === undefined) return undefined
      // One that was muted is muted, and one that was taken back is not.
      const without = removeMuted(addMuted(mergeMuteLists(list, list), key), key)
      if (mutedPubkeys(without).includes(key) || mutedEventIds(without).length !== mutedEventIds(list).length) throw new Error('taking one person back changes the list')
      return { ...input, ...muteListTemplate(list.publicTags, writePrivateTags(list), input.created_at), kind: KIND.muteList }
    },
  }),
  eventTarget('nip65.parseRelayList', [relayList], parseRelayList, {
    rewrite(output, input) {
      const list = valueOf(output)
      // Of two orders one can be written.
      const written = list === undefined ? [] : [...new Set([...list.write, ...list.read])].filter((url) => list.read.includes(url))
      return list === undefined || list.read.some((url, index) => url !== written[index]) ? undefined : { ...input, ...relayListTemplate(list, input.created_at) }
    },
  }),
]
