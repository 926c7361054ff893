/**
 * The receipt that each side of a job signs when it has ended (docs/protocol.md §5): an event of kind 2506, version 2, never
 * published. It says how the job was settled, by which payments, and for which words, in the signer's name.
 */
import { addMsat, isMsat, parseMsat, type Msat } from '../market/msat.ts'
import { fail, ok, type Result } from '../market/result.ts'
import { SETTLEMENTS, type Settlement } from '../market/settlement.ts'
import { jobIdOf } from './channel.ts'
import { isHex64, type EventTemplate, type NostrEvent } from './event.ts'
import { KIND } from './kinds.ts'
import { digestText } from './privateParts.ts'
import { MAX_RECEIPT_TAGS, usageOf, usageTags } from './receipt.ts'
import type { Usage } from './usage.ts'
import { cleanText } from './wireText.ts'

export const RECEIPT_ROLES = ['provider', 'customer'] as const
export type ReceiptRole = (typeof RECEIPT_ROLES)[number]
/** How the signer saw it end; the words are those of every page. */
export const RECEIPT_OUTCOMES = ['done', 'stopped', 'refused', 'failed', 'expired', 'returned'] as const
export type ReceiptOutcome = (typeof RECEIPT_OUTCOMES)[number]
/** `paid`: from the customer to the provider, settled. `returned`: it was locked, and went back. `refunded`: the provider paid it back. */
export const PAYMENT_FATES = ['paid', 'returned', 'refunded'] as const
export type PaymentFate = (typeof PAYMENT_FATES)[number]

export interface ReceiptPayment {
  readonly paymentHash: string
  readonly amountMsat: Msat
  readonly fate: PaymentFate
}

export interface JobReceipt {
  /** The signer's. */
  readonly role: ReceiptRole
  /** Id of the event that asked. The job's id is made of it. */
  readonly requestId: string
  /** Hex public keys: who asked, and who answered. */
  readonly customer: string
  readonly provider: string
  readonly settlement: Settlement
  readonly outcome: ReceiptOutcome
  /** Empty when the signer does not know. */
  readonly model: string
  /** As the backend spells it; null where it tells none. */
  readonly modelDigest: string | null
  readonly usage: Usage | null
  readonly payments: readonly ReceiptPayment[]
  /** Hex SHA-256 of the answer, as far as the signer has it, in UTF-8. */
  readonly answerSha256: string
  /** `digestTranscript` of the prompt as it was sent and that answer. */
  readonly transcriptSha256: string
  /** Unix seconds by the signer's clock; null: it did not happen. */
  readonly askedAt: number
  readonly paidAt: number | null
  readonly deliveredAt: number | null
}

/** What one receipt can list: the rest of its tags fit beside them. */
export const MAX_RECEIPT_PAYMENTS = 2_000
const VERSION = 2
const MAX_MODEL = 200
const MODEL_DIGEST = /^[\x21-\x7e]{1,120}$/
const MAX_TIME = 9_999_999_999

/** Hex SHA-256 of the UTF-8 of `["<prompt>","<answer>"]`, written as RFC 8785 writes it; half a character counts as U+FFFD. */
export function digestTranscript(prompt: string, answer: string): string {
  return digestText(JSON.stringify([prompt.toWellFormed(), answer.toWellFormed()]))
}

/** What of the payments had that fate, in all. Throws RangeError when that is more than an amount can be. */
export function sumPayments(payments: readonly ReceiptPayment[], fate: PaymentFate): Msat {
  return addMsat(...payments.filter((payment) => payment.fate === fate).map(({ amountMsat }) => amountMsat))
}

/** A kind 2506 to sign with the key that stood for that side in the job. `endedAt` in Unix seconds. Throws RangeError on more than `MAX_RECEIPT_PAYMENTS`. */
export function jobReceiptTemplate(receipt: JobReceipt, endedAt: number): EventTemplate {
  const { requestId, payments, model, modelDigest } = receipt
  if (payments.length > MAX_RECEIPT_PAYMENTS) throw new RangeError(`more than ${MAX_RECEIPT_PAYMENTS} payments in one receipt`)
  return {
    kind: KIND.receipt,
    created_at: endedAt,
    tags: [
      ['version', String(VERSION)],
      ['role', receipt.role],
      ['job', jobIdOf(requestId)],
      ['e', requestId],
      ['p', receipt.customer],
      ['provider', receipt.provider],
      ['settlement', receipt.settlement],
      ['outcome', receipt.outcome],
      ...(cleanText(model, MAX_MODEL) === '' ? [] : [['model', cleanText(model, MAX_MODEL)]]),
      ...(modelDigest === null || !MODEL_DIGEST.test(modelDigest) ? [] : [['model_digest', modelDigest]]),
      ...usageTags(receipt.usage),
      ...payments.map(({ paymentHash, amountMsat, fate }) => ['payment', paymentHash, String(amountMsat), fate]),
      ['amount', String(sumPayments(payments, 'paid'))],
      ['returned', String(sumPayments(payments, 'returned'))],
      ['refunded', String(sumPayments(payments, 'refunded'))],
      ['sha256', receipt.answerSha256],
      ['transcript', receipt.transcriptSha256],
      ['asked', String(receipt.askedAt)],
      ...(receipt.paidAt === null ? [] : [['paid', String(receipt.paidAt)]]),
      ...(receipt.deliveredAt === null ? [] : [['delivered', String(receipt.deliveredAt)]]),
    ],
    content: '',
  }
}

