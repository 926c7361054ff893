/**
 * What is said of a job before its result, kind 7000, and its cancellation, a deletion of the request (PROTOCOL.md §4).
 * The channel dialect has no message for a refusal or a cancellation, so there too they travel like this **(ours)**.
 */
import { parseMsat, type Msat } from '../market/msat.ts'
import { fail, ok, type Result } from '../market/result.ts'
import type { Tariff, TokenCount } from '../market/tariff.ts'
import { MAX_JOB_TAGS } from './envelope.ts'
import { isHex64, tagValues, type EventTemplate, type NostrEvent } from './event.ts'
import { KIND } from './kinds.ts'
import { cleanText, isRelayUrl } from './wireText.ts'

/** NIP-90's own, and `cancelled`, which the original adds. */
export const FEEDBACK_STATUSES = ['payment-required', 'processing', 'partial', 'success', 'error', 'cancelled'] as const
export type FeedbackStatus = (typeof FEEDBACK_STATUSES)[number]

/** Said by `pubkey` about one request. Believed only when that is the provider bound to the job. */
export interface Feedback {
  readonly pubkey: string
  /** Id of the event that asked. */
  readonly requestId: string
  /** Whom it is for: hex public key, null when it does not say. */
  readonly customerPubkey: string | null
  readonly status: FeedbackStatus
  /** For a person, cleaned and bounded; may be empty. */
  readonly text: string
  /** As it says; what counts is what the invoice says. */
  readonly amountMsat: Msat | null
  /** From `amount`, else from the content; not decoded. */
  readonly bolt11: string | null
  /** Of a metered job: what it says that the invoice is for; null where it says nothing that can be read. */
  readonly step: FeedbackStep | null
  /** With `partial`, what there is of the answer. */
  readonly content: string
  readonly createdAt: number
}

/** What an invoice of a metered job is for (PROTOCOL.md §6): which of the job, from 0, so many tokens, at that price. */
export interface FeedbackStep extends TokenCount {
  readonly index: number
  readonly tariff: Tariff
}

export interface FeedbackDraft {
  readonly requestId: string
  readonly customerPubkey: string
  readonly status: FeedbackStatus
  readonly text: string
  /** With `payment-required`. */
  readonly invoice?: { readonly amountMsat: Msat; readonly bolt11: string }
  /** Of a metered job. */
  readonly step?: FeedbackStep
  /** Where the request was read; left out when absent. */
  readonly relayUrl?: string
}

const MAX_TEXT = 500
const MAX_REQUESTS = 100
const MAX_BOLT11 = 8_000

function feedbackTags({ status, text, invoice, step }: FeedbackDraft): readonly (readonly string[])[] {
  const amount = invoice === undefined ? [] : [['amount', String(invoice.amountMsat), invoice.bolt11]]
  return [['status', status, cleanText(text, MAX_TEXT)], ...amount, ...stepTags(step)]
}

function stepTags(step: FeedbackStep | undefined): readonly (readonly string[])[] {
  if (step === undefined) return []
  const { index, promptTokens, outputTokens, tariff } = step
  return [['tick', ...[index, promptTokens, outputTokens, tariff.inputPer1kMsat, tariff.outputPer1kMsat].map(String)]]
}

function stepOf(tags: NostrEvent['tags']): FeedbackStep | null {
  const [, ...said] = tags.find((tag) => tag[0] === 'tick') ?? []
  const [index, promptTokens, outputTokens] = said.slice(0, 3).map((text) => (/^\d{1,9}$/.test(text) ? Number(text) : null))
  const [inputPer1kMsat, outputPer1kMsat] = said.slice(3, 5).map(parseMsat)
  if (index == null || promptTokens == null || outputTokens == null || inputPer1kMsat == null || outputPer1kMsat == null) return null
  return { index, promptTokens, outputTokens, tariff: { inputPer1kMsat, outputPer1kMsat } }
}

/** What a hidden kind 7000 says, to be encrypted: its content is among its tags. The text is cut to 500 characters. */
export function hiddenFeedbackTags(draft: FeedbackDraft): readonly (readonly string[])[] {
  return [...feedbackTags(draft), ...(draft.invoice === undefined ? [] : [['content', draft.invoice.bolt11]])]
}

