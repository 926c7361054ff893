/** What a message means for a purchase by escrow, in every phase (escrow.ts). */
import type { Msat } from '#shared/market/msat.ts'
import type { Payment } from '../../wallet/wallet.ts'
import { judgeInvoice, whyHeldTooLong } from '../judgeInvoice.ts'
import type { PurchaseEvent, PurchaseMessage, PurchaseRequest } from '../purchase.ts'
import { askedInVain, refusedAsking } from './asking.ts'
import { closedInTime, seeksAnswer, type Ending } from './closing.ts'
import { type Begun, type Held, isListening, isSending, type Phase, type PhaseOf, RELEASE_AGAIN_MS, termsOf } from './escrowPhase.ts'
import { textTaken } from './mode.ts'
import { MAX_TROUBLES, OVERDUE_WINDOW_MS } from './patience.ts'
import { forgottenFrom, wordOfAnswer, wordOfLookUp, type PaymentWord } from './paying.ts'

/** A wallet that no longer knows a payment says nothing about it until long after the lock cannot be there any more. */
const FORGOTTEN_AFTER_MS = 86_400_000

export function decide(purchase: Begun, message: PurchaseMessage): readonly PurchaseEvent[] {
  const { at } = message
  const { phase } = purchase
  switch (message.type) {
    case 'sent':
      return isSending(phase, message.what) ? [{ at, type: 'sent', what: message.what, delivery: message.delivery }] : []
    case 'invoiceReceived':
      return phase.name === 'asking' ? onInvoice(purchase, message) : []
    case 'payAsked':
      return phase.name === 'paying' && !phase.asked ? [{ at, type: 'payAsked', paymentHash: phase.intent.paymentHash }] : []
    case 'payAnswered':
      return onPayment(purchase, wordOfAnswer(message.outcome), at)
    case 'paymentLookedUp':
      return onLookUp(purchase, message.payment, at)
    case 'textReceived':
      return isListening(phase) ? [textTaken(message)] : []
    case 'resultReceived':
      return onResult(purchase, message)
    case 'refusalReceived':
      return onRefusal(purchase, message)
    case 'releaseAsked':
      return phase.name === 'deciding' ? [{ at, type: 'releaseDecided', by: 'person' }] : []
    case 'stopAsked':
      return isStoppable(phase) ? [{ at, type: 'stopAsked' }] : []
    case 'tick':
      return onTick(purchase, message.clockProblem, at)
    // Of other modes.
    case 'asked':
    case 'sealedReceived':
    case 'opened':
      return []
  }
}

function onInvoice({ request, provider }: Begun, message: PurchaseMessage & { type: 'invoiceReceived' }): readonly PurchaseEvent[] {
  const { at, from, eventId, raw } = message
  const { paymentHash, address, transferId, holdSecs } = termsOf(request)
  const refused = (reason: string): readonly PurchaseEvent[] => (provider === null ? [] : [{ at, type: 'invoiceRefused', eventId, raw, reason }])
  const verdict = judgeInvoice(message.invoice, { ...request, nowSecs: Math.floor(at / 1_000) }, message.context)
  if (!verdict.ok) return refused(verdict.error.message)
  const intent = verdict.value
  if (intent.paymentHash === paymentHash) {
    const tooLong = message.invoice.ok ? whyHeldTooLong(message.invoice.value) : null
    return tooLong !== null ? refused(tooLong) : [{ at, type: 'invoiceAccepted', from, eventId, raw, intent }]
  }
  // Paid, it would be gone at once: nothing would be in our hands any more.
  if (address === null) return refused('The invoice is not locked by your secret: paying it would be paying ahead. Nothing was paid.')
  const { amountMsat, maxFeeMsat, expiresAt } = intent
  return [{ at, type: 'lockIntended', from, eventId, raw, intent: { paymentHash, amountMsat, maxFeeMsat, expiresAt, idempotencyKey: transferId, address, expirySecs: holdSecs } }]
}

