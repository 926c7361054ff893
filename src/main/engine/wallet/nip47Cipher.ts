import { decrypt as decryptNip04, encrypt as encryptNip04 } from 'nostr-tools/nip04'
import { v2 as nip44 } from 'nostr-tools/nip44'
import type { NwcEncryption } from '#shared/protocol/nip47.ts'

/** Encrypts to and decrypts from peers in the name of one key. Both throw on what cannot be encrypted or read. */
export interface Nip47Cipher {
  encrypt(peer: string, text: string, encryption: NwcEncryption): string
  decrypt(peer: string, payload: string): string
}

/** A NIP-44 conversation key takes 2 ms to compute: kept per peer, the oldest dropped first. */
const MAX_KEPT_KEYS = 1_000
/** NIP-44 pads to at most 64 KiB and base64 adds a third; nothing larger is a message. */
const MAX_PAYLOAD_LENGTH = 90_000

export function createNip47Cipher(secretKey: Uint8Array): Nip47Cipher {
  const ownKey = Uint8Array.from(secretKey)
  const kept = new Map<string, Uint8Array>()
  const conversationKey = (peer: string) => {
    const known = kept.get(peer)
    if (known !== undefined) return known
    const oldest = kept.keys().next()
    if (kept.size >= MAX_KEPT_KEYS && oldest.done !== true) kept.delete(oldest.value)
    const key = nip44.utils.getConversationKey(ownKey, peer)
    kept.set(peer, key)
    return key
  }
  return {
    encrypt: (peer, text, encryption) => (encryption === 'nip04' ? encryptNip04(ownKey, peer, text) : nip44.encrypt(text, conversationKey(peer))),
    decrypt(peer, payload) {
      if (payload.length > MAX_PAYLOAD_LENGTH) throw new RangeError('The payload is too long.')
      // NIP-04 is told by its `?iv=`, which base64 never contains: an answer is read in the form in which it came.
      return payload.includes('?iv=') ? decryptNip04(ownKey, peer, payload) : nip44.decrypt(payload, conversationKey(peer))
    },
  }
}
