/**
 * `escrow` (PROTOCOL.md §2, §6): the price is locked on the hash of a secret that only we have, by the seller's hold invoice or at
 * its wallet's address. The answer is read, then the secret is released, and the seller takes the money. Without a release it returns.
 *
 *   asking ─ invoice ─▶ paying ─ our wallet shows it locked ─▶ locked ─ answer ─▶ deciding ─▶ releasing ─ settled ─▶ closed: done
 *      └ refused, late ─▶ closing ◀─ failed ──┘                   └── stop ─▶ returning ◀──┘         └─ it returned ─▶ closed: returned
 *
 * Invariants: one lock for each job, under one idempotency key; the secret never leaves us without an answer, and so the money never
 * either; what is unknown is looked up. Should it settle all the same, it counts as paid: the answer is owed until it is there.
 */
import type { JobState } from '#shared/ipc/common.ts'
import { NO_STANDING, standingOf, type Standing } from '#shared/market/books.ts'
import { addMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { Payment, PayOutcome } from '../../wallet/wallet.ts'
import { judgeInvoice, whyHeldTooLong } from '../judgeInvoice.ts'
import type { Intent, LockIntent, PurchaseAgreement, PurchaseEffect, PurchaseEvent, PurchaseMessage, PurchaseOutcome, PurchaseRequest, PurchaseSending } from '../purchase.ts'
import { LISTEN, send, wake, type PurchaseIn, type PurchaseLook, type PurchaseMode, type PurchaseOutgoing } from './mode.ts'
import { DOUBT_GRACE_MS, OVERDUE_WINDOW_MS } from './prepay.ts'

/** On the seller's hold invoice, or at its address. */
type AnyIntent = Intent | LockIntent

interface Held {
  readonly intent: AnyIntent
  readonly lockedAt: number
  /** Unix ms; null where the wallet does not say. */
  readonly heldUntil: number | null
}

interface Settlement {
  readonly intent: AnyIntent
  readonly feeMsat: Msat
  readonly settledAt: number
}

export type EscrowPhase =
  | { readonly name: 'asking'; readonly sent: boolean }
  /** `asked`: the wallet was told at least once. `doubt`: its answer was not one. */
  | { readonly name: 'paying'; readonly intent: AnyIntent; readonly asked: boolean; readonly doubt: string | null; readonly stopping: boolean }
  | ({ readonly name: 'locked'; readonly announced: boolean; readonly trouble: string | null } & Held)
  /** The answer is here, and it is a person's to release. */
  | ({ readonly name: 'deciding' } & Held)
  /** `sentAt`: when the secret went out last; null: it has to. */
  | ({ readonly name: 'releasing'; readonly by: 'app' | 'person'; readonly sentAt: number | null } & Held)
  /** Given up, and still locked. `telling`: the seller is to hear it. */
  | ({ readonly name: 'returning'; readonly outcome: PurchaseOutcome; readonly reason: string; readonly telling: boolean } & Held)
  /** Settled without a release: the seller's debt until it answers. */
  | ({ readonly name: 'owed'; readonly since: number } & Settlement)
  /** Ended for us; the cancel still has to go out. */
  | { readonly name: 'closing'; readonly outcome: PurchaseOutcome; readonly reason: string; readonly settled: Settlement | null; readonly intent: AnyIntent | null; readonly since: number }
  | { readonly name: 'closed'; readonly outcome: PurchaseOutcome; readonly reason: string; readonly settled: Settlement | null; readonly intent: AnyIntent | null }

type Phase = EscrowPhase
type Begun = PurchaseIn<Phase>
type PhaseOf<Name extends Phase['name']> = Extract<Phase, { name: Name }>

/** What a provider complains about is kept this often. */
const MAX_TROUBLES = 5
/** A cancel that no relay takes is given up. */
const CLOSING_WINDOW_MS = 60_000
/** A release that the seller has not acted on goes out again, dated anew: relays may have lost it. */
const RELEASE_AGAIN_MS = 300_000
/** A wallet that no longer knows a payment says nothing about it until long after the lock cannot be there any more. */
const FORGOTTEN_AFTER_MS = 86_400_000

export const escrow: PurchaseMode<Phase> = { first: () => ({ name: 'asking', sent: false }), decide, next, due, outgoing, look }

type EscrowTerms = Extract<PurchaseAgreement, { name: 'escrow' }>

function termsOf({ settlement }: PurchaseRequest): EscrowTerms {
  if (settlement?.name !== 'escrow') throw new RangeError('no terms of an escrow')
  return settlement
}

function decide(purchase: Begun, message: PurchaseMessage): readonly PurchaseEvent[] {
  const { at } = message
  const { phase } = purchase
  switch (message.type) {
    case 'sent':
      return isSending(phase, message.what) ? [{ at, type: 'sent', what: message.what, delivery: message.delivery }] : []
    case 'invoiceReceived':
      return phase.name === 'asking' ? onInvoice(purchase, message) : []
    case 'payAsked':
      return phase.name === 'paying' && !phase.asked ? [{ at, type: 'payAsked', paymentHash: phase.intent.paymentHash }] : []
    case 'payAnswered':
      return onPayAnswer(purchase, message.outcome, at)
    case 'paymentLookedUp':
      return onLookUp(purchase, message.payment, at)
    case 'textReceived':
      return isListening(phase) ? [{ at, type: 'textReceived', text: message.text }] : []
    case 'resultReceived':
      return onResult(purchase, message)
    case 'refusalReceived':
      return onRefusal(purchase, message)
    case 'releaseAsked':
      return phase.name === 'deciding' ? [{ at, type: 'releaseDecided', by: 'person' }] : []
    case 'stopAsked':
      return isStoppable(phase) ? [{ at, type: 'stopAsked' }] : []
    case 'tick':
      return onTick(purchase, message.clockProblem, at)
    // Of other modes.
    case 'asked':
    case 'sealedReceived':
    case 'opened':
      return []
  }
}

function onInvoice({ request, provider }: Begun, message: PurchaseMessage & { type: 'invoiceReceived' }): readonly PurchaseEvent[] {
  const { at, from, eventId, raw } = message
  const { paymentHash, address, transferId, holdSecs } = termsOf(request)
  const refused = (reason: string): readonly PurchaseEvent[] => (provider === null ? [] : [{ at, type: 'invoiceRefused', eventId, raw, reason }])
  const verdict = judgeInvoice(message.invoice, { ...request, nowSecs: Math.floor(at / 1_000) }, message.context)
  if (!verdict.ok) return refused(verdict.error.message)
  const intent = verdict.value
  if (intent.paymentHash === paymentHash) {
    const tooLong = message.invoice.ok ? whyHeldTooLong(message.invoice.value) : null
    return tooLong !== null ? refused(tooLong) : [{ at, type: 'invoiceAccepted', from, eventId, raw, intent }]
  }
  // Paid, it would be gone at once: nothing would be in our hands any more.
  if (address === null) return refused('The invoice is not locked by your secret: paying it would be paying ahead. Nothing was paid.')
  const { amountMsat, maxFeeMsat, expiresAt } = intent
  return [{ at, type: 'lockIntended', from, eventId, raw, intent: { paymentHash, amountMsat, maxFeeMsat, expiresAt, idempotencyKey: transferId, address, expirySecs: holdSecs } }]
}

function onPayAnswer(purchase: Begun, outcome: PayOutcome, at: number): readonly PurchaseEvent[] {
  const { phase } = purchase
  if (phase.name !== 'paying') return []
  switch (outcome.state) {
    case 'settled':
      return settle(purchase, outcome.feeMsat, at)
    case 'failed':
      return [{ at, type: 'payFailed', reason: outcome.problem.message, paymentHash: phase.intent.paymentHash }]
    case 'held':
      return locked(purchase, phase, null, at)
    case 'unknown':
      return phase.doubt === null ? [{ at, type: 'payInDoubt', reason: outcome.problem.message, paymentHash: phase.intent.paymentHash }] : []
  }
}

/** Our wallet shows it locked; the answer may have been quicker than our wallet, and so may the person who stops it. */
function locked({ request, hasResult, text }: Begun, { intent, stopping }: PhaseOf<'paying'>, heldUntil: number | null, at: number): readonly PurchaseEvent[] {
  const known = heldUntil ?? ('address' in intent ? at + intent.expirySecs * 1_000 : null)
  const event: PurchaseEvent = { at, type: 'locked', paymentHash: intent.paymentHash, heldUntil: known }
  if (stopping) return [event, { at, type: 'stopAsked' }]
  return hasResult ? [event, ...releasing(request, text, at)] : [event]
}

/** An empty answer is for a person to judge. */
function releasing(request: PurchaseRequest, text: string, at: number): readonly PurchaseEvent[] {
  return termsOf(request).release === 'auto' && text.trim() !== '' ? [{ at, type: 'releaseDecided', by: 'app' }] : []
}

function settle({ phase, hasResult }: Begun, feeMsat: Msat, at: number): readonly PurchaseEvent[] {
  // Its secret is not worth a place in the journal: it is kept elsewhere.
  const settled: PurchaseEvent = { at, type: 'settled', preimage: null, feeMsat }
  if (hasResult) return [settled, { at, type: 'ended', outcome: 'done', reason: '' }]
  if (phase.name === 'returning') return [settled, { at, type: 'ended', outcome: phase.outcome, reason: 'Stopped, and paid all the same: the wallet settled it.' }]
  return phase.name === 'paying' && phase.stopping ? [settled, { at, type: 'stopAsked' }] : [settled]
}

function onLookUp(purchase: Begun, payment: Payment | null, at: number): readonly PurchaseEvent[] {
  const { phase, request } = purchase
  switch (phase.name) {
    case 'paying':
      return onLookUpBefore(purchase, phase, payment, at)
    case 'locked':
    case 'deciding':
    case 'releasing':
    case 'returning':
      if (payment?.state === 'settled') return settle(purchase, payment.feeMsat, at)
      if (payment?.state === 'failed' || payment?.state === 'expired' || (payment === null && at >= (phase.heldUntil ?? phase.lockedAt + termsOf(request).holdSecs * 1_000) + FORGOTTEN_AFTER_MS)) {
        return [{ at, type: 'lockReturned', paymentHash: phase.intent.paymentHash }, { at, type: 'ended', ...endOfReturn(phase) }]
      }
      return isNewDeadline(phase, payment) ? [{ at, type: 'locked', paymentHash: phase.intent.paymentHash, heldUntil: msOf(payment?.heldUntil) }] : []
    case 'closing':
    case 'closed':
      return onLateLookUp(purchase, phase, payment, at)
    case 'asking':
    case 'owed':
      return []
  }
}

function onLookUpBefore(purchase: Begun, phase: PhaseOf<'paying'>, payment: Payment | null, at: number): readonly PurchaseEvent[] {
  const failed = (reason: string): readonly PurchaseEvent[] => [{ at, type: 'payFailed', reason, paymentHash: phase.intent.paymentHash }]
  if (payment === null || payment.state === 'expired') {
    return at < phase.intent.expiresAt * 1_000 + DOUBT_GRACE_MS ? [] : failed('The wallet knows of no such payment, and the invoice has expired. Nothing was paid.')
  }
  switch (payment.state) {
    case 'settled':
      return settle(purchase, payment.feeMsat, at)
    case 'failed':
      return failed('The wallet says that the payment failed. Nothing was paid.')
    // Most wallets have no other word for a payment that its payee holds.
    case 'pending':
    case 'held':
      return locked(purchase, phase, msOf(payment.heldUntil), at)
  }
}

/** The wallet says until when, and has not before. */
function isNewDeadline({ heldUntil, intent }: Held, payment: Payment | null): boolean {
  return payment?.state === 'held' && payment.heldUntil !== null && (heldUntil === null || ('address' in intent && heldUntil !== msOf(payment.heldUntil)))
}

function endOfReturn(phase: PhaseOf<'locked' | 'deciding' | 'releasing' | 'returning'>): { readonly outcome: PurchaseOutcome; readonly reason: string } {
  switch (phase.name) {
    case 'locked':
      return { outcome: 'returned', reason: `${phase.trouble === null ? 'The seller did not answer in time.' : `The seller did not answer: ${phase.trouble}`} Nothing was paid: what was locked is back.` }
    case 'deciding':
      return { outcome: 'returned', reason: 'You did not release it, so nothing was paid: what was locked is back. The answer is kept.' }
    case 'releasing':
      return { outcome: 'returned', reason: 'You released it, and the seller did not take it in time. Nothing was paid: what was locked is back. The answer is kept.' }
    case 'returning':
      return { outcome: phase.outcome, reason: phase.reason }
  }
}

/** A payment that failed or returned, and settled: the money is gone, so the books have to say so, and the answer is owed. */
function onLateLookUp({ hasResult }: Begun, phase: PhaseOf<'closing' | 'closed'>, payment: Payment | null, at: number): readonly PurchaseEvent[] {
  if (payment?.state !== 'settled' || phase.settled !== null || phase.intent === null) return []
  const late: PurchaseEvent = { at, type: 'settledLate', preimage: null, feeMsat: payment.feeMsat }
  return hasResult && phase.outcome !== 'stopped' ? [late, { at, type: 'ended', outcome: 'done', reason: '' }] : [late]
}

function onResult({ phase, request, hasResult }: Begun, message: PurchaseMessage & { type: 'resultReceived' }): readonly PurchaseEvent[] {
  const { at, eventId, raw, text, usage, receipt, isOpen } = message
  const received: PurchaseEvent = { at, type: 'resultReceived', eventId, raw, text, usage, receipt, isOpen }
  switch (phase.name) {
    case 'locked':
      return [received, ...releasing(request, text, at)]
    case 'owed':
      return [received, { at, type: 'ended', outcome: 'done', reason: '' }]
    case 'paying':
      return phase.asked && !phase.stopping && !hasResult ? [received] : []
    // Before anything is locked there is no answer; after one there is no other; and who has stopped waits for none.
    case 'asking':
    case 'deciding':
    case 'releasing':
    case 'returning':
    case 'closing':
    case 'closed':
      return []
  }
}

function onRefusal({ phase, troubles }: Begun, message: PurchaseMessage & { type: 'refusalReceived' }): readonly PurchaseEvent[] {
  const { at, eventId, reason } = message
  const received: PurchaseEvent = { at, type: 'refusalReceived', eventId, reason }
  switch (phase.name) {
    case 'asking':
      return [received, { at, type: 'ended', outcome: 'refused', reason: `The provider refused: ${reason}` }]
    case 'paying':
    case 'locked':
    case 'owed':
      return troubles < MAX_TROUBLES ? [received] : []
    case 'deciding':
    case 'releasing':
    case 'returning':
    case 'closing':
    case 'closed':
      return []
  }
}

function isStoppable(phase: Phase): boolean {
  switch (phase.name) {
    case 'asking':
    case 'locked':
    case 'deciding':
    case 'owed':
      return true
    case 'paying':
      return !phase.stopping
    // The secret is out: it is the seller's now.
    case 'releasing':
    case 'returning':
    case 'closing':
    case 'closed':
      return false
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
    case 'releasing':
      return phase.sentAt !== null && at >= phase.sentAt + RELEASE_AGAIN_MS ? [{ at, type: 'releaseDecided', by: phase.by }] : []
    case 'owed':
      return at < phase.since + OVERDUE_WINDOW_MS ? [] : [{ at, type: 'ended', outcome: 'failed', reason: 'Paid for and never delivered.' }]
    case 'closing':
      return at < phase.since + CLOSING_WINDOW_MS ? [] : [{ at, type: 'ended', outcome: phase.outcome, reason: phase.reason }]
    case 'paying':
    case 'locked':
    case 'deciding':
    case 'returning':
    case 'closed':
      return []
  }
}

function next(phase: Phase, event: PurchaseEvent, { hasResult }: Begun): Phase {
  switch (event.type) {
    case 'sent':
      return afterSending(phase, event.what, event.at)
    case 'invoiceAccepted':
    case 'lockIntended':
      return phase.name === 'asking' ? { name: 'paying', intent: event.intent, asked: false, doubt: null, stopping: false } : phase
    case 'invoiceRefused':
      return { name: 'closing', outcome: 'refused', reason: event.reason, settled: null, intent: null, since: event.at }
    case 'payAsked':
      return phase.name === 'paying' ? { ...phase, asked: true } : phase
    case 'payInDoubt':
      return phase.name === 'paying' ? { ...phase, doubt: event.reason } : phase
    case 'locked':
      if (isHeld(phase)) return { ...phase, heldUntil: event.heldUntil }
      return phase.name === 'paying' ? afterLock({ intent: phase.intent, lockedAt: event.at, heldUntil: event.heldUntil }, hasResult) : phase
    case 'payFailed':
      return phase.name === 'paying' && phase.stopping
        ? { name: 'closing', outcome: 'stopped', reason: 'Stopped before anything was paid.', settled: null, intent: intentOf(phase), since: event.at }
        : { name: 'closing', outcome: 'failed', reason: event.reason, settled: null, intent: intentOf(phase), since: event.at }
    case 'settled':
      return 'intent' in phase && phase.intent !== null ? { name: 'owed', intent: phase.intent, feeMsat: event.feeMsat, settledAt: event.at, since: event.at } : phase
    case 'settledLate':
      return afterLateSettlement(phase, event)
    case 'resultReceived':
      return phase.name === 'locked' ? { ...heldOf(phase), name: 'deciding' } : phase
    case 'refusalReceived':
      return phase.name === 'locked' ? { ...phase, trouble: event.reason } : phase
    case 'releaseDecided':
      return phase.name === 'deciding' || phase.name === 'releasing' ? { ...heldOf(phase), name: 'releasing', by: event.by, sentAt: null } : phase
    case 'stopAsked':
      return afterStop(phase, event.at)
    case 'ended':
      return afterEnd(phase, event)
    // They change no phase, or are of other modes.
    case 'asked':
    case 'textReceived':
    case 'lockReturned':
    case 'overdue':
    case 'sealedReceived':
    case 'opened':
    case 'sealBroken':
    case 'paused':
    case 'resumed':
      return phase
  }
}

/** The answer may be quicker than our wallet. */
function afterLock(held: Held, hasResult: boolean): Phase {
  return hasResult ? { ...held, name: 'deciding' } : { ...held, name: 'locked', announced: false, trouble: null }
}

function afterEnd(phase: Phase, { at, outcome, reason }: PurchaseEvent & { type: 'ended' }): Phase {
  // The seller holds a place for who asked and was not answered in time: it is told.
  if (phase.name === 'asking' && phase.sent && outcome === 'expired') return { name: 'closing', outcome, reason, settled: null, intent: null, since: at }
  return { name: 'closed', outcome, reason, settled: settlementOf(phase), intent: intentOf(phase) }
}

function afterStop(phase: Phase, at: number): Phase {
  switch (phase.name) {
    case 'paying':
      if (phase.asked) return { ...phase, stopping: true }
      return { name: 'closing', outcome: 'stopped', reason: 'Stopped before anything was paid.', settled: null, intent: null, since: at }
    case 'asking':
      return { name: 'closing', outcome: 'stopped', reason: 'Stopped before anything was paid.', settled: null, intent: null, since: at }
    case 'locked':
      return { ...heldOf(phase), name: 'returning', outcome: 'stopped', reason: 'Stopped. Nothing was paid: what was locked comes back.', telling: true }
    case 'deciding':
      return { ...heldOf(phase), name: 'returning', outcome: 'returned', reason: 'You kept it locked until it returned: nothing was paid. The answer is kept.', telling: false }
    case 'owed':
      return { name: 'closing', outcome: 'stopped', reason: 'Stopped. The wallet had settled it, so it is spent; what arrived is kept.', settled: settlementOf(phase), intent: phase.intent, since: at }
    case 'releasing':
    case 'returning':
    case 'closing':
    case 'closed':
      return phase
  }
}

/** Stopped, and paid: stays stopped, and says that it is spent. Else the answer is owed. */
function afterLateSettlement(phase: Phase, event: PurchaseEvent & { type: 'settledLate' }): Phase {
  if ((phase.name !== 'closing' && phase.name !== 'closed') || phase.intent === null) return phase
  const settled: Settlement = { intent: phase.intent, feeMsat: event.feeMsat, settledAt: event.at }
  if (phase.outcome !== 'stopped') return { ...settled, name: 'owed', since: event.at }
  return { ...phase, settled, reason: 'Stopped, and paid all the same: the wallet settled it after it had said no.' }
}

function afterSending(phase: Phase, what: PurchaseSending, at: number): Phase {
  if (!isSending(phase, what)) return phase
  switch (phase.name) {
    case 'asking':
      return { ...phase, sent: true }
    case 'locked':
      return { ...phase, announced: true }
    case 'releasing':
      return { ...phase, sentAt: at }
    case 'returning':
      return { ...phase, telling: false }
    case 'closing':
      return { name: 'closed', outcome: phase.outcome, reason: phase.reason, settled: phase.settled, intent: phase.intent }
    case 'paying':
    case 'deciding':
    case 'owed':
    case 'closed':
      return phase
  }
}

function due({ phase, request, askedAt }: Begun): readonly PurchaseEffect[] {
  switch (phase.name) {
    case 'asking':
      return [LISTEN, ...(phase.sent ? [] : [send('request')]), wake(askedAt + request.invoiceTimeoutMs)]
    case 'paying':
      return [LISTEN, payEffect(phase)]
    case 'locked':
      return [LISTEN, follow(phase), ...(phase.announced ? [] : [send(announcementOf(phase))])]
    case 'deciding':
      return [follow(phase)]
    case 'releasing':
      return [follow(phase), phase.sentAt === null ? send('release') : wake(phase.sentAt + RELEASE_AGAIN_MS)]
    case 'returning':
      return [follow(phase), ...(phase.telling ? [send('cancel')] : [])]
    case 'owed':
      return [LISTEN, wake(phase.since + OVERDUE_WINDOW_MS)]
    case 'closing':
      return [send('cancel'), wake(phase.since + CLOSING_WINDOW_MS)]
    case 'closed':
      return []
  }
}

/** Asked and not answered, also after a crash: look first. One key for both, so that they never run side by side. */
function payEffect({ intent, asked }: PhaseOf<'paying'>): PurchaseEffect {
  if ('address' in intent) return { key: 'pay', type: 'lock', intent, asked }
  return { key: 'pay', type: asked ? 'lookUp' : 'pay', intent, mayHold: true }
}

function follow({ intent }: Held): PurchaseEffect {
  return { key: `follow:${intent.paymentHash}`, type: 'followLock', paymentHash: intent.paymentHash }
}

function announcementOf({ intent }: Held): 'locked' | 'paymentSent' {
  return 'address' in intent ? 'locked' : 'paymentSent'
}

function outgoing({ phase }: Begun, what: PurchaseSending): PurchaseOutgoing | null {
  if (!isSending(phase, what)) return null
  if (what === 'request' || what === 'cancel') return { what }
  if (phase.name === 'releasing') return { what: 'release', paymentHash: phase.intent.paymentHash }
  if (phase.name !== 'locked') return null
  const { intent } = phase
  if (!('address' in intent)) return { what: 'paymentSent', paymentId: intent.paymentHash }
  const { paymentHash, amountMsat, expirySecs, idempotencyKey } = intent
  return { what: 'locked', paymentHash, amountMsat, expirySecs, paymentId: idempotencyKey }
}

function look(purchase: Begun): PurchaseLook {
  const { phase, request } = purchase
  const settled = settlementOf(phase)
  const asked = intentOf(phase)
  const intent = phase.name === 'paying' ? phase.intent : asked
  const isClosing = phase.name === 'closing' || phase.name === 'closed'
  const isOpen = phase.name === 'paying' || isHeld(phase)
  return {
    ...wordsFor(purchase),
    final: phase.name === 'closed',
    priceMsat: intent?.amountMsat ?? request.quotedMsat,
    paidMsat: settled?.intent.amountMsat ?? ZERO_MSAT,
    feeMsat: settled?.feeMsat ?? ZERO_MSAT,
    settledAt: settled?.settledAt ?? null,
    pendingMsat: isOpen ? addMsat(phase.intent.amountMsat, phase.intent.maxFeeMsat) : ZERO_MSAT,
    paymentHashes: intent === null ? [] : [intent.paymentHash],
    standing: standingIn(phase),
    lockedMsat: isHeld(phase) ? phase.intent.amountMsat : ZERO_MSAT,
    lockedUntil: isHeld(phase) ? phase.heldUntil : null,
    owedMsat: phase.name === 'owed' ? phase.intent.amountMsat : ZERO_MSAT,
    refused: isClosing && settled === null ? phase.intent : null,
    invoices: asked !== null && 'bolt11' in asked ? [asked.bolt11] : [],
    isListening: isListening(phase),
  }
}

/** Who owes what. Locked money is ours, and not to be spent: with what its fee may be. */
function standingIn(phase: Phase): Standing {
  switch (phase.name) {
    case 'asking':
      return NO_STANDING
    case 'paying':
      return standingOf({ from: 'wallet', to: 'onTheWay', msat: addMsat(phase.intent.amountMsat, phase.intent.maxFeeMsat) })
    case 'locked':
    case 'deciding':
    case 'releasing':
    case 'returning':
      return standingOf({ from: 'wallet', to: 'locked', msat: addMsat(phase.intent.amountMsat, phase.intent.maxFeeMsat) })
    case 'owed':
      return standingOf({ from: 'wallet', to: 'owedToUs', msat: phase.intent.amountMsat }, { from: 'wallet', to: 'fees', msat: phase.feeMsat })
    case 'closing':
    case 'closed':
      if (phase.settled === null) return NO_STANDING
      // What was never delivered is lost; a stop is the customer's own.
      return standingOf({ from: 'wallet', to: phase.outcome === 'failed' ? 'lost' : 'spent', msat: phase.settled.intent.amountMsat }, { from: 'wallet', to: 'fees', msat: phase.settled.feeMsat })
  }
}

function wordsFor({ phase, text }: Begun): { state: JobState; note: string } {
  switch (phase.name) {
    case 'asking':
      return { state: 'asking', note: phase.sent ? 'Waiting for the invoice.' : '' }
    case 'paying':
      return phase.doubt === null
        ? { state: 'paying', note: phase.stopping ? 'Stopping: the payment was already on its way.' : '' }
        : { state: 'payment-unknown', note: `${phase.doubt} It is looked up until the wallet knows; it is never paid twice.` }
    case 'locked':
      if (phase.trouble !== null) return { state: 'locked', note: `The seller has a problem: ${phase.trouble}` }
      return text === '' ? { state: 'locked', note: `Locked. ${untilWhen(phase, 'Without an answer it comes back by itself')}` } : { state: 'working', note: '' }
    case 'deciding':
      return { state: 'unlocking', note: `The answer is there. Release the payment if it is what you asked for. ${untilWhen(phase, 'If you do not, it comes back by itself')}` }
    case 'releasing':
      return { state: 'unlocking', note: 'Released. The seller is taking it.' }
    case 'returning':
      return { state: phase.outcome, note: `${phase.reason} ${untilWhen(phase, 'It is back')}` }
    case 'owed':
      return { state: 'owed', note: 'The wallet settled it without your release. The answer is shown if it still comes.' }
    case 'closing':
    case 'closed':
      return { state: phase.outcome, note: phase.reason }
  }
}

/** "It comes back by itself, at the latest soon after 2026-01-05 09:41 UTC." */
function untilWhen({ heldUntil }: Held, what: string): string {
  return heldUntil === null ? `${what}.` : `${what}, at the latest soon after ${new Date(heldUntil).toISOString().slice(0, 16).replace('T', ' ')} UTC.`
}

function msOf(unixSecs: number | null | undefined): number | null {
  return unixSecs === null || unixSecs === undefined ? null : unixSecs * 1_000
}

function isHeld(phase: Phase): phase is PhaseOf<'locked' | 'deciding' | 'releasing' | 'returning'> {
  return phase.name === 'locked' || phase.name === 'deciding' || phase.name === 'releasing' || phase.name === 'returning'
}

function heldOf({ intent, lockedAt, heldUntil }: Held): Held {
  return { intent, lockedAt, heldUntil }
}

function isListening(phase: Phase): boolean {
  return phase.name === 'locked' || phase.name === 'owed' || (phase.name === 'paying' && phase.asked)
}

function isSending(phase: Phase, what: PurchaseSending): boolean {
  switch (what) {
    case 'request':
      return phase.name === 'asking' && !phase.sent
    case 'paymentSent':
    case 'locked':
      return phase.name === 'locked' && !phase.announced && announcementOf(phase) === what
    case 'release':
      return phase.name === 'releasing' && phase.sentAt === null
    case 'cancel':
      return phase.name === 'closing' || (phase.name === 'returning' && phase.telling)
  }
}

/** What the wallet was asked for, also when it came to nothing. */
function intentOf(phase: Phase): AnyIntent | null {
  if (phase.name === 'asking' || (phase.name === 'paying' && !phase.asked)) return null
  return phase.intent
}

/** What was really paid for this job, whatever phase it is in. */
function settlementOf(phase: Phase): Settlement | null {
  if (phase.name === 'owed') return { intent: phase.intent, feeMsat: phase.feeMsat, settledAt: phase.settledAt }
  return phase.name === 'closing' || phase.name === 'closed' ? phase.settled : null
}
