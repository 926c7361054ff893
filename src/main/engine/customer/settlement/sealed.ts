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
import type { JobState } from '#shared/ipc/common.ts'
import { NO_STANDING, standingOf, type Account, type Standing } from '#shared/market/books.ts'
import { addMsat, formatSats, msat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { SealedGoods } from '#shared/market/sealedGoods.ts'
import { hashOf } from '../../store/preimages.ts'
import type { Payment, PayOutcome } from '../../wallet/wallet.ts'
import { judgeInvoice, whyHeldTooLong } from '../judgeInvoice.ts'
import { judgeSealed } from '../judgeSealed.ts'
import type { Intent, PurchaseAgreement, PurchaseEffect, PurchaseEvent, PurchaseMessage, PurchaseOutcome, PurchaseRequest, PurchaseSending, Settled } from '../purchase.ts'
import { LISTEN, send, wake, type PurchaseIn, type PurchaseLook, type PurchaseMode, type PurchaseOutgoing } from './mode.ts'
import { DOUBT_GRACE_MS, OVERDUE_WINDOW_MS } from './prepay.ts'

interface Ahead {
  /** What was paid before the work; null: nothing. */
  readonly deposit: Settled | null
}
interface Sealed extends Ahead {
  readonly goods: SealedGoods
}
/** What the wallet was told to pay, and what it said. */
interface Paying {
  readonly intent: Intent
  readonly asked: boolean
  readonly doubt: string | null
  readonly stopping: boolean
}
interface Over extends Ahead {
  readonly outcome: PurchaseOutcome
  readonly reason: string
  readonly goods: SealedGoods | null
  /** What the wallet was asked to pay and said no to; should it say otherwise later, it is believed. */
  readonly refused: Intent | null
  /** What opening it was paid with. */
  readonly opened: Settled | null
}

export type SealedPhase =
  | { readonly name: 'asking'; readonly sent: boolean }
  /** `goods`: the seller saw the money, and was done, before our own wallet answered. */
  | ({ readonly name: 'payingDeposit'; readonly goods: SealedGoods | null } & Paying)
  | ({ readonly name: 'reading'; readonly heardAt: number } & Ahead)
  /** A deposit is paid, and silence for too long. Still listening; still the provider's debt. */
  | { readonly name: 'overdue'; readonly reason: string; readonly since: number; readonly deposit: Settled }
  /** Everything is here but the invoice that opens it. */
  | ({ readonly name: 'sealed'; readonly since: number } & Sealed)
  /** The person decides whether to open it. */
  | ({ readonly name: 'offered'; readonly intent: Intent } & Sealed)
  /** `held`: our wallet shows it locked; until when, in Unix ms, where it says. */
  | ({ readonly name: 'opening'; readonly held: { readonly until: number | null } | null } & Paying & Sealed)
  /** Paid. `preimage`: what opens it; null until our wallet tells it. */
  | ({ readonly name: 'unsealing'; readonly preimage: string | null } & Sealed & Settled)
  | ({ readonly name: 'closing'; readonly since: number } & Over)
  | ({ readonly name: 'closed' } & Over)

type Phase = SealedPhase
type Begun = PurchaseIn<Phase>
type Said<Type extends PurchaseMessage['type']> = Extract<PurchaseMessage, { type: Type }>

const MAX_TROUBLES = 5
const CLOSING_WINDOW_MS = 60_000
const FORGOTTEN_AFTER_MS = 3 * 86_400_000
/** Everything that was said is heard again: the invoice may have come before the last part of what it opens. */
const LISTEN_AGAIN: PurchaseEffect = { key: 'listen:sealed', type: 'listen' }

export const sealed: PurchaseMode<Phase> = { first: () => ({ name: 'asking', sent: false }), decide, next, due, outgoing, look }

function termsOf({ settlement }: PurchaseRequest): PurchaseAgreement & { name: 'sealed' } {
  if (settlement?.name !== 'sealed') throw new RangeError('not agreed to be sealed')
  return settlement
}

function decide(purchase: Begun, message: PurchaseMessage): readonly PurchaseEvent[] {
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
      return onPayAnswer(phase, message.outcome, message.paymentHash, at)
    case 'paymentLookedUp':
      return onLookUp(phase, message.payment, message.paymentHash, at)
    case 'textReceived':
      return isListening(phase) ? [{ at, type: 'textReceived', text: message.text }] : []
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

function onSealed({ phase, request }: Begun, { at, eventId, raw, goods, usage, receipt = null }: Said<'sealedReceived'>): readonly PurchaseEvent[] {
  if (!isListening(phase)) return []
  const received: PurchaseEvent = { at, type: 'sealedReceived', eventId, raw, goods, usage, receipt }
  const paidMsat = phase.name === 'payingDeposit' ? phase.intent.amountMsat : 'deposit' in phase ? (phase.deposit?.intent.amountMsat ?? ZERO_MSAT) : ZERO_MSAT
  const verdict = judgeSealed(goods, { ...request, depositMsat: paidMsat })
  // While a deposit is on its way nothing ends: it is judged again before it is paid.
  return verdict.ok || phase.name === 'payingDeposit' ? [received] : [received, { at, type: 'invoiceRefused', eventId, raw, reason: verdict.error.message }]
}

function onPayAnswer(phase: Phase, outcome: PayOutcome, paymentHash: string | undefined, at: number): readonly PurchaseEvent[] {
  const paying = payingIn(phase)
  if (paying === null || !isAbout(paymentHash, paying.intent.paymentHash)) return []
  switch (outcome.state) {
    case 'settled':
      return settle(phase, paying, outcome.preimage, outcome.feeMsat, at)
    case 'failed':
      return fails(phase, paying, outcome.problem.message, at)
    case 'held':
      return hold(phase, paying, null, at)
    case 'unknown':
      return doubt(paying, outcome.problem.message, at)
  }
}

function onLookUp(phase: Phase, payment: Payment | null, paymentHash: string | undefined, at: number): readonly PurchaseEvent[] {
  if (phase.name === 'closing' || phase.name === 'closed') return onLateLookUp(phase, payment, paymentHash, at)
  // Paid, and only now told what opens it.
  if (phase.name === 'unsealing') return payment?.state === 'settled' && phase.preimage === null && keyOf(phase.goods, payment.preimage) !== null ? settle(phase, phase, payment.preimage, phase.feeMsat, at) : []
  const paying = payingIn(phase)
  if (paying === null || !isAbout(paymentHash, paying.intent.paymentHash)) return []
  if (payment === null || payment.state === 'expired') {
    // Of what is locked, a wallet that no longer knows it says nothing until long after the lock cannot be there any more.
    const graceMs = isHeld(phase) ? FORGOTTEN_AFTER_MS : DOUBT_GRACE_MS
    if (at < Math.max(paying.intent.expiresAt * 1_000, isHeld(phase) ? (phase.held.until ?? 0) : 0) + graceMs) return []
    return fails(phase, paying, 'The wallet knows of no such payment, and the invoice has expired. Nothing was paid.', at)
  }
  switch (payment.state) {
    case 'settled':
      return settle(phase, paying, payment.preimage, payment.feeMsat, at)
    case 'failed':
      return fails(phase, paying, 'The wallet says that the payment failed. Nothing was paid.', at)
    case 'held':
      return hold(phase, paying, payment.heldUntil === null ? null : payment.heldUntil * 1_000, at)
    case 'pending':
      return doubt(paying, 'The wallet is still sending it.', at)
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

function hold(phase: Phase, paying: Paying, until: number | null, at: number): readonly PurchaseEvent[] {
  // A deposit is an ordinary payment: it is not to be held.
  if (phase.name !== 'opening') return doubt(paying, 'The payee holds the payment back.', at)
  const isKnown = phase.held !== null && (until === null || phase.held.until === until)
  return isKnown ? [] : [{ at, type: 'locked', paymentHash: paying.intent.paymentHash, heldUntil: until }]
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
  const received: PurchaseEvent = { at, type: 'refusalReceived', eventId, reason }
  switch (phase.name) {
    case 'asking':
      return [received, { at, type: 'ended', outcome: 'refused', reason: `The provider refused: ${reason}` }]
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
      if (at < askedAt + waitMs(request)) return []
      return ended('expired', clockProblem !== null ? `Nothing came in time. ${clockProblem}` : phase.sent ? 'Nothing came in time: the provider may be away. Try another, or ask again.' : 'No relay took the request in time. Check the relays in Settings.')
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
      return at < phase.since + CLOSING_WINDOW_MS ? [] : ended(phase.outcome, phase.reason)
    case 'payingDeposit':
    case 'opening':
    case 'closed':
      return []
  }
}

/** Without a deposit nothing is heard of an answer before it begins: that takes as long as an answer may. */
function waitMs({ invoiceTimeoutMs, answerTimeoutMs }: PurchaseRequest): number {
  return Math.max(invoiceTimeoutMs, answerTimeoutMs)
}

/** Where money is gone without an answer it is a failure. */
function afterDeposit({ deposit }: Ahead, outcome: PurchaseOutcome): PurchaseOutcome {
  return deposit === null ? outcome : 'failed'
}

function next(phase: Phase, event: PurchaseEvent, { request }: Begun): Phase {
  switch (event.type) {
    case 'sent':
      if (!isSending(phase, event.what)) return phase
      if (phase.name === 'asking') return { ...phase, sent: true }
      return phase.name === 'closing' ? { ...overOf(phase), name: 'closed' } : phase
    case 'invoiceAccepted': {
      const paying = { intent: event.intent, asked: false, doubt: null, stopping: false }
      if (phase.name === 'asking') return { ...paying, name: 'payingDeposit', goods: null }
      if (phase.name !== 'sealed') return phase
      const { deposit, goods } = phase
      return termsOf(request).release === 'ask' ? { name: 'offered', deposit, goods, intent: event.intent } : { ...paying, name: 'opening', deposit, goods, held: null }
    }
    case 'releaseDecided':
      return phase.name === 'offered' ? { name: 'opening', deposit: phase.deposit, goods: phase.goods, intent: phase.intent, asked: false, doubt: null, stopping: false, held: null } : phase
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
function afterEnd(phase: Phase, { outcome, reason, at }: PurchaseEvent & { type: 'ended' }): Phase {
  const isTold = phase.name === 'unsealing' || phase.name === 'closing' || phase.name === 'closed' || (phase.name === 'asking' && !(phase.sent && outcome === 'expired'))
  const over = overFrom(phase, outcome, reason)
  return isTold ? { ...over, name: 'closed' } : { ...over, name: 'closing', since: at }
}

function closing(phase: Phase, outcome: PurchaseOutcome, reason: string, since: number): Phase {
  return { ...overFrom(phase, outcome, reason), name: 'closing', since }
}

function overFrom(phase: Phase, outcome: PurchaseOutcome, reason: string): Over {
  if (phase.name === 'closing' || phase.name === 'closed') return { ...overOf(phase), outcome, reason }
  return {
    outcome,
    reason,
    deposit: 'deposit' in phase ? phase.deposit : null,
    goods: 'goods' in phase ? phase.goods : null,
    refused: (phase.name === 'payingDeposit' || phase.name === 'opening') && phase.asked ? phase.intent : null,
    opened: phase.name === 'unsealing' ? { intent: phase.intent, feeMsat: phase.feeMsat, settledAt: phase.settledAt } : null,
  }
}

function overOf({ outcome, reason, deposit, goods, refused, opened }: Over): Over {
  return { outcome, reason, deposit, goods, refused, opened }
}

function due({ phase, request, askedAt }: Begun): readonly PurchaseEffect[] {
  switch (phase.name) {
    case 'asking':
      return [LISTEN, ...(phase.sent ? [] : [send('request')]), wake(askedAt + waitMs(request))]
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
      return [send('cancel'), wake(phase.since + CLOSING_WINDOW_MS)]
    case 'closed':
      return []
  }
}

function outgoing({ phase }: Begun, what: PurchaseSending): PurchaseOutgoing | null {
  return (what === 'request' || what === 'cancel') && isSending(phase, what) ? { what } : null
}

function isSending(phase: Phase, what: PurchaseSending): boolean {
  switch (what) {
    case 'request':
      return phase.name === 'asking' && !phase.sent
    case 'cancel':
      return phase.name === 'closing'
    case 'paymentSent':
    case 'locked':
    case 'release':
      return false
  }
}

function look(purchase: Begun): PurchaseLook {
  const { phase, request } = purchase
  const { deposit, opened, refused, goods } = overFrom(phase, 'done', '')
  const paying = payingIn(phase)
  const pending = paying?.intent ?? (phase.name === 'offered' ? phase.intent : null)
  const intents = [deposit?.intent, opened?.intent, refused, pending].flatMap((intent) => (intent ? [intent] : []))
  const isOver = phase.name === 'closing' || phase.name === 'closed'
  const depositMsat = deposit?.intent.amountMsat ?? ZERO_MSAT
  return {
    ...wordsFor(purchase),
    final: phase.name === 'closed',
    priceMsat: goods === null ? request.quotedMsat : addMsat(depositMsat, goods.amountMsat),
    paidMsat: addMsat(depositMsat, opened?.intent.amountMsat ?? ZERO_MSAT),
    feeMsat: addMsat(deposit?.feeMsat ?? ZERO_MSAT, opened?.feeMsat ?? ZERO_MSAT),
    settledAt: deposit?.settledAt ?? opened?.settledAt ?? null,
    pendingMsat: pending === null ? ZERO_MSAT : mostOf(pending),
    paymentHashes: [...new Set(intents.map(({ paymentHash }) => paymentHash))],
    standing: standingIn(phase),
    lockedMsat: isHeld(phase) ? phase.intent.amountMsat : ZERO_MSAT,
    lockedUntil: isHeld(phase) ? phase.held.until : null,
    owedMsat: isOver || phase.name === 'sealed' || phase.name === 'offered' || phase.name === 'opening' ? ZERO_MSAT : addMsat(depositMsat, opened?.intent.amountMsat ?? ZERO_MSAT),
    refused: isOver && opened === null ? refused : null,
    invoices: [...new Set([deposit?.intent, opened?.intent, refused].flatMap((intent) => (intent ? [intent.bolt11] : [])))],
    isListening: isListening(phase),
    sealed: goods === null || purchase.hasResult ? null : { bytes: goods.sealedBytes, openMsat: goods.amountMsat, until: pending === null ? null : pending.expiresAt * 1_000 },
  }
}

/** What it means for our money, in every phase. */
function standingIn(phase: Phase): Standing {
  const ahead = (deposit: Settled | null, to: Account) => (deposit === null ? [] : movesOf(deposit, to))
  switch (phase.name) {
    case 'asking':
      return NO_STANDING
    case 'payingDeposit':
      return standingOf({ from: 'wallet', to: 'onTheWay', msat: mostOf(phase.intent) })
    case 'reading':
    case 'overdue':
      return standingOf(...ahead(phase.deposit, 'owedToUs'))
    // What the deposit was for is here, under seal.
    case 'sealed':
    case 'offered':
      return standingOf(...ahead(phase.deposit, 'spent'))
    case 'opening':
      return standingOf(...ahead(phase.deposit, 'spent'), { from: 'wallet', to: phase.held === null ? 'onTheWay' : 'locked', msat: mostOf(phase.intent) })
    case 'unsealing':
      return standingOf(...ahead(phase.deposit, 'spent'), ...movesOf(phase, 'owedToUs'))
    case 'closing':
    case 'closed': {
      const to = phase.outcome === 'done' || phase.outcome === 'stopped' ? 'spent' : 'lost'
      return standingOf(...ahead(phase.deposit, to), ...ahead(phase.opened, to))
    }
  }
}

function movesOf({ intent, feeMsat }: Settled, to: Account): readonly { readonly from: Account; readonly to: Account; readonly msat: Msat }[] {
  return [{ from: 'wallet', to, msat: intent.amountMsat }, { from: 'wallet', to: 'fees', msat: feeMsat }]
}

function mostOf({ amountMsat, maxFeeMsat }: Intent): Msat {
  return addMsat(amountMsat, maxFeeMsat)
}

function wordsFor({ phase, text }: Begun): { state: JobState; note: string } {
  switch (phase.name) {
    case 'asking':
      return { state: 'asking', note: phase.sent ? 'Waiting for the seller to begin.' : '' }
    case 'payingDeposit':
    case 'opening':
      if (isHeld(phase)) return { state: 'unlocking', note: 'The payment is locked. The seller takes it, and that opens the answer.' }
      if (phase.doubt !== null) return { state: 'payment-unknown', note: `${phase.doubt} It is looked up until the wallet knows; it is never paid twice.` }
      if (phase.stopping) return { state: 'paying', note: 'Stopping: the payment was already on its way.' }
      return { state: 'paying', note: phase.name === 'opening' ? '' : 'A deposit is paid before the work.' }
    case 'reading':
      return text === '' ? { state: 'queued', note: 'Waiting for the answer.' } : { state: 'working', note: '' }
    case 'overdue':
      return { state: 'owed', note: phase.reason }
    case 'sealed':
      return { state: 'sealed', note: `${sealedWords(phase.goods)} Waiting for the invoice that opens it.` }
    case 'offered':
      return { state: 'sealed', note: `${sealedWords(phase.goods)} Open it, or leave it.` }
    case 'unsealing':
      return { state: 'unlocking', note: phase.preimage === null ? 'Paid. Waiting for the wallet to tell the key that opens it.' : 'Paid. Opening it.' }
    case 'closing':
    case 'closed':
      return { state: phase.outcome, note: phase.reason }
  }
}

function sealedWords({ sealedBytes, amountMsat }: SealedGoods): string {
  return `${sealedBytes} bytes are under seal; opening them costs ${formatSats(amountMsat)} sats.`
}

/** Whether pieces of the answer, and the sealed whole, are taken now. */
function isListening(phase: Phase): boolean {
  return phase.name === 'asking' || phase.name === 'reading' || phase.name === 'overdue' || (phase.name === 'payingDeposit' && phase.asked && phase.goods === null)
}

function isHeld(phase: Phase): phase is Extract<Phase, { name: 'opening' }> & { readonly held: { readonly until: number | null } } {
  return phase.name === 'opening' && phase.held !== null
}

function payingIn(phase: Phase): Paying | null {
  return phase.name === 'payingDeposit' || phase.name === 'opening' ? phase : null
}

/** A wallet's word without a hash is about the only payment there is. */
function isAbout(said: string | undefined, paymentHash: string): boolean {
  return said === undefined || said === paymentHash
}

/** What opens the goods; null for a wallet's word that does not. */
function keyOf({ paymentHash }: SealedGoods, preimage: string | null): string | null {
  return preimage !== null && hashOf(preimage) === paymentHash ? preimage : null
}
