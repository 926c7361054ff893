/**
 * `sealed` (PROTOCOL.md §6): the answer goes first, its end under seal; whoever pays for it gets with the payment what opens it.
 *
 *   quotingDeposit ─▶ offeringDeposit ─▶ awaitingDeposit ─ settled ─▶ working      (with a deposit; without: working at once)
 *   working ─▶ sealing ─▶ delivering ─▶ invoicing ─▶ offering ─▶ waiting ─ own wallet says held ─▶ claiming ─▶ opened
 *      └─ failure, cancel ─▶ owed (a deposit), failing, closed               cancel ─▶ withdrawing ─▶ closed
 *
 * Invariants: the secret goes to our own wallet alone, and not before the sealed answer is with a relay: whoever pays holds
 * what it opens. What is not paid is never opened; of the work not paid, `creditMsat` says the worth (agreement.ts bounds it).
 */
import { ZERO_MSAT } from '#shared/market/msat.ts'
import type { SaleEffect, SaleEvent, SaleRequest, SaleSending } from '../sale.ts'
import { INVOICE_EXPIRY_SECS } from './invoicePatience.ts'
import { send, wake, watchPayment, type SaleIn, type SaleMode, type SaleOutgoing } from './mode.ts'
import { decide } from './sealedDecide.ts'
import { look } from './sealedLook.ts'
import { DELIVERY_WINDOW_MS, indexOfOpening, isSending, openingMsat, TELL_WINDOW_MS, termsOf, unpaidDepositOf, type Delivered, type Offered, type Phase } from './sealedPhase.ts'
import { NOT_YET } from './workFailure.ts'

export type { SealedPhase } from './sealedPhase.ts'

/** Opening may wait for a customer that was away when its answer was done. */
const OPENING_EXPIRY_SECS = 3_600

export const sealed: SaleMode<Phase> = { first, decide, next, due, outgoing, look }

function first(request: SaleRequest): Phase {
  return termsOf(request).depositMsat > 0 ? { name: 'quotingDeposit' } : { name: 'working', attempt: 0, retryAt: 0, deposit: null }
}

function next(phase: Phase, event: SaleEvent, { request }: SaleIn<Phase>): Phase {
  switch (event.type) {
    case 'invoiced':
      if (phase.name === 'quotingDeposit') return { name: 'offeringDeposit', invoice: event.invoice }
      return phase.name === 'invoicing' ? { ...deliveredOf(phase), name: 'offering', invoice: event.invoice } : phase
    case 'sent':
      return afterSending(phase, event)
    case 'paid': {
      const unpaid = unpaidDepositOf(phase)
      if (unpaid !== null) return { name: 'working', attempt: 0, retryAt: 0, deposit: { invoice: unpaid, paidMsat: event.paidMsat, paidAt: event.at } }
      return 'goods' in phase && 'invoice' in phase ? { ...offeredOf(phase), name: 'opened', paidMsat: event.paidMsat, paidAt: event.at } : phase
    }
    case 'workBegun':
      return phase.name === 'working' ? { ...phase, attempt: event.attempt } : phase
    case 'workFailed':
      return phase.name === 'working' ? { ...phase, retryAt: event.retryAt } : phase
    case 'owed': {
      const deposit = 'deposit' in phase ? phase.deposit : null
      const attempt = 'attempt' in phase ? phase.attempt : 0
      return deposit === null ? phase : { name: 'owed', attempt, retryAt: event.retryAt, reason: event.reason, publicReason: event.publicReason ?? NOT_YET, told: false, deposit, delivered: 'goods' in phase && phase.goods !== null && phase.generated !== null ? deliveredOf({ ...phase, goods: phase.goods, generated: phase.generated }) : null }
    }
    case 'retried':
      if (phase.name !== 'owed') return phase
      // What is made and sealed is handed over as it is: it is not made again.
      return phase.delivered === null ? { name: 'working', attempt: phase.attempt, retryAt: 0, deposit: phase.deposit } : { ...phase.delivered, name: 'delivering', since: event.at }
    case 'generated':
      return phase.name === 'working' ? { name: 'sealing', deposit: phase.deposit, generated: event.generated } : phase
    case 'sealed': {
      if (phase.name !== 'sealing') return phase
      const { preview, ciphertext, commitment, sealedBytes, at } = event
      const goods = { preview, ciphertext, commitment, sealedBytes, paymentHash: termsOf(request).paymentHash, amountMsat: openingMsat(request) }
      return { name: 'delivering', since: at, deposit: phase.deposit, generated: phase.generated, goods }
    }
    case 'lockAccepted':
      return phase.name === 'offering' || phase.name === 'waiting' ? { ...offeredOf(phase), name: 'claiming', heldUntil: event.heldUntil } : phase
    case 'lockRefused':
      return phase.name === 'offering' || phase.name === 'waiting' ? { ...offeredOf(phase), name: 'withdrawing', reason: event.reason } : phase
    case 'withdrawn':
      return afterWithdrawal(phase, event)
    case 'closed':
      return closed(phase, event, request)
    // They change no phase, or are of other modes.
    case 'requested':
    case 'refused':
    case 'paymentClaimed':
    case 'lockAnnounced':
    case 'lockReturned':
    case 'released':
    case 'claimFailed':
    case 'tokensMade':
    case 'paused':
    case 'resumed':
    case 'stopAsked':
      return phase
  }
}

