/**
 * Whom one does not want to see: the newest mute list of one's own key, and what was decided here and is not in it yet.
 * Pure; the record is what the store keeps.
 */
import { z } from 'zod'
import { hex64Schema } from '#shared/ipc/common.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { addMuted, MAX_LIST_TAGS, mergeMuteLists, mutedPubkeys, removeMuted, writePrivateTags, type MuteList } from '#shared/protocol/nip51.ts'
import { MAX_EVENT_PLAINTEXT_BYTES } from '../../nostr/cipher.ts'

const secsSchema = z.number().int().nonnegative()
const tagsSchema = z.array(z.array(z.string()).readonly()).readonly()
export const muteRecordSchema = z.object({
  list: z.object({ publicTags: tagsSchema, privateTags: tagsSchema }),
  /** The list's event, and its date in Unix seconds; empty and 0 when there is none yet. */
  eventId: z.string(),
  createdAt: secsSchema,
  /** Events of the list that were published here: they come back, and are no news. */
  ownIds: z.array(hex64Schema).readonly(),
  /** The date of the newest version of another program that went into the list. */
  builtOn: secsSchema,
  /** Decided here, in order, and not published yet. */
  pending: z.array(z.object({ action: z.enum(['mute', 'unmute']), pubkey: hex64Schema })).readonly(),
  /** True when the list holds more than the event that is out there. */
  unpublished: z.boolean(),
  /** What is known of who was muted here, by public key: a list carries keys alone. */
  notes: z.record(hex64Schema, z.object({ name: z.string(), mutedAt: z.number() })).readonly(),
  /** Kinds 44 up to that date, in Unix seconds, do not count any more, by public key. */
  takenBack: z.record(hex64Schema, secsSchema).readonly(),
})
export type MuteRecord = z.output<typeof muteRecordSchema>
export type PendingChange = MuteRecord['pending'][number]

export const EMPTY_RECORD: MuteRecord = {
  list: { publicTags: [], privateTags: [] },
  eventId: '',
  createdAt: 0,
  ownIds: [],
  builtOn: 0,
  pending: [],
  unpublished: false,
  notes: {},
  takenBack: {},
}

/** A version of the list that a relay brought. */
export interface ListVersion {
  readonly eventId: string
  readonly createdAt: number
  readonly list: MuteList
}

const MAX_PENDING = 1_000
const MAX_OWN_IDS = 100
const MAX_TAKEN_BACK = 1_000

/**
 * The record after a version came. The newest one counts (NIP-01). One that is older than ours, and newer than what ours
 * was made from, was written by another program that had not seen ours: what only it has is taken over.
 */
export function takeVersion(record: MuteRecord, version: ListVersion): MuteRecord {
  if (version.eventId === record.eventId || record.ownIds.includes(version.eventId)) return record
  if (isNewer(version, record)) return { ...record, list: version.list, eventId: version.eventId, createdAt: version.createdAt, builtOn: version.createdAt, unpublished: false }
  if (version.createdAt <= record.builtOn) return record
  return { ...record, list: mergeMuteLists(record.list, version.list), builtOn: version.createdAt, unpublished: true }
}

/** NIP-01: of two versions the later one counts, and of the same second the one with the lower id. */
export function isNewer(version: Pick<ListVersion, 'eventId' | 'createdAt'>, before: Pick<ListVersion, 'eventId' | 'createdAt'>): boolean {
  return version.createdAt > before.createdAt || (version.createdAt === before.createdAt && version.eventId < before.eventId)
}

/** The list with everything that was decided here. */
export function wantedList(record: MuteRecord): MuteList {
  return record.pending.reduce<MuteList>((list, { action, pubkey }) => (action === 'mute' ? addMuted(list, pubkey) : removeMuted(list, pubkey)), record.list)
}

/** Adds what a person decided. Problem: `list-full`. */
export function decideMute(record: MuteRecord, pubkey: string, name: string, nowMs: number): Result<MuteRecord> {
  const next = { ...withChange(record, { action: 'mute', pubkey }), notes: { ...record.notes, [pubkey]: { name, mutedAt: nowMs } } }
  return fits(wantedList(next)) && next.pending.length <= MAX_PENDING ? ok(next) : fail('list-full', 'Your list of muted sellers is full. Unmute one first.')
}

export function decideUnmute(record: MuteRecord, pubkey: string, nowMs: number): MuteRecord {
  const { [pubkey]: _, ...notes } = record.notes
  const { [pubkey]: _before, ...others } = record.takenBack
  const takenBack = [...Object.entries(others), [pubkey, Math.floor(nowMs / 1_000)] as const].slice(-MAX_TAKEN_BACK)
  return { ...withChange(record, { action: 'unmute', pubkey }), notes, takenBack: Object.fromEntries(takenBack) }
}

/** Only the last decision about a person is still to be published. */
function withChange(record: MuteRecord, change: PendingChange): MuteRecord {
  return { ...record, pending: [...record.pending.filter(({ pubkey }) => pubkey !== change.pubkey), change] }
}

/** What has to be published, null when what is out there says it all. */
export function listToPublish(record: MuteRecord): MuteList | null {
  const wanted = wantedList(record)
  return wanted !== record.list || record.unpublished ? wanted : null
}

/** Before an event goes out: it may be back before the relays have said that they took it. */
export function rememberOwn(record: MuteRecord, eventId: string): MuteRecord {
  return { ...record, ownIds: [eventId, ...record.ownIds].slice(0, MAX_OWN_IDS) }
}

/** After a relay took `published`, which was made from `before`; another version may have come meanwhile. */
export function settle(record: MuteRecord, before: MuteRecord, published: ListVersion): MuteRecord {
  if (isNewer(record, published)) return record
  const isUntouched = record.list === before.list
  return {
    ...record,
    list: isUntouched ? published.list : mergeMuteLists(published.list, record.list),
    eventId: published.eventId,
    createdAt: published.createdAt,
    pending: record.pending.filter((change) => !before.pending.includes(change)),
    unpublished: !isUntouched,
  }
}

/** Forgets decisions that the list says already. */
export function dropFulfilled(record: MuteRecord): MuteRecord {
  return record.pending.length > 0 && wantedList(record) === record.list ? { ...record, pending: [] } : record
}

/** Hex public keys that the list mutes, with what was decided here. */
export function mutedByList(record: MuteRecord): readonly string[] {
  return mutedPubkeys(wantedList(record))
}

/** Whether it can be published as one event. */
export function fits(list: MuteList): boolean {
  const publicBytes = Buffer.byteLength(JSON.stringify(list.publicTags))
  return list.publicTags.length + list.privateTags.length <= MAX_LIST_TAGS && publicBytes <= MAX_PUBLIC_BYTES && Buffer.byteLength(writePrivateTags(list)) <= MAX_EVENT_PLAINTEXT_BYTES
}

/** What the longest private part leaves of an event of 64 KiB, with room for the rest of it. */
const MAX_PUBLIC_BYTES = 9_000
