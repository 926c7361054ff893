/** What is said of paying back, in the timeline of either side's job. */
import type { TimelineEntry } from '#shared/ipc/activity.ts'
import type { ClaimEvent } from './claim.ts'
import type { RefundEvent } from './refund.ts'

type Entry = Omit<TimelineEntry, 'at' | 'ids'> & { ids?: Record<string, string> }

export function describeRefundEvent(event: RefundEvent): Entry {
  switch (event.type) {
    case 'refundAccepted':
      return { kind: 'received', title: 'Asked for what is owed', amountMsat: event.intent.amountMsat, ids: { event: event.eventId, 'payment hash': event.intent.paymentHash, invoice: event.intent.bolt11 } }
    case 'refundAsked':
      return { kind: 'payment', title: 'Wallet asked to pay it back' }
    case 'refundSettled':
      return { kind: 'payment', title: 'Paid back', amountMsat: event.amountMsat, ids: { 'payment hash': event.paymentHash } }
    case 'refundDoubted':
      return { kind: 'problem', title: 'The wallet says that it was not paid back', detail: `${event.reason} Its invoice can still be paid, so no other one is.`, ids: { 'payment hash': event.paymentHash } }
    case 'refundFailed':
      return { kind: 'problem', title: 'Not paid back', detail: event.reason, ids: { 'payment hash': event.paymentHash } }
  }
}

export function describeClaimEvent(event: ClaimEvent): Entry {
  switch (event.type) {
    case 'claimBegun':
      return { kind: 'state', title: 'Asking for what is owed', amountMsat: event.amountMsat }
    case 'claimInvoiced':
      return { kind: 'payment', title: 'Invoice made', amountMsat: event.invoice.amountMsat, ids: { 'payment hash': event.invoice.paymentHash, invoice: event.invoice.bolt11 } }
    case 'claimSent':
      return { kind: 'sent', title: 'Asked for what is owed', verdicts: [...event.delivery.verdicts], raw: event.delivery.raw, ids: { event: event.delivery.eventId } }
    case 'claimPaid':
      return { kind: 'payment', title: 'Paid back by the seller', amountMsat: event.receivedMsat, ids: { 'payment hash': event.paymentHash } }
    case 'claimOver':
      return { kind: 'problem', title: 'Not paid back yet', detail: event.reason }
  }
}
