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
import type { JobState } from '#shared/ipc/common.ts'
import { NO_STANDING, standingOf, type Standing } from '#shared/market/books.ts'
import { addMsat, msat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { SealedGoods } from '#shared/market/sealedGoods.ts'
import type { Invoice } from '../../wallet/wallet.ts'
import { boundSealedText } from '../../sealing/seal.ts'
import type { Generated, SaleAgreement, SaleEffect, SaleEvent, SaleMessage, SaleOutcome, SaleRequest, SaleSending } from '../sale.ts'
import { INVOICE_EXPIRY_SECS, isOver } from './invoicePatience.ts'
import { send, wake, watchPayment, type SaleIn, type SaleLook, type SaleMode, type SaleOutgoing } from './mode.ts'
import { closedWords, type Paid } from './prepay.ts'
import { afterFailure, NOT_YET, quickRetryAt } from './workFailure.ts'

/** What was paid before the work; null where nothing is asked before. */
interface Ahead {
  readonly deposit: Paid | null
}
interface Made extends Ahead {
  readonly generated: Generated
}
interface Delivered extends Made {
  readonly goods: SealedGoods
}
interface Offered extends Delivered {
  /** On the hash of the secret. */
  readonly invoice: Invoice
}

export type SealedPhase =
  | { readonly name: 'quotingDeposit' }
  | { readonly name: 'offeringDeposit' | 'awaitingDeposit'; readonly invoice: Invoice }
  /** Cancelled before the deposit was paid; its invoice is out, so money may still come until it expires. */
  | { readonly name: 'withdrawn'; readonly invoice: Invoice; readonly reason: string }
  | ({ readonly name: 'working'; readonly attempt: number; readonly retryAt: number } & Ahead)
  | { readonly name: 'owed'; readonly attempt: number; readonly retryAt: number | null; readonly reason: string; readonly publicReason: string; readonly told: boolean; readonly deposit: Paid; readonly delivered: Delivered | null }
  /** Nothing was paid, and nothing will be made: the customer is told. */
  | { readonly name: 'failing'; readonly outcome: SaleOutcome; readonly reason: string; readonly publicReason: string }
  | ({ readonly name: 'sealing' } & Made)
  | ({ readonly name: 'delivering' | 'invoicing'; readonly since: number } & Delivered)
  | ({ readonly name: 'offering' | 'waiting' } & Offered)
  /** The customer does not want it any more, or what is locked is not what was asked: the invoice is closed. */
  | ({ readonly name: 'withdrawing'; readonly reason: string } & Offered)
  | ({ readonly name: 'claiming'; readonly heldUntil: number | null } & Offered)
  | ({ readonly name: 'opened'; readonly paidMsat: Msat; readonly paidAt: number } & Offered)
  /** `creditMsat`: the worth of what was made for it and not paid. */
  | { readonly name: 'closed'; readonly outcome: SaleOutcome; readonly reason: string; readonly deposit: Paid | null; readonly generated: Generated | null; readonly goods: SealedGoods | null; readonly creditMsat: Msat }

type Phase = SealedPhase

/** Opening may wait for a customer that was away when its answer was done. */
export const OPENING_EXPIRY_SECS = 3_600
/** An answer that no relay takes, and an invoice that the wallet does not make, are given up. */
const DELIVERY_WINDOW_MS = 3_600_000
const TELL_WINDOW_MS = 60_000

const CANCELLED_BEFORE = 'The customer cancelled before paying.'
const SELLER_CANCELLED = 'The seller cancelled it.'
const NOT_OPENED = 'It was delivered under seal, and the customer did not pay to open it.'
const NO_ANSWER = 'The seller’s model does not answer. Nothing is left to pay.'

export const sealed: SaleMode<Phase> = { first, decide, next, due, outgoing, look }

type Terms = SaleAgreement & { name: 'sealed' }

function termsOf({ settlement }: SaleRequest): Terms {
  if (settlement?.name !== 'sealed') throw new RangeError('not agreed to be sealed')
  return settlement
}

/** What opening costs. */
function openingMsat(request: SaleRequest): Msat {
  return msat(request.priceMsat - termsOf(request).depositMsat)
}

function first(request: SaleRequest): Phase {
  return termsOf(request).depositMsat > 0 ? { name: 'quotingDeposit' } : { name: 'working', attempt: 0, retryAt: 0, deposit: null }
}

function decide(sale: SaleIn<Phase>, message: SaleMessage): readonly SaleEvent[] {
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
      const { preview, ciphertext, sha256, sealedBytes } = message
      return phase.name === 'sealing' ? [{ at, type: 'sealed', preview, ciphertext, sha256, sealedBytes }] : []
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

function indexOfOpening(request: SaleRequest): number {
  return termsOf(request).depositMsat > 0 ? 1 : 0
}

function onPayment({ phase, request }: SaleIn<Phase>, { settledMsat, paymentHash }: SaleMessage & { type: 'paymentSeen' }, at: number): readonly SaleEvent[] {
  if (!('invoice' in phase) || (paymentHash !== undefined && paymentHash !== phase.invoice.paymentHash)) return []
  const paid: SaleEvent = { at, type: 'paid', paidMsat: settledMsat, paymentHash: phase.invoice.paymentHash }
  switch (phase.name) {
    case 'offeringDeposit':
    case 'awaitingDeposit':
      return settledMsat >= termsOf(request).depositMsat
        ? [paid]
        : [paid, { at, type: 'owed', reason: 'Less arrived than the deposit. Pay it back, or answer anyway.', publicReason: 'Less arrived than the deposit. The seller decides what to do.', retryAt: null }]
    case 'withdrawn':
      return [paid, { at, type: 'owed', reason: `The deposit was paid after it was cancelled (${phase.reason})`, publicReason: 'The deposit was paid after it was cancelled. The seller decides what to do.', retryAt: null }]
    case 'offering':
    case 'waiting':
    case 'withdrawing':
    case 'claiming':
      return [paid]
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

function next(phase: Phase, event: SaleEvent, { request }: SaleIn<Phase>): Phase {
  switch (event.type) {
    case 'invoiced':
      if (phase.name === 'quotingDeposit') return { name: 'offeringDeposit', invoice: event.invoice }
      return phase.name === 'invoicing' ? { ...deliveredOf(phase), name: 'offering', invoice: event.invoice } : phase
    case 'sent':
      return afterSending(phase, event)
    case 'paid':
      if (phase.name === 'offeringDeposit' || phase.name === 'awaitingDeposit' || phase.name === 'withdrawn') {
        return { name: 'working', attempt: 0, retryAt: 0, deposit: { invoice: phase.invoice, paidMsat: event.paidMsat, paidAt: event.at } }
      }
      return 'goods' in phase && 'invoice' in phase ? { ...offeredOf(phase), name: 'opened', paidMsat: event.paidMsat, paidAt: event.at } : phase
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
      const { preview, ciphertext, sha256, sealedBytes, at } = event
      const goods = { preview, ciphertext, sha256, sealedBytes, paymentHash: termsOf(request).paymentHash, amountMsat: openingMsat(request) }
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
  if (phase.name === 'failing') return { name: 'closed', outcome: phase.outcome, reason: phase.reason, deposit: null, generated: null, goods: null, creditMsat: ZERO_MSAT }
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

function isSending(phase: Phase, what: SaleSending): boolean {
  switch (what) {
    case 'invoice':
      return phase.name === 'offeringDeposit' || phase.name === 'offering'
    case 'sealed':
      return phase.name === 'delivering'
    case 'trouble':
      return phase.name === 'failing' || (phase.name === 'owed' && !phase.told)
    case 'result':
    case 'refusal':
      return false
  }
}

function outgoing({ phase, request }: SaleIn<Phase>, what: SaleSending): SaleOutgoing | null {
  if (what === 'invoice' && phase.name === 'offeringDeposit') return { what, invoice: phase.invoice, index: 0 }
  if (what === 'invoice' && phase.name === 'offering') return { what, invoice: phase.invoice, index: indexOfOpening(request) }
  if (what === 'trouble' && (phase.name === 'owed' || phase.name === 'failing')) return { what, reason: phase.publicReason }
  return what === 'sealed' && phase.name === 'delivering' ? { what, goods: phase.goods, usage: phase.generated.usage } : null
}

function look({ phase, request }: SaleIn<Phase>): SaleLook {
  const deposit = 'deposit' in phase ? phase.deposit : null
  const opened = phase.name === 'opened' ? phase : null
  const firstInvoice = deposit?.invoice ?? ('invoice' in phase && !('goods' in phase) ? phase.invoice : null)
  const goods = 'goods' in phase ? phase.goods : null
  const isClaiming = phase.name === 'claiming'
  return {
    ...wordsFor(phase),
    final: phase.name === 'opened' || phase.name === 'closed',
    generated: 'generated' in phase ? phase.generated : null,
    receivedMsat: addMsat(deposit?.paidMsat ?? ZERO_MSAT, opened?.paidMsat ?? ZERO_MSAT),
    receivedAt: deposit?.paidAt ?? opened?.paidAt ?? null,
    paymentHashes: [...(firstInvoice === null ? [] : [firstInvoice.paymentHash]), ...(goods === null ? [] : [goods.paymentHash])],
    standing: standingIn(phase),
    lockedMsat: isClaiming ? phase.invoice.amountMsat : ZERO_MSAT,
    lockedUntil: isClaiming ? phase.heldUntil : null,
    owedMsat: isOwed(phase) ? (deposit?.paidMsat ?? ZERO_MSAT) : ZERO_MSAT,
    sealed: goods === null || opened !== null ? null : { bytes: goods.sealedBytes, openMsat: goods.amountMsat, until: 'invoice' in phase ? phase.invoice.expiresAt * 1_000 : null },
    creditMsat: creditIn(phase, request),
  }
}

/** Worth of what is made, or may be, without having been paid. */
function creditIn(phase: Phase, request: SaleRequest): Msat {
  switch (phase.name) {
    case 'quotingDeposit':
    case 'offeringDeposit':
    case 'awaitingDeposit':
    case 'working':
    case 'sealing':
    case 'delivering':
    case 'invoicing':
    case 'offering':
    case 'waiting':
    case 'withdrawing':
      return openingMsat(request)
    case 'withdrawn':
    case 'owed':
    case 'failing':
    // Locked for us: as good as paid.
    case 'claiming':
    case 'opened':
      return ZERO_MSAT
    case 'closed':
      return phase.creditMsat
  }
}

/** Until the sealed answer is out, a deposit is owed; from then on it is earned, whether the rest is opened or not. */
function isOwed(phase: Phase): boolean {
  return phase.name === 'working' || phase.name === 'owed' || phase.name === 'sealing' || phase.name === 'delivering'
}

function standingIn(phase: Phase): Standing {
  const deposit = 'deposit' in phase ? phase.deposit : null
  const moves = deposit === null ? [] : [{ from: isOwed(phase) ? 'owedByUs' : 'earned', to: 'wallet', msat: deposit.paidMsat } as const]
  if (phase.name === 'claiming') return standingOf(...moves, { from: 'promised', to: 'lockedForUs', msat: phase.invoice.amountMsat })
  if (phase.name === 'opened') return standingOf(...moves, { from: 'earned', to: 'wallet', msat: phase.paidMsat })
  return moves.length === 0 ? NO_STANDING : standingOf(...moves)
}

function wordsFor(phase: Phase): { state: JobState; note: string | null } {
  switch (phase.name) {
    case 'quotingDeposit':
      return { state: 'asking', note: null }
    case 'offeringDeposit':
    case 'awaitingDeposit':
      return { state: 'invoiced', note: 'Waiting for the deposit.' }
    case 'withdrawn':
      return { state: 'stopped', note: phase.reason }
    case 'working':
      return phase.attempt === 0 ? { state: 'queued', note: null } : { state: 'working', note: phase.attempt > 1 ? `Try ${phase.attempt}.` : null }
    case 'owed':
      return { state: 'owed', note: phase.reason }
    case 'failing':
      return closedWords(phase)
    case 'sealing':
    case 'delivering':
      return { state: 'working', note: 'Delivering the sealed answer.' }
    case 'invoicing':
    case 'offering':
    case 'waiting':
      return { state: 'sealed', note: 'Delivered under seal. Waiting for the customer to open it.' }
    case 'withdrawing':
      return { state: 'sealed', note: phase.reason }
    case 'claiming':
      return { state: 'unlocking', note: 'The customer’s payment is locked. Claiming it opens the answer.' }
    case 'opened':
      return { state: 'done', note: null }
    case 'closed':
      return closedWords(phase)
  }
}
