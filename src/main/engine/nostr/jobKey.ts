import { hkdfSync } from 'node:crypto'

/** Sets this use of the identity's secret apart from every other. */
const INFO = 'souk/1 job key'
/** Bytes of a job's nonce: random, kept with the job, no secret. */
export const JOB_NONCE_BYTES = 32
/** 128 bits more than a key has: reduced by the order, what is left of bias is beyond measure. */
const DERIVED_BYTES = 48
/** The order of secp256k1's group, n: a secret key is in 1 … n − 1. */
const GROUP_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/**
 * The key that one job is asked for with (PROTOCOL.md §5): HKDF-SHA256 of the identity's 32-byte secret with the job's nonce
 * as salt. Always a valid secp256k1 key, so that the store need keep the nonce alone; without the secret, unlinkable to the
 * identity and to other jobs. Throws RangeError on a nonce of another length than 32 bytes.
 */
export function deriveJobKey(identitySecret: Uint8Array, nonce: Uint8Array): Uint8Array {
  if (nonce.length !== JOB_NONCE_BYTES) throw new RangeError('A job nonce is 32 bytes.')
  const derived = Buffer.from(hkdfSync('sha256', identitySecret, nonce, INFO, DERIVED_BYTES))
  const secret = (BigInt(`0x${derived.toString('hex')}`) % (GROUP_ORDER - 1n)) + 1n
  return Uint8Array.from(Buffer.from(secret.toString(16).padStart(64, '0'), 'hex'))
}