/** A plain kind 7000 to sign. The text is cut to 500 characters. Canonical readers find an invoice in `amount`, the original's in the content. */
export function feedbackTemplate(draft: FeedbackDraft, createdAt: number): EventTemplate {
  const { requestId, customerPubkey, invoice, relayUrl } = draft
  const hint = relayUrl !== undefined && isRelayUrl(relayUrl) ? [relayUrl] : []
  return {
    kind: KIND.jobFeedback,
    created_at: createdAt,
    tags: [...feedbackTags(draft), ['e', requestId, ...hint], ['p', customerPubkey]],
    content: invoice?.bolt11 ?? '',
  }
}

/** Reads a kind 7000, a hidden one once it is opened. Problems: `wrong-kind`, `too-long`, `unknown-status`, `no-request`. */
export function parseFeedback(event: NostrEvent): Result<Feedback> {
  if (event.kind !== KIND.jobFeedback) return fail('wrong-kind', 'This event is not feedback to a job.')
  if (event.tags.length > MAX_JOB_TAGS) return fail('too-long', `The feedback has more than ${MAX_JOB_TAGS} tags.`)
  const [, said, text = ''] = event.tags.find((tag) => tag[0] === 'status') ?? []
  const status = FEEDBACK_STATUSES.find((known) => known === said)
  if (status === undefined) return fail('unknown-status', 'The feedback has no status, or one that is not known.')
  const requestId = tagValues(event.tags, 'e').find(isHex64)
  if (requestId === undefined) return fail('no-request', 'The feedback does not name the request that it is about.')
  const [, amount = '', invoice = ''] = event.tags.find((tag) => tag[0] === 'amount') ?? []
  return ok({
    pubkey: event.pubkey,
    requestId,
    customerPubkey: tagValues(event.tags, 'p').find(isHex64) ?? null,
    status,
    text: cleanText(text, MAX_TEXT),
    amountMsat: parseMsat(amount),
    bolt11: [invoice, event.content].map((each) => each.trim()).find(isInvoice) ?? null,
    step: stepOf(event.tags),
    content: event.content,
    createdAt: event.created_at,
  })
}

function isInvoice(text: string): boolean {
  return text.length <= MAX_BOLT11 && /^ln[0-9a-z]+$/i.test(text)
}

/** What `pubkey` no longer wants. Believed only for requests that this key signed. */
export interface Cancellation {
  readonly pubkey: string
  /** Ids of request events, at least one. */
  readonly requestIds: readonly string[]
  readonly createdAt: number
}

/** A kind 5 that cancels a job: relays forget the request too. */
export function cancelTemplate(requestId: string, createdAt: number, requestKind: number = KIND.channelMessage): EventTemplate {
  return {
    kind: KIND.deletion,
    created_at: createdAt,
    tags: [
      ['e', requestId],
      ['k', String(requestKind)],
    ],
    content: '',
  }
}

/** Reads a kind 5 as a cancellation. Problems: `wrong-kind`, `too-long`, `not-a-request` (its `k` says so), `no-request`. */
export function parseCancel(event: NostrEvent): Result<Cancellation> {
  if (event.kind !== KIND.deletion) return fail('wrong-kind', 'This event cancels nothing.')
  if (event.tags.length > MAX_JOB_TAGS) return fail('too-long', `The cancellation has more than ${MAX_JOB_TAGS} tags.`)
  const kinds = tagValues(event.tags, 'k')
  const isRequest = [KIND.channelMessage, KIND.textGeneration].some((kind) => kinds.includes(String(kind)))
  if (kinds.length > 0 && !isRequest) return fail('not-a-request', 'What is deleted is not a request for a job.')
  const requestIds = [...new Set(tagValues(event.tags, 'e').filter(isHex64))].slice(0, MAX_REQUESTS)
  if (requestIds.length === 0) return fail('no-request', 'The cancellation does not name a request.')
  return ok({ pubkey: event.pubkey, requestIds, createdAt: event.created_at })
}
