import { createCipheriv } from 'node:crypto'

/** ChaCha20 of RFC 8439 with its counter at 0: encrypts and decrypts alike. `key` is 32 bytes, `nonce` 12. */
export type ChaCha20 = (key: Uint8Array, nonce: Uint8Array, data: Uint8Array) => Uint8Array

const BLOCK_BYTES = 64
/** Setting up OpenSSL's cipher takes 30 µs, in which this file's own does about this many bytes. */
const NATIVE_FROM_BYTES = 2_048

/** OpenSSL's for what is long, where there is one: BoringSSL, which Electron is built with, keeps ChaCha20 only with Poly1305. */
export const chacha20: ChaCha20 = canUseNative()
  ? (key, nonce, data) => (data.length < NATIVE_FROM_BYTES ? plainChaCha20(key, nonce, data) : nativeChaCha20(key, nonce, data))
  : plainChaCha20

function canUseNative(): boolean {
  try {
    return nativeChaCha20(new Uint8Array(32), new Uint8Array(12), new Uint8Array(1)).length === 1
  } catch {
    return false
  }
}

/** OpenSSL's initial vector is the counter and the nonce in one. */
export function nativeChaCha20(key: Uint8Array, nonce: Uint8Array, data: Uint8Array): Uint8Array {
  const vector = new Uint8Array(16)
  vector.set(nonce, 4)
  return createCipheriv('chacha20', key, vector).update(data)
}

export function plainChaCha20(key: Uint8Array, nonce: Uint8Array, data: Uint8Array): Uint8Array {
  const state = createState(key, nonce)
  const block = new Uint32Array(16)
  const out = new Uint8Array(data.length)
  for (let start = 0; start < data.length; start += BLOCK_BYTES) {
    mixBlock(state, block)
    const end = Math.min(start + BLOCK_BYTES, data.length)
    for (let at = start; at < end; at += 1) {
      const place = at - start
      out[at] = (data[at] ?? 0) ^ ((block[place >> 2] ?? 0) >>> ((place & 3) << 3))
    }
    state[12] = (state[12] ?? 0) + 1
  }
  return out
}

/** RFC 8439 §2.3: four constants, the key, the counter, the nonce. */
function createState(key: Uint8Array, nonce: Uint8Array): Uint32Array {
  const state = new Uint32Array(16)
  state[0] = 0x61707865
  state[1] = 0x3320646e
  state[2] = 0x79622d32
  state[3] = 0x6b206574
  for (let word = 0; word < 8; word += 1) state[4 + word] = readWord(key, word)
  for (let word = 0; word < 3; word += 1) state[13 + word] = readWord(nonce, word)
  return state
}

/** Little-endian. */
function readWord(bytes: Uint8Array, word: number): number {
  const at = word * 4
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}

/** RFC 8439 §2.3: twenty rounds, columns and diagonals in turn, and the state added. */
function mixBlock(state: Uint32Array, block: Uint32Array): void {
  block.set(state)
  for (let round = 0; round < 10; round += 1) {
    quarterRound(block, 0, 4, 8, 12)
    quarterRound(block, 1, 5, 9, 13)
    quarterRound(block, 2, 6, 10, 14)
    quarterRound(block, 3, 7, 11, 15)
    quarterRound(block, 0, 5, 10, 15)
    quarterRound(block, 1, 6, 11, 12)
    quarterRound(block, 2, 7, 8, 13)
    quarterRound(block, 3, 4, 9, 14)
  }
  for (let word = 0; word < 16; word += 1) block[word] = (block[word] ?? 0) + (state[word] ?? 0)
}

/** RFC 8439 §2.1, on the words at four places. */
function quarterRound(words: Uint32Array, atA: number, atB: number, atC: number, atD: number): void {
  let a = words[atA] ?? 0
  let b = words[atB] ?? 0
  let c = words[atC] ?? 0
  let d = words[atD] ?? 0
  a = (a + b) | 0
  d = rotate(d ^ a, 16)
  c = (c + d) | 0
  b = rotate(b ^ c, 12)
  a = (a + b) | 0
  d = rotate(d ^ a, 8)
  c = (c + d) | 0
  b = rotate(b ^ c, 7)
  words[atA] = a
  words[atB] = b
  words[atC] = c
  words[atD] = d
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
