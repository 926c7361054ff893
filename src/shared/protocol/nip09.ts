/** NIP-09: an author withdraws what it published (PROTOCOL.md §3). */
import { fail, ok, type Result } from '../market/result.ts'
import { isHex64, tagValues, type EventTemplate, type NostrEvent } from './event.ts'
import { KIND } from './kinds.ts'
import { MAX_LISTING_ID } from './nip89.ts'

const MAX_TAGS = 500

/** Whose listing, and which events of it to name beside its address. */
export interface ListingReference {
  readonly pubkey: string
  readonly listingId: string
  /** Id of the listing's newest event, and of the announcements made with it. */
  readonly eventId?: string | undefined
  readonly announcementIds?: readonly string[]
}

/** A kind 5 that withdraws a listing, up to and including `createdAt`. */
export function deletionTemplate(reference: ListingReference, createdAt: number): EventTemplate {
  const { pubkey, listingId, eventId, announcementIds = [] } = reference
  return {
    kind: KIND.deletion,
    created_at: createdAt,
    tags: [
      ['a', `${KIND.listing}:${pubkey}:${listingId}`],
      ...(eventId === undefined ? [] : [['e', eventId]]),
      ...announcementIds.map((id) => ['e', id]),
      ['k', String(KIND.listing)],
      ...(announcementIds.length === 0 ? [] : [['k', String(KIND.channelMessage)]]),
    ],
    content: '',
  }
}

/** What a kind 5 withdraws: only ever what its own author published. Bounded; anything else in it is passed over. */
export interface Deletion {
  readonly pubkey: string
  /** Versions up to this time, Unix seconds, are withdrawn. */
  readonly createdAt: number
  readonly eventIds: readonly string[]
  /** `d` values of listings. */
  readonly listingIds: readonly string[]
}

export function parseDeletion(event: NostrEvent): Result<Deletion> {
  if (event.kind !== KIND.deletion) return fail('wrong-kind', 'This event deletes nothing.')
  const tags = event.tags.slice(0, MAX_TAGS)
  const prefix = `${KIND.listing}:${event.pubkey}:`
  const addresses = tagValues(tags, 'a').filter((address) => address.startsWith(prefix))
  return ok({
    pubkey: event.pubkey,
    createdAt: event.created_at,
    eventIds: tagValues(tags, 'e').filter(isHex64),
    listingIds: addresses.map((address) => address.slice(prefix.length)).filter((id) => id.length <= MAX_LISTING_ID),
  })
}
