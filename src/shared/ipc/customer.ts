import { z } from 'zod'
import { event, request, state, stream } from './contract.ts'
import { dialectSchema, emptySchema, jobIdSchema, jobRowSchema, jobStateSchema, msatSchema, networkSchema, privacySchema, timeSchema } from './common.ts'

const threadIdSchema = z.string().min(1).max(64)

export const offerRowSchema = z.object({
  key: z.string(),
  pubkey: z.string(),
  name: z.string(),
  about: z.string(),
  models: z.array(z.string()),
  priceMsat: msatSchema.optional(),
  network: networkSchema.optional(),
  channelId: z.string().optional(),
  relays: z.array(z.string()),
  announcedAt: timeSchema,
  expiresAt: timeSchema.optional(),
  source: z.enum(['listing', 'channel']),
  own: z.boolean(),
  /** The sandbox's own seller, which offers the toy. */
  house: z.boolean(),
  /** Why it cannot be bought from here, when it cannot: other network, no channel, no price. */
  unavailable: z.string().optional(),
  /** Own history with this key. */
  history: z.object({
    done: z.number().int(),
    failed: z.number().int(),
    spentMsat: msatSchema,
    tokensPerSecond: z.number().optional(),
    firstTextMs: z.number().optional(),
  }),
  /** The newest event as it came, for the detail pane. */
  raw: z.string(),
})
export type OfferRow = z.output<typeof offerRowSchema>

/** Which seller: a rule, or one offer by its key. */
export const selectionSchema = z.discriminatedUnion('by', [
  z.object({ by: z.literal('cheapest') }),
  z.object({ by: z.literal('first') }),
  z.object({ by: z.literal('pubkey'), prefix: z.string().regex(/^[0-9a-f]{4,64}$/) }),
  z.object({ by: z.literal('offer'), key: z.string().max(300) }),
  /** Whoever answers first: the question is public. */
  z.object({ by: z.literal('open') }),
])
export type Selection = z.output<typeof selectionSchema>

export const threadSchema = z.object({
  threadId: threadIdSchema,
  title: z.string(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  messages: z.number().int(),
  spentMsat: msatSchema,
})
export type Thread = z.output<typeof threadSchema>

/** One question and its answer. The answer's text is what arrived so far; while live, `customer.watch` streams it. */
export const turnSchema = z.object({
  jobId: jobIdSchema,
  threadId: threadIdSchema,
  prompt: z.string(),
  answer: z.string(),
  job: jobRowSchema,
  /** How many earlier turns did not fit into the provider's prompt limit. */
  turnsCut: z.number().int().nonnegative(),
})
export type Turn = z.output<typeof turnSchema>

export const askSchema = z.object({
  threadId: threadIdSchema.optional(),
  /** Dialects carry different lengths; the quote says when it is too long. */
  prompt: z.string().min(1).max(1_048_576),
  selection: selectionSchema,
  /** Only so; left out: the best that both speak. */
  dialect: dialectSchema.optional(),
  maxPriceMsat: msatSchema.optional(),
  maxTokens: z.number().int().min(1).max(131_072).optional(),
})

export const customerRoutes = {
  /** Offers seen lately, by offer key. */
  'customer.offers': state(
    z.object({
      offers: z.record(z.string(), offerRowSchema),
      /** True once the relays have sent what they had stored. */
      loaded: z.boolean(),
    }),
  ),
  'customer.threads': state(z.object({ threads: z.record(threadIdSchema, threadSchema) })),
  /** Jobs of ours that are under way, by job id. */
  'customer.jobs': state(z.object({ jobs: z.record(jobIdSchema, jobRowSchema) })),
  'customer.quote': request(
    askSchema,
    z.object({
      /** Absent for an open request. */
      offer: offerRowSchema.optional(),
      dialect: dialectSchema,
      privacy: privacySchema,
      priceMsat: msatSchema,
      maxFeeMsat: msatSchema,
      promptBytes: z.number().int(),
      turnsSent: z.number().int(),
      turnsCut: z.number().int(),
      /** What this purchase would break, if anything: limits, balance. */
      problem: z.string().optional(),
    }),
  ),
  'customer.ask': request(askSchema, z.object({ jobId: jobIdSchema, threadId: threadIdSchema })),
  'customer.stop': request(z.object({ jobId: jobIdSchema }), emptySchema),
  /** Asks the same again as a new job, by default of another provider rule. */
  'customer.retry': request(z.object({ jobId: jobIdSchema, selection: selectionSchema }), z.object({ jobId: jobIdSchema, threadId: threadIdSchema })),
  'customer.thread': request(z.object({ threadId: threadIdSchema }), z.object({ thread: threadSchema, turns: z.array(turnSchema) })),
  'customer.renameThread': request(z.object({ threadId: threadIdSchema, title: z.string().trim().min(1).max(120) }), emptySchema),
  /** Hides the thread; its jobs and payments stay in Activity. `undo` brings it back. */
  'customer.deleteThread': request(z.object({ threadId: threadIdSchema, undo: z.boolean().optional() }), emptySchema),
  /** First item: everything so far; then what is added; then the job's last row and the end. */
  'customer.watch': stream(
    z.object({ jobId: jobIdSchema }),
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('snapshot'), text: z.string(), job: jobRowSchema }),
      z.object({ type: z.literal('text'), text: z.string() }),
      z.object({ type: z.literal('replace'), text: z.string() }),
      z.object({ type: z.literal('job'), job: jobRowSchema }),
    ]),
  ),
  'customer.turnEnded': event(z.object({ threadId: threadIdSchema, jobId: jobIdSchema, state: jobStateSchema })),
}
