/**
 * A sale: one job from the seller's side, as a pure state machine (settlement `prepay`, PROTOCOL.md §6). It does not
 * know which dialect or wallet carries it.
 *
 *   none ─ request ─▶ refusing ─▶ closed
 *     └─▶ quoting ─▶ offering ─▶ waiting ─ own wallet says settled ─▶ working ─▶ delivering ─▶ delivered
 *              withdrawn ◀──┴── cancel          │  ▲     └─ failure ─▶ owed ─ retry ─┘
 *                  └─ expiry ─▶ closed          └──┴── customer stops ─▶ stopping ─▶ delivering
 *
 * Invariants: work starts only after `paid`, and `paid` comes only from one's own wallet; from `paid` on, the job ends
 * in `delivered` or `closed: written-off`, never in a paid failure.
 */
import type { DialectName, Json, Privacy } from '#shared/market/dialect.ts'
import type { Msat } from '#shared/market/msat.ts'
import type { Problem } from '#shared/market/result.ts'
import type { Sampling } from '#shared/market/sampling.ts'
import type { Delivery } from '../delivery.ts'
import type { Usage } from '../inference/backend.ts'
import type { Machine } from '../machine.ts'
import type { Invoice } from '../wallet/wallet.ts'

export interface SaleRequest {
  readonly jobId: string
  /** Event id of the request. */
  readonly requestId: string
  readonly customer: string
  readonly dialect: DialectName
  /** The dialect's own. */
  readonly route: Json
  readonly privacy: Privacy
  readonly prompt: string
  readonly model: string
  readonly maxTokens: number
  readonly sampling: Sampling
  readonly priceMsat: Msat
}

export interface Generated {
  readonly text: string
  readonly usage: Usage | null
  readonly stoppedBy: 'end' | 'length' | 'customer'
}

interface Paid {
  readonly invoice: Invoice
  readonly paidMsat: Msat
  readonly paidAt: number
}

/** `attempt` counts the inference runs that were begun, also those that a crash cut short. */
type Phase =
  | { readonly name: 'refusing'; readonly reason: string }
  | { readonly name: 'quoting' }
  | { readonly name: 'offering'; readonly invoice: Invoice }
  | { readonly name: 'waiting'; readonly invoice: Invoice }
  /** Cancelled before payment; the invoice is out, so money may still come until it expires. */
  | { readonly name: 'withdrawn'; readonly invoice: Invoice; readonly reason: string }
  | ({ readonly name: 'working'; readonly attempt: number; readonly retryAt: number } & Paid)
  | ({ readonly name: 'stopping'; readonly attempt: number } & Paid)
  | ({ readonly name: 'owed'; readonly attempt: number; readonly retryAt: number | null; readonly reason: string; readonly publicReason: string; readonly told: boolean } & Paid)
  | ({ readonly name: 'delivering'; readonly generated: Generated } & Paid)
  | ({ readonly name: 'delivered'; readonly generated: Generated } & Paid)
  | { readonly name: 'closed'; readonly outcome: 'refused' | 'stopped' | 'expired' | 'written-off'; readonly reason: string; readonly paid: Paid | null }

export type Sale = { readonly begun: false } | { readonly begun: true; readonly request: SaleRequest; readonly requestedAt: number; readonly changedAt: number; readonly claimed: boolean; readonly phase: Phase }

