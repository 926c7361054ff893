import type { Msat } from './msat.ts'
import type { Network } from './network.ts'

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
  /** Price of one request. Null when the listing states none in msat per request. */
  readonly pricePerRequestMsat: Msat | null
  readonly network: Network | null
  /** NIP-28 channel to send the job to; null when the listing names none. */
  readonly channelId: string | null
  readonly relays: readonly string[]
  readonly sparkAddress: string | null
  /** Unix seconds of the newest event that said so. */
  readonly announcedAt: number
  /** Unix seconds after which the listing is stale (NIP-40), or null. */
  readonly expiresAt: number | null
  readonly source: 'listing' | 'channel'
}
