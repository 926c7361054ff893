import { isUtf8 } from 'node:buffer'
import { createCipheriv, createDecipheriv } from 'node:crypto'

/*
 * NIP-04, whose key is the x coordinate of the shared point as it is: read wherever it comes, written to wallets alone that
 * know nothing newer. On node:crypto: nostr-tools brings its own AES, whose tables are computed at every start of everybody.
 */

export const NIP04_IV_BYTES = 16
/** About as long as a NIP-44 payload can be. */
const MAX_NIP04_LENGTH = 90_000
const SEPARATOR = '?iv='

/** Base64 never contains it: a payload is read in the form in which it came. */
export function isNip04(payload: string): boolean {
  return payload.includes(SEPARATOR)
}

/** `iv` is 16 random bytes. */
export function encryptNip04(sharedX: Uint8Array, iv: Uint8Array, text: string): string {
  const cipher = createCipheriv('aes-256-cbc', sharedX, iv)
  return `${cipher.update(text, 'utf8', 'base64')}${cipher.final('base64')}${SEPARATOR}${Buffer.from(iv).toString('base64')}`
}

/** The text; null when it is damaged or for somebody else, as far as NIP-04, which authenticates nothing, can tell. */
export function decryptNip04(sharedX: Uint8Array, payload: string): string | null {
  if (payload.length > MAX_NIP04_LENGTH) return null
  const [text, iv, ...more] = payload.split(SEPARATOR).map(readBase64)
  if (!text || iv?.length !== NIP04_IV_BYTES || more.length > 0) return null
  try {
    const decipher = createDecipheriv('aes-256-cbc', sharedX, iv)
    const bytes = Buffer.concat([decipher.update(text), decipher.final()])
    return isUtf8(bytes) ? bytes.toString('utf8') : null
  } catch {
    return null
  }
}

/** Node reads what is not base64 too: only what it would itself write is. */
function readBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}
