/** An answer under seal (PROTOCOL.md §6, `sealed`): the beginning in the clear, the rest encrypted, and what its seller commits to. */
import type { Msat } from './msat.ts'

/** Bytes of UTF-8 that one sealed answer may have: a third more once it is encrypted and in base64, and then still within a private text. */
export const MAX_SEALED_TEXT_BYTES = 720_896
/** What is under seal is filled up to a multiple of this: how long a short answer is, is most of the answer. */
export const SEAL_BLOCK_BYTES = 64
/** What the cipher adds to the bytes under seal: its tag. */
export const SEAL_TAG_BYTES = 16
/** More than this is never shown, whatever the terms say: what is not under seal is worth nothing to its seller. */
const MAX_PREVIEW_PERMILLE = 900

export interface SealedGoods {
  /** The beginning, in the clear. */
  readonly preview: string
  /** Base64 of the rest, encrypted under a key derived from the secret whose SHA-256 is `paymentHash`. */
  readonly ciphertext: string
  /** Hex SHA-256 of a salt from the secret and the whole text in UTF-8, preview and rest: what the seller signs for. Without the secret it tells no guess from another. */
  readonly commitment: string
  /** Bytes under seal: the rest in UTF-8, filled up to whole blocks. */
  readonly sealedBytes: number
  /** Hex SHA-256 of the secret; the hold invoice that opens it is on this hash. */
  readonly paymentHash: string
  /** What opening costs. */
  readonly amountMsat: Msat
}

/**
 * How much of a text, in UTF-16 units, is shown when so many parts per thousand of it may be: never more, and no character cut
 * in two. While the text grows it never shrinks. At least the last character stays under seal.
 */
export function previewLength(text: string, permille: number): number {
  const length = Math.floor((text.length * Math.min(MAX_PREVIEW_PERMILLE, Math.max(0, permille))) / 1_000)
  return isCut(text, length) ? length - 1 : length
}

/** How much so many bytes are, filled up to whole blocks. */
export function filledBytes(bytes: number): number {
  return Math.ceil(bytes / SEAL_BLOCK_BYTES) * SEAL_BLOCK_BYTES
}

/** Bytes of a ciphertext in canonical base64; null when it is none. */
export function ciphertextBytes(base64: string): number | null {
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  return (base64.length / 4) * 3 - padding
}

/** Whether between the units before and after that place there is a character. */
function isCut(text: string, place: number): boolean {
  const [before, after] = [text.charCodeAt(place - 1), text.charCodeAt(place)]
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff
}
