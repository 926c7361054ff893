/** The directory's rows: which are shown, in which order. Pure, so that it can be tested without a page. */
import type { OfferRow } from '#shared/ipc/customer.ts'

export type OfferColumn = 'name' | 'models' | 'price' | 'network' | 'history' | 'speed' | 'seen'
export interface OfferSort {
  readonly column: OfferColumn
  readonly descending: boolean
}

export const OFFER_FILTERS = {
  buyable: 'Can be bought here',
  known: 'Bought from before',
  others: 'Not mine',
} as const
export type OfferFilter = keyof typeof OFFER_FILTERS

export interface OfferQuery {
  readonly search: string
  readonly filters: readonly OfferFilter[]
  readonly model: string | undefined
  readonly sort: OfferSort
}

type Offers = Readonly<Record<string, OfferRow>>

/** Offers that could answer now. */
export function buyableOffers(offers: Offers): OfferRow[] {
  return Object.values(offers).filter((offer) => offer.unavailable === undefined && offer.priceMsat !== undefined && !offer.own)
}

export function cheapestFirst(a: OfferRow, b: OfferRow): number {
  return (a.priceMsat ?? Infinity) - (b.priceMsat ?? Infinity) || b.announcedAt - a.announcedAt
}

export function listOffers(offers: Offers, { search, filters, model, sort }: OfferQuery): OfferRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  return Object.values(offers)
    .filter((offer) => filters.every((filter) => passesFilter(offer, filter)) && (model === undefined || offer.models.includes(model)) && matches(offer, words))
    .sort((a, b) => compareOffers(a, b, sort))
}

function passesFilter(offer: OfferRow, filter: OfferFilter): boolean {
  switch (filter) {
    case 'buyable':
      return offer.unavailable === undefined
    case 'known':
      return offer.history.done > 0
    case 'others':
      return !offer.own
  }
}

function matches(offer: OfferRow, words: readonly string[]): boolean {
  const text = [offer.name, offer.about, offer.pubkey, ...offer.models].join(' ').toLowerCase()
  return words.every((word) => text.includes(word))
}

function compareOffers(a: OfferRow, b: OfferRow, { column, descending }: OfferSort): number {
  const [left, right] = [sortKey(a, column), sortKey(b, column)]
  // What is not known goes last, whichever way the column is sorted.
  if (left === undefined || right === undefined) return left === right ? a.name.localeCompare(b.name) : left === undefined ? 1 : -1
  const order = typeof left === 'string' && typeof right === 'string' ? left.localeCompare(right) : Number(left) - Number(right)
  return (descending ? -order : order) || a.name.localeCompare(b.name) || a.key.localeCompare(b.key)
}

function sortKey(offer: OfferRow, column: OfferColumn): string | number | undefined {
  switch (column) {
    case 'name':
      return offer.name.toLowerCase()
    case 'models':
      return offer.models[0]?.toLowerCase()
    case 'price':
      return offer.priceMsat
    case 'network':
      return offer.network
    case 'history':
      return offer.history.done
    case 'speed':
      return offer.history.tokensPerSecond
    case 'seen':
      return offer.announcedAt
  }
}

/** The models offered most, for the filter chips. */
export function commonModels(offers: Offers, count: number): string[] {
  const tally = new Map<string, number>()
  for (const offer of Object.values(offers)) for (const model of offer.models) tally.set(model, (tally.get(model) ?? 0) + 1)
  return [...tally].sort(([a, m], [b, n]) => n - m || a.localeCompare(b)).slice(0, count).map(([model]) => model)
}
