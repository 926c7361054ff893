import type { Cipher } from '../../nostr/cipher.ts'
import type { NostrCrypto } from '../../nostr/crypto.ts'
import type { JobIdentities } from '../../nostr/jobIdentity.ts'
import type { RelayPool } from '../../nostr/relayPool.ts'
import type { Signer } from '../../nostr/signer.ts'
import type { Clock, Log } from '../../ports.ts'
import type { PurchaseDialect } from '../dialect.ts'
import { createChannelPurchases } from './channel.ts'
import { createNip90Purchases } from './nip90.ts'
import { createPrivatePurchases } from './souk1.ts'

export interface PurchaseDialectsOptions {
  readonly pool: RelayPool
  readonly signer: Signer
  /** Of the signer's key. */
  readonly cipher: Pick<Cipher, 'encrypt' | 'decrypt'>
  readonly clock: Clock
  readonly log: Log
  readonly crypto: Pick<NostrCrypto, 'verify'>
  readonly identities: JobIdentities
  /** Where answers are wanted: our own relays, as others reach them. */
  readonly answerRelays: () => readonly string[]
}

/** Every dialect in which Souk buys, the best first. */
export function createPurchaseDialects(options: PurchaseDialectsOptions): readonly PurchaseDialect[] {
  // A seller that names a channel takes its jobs there: NIP-90 is what is left when it names none.
  return [createPrivatePurchases(options), createChannelPurchases({ ...options, relayHint: () => options.answerRelays()[0] ?? '' }), createNip90Purchases(options)]
}
