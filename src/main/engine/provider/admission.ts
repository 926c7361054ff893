import type { JobRow } from '#shared/ipc/common.ts'
import type { SaleTerms } from '#shared/ipc/provider.ts'
import { utf8Bytes } from '#shared/market/conversation.ts'
import { formatSats, type Msat } from '#shared/market/msat.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import type { IncomingRequest } from './dialect.ts'

/** What a provider knows of itself when a request comes in. */
export interface AdmissionContext {
  readonly terms: SaleTerms
  /** Models that can be sold right now, the default first. */
  readonly offeredModels: readonly string[]
  /** Paid and not yet delivered, of everybody: what waits for the model. */
  readonly queuedJobs: number
  /** Asked and not paid, of everybody, the cancelled ones whose invoice is still out among them: most are paid in seconds, and some never. */
  readonly unpaidJobs: number
  /** Both, of the key that asks; what it cancelled takes none of its own places. */
  readonly openJobsOfCustomer: number
}

/** What decides of a request whose prompt is still to be fetched. */
export type AskedUnread = Pick<IncomingRequest, 'kind' | 'model' | 'bidMsat'>
/** What of a request decides. `refusal` is the dialect's own reason, null when it has none. */
export type AskedFor = AskedUnread & Pick<IncomingRequest, 'prompt' | 'maxTokens' | 'refusal'>

export type Admission =
  | { readonly accepted: true; readonly model: string; readonly maxTokens: number; readonly priceMsat: Msat }
  | { readonly accepted: false; readonly reason: string }

/** Invoices out at once, for every place in the queue: who does not pay takes no place from who does. */
const UNPAID_PER_PLACE = 8

/** What the jobs that have not ended say of it. */
export function countOpenJobs(rows: readonly Pick<JobRow, 'state' | 'peer'>[], customer: string): Pick<AdmissionContext, 'queuedJobs' | 'unpaidJobs' | 'openJobsOfCustomer'> {
  const count = (of: readonly JobRow['state'][], peer?: string) => rows.filter((row) => of.includes(row.state) && (peer === undefined || row.peer === peer)).length
  return {
    queuedJobs: count(['queued', 'working', 'paused']),
    // Its invoice may yet be paid, so the wallet is asked about it until it expires: who asks, cancels and asks again makes us do that each time.
    unpaidJobs: count(['asking', 'invoiced', 'stopped']),
    // Who has answers that it does not release gets no more of them.
    openJobsOfCustomer: count(['queued', 'working', 'paused', 'asking', 'invoiced', 'unlocking'], customer),
  }
}

/** The model that a name means among those that are there: Ollama lists "llama3.2" as "llama3.2:latest". */
export function findModel(name: string, models: readonly string[]): string | undefined {
  return models.find((model) => model === name) ?? models.find((model) => model === `${name}:latest`)
}

/** Whether to take a job, and as what. The reason of a refusal is for the customer to read. */
export function admitRequest(asked: AskedFor, context: AdmissionContext): Admission {
  const { terms } = context
  if (asked.refusal !== null) return refuse(asked.refusal)
  const bytes = utf8Bytes(asked.prompt)
  if (bytes === 0) return refuse('The prompt is empty.')
  if (bytes > terms.maxPromptBytes) return refuse(`The prompt is too long: ${bytes} bytes, at most ${terms.maxPromptBytes}.`)
  const unread = admitUnread(asked, context)
  return unread.accepted ? { ...unread, maxTokens: Math.min(asked.maxTokens ?? terms.maxTokens, terms.maxTokens), priceMsat: terms.priceMsat } : unread
}

/** Whether to take a job whatever its prompt says: asked before anything is fetched for it. */
export function admitUnread(asked: AskedUnread, context: AdmissionContext): { readonly accepted: true; readonly model: string } | { readonly accepted: false; readonly reason: string } {
  const { terms, offeredModels } = context
  if (asked.kind !== KIND.textGeneration) return refuse(`This provider answers kind ${KIND.textGeneration} only.`)
  const model = asked.model === null ? offeredModels[0] : findModel(asked.model, offeredModels)
  if (model === undefined && asked.model === null) return refuse('There is no model to answer with right now.')
  if (model === undefined) return refuse(`The model ${asked.model} is not offered. Offered: ${offeredModels.slice(0, 10).join(', ') || 'none'}.`)
  const { priceMsat } = terms
  if (asked.bidMsat !== null && asked.bidMsat < priceMsat) return refuse(`The price is ${formatSats(priceMsat)} sats; the request bids ${formatSats(asked.bidMsat)}.`)
  if (context.openJobsOfCustomer >= terms.maxOpenPerCustomer) return refuse(`Too many open requests from one key: at most ${terms.maxOpenPerCustomer}.`)
  const places = terms.concurrency + terms.queueLength
  if (context.queuedJobs >= places) return refuse(`The queue is full: ${context.queuedJobs} paid jobs wait. Try again in a moment.`)
  if (context.unpaidJobs >= places * UNPAID_PER_PLACE) return refuse('Too many requests wait for their payment. Try again in a moment.')
  return { accepted: true, model }
}

function refuse(reason: string): { readonly accepted: false; readonly reason: string } {
  return { accepted: false, reason }
}
