/**
 * `escrow` (PROTOCOL.md §2, §6): the customer locks the price on a hash whose secret it keeps. We work once our own wallet shows
 * the lock, deliver, and claim with the secret that the customer then releases.
 *
 *   quoting ─▶ offering ─▶ waiting ─ own wallet shows the lock ─▶ working ─▶ delivering ─▶ delivered ─ released ─▶ claiming ─▶ paid
 *                 └── cancel ──┴── a lock that is not as agreed ──┴── failure, cancel ─┘        └─ lock expires ──┴─▶ closed
 *                                        └─▶ returning ─ it is back ─▶ closed
 *
 * The lock is on our hold invoice, or at our wallet's address: then an ordinary invoice went out before, and whoever pays that one
 * has paid ahead. Invariants: no work without a lock seen in our wallet; no claim before the answer is delivered, nor without the
 * secret; what returns was owed to nobody. What the wallet shows settled, at any time, counts as paid: a job of `prepay` from there on.
 */
import { LOCK_SLACK_SECS } from '#shared/market/settlement.ts'
import type { SaleEffect, SaleEvent, SaleSending } from '../sale.ts'
import { decide, GOES_BACK } from './escrowDecide.ts'
import { look } from './escrowLook.ts'
import { type Begun, hashesOf, type Held, heldOf, isHeld, isSending, isUndelivered, isWaiting, lockOf, type Phase, TELLING_WINDOW_MS, termsOf, workDeadline } from './escrowPhase.ts'
import { INVOICE_EXPIRY_SECS } from './invoicePatience.ts'
import { type PaidInvoice, type SaleMode, type SaleOutgoing, send, wake, watchPayment } from './mode.ts'
import { prepay, type PrepayPhase } from './prepay.ts'

/** A customer announces what its wallet has locked: ours shows it soon, or it is not there. */
const ANNOUNCED_WAIT_SECS = 120

export const escrow: SaleMode<Phase> = { first: () => ({ name: 'quoting' }), decide, next, due, outgoing, look }

function next(phase: Phase, event: SaleEvent, sale: Begun): Phase {
  if (phase.name === 'paid') return { ...phase, job: prepay.next(phase.job, event, { ...sale, phase: phase.job }) }
  switch (event.type) {
    case 'invoiced':
      return { name: 'offering', invoice: event.invoice, announced: null }
    case 'sent':
      return afterSending(phase, event.what)
    case 'lockAnnounced':
      return isWaiting(phase) ? { ...phase, announced: { paymentHash: event.paymentHash, expiresAt: Math.ceil(event.at / 1_000) + ANNOUNCED_WAIT_SECS } } : phase
    case 'lockAccepted':
      return isWaiting(phase) ? { name: 'working', invoice: phase.invoice, lock: lockOf(event, event.heldUntil), released: false, attempt: 0, retryAt: 0 } : phase
    case 'lockRefused':
      return isWaiting(phase) ? { name: 'returning', invoice: phase.invoice, lock: lockOf(event, null), outcome: 'returned', reason: event.reason, telling: `${event.reason} ${GOES_BACK}`, isBack: false, since: event.at } : phase
    case 'workBegun':
      return phase.name === 'working' ? { ...phase, attempt: event.attempt } : phase
    case 'workFailed':
      return phase.name === 'working' ? { ...phase, retryAt: event.retryAt } : phase
    case 'generated':
      return phase.name === 'working' ? { ...heldOf(phase), name: 'delivering', generated: event.generated } : phase
    case 'released':
      if (!isHeld(phase)) return phase
      return phase.name === 'delivered' ? { ...phase, name: 'claiming', released: true } : { ...phase, released: true }
    case 'withdrawn':
      return isUndelivered(phase) ? { name: 'returning', invoice: phase.invoice, lock: isHeld(phase) ? phase.lock : null, outcome: event.outcome ?? 'stopped', reason: event.reason, telling: event.publicReason ?? null, isBack: false, since: event.at } : phase
    case 'lockReturned':
      return phase.name === 'returning' ? { ...phase, isBack: true, since: event.at } : phase
    case 'paid':
      return afterPayment(phase, event, sale)
    case 'closed':
      return { name: 'closed', outcome: event.outcome, reason: event.reason, paymentHashes: hashesOf(phase, sale.request), invoice: isUndelivered(phase) || phase.name === 'returning' ? phase.invoice : null }
    // They change no phase, or are of what is paid, or of other modes.
    case 'requested':
    case 'refused':
    case 'paymentClaimed':
    case 'claimFailed':
    case 'owed':
    case 'retried':
    case 'stopAsked':
    case 'tokensMade':
    case 'paused':
    case 'resumed':
    case 'sealed':
      return phase
  }
}

function afterSending(phase: Phase, what: SaleSending): Phase {
  if (!isSending(phase, what)) return phase
  if (phase.name === 'offering') return { ...phase, name: 'waiting' }
  if (phase.name === 'delivering') return { ...phase, name: phase.released ? 'claiming' : 'delivered' }
  return phase.name === 'returning' ? { ...phase, telling: null } : phase
}

