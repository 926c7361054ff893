import type { SaleTerms } from '#shared/ipc/provider.ts'
import type { NostrCrypto } from '../../nostr/crypto.ts'
import { createTextCollector } from '../../nostr/privateTexts.ts'
import type { RelayPool } from '../../nostr/relayPool.ts'
import type { Signer } from '../../nostr/signer.ts'
import type { SteadyCipher } from '../../nostr/steadyCipher.ts'
import type { Clock } from '../../ports.ts'
import type { Web } from '../../web/web.ts'
import type { SaleDialect } from '../dialect.ts'
import { createChannelSales } from './channel.ts'
import { createFrameInbox } from './frameInbox.ts'
import { createJobInputs } from './jobInputs.ts'
import { createJobRequests } from './jobRequests.ts'
import { createJobAnswers } from './jobRoute.ts'
import { createNip90Sales } from './nip90.ts'
import { createPrivateSales } from './souk1.ts'

export interface SaleDialectsOptions {
  readonly pool: RelayPool
  readonly signer: Signer
  /** The same key, whose signatures repeat themselves: for what is signed inside something encrypted. */
  readonly receiptSigner: Signer
  /** Of the signer's own key. */
  readonly cipher: SteadyCipher
  readonly crypto: Pick<NostrCrypto, 'verify'>
  readonly clock: Clock
  readonly terms: () => SaleTerms
  /** Whether those who ask are answered, and told that somebody sells here. */
  readonly isSelling: () => boolean
  /** Null: no page is fetched, whatever the terms say. */
  readonly web: Web | null
  /** Whether this Souk made that request itself, or has heard it before. */
  readonly isKnownRequest: (requestId: string) => boolean
  /** The channel that is listened to; null: none. */
  readonly channelId: () => string | null
  /** Relays named in what is published. */
  readonly publicRelays: () => readonly string[]
  /** Least time between two pieces of an answer in a channel. */
  readonly pieceIntervalMs: () => number
}

/** A prompt's parts are on the relays before the request that names them: who names others holds up those who come after for no longer. */
const PARTS_PATIENCE_MS = 6_000

/** Every dialect in which Souk sells. */
export function createSaleDialects(options: SaleDialectsOptions): readonly SaleDialect[] {
  const { clock, cipher, terms } = options
  const relayHint = () => options.publicRelays()[0] ?? ''
  const resolveInputs = createJobInputs({ ...options, allowUrls: () => terms().allowUrlInputs })
  const collectText = createTextCollector(options)
  const requests = createJobRequests({
    ...options,
    openRequests: () => terms().openRequests,
    resolveInputs,
    collectParts: (ids, sha256, author, signal) => collectText({ ids, sha256, author, maxBytes: terms().maxPromptBytes, patienceMs: PARTS_PATIENCE_MS }, signal),
    speaksSouk1: true,
  })
  // What is stored goes out again after a crash as the same event.
  const answers = createJobAnswers({ ...options, cipher: { ...cipher, encrypt: (peer, text) => cipher.encryptSteadily(peer, text) } })
  const frames = createFrameInbox(options)
  return [createPrivateSales({ ...options, answers, frames }), createNip90Sales({ clock, requests, answers }), createChannelSales({ ...options, relayHint })]
}
