/** The secret that a payment reveals, and the hash that it is locked on (BOLT 11, BOLT 2). Both are 64 lower-case hex characters. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { isHex64 } from './event.ts'

/** The payment hash that a preimage opens: its SHA-256. Throws where it is not hexadecimal: what a peer or a wallet sends is looked at first (`isHex64`). */
export function hashOf(preimage: string): string {
  return bytesToHex(sha256(hexToBytes(preimage)))
}

/** Whether a text is a preimage, and the one of this hash. The comparison is of public values: it need not be constant in time. */
export function opensHash(preimage: string, paymentHash: string): boolean {
  return isHex64(preimage) && hashOf(preimage) === paymentHash
}
