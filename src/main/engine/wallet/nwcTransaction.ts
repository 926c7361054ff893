import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { ZERO_MSAT } from '#shared/market/msat.ts'
import type { NwcTransaction } from '#shared/protocol/nip47.ts'
import type { Payment } from './wallet.ts'

/** Whether a preimage is one, and the one of this hash. The comparison is of public values: it need not be constant in time. */
export function opensHash(preimage: string, paymentHash: string): boolean {
  return /^[0-9a-f]{64}$/.test(preimage) && bytesToHex(sha256(hexToBytes(preimage))) === paymentHash
}

/**
 * A wallet's transaction as the port has it; null when it says something that cannot be: settled by a preimage that
 * does not open its hash. Older services write no state: then a settlement time decides.
 */
export function readTransaction(transaction: NwcTransaction, nowSecs: number): Payment | null {
  const preimage = transaction.preimage?.toLowerCase() ?? ''
  const state = stateOf(transaction, nowSecs)
  const opens = opensHash(preimage, transaction.payment_hash)
  if (state === 'settled' && preimage !== '' && !opens) return null
  return {
    direction: transaction.type,
    paymentHash: transaction.payment_hash,
    amountMsat: transaction.amount,
    feeMsat: transaction.fees_paid ?? ZERO_MSAT,
    state,
    description: transaction.description ?? '',
    bolt11: transaction.invoice === null || transaction.invoice === '' ? null : transaction.invoice,
    preimage: state === 'settled' && opens ? preimage : null,
    createdAt: transaction.created_at ?? 0,
    settledAt: state === 'settled' ? notZero(transaction.settled_at) : null,
    expiresAt: notZero(transaction.expires_at),
    heldUntil: null,
  }
}

function stateOf({ state, type, settled_at, expires_at }: NwcTransaction, nowSecs: number): Payment['state'] {
  if (state === 'accepted') return 'held'
  if (state !== null) return state
  if (notZero(settled_at) !== null) return 'settled'
  const expiresAt = notZero(expires_at)
  // An outgoing payment may still be underway after its invoice has expired.
  return type === 'incoming' && expiresAt !== null && expiresAt <= nowSecs ? 'expired' : 'pending'
}

/** Some services write 0 for "not yet". */
function notZero(value: number | null): number | null {
  return value === 0 ? null : value
}
