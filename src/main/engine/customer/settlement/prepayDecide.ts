/** What a message means for a purchase that is paid ahead, in every phase (prepay.ts). */
import { judgeInvoice } from '../judgeInvoice.ts'
import type { PurchaseEvent, PurchaseMessage } from '../purchase.ts'
import type { Payment } from '../../wallet/wallet.ts'
import { askedInVain, refusedAsking } from './asking.ts'
import { closedInTime, seeksAnswer } from './closing.ts'
import { textTaken } from './mode.ts'
import { MAX_TROUBLES, OVERDUE_WINDOW_MS } from './patience.ts'
import { forgottenFrom, wordOfAnswer, wordOfLookUp, type PaymentWord } from './paying.ts'
import { isListening, isSending, type Begun, type Phase } from './prepayPhase.ts'

export function decide(purchase: Begun, message: PurchaseMessage): readonly PurchaseEvent[] {
  const { at } = message
  const { phase } = purchase
  switch (message.type) {
    case 'sent':
      return isSending(phase, message.what) ? [{ at, type: 'sent', what: message.what, delivery: message.delivery }] : []
    case 'invoiceReceived':
      return phase.name === 'asking' ? onInvoice(purchase, message) : []
    case 'payAsked':
      return phase.name === 'paying' ? [{ at, type: 'payAsked' }] : []
    case 'payAnswered':
      return onPayment(purchase, wordOfAnswer(message.outcome), at)
    case 'paymentLookedUp':
      if (phase.name === 'closing' || phase.name === 'closed') return onLateLookUp(purchase, phase, message.payment, at)
      return phase.name === 'paying' ? onPayment(purchase, wordOfLookUp(message.payment, forgottenFrom(phase.intent), at), at) : []
    case 'textReceived':
      return isListening(phase) ? [textTaken(message)] : []
    case 'resultReceived':
      return onResult(purchase, message)
    case 'refusalReceived':
      return onRefusal(purchase, message)
    case 'stopAsked':
      return onStop(phase, at)
    case 'tick':
      return onTick(purchase, message.clockProblem, at)
    // Of other modes.
    case 'asked':
    case 'sealedReceived':
    case 'opened':
    case 'releaseAsked':
      return []
  }
}

function onInvoice({ request, provider }: Begun, message: PurchaseMessage & { type: 'invoiceReceived' }): readonly PurchaseEvent[] {
  const { at, from, eventId, raw } = message
  const verdict = judgeInvoice(message.invoice, { ...request, nowSecs: Math.floor(at / 1_000) }, message.context)
  if (verdict.ok) return [{ at, type: 'invoiceAccepted', from, eventId, raw, intent: verdict.value }]
  // One bad bid among several is passed over: anybody can make one.
  return provider === null ? [] : [{ at, type: 'invoiceRefused', eventId, raw, reason: verdict.error.message }]
}

function onPayment({ phase, hasResult }: Begun, word: PaymentWord, at: number): readonly PurchaseEvent[] {
  if (phase.name !== 'paying') return []
  switch (word.is) {
    case 'settled': {
      const settled: PurchaseEvent = { at, type: 'settled', preimage: word.preimage, feeMsat: word.feeMsat }
      // The provider may see the money, and even finish, before our own wallet answers.
      if (hasResult) return [settled, { at, type: 'ended', outcome: 'done', reason: '' }]
      return phase.stopping ? [settled, { at, type: 'stopAsked' }] : [settled]
    }
    case 'failed':
      return [{ at, type: 'payFailed', reason: word.reason }]
    case 'sent':
    case 'held':
    case 'doubted':
      return phase.doubt === null ? [{ at, type: 'payInDoubt', reason: word.reason }] : []
    case 'unheard':
      return []
  }
}

/** A payment that failed, and settled: the money is gone, so the books have to say so, and the answer is owed again. */
function onLateLookUp(purchase: Begun, phase: Phase & { name: 'closing' | 'closed' }, payment: Payment | null, at: number): readonly PurchaseEvent[] {
  if (payment?.state !== 'settled' || phase.settled !== null || phase.intent === null) return []
  const late: PurchaseEvent = { at, type: 'settledLate', preimage: payment.preimage, feeMsat: payment.feeMsat }
  return purchase.hasResult && phase.outcome === 'failed' ? [late, { at, type: 'ended', outcome: 'done', reason: '' }] : [late]
}

function onResult(purchase: Begun, message: PurchaseMessage & { type: 'resultReceived' }): readonly PurchaseEvent[] {
  const { at, eventId, raw, text, usage, receipt, isOpen } = message
  const { phase, hasResult } = purchase
  const received: PurchaseEvent = { at, type: 'resultReceived', eventId, raw, text, usage, receipt, isOpen }
  switch (phase.name) {
    case 'reading':
    case 'overdue':
      return [received, { at, type: 'ended', outcome: 'done', reason: '' }]
    case 'closed':
      return seeksAnswer(purchase) ? [received, { at, type: 'ended', outcome: 'done', reason: '' }] : []
    case 'closing':
      return []
    case 'paying':
      return phase.asked && !hasResult ? [received] : []
    case 'asking':
      return [] // Before payment there is no answer in `prepay`.
  }
}

function onRefusal({ phase, troubles }: Begun, message: PurchaseMessage & { type: 'refusalReceived' }): readonly PurchaseEvent[] {
  const { at, eventId, reason } = message
  const received = { at, type: 'refusalReceived', eventId, reason } as const
  switch (phase.name) {
    case 'asking':
      return refusedAsking(received)
    case 'reading':
      return [received, { at, type: 'overdue', reason: `The provider has a problem: ${reason}` }]
    case 'paying':
    case 'overdue':
      return troubles < MAX_TROUBLES ? [received] : []
    case 'closing':
    case 'closed':
      return []
  }
}

function onStop(phase: Phase, at: number): readonly PurchaseEvent[] {
  switch (phase.name) {
    case 'asking':
    case 'reading':
    case 'overdue':
      return [{ at, type: 'stopAsked' }]
    case 'paying':
      // Not told yet: nothing has moved, so nothing will. Told: money may be on its way, and only the wallet knows.
      return phase.stopping ? [] : [{ at, type: 'stopAsked' }]
    case 'closing':
    case 'closed':
      return []
  }
}

function onTick({ phase, request, askedAt }: Begun, clockProblem: string | null, at: number): readonly PurchaseEvent[] {
  switch (phase.name) {
    case 'asking':
      return at < askedAt + request.invoiceTimeoutMs ? [] : askedInVain(phase, clockProblem, at)
    case 'reading':
      if (at < phase.heardAt + request.answerTimeoutMs) return []
      return [{ at, type: 'overdue', reason: 'Paid, and the provider went silent. The answer is shown if it still comes.' }]
    case 'overdue':
      return at < phase.since + OVERDUE_WINDOW_MS ? [] : [{ at, type: 'ended', outcome: 'failed', reason: 'Paid for and never delivered.' }]
    case 'closing':
      return closedInTime(phase, at)
    case 'paying':
    case 'closed':
      return []
  }
}
