/** What a message means for a sale by escrow, in every phase (escrow.ts). */
import { formatSats } from '#shared/market/msat.ts'
import { LOCK_SLACK_SECS } from '#shared/market/settlement.ts'
import type { Invoice } from '../../wallet/wallet.ts'
import type { SaleEvent, SaleMessage, SaleOutcome, SaleRequest } from '../sale.ts'
import { awaitedHash, type Begun, hashesOf, type Held, isHeld, isSending, isUndelivered, isWaiting, type Phase, surelyHeldUntil, TELLING_WINDOW_MS, termsOf, workDeadline } from './escrowPhase.ts'
import { expiryDeadline, isOver } from './invoicePatience.ts'
import { prepay } from './prepay.ts'
import { quickRetryAt } from './workFailure.ts'

export const GOES_BACK = 'What was locked goes back to you; nothing was taken.'

export function decide(sale: Begun, message: SaleMessage): readonly SaleEvent[] {
  const { at } = message
  const { phase, request } = sale
  if (phase.name === 'paid') return prepay.decide({ ...sale, phase: phase.job }, message)
  switch (message.type) {
    case 'invoiceMade':
      return phase.name === 'quoting' ? [{ at, type: 'invoiced', invoice: message.invoice }] : []
    case 'invoiceFailed':
      // Why is the seller's own affair, and its wallet's: anybody may ask, and is told this.
      return phase.name === 'quoting' ? [{ at, type: 'refused', reason: 'The seller could not make an invoice. Ask again in a moment.' }] : []
    case 'sent':
      return isSending(phase, message.what) ? sentEvents(phase, message) : []
    case 'paymentClaimed':
      // Once: a claim costs its author nothing, so it may not grow the journal either.
      return isWaiting(phase) && !sale.claimed ? [{ at, type: 'paymentClaimed', eventId: message.eventId }] : []
    case 'lockAnnounced':
      return onAnnouncement(sale, message)
    case 'lockSeen':
      return onLock(sale, message)
    case 'paymentSeen':
      return onPayment(sale, message)
    case 'paymentMissing':
      return onMissing(sale, message)
    case 'lockReturned':
      // A look may be behind, or a wallet wrong: while we claim it, only the end of the lock makes it gone.
      return phase.name === 'claiming' && at < surelyHeldUntil(phase.lock, request) ? [] : onReturn(phase, message.paymentHash, at)
    case 'preimageReceived':
      return isReleasable(phase) && message.paymentHash === phase.lock.paymentHash ? [{ at, type: 'released', eventId: message.eventId, paymentHash: message.paymentHash }] : []
    case 'workBegun':
      // Down for so long that it could not be delivered and claimed in time any more: the tick gives it back.
      return phase.name === 'working' && at < workDeadline(phase.lock, request) ? [{ at, type: 'workBegun', attempt: message.attempt }] : []
    case 'generated':
      return phase.name === 'working' ? [{ at, type: 'generated', generated: message.generated }] : []
    case 'workFailed':
      return phase.name === 'working' ? [afterFailure(phase.attempt, message.problem.message, workDeadline(phase.lock, request), at)] : []
    case 'customerCancelled':
      if (phase.name === 'quoting') return [{ at, type: 'closed', outcome: 'stopped', reason: 'The customer cancelled before locking anything.' }]
      // Once it is delivered, a cancellation has crossed the answer: the lock is released or returns, as the customer does.
      return isUndelivered(phase) ? [withdrawn(at, 'stopped', 'The customer cancelled it. What is locked goes back.', null)] : []
    case 'sellerCancelled':
      if (phase.name === 'quoting') return [{ at, type: 'refused', reason: 'The seller cancelled it.' }]
      return isUndelivered(phase) ? [withdrawn(at, 'stopped', 'The seller cancelled it.', `The seller cancelled it. ${GOES_BACK}`)] : []
    case 'tick':
      return onTick(sale, at)
    // The wallet is asked again; or of other modes, or of what is paid.
    case 'claimFailed':
    case 'requested':
    case 'retryAsked':
    case 'writtenOff':
    case 'tokensMade':
    case 'sealed':
      return []
  }
}

function sentEvents(phase: Phase, { at, what, delivery }: SaleMessage & { type: 'sent' }): readonly SaleEvent[] {
  const sent: SaleEvent = { at, type: 'sent', what, delivery }
  return phase.name === 'returning' && phase.isBack ? [sent, { at, type: 'closed', outcome: phase.outcome, reason: phase.reason }] : [sent]
}

function onAnnouncement({ phase, request }: Begun, message: SaleMessage & { type: 'lockAnnounced' }): readonly SaleEvent[] {
  const { at, eventId, paymentHash, amountMsat, expirySecs } = message
  const { hold, paymentHash: agreed } = termsOf(request)
  // One place to look at for each job; and on the agreed hash, where one was agreed.
  if (!isWaiting(phase) || phase.announced !== null || hold || (agreed !== null && agreed !== paymentHash)) return []
  return [{ at, type: 'lockAnnounced', eventId, paymentHash, amountMsat, expirySecs }]
}

function onLock({ phase, request }: Begun, message: SaleMessage & { type: 'lockSeen' }): readonly SaleEvent[] {
  const { at, paymentHash, amountMsat, heldUntil } = message
  if (!isWaiting(phase) || paymentHash !== awaitedHash(phase, request)) return []
  const fault = judgeLock(message, phase.invoice, request)
  return fault === null ? [{ at, type: 'lockAccepted', paymentHash, amountMsat, heldUntil }] : [{ at, type: 'lockRefused', paymentHash, amountMsat, reason: fault }]
}

