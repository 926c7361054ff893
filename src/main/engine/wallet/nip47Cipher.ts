import { secp256k1 } from '@noble/curves/secp256k1.js'
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
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
const NIP04_IV_BYTES = 16

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
    encrypt: (peer, text, encryption) => (encryption === 'nip04' ? encryptNip04(sharedKey(ownKey, peer), text) : nip44.encrypt(text, conversationKey(peer))),
    decrypt(peer, payload) {
      if (payload.length > MAX_PAYLOAD_LENGTH) throw new RangeError('The payload is too long.')
      // NIP-04 is told by its `?iv=`, which base64 never contains: an answer is read in the form in which it came.
      return payload.includes('?iv=') ? decryptNip04(sharedKey(ownKey, peer), payload) : nip44.decrypt(payload, conversationKey(peer))
    },
  }
}

/**
 * NIP-04, for services that speak nothing newer, on node:crypto: nostr-tools brings its own AES, whose tables are computed at
 * every start of everybody.
 */
function encryptNip04(key: Uint8Array, text: string): string {
  const iv = randomBytes(NIP04_IV_BYTES)
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  return `${cipher.update(text, 'utf8', 'base64')}${cipher.final('base64')}?iv=${iv.toString('base64')}`
}

function decryptNip04(key: Uint8Array, payload: string): string {
  const [text = '', iv = ''] = payload.split('?iv=')
  const decipher = createDecipheriv('aes-256-cbc', key, Buffer.from(iv, 'base64'))
  return decipher.update(text, 'base64', 'utf8') + decipher.final('utf8')
}

/** NIP-04's key: the x coordinate of the shared point, as it is. */
function sharedKey(ownKey: Uint8Array, peer: string): Uint8Array {
  return secp256k1.getSharedSecret(ownKey, Buffer.from(`02${peer}`, 'hex')).subarray(1)
}
