/** What the journal of a purchase says for a receipt. */
import { z } from 'zod'
import type { JobRow } from '#shared/ipc/common.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { keptReceiptSchema, parseReceipt } from '#shared/protocol/receipt.ts'
import type { StoredEvent } from '../store/journal.ts'
import { gatherPayments, type MoneyMove } from './moneyMoves.ts'
import type { ReceiptFacts } from './receiptFacts.ts'
import { dialectField, eventsLike, hashField, offerField, settlementField, usageField } from './recordedEvents.ts'

const requestField = z.object({
  event: z.object({ id: hashField, pubkey: hashField, created_at: z.number(), kind: z.number(), tags: z.array(z.array(z.string())), content: z.string(), sig: z.string() }),
  model: z.string().nullable(),
  dialect: dialectField,
  route: z.unknown(),
  prompt: z.string(),
  settlement: settlementField,
})
/** What was asked, as far as it takes to sign for it again. */
export type RecordedRequest = z.output<typeof requestField>

const purchaseEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('asked'), request: requestField }),
  z.object({ type: z.enum(['invoiceAccepted', 'lockIntended']), intent: offerField }),
  z.object({ type: z.enum(['settled', 'settledLate']), paymentHash: hashField.optional() }),
  z.object({ type: z.literal('locked'), paymentHash: hashField }),
  z.object({ type: z.literal('lockReturned'), paymentHash: hashField }),
  z.object({ type: z.literal('textReceived'), text: z.string() }),
  z.object({ type: z.literal('resultReceived'), text: z.string(), usage: usageField.optional(), receipt: keptReceiptSchema.nullable().optional().catch(null) }),
  z.object({ type: z.literal('sealedReceived') }),
  z.object({ type: z.literal('opened'), text: z.string() }),
])
type PurchaseRecord = z.output<typeof purchaseEvent> & { readonly at: number }

export interface PurchaseFacts {
  readonly facts: ReceiptFacts
  readonly request: RecordedRequest
  /** The provider's, as it came with the answer; null where none did. */
  readonly foreign: NostrEvent | null
}

/** Null when it has no beginning that can be read. `promptAsSent`: the whole of it, which the journal holds in the signed request alone. */
export function factsOfPurchase(stored: readonly StoredEvent[], row: JobRow, promptAsSent: (request: RecordedRequest) => string): PurchaseFacts | null {
  const events = eventsLike(purchaseEvent, stored)
  const [first] = events
  if (first?.type !== 'asked') return null
  const { request } = first
  const foreign = events.flatMap((event) => (event.type === 'resultReceived' && event.receipt ? [event.receipt] : [])).at(-1) ?? null
  const { payments, paidAt } = gatherPayments(events.flatMap(moveOf))
  const whole = events.flatMap((event) => (event.type === 'resultReceived' || event.type === 'opened' ? [event] : [])).at(-1)
  const usage = events.flatMap((event) => ('usage' in event && event.usage ? [event.usage] : [])).at(-1) ?? null
  return {
    request,
    foreign,
    facts: {
      requestId: request.event.id, customer: request.event.pubkey, provider: row.peer, settlement: request.settlement, model: modelOf(foreign) ?? request.model ?? '', modelDigest: null, usage, payments, paidAt,
      prompt: promptAsSent(request),
      answer: whole?.text ?? events.map((event) => (event.type === 'textReceived' ? event.text : '')).join(''),
      askedAt: first.at,
      deliveredAt: whole?.at ?? null,
    },
  }
}

/** As the provider signed it; a request may leave it to the provider. */
function modelOf(foreign: NostrEvent | null): string | null {
  const said = foreign === null ? null : parseReceipt(foreign)
  return said?.ok === true ? said.value.model : null
}

function moveOf(event: PurchaseRecord): MoneyMove[] {
  switch (event.type) {
    case 'invoiceAccepted':
    case 'lockIntended':
      return [{ type: 'offered', ...event.intent }]
    case 'settled':
    case 'settledLate':
      return [{ type: 'settled', at: event.at, paymentHash: event.paymentHash ?? null, amountMsat: null }]
    case 'locked':
      return [{ type: 'locked', paymentHash: event.paymentHash, amountMsat: null }]
    case 'lockReturned':
      return [{ type: 'returned', paymentHash: event.paymentHash }]
    case 'asked':
    case 'textReceived':
    case 'resultReceived':
    case 'sealedReceived':
    case 'opened':
      return []
  }
}
