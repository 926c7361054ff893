/** An answer under seal (PROTOCOL.md §6, `sealed`): the beginning in the clear, the rest encrypted, and what its seller commits to. */
import type { Msat } from './msat.ts'

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
