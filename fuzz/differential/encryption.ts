/** NIP-44 payloads, most of them damaged in one place, and texts and keys for them. The official vectors are what they begin from. */
import { createHmac } from 'node:crypto'
import { plainChaCha20 } from '#engine/nostr/chacha20.ts'
import { deriveMessageKeys, encryptNip44, paddedLength } from '#engine/nostr/nip44.ts'
import vectors from '#engine/nostr/vectors/nip44.json' with { type: 'json' }
import { anyHex, anyText, changeText, NASTY_PIECES } from '../grammar/text.ts'
import type { FuzzRandom } from '../random.ts'
import { PUBKEY } from './signatures.ts'

/** All but the text and the payload in hex. */
export interface Sealed {
  readonly key: string
  readonly payload: string
}

export interface Unsealed {
  readonly key: string
  readonly nonce: string
  readonly text: string
}

export interface Pair {
  readonly secret: string
  readonly pubkey: string
}

const { valid, invalid } = vectors.v2
const long = 'é'.repeat(20_000)
const sealed: readonly Sealed[] = [
  ...[...valid.encrypt_decrypt, ...invalid.decrypt].map(({ conversation_key, payload }) => ({ key: conversation_key, payload })),
  ...['\ufeffmarked', '\ufeff', '\ud800', '\u0000', long].map((text) => ({ key: 'ab'.repeat(32), payload: encryptNip44(new Uint8Array(32).fill(0xab), new Uint8Array(32).fill(1), text) })),
]
const pairs: readonly Pair[] = [...valid.get_conversation_key, ...invalid.get_conversation_key].map(({ sec1, pub2 }) => ({ secret: sec1, pubkey: pub2 }))
const texts: readonly string[] = valid.encrypt_decrypt.map(({ plaintext }) => plaintext)

export function anyPayload(random: FuzzRandom): Sealed {
  const { key, payload } = random.pick(sealed)
  if (random.oneIn(20)) return { key: random.oneIn(4) ? anyHex(random, 64) : key, payload }
  if (random.oneIn(4)) return { key, payload: seal(random, key, anyPadded(random)) }
  if (random.oneIn(2)) return { key, payload: changeText(random, payload) }
  const bytes = Buffer.from(payload, 'base64')
  if (random.oneIn(4)) return { key, payload: bytes.subarray(0, random.below(bytes.length + 1)).toString('base64') }
  for (let count = random.below(3); count >= 0; count -= 1) {
    const at = random.oneIn(3) ? random.below(3) : random.below(bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
  }
  return { key, payload: bytes.toString(random.oneIn(10) ? 'base64url' : 'base64') }
}

/** What is right outside, and anything inside. */
function seal(random: FuzzRandom, key: string, padded: Uint8Array): string {
  const nonce = Buffer.from(anyHex(random, 64), 'hex')
  const keys = deriveMessageKeys(Buffer.from(key, 'hex'), nonce)
  const sent = plainChaCha20(keys.cipherKey, keys.cipherNonce, padded)
  const mac = createHmac('sha256', keys.macKey).update(nonce).update(sent).digest()
  return Buffer.concat([Uint8Array.of(random.oneIn(20) ? random.below(256) : 2), nonce, sent, mac]).toString('base64')
}

/** A length, a text and padding, of which one may not fit the others. */
function anyPadded(random: FuzzRandom): Uint8Array {
  const text = random.oneIn(3) ? Buffer.from(anyHex(random, 2 * random.below(80)), 'hex') : Buffer.from(anyText(random, 30))
  const said = random.oneIn(3) ? random.pick([0, 1, text.length + 1, text.length - 1, 32, 33, 65_535]) : text.length
  const room = random.oneIn(4) ? random.pick([0, 1, 31, 32, 33, 64, text.length]) : paddedLength(Math.max(1, random.oneIn(2) ? said : text.length))
  const padded = Buffer.alloc(2 + Math.min(room, 4_000), random.oneIn(4) ? 0xff : 0)
  text.copy(padded, 2)
  padded.writeUInt16BE(Math.max(0, said) & 0xffff)
  return padded
}

export function anyPlaintext(random: FuzzRandom): Unsealed {
  const [key, nonce] = [anyHex(random, 64), anyHex(random, 64)]
  if (random.oneIn(200)) return { key, nonce, text: random.pick(['x', 'é', '🛒', '\ud800']).repeat(random.pick([65_535, 65_536, 32_767, 32_768, 21_845, 21_846, 16_383, 16_384])) }
  // About the steps of the padding.
  if (random.oneIn(4)) return { key, nonce, text: random.pick(['a', '\u0000', '\ufeff']).repeat(Math.max(0, 32 * random.below(20) + random.below(3) - 1)) }
  return { key, nonce, text: random.oneIn(3) ? anyText(random, 40) : changeText(random, random.pick(texts)) }
}

/** Most are refused for their spelling; a point that is shared takes milliseconds. */
export function anyPair(random: FuzzRandom): Pair {
  const { secret, pubkey } = random.pick(pairs)
  if (random.oneIn(20)) return { secret: random.oneIn(3) ? anyHex(random, 64) : secret, pubkey: random.pick([pubkey, PUBKEY, anyHex(random, 64), pubkey.toUpperCase()]) }
  const changed = changeText(random, pubkey)
  return { secret, pubkey: /^[0-9a-f]{64}$/i.test(changed) ? changed + random.pick(NASTY_PIECES) : changed }
}
