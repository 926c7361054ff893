/** Listings (PROTOCOL.md §3): kind 31990 of NIP-89, by which providers are found across relays. */
import { isMsat, ZERO_MSAT, type Msat } from '../market/msat.ts'
import { NETWORKS, type Network } from '../market/network.ts'
import type { Offer } from '../market/offer.ts'
import { fail, ok, type Result } from '../market/result.ts'
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
const COMPUTE_HANDLER = 'compute_provider'

/** A kind 31990 to sign: the union of what the canonical and the original's readers ask for. `createdAt` in Unix seconds. */
export function listingTemplate(listing: Listing, createdAt: number): EventTemplate {
  const { name, about, picture } = listing
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
      ...listing.relays.map((url) => ['relay', url]),
      ['network', listing.network],
      ...(listing.channelId === null ? [] : [['channel', listing.channelId]]),
      ...listing.models.map((model) => ['model', model]),
      ['expiration', String(createdAt + 2 * listing.intervalSecs)],
    ],
    content: JSON.stringify({ name, about, description: about, ...(picture === '' ? {} : { picture }) }),
  }
}

/**
 * Reads a verified kind 31990. Needs neither `d` nor `k`; a price, network, channel or model that cannot be read is
 * as if it were not there. Problems: `wrong-kind`, `not-compute`, `too-long`, `expired`, `from-the-future`, `not-json`,
 * `not-an-object`.
 */
export function parseListing(event: NostrEvent, nowSecs: number): Result<Offer> {
  const { tags, pubkey } = event
  if (event.kind !== KIND.listing) return fail('wrong-kind', 'This event is not a listing.')
  if (tags.length > MAX_LISTING_TAGS) return fail('too-long', `The listing has more than ${MAX_LISTING_TAGS} tags.`)
  if (!isCompute(tags)) return fail('not-compute', 'The listing does not offer text generation.')
  if (event.created_at > nowSecs + MAX_MESSAGE_AHEAD_SECS) return fail('from-the-future', 'The listing is dated ahead of our clock.')
  const expiresAt = expirationOf(tags)
  if (expiresAt !== null && expiresAt <= nowSecs) return fail('expired', 'The listing has expired.')
  const listingId = tagValues(tags, 'd')[0] ?? ''
  if (listingId.length > MAX_LISTING_ID) return fail('too-long', `The listing's name for itself is longer than ${MAX_LISTING_ID} characters.`)
  // NIP-89 lets the content be empty: then only the tags speak.
  const content = event.content === '' ? ok<WireObject>({}) : parseLooseObject(event.content, MAX_LISTING_CONTENT)
  if (!content.ok) return content
  const { name, about, description } = content.value
  return ok({
    key: `${pubkey}:${listingId}`,
    pubkey,
    name: firstText([name], MAX_NAME) || nameOfKey(pubkey),
    about: firstText([about, description], MAX_ABOUT),
    models: showableNames(tagValues(tags, 'model'), MAX_MODELS),
    capabilities: showableNames(tagValues(tags, 'capability'), MAX_CAPABILITIES),
    pricePerRequestMsat: pricePerRequest(tags),
    network: NETWORKS.find((network) => network === tagValues(tags, 'network')[0]) ?? null,
    channelId: tagValues(tags, 'channel').find(isHex64) ?? null,
    relays: [...new Set(tagValues(tags, 'relay').filter(isRelayUrl))].slice(0, MAX_RELAYS),
    sparkAddress: null,
    announcedAt: event.created_at,
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
 * The price of one request whatever the model: `[price, n, "per-request", "msats"]` or `[price, n, "msats"]`. Several of
 * them: the highest, so that no buyer is surprised. Null when there is none in msat.
 */
function pricePerRequest(tags: Tags): Msat | null {
  const prices = tags.flatMap(([name, amount = '', ...rest]) => {
    const isPerRequest = rest[0] === 'per-request' ? isMsatUnit(rest[1]) && !rest[2] : isMsatUnit(rest[0])
    const value = /^\d{1,16}$/.test(amount) ? Number(amount) : null
    return name === 'price' && isPerRequest && isMsat(value) ? [value] : []
  })
  return prices.length === 0 ? null : prices.reduce((highest, price) => (price > highest ? price : highest), ZERO_MSAT)
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
