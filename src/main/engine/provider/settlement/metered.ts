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
 * the rest of the money is owed. Repeated before, it is not streamed, and ends with what is paid for: nobody pays on unread.
 */
import { priceOfStep, unusedTokens } from '#shared/market/tariff.ts'
import type { SaleEffect, SaleEvent, SaleSending } from '../sale.ts'
import { INVOICE_EXPIRY_SECS } from './invoicePatience.ts'
import { decide } from './meteredDecide.ts'
import { changeUnpaid, openStep, paidSteps, paidTokens, receivedOf, stepAt, termsOf, tokensOf, totalTokens } from './meteredLedger.ts'
import { look } from './meteredLook.ts'
import { graceEnd, nextStep, NOTHING_MADE, storedAnswer, type Phase } from './meteredPhase.ts'
import { send, wake, watchPayment, type Meter, type SaleIn, type SaleMode, type SaleOutgoing } from './mode.ts'

export type { MeteredPhase } from './meteredPhase.ts'

const LESS = 'Less arrived than the invoice asked for. It is owed.'

export const metered: SaleMode<Phase> = { first: () => ({ name: 'opening', steps: [] }), decide, next, due, outgoing, look, meter }

function next(phase: Phase, event: SaleEvent): Phase {
  switch (event.type) {
    case 'invoiced':
      return { ...phase, steps: [...phase.steps, { invoice: event.invoice, sent: false, paidMsat: null, paidAt: null, isOver: false }] }
    case 'sent':
      return afterSending(phase, event.what)
    case 'paid':
      return afterPayment(changeUnpaid(phase, { paidMsat: event.paidMsat, paidAt: event.at, sent: true }))
    case 'workBegun':
      return phase.name === 'metering' ? { ...phase, attempt: event.attempt, silent: event.silent === true } : phase
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
      return { name: 'lapsed', outcome: event.outcome, reason: event.reason, steps: changeUnpaid(phase, { isOver: true }).steps }
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
      return changeUnpaid(phase, { sent: true })
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
  return { name: 'metering', attempt: 0, silent: false, retryAt: 0, made: { tokens: 0, text: '' }, pausedAt: null, told: false, steps: phase.steps }
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
      return changeUnpaid(phase, { isOver: true })
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

/** How far the work may go now. It is told when the next step is due, and when it has to wait. */
function meter(sale: SaleIn<Phase>): Meter | null {
  const { phase } = sale
  if (phase.name !== 'metering' && phase.name !== 'halting') return null
  const allowed = paidTokens(sale)
  const halfUsed = allowed - unusedTokens(stepAt(sale, paidSteps(phase) - 1).outputTokens)
  return { allowed, nextMark: phase.made.tokens < halfUsed ? halfUsed : null, kept: storedAnswer(sale, phase.made) }
}
