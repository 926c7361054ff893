/** How a purchase looks to pages, limits and the timeline: derived from its state and its journal. */
import type { TimelineEntry } from '#shared/ipc/activity.ts'
import { addMsat, formatSats, type Msat } from '#shared/market/msat.ts'
import { utf8Bytes } from '#shared/market/conversation.ts'
import { nameOfKey } from '#shared/protocol/nip89.ts'
import { claimedMsat, isClaimEvent, openClaim } from '../credit/claim.ts'
import { describeClaimEvent } from '../credit/timeline.ts'
import type { Usage } from '../inference/backend.ts'
import type { JobRecord } from '../store/journal.ts'
import type { AnyPurchaseEvent } from './claimingPurchase.ts'
import { lookAt, type Purchase, type PurchaseEvent, type PurchaseSending } from './purchase.ts'

const PREVIEW_CHARACTERS = 120

export function describePurchase(jobId: string, purchase: Purchase): JobRecord {
  if (!purchase.begun) throw new RangeError(`${jobId} has not begun`)
  const { request, isExposed } = purchase
  const look = lookAt(purchase)
  const { state, final, settledAt, lockedMsat, lockedUntil, owedMsat, sealed, metered } = look
  // There the payment is the end of the work, not its beginning.
  const isPaidLast = request.settlement?.name === 'escrow' || request.settlement?.name === 'sealed'
  const note = final && isExposed && look.note === '' ? 'Asked privately, and the seller answered in the open: the relays can read the answer.' : look.note
  const paidBackMsat = claimedMsat(purchase.claims ?? [])
  const isClaiming = openClaim(purchase.claims ?? []) !== null
  return {
    row: {
      jobId,
      role: 'customer',
      state,
      final,
      peer: purchase.provider ?? '',
      peerName: request.provider === null && purchase.provider !== null ? nameOfKey(purchase.provider) : request.providerName,
      dialect: request.dialect,
      privacy: isExposed ? 'public-relays' : request.privacy,
      settlement: request.settlement?.name ?? 'prepay',
      ...(request.model === null ? {} : { model: request.model }),
      promptPreview: request.prompt.slice(0, PREVIEW_CHARACTERS),
      priceMsat: look.priceMsat,
      movedMsat: addMsat(look.paidMsat, look.feeMsat),
      feeMsat: look.feeMsat,
      ...(lockedMsat === 0 ? {} : { lockedMsat }),
      ...(lockedUntil === null ? {} : { lockedUntil }),
      ...(owedMsat === 0 ? {} : { owedMsat }),
      ...(sealed ? { sealed: { bytes: sealed.bytes, openMsat: sealed.openMsat, ...(sealed.until === null ? {} : { until: sealed.until }) } } : {}),
      ...(metered === undefined ? {} : { metered }),
      ...(purchase.phase.name === 'deciding' || purchase.phase.name === 'offered' ? { awaitsRelease: true } : {}),
      ...(look.claimableMsat === undefined || look.claimableMsat === 0 ? {} : { claimableMsat: look.claimableMsat }),
      ...(isClaiming ? { claiming: true } : {}),
      ...(paidBackMsat === 0 ? {} : { paidBackMsat }),
      createdAt: purchase.askedAt,
      updatedAt: purchase.changedAt,
      ...(final ? { endedAt: purchase.changedAt } : {}),
      ...(purchase.usage === null ? {} : describeUsage(purchase.usage)),
      // Getting paid back is no part of it. The clock may have been set back in between.
      ...((final || isClaiming) && settledAt !== null ? { durationMs: Math.max(0, purchase.progressedAt - (isPaidLast ? purchase.askedAt : settledAt)) } : {}),
      ...(note === '' ? {} : { note }),
    },
    pendingMsat: look.pendingMsat,
    settledAt,
    paymentHash: look.paymentHashes.at(-1) ?? null,
    paymentHashes: look.paymentHashes,
    ...(look.claimHashes === undefined ? {} : { refundHashes: look.claimHashes }),
    standing: look.standing,
  }
}

/** What the provider counted. */
function describeUsage({ outputTokens, durationMs }: Usage): { outputTokens: number; tokensPerSecond?: number } {
  return { outputTokens, ...(durationMs > 0 ? { tokensPerSecond: (outputTokens * 1_000) / durationMs } : {}) }
}

const SENT_TITLES: { readonly [What in PurchaseSending]: string } = {
  request: 'Request sent',
  paymentSent: 'Payment announced',
  locked: 'Lock announced',
  release: 'Released',
  cancel: 'Cancel sent',
}

export function purchaseTimeline(events: readonly AnyPurchaseEvent[]): TimelineEntry[] {
  return events.map((event) => ({ at: event.at, ids: {}, ...(isClaimEvent(event) ? describeClaimEvent(event) : entryOf(event)) }))
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
      return { kind: 'payment', title: 'Paid', detail: `Settled. ${feeWords(event.feeMsat)}` }
    case 'settledLate':
      return { kind: 'payment', title: 'Paid after all', detail: `The wallet first said that it failed. ${feeWords(event.feeMsat)}` }
    case 'payFailed':
      return { kind: 'problem', title: 'Payment failed', detail: event.reason }
    case 'lockIntended':
      return { kind: 'received', title: 'Invoice accepted, to be locked', amountMsat: event.intent.amountMsat, raw: event.raw, ids: { event: event.eventId, provider: event.from, 'payment hash': event.intent.paymentHash, transfer: event.intent.idempotencyKey } }
    case 'locked':
      return { kind: 'payment', title: 'Locked', detail: event.heldUntil === null ? 'The wallet holds it until the seller is allowed to take it, or it returns.' : `It returns by itself at ${new Date(event.heldUntil).toISOString()}.`, ids: { 'payment hash': event.paymentHash } }
    case 'lockReturned':
      return { kind: 'payment', title: 'Lock returned', detail: 'The money is back.', ids: { 'payment hash': event.paymentHash } }
    case 'sealedReceived':
      return { kind: 'received', title: 'Sealed answer received', detail: `${event.goods.sealedBytes} bytes under seal`, amountMsat: event.goods.amountMsat, sizeBytes: event.goods.ciphertext.length, raw: event.raw, ids: { event: event.eventId, 'payment hash': event.goods.paymentHash } }
    case 'opened':
      return { kind: 'received', title: 'Seal opened', detail: 'It is the text that the seller signed for.', sizeBytes: utf8Bytes(event.text) }
    case 'sealBroken':
      return { kind: 'problem', title: 'Not what the seller signed for', detail: event.reason }
    case 'releaseDecided':
      return { kind: 'state', title: 'Release decided', detail: event.by === 'app' ? 'The answer is there.' : 'You released it.' }
    case 'paused':
      return { kind: 'state', title: 'Paused', detail: event.reason }
    case 'resumed':
      return { kind: 'state', title: 'Resumed' }
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

/** Beside what was paid: an amount of its own would be taken for that. */
function feeWords(feeMsat: Msat): string {
  return feeMsat === 0 ? 'No fee.' : `The fee was ${formatSats(feeMsat)} sats.`
}