/** Whether it is of this form, or of a later one that keeps its fields. */
export function isJobReceipt({ tags }: Pick<NostrEvent, 'tags'>): boolean {
  const version = tags.find((tag) => tag[0] === 'version')?.[1] ?? ''
  return /^\d{1,3}$/.test(version) && Number(version) >= VERSION
}

/**
 * Reads a kind 2506 of this form. What it does not know it passes over; a field that is there twice is none, since two readers
 * might take one each. Problems: `wrong-kind`, `other-version`, `too-long`, `bad-field`, `bad-sum`. Its signature is not looked at.
 */
export function parseJobReceipt(event: Pick<NostrEvent, 'kind' | 'tags'>): Result<JobReceipt> {
  if (event.kind !== KIND.receipt) return fail('wrong-kind', 'This event is not a receipt.')
  if (event.tags.length > MAX_RECEIPT_TAGS) return fail('too-long', `The receipt has more than ${MAX_RECEIPT_TAGS} tags.`)
  if (!isJobReceipt(event)) return fail('other-version', 'This is no receipt that a side signs at the end of a job.')
  const fields = fieldsOf(event.tags)
  if (fields === null) return fail('bad-field', 'The receipt says one of its fields twice.')
  const value = (name: string) => fields.get(name) ?? ''
  const role = RECEIPT_ROLES.find((each) => each === value('role'))
  const settlement = SETTLEMENTS.find((each) => each === value('settlement'))
  const outcome = RECEIPT_OUTCOMES.find((each) => each === value('outcome'))
  if (role === undefined || settlement === undefined || outcome === undefined) return fail('bad-field', 'The receipt does not say who signs it, how the job was settled or how it ended.')
  const [requestId, customer, provider] = [value('e'), value('p'), value('provider')]
  if (![requestId, customer, provider].every(isHex64) || value('job') !== jobIdOf(requestId)) return fail('bad-field', 'The receipt does not say which job of whose it is about.')
  const [answerSha256, transcriptSha256] = [value('sha256'), value('transcript')]
  if (!isHex64(answerSha256) || !isHex64(transcriptSha256)) return fail('bad-field', 'The receipt does not say which answer it is about.')
  const [askedAt, paidAt, deliveredAt] = ['asked', 'paid', 'delivered'].map((name) => (fields.has(name) ? timeOf(value(name)) : null))
  if (typeof askedAt !== 'number' || paidAt === undefined || deliveredAt === undefined) return fail('bad-field', 'The receipt has a time that is none.')
  const modelDigest = fields.get('model_digest') ?? null
  if (modelDigest !== null && !MODEL_DIGEST.test(modelDigest)) return fail('bad-field', 'The receipt has a model’s digest that is none.')
  const payments = paymentsOf(event.tags)
  if (payments === null) return fail('bad-field', 'The receipt has a payment that cannot be read, or one twice.')
  if (!addsUp(payments, value)) return fail('bad-sum', 'The payments of the receipt do not add up to what it says.')
  return ok({ role, requestId, customer, provider, settlement, outcome, model: cleanText(value('model'), MAX_MODEL), modelDigest, usage: usageOf(event.tags), payments, answerSha256, transcriptSha256, askedAt, paidAt, deliveredAt })
}

const SINGLE_FIELDS: ReadonlySet<string> = new Set([
  'version', 'role', 'job', 'e', 'p', 'provider', 'settlement', 'outcome', 'model', 'model_digest', 'usage', 'amount', 'returned', 'refunded', 'sha256', 'transcript', 'asked', 'paid', 'delivered',
])

/** The fields by their names; null when one is there twice. */
function fieldsOf(tags: NostrEvent['tags']): ReadonlyMap<string, string> | null {
  const fields = new Map<string, string>()
  for (const [name = '', value = ''] of tags) {
    if (!SINGLE_FIELDS.has(name)) continue
    if (fields.has(name)) return null
    fields.set(name, value)
  }
  return fields
}

/** Unix seconds; undefined when it is none. */
function timeOf(text: string): number | undefined {
  return /^(0|[1-9]\d{0,9})$/.test(text) && Number(text) <= MAX_TIME ? Number(text) : undefined
}

function paymentsOf(tags: NostrEvent['tags']): readonly ReceiptPayment[] | null {
  const payments: ReceiptPayment[] = []
  const hashes = new Set<string>()
  for (const [name, paymentHash = '', amount = '', fateName] of tags) {
    if (name !== 'payment') continue
    const amountMsat = parseMsat(amount)
    const fate = PAYMENT_FATES.find((each) => each === fateName)
    if (!isHex64(paymentHash) || hashes.has(paymentHash) || amountMsat === null || fate === undefined || payments.length === MAX_RECEIPT_PAYMENTS) return null
    hashes.add(paymentHash)
    payments.push({ paymentHash, amountMsat, fate })
  }
  return payments
}

function addsUp(payments: readonly ReceiptPayment[], value: (name: string) => string): boolean {
  const said = { paid: parseMsat(value('amount')), returned: parseMsat(value('returned')), refunded: parseMsat(value('refunded')) }
  // Each is an amount, and all of them together may be none.
  const sum = (fate: PaymentFate) => payments.reduce((total, payment) => (payment.fate === fate ? total + payment.amountMsat : total), 0)
  return PAYMENT_FATES.every((fate) => isMsat(sum(fate)) && sum(fate) === said[fate])
}
