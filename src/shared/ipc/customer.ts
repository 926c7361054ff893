import { z } from 'zod'
import { PRICE_UNITS } from '../market/offer.ts'
import { event, request, state, stream } from './contract.ts'
import { dialectSchema, emptySchema, jobIdSchema, jobRowSchema, jobStateSchema, msatSchema, networkSchema, privacySchema, settlementSchema, timeSchema } from './common.ts'

const threadIdSchema = z.string().min(1).max(64)
const offerKeySchema = z.string().max(300)

export const offerRowSchema = z.object({
  key: z.string(),
  pubkey: z.string(),
  name: z.string(),
  about: z.string(),
  models: z.array(z.string()),
  /** Of one request, whatever the model. */
  priceMsat: msatSchema.optional(),
  /** What it asks beside that: of single models, and for tokens. */
  prices: z.array(z.object({ unit: z.enum(PRICE_UNITS), msat: msatSchema, model: z.string().optional() })).optional(),
  network: networkSchema.optional(),
  channelId: z.string().optional(),
  /** The most private first. */
  dialects: z.array(dialectSchema),
  /** How its jobs can be settled. */
  settlements: z.array(settlementSchema).optional(),
  /** Those that brought it. */
  relays: z.array(z.string()),
  announcedAt: timeSchema,
  /** The seller's last sign of life. */
  lastSeenAt: timeSchema,
  /** It was asked for one since, and gave none. */
  unanswered: z.boolean().optional(),
  expiresAt: timeSchema.optional(),
  source: z.enum(['listing', 'channel']),
  /** How many offers this seller makes. */
  sellerOffers: z.number().int().positive(),
  own: z.boolean(),
  /** The sandbox's own seller, which offers the toy. */
  house: z.boolean(),
  /** Why it cannot be bought from here, when it cannot: other network, no price, no dialect of ours. */
  unavailable: z.string().optional(),
  /** Own history with this key. */
  history: z.object({
    done: z.number().int(),
    failed: z.number().int(),
    spentMsat: msatSchema,
    tokensPerSecond: z.number().optional(),
    firstTextMs: z.number().optional(),
  }),
})
export type OfferRow = z.output<typeof offerRowSchema>

/** Which seller: a rule, or one offer by its key. */
export const selectionSchema = z.discriminatedUnion('by', [
  z.object({ by: z.literal('cheapest') }),
  z.object({ by: z.literal('first') }),
  z.object({ by: z.literal('pubkey'), prefix: z.string().regex(/^[0-9a-f]{4,64}$/) }),
  z.object({ by: z.literal('offer'), key: offerKeySchema }),
  /** Whoever offers to answer: the question is public. */
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
  /** In nip90, whether to hide it from relays; left out: when the seller is sure to read it. */
  encrypted: z.boolean().optional(),
  /** Refuse rather than let anybody but the seller read it: what the page said before it was sent is kept. */
  private: z.boolean().optional(),
  maxPriceMsat: msatSchema.optional(),
  /** Left out: as the settings say. */
  settlement: settlementSchema.optional(),
  maxTokens: z.number().int().min(1).max(131_072).optional(),
  /** The price that a person read and confirmed: `customer.ask` wants it where the quote says `confirmMsat`, or fails as `needs-confirmation`. */
  confirmedMsat: msatSchema.optional(),
})

export const customerRoutes = {
  /** Offers that are not over, by offer key. */
  'customer.offers': state(
    z.object({
      offers: z.record(z.string(), offerRowSchema),
      /** True once the relays have sent what they had stored. */
      loaded: z.boolean(),
      /** Offers that could not be read, counted by the reason's code. */
      refused: z.record(z.string(), z.number().int().positive()),
    }),
    { member: 'offers', row: offerRowSchema },
  ),
  /** The newest event that made an offer, as it came. */
  'customer.offerEvent': request(z.object({ key: offerKeySchema }), z.object({ raw: z.string() })),
  /** Which offers the page shows or is about to ask: their sellers are asked for signs of life. Instead of those named before. */
  'customer.wanted': request(z.object({ keys: z.array(offerKeySchema).max(200) }), emptySchema),
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
      settlement: settlementSchema,
      /** The most that can be lost, and why, in one sentence. */
      risk: z.object({ riskMsat: msatSchema, sentence: z.string() }),
      priceMsat: msatSchema,
      maxFeeMsat: msatSchema,
      promptBytes: z.number().int(),
      turnsSent: z.number().int(),
      turnsCut: z.number().int(),
      /** What this purchase would break, if anything: limits, balance. */
      problem: z.string().optional(),
      /** What a person has to confirm before it is asked; absent: it costs too little for that. */
      confirmMsat: msatSchema.optional(),
    }),
  ),
  'customer.ask': request(askSchema, z.object({ jobId: jobIdSchema, threadId: threadIdSchema })),
  'customer.stop': request(z.object({ jobId: jobIdSchema }), emptySchema),
  /** Gives the seller what is locked for an answer that is there, where the settings leave that to a person. */
  'customer.release': request(z.object({ jobId: jobIdSchema }), emptySchema),
  /** Asks the seller to pay back what it owes for a job that has ended. Refused for a job of a channel, which has no word for it. */
  'customer.claim': request(z.object({ jobId: jobIdSchema }), emptySchema),
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
      /** So many UTF-8 bytes of the answer are made by now, and under seal. */
      z.object({ type: z.literal('sealed'), bytes: z.number().int().nonnegative() }),
      z.object({ type: z.literal('job'), job: jobRowSchema }),
    ]),
  ),
  'customer.turnEnded': event(z.object({ threadId: threadIdSchema, jobId: jobIdSchema, state: jobStateSchema })),
}
