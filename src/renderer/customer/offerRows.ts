/** The directory's rows: which pass, in which order, and who is the cheapest. Pure, so that it can be tested without a page. */
import type { OfferRow } from '#shared/ipc/customer.ts'
import type { Msat } from '#shared/market/msat.ts'
import { LIVE_WITHIN_SECS } from '#shared/market/offer.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { bestPrivacy } from '#renderer/ui/privacyText.ts'
import { settlementsOf } from './settlementChoices.ts'

export type OfferColumn = 'name' | 'models' | 'price' | 'settles' | 'privacy' | 'network' | 'history' | 'speed' | 'seen'
export interface OfferSort {
  readonly column: OfferColumn
  readonly descending: boolean
}

export const OFFER_FILTERS = {
  live: 'Live',
  buyable: 'Can be bought here',
  private: 'Private',
  known: 'Bought from before',
  others: 'Not mine',
} as const
export type OfferFilter = keyof typeof OFFER_FILTERS

export interface OfferQuery {
  readonly search: string
  readonly filters: readonly OfferFilter[]
  readonly model: string | undefined
  readonly network: OfferRow['network']
  /** One that the seller takes. */
  readonly settlement: Settlement | undefined
  readonly maxPriceMsat: Msat | undefined
  readonly sort: OfferSort
}

export type Offers = Readonly<Record<string, OfferRow>>

/** Its seller gave a sign of life lately, and did not leave a question for one without an answer since. */
export function isLive(offer: OfferRow, now: number): boolean {
  return offer.unanswered !== true && offer.lastSeenAt + LIVE_WITHIN_SECS * 1_000 > now && (offer.expiresAt === undefined || offer.expiresAt > now)
}

/** The cheapest that could answer now and that `fits`; one that was not seen lately only when no live one does. In one pass, over ten thousand. */
export function cheapestBuyable(offers: Offers, now: number, fits: (offer: OfferRow) => boolean = () => true): OfferRow | undefined {
  let live: OfferRow | undefined
  let quiet: OfferRow | undefined
  for (const key in offers) {
    const offer = offers[key]
    if (offer === undefined || offer.unavailable !== undefined || offer.priceMsat === undefined || offer.own || !fits(offer)) continue
    if (isLive(offer, now)) live = live && isCheaper(live, offer) ? live : offer
    else quiet = quiet && isCheaper(quiet, offer) ? quiet : offer
  }
  return live ?? quiet
}

/** As the engine chooses: the lower price, then the newest announcement, then the lower key. */
function isCheaper(a: OfferRow, b: OfferRow): boolean {
  return ((a.priceMsat ?? Infinity) - (b.priceMsat ?? Infinity) || b.announcedAt - a.announcedAt || (a.pubkey < b.pubkey ? -1 : 1)) <= 0
}

/** The words of a search, in lower case. */
export function wordsOf(search: string): readonly string[] {
  return search.toLowerCase().split(/\s+/).filter(Boolean)
}

export function searchText(offer: OfferRow): string {
  return [offer.name, offer.about, offer.pubkey, ...offer.models].join(' ').toLowerCase()
}

export function passes(offer: OfferRow, { filters, model, network, settlement, maxPriceMsat }: OfferQuery, now: number): boolean {
  if (model !== undefined && !offer.models.includes(model)) return false
  if (network !== undefined && offer.network !== network) return false
  if (settlement !== undefined && !settlementsOf(offer).includes(settlement)) return false
  if (maxPriceMsat !== undefined && (offer.priceMsat === undefined || offer.priceMsat > maxPriceMsat)) return false
  return filters.every((filter) => passesFilter(offer, filter, now))
}

function passesFilter(offer: OfferRow, filter: OfferFilter, now: number): boolean {
  switch (filter) {
    case 'live':
      return isLive(offer, now)
    case 'buyable':
      return offer.unavailable === undefined
    case 'private':
      return bestPrivacy(offer.dialects) === 'private'
    case 'known':
      return offer.history.done > 0
    case 'others':
      return !offer.own
  }
}

const PRIVACY_ORDER = ['private', 'public-relays', 'public-channel'] as const

/** What a column sorts by; undefined for what is not known. Texts are such that plain comparison orders them. */
export function sortKey(offer: OfferRow, column: OfferColumn): string | number | undefined {
  switch (column) {
    case 'name':
      return foldCase(offer.name)
    case 'models':
      return offer.models[0] === undefined ? undefined : foldCase(offer.models[0])
    case 'price':
      return offer.priceMsat
    case 'settles':
      return settlementsOf(offer).length
    case 'privacy': {
      const order = PRIVACY_ORDER.findIndex((privacy) => privacy === bestPrivacy(offer.dialects))
      return order === -1 ? undefined : order
    }
    case 'network':
      return offer.network
    case 'history':
      return offer.history.done
    case 'speed':
      return offer.history.tokensPerSecond
    case 'seen':
      return offer.lastSeenAt
  }
}

/** Accents come after their letter: near enough to a dictionary, and twenty times as fast as a locale's order. */
export function foldCase(text: string): string {
  return text.normalize('NFKD').toLowerCase()
}
