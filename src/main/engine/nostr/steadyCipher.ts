import { createHmac, hkdfSync } from 'node:crypto'
import type { Result } from '#shared/market/result.ts'
import type { Random } from '../ports.ts'
import { createCipher, type Cipher } from './cipher.ts'

/** A cipher that can also say the same thing twice: what is stored and published again after a crash is then the same event. */
export interface SteadyCipher extends Cipher {
  /**
   * Like `encrypt`, but the same text to the same peer gives the same payload. Its nonce is an HMAC of both under a key of
   * the secret's own, so that two different texts never share one; all it tells others is that a text was said again.
   */
  encryptSteadily(peer: string, text: string): Result<string>
}

/** Sets this use of the secret apart from every other. */
const INFO = 'souk/1 steady nonce'

/** Keeps its own copy of the 32-byte key. Throws on an invalid key. */
export function createSteadyCipher(secretKey: Uint8Array, random: Random): SteadyCipher {
  const nonceKey = Buffer.from(hkdfSync('sha256', secretKey, new Uint8Array(), INFO, 32))
  let nonce: Uint8Array | null = null
  const cipher = createCipher(secretKey, { bytes: (length) => nonce ?? random.bytes(length) })
  return {
    ...cipher,
    encryptSteadily(peer, text) {
      nonce = createHmac('sha256', nonceKey).update(peer).update('\0').update(text).digest()
      try {
        return cipher.encrypt(peer, text)
      } finally {
        nonce = null
      }
    },
  }
}
