/** What a message means for a sealed sale, in every phase (sealed.ts). */
import { boundSealedText } from '../../sealing/seal.ts'
import type { Invoice } from '../../wallet/wallet.ts'
import type { Generated, SaleEvent, SaleMessage } from '../sale.ts'
import { isOver, expiryDeadline } from './invoicePatience.ts'
import type { SaleIn } from './mode.ts'
import { DELIVERY_WINDOW_MS, indexOfOpening, isSending, TELL_WINDOW_MS, termsOf, unpaidDepositOf, type Phase } from './sealedPhase.ts'
import { afterFailure, quickRetryAt } from './workFailure.ts'

const CANCELLED_BEFORE = 'The customer cancelled before paying.'
const SELLER_CANCELLED = 'The seller cancelled it.'
const NOT_OPENED = 'It was delivered under seal, and the customer did not pay to open it.'
const NO_ANSWER = 'The seller’s model does not answer. Nothing is left to pay.'

export function decide(sale: SaleIn<Phase>, message: SaleMessage): readonly SaleEvent[] {
  const { at } = message
  const { phase } = sale
  switch (message.type) {
    case 'invoiceMade':
      return isInvoiceWanted(sale, message.invoice, message.index ?? 0) ? [{ at, type: 'invoiced', invoice: message.invoice, index: message.index ?? 0 }] : []
    case 'invoiceFailed':
      // That of an answer which is delivered is asked for again.
      return phase.name === 'quotingDeposit' ? [{ at, type: 'refused', reason: 'The seller could not make an invoice. Ask again in a moment.' }] : []
    case 'sent':
      return isSending(phase, message.what) ? [{ at, type: 'sent', what: message.what, delivery: message.delivery }] : []
    case 'paymentSeen':
      return onPayment(sale, message, at)
    case 'paymentMissing':
      return onMissingPayment(phase, message.isClosed, at)
    case 'lockSeen':
      return onLock(phase, message, at)
    case 'lockReturned':
      return onReturn(phase, message.paymentHash, at)
    case 'workBegun':
      return phase.name === 'working' ? [{ at, type: 'workBegun', attempt: message.attempt }] : []
    case 'generated':
      return phase.name === 'working' ? onGenerated(phase, message.generated, at) : []
    case 'sealed': {
      const { preview, ciphertext, commitment, sealedBytes } = message
      return phase.name === 'sealing' ? [{ at, type: 'sealed', preview, ciphertext, commitment, sealedBytes }] : []
    }
    case 'workFailed':
      return phase.name === 'working' ? [onFailure(phase, message.problem.message, at)] : []
    case 'customerCancelled':
      return onCustomerCancel(phase, at)
    case 'sellerCancelled':
      return onSellerCancel(phase, at)
    case 'retryAsked':
      return phase.name === 'owed' ? [{ at, type: 'retried' }] : []
    case 'writtenOff':
      return phase.name === 'owed' ? [{ at, type: 'closed', outcome: 'written-off', reason: message.note }] : []
    case 'tick':
      return onTick(sale, at)
    // Of other modes, or said in dialects that know no sealed answers.
    case 'requested':
    case 'paymentClaimed':
    case 'lockAnnounced':
    case 'preimageReceived':
    case 'claimFailed':
    case 'tokensMade':
      return []
  }
}

function isInvoiceWanted({ phase, request }: SaleIn<Phase>, invoice: Invoice, index: number): boolean {
  if (phase.name === 'quotingDeposit') return index === 0
  return phase.name === 'invoicing' && index === indexOfOpening(request) && invoice.paymentHash === phase.goods.paymentHash
}

function onPayment({ phase, request }: SaleIn<Phase>, { settledMsat, paymentHash }: SaleMessage & { type: 'paymentSeen' }, at: number): readonly SaleEvent[] {
  const invoice = 'invoice' in phase ? phase.invoice : unpaidDepositOf(phase)
  if (invoice === null || (paymentHash !== undefined && paymentHash !== invoice.paymentHash)) return []
  const paid: SaleEvent = { at, type: 'paid', paidMsat: settledMsat, paymentHash: invoice.paymentHash }
  switch (phase.name) {
    case 'offeringDeposit':
    case 'awaitingDeposit':
      return settledMsat >= termsOf(request).depositMsat
        ? [paid]
        : [paid, { at, type: 'owed', reason: 'Less arrived than the deposit. Pay it back, or answer anyway.', publicReason: 'Less arrived than the deposit. The seller decides what to do.', retryAt: null }]
    case 'withdrawn':
      return [paid, { at, type: 'owed', reason: `The deposit was paid after it was cancelled (${phase.reason})`, publicReason: 'The deposit was paid after it was cancelled. The seller decides what to do.', retryAt: null }]
    case 'closed':
      return [paid, { at, type: 'owed', reason: `The deposit was paid when nobody waited for it any more (${phase.reason})`, publicReason: 'The deposit was paid when nobody waited for it any more. The seller decides what to do.', retryAt: null }]
    case 'offering':
    case 'waiting':
    case 'withdrawing':
    case 'claiming':
      return [paid]
    case 'quotingDeposit':
    case 'working':
    case 'owed':
    case 'failing':
    case 'sealing':
    case 'delivering':
    case 'invoicing':
    case 'opened':
      return []
  }
}

function onMissingPayment(phase: Phase, isClosed: boolean, at: number): readonly SaleEvent[] {
  if (!('invoice' in phase) || !isOver(phase.invoice, isClosed, at)) return []
  switch (phase.name) {
    case 'offeringDeposit':
    case 'awaitingDeposit':
      return [{ at, type: 'closed', outcome: 'expired', reason: 'The deposit was not paid in time.' }]
    case 'withdrawn':
      return [{ at, type: 'closed', outcome: 'stopped', reason: phase.reason }]
    case 'offering':
    case 'waiting':
      return [{ at, type: 'closed', outcome: 'unpaid', reason: NOT_OPENED }]
    case 'withdrawing':
    case 'claiming':
    case 'opened':
      return []
  }
}

