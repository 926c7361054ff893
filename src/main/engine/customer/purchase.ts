/**
 * A purchase: one job from the customer's side, as a pure state machine (settlement `prepay`, PROTOCOL.md §6). It does
 * not know which dialect or wallet carries it.
 *
 *   none ─▶ asking ─ invoice accepted ─▶ paying ─ settled ─▶ reading ─ result ─▶ closed: done
 *             │ refused, timed out          │ failed            │ silence ─▶ overdue ─ late result ─▶ closed: done
 *             └───────▶ closed ◀────────────┴── stop ──▶ closing ┘
 *
 * Invariants: one invoice, one payment hash, one idempotency key per job, stored before the wallet is asked; what is
 * unknown is looked up, never taken for failed; nothing is believed from anyone but the provider bound to the job: the one
 * that the request names or, of an open request, the first whose invoice was accepted; bids are gathered before (bidGathering.ts).
 */
import type { DialectName, Json, Privacy } from '#shared/market/dialect.ts'
import type { Msat } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import type { Result } from '#shared/market/result.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import type { Delivery } from '../delivery.ts'
import type { Usage } from '../inference/backend.ts'
import type { Machine } from '../machine.ts'
import type { Payment, PayOutcome } from '../wallet/wallet.ts'
import { judgeInvoice, type InvoiceOffer, type SpendingContext } from './judgeInvoice.ts'

export interface PurchaseRequest {
  readonly jobId: string
  /** The signed request: the same bytes go out again after a restart. */
  readonly event: NostrEvent
  /** Null: an open request, to whoever reads it. */
  readonly provider: string | null
  readonly providerName: string
  readonly model: string | null
  readonly dialect: DialectName
  /** The dialect's own. */
  readonly route: Json
  readonly privacy: Privacy
  readonly prompt: string
  readonly maxTokens: number
  readonly network: Network
  /** What the listing said: the invoice may not ask for more. */
  readonly quotedMsat: Msat
  /** What this job may cost at the most, fee not included. */
  readonly budgetMsat: Msat
  readonly invoiceTimeoutMs: number
  readonly answerTimeoutMs: number
}

/** The payment intent: stored before the wallet is asked, with the one key under which it may be asked again. */
export interface Intent {
  readonly bolt11: string
  readonly paymentHash: string
  readonly amountMsat: Msat
  readonly maxFeeMsat: Msat
  readonly idempotencyKey: string
  /** Unix seconds. */
  readonly expiresAt: number
}

interface Settled {
  readonly intent: Intent
  readonly feeMsat: Msat
  readonly settledAt: number
}

type Outcome = 'done' | 'stopped' | 'refused' | 'failed' | 'expired'

type Phase =
  | { readonly name: 'asking'; readonly sent: boolean }
  /** `asked`: the wallet was told to pay at least once. `doubt`: its answer was not one. */
  | { readonly name: 'paying'; readonly intent: Intent; readonly asked: boolean; readonly doubt: string | null; readonly stopping: boolean }
  | ({ readonly name: 'reading'; readonly announced: boolean; readonly heardAt: number } & Settled)
  /** Paid, and silence for too long. Still listening; still the provider's debt. */
  | ({ readonly name: 'overdue'; readonly reason: string; readonly since: number } & Settled)
  /** Ended for us; the cancel still has to go out. */
  | { readonly name: 'closing'; readonly outcome: Outcome; readonly reason: string; readonly settled: Settled | null; readonly intent: Intent | null; readonly since: number }
  /** `intent` without `settled`: the wallet was asked to pay, and said no. Should it say otherwise later, it is believed. */
  | { readonly name: 'closed'; readonly outcome: Outcome; readonly reason: string; readonly settled: Settled | null; readonly intent: Intent | null }

export type Purchase =
  | { readonly begun: false }
  | {
      readonly begun: true
      readonly request: PurchaseRequest
      /** Who is bound to the job; null while nobody is. */
      readonly provider: string | null
      readonly askedAt: number
      readonly changedAt: number
      readonly text: string
      readonly firstTextAt: number | null
      readonly hasResult: boolean
      readonly usage: Usage | null
      /** A private question that was answered in the open. */
      readonly isExposed: boolean
      readonly troubles: number
      readonly phase: Phase
    }

