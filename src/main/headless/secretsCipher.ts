import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto'
import { z } from 'zod'
import type { Random } from '../engine/ports.ts'

const base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/)

/** How the key comes from the passphrase. The bounds keep a file from asking for gigabytes, or for nothing. */
export const keyRecipeShape = z.object({
  kdf: z.literal('scrypt'),
  logN: z.int().min(16).max(20),
  r: z.literal(8),
  p: z.literal(1),
  salt: base64,
})
export type KeyRecipe = z.infer<typeof keyRecipeShape>

/** AES-256-GCM: `box` is the ciphertext and its 16-byte tag. */
export const sealedShape = z.object({ nonce: base64, box: base64 })
export type Sealed = z.infer<typeof sealedShape>

/** NIP-49's lightest setting: 64 MiB and about a tenth of a second for each guess. */
const LOG_N = 16
const SALT_BYTES = 16
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

export function createKeyRecipe(random: Random): KeyRecipe {
  return { kdf: 'scrypt', logN: LOG_N, r: 8, p: 1, salt: Buffer.from(random.bytes(SALT_BYTES)).toString('base64') }
}

/** NFKC as in NIP-49, so that one passphrase is one key on every keyboard. */
export function deriveKey(passphrase: string, { logN, r, p, salt }: KeyRecipe): Promise<Buffer> {
  const N = 2 ** logN
  // Node refuses more than 32 MiB unless told; scrypt needs 128·N·r and a little.
  const maxmem = 128 * N * r + 1_048_576
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), Buffer.from(salt, 'base64'), KEY_BYTES, { N, r, p, maxmem }, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

/** `label` is bound to the text: a box that was moved to another label does not open. */
export function seal(key: Uint8Array, label: string, text: string, random: Random): Sealed {
  const nonce = random.bytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(label))
  const box = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return { nonce: Buffer.from(nonce).toString('base64'), box: box.toString('base64') }
}

/** Null when the key or the label is another one, or a bit has changed. */
export function unseal(key: Uint8Array, label: string, { nonce, box }: Sealed): string | null {
  try {
    const bytes = Buffer.from(box, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'), { authTagLength: TAG_BYTES }).setAAD(Buffer.from(label))
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}
