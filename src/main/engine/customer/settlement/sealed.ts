/**
 * `sealed` (PROTOCOL.md §6): the answer comes first, its end under seal; paying for it opens it, in one step.
 *
 *   asking ─▶ payingDeposit ─ settled ─▶ reading ─▶ sealed ─ its invoice ─▶ opening ─ settled ─▶ unsealing ─▶ closed: done
 *      │ (without a deposit) ──────────────┴─────────▲  │  └▶ offered ─▶┘    │ failed, returned      └ not what was signed for
 *      └ refused, timed out, stopped ─▶ closing ─▶ closed ◀────────────────┘                          ─▶ closed: failed
 *
 * Invariants: the wallet is asked for the rest only while every byte is here, and only on the hash and the amount that the seller
 * signed for; what is shown as the answer is the text that was signed for, or its beginning.
 */
import type { PurchaseEffect, PurchaseEvent, PurchaseOutcome, PurchaseSending, Settled } from '../purchase.ts'
import { askingDue, isToldOfEnd } from './asking.ts'
import { closingDue } from './closing.ts'
import { LISTEN, wake, type PurchaseMode, type PurchaseOutgoing } from './mode.ts'
import { OVERDUE_WINDOW_MS } from './patience.ts'
import { payingFor } from './paying.ts'
import { decide } from './sealedDecide.ts'
import { look } from './sealedLook.ts'
import { afterDeposit, isSending, overFrom, overOf, termsOf, waitMs, type Begun, type Phase } from './sealedPhase.ts'

export type { SealedPhase } from './sealedPhase.ts'

/** Everything that was said is heard again: the invoice may have come before the last part of what it opens. */
const LISTEN_AGAIN: PurchaseEffect = { key: 'listen:sealed', type: 'listen' }

export const sealed: PurchaseMode<Phase> = { first: () => ({ name: 'asking', sent: false }), decide, next, due, outgoing, look }

function next(phase: Phase, event: PurchaseEvent, { request }: Begun): Phase {
  switch (event.type) {
    case 'sent':
      if (!isSending(phase, event.what)) return phase
      if (phase.name === 'asking') return { ...phase, sent: true }
      return phase.name === 'closing' ? { ...overOf(phase), name: 'closed' } : phase
    case 'invoiceAccepted': {
      const paying = payingFor(event.intent)
      if (phase.name === 'asking') return { ...paying, name: 'payingDeposit', goods: null }
      if (phase.name !== 'sealed') return phase
      const { deposit, goods } = phase
      return termsOf(request).release === 'ask' ? { name: 'offered', deposit, goods, intent: event.intent } : { ...paying, name: 'opening', deposit, goods, held: null }
    }
    case 'releaseDecided':
      return phase.name === 'offered' ? { name: 'opening', deposit: phase.deposit, goods: phase.goods, ...payingFor(phase.intent), held: null } : phase
    case 'invoiceRefused':
      return closing(phase, 'deposit' in phase ? afterDeposit(phase, 'refused') : 'refused', event.reason, event.at)
    case 'payAsked':
      return phase.name === 'payingDeposit' || phase.name === 'opening' ? { ...phase, asked: true } : phase
    case 'payInDoubt':
      return phase.name === 'payingDeposit' || phase.name === 'opening' ? { ...phase, doubt: event.reason } : phase
    case 'locked':
      return phase.name === 'opening' ? { ...phase, held: { until: event.heldUntil } } : phase
    case 'settled':
      return afterSettlement(phase, event)
    case 'payFailed':
      if (phase.name !== 'payingDeposit' && phase.name !== 'opening') return phase
      if (phase.stopping) return closing(phase, 'stopped', 'Stopped before it was paid.', event.at)
      return closing(phase, 'failed', event.reason, event.at)
    case 'settledLate':
      return afterLateSettlement(phase, event)
    case 'textReceived':
      if (phase.name === 'asking') return { name: 'reading', heardAt: event.at, deposit: null }
      return phase.name === 'reading' ? { ...phase, heardAt: event.at } : phase
    case 'sealedReceived':
      if (phase.name === 'payingDeposit') return { ...phase, goods: event.goods }
      return phase.name === 'asking' || phase.name === 'reading' || phase.name === 'overdue' ? { name: 'sealed', since: event.at, deposit: 'deposit' in phase ? phase.deposit : null, goods: event.goods } : phase
    case 'overdue':
      return phase.name === 'reading' && phase.deposit !== null ? { name: 'overdue', reason: event.reason, since: event.at, deposit: phase.deposit } : phase
    case 'stopAsked':
      if ((phase.name === 'payingDeposit' || phase.name === 'opening') && phase.asked) return { ...phase, stopping: true }
      return closing(phase, 'stopped', 'deposit' in phase && phase.deposit !== null ? 'Stopped. The deposit was for the work, so it is spent; what was shown is kept.' : 'Stopped. Nothing was paid.', event.at)
    case 'ended':
      return afterEnd(phase, event)
    // They change no phase, or are of other modes.
    case 'asked':
    case 'resultReceived':
    case 'refusalReceived':
    case 'lockIntended':
    case 'lockReturned':
    case 'opened':
    case 'sealBroken':
    case 'paused':
    case 'resumed':
      return phase
  }
}

