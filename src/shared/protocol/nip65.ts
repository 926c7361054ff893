/** NIP-65: where a person writes, so that others read it there, and where it reads. Kind 10002. */
import { fail, ok, type Result } from '../market/result.ts'
import type { EventTemplate, NostrEvent } from './event.ts'
import { KIND } from './kinds.ts'
import { isRelayUrl } from './wireText.ts'

export interface RelayList {
  readonly pubkey: string
  /** Unix seconds. */
  readonly createdAt: number
  /** Where its author's events are. In the author's order, each once. */
  readonly write: readonly string[]
  /** Where events for its author are to go. */
  readonly read: readonly string[]
}

const MAX_TAGS = 200
/** NIP-65 asks for two to four of each; whoever names more is not followed everywhere. */
const MAX_RELAYS = 20

/** A kind 10002 to sign. A relay in both lists is written once, without a marker. `createdAt` in Unix seconds. */
export function relayListTemplate({ write, read }: Pick<RelayList, 'write' | 'read'>, createdAt: number): EventTemplate {
  const tags = [...new Set([...write, ...read])].map((url) => {
    if (write.includes(url) && read.includes(url)) return ['r', url]
    return ['r', url, write.includes(url) ? 'write' : 'read']
  })
  return { kind: KIND.relayList, created_at: createdAt, tags, content: '' }
}

/** Reads a kind 10002. Addresses that are none, and markers that are unknown, are passed over. Problem: `wrong-kind`. */
export function parseRelayList(event: NostrEvent): Result<RelayList> {
  if (event.kind !== KIND.relayList) return fail('wrong-kind', 'This event is no list of relays.')
  const write = new Set<string>()
  const read = new Set<string>()
  for (const [name, url, marker = ''] of event.tags.slice(0, MAX_TAGS)) {
    if (name !== 'r' || url === undefined || !isRelayUrl(url)) continue
    if (marker === '' || marker === 'write') write.add(url)
    if (marker === '' || marker === 'read') read.add(url)
  }
  return ok({ pubkey: event.pubkey, createdAt: event.created_at, write: [...write].slice(0, MAX_RELAYS), read: [...read].slice(0, MAX_RELAYS) })
}
