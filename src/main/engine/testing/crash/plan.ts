import { z } from 'zod'
import type { JobRow } from '#shared/ipc/common.ts'
import { DIALECTS } from '#shared/market/dialect.ts'
import { sats } from '#shared/market/msat.ts'
import { SETTLEMENTS } from '#shared/market/settlement.ts'

export const TOY_TOKENS_PER_SECOND = 500
export const PROMPT = 'write 40 words'
/** Of an answer much shorter than the first tick, which is paid ahead: the rest is owed. */
export const OWING = { prompt: 'write 20 words', maxTokens: 400, tickTokens: 300 } as const

/** What a process of a crash test is told, as JSON in its first argument. */
export const planSchema = z.object({
  role: z.enum(['provider', 'customer']),
  dataFolder: z.string(),
  sandboxFolder: z.string(),
  /** Name of the point at which it kills itself; null to live. */
  killAt: z.string().nullable(),
  /** How a customer wants it settled, and in which words where that matters. */
  settlement: z.enum(SETTLEMENTS),
  dialect: z.enum(DIALECTS).optional(),
  /** Its wallet is one on a Spark of the test's own: where that is, and how it calls the account. The sandbox's when left out. */
  spark: z.object({ port: z.number(), name: z.string() }).optional(),
  /** The seller's wallet makes no hold invoices: money for it is locked at its address, once the customer knows that. */
  onlyAtAddress: z.boolean().default(false),
  /** Sealed: what the seller wants paid ahead, in parts per thousand. */
  depositPermille: z.number().default(0),
  toyTokensPerSecond: z.number().default(TOY_TOKENS_PER_SECOND),
  /** More is paid than the answer needs, and a person asks it back whenever that can be done. */
  payback: z.boolean().default(false),
  /** What a person sends by hand, in place of a job, whenever the process starts: who does not know whether it went presses again. A withdrawal under the quote of before, when there was one. */
  send: z.discriminatedUnion('what', [z.object({ what: z.literal('payment'), bolt11: z.string() }), z.object({ what: z.literal('withdrawal'), quoteId: z.string().nullable() })]).optional(),
  /** It is so much later for this process than for the others. */
  laterMs: z.number().default(0),
  /** Whom a customer asks; null to ask nobody and go on with what it has. */
  ask: z.string().nullable(),
})
/** Where the threads of the process find it. */
export const PLAN_KEY = 'souk crash plan'
export type Plan = z.input<typeof planSchema>

/** What it says, one line each. Written at once, so that it is heard also when the next thing is its end. */
export const reportSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('identity'), pubkey: z.string() }),
  z.object({ type: z.literal('point'), name: z.string() }),
  z.object({ type: z.literal('job'), jobId: z.string(), state: z.string(), final: z.boolean() }),
  /** A provider: nothing is open any more, and there was something. A customer: its job has ended, or there is none. */
  z.object({ type: z.literal('settled'), movedMsat: z.number() }),
  /** The fees that a person reads before a withdrawal. */
  z.object({ type: z.literal('quoted'), quoteId: z.string() }),
  /** What came of sending by hand: how it stands, or the code of what was wrong. */
  z.object({ type: z.literal('pressed'), answer: z.string() }),
  z.object({ type: z.literal('problem'), message: z.string() }),
])
export type Report = z.output<typeof reportSchema>

/** Small ticks, so that a short answer has several. */
export const CRASH_TERMS = { tickTokens: 16, graceSecs: 5, outputPer1kMsat: sats(60), inputPer1kMsat: sats(10) } as const

/** A metered sale that is stopped, or owes a rest, has told its customer everything; it only waits for an invoice to expire, or to be asked for the rest. */
export const isOver = ({ final, state, settlement }: Pick<JobRow, 'final' | 'state' | 'settlement'>): boolean => final || (settlement === 'metered' && ['stopped', 'done', 'owed'].includes(state))
/** What was owed is back, on either side. */
export const isPaidBack = ({ final, owedMsat, claimableMsat, paidBackMsat }: Pick<JobRow, 'final' | 'owedMsat' | 'claimableMsat' | 'paidBackMsat'>): boolean => final && owedMsat === undefined && claimableMsat === undefined && paidBackMsat !== undefined