export type SaleMessage = { readonly at: number } & (
  | { readonly type: 'requested'; readonly request: SaleRequest; readonly refusal: string | null }
  | { readonly type: 'invoiceMade'; readonly invoice: Invoice }
  | { readonly type: 'invoiceFailed'; readonly problem: Problem }
  | { readonly type: 'sent'; readonly what: SaleSending; readonly delivery: Delivery }
  /** What one's own wallet says, asked about the invoice's own hash. */
  | { readonly type: 'paymentSeen'; readonly settledMsat: Msat }
  /** One's own wallet, asked, has no money for it. `isClosed`: it says that none can come any more. */
  | { readonly type: 'paymentMissing'; readonly isClosed: boolean }
  /** PaymentSent: a claim. Recorded, and a reason to look; never believed. */
  | { readonly type: 'paymentClaimed'; readonly eventId: string }
  | { readonly type: 'workBegun'; readonly attempt: number }
  | { readonly type: 'generated'; readonly generated: Generated }
  | { readonly type: 'workFailed'; readonly problem: Problem }
  | { readonly type: 'customerCancelled'; readonly eventId: string }
  | { readonly type: 'sellerCancelled' }
  | { readonly type: 'retryAsked' }
  | { readonly type: 'writtenOff'; readonly note: string }
  | { readonly type: 'tick' }
)

export type SaleSending = 'invoice' | 'result' | 'refusal' | 'trouble'

export type SaleEvent = { readonly at: number } & (
  | { readonly type: 'requested'; readonly request: SaleRequest }
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'invoiced'; readonly invoice: Invoice }
  | { readonly type: 'sent'; readonly what: SaleSending; readonly delivery: Delivery }
  | { readonly type: 'paymentClaimed'; readonly eventId: string }
  | { readonly type: 'paid'; readonly paidMsat: Msat }
  | { readonly type: 'workBegun'; readonly attempt: number }
  | { readonly type: 'workFailed'; readonly reason: string; readonly retryAt: number }
  /** `reason` is for the seller, in its backend's words; `publicReason` for the customer: what was stored before there was one has none. */
  | { readonly type: 'owed'; readonly reason: string; readonly publicReason?: string; readonly retryAt: number | null }
  | { readonly type: 'retried' }
  | { readonly type: 'stopAsked'; readonly eventId: string }
  | { readonly type: 'generated'; readonly generated: Generated }
  | { readonly type: 'withdrawn'; readonly reason: string }
  | { readonly type: 'closed'; readonly outcome: 'refused' | 'stopped' | 'expired' | 'written-off'; readonly reason: string }
)

export type SaleEffect =
  | { readonly key: string; readonly type: 'makeInvoice'; readonly request: SaleRequest }
  | { readonly key: string; readonly type: 'send'; readonly what: SaleSending }
  | { readonly key: string; readonly type: 'watchPayment'; readonly invoice: Invoice }
  | { readonly key: string; readonly type: 'work'; readonly request: SaleRequest; readonly attempt: number; readonly notBefore: number }
  | { readonly key: string; readonly type: 'collectPartial' }
  | { readonly key: string; readonly type: 'wake'; readonly at: number }

/** How long an unpaid invoice lives. */
export const INVOICE_EXPIRY_SECS = 180
/** The wallet may learn of a payment made in the last second a little later. */
export const EXPIRY_GRACE_MS = 30_000
/** A wallet that still calls the invoice open may be right, and our clock wrong (PROTOCOL.md §1): only after this is it not believed. */
export const CLOCK_DOUBT_MS = 900_000
/** A refusal that no relay takes is given up: nothing was promised. */
const REFUSAL_WINDOW_MS = 60_000
/** Pauses before the next try after a failed run; when they are used up the job is a debt. */
const QUICK_RETRY_MS = [2_000, 10_000] as const
/** What the customer hears of a failed run: the backend's own words may name machines and files of the seller's. */
const NOT_ANSWERING = 'The seller’s model is not answering; it is tried again.'
const GIVEN_UP = 'The seller’s model does not answer. The seller has to see to it; the answer is still owed.'
const NOT_YET = 'The seller could not answer yet.'
/** A debt is tried again by itself this often, this many times; then a person decides. */
const DEBT_RETRY_MS = 5 * 60_000
const MAX_ATTEMPTS = 15

export const saleMachine: Machine<Sale, SaleMessage, SaleEvent, SaleEffect> = {
  initial: { begun: false },
  decide,
  evolve,
  due,
}

