/** How a sale looks to pages, limits and the timeline: derived from its state and its journal, nothing kept besides. */
import type { TimelineEntry } from '#shared/ipc/activity.ts'
import type { JobState } from '#shared/ipc/common.ts'
import { parseConversation, utf8Bytes } from '#shared/market/conversation.ts'
import { NO_STANDING, standingOf } from '#shared/market/books.ts'
import { ZERO_MSAT } from '#shared/market/msat.ts'
import type { JobRecord } from '../store/journal.ts'
import type { Generated, Sale, SaleEvent, SaleSending } from './sale.ts'

const PREVIEW_CHARACTERS = 120

export function describeSale(jobId: string, sale: Sale): JobRecord {
  if (!sale.begun) throw new RangeError(`${jobId} has not begun`)
  const { request, phase } = sale
  const paid = 'paidMsat' in phase ? phase : phase.name === 'closed' ? phase.paid : null
  const generated = 'generated' in phase ? phase.generated : null
  const { state, note } = stateOf(sale)
  const final = phase.name === 'delivered' || phase.name === 'closed'
  const invoice = 'invoice' in phase ? phase.invoice : (paid?.invoice ?? null)
  return {
    row: {
      jobId,
      role: 'provider',
      state,
      final,
      peer: request.customer,
      dialect: request.dialect,
      privacy: request.privacy,
      settlement: 'prepay',
      model: request.model,
      promptPreview: lastMessage(request.prompt).slice(0, PREVIEW_CHARACTERS),
      priceMsat: request.priceMsat,
      movedMsat: paid?.paidMsat ?? ZERO_MSAT,
      feeMsat: ZERO_MSAT,
      createdAt: sale.requestedAt,
      updatedAt: sale.changedAt,
      ...(final ? { endedAt: sale.changedAt } : {}),
      ...(generated?.usage ? describeUsage(generated.usage) : {}),
      ...(note === null ? {} : { note }),
    },
    pendingMsat: ZERO_MSAT,
    settledAt: paid?.paidAt ?? null,
    paymentHash: invoice?.paymentHash ?? null,
    // Until it is delivered, what was paid is a debt; a debt that is written off was paid back by other means, or kept.
    standing: paid === null ? NO_STANDING : standingOf({ from: final ? 'earned' : 'owedByUs', to: 'wallet', msat: paid.paidMsat }),
  }
}

/** What is asked now, without the conversation that travels with it. */
function lastMessage(prompt: string): string {
  return parseConversation(prompt).at(-1)?.content ?? prompt
}

function describeUsage(usage: NonNullable<Generated['usage']>): { outputTokens: number; durationMs: number; tokensPerSecond: number } {
  // The clock may have been set back while it was made.
  const durationMs = Math.max(0, usage.durationMs)
  const seconds = durationMs / 1_000
  return { outputTokens: usage.outputTokens, durationMs, tokensPerSecond: seconds > 0 ? usage.outputTokens / seconds : 0 }
}

function stateOf({ phase }: Sale & { begun: true }): { state: JobState; note: string | null } {
  switch (phase.name) {
    case 'refusing':
      return { state: 'refused', note: phase.reason }
    case 'quoting':
      return { state: 'asking', note: null }
    case 'offering':
    case 'waiting':
      return { state: 'invoiced', note: 'Waiting for the payment.' }
    case 'withdrawn':
      return { state: 'stopped', note: phase.reason }
    case 'working':
      return phase.attempt === 0 ? { state: 'queued', note: null } : { state: 'working', note: phase.attempt > 1 ? `Try ${phase.attempt}.` : null }
    case 'stopping':
      return { state: 'working', note: 'The customer stopped it.' }
    case 'owed':
      return { state: 'owed', note: phase.reason }
    case 'delivering':
      return { state: 'working', note: 'Delivering the result.' }
    case 'delivered':
      return phase.generated.stoppedBy === 'customer' ? { state: 'stopped', note: 'The customer stopped it; what was made was delivered.' } : { state: 'done', note: null }
    case 'closed':
      return { state: phase.outcome === 'written-off' ? 'failed' : phase.outcome, note: phase.outcome === 'written-off' ? `Written off: ${phase.reason}` : phase.reason }
  }
}

const SENT_TITLES: { readonly [What in SaleSending]: string } = {
  invoice: 'Invoice sent',
  result: 'Result delivered',
  refusal: 'Refusal sent',
  trouble: 'Told the customer',
}

export function saleTimeline(events: readonly SaleEvent[]): TimelineEntry[] {
  return events.map((event) => ({ at: event.at, ids: {}, ...entryOf(event) }))
}

type Entry = Omit<TimelineEntry, 'at' | 'ids'> & { ids?: Record<string, string> }

function entryOf(event: SaleEvent): Entry {
  switch (event.type) {
    case 'requested':
      return { kind: 'received', title: 'Request received', detail: `${event.request.model}, up to ${event.request.maxTokens} tokens`, sizeBytes: utf8Bytes(event.request.prompt), ids: { request: event.request.requestId, customer: event.request.customer } }
    case 'refused':
      return { kind: 'problem', title: 'Refused', detail: event.reason }
    case 'invoiced':
      return { kind: 'payment', title: 'Invoice made', amountMsat: event.invoice.amountMsat, ids: { 'payment hash': event.invoice.paymentHash, invoice: event.invoice.bolt11 } }
    case 'sent':
      return { kind: 'sent', title: SENT_TITLES[event.what], sizeBytes: utf8Bytes(event.delivery.raw), verdicts: [...event.delivery.verdicts], raw: event.delivery.raw, ids: { event: event.delivery.eventId } }
    case 'paymentClaimed':
      return { kind: 'received', title: 'Payment announced', detail: 'A claim: only the wallet is believed.', ids: { event: event.eventId } }
    case 'paid':
      return { kind: 'payment', title: 'Paid', detail: 'The wallet shows it settled.', amountMsat: event.paidMsat }
    case 'workBegun':
      return { kind: 'work', title: event.attempt === 1 ? 'Work began' : `Work began, try ${event.attempt}` }
    case 'workFailed':
      return { kind: 'problem', title: 'Work failed', detail: event.reason }
    case 'owed':
      return { kind: 'problem', title: 'Owed to the customer', detail: event.reason }
    case 'retried':
      return { kind: 'work', title: 'Tried again' }
    case 'stopAsked':
      return { kind: 'received', title: 'Stopped by the customer', ids: { event: event.eventId } }
    case 'generated':
      return { kind: 'work', title: 'Answer made', sizeBytes: utf8Bytes(event.generated.text), ...(event.generated.usage ? { detail: `${event.generated.usage.outputTokens} tokens` } : {}) }
    case 'withdrawn':
      return { kind: 'state', title: 'Withdrawn', detail: event.reason }
    case 'closed':
      return { kind: 'state', title: 'Closed', detail: event.reason }
  }
}

/** What was answered, as far as it went. */
export function answerOf(events: readonly SaleEvent[]): string {
  return events.findLast((event) => event.type === 'generated')?.generated.text ?? ''
}
