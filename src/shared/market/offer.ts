import type { DialectName } from './dialect.ts'
import type { Msat } from './msat.ts'
import type { Network } from './network.ts'
import type { Settlement } from './settlement.ts'

/** What a price is for (PROTOCOL.md §3): one request, or a thousand tokens read or written. */
export const PRICE_UNITS = ['per-request', 'per-1k-input-tokens', 'per-1k-output-tokens'] as const
export type PriceUnit = (typeof PRICE_UNITS)[number]

export interface OfferPrice {
  readonly unit: PriceUnit
  readonly msat: Msat
  /** Null: whatever the model. */
  readonly model: string | null
}

/** What a provider says it sells, whichever dialect said it. Claims, all of them: believed only as a quote to check against. */
export interface Offer {
  /** `<pubkey>:<d>` for a kind 31990 listing, `<pubkey>:channel:<channel id>` for a ServiceAnnouncement. */
  readonly key: string
  /** Hex public key of the seller. */
  readonly pubkey: string
  readonly name: string
  readonly about: string
  readonly models: readonly string[]
  readonly capabilities: readonly string[]
  /** The most that one request costs, whatever the model. Null when that is not stated in msat. */
  readonly pricePerRequestMsat: Msat | null
  /** Every price that is stated in msat, at most one for a unit and a model. */
  readonly prices: readonly OfferPrice[]
  /** The languages in which it takes a job, the most private first. Empty when it names none that we know. */
  readonly dialects: readonly DialectName[]
  /** How its jobs can be settled; absent: paid before the work alone. */
  readonly settlements?: readonly Settlement[]
  /** What a sealed job costs before its answer; absent: nothing. */
  readonly depositMsat?: Msat
  readonly network: Network | null
  /** NIP-28 channel to send the job to; null when the listing names none. */
  readonly channelId: string | null
  readonly relays: readonly string[]
  readonly sparkAddress: string | null
  /** Unix seconds of the newest event that said so. */
  readonly announcedAt: number
  /** Unix seconds at which its seller last gave a sign of life: announced, ponged or wrote about a job. Never ahead of our clock. */
  readonly lastSeenAt: number
  /** Unix seconds after which the listing is stale (NIP-40), or null. */
  readonly expiresAt: number | null
  readonly source: 'listing' | 'channel'
}

/** A seller that gave no sign of life for this long is not called live: three announcements of the usual interval. */
export const LIVE_WITHIN_SECS = 15 * 60
