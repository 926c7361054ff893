/** How a purchase looks to pages, limits and the timeline: derived from its state and its journal. */
import type { TimelineEntry } from '#shared/ipc/activity.ts'
import type { JobState } from '#shared/ipc/common.ts'
import { NO_STANDING, standingOf, type Standing } from '#shared/market/books.ts'
import { addMsat, ZERO_MSAT } from '#shared/market/msat.ts'
import { utf8Bytes } from '#shared/market/conversation.ts'
import { nameOfKey } from '#shared/protocol/nip89.ts'
import type { Usage } from '../inference/backend.ts'
import type { JobRecord } from '../store/journal.ts'
import { intentOf, settlementOf, type Purchase, type PurchaseEvent, type PurchaseSending } from './purchase.ts'

const PREVIEW_CHARACTERS = 120

type Begun = Extract<Purchase, { begun: true }>

export function describePurchase(jobId: string, purchase: Purchase): JobRecord {
  if (!purchase.begun) throw new RangeError(`${jobId} has not begun`)
  const { request, phase } = purchase
  const settled = settlementOf(phase)
  const intent = phase.name === 'paying' ? phase.intent : intentOf(phase)
  const final = phase.name === 'closed'
  const { state, note } = stateOf(purchase)
  return {
    row: {
      jobId,
      role: 'customer',
      state,
      final,
      peer: purchase.provider ?? '',
      peerName: request.provider === null && purchase.provider !== null ? nameOfKey(purchase.provider) : request.providerName,
      dialect: request.dialect,
      settlement: 'prepay',
      privacy: purchase.isExposed ? 'public-relays' : request.privacy,
      ...(request.model === null ? {} : { model: request.model }),
      promptPreview: request.prompt.slice(0, PREVIEW_CHARACTERS),
      priceMsat: intent?.amountMsat ?? request.quotedMsat,
      movedMsat: settled ? addMsat(settled.intent.amountMsat, settled.feeMsat) : ZERO_MSAT,
      feeMsat: settled?.feeMsat ?? ZERO_MSAT,
      createdAt: purchase.askedAt,
      updatedAt: purchase.changedAt,
      ...(final ? { endedAt: purchase.changedAt } : {}),
      ...(purchase.usage === null ? {} : describeUsage(purchase.usage)),
      // The clock may have been set back in between.
      ...(final && settled ? { durationMs: Math.max(0, purchase.changedAt - settled.settledAt) } : {}),
      ...(note === '' ? {} : { note }),
    },
    pendingMsat: phase.name === 'paying' ? addMsat(phase.intent.amountMsat, phase.intent.maxFeeMsat) : ZERO_MSAT,
    settledAt: settled?.settledAt ?? null,
    paymentHash: intent?.paymentHash ?? null,
    standing: standingOfPurchase(phase),
  }
}

/** What it means for our money. */
function standingOfPurchase(phase: Begun['phase']): Standing {
  if (phase.name === 'paying') return standingOf({ from: 'wallet', to: 'onTheWay', msat: addMsat(phase.intent.amountMsat, phase.intent.maxFeeMsat) })
  const settled = settlementOf(phase)
  if (settled === null) return NO_STANDING
  const outcome = phase.name === 'closing' || phase.name === 'closed' ? phase.outcome : null
  // A stop is the customer's own: what it paid is spent. What was never delivered is lost.
  const to = outcome === null ? 'owedToUs' : outcome === 'failed' ? 'lost' : 'spent'
  return standingOf({ from: 'wallet', to, msat: settled.intent.amountMsat }, { from: 'wallet', to: 'fees', msat: settled.feeMsat })
}

/** What the provider counted. */
function describeUsage({ outputTokens, durationMs }: Usage): { outputTokens: number; tokensPerSecond?: number } {
  return { outputTokens, ...(durationMs > 0 ? { tokensPerSecond: (outputTokens * 1_000) / durationMs } : {}) }
}