function onLock(phase: Phase, { paymentHash, amountMsat, heldUntil }: SaleMessage & { type: 'lockSeen' }, at: number): readonly SaleEvent[] {
  if ((phase.name !== 'offering' && phase.name !== 'waiting') || paymentHash !== phase.invoice.paymentHash) return []
  if (amountMsat >= phase.invoice.amountMsat) return [{ at, type: 'lockAccepted', paymentHash, amountMsat, heldUntil }]
  return [{ at, type: 'lockRefused', paymentHash, amountMsat, reason: 'Less is locked than opening costs.' }]
}

function onReturn(phase: Phase, paymentHash: string, at: number): readonly SaleEvent[] {
  if ((phase.name !== 'claiming' && phase.name !== 'withdrawing') || paymentHash !== phase.invoice.paymentHash) return []
  if (phase.name === 'withdrawing') return [{ at, type: 'closed', outcome: 'unpaid', reason: phase.reason }]
  // A look may be behind, or a wallet wrong: while we claim it, only the end of the lock makes it gone.
  if (at < (phase.heldUntil ?? expiryDeadline(phase.invoice))) return []
  return [{ at, type: 'lockReturned', paymentHash }, { at, type: 'closed', outcome: 'returned', reason: 'What was locked went back before the wallet took it: it was not opened, and not paid.' }]
}

function onGenerated(phase: Phase & { name: 'working' }, generated: Generated, at: number): readonly SaleEvent[] {
  const text = boundSealedText(generated.text)
  // Nothing can be sealed of nothing, and nobody pays for it.
  return [text === '' ? onFailure(phase, 'The model wrote nothing.', at) : { at, type: 'generated', generated: { ...generated, text } }]
}

function onFailure({ attempt, deposit }: Phase & { name: 'working' }, reason: string, at: number): SaleEvent {
  if (deposit !== null) return afterFailure(attempt, reason, at)
  const retryAt = quickRetryAt(attempt, at)
  return retryAt === null ? { at, type: 'withdrawn', reason, publicReason: NO_ANSWER, outcome: 'failed' } : { at, type: 'workFailed', reason, retryAt }
}

function onCustomerCancel(phase: Phase, at: number): readonly SaleEvent[] {
  switch (phase.name) {
    case 'quotingDeposit':
      return [{ at, type: 'closed', outcome: 'stopped', reason: CANCELLED_BEFORE }]
    case 'offeringDeposit':
    case 'awaitingDeposit':
      return [{ at, type: 'withdrawn', reason: CANCELLED_BEFORE }]
    // What is not finished cannot be sealed: nothing more is delivered, nothing more is paid, and a deposit was for the work.
    case 'working':
      return [{ at, type: 'closed', outcome: 'stopped', reason: 'The customer stopped it before it was done. Nothing more is delivered or paid.' }]
    case 'sealing':
    case 'delivering':
    case 'invoicing':
      return [{ at, type: 'closed', outcome: 'unpaid', reason: 'The customer cancelled it, and did not pay to open it.' }]
    case 'offering':
    case 'waiting':
      return [{ at, type: 'withdrawn', reason: 'The customer cancelled it, and did not pay to open it.' }]
    case 'withdrawn':
    case 'owed':
    case 'failing':
    case 'withdrawing':
    case 'claiming':
    case 'opened':
    case 'closed':
      return []
  }
}

function onSellerCancel(phase: Phase, at: number): readonly SaleEvent[] {
  switch (phase.name) {
    case 'quotingDeposit':
      return [{ at, type: 'refused', reason: SELLER_CANCELLED }]
    case 'offeringDeposit':
    case 'awaitingDeposit':
      return [{ at, type: 'withdrawn', reason: SELLER_CANCELLED }]
    case 'working':
      return phase.deposit === null
        ? [{ at, type: 'withdrawn', reason: SELLER_CANCELLED, publicReason: SELLER_CANCELLED }]
        : [{ at, type: 'owed', reason: 'The seller cancelled it after the deposit was paid.', publicReason: 'The seller cancelled it after the deposit was paid.', retryAt: null }]
    // Made, and on its way: there is nothing left to cancel.
    case 'sealing':
    case 'delivering':
    case 'invoicing':
    case 'offering':
    case 'waiting':
    case 'withdrawn':
    case 'owed':
    case 'failing':
    case 'withdrawing':
    case 'claiming':
    case 'opened':
    case 'closed':
      return []
  }
}

function onTick({ phase, changedAt }: SaleIn<Phase>, at: number): readonly SaleEvent[] {
  if (phase.name === 'owed') return phase.retryAt !== null && at >= phase.retryAt ? [{ at, type: 'retried' }] : []
  if (phase.name === 'failing') return at >= changedAt + TELL_WINDOW_MS ? [{ at, type: 'closed', outcome: phase.outcome, reason: phase.reason }] : []
  if ((phase.name !== 'delivering' && phase.name !== 'invoicing') || at < phase.since + DELIVERY_WINDOW_MS) return []
  const reason = phase.name === 'delivering' ? 'No relay took the sealed answer.' : 'The wallet made no invoice on which it could be opened.'
  return phase.deposit === null
    ? [{ at, type: 'closed', outcome: 'failed', reason }]
    : [{ at, type: 'owed', reason: `${reason} The deposit is owed.`, publicReason: 'The seller could not hand it over. The deposit is owed.', retryAt: null }]
}
