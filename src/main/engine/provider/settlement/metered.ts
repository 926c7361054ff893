/**
 * `metered` (PROTOCOL.md §6): the answer is paid step by step while it is made, each step before its work
 * (`#shared/market/tariff.ts` says what a step is and costs).
 *
 *   opening ─ first step paid ─▶ metering ─ made ─▶ handing ─▶ handed
 *      └─ cancel ─▶ voided         │  ▲ paused: paid up to here and no further
 *           └─ expiry ─▶ lapsed    │  └─ paid ─ resumed
 *                                  ├─ cancel, or the grace is over ─▶ halting ─▶ handing
 *                                  └─ the model fails, nothing made ─▶ failing ─▶ lapsed
 *
 * Invariants: nothing is made beyond what is paid for; one invoice is open at a time, of the next step, and none for more than
 * can still be made; what was paid and is not in the answer is owed. A run that a crash cut short is not repeated once part of it
 * was charged: no backend goes on in the middle of a text and promises the same beginning. What was kept of it is delivered, and
 * the rest of the money is owed.
 */
import type { JobState } from '#shared/ipc/common.ts'
import { NO_STANDING, standingOf } from '#shared/market/books.ts'
import { utf8Bytes } from '#shared/market/conversation.ts'
import { subtractMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { mostPromptTokens, priceOfStep, settleAnswer, unusedTokens, type TokenCount } from '#shared/market/tariff.ts'
import type { Generated, SaleBase, SaleEffect, SaleEvent, SaleMessage, SaleOutcome, SaleSending } from '../sale.ts'
import { INVOICE_EXPIRY_SECS, isOver } from './invoicePatience.ts'
import { wake, watchPayment, type Meter, type SaleIn, type SaleLook, type SaleMode, type SaleOutgoing } from './mode.ts'
import { changeOpen, openStep, paidSteps, paidTokens, receivedOf, stepAt, termsIn, termsOf, tokensOf, totalTokens, type Ledger, type Made } from './meteredLedger.ts'
import { closedWords } from './prepay.ts'
import { quickRetryAt } from './workFailure.ts'

export type MeteredPhase =
  | ({ readonly name: 'opening' } & Ledger)
  /** Ended before anything was paid; the invoice is out, so money may still come until it expires. */
  | ({ readonly name: 'voided'; readonly reason: string } & Ledger)
  /** `attempt` counts the runs that were begun. `pausedAt`: what is paid for is made. `told`: the customer knows of the pause. */
  | ({ readonly name: 'metering'; readonly attempt: number; readonly retryAt: number; readonly made: Made; readonly pausedAt: number | null; readonly told: boolean } & Ledger)
  | ({ readonly name: 'halting'; readonly made: Made; readonly reason: string } & Ledger)
  /** `reason`: why it ends before its end; null: it does not. */
  | ({ readonly name: 'handing' | 'handed'; readonly generated: Generated; readonly reason: string | null } & Ledger)
  /** Everything that was paid is owed; the customer is still to hear it. */
  | ({ readonly name: 'failing'; readonly outcome: SaleOutcome; readonly reason: string; readonly publicReason: string } & Ledger)
  | ({ readonly name: 'lapsed'; readonly outcome: SaleOutcome; readonly reason: string } & Ledger)

type Phase = MeteredPhase

/** What the customer hears of a model that fails: the backend's own words may name machines and files of the seller's. */
const NOTHING_MADE = 'The seller’s model does not answer. What was paid is owed.'
const LESS = 'Less arrived than the invoice asked for. It is owed.'
const GRACE_OVER = 'The next payment did not come. What was paid for is delivered.'

export const metered: SaleMode<Phase> = { first: () => ({ name: 'opening', steps: [] }), decide, next, due, outgoing, look, meter }

function decide(sale: SaleIn<Phase>, message: SaleMessage): readonly SaleEvent[] {
  const { at } = message
  const { phase } = sale
  switch (message.type) {
    case 'invoiceMade':
      return phase.steps.length === (message.index ?? 0) && nextStep(sale) !== null ? [{ at, type: 'invoiced', invoice: message.invoice, index: phase.steps.length }] : []
    case 'invoiceFailed':
      // Of a later step it is tried again, for as long as the job waits for it.
      return phase.name === 'opening' && phase.steps.length === 0 ? [{ at, type: 'refused', reason: 'The seller could not make an invoice. Ask again in a moment.' }] : []
    case 'sent':
      return isSending(phase, message.what, message.index) ? [{ at, type: 'sent', what: message.what, delivery: message.delivery, ...(message.index === undefined ? {} : { index: message.index }) }] : []
    case 'paymentClaimed':
      return openStep(phase) !== null && !sale.claimed ? [{ at, type: 'paymentClaimed', eventId: message.eventId }] : []
    case 'paymentSeen':
      return onPayment(phase, message.settledMsat, message.paymentHash, at)
    case 'paymentMissing':
      return onMissingPayment(phase, message.isClosed, at)
    case 'workBegun':
      return phase.name === 'metering' ? [{ at, type: 'workBegun', attempt: message.attempt }] : []
    case 'tokensMade':
      return onTokens(sale, message.tokens, message.text, at)
    case 'generated':
      return phase.name === 'metering' || phase.name === 'halting' ? [{ at, type: 'generated', generated: message.generated }] : []
    case 'workFailed':
      return phase.name === 'metering' ? onFailure(sale, phase, message.problem.message, at) : []
    case 'customerCancelled':
      return onCancel(phase, 'The customer cancelled before paying.', { at, type: 'stopAsked', eventId: message.eventId })
    case 'sellerCancelled':
      if (phase.name === 'opening' && phase.steps.length === 0) return [{ at, type: 'refused', reason: 'The seller cancelled it.' }]
      return onCancel(phase, 'The seller cancelled it.', { at, type: 'withdrawn', reason: 'The seller stopped it. What was paid for is delivered.' })
    case 'tick':
      return phase.name === 'metering' && phase.pausedAt !== null && at >= graceEnd(sale, phase.pausedAt) ? [{ at, type: 'withdrawn', reason: GRACE_OVER }] : []
    // Of other modes.
    case 'requested':
    case 'lockSeen':
    case 'lockReturned':
    case 'lockAnnounced':
    case 'preimageReceived':
    case 'claimFailed':
    case 'sealed':
    case 'retryAsked':
    case 'writtenOff':
      return []
  }
}

function onPayment(phase: Phase, settledMsat: Msat, paymentHash: string | undefined, at: number): readonly SaleEvent[] {
  const open = openStep(phase)
  if (open === null || (paymentHash !== undefined && paymentHash !== open.invoice.paymentHash)) return []
  const paid: SaleEvent = { at, type: 'paid', paidMsat: settledMsat, paymentHash: open.invoice.paymentHash }
  return phase.name === 'metering' && phase.pausedAt !== null && settledMsat >= open.invoice.amountMsat ? [paid, { at, type: 'resumed' }] : [paid]
}

function onMissingPayment(phase: Phase, isClosed: boolean, at: number): readonly SaleEvent[] {
  const open = openStep(phase)
  if (open === null || !isOver(open.invoice, isClosed, at)) return []
  switch (phase.name) {
    case 'opening':
      return [{ at, type: 'closed', outcome: 'expired', reason: 'The invoice was not paid in time.' }]
    case 'voided':
      return [{ at, type: 'closed', outcome: 'stopped', reason: phase.reason }]
    case 'metering':
      return [{ at, type: 'withdrawn', reason: GRACE_OVER }]
    case 'halting':
    case 'failing':
      return []
    case 'handing':
    case 'handed':
    case 'lapsed':
      return [{ at, type: 'withdrawn', reason: 'The last invoice was not paid.' }]
  }
}

function onTokens(sale: SaleIn<Phase>, tokens: number, text: string, at: number): readonly SaleEvent[] {
  const { phase } = sale
  if (phase.name !== 'metering') return []
  const made: readonly SaleEvent[] = tokens > phase.made.tokens ? [{ at, type: 'tokensMade', tokens, text }] : []
  return phase.pausedAt === null && tokens >= paidTokens(sale) ? [...made, { at, type: 'paused' }] : made
}

/** Nothing made yet: the same work is tried again. Something made: it ends with that. */
function onFailure(sale: SaleIn<Phase>, phase: Phase & { name: 'metering' }, reason: string, at: number): readonly SaleEvent[] {
  if (phase.made.tokens > 0) return [{ at, type: 'generated', generated: { ...storedAnswer(sale, phase.made), stoppedBy: 'failure' } }]
  const retryAt = quickRetryAt(phase.attempt, at)
  return retryAt === null ? [{ at, type: 'owed', reason, publicReason: NOTHING_MADE, retryAt: null }] : [{ at, type: 'workFailed', reason, retryAt }]
}

function onCancel(phase: Phase, reason: string, stop: SaleEvent): readonly SaleEvent[] {
  const { at } = stop
  switch (phase.name) {
    case 'opening':
      return [phase.steps.length === 0 ? { at, type: 'closed', outcome: 'stopped', reason } : { at, type: 'withdrawn', reason }]
    case 'metering':
      return [stop]
    case 'voided':
    case 'halting':
    case 'handing':
    case 'handed':
    case 'failing':
    case 'lapsed':
      return []
  }
}

function next(phase: Phase, event: SaleEvent): Phase {
  switch (event.type) {
    case 'invoiced':
      return { ...phase, steps: [...phase.steps, { invoice: event.invoice, sent: false, paidMsat: null, paidAt: null, isOver: false }] }
    case 'sent':
      return afterSending(phase, event.what)
    case 'paid':
      return afterPayment(changeOpen(phase, { paidMsat: event.paidMsat, paidAt: event.at, sent: true }))
    case 'workBegun':
      return phase.name === 'metering' ? { ...phase, attempt: event.attempt } : phase
    case 'tokensMade':
      return phase.name === 'metering' ? { ...phase, made: { tokens: event.tokens, text: phase.made.text + event.text } } : phase
    case 'paused':
      return phase.name === 'metering' ? { ...phase, pausedAt: event.at, told: false } : phase
    case 'resumed':
      return phase.name === 'metering' ? { ...phase, pausedAt: null } : phase
    case 'workFailed':
      return phase.name === 'metering' ? { ...phase, retryAt: event.retryAt } : phase
    case 'owed':
      return { name: 'failing', outcome: 'failed', reason: event.reason, publicReason: event.publicReason ?? NOTHING_MADE, steps: phase.steps }
    case 'stopAsked':
      return phase.name === 'metering' ? { name: 'halting', made: phase.made, reason: 'The customer stopped it; what was made was delivered.', steps: phase.steps } : phase
    case 'generated':
      return { name: 'handing', generated: event.generated, reason: phase.name === 'halting' ? phase.reason : event.generated.stoppedBy === 'failure' ? 'It was cut short; what was made was delivered.' : null, steps: phase.steps }
    case 'withdrawn':
      return afterWithdrawal(phase, event.reason)
    case 'closed':
      return { name: 'lapsed', outcome: event.outcome, reason: event.reason, steps: changeOpen(phase, { isOver: true }).steps }
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
    case 'retried':
    case 'sealed':
      return phase
  }
}

function afterSending(phase: Phase, what: SaleSending): Phase {
  switch (what) {
    case 'invoice':
      return changeOpen(phase, { sent: true })
    case 'trouble':
      if (phase.name === 'failing') return { name: 'lapsed', outcome: phase.outcome, reason: phase.reason, steps: phase.steps }
      return phase.name === 'metering' ? { ...phase, told: true } : phase
    case 'result':
      return phase.name === 'handing' ? { ...phase, name: 'handed' } : phase
    case 'sealed':
    case 'refusal':
      return phase
  }
}

/** Money that comes after a cancel, or for less than was asked, buys no work: it is owed. */
function afterPayment(phase: Phase): Phase {
  if (phase.name === 'voided') return { name: 'failing', outcome: 'stopped', reason: `Paid after it was cancelled (${phase.reason})`, publicReason: 'It was paid after it was cancelled. The money is owed to you.', steps: phase.steps }
  if (phase.name !== 'opening') return phase
  const [first] = phase.steps
  if (first?.paidMsat === null || first === undefined) return phase
  if (first.paidMsat < first.invoice.amountMsat) {
    return { name: 'failing', outcome: 'failed', reason: LESS, publicReason: LESS, steps: phase.steps }
  }
  return { name: 'metering', attempt: 0, retryAt: 0, made: { tokens: 0, text: '' }, pausedAt: null, told: false, steps: phase.steps }
}

function afterWithdrawal(phase: Phase, reason: string): Phase {
  switch (phase.name) {
    case 'opening':
      return { name: 'voided', reason, steps: phase.steps }
    case 'metering':
      return { name: 'halting', made: phase.made, reason, steps: phase.steps }
    case 'handing':
    case 'handed':
    case 'lapsed':
      return changeOpen(phase, { isOver: true })
    case 'voided':
    case 'halting':
    case 'failing':
      return phase
  }
}

function due(sale: SaleIn<Phase>): readonly SaleEffect[] {
  const { phase, request } = sale
  const open = openStep(phase)
  const watched = open === null ? [] : [watchPayment(open.invoice)]
  const index = phase.steps.length - 1
  const asked: readonly SaleEffect[] = open === null || open.sent ? watched : [{ key: `send:invoice:${index}`, type: 'send', what: 'invoice', index }, ...watched]
  switch (phase.name) {
    case 'opening':
      return phase.steps.length === 0 ? makeInvoice(sale) : asked
    case 'metering': {
      const work: SaleEffect = { key: 'work', type: 'work', request: { ...request, maxTokens: totalTokens(request) }, attempt: phase.attempt + 1, notBefore: phase.retryAt }
      const paused = phase.pausedAt === null ? [] : [...(phase.told ? [] : [send('trouble')]), wake(graceEnd(sale, phase.pausedAt))]
      return [work, ...asked, ...makeInvoice(sale), ...paused]
    }
    case 'halting':
      return [{ key: 'collectPartial', type: 'collectPartial' }, ...watched]
    case 'handing':
      return [send('result'), ...watched]
    case 'failing':
      return [send('trouble'), ...watched]
    case 'voided':
    case 'handed':
    case 'lapsed':
      return watched
  }
}

function makeInvoice(sale: SaleIn<Phase>): readonly SaleEffect[] {
  const step = nextStep(sale)
  if (step === null) return []
  const index = sale.phase.steps.length
  const before = { ...tokensOf(sale, index), paidMsat: receivedOf(sale.phase) }
  return [{ key: `makeInvoice:${index}`, type: 'makeInvoice', index, amountMsat: priceOfStep(termsOf(sale), before, step), expirySecs: INVOICE_EXPIRY_SECS, hold: null }]
}

function outgoing(sale: SaleIn<Phase>, what: SaleSending): SaleOutgoing | null {
  const { phase } = sale
  const open = openStep(phase)
  if (what === 'invoice' && open !== null && !open.sent) {
    const index = phase.steps.length - 1
    const { inputPer1kMsat, outputPer1kMsat } = termsOf(sale)
    return { what, invoice: open.invoice, index, step: { ...stepAt(sale, index), tariff: { inputPer1kMsat, outputPer1kMsat } } }
  }
  if (what === 'trouble' && phase.name === 'failing') return { what, reason: phase.publicReason }
  if (what === 'trouble' && phase.name === 'metering' && phase.pausedAt !== null && !phase.told) {
    return { what, isPause: true, reason: open === null ? 'Paused: the seller could not ask for the next payment yet.' : `Paused until the payment number ${phase.steps.length} arrives.` }
  }
  if (what === 'result' && phase.name === 'handing') {
    return { what, generated: phase.generated, payments: phase.steps.flatMap(({ invoice, paidMsat }) => (paidMsat === null ? [] : [{ paymentHash: invoice.paymentHash, amountMsat: paidMsat, bolt11: invoice.bolt11 }])) }
  }
  return null
}

/** Who owes what: of what was paid, the made is earned and the rest owed, in every phase. */
function look(sale: SaleIn<Phase>): SaleLook {
  const { phase } = sale
  const receivedMsat = receivedOf(phase)
  const earnedMsat = earnedOf(sale)
  const owedMsat = subtractMsat(receivedMsat, earnedMsat)
  return {
    ...wordsFor(sale),
    final: (phase.name === 'handed' || phase.name === 'lapsed') && openStep(phase) === null,
    generated: 'generated' in phase ? phase.generated : null,
    receivedMsat,
    receivedAt: phase.steps.find(({ paidAt }) => paidAt !== null)?.paidAt ?? null,
    paymentHashes: phase.steps.map(({ invoice }) => invoice.paymentHash),
    standing: receivedMsat === 0 ? NO_STANDING : standingOf({ from: 'earned', to: 'wallet', msat: earnedMsat }, { from: 'owedByUs', to: 'wallet', msat: owedMsat }),
    lockedMsat: ZERO_MSAT,
    lockedUntil: null,
    owedMsat,
    repayableMsat: phase.name === 'handed' || phase.name === 'lapsed' || phase.name === 'failing' ? owedMsat : ZERO_MSAT,
  }
}

function earnedOf(sale: SaleIn<Phase>): Msat {
  const { phase } = sale
  switch (phase.name) {
    case 'opening':
    case 'voided':
    case 'failing':
    case 'lapsed':
      return ZERO_MSAT
    case 'metering':
    case 'halting':
      return costOf(sale, storedAnswer(sale, phase.made))
    case 'handing':
    case 'handed':
      return costOf(sale, phase.generated)
  }
}

function costOf(sale: SaleIn<Phase>, { text, usage }: Pick<Generated, 'text' | 'usage'>): Msat {
  const promptTokens = mostPromptTokens(utf8Bytes(sale.request.prompt))
  return settleAnswer(termsOf(sale), { paidMsat: receivedOf(sale.phase), promptTokens, usage: usage ?? { promptTokens, outputTokens: paidTokens(sale) }, answerBytes: utf8Bytes(text) }).costMsat
}

function wordsFor(sale: SaleIn<Phase>): { state: JobState; note: string | null } {
  const { phase } = sale
  switch (phase.name) {
    case 'opening':
      return phase.steps.length === 0 ? { state: 'asking', note: null } : { state: 'invoiced', note: 'Waiting for the first payment.' }
    case 'voided':
      return { state: 'stopped', note: phase.reason }
    case 'metering':
      if (phase.pausedAt !== null) return { state: 'paused', note: `Waiting for the payment number ${phase.steps.length}.` }
      return phase.attempt === 0 ? { state: 'queued', note: null } : { state: 'working', note: phase.attempt > 1 ? `Try ${phase.attempt}.` : null }
    case 'halting':
      return { state: 'working', note: phase.reason }
    case 'handing':
      return { state: 'working', note: 'Delivering the result.' }
    case 'handed':
      return phase.reason === null ? { state: 'done', note: null } : { state: 'stopped', note: phase.reason }
    case 'failing':
      return { state: 'owed', note: phase.reason }
    case 'lapsed':
      return closedWords(phase)
  }
}

/** How far the work may go now. It is told when the next step is due, and when it has to wait. */
function meter(sale: SaleIn<Phase>): Meter | null {
  const { phase } = sale
  if (phase.name !== 'metering' && phase.name !== 'halting') return null
  const allowed = paidTokens(sale)
  const halfUsed = allowed - unusedTokens(stepAt(sale, paidSteps(phase) - 1).outputTokens)
  return { allowed, nextMark: phase.made.tokens < halfUsed ? halfUsed : null, kept: storedAnswer(sale, phase.made) }
}

/** What is kept of an answer. Its tokens are those that were told; the prompt counts as it was paid for. */
function storedAnswer({ request }: SaleBase, { tokens, text }: Made): Pick<Generated, 'text' | 'usage'> {
  return { text, usage: { promptTokens: mostPromptTokens(utf8Bytes(request.prompt)), outputTokens: tokens, durationMs: 0 } }
}

/** The step to be invoiced now; null while none is due. */
function nextStep(sale: SaleIn<Phase>): TokenCount | null {
  const { phase, request } = sale
  const index = phase.steps.length
  if (phase.name === 'opening') return index === 0 ? stepAt(sale, 0) : null
  if (phase.name !== 'metering' || openStep(phase) !== null) return null
  const last = stepAt(sale, index - 1)
  const isHalfUsed = phase.made.tokens >= paidTokens(sale) - unusedTokens(last.outputTokens)
  return isHalfUsed && paidTokens(sale) < totalTokens(request) ? stepAt(sale, index) : null
}

function isSending(phase: Phase, what: SaleSending, index: number | undefined): boolean {
  switch (what) {
    case 'invoice':
      return openStep(phase)?.sent === false && index === phase.steps.length - 1
    case 'result':
      return phase.name === 'handing'
    case 'trouble':
      return phase.name === 'failing' || (phase.name === 'metering' && phase.pausedAt !== null && !phase.told)
    case 'sealed':
    case 'refusal':
      return false
  }
}

function graceEnd(sale: SaleBase, pausedAt: number): number {
  return pausedAt + termsIn(sale.request).graceSecs * 1_000
}

const send = (what: SaleSending): SaleEffect => ({ key: `send:${what}`, type: 'send', what })