function stateOf({ phase, text, isExposed }: Begun): { state: JobState; note: string } {
  switch (phase.name) {
    case 'asking':
      return { state: 'asking', note: phase.sent ? 'Waiting for the invoice.' : '' }
    case 'paying':
      return phase.doubt === null
        ? { state: 'paying', note: phase.stopping ? 'Stopping: the payment was already on its way.' : '' }
        : { state: 'payment-unknown', note: `${phase.doubt} It is looked up until the wallet knows; it is never paid twice.` }
    case 'reading':
      return text === '' ? { state: 'queued', note: 'Paid. Waiting for the answer.' } : { state: 'working', note: '' }
    case 'overdue':
      return { state: 'owed', note: phase.reason }
    case 'closing':
    case 'closed':
      return { state: phase.outcome, note: isExposed && phase.reason === '' ? 'Asked privately, and the seller answered in the open: the relays can read the answer.' : phase.reason }
  }
}

const SENT_TITLES: { readonly [What in PurchaseSending]: string } = {
  request: 'Request sent',
  paymentSent: 'Payment announced',
  cancel: 'Cancel sent',
}

export function purchaseTimeline(events: readonly PurchaseEvent[]): TimelineEntry[] {
  return events.map((event) => ({ at: event.at, ids: {}, ...entryOf(event) }))
}

type Entry = Omit<TimelineEntry, 'at' | 'ids'> & { ids?: Record<string, string> }

function entryOf(event: PurchaseEvent): Entry {
  switch (event.type) {
    case 'asked':
      return { kind: 'state', title: 'Asked', detail: `${event.request.providerName}, up to ${event.request.maxTokens} tokens`, amountMsat: event.request.quotedMsat, sizeBytes: utf8Bytes(event.request.prompt), ids: { request: event.request.event.id, ...(event.request.provider === null ? {} : { provider: event.request.provider }) } }
    case 'sent':
      if (event.delivery.raw === '') return { kind: 'state', title: 'Nothing to announce', detail: 'The seller looks at its own wallet.' }
      return { kind: 'sent', title: SENT_TITLES[event.what], sizeBytes: utf8Bytes(event.delivery.raw), verdicts: [...event.delivery.verdicts], raw: event.delivery.raw, ids: { event: event.delivery.eventId } }
    case 'invoiceAccepted':
      return { kind: 'received', title: 'Invoice accepted', amountMsat: event.intent.amountMsat, raw: event.raw, ids: { event: event.eventId, ...(event.from === undefined ? {} : { provider: event.from }), 'payment hash': event.intent.paymentHash, invoice: event.intent.bolt11 } }
    case 'invoiceRefused':
      return { kind: 'problem', title: 'Invoice refused', detail: event.reason, raw: event.raw, ids: { event: event.eventId } }
    case 'payAsked':
      return { kind: 'payment', title: 'Wallet asked to pay' }
    case 'payInDoubt':
      return { kind: 'payment', title: 'Payment in doubt', detail: event.reason }
    case 'settled':
      return { kind: 'payment', title: 'Paid', detail: event.feeMsat === 0 ? 'Settled, no fee.' : 'Settled. The amount is the fee.', ...(event.feeMsat === 0 ? {} : { amountMsat: event.feeMsat }) }
    case 'settledLate':
      return { kind: 'payment', title: 'Paid after all', detail: 'The wallet first said that it failed.', ...(event.feeMsat === 0 ? {} : { amountMsat: event.feeMsat }) }
    case 'payFailed':
      return { kind: 'problem', title: 'Payment failed', detail: event.reason }
    case 'textReceived':
      return { kind: 'received', title: 'Text received', sizeBytes: utf8Bytes(event.text) }
    case 'resultReceived':
      return { kind: 'received', title: event.isOpen === true ? 'Result received in the open' : 'Result received', sizeBytes: utf8Bytes(event.text), raw: event.raw, ids: { event: event.eventId } }
    case 'refusalReceived':
      return { kind: 'problem', title: 'Provider reported a problem', detail: event.reason, ids: { event: event.eventId } }
    case 'stopAsked':
      return { kind: 'state', title: 'Stopped' }
    case 'overdue':
      return { kind: 'problem', title: 'Answer overdue', detail: event.reason }
    case 'ended':
      return { kind: 'state', title: event.outcome === 'done' ? 'Done' : 'Ended', ...(event.reason === '' ? {} : { detail: event.reason }) }
  }
}
