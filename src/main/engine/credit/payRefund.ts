/** Pays back what a sale owes: once, and looked up until the wallet knows. */
import { unlessAborted } from '../pause.ts'
import type { Clock } from '../ports.ts'
import type { DispatchOutcome } from '../reactor.ts'
import type { SpendingContext } from '../spending/judgeSpending.ts'
import type { SpendingSubject } from '../spending/readSpending.ts'
import type { PayOutcome, Wallet } from '../wallet/wallet.ts'
import { NOT_ASKED, type RefundEffect, type RefundIntent, type RefundMessage } from './refund.ts'

export interface RefundPayerOptions {
  readonly clock: Clock
  readonly wallet: Wallet
  readonly spending: (subject: SpendingSubject) => SpendingContext
  readonly dispatch: (jobId: string, message: RefundMessage | (() => RefundMessage)) => DispatchOutcome
}

const STOPPED: PayOutcome = { state: 'failed', problem: { code: 'wallet-refused', message: 'Spending is stopped.' } }

export function createRefundPayer({ clock, wallet, spending, dispatch }: RefundPayerOptions): (effect: RefundEffect, jobId: string, signal: AbortSignal) => Promise<void> {
  const isStopped = (jobId: string) => spending({ paymentHash: null, jobId, provider: null }).isStopped

  async function ask(jobId: string, { bolt11, paymentHash, maxFeeMsat, idempotencyKey }: RefundIntent, isFirst: boolean, signal: AbortSignal): Promise<void> {
    const outcome = await unlessAborted(wallet.pay({ bolt11, maxFeeMsat, idempotencyKey }), signal)
    if (outcome === null || (!isFirst && outcome.state === 'failed' && NOT_ASKED.has(outcome.problem.code))) return
    dispatch(jobId, { at: clock.now(), type: 'refundAnswered', paymentHash, outcome })
  }

  /** Whether the wallet says of all of them, now, that they did not go. It hears of nothing else before. */
  async function haveFailed(jobId: string, earlier: readonly RefundIntent[], signal: AbortSignal): Promise<boolean> {
    for (const { paymentHash } of earlier) {
      const found = await unlessAborted(wallet.lookup(paymentHash, 'outgoing'), signal)
      if (found === null || !found.ok) return false
      const payment = found.value
      if (payment === null || payment.state === 'failed' || payment.state === 'expired') continue
      dispatch(jobId, { at: clock.now(), type: 'refundLookedUp', paymentHash, payment })
      return false
    }
    return true
  }

  return async ({ type, intent, isDoubted, earlier }, jobId, signal) => {
    const { paymentHash } = intent
    if (type === 'payRefund') {
      if (!(await haveFailed(jobId, earlier, signal))) return
      // On disk before the wallet hears of it: after a crash from here on, the wallet is asked what happened.
      let stopped = false
      const told = dispatch(jobId, () => {
        stopped = isStopped(jobId)
        return stopped ? { at: clock.now(), type: 'refundAnswered', paymentHash, outcome: STOPPED } : { at: clock.now(), type: 'refundAsked', paymentHash }
      })
      return told === 'changed' && !stopped ? ask(jobId, intent, true, signal) : undefined
    }
    const found = await unlessAborted(wallet.lookup(paymentHash, 'outgoing'), signal)
    if (found === null || !found.ok) return
    const told = dispatch(jobId, { at: clock.now(), type: 'refundLookedUp', paymentHash, payment: found.value })
    const isGone = found.value !== null && found.value.state !== 'failed'
    if (told !== 'unchanged' || isGone || clock.now() >= intent.expiresAt * 1_000 || isStopped(jobId)) return
    // The same invoice under the same key is the same payment, never a second one: asked for at once where the wallet never heard of it, and ever more rarely where it said no.
    const isDue = isDoubted ? dispatch(jobId, { at: clock.now(), type: 'refundAsked', paymentHash }) === 'changed' : found.value === null
    if (isDue) await ask(jobId, intent, false, signal)
  }
}
