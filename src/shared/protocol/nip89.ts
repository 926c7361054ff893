/** Listings (PROTOCOL.md §3): kind 31990 of NIP-89, by which providers are found across relays. */
import { DIALECTS, type DialectName } from '../market/dialect.ts'
import { isMsat, type Msat } from '../market/msat.ts'
import { NETWORKS, type Network } from '../market/network.ts'
import { PRICE_UNITS, type Offer, type OfferPrice, type PriceUnit } from '../market/offer.ts'
import { fail, ok, type Result } from '../market/result.ts'
import { SETTLEMENTS, type Settlement } from '../market/settlement.ts'
import { isHex64, MAX_MESSAGE_AHEAD_SECS, tagValues, type EventTemplate, type NostrEvent } from './event.ts'
import { KIND } from './kinds.ts'
import { parseLooseObject } from './looseJson.ts'
import type { WireObject } from './wireJson.ts'
import { cleanText, isRelayUrl, showableNames } from './wireText.ts'

/** What one provider publishes about itself. Written both as a listing and, with a channel, as a ServiceAnnouncement. */
export interface Listing {
  /** The `d` tag: stable over the life of the offer. */
  readonly listingId: string
  readonly name: string
  readonly about: string
  /** Address of a picture; left out when empty. */
  readonly picture: string
  readonly priceMsat: Msat
  /** Prices beside that of one request: of single models, and of tokens. */
  readonly modelPrices?: readonly OfferPrice[]
  /** The languages in which it takes jobs; left out, readers go by the channel and the kind. */
  readonly dialects?: readonly DialectName[]
  /** How its jobs can be settled (ours); left out: paid before the work. */
  readonly settlements?: readonly Settlement[]
  /** Of the price, what a sealed job pays before the work (ours); left out: nothing. */
  readonly depositMsat?: Msat
  readonly models: readonly string[]
  readonly capabilities: readonly string[]
  readonly relays: readonly string[]
  readonly network: Network
  /** NIP-28 channel that takes the jobs; null for none. */
  readonly channelId: string | null
  /** Empty when there is none. */
  readonly sparkAddress: string
  /** Re-announced at this interval; the listing expires after two of them. */
  readonly intervalSecs: number
}

export const MAX_LISTING_CONTENT = 16_384
const MAX_LISTING_TAGS = 500
const MAX_NAME = 80
const MAX_ABOUT = 500
export const MAX_LISTING_ID = 200
export const MAX_MODELS = 200
export const MAX_CAPABILITIES = 50
const MAX_RELAYS = 20
export const MAX_PRICES = 200
/** A listing that nobody renews is over after this long, whatever expiration it claims. */
export const MAX_LISTING_SECS = 7 * 86_400
const COMPUTE_HANDLER = 'compute_provider'

/** A kind 31990 to sign: the union of what the canonical and the original's readers ask for. `createdAt` in Unix seconds. */
export function listingTemplate(listing: Listing, createdAt: number): EventTemplate {
  const { name, about, picture, modelPrices = [], dialects = [], settlements = [], depositMsat } = listing
  return {
    kind: KIND.listing,
    created_at: createdAt,
    tags: [
      ['d', listing.listingId],
      ['k', String(KIND.textGeneration)],
      ['t', 'llm'],
      ['handler', COMPUTE_HANDLER],
      ...listing.capabilities.map((capability) => ['capability', capability]),
      ['price', String(listing.priceMsat), 'per-request', 'msats'],
      ...modelPrices.map(({ unit, msat, model }) => ['price', String(msat), unit, 'msats', ...(model === null ? [] : [model])]),
      ...listing.relays.map((url) => ['relay', url]),
      ['network', listing.network],
      ...(listing.channelId === null ? [] : [['channel', listing.channelId]]),
      ...dialects.map((dialect) => ['dialect', dialect]),
      ...settlements.map((settlement) => ['settlement', settlement]),
      ...(depositMsat === undefined ? [] : [['deposit', String(depositMsat)]]),
      ...listing.models.map((model) => ['model', model]),
      ['expiration', String(createdAt + 2 * listing.intervalSecs)],
    ],
    content: JSON.stringify({ name, about, description: about, ...(picture === '' ? {} : { picture }) }),
  }
}

/**
 * Reads a verified kind 31990. Needs neither `d` nor `k`; a network, channel, model or dialect that cannot be read, and a
 * price in another currency, is as if it were not there. Problems: `wrong-kind`, `not-compute`, `too-long`, `expired`,
 * `from-the-future`, `bad-price` (a price in msat whose number is none), `not-json`, `not-an-object`.
 */
