/** One receipt of either form (docs/protocol.md §5): what it says, and whether the key that it names signed that. The crypto is the caller's. */
import type { Msat } from '../market/msat.ts'
import { fail, ok, type Result } from '../market/result.ts'
import type { NostrEvent } from './event.ts'
import { digestTranscript, isJobReceipt, parseJobReceipt, sumPayments, type JobReceipt, type PaymentFate, type ReceiptRole } from './jobReceipt.ts'
import { digestText } from './privateParts.ts'
import { parseReceipt } from './receipt.ts'

export interface ReadReceipt {
  readonly event: NostrEvent
  /** The signer's. */
  readonly role: ReceiptRole
  readonly requestId: string
  readonly customer: string
  readonly provider: string
  /** Those that were paid. */
  readonly payments: readonly { readonly paymentHash: string; readonly amountMsat: Msat }[]
  readonly answerSha256: string
  /** All that the second form says; null: it is of the first. */
  readonly said: JobReceipt | null
}

export interface Transcript {
  readonly prompt: string
  readonly answer: string
}

/**
 * What the key that it names signed, and nothing else. `verify`: whether the event's id is the hash of its fields and the signature
 * is its author's. Problems: `changed`, `bad-signature`, and those of `readReceipt`.
 */
export function openReceipt(event: NostrEvent, verify: (event: NostrEvent) => boolean): Result<ReadReceipt> {
  if (verify(event)) return readReceipt(event)
  const id = digestText(JSON.stringify([0, event.pubkey, event.created_at, event.kind, event.tags, event.content]))
  if (id !== event.id) return fail('changed', 'Its id is not the hash of its fields: something in it was changed.')
  return fail('bad-signature', 'The signature is not that of the key it names.')
}

/** What it says, its signature not looked at. Problems: `one-key`, `wrong-signer`, and those of `parseReceipt` and `parseJobReceipt`. */
export function readReceipt(event: NostrEvent): Result<ReadReceipt> {
  const read = isJobReceipt(event) ? readLater(event) : readFirst(event)
  return read.ok && read.value.customer === read.value.provider ? fail('one-key', 'It names one key for both sides.') : read
}

function readLater(event: NostrEvent): Result<ReadReceipt> {
  const parsed = parseJobReceipt(event)
  if (!parsed.ok) return parsed
  const { role, requestId, customer, provider, answerSha256 } = parsed.value
  if (event.pubkey !== (role === 'provider' ? provider : customer)) {
    return fail('wrong-signer', `It speaks for the ${role === 'provider' ? 'seller' : 'customer'}, and another key than that one’s signed it.`)
  }
  const payments = parsed.value.payments.filter(({ fate }) => fate === 'paid')
  return ok({ event, role, requestId, customer, provider, payments, answerSha256, said: parsed.value })
}

/** The provider's word alone, and its key is the one that signed. */
function readFirst(event: NostrEvent): Result<ReadReceipt> {
  const parsed = parseReceipt(event)
  if (!parsed.ok) return parsed
  const { requestId, customer, paymentHash, amountMsat, sha256 } = parsed.value
  return ok({ event, role: 'provider', requestId, customer, provider: event.pubkey, payments: [{ paymentHash, amountMsat }], answerSha256: sha256, said: null })
}

/** The first form names the answer alone. */
export function isTranscriptOf({ said, answerSha256 }: ReadReceipt, { prompt, answer }: Transcript): boolean {
  return said === null ? answerSha256 === digestText(answer.toWellFormed()) : said.transcriptSha256 === digestTranscript(prompt, answer)
}

/** What its payments with that fate come to. */
export function sumOf({ said, payments }: ReadReceipt, fate: PaymentFate): Msat {
  return sumPayments(said?.payments ?? payments.map((payment) => ({ ...payment, fate: 'paid' })), fate)
}

/** Every payment hash that it names. */
export function hashesOf({ said, payments }: ReadReceipt): readonly string[] {
  return (said?.payments ?? payments).map(({ paymentHash }) => paymentHash)
}
