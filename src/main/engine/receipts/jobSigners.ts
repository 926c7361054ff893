/** The keys that stood for this Souk in its jobs: its own, or one that a job was asked for with (nostr/jobIdentity.ts). */
import { z } from 'zod'
import { safeParse } from '#shared/safeParse.ts'
import type { Cipher } from '../nostr/cipher.ts'
import type { NostrCrypto } from '../nostr/crypto.ts'
import { deriveJobKey } from '../nostr/jobKey.ts'
import type { Signer } from '../nostr/signer.ts'
import { createSteadyCipher } from '../nostr/steadyCipher.ts'
import type { Random } from '../ports.ts'

export interface JobSigners {
  /** This Souk's own key. */
  readonly pubkey: string
  /** Signs in the name of that key, the same each time; null when it is neither ours nor that of a job with this route. */
  of(pubkey: string, route: unknown): Signer | null
  /** Of the key that a job with this route was asked for with. */
  cipherOf(route: unknown): Pick<Cipher, 'decrypt'>
}

const routeSchema = z.object({ nonce: z.string().regex(/^[0-9a-f]{64}$/) })

/** Keeps its own copy of the identity's 32-byte secret. */
export function createJobSigners(identitySecret: Uint8Array, crypto: NostrCrypto, random: Random): JobSigners {
  const secret = Uint8Array.from(identitySecret)
  const own = crypto.createSigner(secret, true)

  /** A copy, to be wiped. */
  function keyOf(route: unknown): Uint8Array {
    const parsed = safeParse(routeSchema, route)
    return parsed.success ? deriveJobKey(secret, Uint8Array.from(Buffer.from(parsed.data.nonce, 'hex'))) : Uint8Array.from(secret)
  }

  return {
    pubkey: own.pubkey,
    of(pubkey, route) {
      if (pubkey === own.pubkey) return own
      const key = keyOf(route)
      const signer = crypto.createSigner(key, true)
      key.fill(0)
      return signer.pubkey === pubkey ? signer : null
    },
    cipherOf(route) {
      const key = keyOf(route)
      const cipher = createSteadyCipher(key, random)
      key.fill(0)
      return cipher
    },
  }
}
