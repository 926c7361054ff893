/**
 * The seal around an answer (PROTOCOL.md §6, `sealed`): AES-256-GCM under a key derived from the secret that a payment reveals and
 * the digest of the whole text. So no two texts share a key, the nonce is fixed, and after a crash the same bytes go out again.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { MAX_SEALED_TEXT_BYTES, previewLength, SEAL_TAG_BYTES, type SealedGoods } from '#shared/market/sealedGoods.ts'
import { digestText, sliceText } from '#shared/protocol/privateParts.ts'

/** Sets this use of the secret apart from every other. */
const INFO = 'souk/1 sealed'
const CIPHER = 'aes-256-gcm'
const NONCE = new Uint8Array(12)

export type SealedAnswer = Pick<SealedGoods, 'preview' | 'ciphertext' | 'sha256' | 'sealedBytes'>

/** The beginning of an answer that can be sealed, well-formed: half a character has no UTF-8. */
export function boundSealedText(text: string): string {
  return sliceText(text.toWellFormed(), MAX_SEALED_TEXT_BYTES)[0] ?? ''
}

/** `text`: not empty, as `boundSealedText` made it. `secret`: 64 hex characters, used for nothing else. The same arguments give the same bytes. */
export function sealAnswer(text: string, previewPermille: number, secret: string): SealedAnswer {
  const shown = previewLength(text, previewPermille)
  const rest = Buffer.from(text.slice(shown))
  const sha256 = digestText(text)
  const cipher = createCipheriv(CIPHER, keyOf(secret, sha256), NONCE)
  const ciphertext = Buffer.concat([cipher.update(rest), cipher.final(), cipher.getAuthTag()]).toString('base64')
  return { preview: text.slice(0, shown), ciphertext, sha256, sealedBytes: rest.length }
}

/** The whole text that was committed to. Fails with `not-committed`: the secret opens nothing, or another text than was signed for. */
export function openSeal({ preview, ciphertext, sha256 }: SealedGoods, secret: string): Result<string> {
  const rest = decrypt(Buffer.from(ciphertext, 'base64'), keyOf(secret, sha256))
  if (rest === null) return fail('not-committed', 'The key that was paid for does not open what was sealed: it is not what the seller signed for.')
  const text = preview + rest.toString()
  return digestText(text) === sha256 ? ok(text) : fail('not-committed', 'What was sealed is not the text that the seller signed for.')
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

function keyOf(secret: string, sha256: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', Buffer.from(secret, 'hex'), Buffer.from(sha256, 'hex'), INFO, 32))
}
