/** What a message means for a sealed purchase, in every phase (sealed.ts). */
import { formatSats, msat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { Payment } from '../../wallet/wallet.ts'
import { judgeInvoice, whyHeldTooLong } from '../judgeInvoice.ts'
import { judgeSealed } from '../judgeSealed.ts'
import type { Intent, PurchaseEvent, PurchaseMessage, PurchaseOutcome } from '../purchase.ts'
import { askedInVain, refusedAsking } from './asking.ts'
import { closedInTime } from './closing.ts'
import { textTaken } from './mode.ts'
import { MAX_TROUBLES, OVERDUE_WINDOW_MS } from './patience.ts'
import { forgottenFrom, wordOfAnswer, wordOfLookUp, type Paying, type PaymentWord } from './paying.ts'
import { afterDeposit, isAbout, isHeld, isListening, isSending, keyOf, payingIn, termsOf, waitMs, type Begun, type Over, type Phase } from './sealedPhase.ts'

type Said<Type extends PurchaseMessage['type']> = Extract<PurchaseMessage, { type: Type }>

/** A wallet that no longer knows a payment says nothing of what was locked until long after the lock cannot be there any more. */
const FORGOTTEN_AFTER_MS = 3 * 86_400_000

export function decide(purchase: Begun, message: PurchaseMessage): readonly PurchaseEvent[] {
  const { at } = message
  const { phase } = purchase
  switch (message.type) {
    case 'sent':
      return isSending(phase, message.what) ? [{ at, type: 'sent', what: message.what, delivery: message.delivery }] : []
    case 'invoiceReceived':
      if (phase.name === 'asking') return onDepositInvoice(purchase, message)
      return phase.name === 'sealed' ? onInvoice(purchase, phase, message) : []
    case 'payAsked': {
      const paymentHash = payingIn(phase)?.intent.paymentHash
      return paymentHash !== undefined && isAbout(message.paymentHash, paymentHash) ? [{ at, type: 'payAsked', paymentHash }] : []
    }
    case 'payAnswered':
      return onPayment(phase, wordOfAnswer(message.outcome), message.paymentHash, at)
    case 'paymentLookedUp':
      return onLookUp(phase, message.payment, message.paymentHash, at)
    case 'textReceived':
      return isListening(phase) ? [textTaken(message)] : []
    case 'sealedReceived':
      return onSealed(purchase, message)
    case 'opened':
      if (phase.name !== 'unsealing') return []
      return message.text.ok
        ? [{ at, type: 'opened', text: message.text.value }, { at, type: 'ended', outcome: 'done', reason: '' }]
        : [{ at, type: 'sealBroken', reason: message.text.error.message }, { at, type: 'ended', outcome: 'failed', reason: `${message.text.error.message} What the seller signed is kept.` }]
    case 'refusalReceived':
      return onRefusal(purchase, message)
    case 'releaseAsked':
      return phase.name === 'offered' ? [{ at, type: 'releaseDecided', by: 'person' }] : []
    case 'stopAsked':
      return isStoppable(phase) ? [{ at, type: 'stopAsked' }] : []
    case 'tick':
      return onTick(purchase, message.clockProblem, at)
    // Of other modes. What is not under seal was not agreed on, and is not paid for.
    case 'asked':
    case 'resultReceived':
      return []
  }
}

/** Before anything was delivered, only a deposit is paid, as large as the offer said. What opens the answer is heard again once that is here. */
function onDepositInvoice({ request }: Begun, { at, from, eventId, raw, invoice, context, index = 0 }: Said<'invoiceReceived'>): readonly PurchaseEvent[] {
  const { depositMsat } = termsOf(request)
  if (invoice.ok && (invoice.value.amountMsat ?? 0) > depositMsat) return []
  const verdict = judgeInvoice(invoice, { ...request, quotedMsat: depositMsat, nowSecs: Math.floor(at / 1_000) }, context)
  const tooLong = invoice.ok ? whyHeldTooLong(invoice.value) : null
  if (tooLong !== null) return [{ at, type: 'invoiceRefused', eventId, raw, reason: tooLong }]
  if (verdict.ok) return [{ at, type: 'invoiceAccepted', from, eventId, raw, intent: verdict.value, index }]
  return [{ at, type: 'invoiceRefused', eventId, raw, reason: verdict.error.message }]
}

function onInvoice({ request }: Begun, { goods, deposit }: Phase & { name: 'sealed' }, { at, from, eventId, raw, invoice, context, index = 0 }: Said<'invoiceReceived'>): readonly PurchaseEvent[] {
  // That of the deposit, heard again.
  if (invoice.ok && invoice.value.paymentHash === deposit?.intent.paymentHash) return []
  const refuse = (reason: string): readonly PurchaseEvent[] => [{ at, type: 'invoiceRefused', eventId, raw, reason }]
  if (invoice.ok && invoice.value.paymentHash !== goods.paymentHash) return refuse('The invoice is not on the hash that opens the answer. It was not paid.')
  if (invoice.ok && invoice.value.amountMsat !== goods.amountMsat) return refuse(`The invoice asks ${formatSats(invoice.value.amountMsat ?? ZERO_MSAT)} sats, the seller signed for ${formatSats(goods.amountMsat)}. It was not paid.`)
  const tooLong = invoice.ok ? whyHeldTooLong(invoice.value) : null
  if (tooLong !== null) return refuse(tooLong)
  const depositMsat = deposit?.intent.amountMsat ?? ZERO_MSAT
  const whole = judgeSealed(goods, { ...request, depositMsat })
  if (!whole.ok) return refuse(whole.error.message)
  const verdict = judgeInvoice(invoice, { ...request, quotedMsat: goods.amountMsat, budgetMsat: msat(request.budgetMsat - depositMsat), nowSecs: Math.floor(at / 1_000) }, context)
  return verdict.ok ? [{ at, type: 'invoiceAccepted', from, eventId, raw, intent: verdict.value, index }] : refuse(verdict.error.message)
}

function onSealed({ phase, request }: Begun, { at, eventId, raw, goods }: Said<'sealedReceived'>): readonly PurchaseEvent[] {
  if (!isListening(phase)) return []
  const received: PurchaseEvent = { at, type: 'sealedReceived', eventId, raw, goods }
  const paidMsat = phase.name === 'payingDeposit' ? phase.intent.amountMsat : 'deposit' in phase ? (phase.deposit?.intent.amountMsat ?? ZERO_MSAT) : ZERO_MSAT
  const verdict = judgeSealed(goods, { ...request, depositMsat: paidMsat })
  // While a deposit is on its way nothing ends: it is judged again before it is paid.
  return verdict.ok || phase.name === 'payingDeposit' ? [received] : [received, { at, type: 'invoiceRefused', eventId, raw, reason: verdict.error.message }]
}

function onLookUp(phase: Phase, payment: Payment | null, paymentHash: string | undefined, at: number): readonly PurchaseEvent[] {
  if (phase.name === 'closing' || phase.name === 'closed') return onLateLookUp(phase, payment, paymentHash, at)
  // Paid, and only now told what opens it.
  if (phase.name === 'unsealing') return payment?.state === 'settled' && phase.preimage === null && keyOf(phase.goods, payment.preimage) !== null ? settle(phase, phase, payment.preimage, phase.feeMsat, at) : []
  const paying = payingIn(phase)
  if (paying === null) return []
  // Of what is locked, a wallet that no longer knows it says nothing until long after the lock cannot be there any more.
  const forgottenAt = isHeld(phase) ? Math.max(paying.intent.expiresAt * 1_000, phase.held.until ?? 0) + FORGOTTEN_AFTER_MS : forgottenFrom(paying.intent)
  return onPayment(phase, wordOfLookUp(payment, forgottenAt, at), paymentHash, at)
}

function onPayment(phase: Phase, word: PaymentWord, paymentHash: string | undefined, at: number): readonly PurchaseEvent[] {
  const paying = payingIn(phase)
  if (paying === null || !isAbout(paymentHash, paying.intent.paymentHash)) return []
  switch (word.is) {
    case 'settled':
      return settle(phase, paying, word.preimage, word.feeMsat, at)
    case 'failed':
      return fails(phase, paying, word.reason, at)
    case 'held':
      // A deposit is an ordinary payment: it is not to be held.
      return phase.name === 'opening' ? hold(phase, word.heldUntil, at) : doubt(paying, word.reason, at)
    case 'sent':
    case 'doubted':
      return doubt(paying, word.reason, at)
    case 'unheard':
      return []
  }
}

function settle(phase: Phase, { intent }: { readonly intent: Intent }, preimage: string | null, feeMsat: Msat, at: number): readonly PurchaseEvent[] {
  const settled: PurchaseEvent = { at, type: 'settled', preimage: 'goods' in phase && phase.goods !== null ? keyOf(phase.goods, preimage) : preimage, feeMsat, paymentHash: intent.paymentHash }
  return phase.name === 'payingDeposit' && phase.stopping ? [settled, { at, type: 'stopAsked' }] : [settled]
}

function fails(phase: Phase, { intent }: Paying, reason: string, at: number): readonly PurchaseEvent[] {
  const { paymentHash } = intent
  if (!isHeld(phase)) return [{ at, type: 'payFailed', reason, paymentHash }]
  return [{ at, type: 'lockReturned', paymentHash }, { at, type: 'ended', outcome: 'returned', reason: 'The seller did not take the payment in time. It came back, and the answer stays sealed.' }]
}

function hold({ held, intent }: Phase & { name: 'opening' }, until: number | null, at: number): readonly PurchaseEvent[] {
  const isKnown = held !== null && (until === null || held.until === until)
  return isKnown ? [] : [{ at, type: 'locked', paymentHash: intent.paymentHash, heldUntil: until }]
}

function doubt({ intent, doubt: known }: Paying, reason: string, at: number): readonly PurchaseEvent[] {
  return known === null ? [{ at, type: 'payInDoubt', reason, paymentHash: intent.paymentHash }] : []
}

/** A payment that failed, and settled: the money is gone, so the books have to say so; what it opens is opened, what it was ahead for is owed. */
function onLateLookUp({ refused, goods, opened }: Over, payment: Payment | null, paymentHash: string | undefined, at: number): readonly PurchaseEvent[] {
  if (payment?.state !== 'settled' || refused === null || opened !== null || !isAbout(paymentHash ?? payment.paymentHash, refused.paymentHash)) return []
  return [{ at, type: 'settledLate', preimage: goods === null ? payment.preimage : keyOf(goods, payment.preimage), feeMsat: payment.feeMsat, paymentHash: refused.paymentHash }]
}

function onRefusal({ phase, troubles }: Begun, { at, eventId, reason }: Said<'refusalReceived'>): readonly PurchaseEvent[] {
  const received = { at, type: 'refusalReceived', eventId, reason } as const
  switch (phase.name) {
    case 'asking':
      return refusedAsking(received)
    case 'reading':
      if (phase.deposit === null) return [received, { at, type: 'ended', outcome: 'failed', reason: `The provider has a problem: ${reason} Nothing was paid.` }]
      return [received, { at, type: 'overdue', reason: `The provider has a problem: ${reason}` }]
    case 'payingDeposit':
    case 'overdue':
      return troubles < MAX_TROUBLES ? [received] : []
    // Everything is here: the rest is between our wallet and its invoice, and what was said before is heard again.
    case 'sealed':
    case 'offered':
    case 'opening':
    case 'unsealing':
    case 'closing':
    case 'closed':
      return []
  }
}

function isStoppable(phase: Phase): boolean {
  switch (phase.name) {
    case 'asking':
    case 'reading':
    case 'overdue':
    case 'sealed':
    case 'offered':
      return true
    case 'payingDeposit':
    case 'opening':
      // Told, money may be on its way, and only the wallet knows; what it then opens is shown.
      return !phase.stopping
    case 'unsealing':
    case 'closing':
    case 'closed':
      return false
  }
}

function onTick({ phase, request, askedAt }: Begun, clockProblem: string | null, at: number): readonly PurchaseEvent[] {
  const ended = (outcome: PurchaseOutcome, reason: string): readonly PurchaseEvent[] => [{ at, type: 'ended', outcome, reason }]
  switch (phase.name) {
    case 'asking':
      return at < askedAt + waitMs(request) ? [] : askedInVain(phase, clockProblem, at, 'Nothing came')
    case 'reading':
      if (at < phase.heardAt + request.answerTimeoutMs) return []
      return phase.deposit === null ? ended('expired', 'The provider went silent. Nothing was paid.') : [{ at, type: 'overdue', reason: 'The deposit is paid, and the provider went silent. The answer is taken if it still comes.' }]
    case 'overdue':
      return at < phase.since + OVERDUE_WINDOW_MS ? [] : ended('failed', 'The deposit was paid, and nothing was delivered.')
    case 'sealed':
      return at < phase.since + waitMs(request) ? [] : ended(afterDeposit(phase, 'expired'), 'The sealed answer came, and no invoice that opens it.')
    case 'offered':
      return at < phase.intent.expiresAt * 1_000 ? [] : ended(afterDeposit(phase, 'expired'), 'It was not opened in time: the seller’s invoice has run out.')
    case 'unsealing':
      return phase.preimage !== null || at < phase.settledAt + OVERDUE_WINDOW_MS ? [] : ended('failed', 'It is paid, and your wallet does not tell the key that came with the payment. It cannot be opened.')
    case 'closing':
      return closedInTime(phase, at)
    case 'payingDeposit':
    case 'opening':
    case 'closed':
      return []
  }
}
