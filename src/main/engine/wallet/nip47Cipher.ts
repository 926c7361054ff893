import type { Result } from '#shared/market/result.ts'
import type { NwcEncryption } from '#shared/protocol/nip47.ts'
import { createCipher } from '../nostr/cipher.ts'
import { createKeyAgreement } from '../nostr/keyAgreement.ts'
import { encryptNip04, NIP04_IV_BYTES } from '../nostr/nip04.ts'
import type { Random } from '../ports.ts'

/** Encrypts to and decrypts from peers in the name of one key. Both throw on what cannot be encrypted or read. */
export interface Nip47Cipher {
  encrypt(peer: string, text: string, encryption: NwcEncryption): string
  decrypt(peer: string, payload: string): string
}

/** The cipher of all other messages, and NIP-04 in writing too, for services that speak nothing newer. */
export function createNip47Cipher(secretKey: Uint8Array, random: Random): Nip47Cipher {
  const cipher = createCipher(secretKey, random)
  const agreement = createKeyAgreement(secretKey)
  return {
    encrypt(peer, text, encryption) {
      if (encryption === 'nip44_v2') return orThrow(cipher.encrypt(peer, text))
      const sharedX = agreement.sharedX(peer)
      if (sharedX === null) throw new RangeError('This is not a public key.')
      return encryptNip04(sharedX, random.bytes(NIP04_IV_BYTES), text)
    },
    decrypt: (peer, payload) => orThrow(cipher.decrypt(peer, payload)),
  }
}

function orThrow(result: Result<string>): string {
  if (!result.ok) throw new RangeError(result.error.message)
  return result.value
}
