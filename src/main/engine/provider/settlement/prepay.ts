/**
 * `prepay` (PROTOCOL.md §6): the customer pays the invoice, our wallet shows it settled, then we work.
 *
 *   quoting ─▶ offering ─▶ waiting ─ own wallet says settled ─▶ working ─▶ delivering ─▶ delivered
 *     withdrawn ◀──┴── cancel          │  ▲     └─ failure ─▶ owed ─ retry ─┘
 *         └─ expiry ─▶ closed          └──┴── customer stops ─▶ stopping ─▶ delivering
 *
 * Invariant: from `paid` on, the job ends in `delivered` or `closed: written-off`, never in a paid failure.
 */
import type { Msat } from '#shared/market/msat.ts'
import type { SaleEffect, SaleEvent, SaleMessage, SaleSending } from '../sale.ts'
import { INVOICE_EXPIRY_SECS, isOver } from './invoicePatience.ts'
import { send, wake, watchPayment, type SaleIn, type SaleMode, type SaleOutgoing } from './mode.ts'
import { look } from './prepayLook.ts'
import { isGivenUp, isSending, isUnpaid, paidOf, type Phase } from './prepayPhase.ts'
import { afterFailure, NOT_YET } from './workFailure.ts'

export type { PrepayPhase } from './prepayPhase.ts'

export const prepay: SaleMode<Phase> = { first: () => ({ name: 'quoting' }), decide, next, due, outgoing, look }

function decide(sale: SaleIn<Phase>, message: SaleMessage): readonly SaleEvent[] {
  const { at } = message
  const { phase } = sale
  switch (message.type) {
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
      return onPayment(sale, message.settledMsat, at)
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
      return phase.name === 'owed' && phase.retryAt !== null && at >= phase.retryAt ? [{ at, type: 'retried' }] : []
    // Of other modes.
    case 'requested':
    case 'lockSeen':
    case 'lockReturned':
    case 'lockAnnounced':
    case 'preimageReceived':
    case 'claimFailed':
    case 'tokensMade':
    case 'sealed':
      return []
  }
}

function onPayment({ request, phase }: SaleIn<Phase>, settledMsat: Msat, at: number): readonly SaleEvent[] {
  if (!isUnpaid(phase) && !isGivenUp(phase)) return []
  const paid: SaleEvent = { at, type: 'paid', paidMsat: settledMsat }
  if (settledMsat < request.priceMsat) {
    return [paid, { at, type: 'owed', reason: 'Less arrived than the invoice asked for. Pay it back, or answer anyway.', publicReason: 'Less arrived than the invoice asked for. The seller decides what to do.', retryAt: null }]
  }
  if (isGivenUp(phase)) {
    const late = phase.name === 'withdrawn' ? 'after it was cancelled' : 'when nobody waited for it any more'
    return [paid, { at, type: 'owed', reason: `Paid ${late} (${phase.reason})`, publicReason: `It was paid ${late}. The seller decides what to do.`, retryAt: null }]
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
    case 'withdrawn':
    case 'stopping':
    case 'owed':
    case 'delivering':
    case 'delivered':
    case 'closed':
      return []
  }
}

function onMissingPayment(phase: Phase, isClosed: boolean, at: number): readonly SaleEvent[] {
  if ((!isUnpaid(phase) && phase.name !== 'withdrawn') || !isOver(phase.invoice, isClosed, at)) return []
  return phase.name === 'withdrawn'
    ? [{ at, type: 'closed', outcome: 'stopped', reason: phase.reason }]
    : [{ at, type: 'closed', outcome: 'expired', reason: 'The invoice was not paid in time.' }]
}

function next(phase: Phase, event: SaleEvent): Phase {
  switch (event.type) {
    case 'invoiced':
      return { name: 'offering', invoice: event.invoice }
    case 'sent':
      return afterSending(phase, event.what)
    case 'paid':
      return 'invoice' in phase && phase.invoice !== null ? { name: 'working', invoice: phase.invoice, paidMsat: event.paidMsat, paidAt: event.at, attempt: 0, retryAt: 0 } : phase
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
      return isUnpaid(phase) ? { name: 'withdrawn', invoice: phase.invoice, reason: event.reason } : phase
    case 'closed':
      return { name: 'closed', outcome: event.outcome, reason: event.reason, invoice: 'invoice' in phase ? phase.invoice : null, paid: 'paidMsat' in phase ? paidOf(phase) : null }
    // They change no phase, or are of other modes.
    case 'requested':
    case 'refused':
    case 'paymentClaimed':
    case 'lockAnnounced':
    case 'lockAccepted':
    case 'lockRefused':
    case 'lockReturned':
    case 'released':
    case 'claimFailed':
    case 'tokensMade':
    case 'paused':
    case 'resumed':
    case 'sealed':
      return phase
  }
}

function afterSending(phase: Phase, what: SaleSending): Phase {
  if (!isSending(phase, what)) return phase
  switch (phase.name) {
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

function due({ phase, request }: SaleIn<Phase>): readonly SaleEffect[] {
  switch (phase.name) {
    case 'quoting':
      return [{ key: 'makeInvoice', type: 'makeInvoice', index: 0, amountMsat: request.priceMsat, expirySecs: INVOICE_EXPIRY_SECS, hold: null }]
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

function outgoing({ phase }: SaleIn<Phase>, what: SaleSending): SaleOutgoing | null {
  if (what === 'invoice' && phase.name === 'offering') return { what, invoice: phase.invoice, index: 0 }
  if (what === 'trouble' && phase.name === 'owed') return { what, reason: phase.publicReason }
  if (what === 'result' && phase.name === 'delivering') {
    const { paymentHash, amountMsat, bolt11 } = phase.invoice
    return { what, generated: phase.generated, payments: [{ paymentHash, amountMsat, bolt11 }] }
  }
  return null
}
