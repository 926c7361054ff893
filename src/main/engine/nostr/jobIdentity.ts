import { setBounded } from '../boundedMap.ts'
import type { Random } from '../ports.ts'
import type { NostrCrypto } from './crypto.ts'
import { deriveJobKey, JOB_NONCE_BYTES } from './jobKey.ts'
import type { Signer } from './signer.ts'
import { createSteadyCipher, type SteadyCipher } from './steadyCipher.ts'

/** Who asks for one job, and for nothing else. */
export interface JobIdentity {
  /** Hex; derives it again after a restart. No secret. */
  readonly nonce: string
  readonly signer: Signer
  readonly cipher: SteadyCipher
}

export interface JobIdentities {
  create(): JobIdentity
  /** The identity of that nonce, as `create` gave it. Throws RangeError on anything else. */
  open(nonce: string): JobIdentity
}

/** Jobs under way at once are few; one that is opened again costs some milliseconds. */
const MAX_KEPT = 100

/** Derives a fresh key for each job (PROTOCOL.md §5) from the identity's 32-byte secret, of which it keeps its own copy. */
export function createJobIdentities(identitySecret: Uint8Array, crypto: NostrCrypto, random: Random): JobIdentities {
  const secret = Uint8Array.from(identitySecret)
  const kept = new Map<string, JobIdentity>()

  const open = (nonce: string): JobIdentity => {
    const known = kept.get(nonce)
    if (known !== undefined) return known
    const key = deriveJobKey(secret, Uint8Array.from(Buffer.from(nonce, 'hex')))
    const identity = { nonce, signer: crypto.createSigner(key), cipher: createSteadyCipher(key, random) }
    key.fill(0)
    setBounded(kept, nonce, identity, MAX_KEPT)
    return identity
  }
  return { create: () => open(Buffer.from(random.bytes(JOB_NONCE_BYTES)).toString('hex')), open }
}
