/** What a message means for a metered purchase, in every phase (metered.ts). */
import type { Payment } from '../../wallet/wallet.ts'
import { judgeDelivery, judgeStep } from '../judgeStep.ts'
import type { PurchaseEvent, PurchaseMessage, PurchaseOutcome } from '../purchase.ts'
import { askedInVain, refusedAsking } from './asking.ts'
import { isAskedBack, type Ending } from './closing.ts'
import { agreedIn, feesOf, isListening, isOpen, isSending, lastOf, leavingWindow, paidOf, stepsOf, type Begun, type Phase } from './meteredPhase.ts'
import { textTaken } from './mode.ts'
import { MAX_TROUBLES } from './patience.ts'
import { forgottenFrom, wordOfAnswer, wordOfLookUp, type PaymentWord } from './paying.ts'

const DONE: Ending = { outcome: 'done', reason: '' }
/** Their words may be new, and their amounts a mistake: not the provider's fault. */
const OURS: ReadonlySet<string> = new Set(['cap-reached', 'spending-stopped', 'over-fee-limit', 'over-job-limit', 'new-provider-limit', 'over-provider-limit', 'too-many-pending', 'over-pending-limit', 'over-day-limit', 'needs-confirmation'])

export function decide(purchase: Begun, message: PurchaseMessage): readonly PurchaseEvent[] {
  const { at } = message
  const { phase } = purchase
  switch (message.type) {
    case 'sent':
      return isSending(phase, message.what) ? [{ at, type: 'sent', what: message.what, delivery: message.delivery }] : []
    case 'invoiceReceived':
      return onInvoice(purchase, message)
    case 'payAsked':
      return lastOf(phase)?.payment === 'intended' || lastOf(phase)?.payment === 'asked' ? [{ at, type: 'payAsked', ...(message.paymentHash === undefined ? {} : { paymentHash: message.paymentHash }) }] : []
    case 'payAnswered':
      return isOpen(phase, message.paymentHash) ? onPayment(purchase, wordOfAnswer(message.outcome), at) : []
    case 'paymentLookedUp':
      return onLookUp(purchase, message.payment, message.paymentHash ?? message.payment?.paymentHash, at)
    case 'textReceived':
      if (!isListening(purchase)) return []
      return [...(phase.name === 'running' && phase.pause !== null ? [{ at, type: 'resumed' } as const] : []), textTaken(message)]
    case 'resultReceived':
      return onResult(purchase, message)
    case 'refusalReceived':
      return onRefusal(purchase, message)
    case 'stopAsked':
      // Who waits no longer for what it is owed can ask for it back.
      if (phase.name === 'leaving' && phase.told) return [endedBy(phase, at)]
      return phase.name === 'asking' || (phase.name === 'running' && phase.stopping === null) ? [{ at, type: 'stopAsked' }] : []
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

/** Nothing is decided while the wallet does not know of the last payment, or the text is still to come: it is brought up again. */
function onInvoice(purchase: Begun, message: PurchaseMessage & { type: 'invoiceReceived' }): readonly PurchaseEvent[] {
  const { at, from, eventId, raw, invoice, step } = message
  const { phase, request, hasResult } = purchase
  const refuse = (reason: string, outcome: PurchaseOutcome): readonly PurchaseEvent[] => [{ at, type: 'invoiceRefused', eventId, raw, reason, outcome }]
  const isRunning = phase.name === 'running' && phase.stopping === null && !hasResult
  if (!isRunning && phase.name !== 'asking') return []
  const steps = stepsOf(phase)
  // The same one from another relay, or after a restart.
  if (invoice.ok && steps.some(({ intent }) => intent.paymentHash === invoice.value.paymentHash)) return []
  const last = steps.at(-1)
  const isNext = step === undefined || step.index === steps.length
  if (isNext && last !== undefined) {
    if (last.payment !== 'settled') return []
    const delivery = judgeDelivery(purchase.text, last.textLength, steps.map(({ count }) => count))
    if (delivery === 'awaited') return []
    if (delivery !== 'delivered') return refuse(delivery.fault, 'failed')
  }
  const history = { agreed: agreedIn(purchase), maxTokens: request.maxTokens, steps: steps.map(({ count }) => count), paidMsat: paidOf(phase), feeMsat: feesOf(phase) }
  const verdict = judgeStep(step, invoice, history, { ...request, nowSecs: Math.floor(at / 1_000) }, message.context)
  if (verdict.ok && step !== undefined) return [{ at, type: 'invoiceAccepted', from, eventId, raw, intent: verdict.value, index: step.index, step }]
  return refuse(verdict.ok ? '' : verdict.error.message, phase.name === 'asking' ? 'refused' : !verdict.ok && OURS.has(verdict.error.code) ? 'stopped' : 'failed')
}

function onPayment(purchase: Begun, word: PaymentWord, at: number): readonly PurchaseEvent[] {
  const last = lastOf(purchase.phase)
  if (last === null) return []
  const { paymentHash } = last.intent
  // The provider may see the money, and even finish, before our own wallet answers.
  const ended = purchase.hasResult ? [endedBy(purchase.phase, at)] : []
  switch (word.is) {
    case 'settled':
      return [{ at, type: 'settled', preimage: word.preimage, feeMsat: word.feeMsat, paymentHash }, ...ended]
    case 'failed':
      return [{ at, type: 'payFailed', reason: word.reason, paymentHash }, ...ended]
    case 'sent':
    case 'held':
    case 'doubted':
      return last.doubt === null ? [{ at, type: 'payInDoubt', reason: word.reason, paymentHash }] : []
    case 'unheard':
      return []
  }
}

function onLookUp(purchase: Begun, payment: Payment | null, paymentHash: string | undefined, at: number): readonly PurchaseEvent[] {
  const { phase } = purchase
  const last = lastOf(phase)
  if (last === null || !isOpen(phase, paymentHash)) return onLateLookUp(phase, payment, paymentHash, at)
  return onPayment(purchase, wordOfLookUp(payment, forgottenFrom(last.intent), at, 'Nothing was paid for it.'), at)
}

/** The wallet takes back its word: the money is gone, so the books have to say so, and the provider owes for it. */
function onLateLookUp(phase: Phase, payment: Payment | null, paymentHash: string | undefined, at: number): readonly PurchaseEvent[] {
  const failed = stepsOf(phase).find((step) => step.payment === 'failed' && step.intent.paymentHash === (paymentHash ?? step.intent.paymentHash))
  if (failed === undefined || payment?.state !== 'settled') return []
  return [{ at, type: 'settledLate', preimage: payment.preimage, feeMsat: payment.feeMsat, paymentHash: failed.intent.paymentHash }]
}

function onResult(purchase: Begun, message: PurchaseMessage & { type: 'resultReceived' }): readonly PurchaseEvent[] {
  const { at, eventId, raw, text, usage, receipt, isOpen: inTheOpen } = message
  const { phase, hasResult } = purchase
  const received: PurchaseEvent = { at, type: 'resultReceived', eventId, raw, text, usage, receipt, isOpen: inTheOpen }
  if (isAskedBack(purchase)) return [received]
  if (hasResult || (phase.name !== 'running' && phase.name !== 'leaving') || !phase.steps.some(({ payment }) => payment === 'settled' || payment === 'asked')) return []
  return lastOf(phase)?.payment === 'asked' ? [received] : [received, endedBy(phase, at)]
}

/** Before anything is paid a refusal is the end; later it means that no more is coming. */
function onRefusal({ phase, troubles }: Begun, message: PurchaseMessage & { type: 'refusalReceived' }): readonly PurchaseEvent[] {
  const { at, eventId, reason } = message
  if (message.isPause === true) return phase.name === 'running' && phase.pause === null ? [{ at, type: 'paused', reason }] : []
  const received = { at, type: 'refusalReceived', eventId, reason } as const
  switch (phase.name) {
    case 'asking':
      return refusedAsking(received)
    case 'running':
      return troubles >= MAX_TROUBLES ? [] : phase.stopping === null ? [received, { at, type: 'overdue', reason: `The provider has a problem: ${reason}` }] : [received]
    case 'leaving':
      return troubles < MAX_TROUBLES ? [received] : []
    case 'closed':
      return []
  }
}

function onTick({ phase, request, askedAt, hasResult }: Begun, clockProblem: string | null, at: number): readonly PurchaseEvent[] {
  switch (phase.name) {
    case 'asking':
      return at < askedAt + request.invoiceTimeoutMs ? [] : askedInVain(phase, clockProblem, at)
    case 'running':
      if (hasResult || lastOf(phase)?.payment !== 'settled' || at < phase.heardAt + request.answerTimeoutMs) return []
      return [{ at, type: 'overdue', reason: 'Paid, and the provider went silent. No more is paid; what still comes is shown.' }]
    case 'leaving':
      return at < phase.since + leavingWindow(phase) ? [] : [endedBy(phase, at)]
    case 'closed':
      return []
  }
}

function endedBy(phase: Phase, at: number): PurchaseEvent {
  const ending = phase.name === 'leaving' ? phase : phase.name === 'running' ? (phase.stopping ?? DONE) : DONE
  return { at, type: 'ended', outcome: ending.outcome, reason: ending.reason }
}
