/**
 * Receipts of the first form (PROTOCOL.md §5): an event of kind 2506, signed by the provider and never published, that says what
 * was delivered for what payment. It travels inside the encrypted result. What both sides sign at the end: jobReceipt.ts.
 */
import { z } from 'zod'
import { isMsat, type Msat } from '../market/msat.ts'
import { fail, ok, type Result } from '../market/result.ts'
import { isHex64, tagValues, type EventTemplate, type NostrEvent } from './event.ts'
import { KIND } from './kinds.ts'
import { readUsage, wireUsageSchema, writeUsage, type Usage } from './usage.ts'
import { cleanText } from './wireText.ts'
import { safeParse } from '../safeParse.ts'

export interface Receipt {
  /** Id of the event that asked. */
  readonly requestId: string
  /** Hex public key that asked. */
  readonly customer: string
  /** Hex SHA-256 of the answer in UTF-8. */
  readonly sha256: string
  readonly amountMsat: Msat
  readonly paymentHash: string
  readonly model: string
  readonly usage: Usage | null
}

const MAX_TAGS = 50
const MAX_VALUES = 10
const MAX_VALUE = 1_000
const MAX_MODEL = 200

const hex = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`))

/** A signed event of bounded size; whether the signature is good is looked at by who has the crypto. */
const boundedEvent = (maxTags: number) =>
  z.object({
    id: hex(64),
    pubkey: hex(64),
    created_at: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    kind: z.literal(KIND.receipt),
    tags: z.array(z.array(z.string().max(MAX_VALUE)).max(MAX_VALUES)).max(maxTags),
    content: z.string().max(MAX_VALUE),
    sig: hex(128),
  })

/** As it comes inside another event. */
export const receiptEventSchema = boundedEvent(MAX_TAGS)

/** What a receipt of either form may have: payments by the tick are many. */
export const MAX_RECEIPT_TAGS = 2_100
/** As it is kept, exported and handed over. */
export const keptReceiptSchema = boundedEvent(MAX_RECEIPT_TAGS)

/** A kind 2506 to sign by the provider. `createdAt` in Unix seconds. */
export function receiptTemplate(receipt: Receipt, createdAt: number): EventTemplate {
  const { requestId, customer, sha256, amountMsat, paymentHash, model, usage } = receipt
  return {
    kind: KIND.receipt,
    created_at: createdAt,
    tags: [
      ['e', requestId],
      ['p', customer],
      ['sha256', sha256],
      ['amount', String(amountMsat)],
      ['payment_hash', paymentHash],
      ['model', model],
      ...usageTags(usage),
    ],
    content: '',
  }
}

/** Reads a kind 2506. Problems: `wrong-kind`, `too-long`, `bad-field`. Its signature is not looked at. */
export function parseReceipt(event: Pick<NostrEvent, 'kind' | 'tags'>): Result<Receipt> {
  const { tags } = event
  if (event.kind !== KIND.receipt) return fail('wrong-kind', 'This event is not a receipt.')
  if (tags.length > MAX_TAGS) return fail('too-long', `The receipt has more than ${MAX_TAGS} tags.`)
  const value = (name: string) => tagValues(tags, name)[0] ?? ''
  const amountMsat = /^\d{1,16}$/.test(value('amount')) ? Number(value('amount')) : null
  const [requestId, customer, sha256, paymentHash] = [value('e'), value('p'), value('sha256'), value('payment_hash')]
  if (![requestId, customer, sha256, paymentHash].every(isHex64) || !isMsat(amountMsat)) return fail('bad-field', 'The receipt does not say which job and which payment it is about.')
  return ok({ requestId, customer, sha256, amountMsat, paymentHash, model: cleanText(value('model'), MAX_MODEL), usage: usageOf(tags) })
}

/** What a receipt gets wrong about a job, as a sentence; null when it is about that very job. Payments: those that the job may have been paid by. */
export function findReceiptFault(receipt: Receipt, job: Pick<Receipt, 'requestId' | 'customer' | 'sha256'> & { readonly payments: readonly Pick<Receipt, 'paymentHash' | 'amountMsat'>[] }): string | null {
  if (receipt.requestId !== job.requestId || receipt.customer !== job.customer) return 'The receipt is about another job.'
  if (receipt.sha256 !== job.sha256) return 'The receipt is about another answer.'
  const payment = job.payments.find(({ paymentHash }) => paymentHash === receipt.paymentHash)
  if (payment === undefined) return 'The receipt is about another payment.'
  return payment.amountMsat === receipt.amountMsat ? null : 'The receipt says another amount than was paid.'
}

/** The tag `usage`, or none. */
export function usageTags(usage: Usage | null): readonly (readonly string[])[] {
  if (usage === null) return []
  const { prompt_tokens: prompt, output_tokens: output, duration_ms: duration } = writeUsage(usage)
  return [['usage', String(prompt), String(output), String(duration)]]
}

/** What the tag `usage` says; null when there is none that can be read. */
export function usageOf(tags: NostrEvent['tags']): Usage | null {
  const [, prompt = '', output = '', duration = ''] = tags.find((tag) => tag[0] === 'usage') ?? []
  if (![prompt, output, duration].every((text) => /^\d{1,12}$/.test(text))) return null
  const parsed = safeParse(wireUsageSchema, { prompt_tokens: Number(prompt), output_tokens: Number(output), duration_ms: Number(duration) })
  return parsed.success ? readUsage(parsed.data) : null
}
