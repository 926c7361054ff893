import type { RelayPool } from '../../nostr/relayPool.ts'
import type { Signer } from '../../nostr/signer.ts'
import type { Clock } from '../../ports.ts'
import type { SaleDialect } from '../dialect.ts'
import { createChannelSales } from './channel.ts'

export interface SaleDialectsOptions {
  readonly pool: RelayPool
  readonly signer: Signer
  readonly clock: Clock
  /** The channel that is listened to; null: none. */
  readonly channelId: () => string | null
  /** Relays named in what is published. */
  readonly publicRelays: () => readonly string[]
  /** Least time between two pieces of an answer in a channel. */
  readonly pieceIntervalMs: () => number
}

/** Every dialect in which Souk sells. */
export function createSaleDialects(options: SaleDialectsOptions): readonly SaleDialect[] {
  const relayHint = () => options.publicRelays()[0] ?? ''
  return [createChannelSales({ ...options, relayHint })]
}
