/** NIP-51's mute list: kind 10000, one for each author, in public tags and in encrypted ones. */
import { z } from 'zod'
import { fail, ok, type Result } from '../market/result.ts'
import { safeParse } from '../safeParse.ts'
import { isHex64, tagValues, type EventTemplate, type NostrEvent } from './event.ts'
import { KIND } from './kinds.ts'

/** One entry as it is on the wire: `["p", key, …]`, `["e", id, …]`, `["word", text]`, `["t", tag]`, or what a later spec adds. */
export type ListTag = readonly string[]

export interface MuteList {
  /** In the clear. */
  readonly publicTags: readonly ListTag[]
  /** Encrypted by the author to itself. */
  readonly privateTags: readonly ListTag[]
}

export const EMPTY_MUTE_LIST: MuteList = { publicTags: [], privateTags: [] }
/** More than an event of 64 KiB holds keys. */
export const MAX_LIST_TAGS = 1_000
const MAX_TAG_VALUES = 10
const MAX_VALUE = 2_000
const tagsSchema = z.array(z.array(z.string().max(MAX_VALUE)).max(MAX_TAG_VALUES)).max(MAX_LIST_TAGS)

/**
 * Reads an own kind 10000. `decrypt` opens what is encrypted by oneself to oneself (NIP-44, or NIP-04 of older programs).
 * Every entry is kept, known or not, in its order: the list is written back as a whole, and what was left out would be lost.
 * So one that cannot be read in full is refused. Problems: `wrong-kind`, `too-long`, `unreadable`, and those of `decrypt`.
 */
export function parseMuteList(event: NostrEvent, decrypt: (content: string) => Result<string>): Result<MuteList> {
  if (event.kind !== KIND.muteList) return fail('wrong-kind', 'This event is no mute list.')
  const publicTags = safeParse(tagsSchema, event.tags)
  if (!publicTags.success) return fail('too-long', `The mute list has more than ${MAX_LIST_TAGS} entries, or one of them is too long.`)
  if (event.content === '') return ok({ publicTags: publicTags.data, privateTags: [] })
  const text = decrypt(event.content)
  if (!text.ok) return text
  const privateTags = parsePrivateTags(text.value)
  return privateTags.ok ? ok({ publicTags: publicTags.data, privateTags: privateTags.value }) : privateTags
}

function parsePrivateTags(text: string): Result<readonly ListTag[]> {
  // NIP-04 can carry nothing at all, which is how some programs write an empty list.
  if (text.trim() === '') return ok([])
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fail('unreadable', 'The private part of the mute list is not JSON.')
  }
  const tags = safeParse(tagsSchema, value)
  return tags.success ? ok(tags.data) : fail('unreadable', 'The private part of the mute list is not a list of tags, or is too long.')
}

/** What `encryptedTags`, encrypted, goes into: a kind 10000 to sign. `createdAt` in Unix seconds. */
export function muteListTemplate(publicTags: readonly ListTag[], encryptedTags: string, createdAt: number): EventTemplate {
  return { kind: KIND.muteList, created_at: createdAt, tags: publicTags, content: encryptedTags }
}

/** The plain text of the private tags. */
export function writePrivateTags(list: MuteList): string {
  return JSON.stringify(list.privateTags)
}

/** Hex public keys muted, publicly or privately, each once. */
export function mutedPubkeys(list: MuteList): readonly string[] {
  return [...new Set([...tagValues(list.publicTags, 'p'), ...tagValues(list.privateTags, 'p')])].filter(isHex64)
}

/** Hex ids of events muted. */
export function mutedEventIds(list: MuteList): readonly string[] {
  return [...new Set([...tagValues(list.publicTags, 'e'), ...tagValues(list.privateTags, 'e')])].filter(isHex64)
}

/** The list with that person in its private part; as it is when it is there already, in either part. */
export function addMuted(list: MuteList, pubkey: string): MuteList {
  return mutedPubkeys(list).includes(pubkey) ? list : { ...list, privateTags: [...list.privateTags, ['p', pubkey]] }
}

/** The list without that person in either part; as it is when it is in none. */
export function removeMuted(list: MuteList, pubkey: string): MuteList {
  if (!mutedPubkeys(list).includes(pubkey)) return list
  const isOther = (tag: ListTag) => tag[0] !== 'p' || tag[1] !== pubkey
  return { publicTags: list.publicTags.filter(isOther), privateTags: list.privateTags.filter(isOther) }
}

/** Everything of `list`, and of `other` what it does not have: for two versions that were written without knowing of each other. */
export function mergeMuteLists(list: MuteList, other: MuteList): MuteList {
  const known = new Set([...list.publicTags, ...list.privateTags].map(entryOf))
  const isNew = (tag: ListTag) => !known.has(entryOf(tag))
  return { publicTags: [...list.publicTags, ...other.publicTags.filter(isNew)], privateTags: [...list.privateTags, ...other.privateTags.filter(isNew)] }
}

/** What makes two tags the same entry: the rest of a tag are hints. */
function entryOf(tag: ListTag): string {
  return JSON.stringify(tag.slice(0, 2))
}
