import { z } from 'zod'
import { request, state } from './contract.ts'
import { hex64Schema, jobIdSchema, msatSchema, networkSchema, timeSchema } from './common.ts'

export const paymentRowSchema = z.object({
  paymentHash: hex64Schema,
  direction: z.enum(['incoming', 'outgoing']),
  state: z.enum(['pending', 'held', 'settled', 'failed', 'expired']),
  amountMsat: msatSchema,
  feeMsat: msatSchema,
  description: z.string(),
  createdAt: timeSchema,
  settledAt: timeSchema.optional(),
  expiresAt: timeSchema.optional(),
  bolt11: z.string().optional(),
  /** The job it belongs to, when it belongs to one. */
  jobId: jobIdSchema.optional(),
})
export type PaymentRow = z.output<typeof paymentRowSchema>

export const walletRoutes = {
  'wallet.status': state(
    z.object({
      kind: z.enum(['nwc', 'mock']),
      network: networkSchema,
      state: z.enum(['connecting', 'ready', 'unavailable']),
      problem: z.string().optional(),
      alias: z.string().optional(),
      /** Absent until the wallet answered once. */
      balanceMsat: msatSchema.optional(),
      /** Intended or unknown outgoing payments of ours, not yet settled or failed. */
      pendingMsat: msatSchema,
      heldMsat: msatSchema,
      checkedAt: timeSchema.optional(),
    }),
  ),
  'wallet.refresh': request(z.object({}), z.object({})),
  'wallet.createInvoice': request(
    z.object({ amountMsat: msatSchema, description: z.string().max(300), expirySecs: z.number().int().min(60).max(604_800).optional() }),
    z.object({ bolt11: z.string(), paymentHash: hex64Schema, amountMsat: msatSchema, expiresAt: timeSchema }),
  ),
  'wallet.lookup': request(z.object({ paymentHash: hex64Schema, direction: z.enum(['incoming', 'outgoing']) }), paymentRowSchema),
  /** Decodes without paying. */
  'wallet.inspectInvoice': request(
    z.object({ bolt11: z.string().max(4_096) }),
    z.object({
      amountMsat: msatSchema,
      paymentHash: hex64Schema,
      network: networkSchema,
      description: z.string(),
      expiresAt: timeSchema,
      expired: z.boolean(),
      maxFeeMsat: msatSchema,
    }),
  ),
  'wallet.pay': request(
    /** `confirmedMsat`: the amount that a person read and confirmed. Above the limit for that, `needs-confirmation` without it. */
    z.object({ bolt11: z.string().max(4_096), maxFeeMsat: msatSchema, confirmedMsat: msatSchema.optional() }),
    z.discriminatedUnion('state', [
      z.object({ state: z.literal('settled'), feeMsat: msatSchema, paymentHash: hex64Schema }),
      z.object({ state: z.literal('unknown'), message: z.string(), paymentHash: hex64Schema }),
    ]),
  ),
  /** The kill switch, at once: nothing new is intended, and what is intended and not yet asked of the wallet is not paid. */
  'wallet.stopSpending': request(z.object({ stopped: z.boolean() }), z.object({})),
  /** Newest first. */
  'wallet.history': request(
    z.object({ offset: z.number().int().min(0).max(100_000), limit: z.number().int().min(1).max(200) }),
    z.object({ rows: z.array(paymentRowSchema), more: z.boolean() }),
  ),
}
