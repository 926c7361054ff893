/**
 * Private texts too long for one event (PROTOCOL.md §5): slices in events of kind 2505, named in order and with the digest of the
 * whole by the encrypted request or result that they belong to.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { fail, ok, type Result } from '../market/result.ts'
import type { EventTemplate } from './event.ts'
import type { TextParts } from './jobRequest.ts'
import { KIND } from './kinds.ts'

/** Bytes of UTF-8 that one private prompt or answer may have. */
export const MAX_PRIVATE_TEXT_BYTES = 1_048_576
/** Bytes of UTF-8 that one event carries encrypted: what NIP-44 makes of one more no relay takes. */
export const MAX_PART_BYTES = 40_960

/** Hex SHA-256 of the text in UTF-8. */
export function digestText(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)))
}

/** Slices of at most `maxBytes` bytes of UTF-8 (at least 4), no character cut in two; together they are the text. */
export function sliceText(text: string, maxBytes: number = MAX_PART_BYTES): readonly string[] {
  const slices: string[] = []
  let start = 0
  let end = 0
  let bytes = 0
  while (end < text.length) {
    const point = text.codePointAt(end) ?? 0
    const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
    if (bytes + size > maxBytes) {
      slices.push(text.slice(start, end))
      start = end
      bytes = 0
    }
    bytes += size
    end += point > 0xffff ? 2 : 1
  }
  if (start < end) slices.push(text.slice(start, end))
  return slices
}

/** The text's beginning within what a private text may have, well-formed: half a character has no UTF-8. */
export function boundPrivateText(text: string): string {
  return sliceText(text.toWellFormed(), MAX_PRIVATE_TEXT_BYTES)[0] ?? ''
}

/** The kind 2505 to sign. `ciphertext`: NIP-44 of the slice to `peer`; `createdAt` in Unix seconds. */
export function partTemplate(peer: string, ciphertext: string, createdAt: number): EventTemplate {
  return { kind: KIND.privatePart, created_at: createdAt, tags: [['p', peer], ['encrypted']], content: ciphertext }
}

/** The whole of what was decrypted, in order. Problems: `too-long`, `wrong-digest`. */
export function joinParts(slices: readonly string[], expected: TextParts['sha256']): Result<string> {
  const bytes = utf8ToBytes(slices.join(''))
  if (bytes.length > MAX_PRIVATE_TEXT_BYTES) return fail('too-long', `The text has more than ${MAX_PRIVATE_TEXT_BYTES} bytes.`)
  if (bytesToHex(sha256(bytes)) !== expected) return fail('wrong-digest', 'The parts do not add up to the text that was announced.')
  return ok(slices.join(''))
}
