/** How a sale looks to pages, limits and the timeline: derived from its state and its journal, nothing kept besides. */
import type { TimelineEntry } from '#shared/ipc/activity.ts'
import type { JobRow } from '#shared/ipc/common.ts'
import { parseConversation, utf8Bytes } from '#shared/market/conversation.ts'
import { ZERO_MSAT } from '#shared/market/msat.ts'
import type { JobRecord } from '../store/journal.ts'
import { isRefundEvent, refundedMsat } from '../credit/refund.ts'
import { describeRefundEvent } from '../credit/timeline.ts'
import type { AnySaleEvent } from './repayableSale.ts'
import { lookAt, type Generated, type Sale, type SaleEvent, type SaleSending } from './sale.ts'
import type { SaleLook } from './settlement/mode.ts'

const PREVIEW_CHARACTERS = 120

export function describeSale(jobId: string, sale: Sale): JobRecord {
  if (!sale.begun) throw new RangeError(`${jobId} has not begun`)
  const { request } = sale
  const { state, note, final, generated, receivedMsat, receivedAt, paymentHashes, standing, lockedMsat, lockedUntil, owedMsat, refunds, sealed, creditMsat, settlement } = lookAt(sale)
  const paidBackMsat = refundedMsat(sale.refunds ?? [])
  return {
    row: {
      jobId,
      role: 'provider',
      state,
      final,
      peer: request.customer,
      dialect: request.dialect,
      privacy: request.privacy,
      settlement: settlement ?? request.settlement?.name ?? 'prepay',
      model: request.model,
      promptPreview: lastMessage(request.prompt).slice(0, PREVIEW_CHARACTERS),
      priceMsat: request.priceMsat,
      movedMsat: receivedMsat,
      feeMsat: refunds?.feeMsat ?? ZERO_MSAT,
      ...(lockedMsat === 0 ? {} : { lockedMsat }),
      ...(lockedUntil === null ? {} : { lockedUntil }),
      ...(owedMsat === 0 ? {} : { owedMsat }),
      ...(paidBackMsat === 0 ? {} : { paidBackMsat }),
      ...describeSealed(sealed),
      ...(creditMsat === undefined || creditMsat === 0 ? {} : { creditMsat }),
      createdAt: sale.requestedAt,
      updatedAt: sale.changedAt,
      ...(final ? { endedAt: sale.changedAt } : {}),
      ...(generated?.usage ? describeUsage(generated.usage) : {}),
      ...(note === null ? {} : { note }),
    },
    pendingMsat: refunds?.pendingMsat ?? ZERO_MSAT,
    settledAt: receivedAt,
    paymentHash: paymentHashes.at(-1) ?? null,
    paymentHashes,
    ...(refunds === undefined ? {} : { refundHashes: refunds.hashes }),
    standing,
  }
}

/** What of a job is under seal. */
function describeSealed(sealed: SaleLook['sealed']): Pick<JobRow, 'sealed'> {
  if (sealed === undefined || sealed === null) return {}
  const { bytes, openMsat, until } = sealed
  return { sealed: { bytes, openMsat, ...(until === null ? {} : { until }) } }
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

const SENT_TITLES: { readonly [What in SaleSending]: string } = {
  invoice: 'Invoice sent',
  result: 'Result delivered',
  sealed: 'Sealed answer delivered',
  refusal: 'Refusal sent',
  trouble: 'Told the customer',
}

export function saleTimeline(events: readonly AnySaleEvent[]): TimelineEntry[] {
  return events.map((event) => ({ at: event.at, ids: {}, ...(isRefundEvent(event) ? describeRefundEvent(event) : entryOf(event)) }))
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
    case 'lockAnnounced':
      return { kind: 'received', title: 'Lock announced', detail: 'A claim: only the wallet is believed.', amountMsat: event.amountMsat, ids: { event: event.eventId, 'payment hash': event.paymentHash } }
    case 'lockAccepted':
      return { kind: 'payment', title: 'Locked', detail: event.heldUntil === null ? 'The wallet shows it locked for us.' : `The wallet shows it locked for us until ${new Date(event.heldUntil).toISOString()}.`, amountMsat: event.amountMsat, ids: { 'payment hash': event.paymentHash } }
    case 'lockRefused':
      return { kind: 'problem', title: 'Lock refused', detail: event.reason, amountMsat: event.amountMsat, ids: { 'payment hash': event.paymentHash } }
    case 'lockReturned':
      return { kind: 'payment', title: 'Lock returned', detail: 'It went back to the customer.', ids: { 'payment hash': event.paymentHash } }
    case 'released':
      return { kind: 'received', title: 'Released by the customer', ids: { event: event.eventId, 'payment hash': event.paymentHash } }
    case 'claimFailed':
      return { kind: 'problem', title: 'Claim failed', detail: event.reason, ids: { 'payment hash': event.paymentHash } }
    case 'tokensMade':
      return { kind: 'work', title: 'Part of the answer made', detail: `${event.tokens} tokens so far`, sizeBytes: utf8Bytes(event.text) }
    case 'paused':
      return { kind: 'work', title: 'Paused', detail: 'Waiting for the next payment.' }
    case 'resumed':
      return { kind: 'work', title: 'Resumed' }
    case 'sealed':
      return { kind: 'work', title: 'Answer sealed', detail: `${event.sealedBytes} bytes under seal`, sizeBytes: event.ciphertext.length }
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
export function answerOf(events: readonly AnySaleEvent[]): string {
  return events.findLast((event) => event.type === 'generated')?.generated.text ?? ''
}
