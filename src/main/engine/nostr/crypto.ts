import { hash, randomFillSync } from 'node:crypto'
import { setBounded } from '../boundedMap.ts'
import type { EventTemplate, NostrEvent } from './relayPool.ts'
import { loadSecp256k1 } from './secp256k1.ts'
import type { Signer } from './signer.ts'

export interface NostrCrypto {
  /** Whether the id is the hash of these very fields and the signature is the author's. Looks at nothing but the seven fields. */
  verify(event: NostrEvent): boolean
  /**
   * Keeps its own copy of the 32-byte key, so the caller may wipe the one it passed. Throws RangeError on an invalid key.
   * `steady`: the same template gives the same signature too (BIP-340 without auxiliary randomness), for an event inside another.
   */
  createSigner(secretKey: Uint8Array, steady?: boolean): Signer
  /** Hex x-only public key of a 32-byte secret key. Throws RangeError on an invalid key. */
  publicKey(secretKey: Uint8Array): string
}

const ID_OR_KEY = /^[0-9a-f]{64}$/
const SIGNATURE = /^[0-9a-f]{128}$/
/** Far beyond what relays take: hashing more than that would hold everything else up. */
const MAX_SERIALIZED_CHARS = 262_144
/** The order of secp256k1's group, n: a secret key is in 1 … n − 1. */
const GROUP_ORDER = Buffer.from('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141', 'hex')
/** BIP-340's auxiliary randomness; drawn for many signatures at once, since each draw takes as long as for one. */
const AUXILIARY_BYTES = 32
const DRAWN_BYTES = 64 * AUXILIARY_BYTES
const NO_RANDOMNESS = new Uint8Array(AUXILIARY_BYTES)
/** Reading a public key takes a square root, a twelfth of a verification: those of authors heard lately are kept. */
const MAX_KEPT_KEYS = 512

/** Loads libsecp256k1 (WebAssembly). Costs some milliseconds once; hold on to what it returns. */
export async function loadNostrCrypto(): Promise<NostrCrypto> {
  const library = await loadSecp256k1()
  const keptKeys = new Map<string, Uint8Array>()

  const drawn = new Uint8Array(DRAWN_BYTES)
  let used = DRAWN_BYTES
  const drawAuxiliary = (): Uint8Array => {
    if (used === DRAWN_BYTES) {
      randomFillSync(drawn)
      used = 0
    }
    used += AUXILIARY_BYTES
    return drawn.subarray(used - AUXILIARY_BYTES, used)
  }

  const createKeypair = (secretKey: Uint8Array): Uint8Array => {
    assertSecretKey(secretKey)
    return library.createKeypair(secretKey)
  }
  const publicKeyOf = (keypair: Uint8Array) => Buffer.from(library.publicKey(keypair)).toString('hex')

  /** Only of who has signed something true, so that forged authors push nobody out. */
  const keepKey = (pubkey: string, parsed: Uint8Array) => setBounded(keptKeys, pubkey, parsed, MAX_KEPT_KEYS)

  return {
    verify(event) {
      const { id, pubkey, sig } = event
      if (!ID_OR_KEY.test(id) || !ID_OR_KEY.test(pubkey) || !SIGNATURE.test(sig)) return false
      if (!hasExactNumbers(event)) return false
      if (serializedChars(event) > MAX_SERIALIZED_CHARS) return false
      if (eventId(event, pubkey) !== id) return false
      const kept = keptKeys.get(pubkey)
      const parsed = kept ?? library.parsePublicKey(Buffer.from(pubkey, 'hex'))
      if (parsed === null || !library.verify(parsed, Buffer.from(id, 'hex'), Buffer.from(sig, 'hex'))) return false
      if (kept === undefined) keepKey(pubkey, parsed)
      return true
    },

    createSigner(secretKey, steady = false) {
      const keypair = createKeypair(secretKey)
      const pubkey = publicKeyOf(keypair)
      return {
        pubkey,
        sign(template: EventTemplate): NostrEvent {
          if (!hasExactNumbers(template)) throw new RangeError('An event whose kind or date is no whole number cannot be signed.')
          if (serializedChars(template) > MAX_SERIALIZED_CHARS) throw new RangeError('An event of this size cannot be signed.')
          const id = eventId(template, pubkey)
          const sig = Buffer.from(library.sign(keypair, Buffer.from(id, 'hex'), steady ? NO_RANDOMNESS : drawAuxiliary())).toString('hex')
          const { created_at, kind, tags, content } = template
          return { id, pubkey, created_at, kind, tags: tags.map((tag) => [...tag]), content, sig }
        },
      }
    },

    publicKey: (secretKey) => publicKeyOf(createKeypair(secretKey)),
  }
}

function assertSecretKey(secretKey: Uint8Array): void {
  const valid = secretKey.length === 32 && secretKey.some((byte) => byte !== 0) && GROUP_ORDER.compare(secretKey) > 0
  if (!valid) throw new RangeError('Not a secp256k1 secret key.')
}

/** NIP-01: SHA-256 of the fields as JSON, hex. */
export function eventId({ created_at: createdAt, kind, tags, content }: EventTemplate, pubkey: string): string {
  return hash('sha256', JSON.stringify([0, pubkey, createdAt, kind, tags, content]), 'hex')
}

/** Numbers that every reader spells alike, and so hashes alike. */
function hasExactNumbers({ created_at: createdAt, kind }: EventTemplate): boolean {
  return Number.isSafeInteger(createdAt) && Number.isSafeInteger(kind)
}

/** A lower bound in characters: a character is at most 3 bytes in UTF-8, and 6 where JSON must escape it. */
function serializedChars(event: EventTemplate): number {
  let chars = event.content.length
  for (const tag of event.tags) for (const value of tag) chars += value.length + 3
  return chars
}