function afterSettlement(phase: Phase, { feeMsat, preimage, at }: PurchaseEvent & { type: 'settled' }): Phase {
  if (phase.name === 'payingDeposit') {
    const deposit = { intent: phase.intent, feeMsat, settledAt: at }
    return phase.goods === null ? { name: 'reading', heardAt: at, deposit } : { name: 'sealed', since: at, deposit, goods: phase.goods }
  }
  if (phase.name === 'unsealing') return { ...phase, preimage }
  return phase.name === 'opening' ? { name: 'unsealing', deposit: phase.deposit, goods: phase.goods, intent: phase.intent, feeMsat, settledAt: at, preimage } : phase
}

function afterLateSettlement(phase: Phase, { feeMsat, preimage, at }: PurchaseEvent & { type: 'settledLate' }): Phase {
  if ((phase.name !== 'closing' && phase.name !== 'closed') || phase.refused === null) return phase
  const settled: Settled = { intent: phase.refused, feeMsat, settledAt: at }
  if (phase.goods !== null && phase.refused.paymentHash === phase.goods.paymentHash) return { ...settled, name: 'unsealing', deposit: phase.deposit, goods: phase.goods, preimage }
  // A stop is the customer's own; a deposit that was called failed is owed its answer.
  if (phase.outcome === 'stopped') return { ...phase, deposit: settled, refused: null }
  return phase.goods === null ? { name: 'reading', heardAt: at, deposit: settled } : { name: 'sealed', since: at, deposit: settled, goods: phase.goods }
}

/** Whoever made something for us, or waits for us, is told that it is over. */
function afterEnd(phase: Phase, event: PurchaseEvent & { type: 'ended' }): Phase {
  const { outcome, reason, at } = event
  const isTold = phase.name === 'unsealing' || phase.name === 'closing' || phase.name === 'closed' || (phase.name === 'asking' && !isToldOfEnd(phase, event))
  const over = { ...overFrom(phase, outcome, reason), ...(phase.name === 'sealed' ? { isUnopenable: true } : {}) }
  return isTold ? { ...over, name: 'closed' } : { ...over, name: 'closing', since: at }
}

function closing(phase: Phase, outcome: PurchaseOutcome, reason: string, since: number): Phase {
  return { ...overFrom(phase, outcome, reason), name: 'closing', since }
}

function due({ phase, request, askedAt }: Begun): readonly PurchaseEffect[] {
  switch (phase.name) {
    case 'asking':
      return askingDue(phase, askedAt + waitMs(request))
    case 'payingDeposit':
      return [LISTEN, { key: 'pay:deposit', type: phase.asked ? 'lookUp' : 'pay', intent: phase.intent }]
    case 'reading':
      return [LISTEN, wake(phase.heardAt + request.answerTimeoutMs)]
    case 'overdue':
      return [LISTEN, wake(phase.since + OVERDUE_WINDOW_MS)]
    case 'sealed':
      return [LISTEN_AGAIN, wake(phase.since + waitMs(request))]
    case 'offered':
      return [wake(phase.intent.expiresAt * 1_000)]
    case 'opening':
      // Asked and not answered, also after a crash: look first. One key for both, so that they never run side by side.
      if (phase.held === null) return [{ key: 'pay', type: phase.asked ? 'lookUp' : 'pay', intent: phase.intent, mayHold: true }]
      return [{ key: 'followLock', type: 'followLock', paymentHash: phase.intent.paymentHash }]
    case 'unsealing':
      if (phase.preimage !== null) return [{ key: 'open', type: 'open', goods: phase.goods, preimage: phase.preimage }]
      return [{ key: 'followLock', type: 'followLock', paymentHash: phase.intent.paymentHash }, wake(phase.settledAt + OVERDUE_WINDOW_MS)]
    case 'closing':
      return closingDue(phase)
    case 'closed':
      return []
  }
}

function outgoing({ phase }: Begun, what: PurchaseSending): PurchaseOutgoing | null {
  return (what === 'request' || what === 'cancel') && isSending(phase, what) ? { what } : null
}
