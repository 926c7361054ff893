/** What the journal of a sale says for a receipt. */
import { z } from 'zod'
import type { DialectName } from '#shared/market/dialect.ts'
import { frameTextLength } from '#shared/protocol/frames.ts'
import { boundPrivateText } from '#shared/protocol/privateParts.ts'
import { safeParse } from '#shared/safeParse.ts'
import { MAX_EVENT_PLAINTEXT_BYTES } from '../nostr/cipher.ts'
import type { StoredEvent } from '../store/journal.ts'
import { gatherPayments, type MoneyMove } from './moneyMoves.ts'
import type { ReceiptFacts } from './receiptFacts.ts'
import { dialectField, eventsLike, hashField, msatField, offerField, settlementField, usageField } from './recordedEvents.ts'

const saleEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('requested'), request: z.object({ requestId: hashField, customer: hashField, dialect: dialectField, prompt: z.string(), model: z.string(), settlement: settlementField }) }),
  z.object({ type: z.literal('invoiced'), invoice: offerField }),
  z.object({ type: z.literal('paid'), paidMsat: msatField, paymentHash: hashField.optional() }),
  z.object({ type: z.enum(['lockAccepted', 'lockRefused']), paymentHash: hashField, amountMsat: msatField }),
  z.object({ type: z.literal('lockReturned'), paymentHash: hashField }),
  z.object({ type: z.literal('generated'), generated: z.object({ text: z.string(), usage: usageField, modelDigest: z.string().optional() }) }),
  z.object({ type: z.literal('sent'), what: z.string(), delivery: z.object({ raw: z.string() }) }),
])
type SaleRecord = z.output<typeof saleEvent> & { readonly at: number }

/** Null when it has no beginning that can be read. `ownPubkey`: the key that sells now, for jobs in which nothing was said. */
export function factsOfSale(stored: readonly StoredEvent[], ownPubkey: string): ReceiptFacts | null {
  const events = eventsLike(saleEvent, stored)
  const [first] = events
  if (first?.type !== 'requested') return null
  const { requestId, customer, dialect, prompt, model, settlement } = first.request
  const { payments, paidAt } = gatherPayments(events.flatMap(moveOf))
  const generated = events.flatMap((event) => (event.type === 'generated' ? [event.generated] : [])).at(-1)
  const sent = events.flatMap((event) => (event.type === 'sent' ? [event] : []))
  const delivered = sent.find(({ what }) => what === 'result' || what === 'sealed')
  return {
    requestId, customer, settlement, model, prompt, payments, paidAt,
    provider: sent.map(({ delivery }) => authorOf(delivery.raw)).find((author) => author !== null) ?? ownPubkey,
    modelDigest: generated?.modelDigest ?? null,
    usage: generated?.usage ?? null,
    answer: generated === undefined ? '' : answerAsSent(dialect, generated.text),
    askedAt: first.at,
    deliveredAt: delivered?.at ?? null,
  }
}

function moveOf(event: SaleRecord): MoneyMove[] {
  switch (event.type) {
    case 'invoiced':
      return [{ type: 'offered', ...event.invoice }]
    case 'paid':
      return [{ type: 'settled', at: event.at, paymentHash: event.paymentHash ?? null, amountMsat: event.paidMsat }]
    case 'lockAccepted':
    case 'lockRefused':
      return [{ type: 'locked', paymentHash: event.paymentHash, amountMsat: event.amountMsat }]
    case 'lockReturned':
      return [{ type: 'returned', paymentHash: event.paymentHash }]
    case 'requested':
    case 'generated':
    case 'sent':
      return []
  }
}

/** What the customer reads of it: each dialect carries so much. */
function answerAsSent(dialect: DialectName, text: string): string {
  switch (dialect) {
    case 'souk/1':
      return boundPrivateText(text)
    case 'nip90':
      return text.slice(0, frameTextLength(text, MAX_EVENT_PLAINTEXT_BYTES))
    case 'channel':
      return text
  }
}

/** Who signed what went out: the key that sold, whatever key is this Souk's now. */
function authorOf(raw: string): string | null {
  try {
    const event: unknown = JSON.parse(raw)
    const parsed = safeParse(z.object({ pubkey: hashField }), event)
    return parsed.success ? parsed.data.pubkey : null
  } catch {
    return null
  }
}
