import { createHash } from 'node:crypto'
import type { NostrCrypto } from './crypto.ts'
import { deriveJobKey } from './jobKey.ts'
import type { Signer } from './signer.ts'

/** Who answers a relay that asks who we are (NIP-42), when that is nobody's business. */
export type PassersBy = (relay: string) => Signer

/** Those not asked about for longest are derived again. */
const MAX_KEPT = 64

/** A key for each relay, the same as long as `secret` (32 random bytes) is: two relays, or two runs, cannot tell that both met the same one. */
export function createPassersBy(secret: Uint8Array, crypto: Pick<NostrCrypto, 'createSigner'>): PassersBy {
  const kept = new Map<string, Signer>()
  return (relay) => {
    const signer = kept.get(relay) ?? crypto.createSigner(deriveJobKey(secret, createHash('sha256').update(relay).digest()))
    kept.delete(relay)
    kept.set(relay, signer)
    const [oldest] = kept.keys()
    if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest)
    return signer
  }
}