export type PurchaseMessage = { readonly at: number } & (
  | { readonly type: 'asked'; readonly request: PurchaseRequest }
  | { readonly type: 'sent'; readonly what: PurchaseSending; readonly delivery: Delivery }
  | { readonly type: 'invoiceReceived'; readonly from: string; readonly eventId: string; readonly raw: string; readonly invoice: Result<InvoiceOffer>; readonly context: SpendingContext }
  | { readonly type: 'payAsked' }
  | { readonly type: 'payAnswered'; readonly outcome: PayOutcome }
  /** `payment: null`: the wallet knows of no such payment. */
  | { readonly type: 'paymentLookedUp'; readonly payment: Payment | null }
  /** What arrived since the last such message: stored now and then, so that a stop or a crash keeps it. */
  | { readonly type: 'textReceived'; readonly from: string; readonly text: string }
  | { readonly type: 'resultReceived'; readonly from: string; readonly eventId: string; readonly raw: string; readonly text: string; readonly usage: Usage | null; readonly receipt: NostrEvent | null; readonly isOpen: boolean }
  | { readonly type: 'refusalReceived'; readonly from: string; readonly eventId: string; readonly reason: string }
  | { readonly type: 'stopAsked' }
  /** `clockProblem`: how this machine's clock and the relays' differ, for a person; null when they agree. */
  | { readonly type: 'tick'; readonly clockProblem: string | null }
)

export type PurchaseSending = 'request' | 'paymentSent' | 'cancel'

export type PurchaseEvent = { readonly at: number } & (
  | { readonly type: 'asked'; readonly request: PurchaseRequest }
  | { readonly type: 'sent'; readonly what: PurchaseSending; readonly delivery: Delivery }
  | { readonly type: 'invoiceAccepted'; readonly from?: string; readonly eventId: string; readonly raw: string; readonly intent: Intent }
  | { readonly type: 'invoiceRefused'; readonly eventId: string; readonly raw: string; readonly reason: string }
  | { readonly type: 'payAsked' }
  | { readonly type: 'payInDoubt'; readonly reason: string }
  | { readonly type: 'settled'; readonly preimage: string | null; readonly feeMsat: Msat }
  | { readonly type: 'payFailed'; readonly reason: string }
  /** After `payFailed`: the wallet says that it was paid after all. */
  | { readonly type: 'settledLate'; readonly preimage: string | null; readonly feeMsat: Msat }
  | { readonly type: 'textReceived'; readonly text: string }
  | { readonly type: 'resultReceived'; readonly eventId: string; readonly raw: string; readonly text: string; readonly usage?: Usage | null; readonly receipt?: NostrEvent | null; readonly isOpen?: boolean }
  | { readonly type: 'refusalReceived'; readonly eventId: string; readonly reason: string }
  | { readonly type: 'stopAsked' }
  | { readonly type: 'overdue'; readonly reason: string }
  | { readonly type: 'ended'; readonly outcome: Outcome; readonly reason: string }
)

export type PurchaseEffect =
  | { readonly key: string; readonly type: 'send'; readonly what: PurchaseSending }
  | { readonly key: string; readonly type: 'pay' | 'lookUp'; readonly intent: Intent }
  /** Reads what the provider says of this job, for as long as it is due. */
  | { readonly key: string; readonly type: 'listen' }
  | { readonly key: string; readonly type: 'wake'; readonly at: number }

/** An answer that is paid for and late is waited for this long before the job is closed as failed. */
export const OVERDUE_WINDOW_MS = 24 * 3_600_000
/** What streams in is bounded by us, since it may never end: a little more than the largest result. */
export const MAX_ANSWER_CHARACTERS = 1_200_000
/** What a provider complains about is kept this often. */
const MAX_TROUBLES = 5
/** A cancel that no relay takes is given up. */
const CLOSING_WINDOW_MS = 60_000
/** The wallet may still be sending in the invoice's last second; only well after its expiry is "unknown to the wallet" an end. */
export const DOUBT_GRACE_MS = 120_000