export function parseListing(event: NostrEvent, nowSecs: number): Result<Offer> {
  const { tags, pubkey } = event
  if (event.kind !== KIND.listing) return fail('wrong-kind', 'This event is not a listing.')
  if (tags.length > MAX_LISTING_TAGS) return fail('too-long', `The listing has more than ${MAX_LISTING_TAGS} tags.`)
  if (!isCompute(tags)) return fail('not-compute', 'The listing does not offer text generation.')
  if (event.created_at > nowSecs + MAX_MESSAGE_AHEAD_SECS) return fail('from-the-future', 'The listing is dated ahead of our clock.')
  const claimedEnd = expirationOf(tags)
  const expiresAt = claimedEnd === null ? null : Math.min(claimedEnd, event.created_at + MAX_LISTING_SECS)
  if (expiresAt !== null && expiresAt <= nowSecs) return fail('expired', 'The listing has expired.')
  const listingId = tagValues(tags, 'd')[0] ?? ''
  if (listingId.length > MAX_LISTING_ID) return fail('too-long', `The listing's name for itself is longer than ${MAX_LISTING_ID} characters.`)
  // NIP-89 lets the content be empty: then only the tags speak.
  const content = event.content === '' ? ok<WireObject>({}) : parseLooseObject(event.content, MAX_LISTING_CONTENT)
  if (!content.ok) return content
  const prices = pricesOf(tags)
  if (prices === null) return fail('bad-price', 'The listing states a price that is no amount of msat.')
  const { name, about, description } = content.value
  const models = showableNames(tagValues(tags, 'model'), MAX_MODELS)
  const channelId = tagValues(tags, 'channel').find(isHex64) ?? null
  return ok({
    key: `${pubkey}:${listingId}`,
    pubkey,
    name: firstText([name], MAX_NAME) || nameOfKey(pubkey),
    about: firstText([about, description], MAX_ABOUT),
    models,
    capabilities: showableNames(tagValues(tags, 'capability'), MAX_CAPABILITIES),
    pricePerRequestMsat: pricePerRequest(prices, models),
    prices,
    dialects: dialectsOf(tags, channelId),
    ...settlementsOf(tags),
    ...depositOf(tags),
    network: NETWORKS.find((network) => network === tagValues(tags, 'network')[0]) ?? null,
    channelId,
    relays: [...new Set(tagValues(tags, 'relay').filter(isRelayUrl))].slice(0, MAX_RELAYS),
    sparkAddress: null,
    announcedAt: event.created_at,
    lastSeenAt: Math.min(event.created_at, nowSecs),
    expiresAt,
    source: 'listing',
  })
}

/** What an offer without a name is called. */
export function nameOfKey(pubkey: string): string {
  return `Seller ${pubkey.slice(0, 8)}`
}

type Tags = NostrEvent['tags']

function isCompute(tags: Tags): boolean {
  return tagValues(tags, 'k').includes(String(KIND.textGeneration)) || tagValues(tags, 'handler').includes(COMPUTE_HANDLER)
}

/** NIP-40. A value that is not a time is as if it were not there. */
function expirationOf(tags: Tags): number | null {
  const text = tagValues(tags, 'expiration')[0]
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : null
}

/**
 * Prices in msat: `[price, n, unit, "msats", model?]`, or `[price, n, "msats"]` for one request. Several for the same: the
 * highest, so that no buyer is surprised. Null when a price in msat is no number, or too large to be one.
 */
function pricesOf(tags: Tags): readonly OfferPrice[] | null {
  const prices = new Map<string, OfferPrice>()
  for (const [name, amount = '', ...rest] of tags) {
    if (name !== 'price') continue
    const unit = isMsatUnit(rest[0]) ? 'per-request' : PRICE_UNITS.find((known) => known === rest[0])
    const [currency, model = ''] = isMsatUnit(rest[0]) ? rest : rest.slice(1)
    if (unit === undefined || !isMsatUnit(currency)) continue
    const value = /^\d{1,16}$/.test(amount) ? Number(amount) : null
    if (!isMsat(value)) return null
    addPrice(prices, unit, value, rest[0] === unit ? model : '')
  }
  return [...prices.values()]
}

function addPrice(prices: Map<string, OfferPrice>, unit: PriceUnit, msat: Msat, name: string): void {
  const [model = null] = name === '' ? [] : showableNames([name], 1)
  // A name that cannot be shown is no model that could be asked for.
  if (name !== '' && model === null) return
  const key = `${unit} ${model ?? ''}`
  const before = prices.get(key)
  if (before === undefined ? prices.size < MAX_PRICES : msat > before.msat) prices.set(key, { unit, msat, model })
}

/** Of any model; else, when each model that is offered has its own, the highest of them. */
function pricePerRequest(prices: readonly OfferPrice[], models: readonly string[]): Msat | null {
  const ofRequests = prices.filter(({ unit }) => unit === 'per-request')
  const ofAny = ofRequests.find(({ model }) => model === null)
  if (ofAny) return ofAny.msat
  const ofModels = models.map((name) => ofRequests.find(({ model }) => model === name)?.msat ?? null)
  return ofModels.reduce((highest, price) => (highest === null || price === null ? null : price > highest ? price : highest), ofModels[0] ?? null)
}

/** As it says; when it says nothing, the canonical dialect of a listing that names the kind, and that of its channel. */
function dialectsOf(tags: Tags, channelId: string | null): readonly DialectName[] {
  const said = tagValues(tags, 'dialect')
  const spoken = said.length > 0 ? said : [...(tagValues(tags, 'k').includes(String(KIND.textGeneration)) ? ['nip90'] : []), 'channel']
  return DIALECTS.filter((dialect) => spoken.includes(dialect) && (dialect !== 'channel' || channelId !== null))
}

/** As it says; nothing when it says nothing that is known. */
function settlementsOf(tags: Tags): { readonly settlements?: readonly Settlement[] } {
  const said = tagValues(tags, 'settlement')
  const settlements = SETTLEMENTS.filter((settlement) => said.includes(settlement))
  return settlements.length === 0 ? {} : { settlements }
}

/** A deposit that is no amount is as if it were not there: then none is paid. */
function depositOf(tags: Tags): { readonly depositMsat?: Msat } {
  const said = tagValues(tags, 'deposit')[0] ?? ''
  const depositMsat = /^\d{1,16}$/.test(said) ? Number(said) : null
  return isMsat(depositMsat) && depositMsat > 0 ? { depositMsat } : {}
}

function isMsatUnit(unit: string | undefined): boolean {
  return unit === 'msats' || unit === 'msat'
}

function firstText(values: readonly unknown[], maxLength: number): string {
  for (const value of values) {
    const text = typeof value === 'string' ? cleanText(value, maxLength) : ''
    if (text !== '') return text
  }
  return ''
}