function decide(sale: Sale, message: SaleMessage): readonly SaleEvent[] {
  const { at } = message
  if (!sale.begun) {
    if (message.type !== 'requested') return []
    const requested: SaleEvent = { at, type: 'requested', request: message.request }
    return message.refusal === null ? [requested] : [requested, { at, type: 'refused', reason: message.refusal }]
  }
  const { phase } = sale
  switch (message.type) {
    case 'requested':
      return [] // The same request again, from another relay or replayed: already known.
    case 'invoiceMade':
      return phase.name === 'quoting' ? [{ at, type: 'invoiced', invoice: message.invoice }] : []
    case 'invoiceFailed':
      // Why is the seller's own affair, and its wallet's: anybody may ask, and is told this.
      return phase.name === 'quoting' ? [{ at, type: 'refused', reason: 'The seller could not make an invoice. Ask again in a moment.' }] : []
    case 'sent':
      return isSending(phase, message.what) ? [{ at, type: 'sent', what: message.what, delivery: message.delivery }] : []
    case 'paymentClaimed':
      // Once: a claim costs its author nothing, so it may not grow the journal either.
      return isUnpaid(phase) && !sale.claimed ? [{ at, type: 'paymentClaimed', eventId: message.eventId }] : []
    case 'paymentSeen':
      return onPayment(sale, phase, message.settledMsat, at)
    case 'paymentMissing':
      return onMissingPayment(phase, message.isClosed, at)
    case 'workBegun':
      return phase.name === 'working' ? [{ at, type: 'workBegun', attempt: message.attempt }] : []
    case 'generated':
      return phase.name === 'working' || phase.name === 'stopping' ? [{ at, type: 'generated', generated: message.generated }] : []
    case 'workFailed':
      return phase.name === 'working' ? [afterFailure(phase.attempt, message.problem.message, at)] : []
    case 'customerCancelled':
      return onCustomerCancel(phase, message.eventId, at)
    case 'sellerCancelled':
      return onSellerCancel(phase, at)
    case 'retryAsked':
      return phase.name === 'owed' ? [{ at, type: 'retried' }] : []
    case 'writtenOff':
      return phase.name === 'owed' ? [{ at, type: 'closed', outcome: 'written-off', reason: message.note }] : []
    case 'tick':
      return onTick(sale, at)
  }
}

function onPayment(sale: Sale & { begun: true }, phase: Phase, settledMsat: Msat, at: number): readonly SaleEvent[] {
  if (!isUnpaid(phase) && phase.name !== 'withdrawn') return []
  const paid: SaleEvent = { at, type: 'paid', paidMsat: settledMsat }
  if (settledMsat < sale.request.priceMsat) {
    return [paid, { at, type: 'owed', reason: 'Less arrived than the invoice asked for. Pay it back, or answer anyway.', publicReason: 'Less arrived than the invoice asked for. The seller decides what to do.', retryAt: null }]
  }
  if (phase.name === 'withdrawn') {
    return [paid, { at, type: 'owed', reason: `Paid after it was cancelled (${phase.reason})`, publicReason: 'It was paid after it was cancelled. The seller decides what to do.', retryAt: null }]
  }
  return [paid]
}

function onCustomerCancel(phase: Phase, eventId: string, at: number): readonly SaleEvent[] {
  switch (phase.name) {
    case 'quoting':
      return [{ at, type: 'closed', outcome: 'stopped', reason: 'The customer cancelled before paying.' }]
    case 'offering':
    case 'waiting':
      return [{ at, type: 'withdrawn', reason: 'The customer cancelled before paying.' }]
    case 'working':
      return [{ at, type: 'stopAsked', eventId }]
    case 'owed': // Nothing was delivered for the money: a customer that stops waiting is owed all the same.
    case 'refusing':
    case 'withdrawn':
    case 'stopping':
    case 'delivering':
    case 'delivered':
    case 'closed':
      return []
  }
}

const SELLER_CANCELLED = 'The seller cancelled it after it was paid.'