function afterSending(phase: Phase, { what, at }: SaleEvent & { type: 'sent' }): Phase {
  if (!isSending(phase, what)) return phase
  if (phase.name === 'offeringDeposit') return { name: 'awaitingDeposit', invoice: phase.invoice }
  if (phase.name === 'owed') return { ...phase, told: true }
  if (phase.name === 'failing') return { name: 'closed', outcome: phase.outcome, reason: phase.reason, deposit: null, generated: null, goods: null, creditMsat: ZERO_MSAT, unpaid: null }
  if (phase.name === 'delivering') return { ...phase, name: 'invoicing', since: at }
  return phase.name === 'offering' ? { ...phase, name: 'waiting' } : phase
}

function afterWithdrawal(phase: Phase, { reason, publicReason, outcome }: SaleEvent & { type: 'withdrawn' }): Phase {
  if (phase.name === 'offeringDeposit' || phase.name === 'awaitingDeposit') return { name: 'withdrawn', invoice: phase.invoice, reason }
  if (phase.name === 'offering' || phase.name === 'waiting') return { ...offeredOf(phase), name: 'withdrawing', reason }
  return phase.name === 'working' ? { name: 'failing', outcome: outcome ?? 'stopped', reason, publicReason: publicReason ?? NOT_YET } : phase
}

function closed(phase: Phase, { outcome, reason }: SaleEvent & { type: 'closed' }, request: SaleRequest): Phase {
  return {
    name: 'closed',
    outcome,
    reason,
    deposit: 'deposit' in phase ? phase.deposit : null,
    generated: 'generated' in phase ? phase.generated : null,
    goods: 'goods' in phase ? phase.goods : null,
    // What failed on our side is nobody's debt; what was begun for a customer who then left is on its account.
    creditMsat: outcome === 'unpaid' || outcome === 'returned' || (outcome === 'stopped' && phase.name === 'working') ? openingMsat(request) : ZERO_MSAT,
    unpaid: unpaidDepositOf(phase),
  }
}

function deliveredOf({ deposit, generated, goods }: Delivered): Delivered {
  return { deposit, generated, goods }
}

function offeredOf(offered: Offered): Offered {
  return { ...deliveredOf(offered), invoice: offered.invoice }
}

function due({ phase, request, changedAt }: SaleIn<Phase>): readonly SaleEffect[] {
  const { depositMsat, paymentHash, previewPermille, holdSecs } = termsOf(request)
  switch (phase.name) {
    case 'quotingDeposit':
      return [{ key: 'makeInvoice:0', type: 'makeInvoice', index: 0, amountMsat: depositMsat, expirySecs: INVOICE_EXPIRY_SECS, hold: null }]
    case 'offeringDeposit':
      return [send('invoice'), watchPayment(phase.invoice)]
    case 'awaitingDeposit':
    case 'withdrawn':
      return [watchPayment(phase.invoice)]
    case 'working':
      return [{ key: 'work', type: 'work', request, attempt: phase.attempt + 1, notBefore: phase.retryAt }]
    case 'owed':
      return [...(phase.told ? [] : [send('trouble')]), ...(phase.retryAt === null ? [] : [wake(phase.retryAt)])]
    case 'failing':
      return [send('trouble'), wake(changedAt + TELL_WINDOW_MS)]
    case 'sealing':
      return [{ key: 'seal', type: 'seal', paymentHash, text: phase.generated.text, previewPermille }]
    case 'delivering':
      return [send('sealed'), wake(phase.since + DELIVERY_WINDOW_MS)]
    case 'invoicing': {
      const index = indexOfOpening(request)
      const hold = { paymentHash, holdSecs }
      return [{ key: `makeInvoice:${index}`, type: 'makeInvoice', index, amountMsat: phase.goods.amountMsat, expirySecs: OPENING_EXPIRY_SECS, hold }, wake(phase.since + DELIVERY_WINDOW_MS)]
    }
    case 'offering':
      return [send('invoice'), watchPayment(phase.invoice, 'held')]
    case 'waiting':
      return [watchPayment(phase.invoice, 'held')]
    case 'withdrawing':
      return [{ key: 'giveBack', type: 'giveBack', paymentHash }]
    case 'claiming':
      return [{ key: 'claim', type: 'claim', paymentHash }]
    case 'opened':
    case 'closed':
      return []
  }
}

function outgoing({ phase, request }: SaleIn<Phase>, what: SaleSending): SaleOutgoing | null {
  if (what === 'invoice' && phase.name === 'offeringDeposit') return { what, invoice: phase.invoice, index: 0 }
  if (what === 'invoice' && phase.name === 'offering') return { what, invoice: phase.invoice, index: indexOfOpening(request) }
  if (what === 'trouble' && (phase.name === 'owed' || phase.name === 'failing')) return { what, reason: phase.publicReason }
  return what === 'sealed' && phase.name === 'delivering' ? { what, goods: phase.goods } : null
}
