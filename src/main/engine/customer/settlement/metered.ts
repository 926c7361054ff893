/**
 * `metered` (PROTOCOL.md §6): the answer is paid step by step while it comes (`#shared/market/tariff.ts` says what a step is and
 * costs; judgeStep.ts when it is worth paying).
 *
 *   asking ─ first step accepted ─▶ running ─ result ─▶ closed: done
 *      │ refused, timed out            │ ▲ next step accepted, paid
 *      │                               └ stop, breach, silence, the cap, a payment that fails
 *      └───────▶ closed ◀── leaving: pays no more, cancels, still takes what was paid for ◀┘
 *
 * Invariants: each step has one invoice, one payment hash, one idempotency key; one payment is under way at a time; no step is paid
 * before what was paid until half of the step before it has come, so that no more than a tick is ahead; the sum of all, fees
 * included, stays within the cap.
 */
import type { JobState } from '#shared/ipc/common.ts'
import { standingOf, type Standing } from '#shared/market/books.ts'
import { utf8Bytes } from '#shared/market/conversation.ts'
import { addMsat, formatSats, subtractMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { settleAnswer, type TokenCount } from '#shared/market/tariff.ts'
import type { Payment, PayOutcome } from '../../wallet/wallet.ts'
import { judgeDelivery, judgeStep, type StepClaim } from '../judgeStep.ts'
import type { Intent, PurchaseBase, PurchaseEffect, PurchaseEvent, PurchaseMessage, PurchaseOutcome, PurchaseSending } from '../purchase.ts'
import { LISTEN, send, textTaken, wake, type PurchaseIn, type PurchaseLook, type PurchaseMode, type PurchaseOutgoing } from './mode.ts'
import { whyNoInvoice } from './noInvoice.ts'
import { DOUBT_GRACE_MS, OVERDUE_WINDOW_MS } from './prepay.ts'

interface BoughtStep {
  readonly intent: Intent
  readonly count: TokenCount
  /** Characters of the answer that were here when it was taken. */
  readonly textLength: number
  /** `asked`: the wallet was told to pay at least once. `failed`: it says that nothing left. */
  readonly payment: 'intended' | 'asked' | 'settled' | 'failed'
  readonly doubt: string | null
  readonly feeMsat: Msat
  readonly settledAt: number | null
}

interface Ending {
  readonly outcome: PurchaseOutcome
  readonly reason: string
}

interface Bought {
  readonly steps: readonly BoughtStep[]
}

export type MeteredPhase =
  | { readonly name: 'asking'; readonly sent: boolean }
  /** `pause`: why the provider waits, as it says; null: it does not. `stopping`: nothing more is paid, once the wallet knows of the last payment. */
  | ({ readonly name: 'running'; readonly heardAt: number; readonly pause: string | null; readonly stopping: Ending | null } & Bought)
  /** `told`: the cancel is out. */
  | ({ readonly name: 'leaving'; readonly since: number; readonly told: boolean } & Ending & Bought)
  | ({ readonly name: 'closed' } & Ending & Bought)

type Phase = MeteredPhase
type Begun = PurchaseIn<Phase>

/** A cancel that no relay takes is given up. */
const CLOSING_WINDOW_MS = 60_000
const MAX_TROUBLES = 5
const STOPPED: Ending = { outcome: 'stopped', reason: 'Stopped. What was paid for is kept.' }
const STOPPED_UNPAID: Ending = { outcome: 'stopped', reason: 'Stopped before anything was paid.' }
const DONE: Ending = { outcome: 'done', reason: '' }
/** Their words may be new, and their amounts a mistake: not the provider's fault. */
const OURS: ReadonlySet<string> = new Set(['cap-reached', 'spending-stopped', 'over-fee-limit', 'over-job-limit', 'new-provider-limit', 'over-provider-limit', 'too-many-pending', 'over-pending-limit', 'over-day-limit', 'needs-confirmation'])

export const metered: PurchaseMode<Phase> = { first: () => ({ name: 'asking', sent: false }), decide, next, due, outgoing, look }

function decide(purchase: Begun, message: PurchaseMessage): readonly PurchaseEvent[] {
  const { at } = message
  const { phase } = purchase
  switch (message.type) {
    case 'sent':
      return isSending(phase, message.what) ? [{ at, type: 'sent', what: message.what, delivery: message.delivery }] : []
    case 'invoiceReceived':
      return onInvoice(purchase, message)
    case 'payAsked':
      return lastOf(phase)?.payment === 'intended' || lastOf(phase)?.payment === 'asked' ? [{ at, type: 'payAsked', ...(message.paymentHash === undefined ? {} : { paymentHash: message.paymentHash }) }] : []
    case 'payAnswered':
      return isOpen(phase, message.paymentHash) ? onPayAnswer(purchase, message.outcome, at) : []
    case 'paymentLookedUp':
      return onLookUp(purchase, message.payment, message.paymentHash ?? message.payment?.paymentHash, at)
    case 'textReceived':
      if (!isListening(purchase)) return []
      return [...(phase.name === 'running' && phase.pause !== null ? [{ at, type: 'resumed' } as const] : []), textTaken(message)]
    case 'resultReceived':
      return onResult(purchase, message)
    case 'refusalReceived':
      return onRefusal(purchase, message)
    case 'stopAsked':
      // Who waits no longer for what it is owed can ask for it back.
      if (phase.name === 'leaving' && phase.told) return [endedBy(phase, at)]
      return phase.name === 'asking' || (phase.name === 'running' && phase.stopping === null) ? [{ at, type: 'stopAsked' }] : []
    case 'tick':
      return onTick(purchase, message.clockProblem, at)
    // Of other modes.
    case 'asked':
    case 'sealedReceived':
    case 'opened':
    case 'releaseAsked':
      return []
  }
}

/** Nothing is decided while the wallet does not know of the last payment, or the text is still to come: it is brought up again. */
function onInvoice(purchase: Begun, message: PurchaseMessage & { type: 'invoiceReceived' }): readonly PurchaseEvent[] {
  const { at, from, eventId, raw, invoice, step } = message
  const { phase, request, hasResult } = purchase
  const refuse = (reason: string, outcome: PurchaseOutcome): readonly PurchaseEvent[] => [{ at, type: 'invoiceRefused', eventId, raw, reason, outcome }]
  const isRunning = phase.name === 'running' && phase.stopping === null && !hasResult
  if (!isRunning && phase.name !== 'asking') return []
  const steps = stepsOf(phase)
  // The same one from another relay, or after a restart.
  if (invoice.ok && steps.some(({ intent }) => intent.paymentHash === invoice.value.paymentHash)) return []
  const last = steps.at(-1)
  const isNext = step === undefined || step.index === steps.length
  if (isNext && last !== undefined) {
    if (last.payment !== 'settled') return []
    const delivery = judgeDelivery(purchase.text, last.textLength, steps.map(({ count }) => count))
    if (delivery === 'awaited') return []
    if (delivery !== 'delivered') return refuse(delivery.fault, 'failed')
  }
  const history = { agreed: agreedIn(purchase), maxTokens: request.maxTokens, steps: steps.map(({ count }) => count), paidMsat: paidOf(phase), feeMsat: feesOf(phase) }
  const verdict = judgeStep(step, invoice, history, { ...request, nowSecs: Math.floor(at / 1_000) }, message.context)
  if (verdict.ok && step !== undefined) return [{ at, type: 'invoiceAccepted', from, eventId, raw, intent: verdict.value, index: step.index, step }]
  return refuse(verdict.ok ? '' : verdict.error.message, phase.name === 'asking' ? 'refused' : !verdict.ok && OURS.has(verdict.error.code) ? 'stopped' : 'failed')
}

function onPayAnswer(purchase: Begun, outcome: PayOutcome, at: number): readonly PurchaseEvent[] {
  const last = lastOf(purchase.phase)
  if (last === null) return []
  const { paymentHash } = last.intent
  switch (outcome.state) {
    case 'settled':
      return settle(purchase, outcome.preimage, outcome.feeMsat, paymentHash, at)
    case 'failed':
      return fail(purchase, outcome.problem.message, paymentHash, at)
    case 'held':
      return last.doubt === null ? [{ at, type: 'payInDoubt', reason: 'The payee holds the payment back.', paymentHash }] : []
    case 'unknown':
      return last.doubt === null ? [{ at, type: 'payInDoubt', reason: outcome.problem.message, paymentHash }] : []
  }
}

function onLookUp(purchase: Begun, payment: Payment | null, paymentHash: string | undefined, at: number): readonly PurchaseEvent[] {
  const { phase } = purchase
  if (!isOpen(phase, paymentHash)) return onLateLookUp(phase, payment, paymentHash, at)
  const last = lastOf(phase)
  if (last === null) return []
  const hash = last.intent.paymentHash
  if (payment === null || payment.state === 'expired') {
    if (at < last.intent.expiresAt * 1_000 + DOUBT_GRACE_MS) return []
    return fail(purchase, 'The wallet knows of no such payment, and the invoice has expired. Nothing was paid for it.', hash, at)
  }
  switch (payment.state) {
    case 'settled':
      return settle(purchase, payment.preimage, payment.feeMsat, hash, at)
    case 'failed':
      return fail(purchase, 'The wallet says that the payment failed. Nothing was paid for it.', hash, at)
    case 'pending':
    case 'held':
      return last.doubt === null ? [{ at, type: 'payInDoubt', reason: 'The wallet is still sending it.', paymentHash: hash }] : []
  }
}

/** The wallet takes back its word: the money is gone, so the books have to say so, and the provider owes for it. */
function onLateLookUp(phase: Phase, payment: Payment | null, paymentHash: string | undefined, at: number): readonly PurchaseEvent[] {
  const failed = stepsOf(phase).find((step) => step.payment === 'failed' && step.intent.paymentHash === (paymentHash ?? step.intent.paymentHash))
  if (failed === undefined || payment?.state !== 'settled') return []
  return [{ at, type: 'settledLate', preimage: payment.preimage, feeMsat: payment.feeMsat, paymentHash: failed.intent.paymentHash }]
}

/** The provider may see the money, and even finish, before our own wallet answers. */
function settle(purchase: Begun, preimage: string | null, feeMsat: Msat, paymentHash: string, at: number): readonly PurchaseEvent[] {
  const settled: PurchaseEvent = { at, type: 'settled', preimage, feeMsat, paymentHash }
  return purchase.hasResult ? [settled, endedBy(purchase.phase, at)] : [settled]
}

function fail(purchase: Begun, reason: string, paymentHash: string, at: number): readonly PurchaseEvent[] {
  const failed: PurchaseEvent = { at, type: 'payFailed', reason, paymentHash }
  return purchase.hasResult ? [failed, endedBy(purchase.phase, at)] : [failed]
}

function onResult(purchase: Begun, message: PurchaseMessage & { type: 'resultReceived' }): readonly PurchaseEvent[] {
  const { at, eventId, raw, text, usage, receipt, isOpen: inTheOpen } = message
  const { phase, hasResult } = purchase
  if (hasResult || (phase.name !== 'running' && phase.name !== 'leaving') || !phase.steps.some(({ payment }) => payment === 'settled' || payment === 'asked')) return []
  const received: PurchaseEvent = { at, type: 'resultReceived', eventId, raw, text, usage, receipt, isOpen: inTheOpen }
  return lastOf(phase)?.payment === 'asked' ? [received] : [received, endedBy(phase, at)]
}

/** Before anything is paid a refusal is the end; later it means that no more is coming. */
function onRefusal({ phase, troubles }: Begun, message: PurchaseMessage & { type: 'refusalReceived' }): readonly PurchaseEvent[] {
  const { at, eventId, reason } = message
  if (message.isPause === true) return phase.name === 'running' && phase.pause === null ? [{ at, type: 'paused', reason }] : []
  const received: PurchaseEvent = { at, type: 'refusalReceived', eventId, reason }
  switch (phase.name) {
    case 'asking':
      return [received, { at, type: 'ended', outcome: 'refused', reason: `The provider refused: ${reason}` }]
    case 'running':
      return troubles >= MAX_TROUBLES ? [] : phase.stopping === null ? [received, { at, type: 'overdue', reason: `The provider has a problem: ${reason}` }] : [received]
    case 'leaving':
      return troubles < MAX_TROUBLES ? [received] : []
    case 'closed':
      return []
  }
}

function onTick({ phase, request, askedAt, hasResult }: Begun, clockProblem: string | null, at: number): readonly PurchaseEvent[] {
  switch (phase.name) {
    case 'asking':
      if (at < askedAt + request.invoiceTimeoutMs) return []
      return [{ at, type: 'ended', outcome: 'expired', reason: whyNoInvoice(clockProblem, phase.sent) }]
    case 'running':
      if (hasResult || lastOf(phase)?.payment !== 'settled' || at < phase.heardAt + request.answerTimeoutMs) return []
      return [{ at, type: 'overdue', reason: 'Paid, and the provider went silent. No more is paid; what still comes is shown.' }]
    case 'leaving':
      return at < phase.since + leavingWindow(phase) ? [] : [endedBy(phase, at)]
    case 'closed':
      return []
  }
}

function next(phase: Phase, event: PurchaseEvent, purchase: Begun): Phase {
  switch (event.type) {
    case 'sent':
      return afterSending(phase, event.what)
    case 'invoiceAccepted':
      if (event.step === undefined) return phase
      return {
        name: 'running', heardAt: event.at, pause: null, stopping: null,
        steps: [...stepsOf(phase), { intent: event.intent, count: countOf(event.step), textLength: purchase.text.length, payment: 'intended', doubt: null, feeMsat: ZERO_MSAT, settledAt: null }],
      }
    case 'invoiceRefused':
      return leave(phase, { outcome: event.outcome ?? 'refused', reason: event.reason }, event.at)
    case 'payAsked':
      return changeLast(phase, { payment: 'asked' })
    case 'payInDoubt':
      return changeLast(phase, { doubt: event.reason })
    case 'settled':
      return afterSettlement(changeLast(phase, { payment: 'settled', doubt: null, feeMsat: event.feeMsat, settledAt: event.at }), event.at)
    case 'payFailed':
      return leave(changeLast(phase, { payment: 'failed', doubt: null }), phase.name === 'running' && phase.stopping !== null ? phase.stopping : { outcome: 'failed', reason: event.reason }, event.at)
    case 'settledLate':
      return phase.name === 'asking' ? phase : { ...phase, steps: phase.steps.map((step) => (step.intent.paymentHash === event.paymentHash ? { ...step, payment: 'settled', feeMsat: event.feeMsat, settledAt: event.at } : step)) }
    case 'textReceived':
      return phase.name === 'running' ? { ...phase, heardAt: event.at } : phase
    case 'paused':
      return phase.name === 'running' ? { ...phase, pause: event.reason } : phase
    case 'resumed':
      return phase.name === 'running' ? { ...phase, pause: null } : phase
    case 'overdue':
      return leave(phase, { outcome: 'failed', reason: event.reason }, event.at)
    case 'stopAsked':
      return leave(phase, paidOf(phase) === 0 && lastOf(phase)?.payment !== 'asked' ? STOPPED_UNPAID : STOPPED, event.at)
    case 'ended':
      // The seller holds a place for who asked and was not answered in time: it is told.
      if (phase.name === 'asking' && phase.sent && event.outcome === 'expired') return leave(phase, event, event.at)
      return { name: 'closed', outcome: event.outcome, reason: event.reason, steps: withoutIntended(phase) }
    // They change no phase, or are of other modes.
    case 'asked':
    case 'resultReceived':
    case 'refusalReceived':
    case 'lockIntended':
    case 'locked':
    case 'lockReturned':
    case 'sealedReceived':
    case 'opened':
    case 'sealBroken':
    case 'releaseDecided':
      return phase
  }
}

/** What the wallet was not told of is dropped; of what it was told, it has to say what became of it first. */
function leave(phase: Phase, { outcome, reason }: Ending, at: number): Phase {
  if (phase.name === 'leaving' || phase.name === 'closed') return phase
  if (phase.name === 'running' && lastOf(phase)?.payment === 'asked') return { ...phase, stopping: { outcome, reason } }
  return { name: 'leaving', outcome, reason, since: at, told: phase.name === 'asking' && !phase.sent, steps: withoutIntended(phase) }
}

function afterSettlement(phase: Phase, at: number): Phase {
  if (phase.name !== 'running') return phase
  return phase.stopping === null ? { ...phase, heardAt: at } : leave(phase, phase.stopping, at)
}

function afterSending(phase: Phase, what: PurchaseSending): Phase {
  if (phase.name === 'asking' && what === 'request') return { ...phase, sent: true }
  if (phase.name !== 'leaving' || what !== 'cancel') return phase
  const told: Phase = { ...phase, told: true }
  // Nothing was paid: there is nothing to wait for.
  return paidOf(phase) === 0 ? { name: 'closed', outcome: phase.outcome, reason: phase.reason, steps: phase.steps } : told
}

function due(purchase: Begun): readonly PurchaseEffect[] {
  const { phase, request, askedAt, hasResult } = purchase
  const last = lastOf(phase)
  const listening = hasResult ? [] : [LISTEN]
  switch (phase.name) {
    case 'asking':
      return [LISTEN, ...(phase.sent ? [] : [send('request')]), wake(askedAt + request.invoiceTimeoutMs)]
    case 'running':
      if (last !== null && last.payment !== 'settled') {
        // Asked and not answered, also after a crash: look first. One key for both, so that they never run side by side.
        return [...listening, { key: `pay:${last.intent.paymentHash}`, type: last.payment === 'asked' ? 'lookUp' : 'pay', intent: last.intent }]
      }
      return [...listening, wake(phase.heardAt + request.answerTimeoutMs)]
    case 'leaving':
      return [...(paidOf(phase) === 0 ? [] : listening), ...(phase.told ? [] : [send('cancel')]), wake(phase.since + leavingWindow(phase))]
    case 'closed':
      return []
  }
}

function outgoing({ phase }: Begun, what: PurchaseSending): PurchaseOutgoing | null {
  return (what === 'request' || what === 'cancel') && isSending(phase, what) ? { what } : null
}

/** Who owes what: of what was paid, the text that came is spent, and the rest owed to us; lost once nobody waits for it. */
function look(purchase: Begun): PurchaseLook {
  const { phase, request } = purchase
  const steps = stepsOf(phase)
  const last = lastOf(phase)
  const isPending = last !== null && (last.payment === 'intended' || last.payment === 'asked')
  const { standing, owedMsat } = standsAt(purchase)
  const refused = phase.name === 'leaving' || phase.name === 'closed' ? steps.findLast(({ payment }) => payment === 'failed') : undefined
  return {
    ...wordsFor(purchase, owedMsat),
    final: phase.name === 'closed',
    priceMsat: phase.name === 'closed' && paidOf(phase) > 0 ? paidOf(phase) : request.quotedMsat,
    paidMsat: paidOf(phase),
    feeMsat: feesOf(phase),
    settledAt: steps.find(({ settledAt }) => settledAt !== null)?.settledAt ?? null,
    pendingMsat: isPending ? addMsat(last.intent.amountMsat, last.intent.maxFeeMsat) : ZERO_MSAT,
    paymentHashes: steps.map(({ intent }) => intent.paymentHash),
    standing,
    lockedMsat: ZERO_MSAT,
    lockedUntil: null,
    owedMsat,
    refused: refused?.intent ?? null,
    invoices: steps.filter(({ payment }) => payment !== 'intended').map(({ intent }) => intent.bolt11),
    isListening: isListening(purchase),
    metered: meterOf(steps),
  }
}

function meterOf(steps: readonly BoughtStep[]): { readonly payments: number; readonly paidTokens: number } {
  const settled = steps.filter(({ payment }) => payment === 'settled')
  return { payments: settled.length, paidTokens: settled.reduce((sum, { count }) => sum + count.outputTokens, 0) }
}

function standsAt(purchase: Begun): { readonly standing: Standing; readonly owedMsat: Msat } {
  const { phase, hasResult } = purchase
  const last = lastOf(phase)
  const pendingMsat = last !== null && (last.payment === 'intended' || last.payment === 'asked') ? addMsat(last.intent.amountMsat, last.intent.maxFeeMsat) : ZERO_MSAT
  const owedMsat = hasResult ? creditOf(purchase) : undeliveredOf(phase)
  const isLost = phase.name === 'closed' && !hasResult
  const standing = standingOf(
    { from: 'wallet', to: 'onTheWay', msat: pendingMsat },
    { from: 'wallet', to: 'fees', msat: feesOf(phase) },
    { from: 'wallet', to: 'spent', msat: subtractMsat(paidOf(phase), owedMsat) },
    { from: 'wallet', to: isLost ? 'lost' : 'owedToUs', msat: owedMsat },
  )
  return { standing, owedMsat: isLost ? ZERO_MSAT : owedMsat }
}

/** Of what was paid, the part that the answer did not need: the provider's count, as far as the text bears it out. */
function creditOf(purchase: Begun): Msat {
  const { phase, text, usage } = purchase
  const agreed = agreedIn(purchase)
  const promptTokens = Math.min(agreed.promptTokens, stepsOf(phase)[0]?.count.promptTokens ?? 0)
  const outputTokens = stepsOf(phase).reduce((sum, { count, payment }) => sum + (payment === 'settled' ? count.outputTokens : 0), 0)
  return settleAnswer(agreed, { paidMsat: paidOf(phase), promptTokens, usage: usage ?? { promptTokens, outputTokens }, answerBytes: utf8Bytes(text) }).creditMsat
}

/** When a step is taken, the one two before it has been seen to be delivered: the last two may still be ahead. */
function undeliveredOf(phase: Phase): Msat {
  return addMsat(...stepsOf(phase).slice(-2).filter(({ payment }) => payment === 'settled').map(({ intent }) => intent.amountMsat))
}

function wordsFor({ phase, text, hasResult }: Begun, owedMsat: Msat): { state: JobState; note: string } {
  switch (phase.name) {
    case 'asking':
      return { state: 'asking', note: phase.sent ? 'Waiting for the first invoice.' : '' }
    case 'running':
      return runningWords(phase, text, hasResult)
    case 'leaving':
      return { state: phase.outcome === 'failed' && paidOf(phase) > 0 ? 'owed' : phase.outcome, note: phase.reason }
    case 'closed': {
      const credit = owedMsat === 0 ? '' : `The answer needed less than was paid: the seller owes you ${formatSats(owedMsat)} sats.`
      return { state: phase.outcome, note: [phase.reason, credit].filter((words) => words !== '').join(' ') }
    }
  }
}

function runningWords(phase: Phase & { name: 'running' }, text: string, hasResult: boolean): { state: JobState; note: string } {
  const last = lastOf(phase)
  if (last !== null && last.doubt !== null) return { state: 'payment-unknown', note: `${last.doubt} It is looked up until the wallet knows; it is never paid twice.` }
  if (phase.stopping !== null) return { state: 'paying', note: 'Stopping: the payment was already on its way.' }
  if (phase.pause !== null) return { state: 'paused', note: phase.pause }
  if (text !== '' || hasResult) return { state: 'working', note: `${phase.steps.length} ${phase.steps.length === 1 ? 'payment' : 'payments'} so far.` }
  return last?.payment === 'settled' ? { state: 'queued', note: 'The first payment is made. Waiting for the answer.' } : { state: 'paying', note: '' }
}

function isListening({ phase, hasResult }: Begun): boolean {
  return !hasResult && (phase.name === 'running' || (phase.name === 'leaving' && paidOf(phase) > 0))
}

function isSending(phase: Phase, what: PurchaseSending): boolean {
  switch (what) {
    case 'request':
      return phase.name === 'asking' && !phase.sent
    case 'cancel':
      return phase.name === 'leaving' && !phase.told
    case 'paymentSent':
    case 'locked':
    case 'release':
      return false
  }
}

/** Whether that payment is under way. */
function isOpen(phase: Phase, paymentHash: string | undefined): boolean {
  const last = lastOf(phase)
  return last !== null && (last.payment === 'intended' || last.payment === 'asked') && (paymentHash === undefined || paymentHash === last.intent.paymentHash)
}

function endedBy(phase: Phase, at: number): PurchaseEvent {
  const ending = phase.name === 'leaving' ? phase : phase.name === 'running' ? (phase.stopping ?? DONE) : DONE
  return { at, type: 'ended', outcome: ending.outcome, reason: ending.reason }
}

/** What is paid and may still come is waited for as any other answer. */
function leavingWindow(phase: Phase): number {
  return paidOf(phase) > 0 ? OVERDUE_WINDOW_MS : CLOSING_WINDOW_MS
}

function stepsOf(phase: Phase): readonly BoughtStep[] {
  return phase.name === 'asking' ? [] : phase.steps
}

function lastOf(phase: Phase): BoughtStep | null {
  return stepsOf(phase).at(-1) ?? null
}

function changeLast(phase: Phase, change: Partial<BoughtStep>): Phase {
  const last = lastOf(phase)
  return phase.name === 'asking' || last === null ? phase : { ...phase, steps: [...phase.steps.slice(0, -1), { ...last, ...change }] }
}

function withoutIntended(phase: Phase): readonly BoughtStep[] {
  return stepsOf(phase).filter(({ payment }) => payment !== 'intended')
}

function paidOf(phase: Phase): Msat {
  return addMsat(...stepsOf(phase).map(({ payment, intent }) => (payment === 'settled' ? intent.amountMsat : ZERO_MSAT)))
}

function feesOf(phase: Phase): Msat {
  return addMsat(...stepsOf(phase).map(({ payment, feeMsat }) => (payment === 'settled' ? feeMsat : ZERO_MSAT)))
}

const countOf = ({ promptTokens, outputTokens }: StepClaim): TokenCount => ({ promptTokens, outputTokens })

function agreedIn({ request }: PurchaseBase) {
  if (request.settlement?.name !== 'metered') throw new RangeError('not a metered job')
  return request.settlement
}