function onSellerCancel(phase: Phase, at: number): readonly SaleEvent[] {
  switch (phase.name) {
    case 'quoting':
      return [{ at, type: 'refused', reason: 'The seller cancelled it.' }]
    case 'offering':
    case 'waiting':
      return [{ at, type: 'withdrawn', reason: 'The seller cancelled it.' }]
    case 'working':
      return [{ at, type: 'owed', reason: SELLER_CANCELLED, publicReason: SELLER_CANCELLED, retryAt: null }]
    case 'refusing':
    case 'withdrawn':
    case 'stopping':
    case 'owed':
    case 'delivering':
    case 'delivered':
    case 'closed':
      return []
  }
}

/** Never by the clock alone: it may have been paid while this machine was down, or the clock may be wrong. */
function onMissingPayment(phase: Phase, isClosed: boolean, at: number): readonly SaleEvent[] {
  if (!isUnpaid(phase) && phase.name !== 'withdrawn') return []
  if (at < expiryDeadline(phase.invoice) + (isClosed ? 0 : CLOCK_DOUBT_MS)) return []
  return phase.name === 'withdrawn'
    ? [{ at, type: 'closed', outcome: 'stopped', reason: phase.reason }]
    : [{ at, type: 'closed', outcome: 'expired', reason: 'The invoice was not paid in time.' }]
}

function onTick(sale: Sale & { begun: true }, at: number): readonly SaleEvent[] {
  const { phase } = sale
  if (phase.name === 'refusing') {
    return at < sale.changedAt + REFUSAL_WINDOW_MS ? [] : [{ at, type: 'closed', outcome: 'refused', reason: phase.reason }]
  }
  if (phase.name === 'owed' && phase.retryAt !== null && at >= phase.retryAt) return [{ at, type: 'retried' }]
  return []
}

function afterFailure(attempt: number, reason: string, at: number): SaleEvent {
  const pause = QUICK_RETRY_MS[attempt - 1]
  if (pause !== undefined) return { at, type: 'workFailed', reason, retryAt: at + pause }
  const retryAt = attempt < MAX_ATTEMPTS ? at + DEBT_RETRY_MS : null
  return { at, type: 'owed', reason, publicReason: retryAt === null ? GIVEN_UP : NOT_ANSWERING, retryAt }
}

function evolve(sale: Sale, event: SaleEvent): Sale {
  if (!sale.begun) {
    if (event.type !== 'requested') return sale
    return { begun: true, request: event.request, requestedAt: event.at, changedAt: event.at, claimed: false, phase: { name: 'quoting' } }
  }
  // A claim changes nothing that is due: what goes out again stays dated as it was.
  if (event.type === 'paymentClaimed') return { ...sale, claimed: true }
  return { ...sale, changedAt: event.at, phase: nextPhase(sale.phase, event) }
}

function nextPhase(phase: Phase, event: SaleEvent): Phase {
  switch (event.type) {
    case 'requested':
    case 'paymentClaimed':
      return phase
    case 'refused':
      return { name: 'refusing', reason: event.reason }
    case 'invoiced':
      return { name: 'offering', invoice: event.invoice }
    case 'sent':
      return afterSending(phase, event.what)
    case 'paid':
      return 'invoice' in phase ? { name: 'working', invoice: phase.invoice, paidMsat: event.paidMsat, paidAt: event.at, attempt: 0, retryAt: 0 } : phase
    case 'workBegun':
      return phase.name === 'working' ? { ...phase, attempt: event.attempt } : phase
    case 'workFailed':
      return phase.name === 'working' ? { ...phase, retryAt: event.retryAt } : phase
    case 'owed':
      return phase.name === 'working' ? { ...paidOf(phase), name: 'owed', attempt: phase.attempt, retryAt: event.retryAt, reason: event.reason, publicReason: event.publicReason ?? NOT_YET, told: false } : phase
    case 'retried':
      return phase.name === 'owed' ? { ...paidOf(phase), name: 'working', attempt: phase.attempt, retryAt: 0 } : phase
    case 'stopAsked':
      return phase.name === 'working' || phase.name === 'owed' ? { ...paidOf(phase), name: 'stopping', attempt: phase.attempt } : phase
    case 'generated':
      return phase.name === 'working' || phase.name === 'stopping' ? { ...paidOf(phase), name: 'delivering', generated: event.generated } : phase
    case 'withdrawn':
      return 'invoice' in phase ? { name: 'withdrawn', invoice: phase.invoice, reason: event.reason } : phase
    case 'closed':
      return { name: 'closed', outcome: event.outcome, reason: event.reason, paid: 'paidMsat' in phase ? paidOf(phase) : null }
  }
}