function onPayment(purchase: Begun, word: PaymentWord, at: number): readonly PurchaseEvent[] {
  const { phase } = purchase
  if (phase.name !== 'paying') return []
  const { paymentHash } = phase.intent
  switch (word.is) {
    case 'settled':
      return settle(purchase, word.feeMsat, at)
    case 'failed':
      return [{ at, type: 'payFailed', reason: word.reason, paymentHash }]
    // Most wallets have no other word for a payment that its payee holds.
    case 'sent':
    case 'held':
      return locked(purchase, phase, word.heldUntil, at)
    case 'doubted':
      return phase.doubt === null ? [{ at, type: 'payInDoubt', reason: word.reason, paymentHash }] : []
    case 'unheard':
      return []
  }
}

/** Our wallet shows it locked; the answer may have been quicker than our wallet, and so may the person who stops it. */
function locked({ request, hasResult, text }: Begun, { intent, stopping }: PhaseOf<'paying'>, heldUntil: number | null, at: number): readonly PurchaseEvent[] {
  const known = heldUntil ?? ('address' in intent ? at + intent.expirySecs * 1_000 : null)
  const event: PurchaseEvent = { at, type: 'locked', paymentHash: intent.paymentHash, heldUntil: known }
  if (stopping) return [event, { at, type: 'stopAsked' }]
  return hasResult ? [event, ...releasing(request, text, at)] : [event]
}

/** An empty answer is for a person to judge. */
function releasing(request: PurchaseRequest, text: string, at: number): readonly PurchaseEvent[] {
  return termsOf(request).release === 'auto' && text.trim() !== '' ? [{ at, type: 'releaseDecided', by: 'app' }] : []
}

function settle({ phase, hasResult }: Begun, feeMsat: Msat, at: number): readonly PurchaseEvent[] {
  // Its secret is not worth a place in the journal: it is kept elsewhere.
  const settled: PurchaseEvent = { at, type: 'settled', preimage: null, feeMsat }
  if (hasResult) return [settled, { at, type: 'ended', outcome: 'done', reason: '' }]
  if (phase.name === 'returning') return [settled, { at, type: 'ended', outcome: phase.outcome, reason: 'Stopped, and paid all the same: the wallet settled it.' }]
  return phase.name === 'paying' && phase.stopping ? [settled, { at, type: 'stopAsked' }] : [settled]
}

function onLookUp(purchase: Begun, payment: Payment | null, at: number): readonly PurchaseEvent[] {
  const { phase, request } = purchase
  switch (phase.name) {
    case 'paying':
      return onPayment(purchase, wordOfLookUp(payment, forgottenFrom(phase.intent), at), at)
    case 'locked':
    case 'deciding':
    case 'releasing':
    case 'returning':
      if (payment?.state === 'settled') return settle(purchase, payment.feeMsat, at)
      if (payment?.state === 'failed' || payment?.state === 'expired' || (payment === null && at >= (phase.heldUntil ?? phase.lockedAt + termsOf(request).holdSecs * 1_000) + FORGOTTEN_AFTER_MS)) {
        return [{ at, type: 'lockReturned', paymentHash: phase.intent.paymentHash }, { at, type: 'ended', ...endOfReturn(phase) }]
      }
      return isNewDeadline(phase, payment) ? [{ at, type: 'locked', paymentHash: phase.intent.paymentHash, heldUntil: msOf(payment?.heldUntil) }] : []
    case 'closing':
    case 'closed':
      return onLateLookUp(purchase, phase, payment, at)
    case 'asking':
    case 'owed':
      return []
  }
}

/** The wallet says until when, and has not before. */
function isNewDeadline({ heldUntil, intent }: Held, payment: Payment | null): boolean {
  return payment?.state === 'held' && payment.heldUntil !== null && (heldUntil === null || ('address' in intent && heldUntil !== msOf(payment.heldUntil)))
}

