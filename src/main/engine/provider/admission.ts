import type { SaleTerms } from '#shared/ipc/provider.ts'

/** What a provider knows of itself when a request comes in. */
export interface AdmissionContext {
  readonly terms: SaleTerms
  /** Models that can be sold right now, the default first. */
  readonly offeredModels: readonly string[]
  /** Jobs not yet delivered, of everybody. */
  readonly openJobs: number
  readonly openJobsOfCustomer: number
}

export interface AskedFor {
  readonly kind: number
  readonly prompt: string
  readonly maxTokens: number
  readonly model: string | null
}

export type Admission =
  | { readonly accepted: true; readonly model: string; readonly maxTokens: number }
  | { readonly accepted: false; readonly reason: string }

const TEXT_GENERATION = 5050

/** Whether to take a job, and as what. The reason of a refusal is for the customer to read. */
export function admitRequest(asked: AskedFor, context: AdmissionContext): Admission {
  const { terms, offeredModels } = context
  if (asked.kind !== TEXT_GENERATION) return refuse(`This provider answers kind ${TEXT_GENERATION} only.`)
  const bytes = new TextEncoder().encode(asked.prompt).length
  if (bytes === 0) return refuse('The prompt is empty.')
  if (bytes > terms.maxPromptBytes) return refuse(`The prompt is too long: ${bytes} bytes, at most ${terms.maxPromptBytes}.`)
  const model = asked.model ?? offeredModels[0]
  if (model === undefined) return refuse('There is no model to answer with right now.')
  if (!offeredModels.includes(model)) return refuse(`The model ${model} is not offered. Offered: ${offeredModels.slice(0, 10).join(', ') || 'none'}.`)
  if (context.openJobsOfCustomer >= terms.maxOpenPerCustomer) return refuse(`Too many open requests from one key: at most ${terms.maxOpenPerCustomer}.`)
  if (context.openJobs >= terms.concurrency + terms.queueLength) return refuse(`The queue is full: ${context.openJobs} jobs are open. Try again in a moment.`)
  return { accepted: true, model, maxTokens: Math.min(asked.maxTokens, terms.maxTokens) }
}

function refuse(reason: string): Admission {
  return { accepted: false, reason }
}
