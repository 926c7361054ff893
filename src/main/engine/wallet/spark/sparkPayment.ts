import { isMsat, type Msat } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { opensHash } from '#shared/protocol/preimage.ts'
import { createHash } from 'node:crypto'
import type { Payment, PaymentDirection, WalletProblem } from '../wallet.ts'
import type { SparkPayment } from './protocol.ts'

const MSAT_PER_SAT = 1_000

/** Null beyond what Souk handles. */
export function msatOf(amountSats: bigint | number): Msat | null {
  const value = Number(amountSats) * MSAT_PER_SAT
  return isMsat(value) ? value : null
}

/** Spark moves whole sats. `what` begins the sentence: "The amount", "This invoice". */
export function wholeSats(amountMsat: Msat, what: string): Result<number, WalletProblem> {
  if (amountMsat === 0) return fail('wallet-refused', `${what} is zero. Spark moves one sat or more.`)
  if (amountMsat % MSAT_PER_SAT !== 0) return fail('wallet-refused', `${what} is ${amountMsat} msat, and Spark moves whole sats only. Ask for ${Math.ceil(amountMsat / MSAT_PER_SAT)} sats instead.`)
  return ok(amountMsat / MSAT_PER_SAT)
}

export function directionOf({ type }: Pick<SparkPayment, 'type'>): PaymentDirection {
  return type === 'receive' ? 'incoming' : 'outgoing'
}

/**
 * The SDK's payment as the port has it; null when it says something that cannot be. What has no hash (deposits, withdrawals,
 * plain transfers) goes by the SHA-256 of its id, which no preimage opens.
 */
export function readPayment(payment: SparkPayment): Payment | null {
  const amountMsat = msatOf(payment.amountSats)
  const feeMsat = msatOf(payment.feeSats)
  if (amountMsat === null || feeMsat === null) return null
  const direction = directionOf(payment)
  const state = stateOf(payment)
  const { paymentHash, preimage } = payment
  if (paymentHash !== null && preimage !== null && !opensHash(preimage, paymentHash)) return null
  return {
    direction,
    paymentHash: paymentHash ?? createHash('sha256').update(payment.id).digest('hex'),
    amountMsat,
    feeMsat,
    state,
    description: payment.description ?? describeMethod(payment),
    bolt11: payment.bolt11,
    preimage: state === 'settled' ? preimage : null,
    createdAt: payment.timestamp,
    // The SDK dates a payment once, when it begins.
    settledAt: state === 'settled' ? payment.timestamp : null,
    expiresAt: null,
    heldUntil: state === 'held' && payment.htlcExpiry !== null && payment.htlcExpiry > 0 ? payment.htlcExpiry : null,
  }
}

function stateOf({ type, status, paymentHash, preimage, htlcStatus }: SparkPayment): Payment['state'] {
  // Whoever has our preimage has our money, whatever the rest of the record says.
  if (type === 'send' && paymentHash !== null && preimage !== null) return 'settled'
  if (status === 'completed') return 'settled'
  if (status === 'failed' || htlcStatus === 'returned') return type === 'receive' && htlcStatus !== null ? 'expired' : 'failed'
  // A preimage that we gave is not yet money that we have.
  return htlcStatus === 'waitingForPreimage' ? 'held' : 'pending'
}

function describeMethod({ method, type }: SparkPayment): string {
  if (method === 'deposit') return 'On-chain deposit'
  if (method === 'withdraw') return 'On-chain withdrawal'
  return type === 'receive' ? 'Spark transfer received' : 'Spark transfer'
}

const RANK: Readonly<Record<Payment['state'], number>> = { settled: 0, held: 1, pending: 2, expired: 3, failed: 4 }

/** Of several under one hash, the one that says most about the money: an attempt that failed hides none that did not. */
export function pickPayment(payments: readonly SparkPayment[]): SparkPayment | null {
  const byRank = payments.toSorted((a, b) => RANK[stateOf(a)] - RANK[stateOf(b)] || b.timestamp - a.timestamp)
  return byRank[0] ?? null
}
