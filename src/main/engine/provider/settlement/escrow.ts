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
import type { JobState } from '#shared/ipc/common.ts'
import { NO_STANDING, standingOf } from '#shared/market/books.ts'
import { formatSats, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { LOCK_MARGIN_SECS, LOCK_SLACK_SECS } from '#shared/market/settlement.ts'
import type { Invoice } from '../../wallet/wallet.ts'
import type { Generated, SaleAgreement, SaleEffect, SaleEvent, SaleMessage, SaleOutcome, SaleRequest, SaleSending } from '../sale.ts'
import { expiryDeadline, INVOICE_EXPIRY_SECS, isOver } from './invoicePatience.ts'
import { send, wake, watchPayment, type PaidInvoice, type SaleIn, type SaleLook, type SaleMode, type SaleOutgoing } from './mode.ts'
import { closedWords, prepay, type PrepayPhase } from './prepay.ts'
import { quickRetryAt } from './workFailure.ts'

/** What our wallet showed. */
export interface Lock {
  readonly paymentHash: string
  readonly amountMsat: Msat
  /** Unix ms; null where the wallet does not say. */
  readonly heldUntil: number | null
  readonly seenAt: number
}

/** Where the customer says that a lock is to be found, and until when (Unix seconds) it is looked for. */
interface AnnouncedLock {
  readonly paymentHash: string
  readonly expiresAt: number
}

interface Held {
  readonly invoice: Invoice
  readonly lock: Lock
  /** The secret is kept. */
  readonly released: boolean
}

/** `attempt` counts the inference runs that were begun, also those that a crash cut short. */
export type EscrowPhase =
  | { readonly name: 'quoting' }
  | { readonly name: 'offering' | 'waiting'; readonly invoice: Invoice; readonly announced: AnnouncedLock | null }
  | ({ readonly name: 'working'; readonly attempt: number; readonly retryAt: number } & Held)
  | ({ readonly name: 'delivering' | 'delivered' | 'claiming'; readonly generated: Generated } & Held)
  /** Nothing is delivered, and nothing is taken: what is locked, or may come to be, goes back. `telling`: what the customer has still to hear. */
  | { readonly name: 'returning'; readonly invoice: Invoice; readonly lock: Lock | null; readonly outcome: SaleOutcome; readonly reason: string; readonly telling: string | null; readonly isBack: boolean; readonly since: number }
  /** It has settled: what is left is a job that was paid for. */
  | { readonly name: 'paid'; readonly job: PrepayPhase; readonly paidHash: string; readonly paymentHashes: readonly string[] }
  | { readonly name: 'closed'; readonly outcome: SaleOutcome; readonly reason: string; readonly paymentHashes: readonly string[] }

type Phase = EscrowPhase
type Begun = SaleIn<Phase>

/** A customer announces what its wallet has locked: ours shows it soon, or it is not there. */
const ANNOUNCED_WAIT_SECS = 120
/** What no relay takes is not told for longer. */
const TELLING_WINDOW_MS = 60_000
const GOES_BACK = 'What was locked goes back to you; nothing was taken.'

export const escrow: SaleMode<Phase> = { first: () => ({ name: 'quoting' }), decide, next, due, outgoing, look }

type EscrowTerms = Extract<SaleAgreement, { name: 'escrow' }>

function termsOf({ settlement }: SaleRequest): EscrowTerms {
  if (settlement?.name !== 'escrow') throw new RangeError('no terms of an escrow')
  return settlement
}

function decide(sale: Begun, message: SaleMessage): readonly SaleEvent[] {
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
      return onReturn(phase, message.paymentHash, at)
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
  if (phase.name === 'quoting' || phase.name === 'closed' || phase.name === 'paid') return []
  const hash = paymentHash ?? phase.invoice.paymentHash
  if (!hashesOf(phase, request).includes(hash)) return []
  const paid: SaleEvent = { at, type: 'paid', paidMsat: settledMsat, paymentHash: hash }
  if (settledMsat < request.priceMsat) return [paid, { at, type: 'owed', reason: 'Less arrived than was asked for. Pay it back, or answer anyway.', publicReason: 'Less arrived than was asked for. The seller decides what to do.', retryAt: null }]
  if (phase.name === 'returning') return [paid, { at, type: 'owed', reason: `Paid all the same (${phase.reason})`, publicReason: 'It was paid when nothing was to be done for it any more. The seller decides what to do.', retryAt: null }]
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
      return { name: 'closed', outcome: event.outcome, reason: event.reason, paymentHashes: hashesOf(phase, sale.request) }
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
  if (phase.name === 'quoting' || phase.name === 'closed' || phase.name === 'paid') return phase
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
    const isByInvoice = 'invoice' in phase.job && phase.job.invoice.paymentHash === phase.paidHash
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

function look(sale: Begun): SaleLook {
  const { phase, request } = sale
  if (phase.name === 'paid') return { ...prepay.look({ ...sale, phase: phase.job }), paymentHashes: phase.paymentHashes, ...(isPaidAhead(sale, phase) ? { settlement: 'prepay' } : {}) }
  const lock = isHeld(phase) || (phase.name === 'returning' && !phase.isBack) ? phase.lock : null
  return {
    ...wordsFor(phase),
    final: phase.name === 'closed',
    generated: 'generated' in phase ? phase.generated : null,
    receivedMsat: ZERO_MSAT,
    receivedAt: null,
    paymentHashes: hashesOf(phase, request),
    // The customer's own until it is claimed: we owe nothing for it.
    standing: lock === null ? NO_STANDING : standingOf({ from: 'promised', to: 'lockedForUs', msat: lock.amountMsat }),
    lockedMsat: lock?.amountMsat ?? ZERO_MSAT,
    lockedUntil: lock?.heldUntil ?? null,
    owedMsat: ZERO_MSAT,
  }
}

/** By the ordinary invoice that went out first. */
function isPaidAhead({ request }: Begun, { job, paidHash }: Phase & { name: 'paid' }): boolean {
  return !termsOf(request).hold && (!('invoice' in job) || job.invoice.paymentHash === paidHash)
}

function wordsFor(phase: Exclude<Phase, { name: 'paid' }>): { state: JobState; note: string | null } {
  switch (phase.name) {
    case 'quoting':
      return { state: 'asking', note: null }
    case 'offering':
    case 'waiting':
      return { state: 'invoiced', note: phase.announced === null ? 'Waiting for the customer to lock the price.' : 'The customer says that it is locked. Looking for it in the wallet.' }
    case 'working':
      return phase.attempt === 0 ? { state: 'queued', note: null } : { state: 'working', note: phase.attempt > 1 ? `Try ${phase.attempt}.` : null }
    case 'delivering':
      return { state: 'working', note: 'Delivering the result.' }
    case 'delivered':
      return { state: 'unlocking', note: 'Delivered. Waiting for the customer to release the payment.' }
    case 'claiming':
      return { state: 'unlocking', note: 'Released. The wallet is taking it.' }
    case 'returning':
    case 'closed':
      return closedWords(phase)
  }
}

function lockOf({ at, paymentHash, amountMsat }: { readonly at: number; readonly paymentHash: string; readonly amountMsat: Msat }, heldUntil: number | null): Lock {
  return { paymentHash, amountMsat, heldUntil, seenAt: at }
}

function heldOf({ invoice, lock, released }: Held): Held {
  return { invoice, lock, released }
}

/** From then on an answer might not be delivered, released and claimed in time any more. */
function workDeadline({ seenAt }: Lock, request: SaleRequest): number {
  return seenAt + (termsOf(request).holdSecs - LOCK_MARGIN_SECS) * 1_000
}

function surelyHeldUntil({ heldUntil, seenAt }: Lock, request: SaleRequest): number {
  return heldUntil ?? seenAt + termsOf(request).holdSecs * 1_000
}

/** Of everything that the job may be paid by, the newest last. An agreed hash is the job's from the start: no other job gets it. */
function hashesOf(phase: Phase, request: SaleRequest): readonly string[] {
  if (phase.name === 'closed' || phase.name === 'paid') return phase.paymentHashes
  const { paymentHash } = termsOf(request)
  const lock = isHeld(phase) || phase.name === 'returning' ? phase.lock : isWaiting(phase) ? phase.announced : null
  const all = [phase.name === 'quoting' ? null : phase.invoice.paymentHash, paymentHash, lock?.paymentHash ?? null]
  return [...new Set(all.filter((hash) => hash !== null))]
}

function awaitedHash(phase: Phase & { name: 'offering' | 'waiting' }, request: SaleRequest): string | null {
  return termsOf(request).hold ? phase.invoice.paymentHash : (phase.announced?.paymentHash ?? null)
}

function isWaiting(phase: Phase): phase is Extract<Phase, { name: 'offering' | 'waiting' }> {
  return phase.name === 'offering' || phase.name === 'waiting'
}

function isHeld(phase: Phase): phase is Extract<Phase, Held> {
  return phase.name === 'working' || phase.name === 'delivering' || phase.name === 'delivered' || phase.name === 'claiming'
}

/** Nothing has been delivered, and an invoice is out. */
function isUndelivered(phase: Phase): phase is Extract<Phase, { name: 'offering' | 'waiting' | 'working' | 'delivering' }> {
  return isWaiting(phase) || phase.name === 'working' || phase.name === 'delivering'
}

/** The secret is kept before the delivery too; it is used only after that. */
function isReleasable(phase: Phase): phase is Extract<Phase, Held> {
  return isHeld(phase) && !phase.released
}

function isSending(phase: Phase, what: SaleSending): boolean {
  switch (what) {
    case 'invoice':
      return phase.name === 'offering'
    case 'result':
      return phase.name === 'delivering'
    case 'trouble':
      return phase.name === 'returning' && phase.telling !== null
    case 'sealed':
    case 'refusal':
      return false
  }
}