/** Why no work is done for a lock, for both sides to read; null when it is as agreed. */
function judgeLock({ at, amountMsat, heldUntil }: SaleMessage & { type: 'lockSeen' }, invoice: Invoice, request: SaleRequest): string | null {
  const { hold, holdSecs } = termsOf(request)
  if (amountMsat < request.priceMsat) return `Only ${formatSats(amountMsat)} sats are locked; the price is ${formatSats(request.priceMsat)}.`
  // A wallet that does not say: our own hold invoice had it locked for so long, from when it was made at the earliest.
  const surelyUntil = heldUntil ?? (hold ? (invoice.createdAt + holdSecs + LOCK_SLACK_SECS) * 1_000 : null)
  if (surelyUntil === null) return 'The seller’s wallet does not show how long it is locked.'
  if (surelyUntil < at + holdSecs * 1_000) return `It is locked for ${Math.max(0, Math.floor((surelyUntil - at) / 1_000))} more seconds; this job needs ${holdSecs}.`
  return null
}

function onPayment({ phase, request }: Begun, { at, settledMsat, paymentHash }: SaleMessage & { type: 'paymentSeen' }): readonly SaleEvent[] {
  if (phase.name === 'quoting' || phase.name === 'paid' || phase.invoice === null) return []
  const hash = paymentHash ?? phase.invoice.paymentHash
  if (!hashesOf(phase, request).includes(hash)) return []
  const paid: SaleEvent = { at, type: 'paid', paidMsat: settledMsat, paymentHash: hash }
  if (settledMsat < request.priceMsat) return [paid, { at, type: 'owed', reason: 'Less arrived than was asked for. Pay it back, or answer anyway.', publicReason: 'Less arrived than was asked for. The seller decides what to do.', retryAt: null }]
  if (phase.name === 'returning' || phase.name === 'closed') return [paid, { at, type: 'owed', reason: `Paid all the same (${phase.reason})`, publicReason: 'It was paid when nothing was to be done for it any more. The seller decides what to do.', retryAt: null }]
  return [paid]
}

function onMissing({ phase, request }: Begun, { at, isClosed, paymentHash }: SaleMessage & { type: 'paymentMissing' }): readonly SaleEvent[] {
  if (isWaiting(phase)) {
    const isInvoice = (paymentHash ?? phase.invoice.paymentHash) === phase.invoice.paymentHash
    const isLookedFor = phase.announced !== null && at < expiryDeadline(phase.announced)
    return isInvoice && isOver(phase.invoice, isClosed, at) && !isLookedFor ? [{ at, type: 'closed', outcome: 'expired', reason: 'Nothing was locked in time.' }] : []
  }
  if (!isHeld(phase) || paymentHash !== phase.lock.paymentHash || !isClosed) return []
  // Of two reasons to stop, always the same one, whichever is seen first after a pause of this machine's.
  if (isTooLate(phase, request, at)) return [tookTooLong(at)]
  // Before it is delivered, the careful reading is that it went back; after that, that it is still there until it cannot be.
  if (isUndelivered(phase)) return [withdrawn(at, 'returned', 'What was locked went back before the answer was delivered.', `What you had locked went back before the answer was made. ${NOTHING_DELIVERED}`)]
  return at >= surelyHeldUntil(phase.lock, request) ? onReturn(phase, paymentHash, at) : []
}

const NOTHING_DELIVERED = 'Nothing was delivered; ask again.'

function onReturn(phase: Phase, paymentHash: string, at: number): readonly SaleEvent[] {
  const returned: SaleEvent = { at, type: 'lockReturned', paymentHash }
  if (phase.name === 'returning') {
    if (phase.isBack) return []
    return phase.telling === null ? [returned, { at, type: 'closed', outcome: phase.outcome, reason: phase.reason }] : [returned]
  }
  if (!isHeld(phase) || paymentHash !== phase.lock.paymentHash) return []
  const reason = phase.name === 'claiming' ? 'What was locked went back before it could be claimed.' : phase.name === 'delivered' ? 'Delivered, and never released: what was locked went back to the customer.' : 'What was locked went back before the answer was delivered.'
  return [returned, { at, type: 'closed', outcome: 'returned', reason }]
}

function onTick({ phase, request }: Begun, at: number): readonly SaleEvent[] {
  if (isTooLate(phase, request, at)) return [tookTooLong(at)]
  if (phase.name === 'returning' && phase.isBack && at >= phase.since + TELLING_WINDOW_MS) return [{ at, type: 'closed', outcome: phase.outcome, reason: phase.reason }]
  return []
}

function isTooLate(phase: Phase, request: SaleRequest, at: number): boolean {
  return phase.name === 'working' && at >= workDeadline(phase.lock, request)
}

function tookTooLong(at: number): SaleEvent {
  return withdrawn(at, 'failed', 'It took longer than a job may take here.', `The seller could not answer in time. ${GOES_BACK}`)
}

/** Quick tries while there is time for them; then nothing is owed, since nothing was taken. */
function afterFailure(attempt: number, reason: string, deadline: number, at: number): SaleEvent {
  const retryAt = quickRetryAt(attempt, at)
  if (retryAt !== null && retryAt < deadline) return { at, type: 'workFailed', reason, retryAt }
  return withdrawn(at, 'failed', reason, `The seller’s model does not answer. ${GOES_BACK}`)
}

function withdrawn(at: number, outcome: SaleOutcome, reason: string, publicReason: string | null): SaleEvent {
  return { at, type: 'withdrawn', outcome, reason, publicReason }
}

/** The secret is kept before the delivery too; it is used only after that. */
function isReleasable(phase: Phase): phase is Extract<Phase, Held> {
  return isHeld(phase) && !phase.released
}
