import type { SaleTerms } from '#shared/ipc/provider.ts'
import type { Cipher } from '../../nostr/cipher.ts'
import type { NostrCrypto } from '../../nostr/crypto.ts'
import type { RelayPool } from '../../nostr/relayPool.ts'
import type { Signer } from '../../nostr/signer.ts'
import type { Clock } from '../../ports.ts'
import type { Web } from '../../web/web.ts'
import type { SaleDialect } from '../dialect.ts'
import { createChannelSales } from './channel.ts'
import { createJobInputs } from './jobInputs.ts'
import { createJobRequests } from './jobRequests.ts'
import { createJobAnswers } from './jobRoute.ts'
import { createNip90Sales } from './nip90.ts'

export interface SaleDialectsOptions {
  readonly pool: RelayPool
  readonly signer: Signer
  /** Of the signer's own key. */
  readonly cipher: Cipher
  readonly crypto: Pick<NostrCrypto, 'verify'>
  readonly clock: Clock
  readonly terms: () => SaleTerms
  /** Null: no page is fetched, whatever the terms say. */
  readonly web: Web | null
  /** Whether that request was made by this Souk itself. */
  readonly isOwnRequest: (requestId: string) => boolean
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
  const resolveInputs = createJobInputs({ ...options, allowUrls: () => options.terms().allowUrlInputs })
  const requests = createJobRequests({ ...options, openRequests: () => options.terms().openRequests, resolveInputs, collectParts: null, speaksSouk1: false })
  const answers = createJobAnswers(options)
  return [createNip90Sales({ clock: options.clock, requests, answers }), createChannelSales({ ...options, relayHint })]
}
