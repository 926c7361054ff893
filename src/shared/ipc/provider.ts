import { z } from 'zod'
import { request, state } from './contract.ts'
import { dialectSchema, emptySchema, hex64Schema, jobIdSchema, jobRowSchema, msatSchema, settlementSchema, timeSchema } from './common.ts'

const earningsSchema = z.object({ earnedMsat: msatSchema, jobs: z.number().int().nonnegative() })

/** What the seller decides. Stored; changes are announced at once. */
export const saleTermsSchema = z.object({
  name: z.string().trim().min(1).max(80),
  about: z.string().max(500),
  priceMsat: msatSchema.refine((price) => price > 0, 'a price of at least one msat: an invoice over nothing cannot be paid'),
  /** Empty: every local model. */
  models: z.array(z.string().max(200)).max(200),
  maxTokens: z.number().int().min(1).max(131_072),
  maxPromptBytes: z.number().int().min(64).max(1_048_576),
  concurrency: z.number().int().min(1).max(16),
  queueLength: z.number().int().min(0).max(1_000),
  /** Open requests from one key before it is refused. */
  maxOpenPerCustomer: z.number().int().min(1).max(1_000),
  /** Send the answer as it is made; otherwise only the whole result. */
  streaming: z.boolean(),
  /** Answer requests that name no seller, too. */
  openRequests: z.boolean(),
  /** Fetch what a request names by its web address: from public addresses only, and bounded. */
  allowUrlInputs: z.boolean(),
  /** How a job may be settled (PROTOCOL.md §6); what dialect or wallet cannot do is not offered. */
  settlements: z.array(settlementSchema).min(1).max(4),
  /** How long a job may take: what a customer locks has to stay locked beyond that. */
  jobLimitSecs: z.number().int().min(30).max(86_400),
  /** Sealed: how much of an answer is shown before it is paid, in parts per thousand. */
  previewPermille: z.number().int().min(0).max(900),
  /** Sealed: how much of the price is paid before the work, in parts per thousand. */
  depositPermille: z.number().int().min(0).max(1_000),
  /** Sealed and escrow: worth of answers that one customer may have without having paid; those who show no key count as one. */
  creditMsat: msatSchema,
  /** Metered: prices of a thousand tokens read and written. */
  inputPer1kMsat: msatSchema,
  outputPer1kMsat: msatSchema.refine((price) => price > 0, 'a price of at least one msat'),
  /** Metered: how much output one payment is for. */
  tickTokens: z.number().int().min(16).max(8_192),
  /** Metered: how long a paused answer waits for its next payment. */
  graceSecs: z.number().int().min(5).max(3_600),
  /** Re-announcement interval. */
  announceEverySecs: z.number().int().min(30).max(3_600),
})
export type SaleTerms = z.output<typeof saleTermsSchema>

export const providerRoutes = {
  'provider.status': state(
    z.object({
      selling: z.enum(['off', 'starting', 'on', 'stopping']),
      since: timeSchema.optional(),
      /** Why it is not selling, or what is wrong while it is. */
      problem: z.string().optional(),
      channelId: hex64Schema.optional(),
      terms: saleTermsSchema,
      offeredModels: z.array(z.string()),
      /** The languages in which it takes a job, the best first. */
      dialects: z.array(dialectSchema),
      /** How it settles jobs now. */
      settlements: z.array(settlementSchema),
      announcedAt: timeSchema.optional(),
      earnings: z.object({ today: earningsSchema, week: earningsSchema, total: earningsSchema }),
      /** Jobs not yet ended, and debts, by job id. */
      jobs: z.record(jobIdSchema, jobRowSchema),
    }),
  ),
  'provider.start': request(emptySchema, emptySchema),
  'provider.stop': request(emptySchema, emptySchema),
  'provider.setTerms': request(saleTermsSchema.partial(), emptySchema),
  'provider.setChannel': request(z.object({ channelId: hex64Schema.optional() }), emptySchema),
  /** Local days, oldest first, days without a job included. */
  'provider.earnings': request(
    z.object({ days: z.number().int().min(1).max(366) }),
    z.object({ days: z.array(z.object({ day: z.string().regex(/^\d{4}-\d\d-\d\d$/), earnedMsat: msatSchema, jobs: z.number().int() })) }),
  ),
  /** Stops work on a job. What was paid and not delivered stays recorded as owed. */
  'provider.cancelJob': request(z.object({ jobId: jobIdSchema }), emptySchema),
  /** Tries again to deliver what is owed. */
  'provider.retryJob': request(z.object({ jobId: jobIdSchema }), emptySchema),
  /** The seller paid the customer back by other means: closes the debt, keeps the history. */
  'provider.writeOffJob': request(z.object({ jobId: jobIdSchema, note: z.string().trim().min(1).max(300) }), emptySchema),
}
