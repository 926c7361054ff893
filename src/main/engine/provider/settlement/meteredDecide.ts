/** What a message means for a metered sale, in every phase (metered.ts). */
import type { Msat } from '#shared/market/msat.ts'
import type { SaleEvent, SaleMessage } from '../sale.ts'
import { isOver } from './invoicePatience.ts'
import { openStep, paidTokens, unpaidStep } from './meteredLedger.ts'
import { graceEnd, isSending, nextStep, NOTHING_MADE, storedAnswer, type Phase } from './meteredPhase.ts'
import type { SaleIn } from './mode.ts'
import { quickRetryAt } from './workFailure.ts'

const GRACE_OVER = 'The next payment did not come. What was paid for is delivered.'
const UNREAD = 'It was interrupted and begun anew, unread. What was paid for is delivered.'

export function decide(sale: SaleIn<Phase>, message: SaleMessage): readonly SaleEvent[] {
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
      return phase.name === 'metering' ? [{ at, type: 'workBegun', attempt: message.attempt, ...(message.silent === true ? { silent: true } : {}) }] : []
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
  const open = unpaidStep(phase)
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
  if (phase.pausedAt !== null || tokens < paidTokens(sale)) return made
  return [...made, phase.silent ? { at, type: 'withdrawn', reason: UNREAD } : { at, type: 'paused' }]
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
