import type { JobIdentities } from '../../nostr/jobIdentity.ts'
import type { RelayPool } from '../../nostr/relayPool.ts'
import type { Signer } from '../../nostr/signer.ts'
import type { Clock } from '../../ports.ts'
import type { PurchaseDialect } from '../dialect.ts'
import { createChannelPurchases } from './channel.ts'
import { createNip90Purchases } from './nip90.ts'

export interface PurchaseDialectsOptions {
  readonly pool: RelayPool
  readonly signer: Signer
  readonly clock: Clock
  readonly identities: JobIdentities
  /** Where answers are wanted: our own relays, as others reach them. */
  readonly answerRelays: () => readonly string[]
}

/** Every dialect in which Souk buys, the best first. */
export function createPurchaseDialects(options: PurchaseDialectsOptions): readonly PurchaseDialect[] {
  return [createChannelPurchases({ ...options, relayHint: () => options.pool.urls()[0] ?? '' }), createNip90Purchases(options)]
}
