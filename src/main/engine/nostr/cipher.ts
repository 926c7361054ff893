import { fail, ok, type Result } from '#shared/market/result.ts'
import { setBounded } from '../boundedMap.ts'
import type { Random } from '../ports.ts'
import { createKeyAgreement } from './keyAgreement.ts'
import { decryptNip04, isNip04 } from './nip04.ts'
import { decryptNip44, deriveConversationKey, encryptNip44, MAX_PLAINTEXT_BYTES } from './nip44.ts'

/** Encrypts to and decrypts from peers in the name of one key. No peer, text or payload makes it throw. */
export interface Cipher {
  /** Hex public key. */
  readonly pubkey: string
  /** NIP-44 of 1 … 65,535 bytes of UTF-8 to a hex public key. Fails with `invalid-peer`, `text-empty` or `text-too-long`. */
  encrypt(peer: string, text: string): Result<string>
  /** NIP-44, or NIP-04 where the payload says so. Fails with `invalid-peer` or `payload-unreadable`. */
  decrypt(peer: string, payload: string): Result<string>
}

/**
 * The longest text (bytes of UTF-8) whose event fits into the 64 KiB that relays take (PROTOCOL.md §1). NIP-44 pads it to
 * itself, and base64 makes 54,704 characters of it; one byte more is padded to 49,152, and its content alone is 65,628.
 * That leaves 10 kB for the rest of the event.
 */
export const MAX_EVENT_PLAINTEXT_BYTES = 40_960

const NONCE_BYTES = 32
/** A conversation key takes 1 to 4 ms to compute: kept per peer, the one not used for longest dropped first. */
const MAX_KEPT_KEYS = 1_000

/** Keeps its own copy of the 32-byte key. Throws on an invalid key. Nonces come from `random`. */
export function createCipher(secretKey: Uint8Array, random: Random): Cipher {
  const agreement = createKeyAgreement(secretKey)
  const kept = new Map<string, Uint8Array>()

  const conversationKey = (peer: string): Uint8Array | null => {
    const known = kept.get(peer)
    if (known !== undefined) {
      kept.delete(peer)
      kept.set(peer, known)
      return known
    }
    const sharedX = agreement.sharedX(peer)
    if (sharedX === null) return null
    const key = deriveConversationKey(sharedX)
    setBounded(kept, peer, key, MAX_KEPT_KEYS)
    return key
  }

  return {
    pubkey: agreement.pubkey,

    encrypt(peer, text) {
      if (text === '') return fail('text-empty', 'NIP-44 cannot carry an empty message.')
      if (Buffer.byteLength(text) > MAX_PLAINTEXT_BYTES) return fail('text-too-long', 'This is longer than the 65,535 bytes that one encrypted message can carry.')
      const key = conversationKey(peer)
      return key === null ? invalidPeer() : ok(encryptNip44(key, random.bytes(NONCE_BYTES), text))
    },

    decrypt(peer, payload) {
      const legacy = isNip04(payload)
      const key = legacy ? agreement.sharedX(peer) : conversationKey(peer)
      if (key === null) return invalidPeer()
      const text = legacy ? decryptNip04(key, payload) : decryptNip44(key, payload)
      return text === null ? fail('payload-unreadable', 'This message is damaged, or was encrypted for somebody else.') : ok(text)
    },
  }
}

function invalidPeer() {
  return fail('invalid-peer', 'This is not a public key, so nothing can be encrypted to it or read from it.')
}
