/**
 * libsecp256k1, as nostr-wasm compiles it, without that package's own binding: this one keeps what is made of a key (half of
 * a signature's time) and leaves hashing and hexadecimal to Node (a sixth of a verification's).
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** BIP-340 on bytes. Hashes, keys and auxiliary randomness are 32 bytes, signatures 64. */
export interface Secp256k1 {
  /** The library's own form of a secret key in 1 … n − 1 (96 bytes, as secret as the key), for `sign`. */
  createKeypair(secretKey: Uint8Array): Uint8Array
  /** x-only. */
  publicKey(keypair: Uint8Array): Uint8Array
  sign(keypair: Uint8Array, hash: Uint8Array, auxiliary: Uint8Array): Uint8Array
  /** The library's own form of an x-only public key (64 bytes), for `verify`; null when no point of the curve has that x. */
  parsePublicKey(publicKey: Uint8Array): Uint8Array | null
  verify(parsedKey: Uint8Array, hash: Uint8Array, signature: Uint8Array): boolean
}

type Call = (...pointers: readonly number[]) => number

const HASH_BYTES = 32
const SIGNATURE_BYTES = 64
const KEYPAIR_BYTES = 96
const PARSED_KEY_BYTES = 64
/** SECP256K1_CONTEXT_SIGN and _VERIFY; the library wants them although it has not looked at them for years. */
const CONTEXT_FLAGS = 513 | 257
/** Emscripten's answers for what a computation has no use for: errno 52 is ENOSYS, 70 ESPIPE. */
const NO_CLOSE = 52
const NO_SEEK = 70

/** Some milliseconds: hold on to what it returns. */
export async function loadSecp256k1(): Promise<Secp256k1> {
  let heap = new Uint8Array()
  const stop = () => {
    throw new Error('libsecp256k1 stopped.')
  }
  const { instance } = await WebAssembly.instantiate(await readFile(findModule(import.meta.url)), {
    a: { a: stop, b: stop, c: () => NO_SEEK, d: stop, e: () => NO_CLOSE, f: (to: number, from: number, length: number) => heap.copyWithin(to, from, from + length) },
  })
  // The letters are how the package's build spells the library's functions.
  const { g: memory } = instance.exports
  if (!(memory instanceof WebAssembly.Memory)) throw new Error('This is not the libsecp256k1 that is expected here.')
  // It never grows, so neither do the views of it.
  heap = new Uint8Array(memory.buffer)
  const call = (letter: string): Call => {
    const exported = instance.exports[letter]
    if (typeof exported !== 'function') throw new Error('This is not the libsecp256k1 that is expected here.')
    return exported as Call
  }
  call('h')()
  const allocate = call('i')
  const context = call('o')(CONTEXT_FLAGS)
  const parse = call('p')
  const serialize = call('q')
  const makeKeypair = call('r')
  const takePublic = call('s')
  const signHash = call('t')
  const verifyHash = call('u')
  const atSecret = allocate(HASH_BYTES)
  const atAuxiliary = allocate(HASH_BYTES)
  const atHash = allocate(HASH_BYTES)
  const atPublic = allocate(HASH_BYTES)
  const atSignature = allocate(SIGNATURE_BYTES)
  const atKeypair = allocate(KEYPAIR_BYTES)
  const atParsed = allocate(PARSED_KEY_BYTES)

  const must = (result: number) => {
    if (result !== 1) throw new Error('libsecp256k1 refused what it was given.')
  }
  const put = (bytes: Uint8Array, at: number, length: number) => {
    if (bytes.length !== length) throw new RangeError('Not of the length that libsecp256k1 takes.')
    heap.set(bytes, at)
  }
  /** Runs with the keypair in the module's memory, and leaves nothing of it there. */
  const withKeypair = <T>(keypair: Uint8Array, run: () => T): T => {
    put(keypair, atKeypair, KEYPAIR_BYTES)
    try {
      return run()
    } finally {
      heap.fill(0, atKeypair, atKeypair + KEYPAIR_BYTES)
    }
  }

  return {
    createKeypair(secretKey) {
      put(secretKey, atSecret, HASH_BYTES)
      try {
        must(makeKeypair(context, atKeypair, atSecret))
        return heap.slice(atKeypair, atKeypair + KEYPAIR_BYTES)
      } finally {
        heap.fill(0, atSecret, atSecret + HASH_BYTES)
        heap.fill(0, atKeypair, atKeypair + KEYPAIR_BYTES)
      }
    },
    publicKey: (keypair) =>
      withKeypair(keypair, () => {
        must(takePublic(context, atParsed, 0, atKeypair))
        must(serialize(context, atPublic, atParsed))
        return heap.slice(atPublic, atPublic + HASH_BYTES)
      }),
    sign: (keypair, hash, auxiliary) =>
      withKeypair(keypair, () => {
        put(hash, atHash, HASH_BYTES)
        put(auxiliary, atAuxiliary, HASH_BYTES)
        must(signHash(context, atSignature, atHash, atKeypair, atAuxiliary))
        return heap.slice(atSignature, atSignature + SIGNATURE_BYTES)
      }),
    parsePublicKey(publicKey) {
      put(publicKey, atPublic, HASH_BYTES)
      return parse(context, atParsed, atPublic) === 1 ? heap.slice(atParsed, atParsed + PARSED_KEY_BYTES) : null
    },
    verify(parsedKey, hash, signature) {
      put(parsedKey, atParsed, PARSED_KEY_BYTES)
      put(hash, atHash, HASH_BYTES)
      put(signature, atSignature, SIGNATURE_BYTES)
      return verifyHash(context, atSignature, atHash, HASH_BYTES, atParsed) === 1
    },
  }
}

/** In the package for the source, beside the entries for a bundle (electron.vite.config.ts). */
function findModule(here: string): string | URL {
  if (here.endsWith('.ts')) return join(createRequire(here).resolve('nostr-wasm'), '..', '..', 'public', 'out', 'secp256k1.wasm')
  return new URL(here.includes('/chunks/') ? '../secp256k1.wasm' : 'secp256k1.wasm', here)
}