function endOfReturn(phase: PhaseOf<'locked' | 'deciding' | 'releasing' | 'returning'>): Ending {
  switch (phase.name) {
    case 'locked':
      return { outcome: 'returned', reason: `${phase.trouble === null ? 'The seller did not answer in time.' : `The seller did not answer: ${phase.trouble}`} Nothing was paid: what was locked is back.` }
    case 'deciding':
      return { outcome: 'returned', reason: 'You did not release it, so nothing was paid: what was locked is back. The answer is kept.' }
    case 'releasing':
      return { outcome: 'returned', reason: 'You released it, and the seller did not take it in time. Nothing was paid: what was locked is back. The answer is kept.' }
    case 'returning':
      return { outcome: phase.outcome, reason: phase.reason }
  }
}

/** A payment that failed or returned, and settled: the money is gone, so the books have to say so, and the answer is owed. */
function onLateLookUp({ hasResult }: Begun, phase: PhaseOf<'closing' | 'closed'>, payment: Payment | null, at: number): readonly PurchaseEvent[] {
  if (payment?.state !== 'settled' || phase.settled !== null || phase.intent === null) return []
  const late: PurchaseEvent = { at, type: 'settledLate', preimage: null, feeMsat: payment.feeMsat }
  return hasResult && phase.outcome !== 'stopped' ? [late, { at, type: 'ended', outcome: 'done', reason: '' }] : [late]
}

function onResult(purchase: Begun, message: PurchaseMessage & { type: 'resultReceived' }): readonly PurchaseEvent[] {
  const { phase, request, hasResult } = purchase
  const { at, eventId, raw, text, usage, receipt, isOpen } = message
  const received: PurchaseEvent = { at, type: 'resultReceived', eventId, raw, text, usage, receipt, isOpen }
  switch (phase.name) {
    case 'locked':
      return [received, ...releasing(request, text, at)]
    case 'owed':
      return [received, { at, type: 'ended', outcome: 'done', reason: '' }]
    case 'paying':
      return phase.asked && !phase.stopping && !hasResult ? [received] : []
    case 'closed':
      return seeksAnswer(purchase) ? [received, { at, type: 'ended', outcome: 'done', reason: '' }] : []
    // Before anything is locked there is no answer; after one there is no other; and who has stopped waits for none.
    case 'asking':
    case 'deciding':
    case 'releasing':
    case 'returning':
    case 'closing':
      return []
  }
}

function onRefusal({ phase, troubles }: Begun, message: PurchaseMessage & { type: 'refusalReceived' }): readonly PurchaseEvent[] {
  const { at, eventId, reason } = message
  const received = { at, type: 'refusalReceived', eventId, reason } as const
  switch (phase.name) {
    case 'asking':
      return refusedAsking(received)
    case 'paying':
    case 'locked':
    case 'owed':
      return troubles < MAX_TROUBLES ? [received] : []
    case 'deciding':
    case 'releasing':
    case 'returning':
    case 'closing':
    case 'closed':
      return []
  }
}

function isStoppable(phase: Phase): boolean {
  switch (phase.name) {
    case 'asking':
    case 'locked':
    case 'deciding':
    case 'owed':
      return true
    case 'paying':
      return !phase.stopping
    // The secret is out: it is the seller's now.
    case 'releasing':
    case 'returning':
    case 'closing':
    case 'closed':
      return false
  }
}

function onTick({ phase, request, askedAt }: Begun, clockProblem: string | null, at: number): readonly PurchaseEvent[] {
  switch (phase.name) {
    case 'asking':
      return at < askedAt + request.invoiceTimeoutMs ? [] : askedInVain(phase, clockProblem, at)
    case 'releasing':
      return phase.sentAt !== null && at >= phase.sentAt + RELEASE_AGAIN_MS ? [{ at, type: 'releaseDecided', by: phase.by }] : []
    case 'owed':
      return at < phase.since + OVERDUE_WINDOW_MS ? [] : [{ at, type: 'ended', outcome: 'failed', reason: 'Paid for and never delivered.' }]
    case 'closing':
      return closedInTime(phase, at)
    case 'paying':
    case 'locked':
    case 'deciding':
    case 'returning':
    case 'closed':
      return []
  }
}

function msOf(unixSecs: number | null | undefined): number | null {
  return unixSecs === null || unixSecs === undefined ? null : unixSecs * 1_000
}