export const purchaseMachine: Machine<Purchase, PurchaseMessage, PurchaseEvent, PurchaseEffect> = {
  initial: { begun: false },
  decide,
  evolve,
  due,
}

type Begun = Extract<Purchase, { begun: true }>

function decide(purchase: Purchase, message: PurchaseMessage): readonly PurchaseEvent[] {
  const { at } = message
  if (!purchase.begun) return message.type === 'asked' ? [{ at, type: 'asked', request: message.request }] : []
  const { phase } = purchase
  if ('from' in message && !isHeard(purchase, message)) return []
  switch (message.type) {
    case 'asked':
      return []
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
      // A piece that comes after the whole, as the payment is still in doubt, is part of it already.
      return isListening(phase) && !purchase.hasResult && message.text !== '' && purchase.text.length + message.text.length <= MAX_ANSWER_CHARACTERS ? [{ at, type: 'textReceived', text: message.text }] : []
    case 'resultReceived':
      return onResult(purchase, message)
    case 'refusalReceived':
      return onRefusal(purchase, message)
    case 'stopAsked':
      return onStop(phase, at)
    case 'tick':
      return onTick(purchase, message.clockProblem, at)
  }
}

/** Before anybody is bound, invoices are heard from everybody; a refusal then is one bidder's, and no end. */
function isHeard({ provider }: Begun, message: PurchaseMessage & { from: string }): boolean {
  return provider === null ? message.type === 'invoiceReceived' : message.from === provider
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
      return [{
        at, type: 'ended', outcome: 'expired',
        reason: clockProblem !== null ? `No invoice came in time. ${clockProblem}` : phase.sent ? 'No invoice came in time: the provider may be away. Try another, or ask again.' : 'No relay took the request in time. Check the relays in Settings.',
      }]
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

function evolve(purchase: Purchase, event: PurchaseEvent): Purchase {
  if (!purchase.begun) {
    if (event.type !== 'asked') return purchase
    const { request, at } = event
    return { begun: true, request, provider: request.provider, askedAt: at, changedAt: at, text: '', firstTextAt: null, hasResult: false, usage: null, isExposed: false, troubles: 0, phase: { name: 'asking', sent: false } }
  }
  const next = { ...purchase, changedAt: event.at, phase: nextPhase(purchase.phase, event) }
  if (event.type === 'textReceived') return { ...next, text: purchase.text + event.text, firstTextAt: purchase.firstTextAt ?? event.at }
  if (event.type === 'invoiceAccepted') return { ...next, provider: purchase.provider ?? event.from ?? null }
  if (event.type === 'refusalReceived') return { ...next, troubles: purchase.troubles + 1 }
  if (event.type === 'resultReceived') {
    const isExposed = purchase.request.privacy === 'private' && event.isOpen === true
    return { ...next, text: event.text, firstTextAt: purchase.firstTextAt ?? event.at, hasResult: true, usage: event.usage ?? null, isExposed }
  }
  return next
}

function nextPhase(phase: Phase, event: PurchaseEvent): Phase {
  switch (event.type) {
    case 'asked':
    case 'refusalReceived':
    case 'resultReceived':
      return phase
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

function due(purchase: Purchase): readonly PurchaseEffect[] {
  if (!purchase.begun) return []
  const { phase, request, askedAt } = purchase
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

const LISTEN: PurchaseEffect = { key: 'listen', type: 'listen' }
const send = (what: PurchaseSending): PurchaseEffect => ({ key: `send:${what}`, type: 'send', what })
const wake = (at: number): PurchaseEffect => ({ key: `wake:${at}`, type: 'wake', at })

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
  }
}

function settledOf(settled: Settled): Settled {
  return { intent: settled.intent, feeMsat: settled.feeMsat, settledAt: settled.settledAt }
}

/** What the wallet was asked to pay for this job, also when it did not. */
export function intentOf(phase: Phase): Intent | null {
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
export function settlementOf(phase: Phase): Settled | null {
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
