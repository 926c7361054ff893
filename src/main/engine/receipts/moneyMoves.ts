/** The money of a job, as its events tell of it one after the other, and what came of each payment in the end. */
import type { Msat } from '#shared/market/msat.ts'
import type { ReceiptPayment } from '#shared/protocol/jobReceipt.ts'

/** `paymentHash: null`: of the newest offer, as journals said it while a job had but one. */
export type MoneyMove =
  | { readonly type: 'offered'; readonly paymentHash: string; readonly amountMsat: Msat }
  | { readonly type: 'locked'; readonly paymentHash: string; readonly amountMsat: Msat | null }
  | { readonly type: 'returned'; readonly paymentHash: string }
  | { readonly type: 'settled'; readonly at: number; readonly paymentHash: string | null; readonly amountMsat: Msat | null }

export interface GatheredPayments {
  readonly payments: readonly ReceiptPayment[]
  /** Unix ms of the first that settled; null: none did. */
  readonly paidAt: number | null
}

/**
 * Amounts that a move does not say are those that were offered. What was locked and went neither way is nobody's yet, and left out;
 * what was given up before anything was locked on it never moved.
 */
export function gatherPayments(moves: readonly MoneyMove[]): GatheredPayments {
  const amounts = new Map<string, Msat>()
  const payments = new Map<string, ReceiptPayment>()
  const locked = new Set<string>()
  let newest: string | null = null
  let paidAt: number | null = null
  for (const move of moves) {
    const paymentHash: string | null = move.paymentHash ?? newest
    if (paymentHash === null) continue
    if (move.type === 'offered') newest = paymentHash
    if (move.type === 'locked') locked.add(paymentHash)
    if ('amountMsat' in move && move.amountMsat !== null) amounts.set(paymentHash, move.amountMsat)
    const amountMsat = amounts.get(paymentHash)
    if (amountMsat === undefined) continue
    if (move.type === 'settled') {
      // A wallet may say that it returned, and settle it after all: what settled stays settled.
      payments.set(paymentHash, { paymentHash, amountMsat, fate: 'paid' })
      paidAt ??= move.at
    } else if (move.type === 'returned' && locked.has(paymentHash) && payments.get(paymentHash)?.fate !== 'paid') {
      payments.set(paymentHash, { paymentHash, amountMsat, fate: 'returned' })
    }
  }
  return { payments: [...payments.values()], paidAt }
}
