import { isMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { BLOCK_SECS, type NwcTransaction } from '#shared/protocol/nip47.ts'
import { opensHash } from '#shared/protocol/preimage.ts'
import { timeOfBlock, type ChainTip } from './nwcChain.ts'
import type { Payment } from './wallet.ts'

/** No node lets a payment be on its way for longer (2,016 blocks), and as long again for slow ones. */
const LONGEST_WAY_SECS = 2 * 2_016 * BLOCK_SECS

/** Whether the chain's height is needed to read it. */
export function namesDeadline({ settle_deadline, settled_at, state }: NwcTransaction): boolean {
  return settle_deadline !== null && notZero(settled_at) === null && state !== 'settled' && state !== 'failed'
}

/**
 * A wallet's transaction as the port has it; null when it says something that cannot be: settled by a preimage that
 * does not open its hash. Older services write no state: then a settlement time decides.
 */
export function readTransaction(transaction: NwcTransaction, nowSecs: number, tip: ChainTip | null = null): Payment | null {
  const preimage = transaction.preimage?.toLowerCase() ?? ''
  const state = stateOf(transaction, nowSecs, tip)
  const opens = opensHash(preimage, transaction.payment_hash)
  if (state === 'settled' && preimage !== '' && !opens) return null
  const { settle_deadline } = transaction
  return {
    direction: transaction.type,
    paymentHash: transaction.payment_hash,
    amountMsat: transaction.amount,
    feeMsat: feeBeside(transaction.amount, transaction.fees_paid),
    state,
    description: transaction.description ?? '',
    bolt11: transaction.invoice === null || transaction.invoice === '' ? null : transaction.invoice,
    preimage: state === 'settled' && opens ? preimage : null,
    createdAt: transaction.created_at ?? 0,
    settledAt: state === 'settled' ? notZero(transaction.settled_at) : null,
    expiresAt: notZero(transaction.expires_at),
    heldUntil: state === 'held' && settle_deadline !== null && tip !== null ? timeOfBlock(settle_deadline, tip) : null,
  }
}

/** The fee that a wallet tells; nothing for one that is no amount together with what was paid. What it took, its balance shows. */
export function feeBeside(amountMsat: Msat, feeMsat: Msat | null): Msat {
  return feeMsat !== null && isMsat(amountMsat + feeMsat) ? feeMsat : ZERO_MSAT
}

function stateOf(transaction: NwcTransaction, nowSecs: number, tip: ChainTip | null): Payment['state'] {
  const { state, type, settled_at, settle_deadline } = transaction
  const expiresAt = notZero(transaction.expires_at)
  if (state === 'accepted') return 'held'
  // Alby Hub calls whatever is not settled expired once its invoice is: also what is on its way, failed, or held.
  if (state === 'expired' && type === 'outgoing') return expiresAt !== null && expiresAt + LONGEST_WAY_SECS < nowSecs ? 'failed' : 'pending'
  if (state === 'expired' && settle_deadline !== null) {
    if (tip === null) return 'pending'
    return tip.height < settle_deadline ? 'held' : 'expired'
  }
  if (state !== null) return state
  if (notZero(settled_at) !== null) return 'settled'
  // An outgoing payment may still be underway after its invoice has expired.
  return type === 'incoming' && expiresAt !== null && expiresAt <= nowSecs ? 'expired' : 'pending'
}

/** Some services write 0 for "not yet". */
function notZero(value: number | null): number | null {
  return value === 0 ? null : value
}
