import { isUtf8 } from 'node:buffer'
import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { chacha20 } from './chacha20.ts'

/*
 * NIP-44 version 2 on node:crypto. For 100 bytes this takes a third of what nostr-tools does, for 60 kB a twentieth: a
 * one-shot hash costs 2 µs where an Hmac object costs 25, and OpenSSL's ChaCha20 is used where it pays.
 */

/** NIP-44's own bounds, in bytes of UTF-8. */
export const MIN_PLAINTEXT_BYTES = 1
export const MAX_PLAINTEXT_BYTES = 65_535
/** NIP-44's own bounds, in characters of base64. */
const MIN_PAYLOAD_LENGTH = 132
export const MAX_PAYLOAD_LENGTH = 87_472
const VERSION = 2
const NONCE_BYTES = 32
const MAC_BYTES = 32
const LENGTH_BYTES = 2
const DATA_START = 1 + NONCE_BYTES
/** SHA-256's block. */
const BLOCK_BYTES = 64
const HASH_BYTES = 32
/** Up to here two one-shot hashes are quicker than an Hmac object; beyond, copying the message is what costs. */
const MAX_ONE_SHOT_BYTES = 16_384

export interface MessageKeys {
  readonly cipherKey: Uint8Array
  readonly cipherNonce: Uint8Array
  readonly macKey: Uint8Array
}

/** Of two keys for good, whichever side asks: HKDF-extract of the shared point's x coordinate. */
export function deriveConversationKey(sharedX: Uint8Array): Uint8Array {
  return hmacSha256(Buffer.from('nip44-v2'), sharedX)
}

/** Of one message: HKDF-expand of the conversation key with the message's 32-byte nonce. */
export function deriveMessageKeys(conversationKey: Uint8Array, nonce: Uint8Array): MessageKeys {
  const expanded = new Uint8Array(3 * HASH_BYTES)
  const input = new Uint8Array(HASH_BYTES + NONCE_BYTES + 1)
  input.set(nonce, HASH_BYTES)
  for (let step = 1; step <= 3; step += 1) {
    input[HASH_BYTES + NONCE_BYTES] = step
    const block = hmacSha256(conversationKey, step === 1 ? input.subarray(HASH_BYTES) : input)
    expanded.set(block, (step - 1) * HASH_BYTES)
    input.set(block)
  }
  return { cipherKey: expanded.subarray(0, 32), cipherNonce: expanded.subarray(32, 44), macKey: expanded.subarray(44, 76) }
}

/** Bytes that a text of so many bytes (1 … 65,535) is padded to: powers of two, each in eight steps. */
export function paddedLength(bytes: number): number {
  if (bytes <= 32) return 32
  const nextPower = 2 ** (32 - Math.clz32(bytes - 1))
  const step = nextPower <= 256 ? 32 : nextPower / 8
  return step * Math.ceil(bytes / step)
}

/** `text` in UTF-8 is 1 … 65,535 bytes, the nonce 32 random ones, never used before. Throws RangeError otherwise: the caller looks first. */
export function encryptNip44(conversationKey: Uint8Array, nonce: Uint8Array, text: string): string {
  const length = Buffer.byteLength(text)
  if (length < MIN_PLAINTEXT_BYTES || length > MAX_PLAINTEXT_BYTES || nonce.length !== NONCE_BYTES) throw new RangeError('NIP-44 cannot carry this.')
  const padded = Buffer.alloc(LENGTH_BYTES + paddedLength(length))
  padded.writeUInt16BE(length)
  padded.write(text, LENGTH_BYTES)
  const keys = deriveMessageKeys(conversationKey, nonce)
  const payload = Buffer.alloc(DATA_START + padded.length + MAC_BYTES)
  payload[0] = VERSION
  payload.set(nonce, 1)
  payload.set(chacha20(keys.cipherKey, keys.cipherNonce, padded), DATA_START)
  payload.set(hmacSha256(keys.macKey, payload.subarray(1, -MAC_BYTES)), payload.length - MAC_BYTES)
  return payload.toString('base64')
}

/** The text; null when the payload is not of this version, is damaged, or is for somebody else. Anything may be passed. */
export function decryptNip44(conversationKey: Uint8Array, payload: string): string | null {
  if (payload.length < MIN_PAYLOAD_LENGTH || payload.length > MAX_PAYLOAD_LENGTH) return null
  const bytes = Buffer.from(payload, 'base64')
  // Node reads what is not base64 too: only what it would itself write is.
  if (bytes[0] !== VERSION || bytes.length < DATA_START + MAC_BYTES || bytes.toString('base64') !== payload) return null
  const keys = deriveMessageKeys(conversationKey, bytes.subarray(1, DATA_START))
  const mac = hmacSha256(keys.macKey, bytes.subarray(1, -MAC_BYTES))
  if (!timingSafeEqual(mac, bytes.subarray(-MAC_BYTES))) return null
  return unpad(chacha20(keys.cipherKey, keys.cipherNonce, bytes.subarray(DATA_START, -MAC_BYTES)))
}

function unpad(padded: Uint8Array): string | null {
  const length = (padded[0] ?? 0) * 256 + (padded[1] ?? 0)
  if (length < MIN_PLAINTEXT_BYTES || padded.length !== LENGTH_BYTES + paddedLength(length)) return null
  const text = Buffer.from(padded.buffer, padded.byteOffset + LENGTH_BYTES, length)
  return isUtf8(text) ? text.toString('utf8') : null
}

/** RFC 2104, for keys of up to 64 bytes. */
function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  if (message.length > MAX_ONE_SHOT_BYTES) return createHmac('sha256', key).update(message).digest()
  const inner = new Uint8Array(BLOCK_BYTES + message.length).fill(0x36, 0, BLOCK_BYTES)
  const outer = new Uint8Array(BLOCK_BYTES + HASH_BYTES).fill(0x5c, 0, BLOCK_BYTES)
  for (let index = 0; index < key.length; index += 1) {
    const byte = key[index] ?? 0
    inner[index] = byte ^ 0x36
    outer[index] = byte ^ 0x5c
  }
  inner.set(message, BLOCK_BYTES)
  outer.set(hash('sha256', inner, 'buffer'), BLOCK_BYTES)
  return hash('sha256', outer, 'buffer')
}
