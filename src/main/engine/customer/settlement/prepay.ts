/**
 * `prepay` (PROTOCOL.md §6): the invoice is paid first, then the answer is read. The customer risks the whole price.
 *
 *   asking ─ invoice accepted ─▶ paying ─ settled ─▶ reading ─ result ─▶ closed: done
 *      │ refused, timed out          │ failed            │ silence ─▶ overdue ─ late result ─▶ closed: done
 *      └───────▶ closed ◀────────────┴── stop ──▶ closing ┘
 *
 * Invariant: one invoice, one payment hash, one idempotency key per job.
 */
import type { PurchaseEffect, PurchaseEvent, PurchaseSending, Settled } from '../purchase.ts'
import { askingDue, isToldOfEnd } from './asking.ts'
import { closingDue, seeksAnswer, STOPPED_UNPAID } from './closing.ts'
import { LISTEN, send, wake, type PurchaseMode, type PurchaseOutgoing } from './mode.ts'
import { OVERDUE_WINDOW_MS } from './patience.ts'
import { payingFor } from './paying.ts'
import { decide } from './prepayDecide.ts'
import { look } from './prepayLook.ts'
import { intentOf, isSending, settledOf, settlementOf, type Begun, type Phase } from './prepayPhase.ts'

export type { PrepayPhase } from './prepayPhase.ts'

export const prepay: PurchaseMode<Phase> = { first: () => ({ name: 'asking', sent: false }), decide, next, due, outgoing, look }

function next(phase: Phase, event: PurchaseEvent): Phase {
  switch (event.type) {
    case 'sent':
      return afterSending(phase, event.what)
    case 'invoiceAccepted':
      return phase.name === 'asking' ? { name: 'paying', ...payingFor(event.intent) } : phase
    case 'invoiceRefused':
      return { name: 'closing', outcome: 'refused', reason: event.reason, settled: null, intent: null, since: event.at }
    case 'payAsked':
      return phase.name === 'paying' ? { ...phase, asked: true } : phase
    case 'payInDoubt':
      return phase.name === 'paying' ? { ...phase, doubt: event.reason } : phase
    case 'settled':
      return phase.name === 'paying' ? { name: 'reading', intent: phase.intent, feeMsat: event.feeMsat, settledAt: event.at, announced: false, heardAt: event.at } : phase
    case 'payFailed':
      return phase.name === 'paying' && phase.stopping
        ? { name: 'closing', ...STOPPED_UNPAID, settled: null, intent: intentOf(phase), since: event.at }
        : { name: 'closing', outcome: 'failed', reason: event.reason, settled: null, intent: intentOf(phase), since: event.at }
    case 'settledLate':
      return afterLateSettlement(phase, event)
    case 'textReceived':
      return phase.name === 'reading' ? { ...phase, heardAt: event.at } : phase
    case 'overdue':
      return phase.name === 'reading' ? { ...settledOf(phase), name: 'overdue', reason: event.reason, since: event.at } : phase
    case 'stopAsked':
      return afterStop(phase, event.at)
    case 'ended':
      if (isToldOfEnd(phase, event)) return { name: 'closing', outcome: event.outcome, reason: event.reason, settled: null, intent: null, since: event.at }
      return { name: 'closed', outcome: event.outcome, reason: event.reason, settled: settlementOf(phase), intent: intentOf(phase) }
    // They change no phase, or are of other modes.
    case 'asked':
    case 'resultReceived':
    case 'refusalReceived':
    case 'lockIntended':
    case 'locked':
    case 'lockReturned':
    case 'sealedReceived':
    case 'opened':
    case 'sealBroken':
    case 'releaseDecided':
    case 'paused':
    case 'resumed':
      return phase
  }
}

function afterStop(phase: Phase, at: number): Phase {
  if (phase.name === 'paying' && phase.asked) return { ...phase, stopping: true }
  const settled = settlementOf(phase)
  const reason = settled === null ? STOPPED_UNPAID.reason : 'Stopped. The price was for the request, so it is spent; what arrived is kept.'
  return { name: 'closing', outcome: 'stopped', reason, settled, intent: intentOf(phase), since: at }
}

/** Failed, and paid: waits for the answer again. Stopped, and paid: stays stopped, and says that the price is spent. */
function afterLateSettlement(phase: Phase, event: PurchaseEvent & { type: 'settledLate' }): Phase {
  if ((phase.name !== 'closing' && phase.name !== 'closed') || phase.intent === null) return phase
  const settled: Settled = { intent: phase.intent, feeMsat: event.feeMsat, settledAt: event.at }
  if (phase.outcome === 'failed') return { ...settled, name: 'reading', announced: false, heardAt: event.at }
  return { ...phase, settled, reason: 'Stopped, and paid all the same: the wallet settled it after it had said no.' }
}

function afterSending(phase: Phase, what: PurchaseSending): Phase {
  if (!isSending(phase, what)) return phase
  if (phase.name === 'asking') return { ...phase, sent: true }
  if (phase.name === 'reading') return { ...phase, announced: true }
  if (phase.name === 'closing') return { name: 'closed', outcome: phase.outcome, reason: phase.reason, settled: phase.settled, intent: phase.intent }
  return phase
}

function due(purchase: Begun): readonly PurchaseEffect[] {
  const { phase, request, askedAt } = purchase
  switch (phase.name) {
    case 'asking':
      return askingDue(phase, askedAt + request.invoiceTimeoutMs)
    case 'paying':
      // Asked and not answered, also after a crash: look first. One key for both, so that they never run side by side.
      return [LISTEN, { key: 'pay', type: phase.asked ? 'lookUp' : 'pay', intent: phase.intent }]
    case 'reading':
      return [LISTEN, ...(phase.announced ? [] : [send('paymentSent')]), wake(phase.heardAt + request.answerTimeoutMs)]
    case 'overdue':
      return [LISTEN, wake(phase.since + OVERDUE_WINDOW_MS)]
    case 'closing':
      return closingDue(phase)
    case 'closed':
      return seeksAnswer(purchase) ? [LISTEN] : []
  }
}

function outgoing({ phase }: Begun, what: PurchaseSending): PurchaseOutgoing | null {
  if (!isSending(phase, what)) return null
  if (what === 'request' || what === 'cancel') return { what }
  return what === 'paymentSent' && phase.name === 'reading' ? { what, paymentId: phase.intent.paymentHash } : null
}