/** As if it had been paid ahead: what is delivered is done, and what is not is owed. */
function afterPayment(phase: Phase, event: SaleEvent & { type: 'paid' }, { request }: Begun): Phase {
  if (phase.name === 'quoting' || phase.name === 'paid' || phase.invoice === null) return phase
  const paid = { invoice: phase.invoice, paidMsat: event.paidMsat, paidAt: event.at }
  const job = (): PrepayPhase => {
    switch (phase.name) {
      case 'delivered':
      case 'claiming':
        return { ...paid, name: 'delivered', generated: phase.generated }
      case 'delivering':
        return { ...paid, name: 'delivering', generated: phase.generated }
      case 'working':
        return { ...paid, name: 'working', attempt: phase.attempt, retryAt: phase.retryAt }
      case 'offering':
      case 'waiting':
      case 'returning':
      case 'closed':
        return { ...paid, name: 'working', attempt: 0, retryAt: 0 }
    }
  }
  return { name: 'paid', job: job(), paidHash: event.paymentHash ?? phase.invoice.paymentHash, paymentHashes: hashesOf(phase, request) }
}

function due(sale: Begun): readonly SaleEffect[] {
  const { phase, request } = sale
  const { hold, paymentHash, holdSecs } = termsOf(request)
  switch (phase.name) {
    case 'quoting':
      return [{ key: 'makeInvoice', type: 'makeInvoice', index: 0, amountMsat: request.priceMsat, expirySecs: INVOICE_EXPIRY_SECS, hold: hold && paymentHash !== null ? { paymentHash, holdSecs: holdSecs + LOCK_SLACK_SECS } : null }]
    case 'offering':
    case 'waiting':
      return [
        ...(phase.name === 'offering' ? [send('invoice')] : []),
        watchPayment(phase.invoice, hold ? 'held' : 'settled'),
        ...(phase.announced === null ? [] : [watchPayment(phase.announced, 'held')]),
      ]
    case 'working':
      return [{ key: 'work', type: 'work', request, attempt: phase.attempt + 1, notBefore: phase.retryAt }, ...watchBoth(phase, hold), wake(workDeadline(phase.lock, request))]
    case 'delivering':
      return [send('result'), ...watchBoth(phase, hold)]
    case 'delivered':
      return watchBoth(phase, hold)
    case 'claiming':
      return [{ key: `claim:${phase.lock.paymentHash}`, type: 'claim', paymentHash: phase.lock.paymentHash }, ...(hold ? [] : [watchPayment(phase.invoice)])]
    case 'returning': {
      const given = phase.lock?.paymentHash ?? phase.invoice.paymentHash
      return [
        ...(phase.isBack ? [wake(phase.since + TELLING_WINDOW_MS)] : [{ key: `giveBack:${given}`, type: 'giveBack', paymentHash: given } as const]),
        ...(phase.telling === null ? [] : [send('trouble')]),
        // The ordinary invoice that is out besides may still be paid: that is owed.
        ...(hold || phase.lock === null ? [] : [watchPayment(phase.invoice)]),
      ]
    }
    case 'paid':
      return prepay.due({ ...sale, phase: phase.job })
    case 'closed':
      return []
  }
}

/** Whether it is still there, or has settled by itself; and, of a lock at our address, whether the invoice was paid besides. */
function watchBoth({ invoice, lock }: Held, hold: boolean): readonly SaleEffect[] {
  return [watchPayment({ paymentHash: lock.paymentHash, expiresAt: invoice.expiresAt }), ...(hold ? [] : [watchPayment(invoice)])]
}

function outgoing(sale: Begun, what: SaleSending): SaleOutgoing | null {
  const { phase, request } = sale
  if (phase.name === 'paid') {
    const said = prepay.outgoing({ ...sale, phase: phase.job }, what)
    const isByInvoice = 'invoice' in phase.job && phase.job.invoice?.paymentHash === phase.paidHash
    return said?.what !== 'result' || isByInvoice ? said : { ...said, payments: said.payments.map((payment) => ({ ...payment, paymentHash: phase.paidHash, bolt11: null })) }
  }
  if (!isSending(phase, what)) return null
  if (phase.name === 'offering') return { what: 'invoice', invoice: phase.invoice, index: 0 }
  if (phase.name === 'returning') return phase.telling === null ? null : { what: 'trouble', reason: phase.telling }
  return phase.name === 'delivering' ? { what: 'result', generated: phase.generated, payments: [paymentOf(phase, termsOf(request).hold)] } : null
}

function paymentOf({ invoice, lock }: Held, hold: boolean): PaidInvoice {
  return { paymentHash: lock.paymentHash, amountMsat: lock.amountMsat, bolt11: hold ? invoice.bolt11 : null }
}
