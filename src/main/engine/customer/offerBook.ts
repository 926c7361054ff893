import type { Offer } from '#shared/market/offer.ts'
import { announcementKey } from '#shared/protocol/announcement.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import type { Deletion } from '#shared/protocol/nip09.ts'
import { endsAt } from './selection.ts'

/** An offer as it was seen. */
export interface SeenOffer extends Offer {
  /** Id of the newest event that said so. */
  readonly eventId: string
  /** Relays that brought any version of it. */
  readonly seenOn: readonly string[]
  /** Signed by this app's own key. */
  readonly own: boolean
  /** Its seller was asked for a sign of life and gave none since. */
  readonly unanswered: boolean
  /** How many offers this seller makes, this one among them. */
  readonly sellerOffers: number
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
/** A sign of life through one offer shows on the seller's others when theirs is this much older: a busy seller is not news each second. */
const SEEN_STEP_SECS = 30

/** Offers by key, the newest version of each, in the order in which they were first seen. Bounded in every direction. */
export interface OfferBook {
  /** What is shown, as of the last `refresh`: a seller's announcement in a channel is left out when its listing says the same, or is newer. */
  readonly offers: ReadonlyMap<string, SeenOffer>
  /** Returns whether anything changed. */
  put(offer: Offer, event: NostrEvent, relay: string): boolean
  withdraw(deletion: Deletion): boolean
  dropEnded(nowSecs: number): boolean
  /** That key gave a sign of life. Returns whether it is news. */
  heard(pubkey: string, atSecs: number): boolean
  /** That key was asked and gave none. Returns whether it is news. */
  markUnanswered(pubkey: string, atSecs: number): boolean
  /** Unix seconds before which no offer ends; null when there is none. */
  nextEndSecs(): number | null
  /** Forgets what was announced in that channel alone. Returns whether anything changed. */
  dropChannel(channelId: string): boolean
  /** What is hidden may have changed: every offer is looked at again. */
  touchAll(): void
  /** Brings `offers` up to date and returns the keys of those that came, changed or went. Costs what changed. */
  refresh(ownPubkey: string): ReadonlySet<string>
  /** The newest event that made the offer, as JSON; null when there is no such offer. */
  raw(key: string): string | null
}

interface Entry {
  readonly eventId: string
  readonly offer: Offer
  readonly raw: string
  readonly seenOn: readonly string[]
}

interface Seller {
  readonly keys: Set<string>
  /** Of its keys, those of announcements in channels. */
  readonly announcements: Set<string>
  lastSeenAt: number
  unansweredAt: number
  /** It gave a sign of life beside its offers, which cost nothing to make. */
  hasAnswered: boolean
}

export interface OfferBookOptions {
  /** Whether nothing of that author, or not that event, is to be shown. It is kept all the same, and back when that changes. */
  readonly isHidden?: (pubkey: string, eventId: string) => boolean
  /** Keys that sold us something before. Asked for only when the book is full. */
  readonly boughtFrom?: () => ReadonlySet<string>
}

export function createOfferBook(limits: OfferBookLimits, { isHidden = () => false, boughtFrom = () => new Set() }: OfferBookOptions = {}): OfferBook {
  const entries = new Map<string, Entry>()
  const sellers = new Map<string, Seller>()
  const shown = new Map<string, SeenOffer>()
  /** Keys that may look otherwise than they are shown. */
  const touched = new Set<string>()
  /** Offer key → versions up to this time are withdrawn; `<pubkey>/<event id>` → that event is. */
  const withdrawn = new Map<string, number>()
  let rawCharacters = 0
  let nextEnd = Infinity

  const seenAt = ({ offer }: Entry) => {
    const bySeller = sellers.get(offer.pubkey)?.lastSeenAt ?? 0
    return bySeller >= offer.lastSeenAt + SEEN_STEP_SECS ? bySeller : offer.lastSeenAt
  }
  const endOf = (entry: Entry) => endsAt({ expiresAt: entry.offer.expiresAt, lastSeenAt: seenAt(entry) })

  const touchSeller = (seller: Seller) => {
    for (const key of seller.keys) touched.add(key)
  }

  const remove = (key: string): boolean => {
    const entry = entries.get(key)
    if (!entry) return false
    entries.delete(key)
    touched.add(key)
    rawCharacters -= entry.raw.length
    const seller = sellers.get(entry.offer.pubkey)
    if (!seller) return true
    seller.keys.delete(key)
    seller.announcements.delete(key)
    if (seller.keys.size === 0) sellers.delete(entry.offer.pubkey)
    else touchSeller(seller)
    return true
  }

  /** Those of sellers that are known go last: new keys, each with the newest of listings, cost a flood nothing. */
  const removeOldest = (keys: Iterable<string>, count: number, isKnown: (pubkey: string) => boolean) => {
    const aged = [...keys].flatMap((key) => {
      const entry = entries.get(key)
      return entry === undefined ? [] : [{ key, at: entry.offer.announcedAt, known: Number(isKnown(entry.offer.pubkey)) }]
    })
    for (const { key } of aged.sort((a, b) => a.known - b.known || a.at - b.at).slice(0, count)) remove(key)
  }

  const keepBounds = (seller: Seller) => {
    if (seller.keys.size > limits.offersPerSeller) removeOldest(seller.keys, seller.keys.size - limits.offersPerSeller, () => false)
    while (entries.size > 0 && (entries.size > limits.offers || rawCharacters > limits.rawCharacters)) {
      const bought = boughtFrom()
      const isKnown = (pubkey: string) => bought.has(pubkey) || sellers.get(pubkey)?.hasAnswered === true
      removeOldest(entries.keys(), Math.max(1, Math.floor(entries.size * EVICTED_SHARE)), isKnown)
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

  function enter(offer: Offer, entry: Entry, before: Entry | undefined): void {
    rawCharacters += entry.raw.length - (before?.raw.length ?? 0)
    entries.set(offer.key, entry)
    const seller = sellers.get(offer.pubkey) ?? { keys: new Set(), announcements: new Set(), lastSeenAt: 0, unansweredAt: -1, hasAnswered: false }
    sellers.set(offer.pubkey, seller)
    const wasUnanswered = isUnanswered(seller)
    const isNews = offer.lastSeenAt >= seller.lastSeenAt + SEEN_STEP_SECS
    seller.lastSeenAt = Math.max(seller.lastSeenAt, offer.lastSeenAt)
    seller.keys.add(offer.key)
    if (offer.source === 'channel') seller.announcements.add(offer.key)
    touched.add(offer.key)
    // What one says may repeat what another said, and each shows how many there are.
    if (!before || seller.announcements.size > 0 || isNews || isUnanswered(seller) !== wasUnanswered) touchSeller(seller)
    nextEnd = Math.min(nextEnd, endOf(entry))
    keepBounds(seller)
  }

  function describe(key: string, ownPubkey: string): SeenOffer | null {
    const entry = entries.get(key)
    const seller = entry && sellers.get(entry.offer.pubkey)
    if (!entry || !seller || isRepeated(entry, seller)) return null
    const { offer, eventId, seenOn } = entry
    if (isHidden(offer.pubkey, eventId)) return null
    return {
      ...offer,
      sparkAddress: offer.sparkAddress ?? repeatedBy(entry)?.offer.sparkAddress ?? null,
      lastSeenAt: seenAt(entry),
      eventId,
      seenOn,
      own: offer.pubkey === ownPubkey,
      unanswered: isUnanswered(seller),
      sellerOffers: seller.keys.size - countRepeated(seller),
    }
  }

  /** The announcement in a channel that says nothing beside this listing, if there is one. */
  function repeatedBy({ offer }: Entry): Entry | null {
    if (offer.source !== 'listing' || offer.channelId === null) return null
    const announced = entries.get(announcementKey(offer.pubkey, offer.channelId))
    return announced !== undefined && isRepetition(offer, announced.offer) ? announced : null
  }

  function isRepeated(entry: Entry, seller: Seller): boolean {
    if (entry.offer.source !== 'channel') return false
    return [...seller.keys].some((key) => {
      const other = entries.get(key)
      return other !== undefined && repeatedBy(other) === entry
    })
  }

  function countRepeated(seller: Seller): number {
    return [...seller.announcements].filter((key) => {
      const entry = entries.get(key)
      return entry !== undefined && isRepeated(entry, seller)
    }).length
  }

  return {
    offers: shown,
    put(offer, event, relay) {
      if (isWithdrawn(offer, event.id)) return false
      const before = entries.get(offer.key)
      if (before && !isNewer(offer, event.id, before)) {
        if (before.eventId !== event.id || before.seenOn.includes(relay)) return false
        entries.set(offer.key, { ...before, seenOn: addRelay(before.seenOn, relay) })
        touched.add(offer.key)
        return true
      }
      enter(offer, { eventId: event.id, offer, raw: JSON.stringify(event), seenOn: addRelay(before?.seenOn ?? [], relay) }, before)
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
      for (const key of sellers.get(pubkey)?.keys ?? []) {
        const entry = entries.get(key)
        if (entry && eventIds.includes(entry.eventId)) changed = remove(key) || changed
      }
      return changed
    },
    dropEnded(nowSecs) {
      if (nowSecs < nextEnd) return false
      let changed = false
      nextEnd = Infinity
      for (const [key, entry] of entries) {
        const end = endOf(entry)
        if (end <= nowSecs) changed = remove(key) || changed
        else nextEnd = Math.min(nextEnd, end)
      }
      return changed
    },
    heard(pubkey, atSecs) {
      const seller = sellers.get(pubkey)
      if (seller) seller.hasAnswered = true
      if (!seller || atSecs <= seller.lastSeenAt) return false
      const isNews = isUnanswered(seller) || atSecs >= seller.lastSeenAt + SEEN_STEP_SECS
      // Kept as it was until it is news: otherwise many small steps would never be one.
      if (!isNews) return false
      seller.lastSeenAt = atSecs
      touchSeller(seller)
      return true
    },
    markUnanswered(pubkey, atSecs) {
      const seller = sellers.get(pubkey)
      if (!seller || isUnanswered(seller)) return false
      seller.unansweredAt = atSecs
      if (!isUnanswered(seller)) return false
      touchSeller(seller)
      return true
    },
    nextEndSecs: () => (entries.size === 0 ? null : nextEnd),
    dropChannel(channelId) {
      const left = [...entries.values()].filter(({ offer }) => offer.source === 'channel' && offer.channelId === channelId)
      for (const { offer } of left) remove(offer.key)
      return left.length > 0
    },
    touchAll() {
      for (const key of entries.keys()) touched.add(key)
    },
    refresh(ownPubkey) {
      const changed = new Set<string>()
      for (const key of touched) {
        const before = shown.get(key)
        const after = describe(key, ownPubkey)
        if (after === null ? before === undefined : before !== undefined && isSame(before, after)) continue
        if (after === null) shown.delete(key)
        else shown.set(key, after)
        changed.add(key)
      }
      touched.clear()
      return changed
    },
    raw: (key) => entries.get(key)?.raw ?? null,
  }
}

function isUnanswered({ unansweredAt, lastSeenAt }: Seller): boolean {
  return unansweredAt > lastSeenAt
}

/** NIP-01: of two versions the later one counts, and of the same second the one with the lower id. */
function isNewer(offer: Offer, eventId: string, before: Entry): boolean {
  const { announcedAt } = before.offer
  return offer.announcedAt > announcedAt || (offer.announcedAt === announcedAt && eventId < before.eventId)
}

/** Nothing that the listing does not say, or nothing newer. */
function isRepetition(listing: Offer, announcement: Offer): boolean {
  const saysTheSame = listing.pricePerRequestMsat === announcement.pricePerRequestMsat && listing.network === announcement.network
  return saysTheSame || announcement.announcedAt <= listing.announcedAt
}

/** Of the same event, with the same things known beside it. */
function isSame(a: SeenOffer, b: SeenOffer): boolean {
  return (
    a.eventId === b.eventId &&
    a.seenOn === b.seenOn &&
    a.lastSeenAt === b.lastSeenAt &&
    a.unanswered === b.unanswered &&
    a.sellerOffers === b.sellerOffers &&
    a.sparkAddress === b.sparkAddress &&
    a.own === b.own
  )
}

function addRelay(relays: readonly string[], relay: string): readonly string[] {
  return relays.includes(relay) || relays.length >= RELAYS_PER_OFFER ? relays : [...relays, relay]
}
