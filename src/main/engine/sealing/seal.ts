/**
 * The seal around an answer (PROTOCOL.md §6, `sealed`): AES-256-GCM under a key derived from the secret that a payment reveals and
 * the commitment to the whole text. So no two texts share a key, the nonce is fixed, and after a crash the same bytes go out again.
 *
 * Invariant: nothing of what goes out tells whoever lacks the secret whether a guess of the text is right. The commitment is salted
 * from the secret; the length is known to a block.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { filledBytes, MAX_SEALED_TEXT_BYTES, previewLength, SEAL_TAG_BYTES, type SealedGoods } from '#shared/market/sealedGoods.ts'
import { sliceText } from '#shared/protocol/privateParts.ts'

/** They set the uses of the secret apart from each other. */
const KEY_INFO = 'souk/1 sealed'
const COMMITMENT_INFO = 'souk/1 sealed commitment'
const CIPHER = 'aes-256-gcm'
const NONCE = new Uint8Array(12)
/** In no UTF-8: what fills the last block cannot be taken for text. */
const FILLER = 0xff

export type SealedAnswer = Pick<SealedGoods, 'preview' | 'ciphertext' | 'commitment' | 'sealedBytes'>

/** The beginning of an answer that can be sealed, well-formed: half a character has no UTF-8. */
export function boundSealedText(text: string): string {
  return sliceText(text.toWellFormed(), MAX_SEALED_TEXT_BYTES)[0] ?? ''
}

/** `text`: not empty, as `boundSealedText` made it. `secret`: 64 hex characters, used for nothing else. The same arguments give the same bytes. */
export function sealAnswer(text: string, previewPermille: number, secret: string): SealedAnswer {
  const shown = previewLength(text, previewPermille)
  const rest = Buffer.from(text.slice(shown))
  const sealedBytes = filledBytes(rest.length)
  const commitment = commitTo(text, secret)
  const cipher = createCipheriv(CIPHER, keyOf(secret, commitment), NONCE)
  const ciphertext = Buffer.concat([cipher.update(rest), cipher.update(Buffer.alloc(sealedBytes - rest.length, FILLER)), cipher.final(), cipher.getAuthTag()]).toString('base64')
  return { preview: text.slice(0, shown), ciphertext, commitment, sealedBytes }
}

/** The whole text that was committed to. Fails with `not-committed`: the secret opens nothing, or another text than was signed for. */
export function openSeal({ preview, ciphertext, commitment }: Pick<SealedGoods, 'preview' | 'ciphertext' | 'commitment'>, secret: string): Result<string> {
  const opened = decrypt(Buffer.from(ciphertext, 'base64'), keyOf(secret, commitment))
  if (opened === null) return fail('not-committed', 'The key that was paid for does not open what was sealed: it is not what the seller signed for.')
  const rest = opened.subarray(0, opened.findLastIndex((byte) => byte !== FILLER) + 1)
  const text = preview + rest.toString()
  const isSignedFor = commitTo(text, secret) === commitment && filledBytes(rest.length) === opened.length
  return isSignedFor ? ok(text) : fail('not-committed', 'What was sealed is not the text that the seller signed for.')
}

function decrypt(sealed: Buffer, key: Uint8Array): Buffer | null {
  if (sealed.length < SEAL_TAG_BYTES) return null
  const decipher = createDecipheriv(CIPHER, key, NONCE)
  decipher.setAuthTag(sealed.subarray(-SEAL_TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -SEAL_TAG_BYTES)), decipher.final()])
  } catch {
    return null // Another key, or another text: GCM tells them apart from what was sealed.
  }
}

function commitTo(text: string, secret: string): string {
  return createHash('sha256').update(derive(secret, Buffer.alloc(0), COMMITMENT_INFO)).update(text).digest('hex')
}

function keyOf(secret: string, commitment: string): Uint8Array {
  return derive(secret, Buffer.from(commitment, 'hex'), KEY_INFO)
}

function derive(secret: string, salt: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', Buffer.from(secret, 'hex'), salt, info, 32))
}
