/** Schemas that several domains share. */
import { z } from 'zod'
import { DIALECTS, PRIVACIES } from '../market/dialect.ts'
import { isMsat, type Msat } from '../market/msat.ts'
import { NETWORKS } from '../market/network.ts'

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

export const roleSchema = z.enum(['provider', 'customer'])
export type Role = z.output<typeof roleSchema>

/** A job's state in the words that both roles and every page use. */
export const jobStateSchema = z.enum([
  'asking',
  'invoiced',
  'paying',
  'payment-unknown',
  'queued',
  'working',
  'done',
  'stopped',
  'refused',
  'failed',
  'owed',
  'expired',
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
  model: z.string().optional(),
  promptPreview: z.string(),
  priceMsat: msatSchema,
  /** What really moved, fee included for a customer. */
  movedMsat: msatSchema,
  feeMsat: msatSchema,
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