function afterSending(phase: Phase, what: SaleSending): Phase {
  if (!isSending(phase, what)) return phase
  switch (phase.name) {
    case 'refusing':
      return { name: 'closed', outcome: 'refused', reason: phase.reason, paid: null }
    case 'offering':
      return { name: 'waiting', invoice: phase.invoice }
    case 'owed':
      return { ...phase, told: true }
    case 'delivering':
      return { ...phase, name: 'delivered' }
    case 'quoting':
    case 'waiting':
    case 'withdrawn':
    case 'working':
    case 'stopping':
    case 'delivered':
    case 'closed':
      return phase
  }
}

function due(sale: Sale): readonly SaleEffect[] {
  if (!sale.begun) return []
  const { phase, request } = sale
  switch (phase.name) {
    case 'refusing':
      return [send('refusal'), wake(sale.changedAt + REFUSAL_WINDOW_MS)]
    case 'quoting':
      return [{ key: 'makeInvoice', type: 'makeInvoice', request }]
    case 'offering':
      return [send('invoice'), watchPayment(phase.invoice)]
    case 'waiting':
    case 'withdrawn':
      return [watchPayment(phase.invoice)]
    case 'working':
      return [{ key: 'work', type: 'work', request, attempt: phase.attempt + 1, notBefore: phase.retryAt }]
    case 'stopping':
      return [{ key: 'collectPartial', type: 'collectPartial' }]
    case 'owed':
      return [...(phase.told ? [] : [send('trouble')]), ...(phase.retryAt === null ? [] : [wake(phase.retryAt)])]
    case 'delivering':
      return [send('result')]
    case 'delivered':
    case 'closed':
      return []
  }
}

const send = (what: SaleSending): SaleEffect => ({ key: `send:${what}`, type: 'send', what })
const wake = (at: number): SaleEffect => ({ key: `wake:${at}`, type: 'wake', at })
const watchPayment = (invoice: Invoice): SaleEffect => ({ key: 'watchPayment', type: 'watchPayment', invoice })

/** Unix ms from which an unpaid invoice may count as expired. */
export function expiryDeadline(invoice: Invoice): number {
  return invoice.expiresAt * 1_000 + EXPIRY_GRACE_MS
}

/** Why it is refused, or still owed, for the customer to read; empty when it is neither. */
export function reasonForCustomer({ phase }: Sale & { begun: true }): string {
  if (phase.name === 'owed') return phase.publicReason
  return phase.name === 'refusing' ? phase.reason : ''
}

function paidOf(paid: Paid): Paid {
  return { invoice: paid.invoice, paidMsat: paid.paidMsat, paidAt: paid.paidAt }
}

function isUnpaid(phase: Phase): phase is Extract<Phase, { name: 'offering' | 'waiting' }> {
  return phase.name === 'offering' || phase.name === 'waiting'
}

function isSending(phase: Phase, what: SaleSending): boolean {
  switch (what) {
    case 'refusal':
      return phase.name === 'refusing'
    case 'invoice':
      return phase.name === 'offering'
    case 'result':
      return phase.name === 'delivering'
    case 'trouble':
      return phase.name === 'owed' && !phase.told
  }
}
