import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { initNostrWasm, NostrWasm, type Nostr } from 'nostr-wasm'
import type { EventTemplate, NostrEvent } from './relayPool.ts'
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
/** The module has 1 MiB of memory in all and throws when it is out: an event that cannot fit is refused before it is copied there. */
const MAX_SERIALIZED_CHARS = 262_144
/** The order of secp256k1's group, n: a secret key is in 1 … n − 1. */
const GROUP_ORDER = Buffer.from('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141', 'hex')
/**
 * Says that entropy is given. nostr-wasm then takes what its memory holds (it never copies what it is given): in an instance
 * that was never given any other, always the same.
 */
const SAME_ENTROPY = new Uint8Array(32)

/** Loads libsecp256k1 (WebAssembly). Costs some milliseconds once; hold on to what it returns. */
export async function loadNostrCrypto(): Promise<NostrCrypto> {
  const [wasm, steadyWasm] = await Promise.all([instantiate(), instantiate()])

  const publicKey = (secretKey: Uint8Array): string => {
    assertSecretKey(secretKey)
    return Buffer.from(wasm.getPublicKey(secretKey)).toString('hex')
  }

  return {
    verify(event) {
      if (!ID_OR_KEY.test(event.id) || !ID_OR_KEY.test(event.pubkey) || !SIGNATURE.test(event.sig)) return false
      if (!hasExactNumbers(event)) return false
      if (serializedChars(event) > MAX_SERIALIZED_CHARS) return false
      try {
        wasm.verifyEvent(copyFields(event))
        return true
      } catch {
        return false
      }
    },

    createSigner(secretKey, steady = false) {
      const pubkey = publicKey(secretKey)
      const ownKey = Uint8Array.from(secretKey)
      return {
        pubkey,
        sign(template: EventTemplate): NostrEvent {
          const event = copyFields({ ...template, id: '', pubkey, sig: '' })
          if (!hasExactNumbers(event)) throw new RangeError('An event whose kind or date is no whole number cannot be signed.')
          if (serializedChars(event) > MAX_SERIALIZED_CHARS) throw new RangeError('An event of this size cannot be signed.')
          if (steady) steadyWasm.finalizeEvent(event, ownKey, SAME_ENTROPY)
          else wasm.finalizeEvent(event, ownKey)
          return event
        },
      }
    },

    publicKey,
  }
}

/** The package's entry decodes base64 character by character (90 ms); its .wasm file, where it can be had, takes 7. */
async function instantiate(): Promise<Nostr> {
  let binary: Uint8Array<ArrayBuffer>
  try {
    const entry = createRequire(import.meta.url).resolve('nostr-wasm')
    binary = new Uint8Array(await readFile(join(entry, '..', '..', 'public', 'out', 'secp256k1.wasm')))
  } catch {
    return initNostrWasm()
  }
  return NostrWasm(binary)
}

function assertSecretKey(secretKey: Uint8Array): void {
  const valid = secretKey.length === 32 && secretKey.some((byte) => byte !== 0) && GROUP_ORDER.compare(secretKey) > 0
  if (!valid) throw new RangeError('Not a secp256k1 secret key.')
}

/** Only the seven fields, in plain arrays: whatever else rides on the object (a cached mark, a getter) stays behind. */
function copyFields(event: NostrEvent) {
  return {
    id: event.id,
    pubkey: event.pubkey,
    created_at: event.created_at,
    kind: event.kind,
    tags: event.tags.map((tag) => [...tag]),
    content: event.content,
    sig: event.sig,
  }
}

/** Numbers that every reader spells alike, and so hashes alike. */
function hasExactNumbers({ created_at: createdAt, kind }: NostrEvent): boolean {
  return Number.isSafeInteger(createdAt) && Number.isSafeInteger(kind)
}

/** A lower bound in characters: a character is at most 3 bytes in UTF-8, and 6 where JSON must escape it. */
function serializedChars(event: NostrEvent): number {
  let chars = event.content.length
  for (const tag of event.tags) for (const value of tag) chars += value.length + 3
  return chars
}
