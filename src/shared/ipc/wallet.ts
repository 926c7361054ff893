import { z } from 'zod'
import { bookEntryKindSchema, bookEntrySchema } from './books.ts'
import { request, state } from './contract.ts'
import { hex64Schema, jobIdSchema, jobStateSchema, msatSchema, networkSchema, roleSchema, timeSchema } from './common.ts'

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

/** Since the day began on this machine, and in all. */
const flowSchema = z.object({ todayMsat: msatSchema, totalMsat: msatSchema })

/** Money that waits in a lock: ours for a provider (`customer`), or a customer's for us (`provider`). */
const lockSchema = z.object({
  jobId: jobIdSchema,
  role: roleSchema,
  state: jobStateSchema,
  amountMsat: msatSchema,
  /** When it goes back by itself, at the earliest; absent where nobody says. */
  until: timeSchema.optional(),
  /** It stays locked until a person releases it, or it returns. */
  awaitsRelease: z.boolean().optional(),
})

/** What the last look at wallet and books found. Signed where less than zero is possible. */
const reconciliationSchema = z.object({
  at: timeSchema,
  /** What the wallet said. */
  walletMsat: msatSchema,
  /** What the books say now, all that is under way taken off. */
  booksMsat: z.number().int(),
  /** Intended, in doubt or locked: by so much the wallet may have more than the books. */
  underWayMsat: msatSchema,
  /** The wallet shows it, and the job that it belongs to is about to write it. */
  expectedMsat: z.number().int(),
  /** What nothing explains yet. If it stays, it is adjusted. */
  unexplainedMsat: z.number().int(),
  /** Numbers of the entries that this look posted. */
  entries: z.array(z.number().int()),
})
export type Reconciliation = z.output<typeof reconciliationSchema>

export const walletRoutes = {
  /** The only source of what pages say of money. All but `balanceMsat` comes from the books. */
  'wallet.status': state(
    z.object({
      kind: z.enum(['nwc', 'spark', 'mock']),
      network: networkSchema,
      state: z.enum(['connecting', 'ready', 'unavailable']),
      problem: z.string().optional(),
      alias: z.string().optional(),
      /** As the wallet says it. Absent until it answered once. */
      balanceMsat: msatSchema.optional(),
      /** The balance less what is intended and not taken off by the wallet yet. Absent with the balance. */
      availableMsat: msatSchema.optional(),
      /** Intended or in doubt, fee caps included, not yet settled, locked or failed. */
      pendingMsat: msatSchema,
      /** Ours, locked for somebody. */
      lockedMsat: msatSchema,
      /** Somebody else's, locked for us. */
      lockedForUsMsat: msatSchema,
      /** When the first of the locks, ours or for us, goes back by itself. */
      lockedUntil: timeSchema.optional(),
      /** By `<role>:<job id>`, at most a hundred: those that go back first. */
      locks: z.record(z.string(), lockSchema),
      /** Paid and not delivered: by others to us, and by us to others. */
      owedToUsMsat: msatSchema,
      owedByUsMsat: msatSchema,
      earned: flowSchema,
      spent: flowSchema,
      fees: flowSchema,
      /** Paid for and never delivered. */
      lost: flowSchema,
      /** The kill switch: nothing new leaves the wallet. */
      spendingStopped: z.boolean(),
      /** When the books were last held against the wallet, and what nothing explained then; absent before the first time. */
      reconciledAt: timeSchema.optional(),
      unexplainedMsat: z.number().int().optional(),
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
  /** The books, newest first; from the last page's smallest `id` on with `before`. Exported page by page. */
  'wallet.entries': request(
    z.object({ before: z.number().int().positive().optional(), kinds: z.array(bookEntryKindSchema).min(1).max(20).optional(), limit: z.number().int().min(1).max(200) }),
    z.object({ rows: z.array(bookEntrySchema), more: z.boolean() }),
  ),
  /** How wallet and books compare: the last look, and the newest entries by which looks explained what differed. */
  'wallet.explain': request(z.object({}), z.object({ last: reconciliationSchema.optional(), explained: z.array(bookEntrySchema) })),
  /** Newest first, as the wallet lists them. */
  'wallet.history': request(
    z.object({ offset: z.number().int().min(0).max(100_000), limit: z.number().int().min(1).max(200) }),
    z.object({ rows: z.array(paymentRowSchema), more: z.boolean() }),
  ),
}
