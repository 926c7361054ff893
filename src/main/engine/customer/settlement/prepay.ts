/**
 * `prepay` (PROTOCOL.md §6): the invoice is paid first, then the answer is read. The customer risks the whole price.
 *
 *   asking ─ invoice accepted ─▶ paying ─ settled ─▶ reading ─ result ─▶ closed: done
 *      │ refused, timed out          │ failed            │ silence ─▶ overdue ─ late result ─▶ closed: done
 *      └───────▶ closed ◀────────────┴── stop ──▶ closing ┘
 *
 * Invariant: one invoice, one payment hash, one idempotency key per job.
 */
import type { JobState } from '#shared/ipc/common.ts'
import { NO_STANDING, standingOf, type Standing } from '#shared/market/books.ts'
import { addMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { Payment, PayOutcome } from '../../wallet/wallet.ts'
import { judgeInvoice } from '../judgeInvoice.ts'
import type { Intent, PurchaseEffect, PurchaseEvent, PurchaseMessage, PurchaseOutcome, PurchaseSending, Settled } from '../purchase.ts'
import { LISTEN, send, textTaken, wake, type PurchaseIn, type PurchaseLook, type PurchaseMode, type PurchaseOutgoing } from './mode.ts'
import { whyNoInvoice } from './noInvoice.ts'

export type PrepayPhase =
  | { readonly name: 'asking'; readonly sent: boolean }
  /** `asked`: the wallet was told to pay at least once. `doubt`: its answer was not one. */
  | { readonly name: 'paying'; readonly intent: Intent; readonly asked: boolean; readonly doubt: string | null; readonly stopping: boolean }
  | ({ readonly name: 'reading'; readonly announced: boolean; readonly heardAt: number } & Settled)
  /** Paid, and silence for too long. Still listening; still the provider's debt. */
  | ({ readonly name: 'overdue'; readonly reason: string; readonly since: number } & Settled)
  /** Ended for us; the cancel still has to go out. */
  | { readonly name: 'closing'; readonly outcome: PurchaseOutcome; readonly reason: string; readonly settled: Settled | null; readonly intent: Intent | null; readonly since: number }
  /** `intent` without `settled`: the wallet was asked to pay, and said no. Should it say otherwise later, it is believed. */
  | { readonly name: 'closed'; readonly outcome: PurchaseOutcome; readonly reason: string; readonly settled: Settled | null; readonly intent: Intent | null }

type Phase = PrepayPhase
type Begun = PurchaseIn<Phase>

/** An answer that is paid for and late is waited for this long before the job is closed as failed. */
export const OVERDUE_WINDOW_MS = 24 * 3_600_000
/** What a provider complains about is kept this often. */
const MAX_TROUBLES = 5
/** A cancel that no relay takes is given up. */
const CLOSING_WINDOW_MS = 60_000
/** The wallet may still be sending in the invoice's last second; only well after its expiry is "unknown to the wallet" an end. */
export const DOUBT_GRACE_MS = 120_000

export const prepay: PurchaseMode<Phase> = { first: () => ({ name: 'asking', sent: false }), decide, next, due, outgoing, look }

function decide(purchase: Begun, message: PurchaseMessage): readonly PurchaseEvent[] {
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
      return onPayAnswer(purchase, message.outcome, at)
    case 'paymentLookedUp':
      return onLookUp(purchase, message.payment, at)
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

function onPayAnswer(purchase: Begun, outcome: PayOutcome, at: number): readonly PurchaseEvent[] {
  const { phase } = purchase
  if (phase.name !== 'paying') return []
  switch (outcome.state) {
    case 'settled':
      return settle(purchase, phase.stopping, outcome.preimage, outcome.feeMsat, at)
    case 'failed':
      return [{ at, type: 'payFailed', reason: outcome.problem.message }]
    case 'held':
      return phase.doubt === null ? [{ at, type: 'payInDoubt', reason: 'The payee holds the payment back.' }] : []
    case 'unknown':
      return phase.doubt === null ? [{ at, type: 'payInDoubt', reason: outcome.problem.message }] : []
  }
}

function settle(purchase: Begun, stopping: boolean, preimage: string | null, feeMsat: Msat, at: number): readonly PurchaseEvent[] {
  const settled: PurchaseEvent = { at, type: 'settled', preimage, feeMsat }
  // The provider may see the money, and even finish, before our own wallet answers.
  if (purchase.hasResult) return [settled, { at, type: 'ended', outcome: 'done', reason: '' }]
  return stopping ? [settled, { at, type: 'stopAsked' }] : [settled]
}

function onLookUp(purchase: Begun, payment: Payment | null, at: number): readonly PurchaseEvent[] {
  const { phase } = purchase
  if (phase.name === 'closing' || phase.name === 'closed') return onLateLookUp(purchase, phase, payment, at)
  if (phase.name !== 'paying') return []
  if (payment === null || payment.state === 'expired') {
    if (at < phase.intent.expiresAt * 1_000 + DOUBT_GRACE_MS) return []
    return [{ at, type: 'payFailed', reason: 'The wallet knows of no such payment, and the invoice has expired. Nothing was paid.' }]
  }
  switch (payment.state) {
    case 'settled':
      return settle(purchase, phase.stopping, payment.preimage, payment.feeMsat, at)
    case 'failed':
      return [{ at, type: 'payFailed', reason: 'The wallet says that the payment failed. Nothing was paid.' }]
    case 'pending':
    case 'held':
      return phase.doubt === null ? [{ at, type: 'payInDoubt', reason: 'The wallet is still sending it.' }] : []
  }
}

/** A payment that failed, and settled: the money is gone, so the books have to say so, and the answer is owed again. */
function onLateLookUp(purchase: Begun, phase: Phase & { name: 'closing' | 'closed' }, payment: Payment | null, at: number): readonly PurchaseEvent[] {
  if (payment?.state !== 'settled' || phase.settled !== null || phase.intent === null) return []
  const late: PurchaseEvent = { at, type: 'settledLate', preimage: payment.preimage, feeMsat: payment.feeMsat }
  return purchase.hasResult && phase.outcome === 'failed' ? [late, { at, type: 'ended', outcome: 'done', reason: '' }] : [late]
}

function onResult({ phase, hasResult }: Begun, message: PurchaseMessage & { type: 'resultReceived' }): readonly PurchaseEvent[] {
  const { at, eventId, raw, text, usage, receipt, isOpen } = message
  const received: PurchaseEvent = { at, type: 'resultReceived', eventId, raw, text, usage, receipt, isOpen }
  switch (phase.name) {
    case 'reading':
    case 'overdue':
      return [received, { at, type: 'ended', outcome: 'done', reason: '' }]
    case 'closing':
    case 'closed':
      return []
    case 'paying':
      return phase.asked && !hasResult ? [received] : []
    case 'asking':
      return [] // Before payment there is no answer in `prepay`.
  }
}

function onRefusal({ phase, troubles }: Begun, message: PurchaseMessage & { type: 'refusalReceived' }): readonly PurchaseEvent[] {
  const { at, eventId, reason } = message
  const received: PurchaseEvent = { at, type: 'refusalReceived', eventId, reason }
  switch (phase.name) {
    case 'asking':
      return [received, { at, type: 'ended', outcome: 'refused', reason: `The provider refused: ${reason}` }]
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
      if (at < askedAt + request.invoiceTimeoutMs) return []
      return [{ at, type: 'ended', outcome: 'expired', reason: whyNoInvoice(clockProblem, phase.sent) }]
    case 'reading':
      if (at < phase.heardAt + request.answerTimeoutMs) return []
      return [{ at, type: 'overdue', reason: 'Paid, and the provider went silent. The answer is shown if it still comes.' }]
    case 'overdue':
      return at < phase.since + OVERDUE_WINDOW_MS ? [] : [{ at, type: 'ended', outcome: 'failed', reason: 'Paid for and never delivered.' }]
    case 'closing':
      return at < phase.since + CLOSING_WINDOW_MS ? [] : [{ at, type: 'ended', outcome: phase.outcome, reason: phase.reason }]
    case 'paying':
    case 'closed':
      return []
  }
}

function next(phase: Phase, event: PurchaseEvent): Phase {
  switch (event.type) {
    case 'sent':
      return afterSending(phase, event.what)
    case 'invoiceAccepted':
      return phase.name === 'asking' ? { name: 'paying', intent: event.intent, asked: false, doubt: null, stopping: false } : phase
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
        ? { name: 'closing', outcome: 'stopped', reason: 'Stopped before anything was paid.', settled: null, intent: intentOf(phase), since: event.at }
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
      // The seller holds a place for who asked and was not answered in time: it is told.
      if (phase.name === 'asking' && phase.sent && event.outcome === 'expired') {
        return { name: 'closing', outcome: 'expired', reason: event.reason, settled: null, intent: null, since: event.at }
      }
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
  const reason = settled === null ? 'Stopped before anything was paid.' : 'Stopped. The price was for the request, so it is spent; what arrived is kept.'
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

function due({ phase, request, askedAt }: Begun): readonly PurchaseEffect[] {
  switch (phase.name) {
    case 'asking':
      return [LISTEN, ...(phase.sent ? [] : [send('request')]), wake(askedAt + request.invoiceTimeoutMs)]
    case 'paying':
      // Asked and not answered, also after a crash: look first. One key for both, so that they never run side by side.
      return [LISTEN, { key: 'pay', type: phase.asked ? 'lookUp' : 'pay', intent: phase.intent }]
    case 'reading':
      return [LISTEN, ...(phase.announced ? [] : [send('paymentSent')]), wake(phase.heardAt + request.answerTimeoutMs)]
    case 'overdue':
      return [LISTEN, wake(phase.since + OVERDUE_WINDOW_MS)]
    case 'closing':
      return [send('cancel'), wake(phase.since + CLOSING_WINDOW_MS)]
    case 'closed':
      return []
  }
}

function outgoing({ phase }: Begun, what: PurchaseSending): PurchaseOutgoing | null {
  if (!isSending(phase, what)) return null
  if (what === 'request' || what === 'cancel') return { what }
  return what === 'paymentSent' && phase.name === 'reading' ? { what, paymentId: phase.intent.paymentHash } : null
}

function look(purchase: Begun): PurchaseLook {
  const { phase, request } = purchase
  const settled = settlementOf(phase)
  const asked = intentOf(phase)
  const intent = phase.name === 'paying' ? phase.intent : asked
  const isClosing = phase.name === 'closing' || phase.name === 'closed'
  return {
    ...wordsFor(purchase),
    final: phase.name === 'closed',
    priceMsat: intent?.amountMsat ?? request.quotedMsat,
    paidMsat: settled?.intent.amountMsat ?? ZERO_MSAT,
    feeMsat: settled?.feeMsat ?? ZERO_MSAT,
    settledAt: settled?.settledAt ?? null,
    pendingMsat: phase.name === 'paying' ? addMsat(phase.intent.amountMsat, phase.intent.maxFeeMsat) : ZERO_MSAT,
    paymentHashes: intent === null ? [] : [intent.paymentHash],
    standing: standingIn(phase),
    lockedMsat: ZERO_MSAT,
    lockedUntil: null,
    owedMsat: phase.name === 'reading' || phase.name === 'overdue' ? phase.intent.amountMsat : ZERO_MSAT,
    refused: isClosing && settled === null ? phase.intent : null,
    invoices: asked === null ? [] : [asked.bolt11],
    isListening: isListening(phase),
  }
}

/** What it means for our money. */
function standingIn(phase: Phase): Standing {
  if (phase.name === 'paying') return standingOf({ from: 'wallet', to: 'onTheWay', msat: addMsat(phase.intent.amountMsat, phase.intent.maxFeeMsat) })
  const settled = settlementOf(phase)
  if (settled === null) return NO_STANDING
  const outcome = phase.name === 'closing' || phase.name === 'closed' ? phase.outcome : null
  // A stop is the customer's own: what it paid is spent. What was never delivered is lost.
  const to = outcome === null ? 'owedToUs' : outcome === 'failed' ? 'lost' : 'spent'
  return standingOf({ from: 'wallet', to, msat: settled.intent.amountMsat }, { from: 'wallet', to: 'fees', msat: settled.feeMsat })
}

function wordsFor({ phase, text }: Begun): { state: JobState; note: string } {
  switch (phase.name) {
    case 'asking':
      return { state: 'asking', note: phase.sent ? 'Waiting for the invoice.' : '' }
    case 'paying':
      return phase.doubt === null
        ? { state: 'paying', note: phase.stopping ? 'Stopping: the payment was already on its way.' : '' }
        : { state: 'payment-unknown', note: `${phase.doubt} It is looked up until the wallet knows; it is never paid twice.` }
    case 'reading':
      return text === '' ? { state: 'queued', note: 'Paid. Waiting for the answer.' } : { state: 'working', note: '' }
    case 'overdue':
      return { state: 'owed', note: phase.reason }
    case 'closing':
    case 'closed':
      return { state: phase.outcome, note: phase.reason }
  }
}

function isListening(phase: Phase): boolean {
  return phase.name === 'reading' || phase.name === 'overdue' || (phase.name === 'paying' && phase.asked)
}

function isSending(phase: Phase, what: PurchaseSending): boolean {
  switch (what) {
    case 'request':
      return phase.name === 'asking' && !phase.sent
    case 'paymentSent':
      return phase.name === 'reading' && !phase.announced
    case 'cancel':
      return phase.name === 'closing'
    case 'locked':
    case 'release':
      return false
  }
}

function settledOf(settled: Settled): Settled {
  return { intent: settled.intent, feeMsat: settled.feeMsat, settledAt: settled.settledAt }
}

/** What the wallet was asked to pay for this job, also when it did not. */
function intentOf(phase: Phase): Intent | null {
  switch (phase.name) {
    case 'asking':
      return null
    case 'paying':
      return phase.asked ? phase.intent : null
    case 'reading':
    case 'overdue':
    case 'closing':
    case 'closed':
      return phase.intent
  }
}

/** What was really paid for this job, whatever phase it is in. */
function settlementOf(phase: Phase): Settled | null {
  switch (phase.name) {
    case 'reading':
    case 'overdue':
      return settledOf(phase)
    case 'closing':
    case 'closed':
      return phase.settled
    case 'asking':
    case 'paying':
      return null
  }
}
