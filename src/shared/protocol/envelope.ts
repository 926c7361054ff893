/**
 * What of a NIP-90 message is hidden (PROTOCOL.md §4): the outer event names its peers and says `encrypted`, and its
 * content is the ciphertext of a JSON array of tags, or of a result's text. Ciphers are the caller's.
 */
import { fail, ok, type Result } from '../market/result.ts'
import { tagValues, type EventTemplate } from './event.ts'
import { MAX_EVENT_BYTES } from './wireJson.ts'

type Tags = readonly (readonly string[])[]

/** Readers take no event with more tags, hidden or not. */
export const MAX_JOB_TAGS = 200
const MAX_TAG_VALUES = 100
const ENCRYPTED = 'encrypted'

export interface Envelope {
  readonly kind: number
  /** Hex public key of who can open it. */
  readonly peer: string
  /** The request that it is about; left out in a request itself. */
  readonly requestId?: string
  /** NIP-44 to `peer`. */
  readonly ciphertext: string
}

/** The outer event to sign. `createdAt` in Unix seconds. */
export function envelopeTemplate({ kind, peer, requestId, ciphertext }: Envelope, createdAt: number): EventTemplate {
  return { kind, created_at: createdAt, tags: [...(requestId === undefined ? [] : [['e', requestId]]), ['p', peer], [ENCRYPTED]], content: ciphertext }
}

export function isEncrypted({ tags }: Pick<EventTemplate, 'tags'>): boolean {
  return tags.some(([name]) => name === ENCRYPTED)
}

/** The text to encrypt. */
export function writeHiddenTags(tags: Tags): string {
  return JSON.stringify(tags)
}

/**
 * Reads tags that were encrypted. Numbers and booleans among their values are taken as they would be spelled. Problems:
 * `too-long`, `not-json`, `not-tags`.
 */
export function parseHiddenTags(text: string): Result<Tags> {
  if (text.length > MAX_EVENT_BYTES) return fail('too-long', `What was encrypted is longer than ${MAX_EVENT_BYTES} characters.`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fail('not-json', 'What was encrypted is not JSON.')
  }
  if (!Array.isArray(value)) return fail('not-tags', 'What was encrypted is not a list of tags.')
  if (value.length > MAX_JOB_TAGS) return fail('too-long', `What was encrypted has more than ${MAX_JOB_TAGS} tags.`)
  const tags = value.map(readTag)
  return tags.every((tag) => tag !== null) ? ok(tags) : fail('not-tags', 'What was encrypted is not a list of tags.')
}

function readTag(value: unknown): readonly string[] | null {
  if (!Array.isArray(value) || value.length > MAX_TAG_VALUES) return null
  const words = value.map((word: unknown) => (typeof word === 'string' ? word : typeof word === 'number' || typeof word === 'boolean' ? String(word) : null))
  return words.every((word) => word !== null) ? words : null
}

/**
 * The event as if it had never been hidden, for the readers of plain ones: who it is from, to and about stays as the outer
 * event says. A text that is no list of tags is the content itself, as some write it.
 */
export function openEnvelope<Event extends EventTemplate>(event: Event, text: string): Event {
  const parsed = parseHiddenTags(text)
  if (!parsed.ok) return { ...event, content: text }
  const hidden = parsed.value.filter(([name]) => name !== 'e' && name !== 'p' && name !== ENCRYPTED)
  const peers = event.tags.filter(([name]) => name === 'e' || name === 'p')
  const others = event.tags.filter(([name]) => name !== 'e' && name !== 'p' && name !== ENCRYPTED)
  return { ...event, tags: [...peers, ...hidden, ...others].slice(0, MAX_JOB_TAGS), content: tagValues(hidden, 'content')[0] ?? '' }
}
