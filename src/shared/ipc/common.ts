/** Schemas that several domains share. */
import { z } from 'zod'
import { DIALECTS, PRIVACIES } from '../market/dialect.ts'
import { isMsat, type Msat } from '../market/msat.ts'
import { NETWORKS } from '../market/network.ts'
import { SETTLEMENTS } from '../market/settlement.ts'

export const msatSchema = z.custom<Msat>(isMsat, 'an integer amount in msat')
export const hex64Schema = z.string().regex(/^[0-9a-f]{64}$/)
export const networkSchema = z.enum(NETWORKS)
/** Unix milliseconds. */
export const timeSchema = z.number().int().nonnegative()
export const problemSchema = z.object({ code: z.string(), message: z.string() })
export const emptySchema = z.object({})
export const jobIdSchema = z.string().min(1).max(80)
export const relayUrlSchema = z.string().max(300).regex(/^wss?:\/\/[^\s]+$/, 'an address that starts with wss:// or ws://')

export const dialectSchema = z.enum(DIALECTS)
export const privacySchema = z.enum(PRIVACIES)
export const settlementSchema = z.enum(SETTLEMENTS)

export const roleSchema = z.enum(['provider', 'customer'])
export type Role = z.output<typeof roleSchema>

/** Who owes something for a job: its seller to us, or we to its customer. */
export const owedSchema = z.enum(['to-us', 'by-us'])
export type Owed = z.output<typeof owedSchema>

/** A job's state in the words that both roles and every page use. */
export const jobStateSchema = z.enum([
  'asking',
  'invoiced',
  'paying',
  'payment-unknown',
  /** Money is locked for it, and the answer is still to come. */
  'locked',
  'queued',
  'working',
  /** A metered stream waits for its next payment. */
  'paused',
  /** The sealed answer is there, and its price is not paid yet. */
  'sealed',
  /** Delivered; what is locked is being released and claimed. */
  'unlocking',
  'done',
  'stopped',
  'refused',
  'failed',
  'owed',
  'expired',
  /** What was locked went back to the customer. */
  'returned',
])
export type JobState = z.output<typeof jobStateSchema>

/** One job, one row: Activity, the seller's queue and receipts all show this. */
export const jobRowSchema = z.object({
  jobId: jobIdSchema,
  role: roleSchema,
  state: jobStateSchema,
  /** True when nothing more will happen by itself. */
  final: z.boolean(),
  /** The other side's hex public key. */
  peer: z.string(),
  peerName: z.string().optional(),
  dialect: dialectSchema,
  privacy: privacySchema,
  settlement: settlementSchema.default('prepay'),
  model: z.string().optional(),
  promptPreview: z.string(),
  priceMsat: msatSchema,
  /** What really moved, fee included for a customer. */
  movedMsat: msatSchema,
  feeMsat: msatSchema,
  /** Locked now: for the provider, by the customer. */
  lockedMsat: msatSchema.optional(),
  /** When what is locked returns by itself. */
  lockedUntil: timeSchema.optional(),
  /** Paid and not delivered: what the provider owes the customer. */
  owedMsat: msatSchema.optional(),
  /** Of what moved, what went back to the customer since: `movedMsat` counts it still. */
  paidBackMsat: msatSchema.optional(),
  /** There, under seal and not opened: UTF-8 bytes, what opening costs, and until when it can be, once that is known. */
  sealed: z.object({ bytes: z.number().int().nonnegative(), openMsat: msatSchema, until: timeSchema.optional() }).optional(),
  /** For the customer, metered: payments made so far, and how much output they are for. */
  metered: z.object({ payments: z.number().int().nonnegative(), paidTokens: z.number().int().nonnegative() }).optional(),
  /** For the customer: of what it paid, what may be asked back now, by `customer.claim`. */
  claimableMsat: msatSchema.optional(),
  /** The customer asked for that, and the seller may still pay it: until then the row is not final, whatever its state says. */
  claiming: z.boolean().optional(),
  /** It waits for a person's `customer.release`: what is locked goes then, or what is sealed opens. */
  awaitsRelease: z.boolean().optional(),
  /** For the provider: worth of what was made, or may be, for who has not paid. */
  creditMsat: msatSchema.optional(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  endedAt: timeSchema.optional(),
  /** 1-based while queued. */
  queuePosition: z.number().int().positive().optional(),
  outputTokens: z.number().int().nonnegative().optional(),
  tokensPerSecond: z.number().nonnegative().optional(),
  durationMs: z.number().nonnegative().optional(),
  /** Why it ended as it did, or what it waits for, for a person. */
  note: z.string().optional(),
})
export type JobRow = z.output<typeof jobRowSchema>
