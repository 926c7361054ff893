/** An answer under seal (PROTOCOL.md §6, `sealed`): the beginning in the clear, the rest encrypted, and what its seller commits to. */
import type { Msat } from './msat.ts'

/** Bytes of UTF-8 that one sealed answer may have: a third more once it is encrypted and in base64, and then still within a private text. */
export const MAX_SEALED_TEXT_BYTES = 720_896
/** What the cipher adds to the bytes under seal: its tag. */
export const SEAL_TAG_BYTES = 16
/** More than this is never shown, whatever the terms say: what is not under seal is worth nothing to its seller. */
const MAX_PREVIEW_PERMILLE = 900

export interface SealedGoods {
  /** The beginning, in the clear. */
  readonly preview: string
  /** Base64 of the rest, encrypted under a key derived from the secret whose SHA-256 is `paymentHash`. */
  readonly ciphertext: string
  /** Hex SHA-256 of the whole text in UTF-8: preview and rest. What the seller signs for. */
  readonly sha256: string
  /** Bytes of the rest in UTF-8. */
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
