import type { Offer } from '#shared/market/offer.ts'
import { announcementKey } from '#shared/protocol/announcement.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import type { Deletion } from '#shared/protocol/nip09.ts'
import { endsAt, isLive } from './selection.ts'

/** An offer as it was seen. */
export interface SeenOffer extends Offer {
  /** The newest event that said so, as JSON. */
  readonly raw: string
  /** Relays that brought any version of it. */
  readonly seenOn: readonly string[]
  /** Signed by this app's own key. */
  readonly own: boolean
}

export interface OfferBookLimits {
  readonly offers: number
  /** Characters of raw events kept, all offers together. */
  readonly rawCharacters: number
  readonly offersPerSeller: number
  /** Withdrawals remembered, so that a relay that missed one brings nothing back. */
  readonly withdrawals: number
}

export const DEFAULT_LIMITS: OfferBookLimits = { offers: 10_000, rawCharacters: 32_000_000, offersPerSeller: 20, withdrawals: 10_000 }
const RELAYS_PER_OFFER = 20
/** Evicting in batches keeps a flood from sorting the book once an event. */
const EVICTED_SHARE = 0.02

/** Offers by key, the newest version of each, in the order in which they were first seen. Bounded in every direction. */
export interface OfferBook {
  /** Returns whether anything changed. */
  put(offer: Offer, event: NostrEvent, relay: string): boolean
  withdraw(deletion: Deletion): boolean
  dropEnded(nowSecs: number): boolean
  /** Unix seconds at which the next offer ends; null when there is none. */
  nextEndSecs(): number | null
  /** A seller's announcement in a channel is left out when its listing says the same, or is newer. */
  view(ownPubkey: string): ReadonlyMap<string, SeenOffer>
}

interface Entry {
  readonly eventId: string
  readonly offer: SeenOffer
}

export function createOfferBook(limits: OfferBookLimits): OfferBook {
  const entries = new Map<string, Entry>()
  const keysBySeller = new Map<string, Set<string>>()
  /** Offer key → versions up to this time are withdrawn; `<pubkey>/<event id>` → that event is. */
  const withdrawn = new Map<string, number>()
  let rawCharacters = 0

  const remove = (key: string): boolean => {
    const entry = entries.get(key)
    if (!entry) return false
    entries.delete(key)
    rawCharacters -= entry.offer.raw.length
    const keys = keysBySeller.get(entry.offer.pubkey)
    keys?.delete(key)
    if (keys?.size === 0) keysBySeller.delete(entry.offer.pubkey)
    return true
  }

  const removeOldest = (keys: Iterable<string>, count: number) => {
    const announcedAt = (key: string) => entries.get(key)?.offer.announcedAt ?? 0
    for (const key of [...keys].toSorted((a, b) => announcedAt(a) - announcedAt(b)).slice(0, count)) remove(key)
  }

  const keepBounds = (seller: string) => {
    const own = keysBySeller.get(seller)
    if (own && own.size > limits.offersPerSeller) removeOldest(own, own.size - limits.offersPerSeller)
    while (entries.size > 0 && (entries.size > limits.offers || rawCharacters > limits.rawCharacters)) {
      removeOldest(entries.keys(), Math.max(1, Math.floor(entries.size * EVICTED_SHARE)))
    }
  }

  const isWithdrawn = (offer: Offer, eventId: string) =>
    offer.announcedAt <= (withdrawn.get(offer.key) ?? -1) || withdrawn.has(`${offer.pubkey}/${eventId}`)

  const rememberWithdrawal = (key: string, createdAt: number) => {
    const before = withdrawn.get(key) ?? -1
    withdrawn.delete(key)
    withdrawn.set(key, Math.max(before, createdAt))
    for (const oldest of withdrawn.keys()) {
      if (withdrawn.size <= limits.withdrawals) break
      withdrawn.delete(oldest)
    }
  }

  return {
    put(offer, event, relay) {
      if (isWithdrawn(offer, event.id)) return false
      const before = entries.get(offer.key)
      if (before && !isNewer(offer, event.id, before)) {
        if (before.eventId !== event.id || before.offer.seenOn.includes(relay)) return false
        entries.set(offer.key, { ...before, offer: { ...before.offer, seenOn: addRelay(before.offer.seenOn, relay) } })
        return true
      }
      const raw = JSON.stringify(event)
      rawCharacters += raw.length - (before?.offer.raw.length ?? 0)
      entries.set(offer.key, { eventId: event.id, offer: { ...offer, raw, seenOn: addRelay(before?.offer.seenOn ?? [], relay), own: false } })
      const keys = keysBySeller.get(offer.pubkey) ?? new Set()
      keysBySeller.set(offer.pubkey, keys.add(offer.key))
      keepBounds(offer.pubkey)
      return true
    },
    withdraw({ pubkey, createdAt, eventIds, listingIds }) {
      let changed = false
      for (const key of listingIds.map((id) => `${pubkey}:${id}`)) {
        rememberWithdrawal(key, createdAt)
        const entry = entries.get(key)
        if (entry && entry.offer.announcedAt <= createdAt) changed = remove(key) || changed
      }
      for (const id of eventIds) rememberWithdrawal(`${pubkey}/${id}`, createdAt)
      for (const key of keysBySeller.get(pubkey) ?? []) {
        const entry = entries.get(key)
        if (entry && eventIds.includes(entry.eventId)) changed = remove(key) || changed
      }
      return changed
    },
    dropEnded(nowSecs) {
      const ended = [...entries.values()].filter(({ offer }) => !isLive(offer, nowSecs))
      for (const { offer } of ended) remove(offer.key)
      return ended.length > 0
    },
    nextEndSecs() {
      let next: number | null = null
      for (const { offer } of entries.values()) next = next === null ? endsAt(offer) : Math.min(next, endsAt(offer))
      return next
    },
    view(ownPubkey) {
      const offers = new Map<string, SeenOffer>()
      const repeated = new Set<string>()
      for (const { offer } of entries.values()) {
        const announced = offer.source === 'listing' && offer.channelId !== null ? entries.get(announcementKey(offer.pubkey, offer.channelId)) : undefined
        const isRepeated = announced !== undefined && isRepetition(offer, announced.offer)
        if (isRepeated) repeated.add(announced.offer.key)
        const sparkAddress = isRepeated ? announced.offer.sparkAddress : offer.sparkAddress
        const own = offer.pubkey === ownPubkey
        offers.set(offer.key, own || sparkAddress !== offer.sparkAddress ? { ...offer, own, sparkAddress } : offer)
      }
      for (const key of repeated) offers.delete(key)
      return offers
    },
  }
}

/** NIP-01: of two versions the later one counts, and of the same second the one with the lower id. */
function isNewer(offer: Offer, eventId: string, before: Entry): boolean {
  const { announcedAt } = before.offer
  return offer.announcedAt > announcedAt || (offer.announcedAt === announcedAt && eventId < before.eventId)
}

/** Nothing that the listing does not say, or nothing newer. */
function isRepetition(listing: Offer, announcement: Offer): boolean {
  if (announcement.source !== 'channel') return false
  const saysTheSame = listing.pricePerRequestMsat === announcement.pricePerRequestMsat && listing.network === announcement.network
  return saysTheSame || announcement.announcedAt <= listing.announcedAt
}

function addRelay(relays: readonly string[], relay: string): readonly string[] {
  return relays.includes(relay) || relays.length >= RELAYS_PER_OFFER ? relays : [...relays, relay]
}
