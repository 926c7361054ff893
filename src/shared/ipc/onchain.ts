/** Money from and to the chain, where the wallet can (Spark). */
import { z } from 'zod'
import { emptySchema, hex64Schema, msatSchema, timeSchema } from './common.ts'
import { event, request, state } from './contract.ts'

const pointSchema = z.object({ txId: hex64Schema, vout: z.number().int().min(0).max(0xffff_ffff) })
const speedSchema = z.enum(['fast', 'medium', 'slow'])
export type WithdrawalSpeed = z.output<typeof speedSchema>

const depositSchema = pointSchema.extend({
  amountMsat: msatSchema,
  /** Confirmed often enough to be claimed. */
  isMature: z.boolean(),
  claimFeeMsat: msatSchema.optional(),
  problem: z.string().optional(),
})
export type DepositRow = z.output<typeof depositSchema>

export const onchainRoutes = {
  'onchain.status': state(
    z.object({
      /** False where the wallet has nothing to do with the chain: every request below is refused with `wallet-unsupported`. */
      available: z.boolean(),
      /** Where play money for this network comes from, while there is too little of it. */
      faucetUrl: z.string().optional(),
    }),
  ),
  /** Something arrived or was claimed: ask `onchain.deposits`. May be told once too often. */
  'onchain.depositsChanged': event(emptySchema),
  'onchain.depositAddress': request(emptySchema, z.object({ address: z.string() })),
  /** What has arrived and is not claimed. */
  'onchain.deposits': request(emptySchema, z.object({ deposits: z.array(depositSchema) })),
  /** What claiming costs now. */
  'onchain.quoteClaim': request(pointSchema, z.object({ feeMsat: msatSchema })),
  /** Claims at no more than that fee. */
  'onchain.claim': request(pointSchema.extend({ maxFeeMsat: msatSchema }), z.object({ amountMsat: msatSchema, feeMsat: msatSchema })),
  'onchain.quoteWithdrawal': request(
    z.object({ address: z.string().min(1).max(200), amountMsat: msatSchema }),
    z.object({ quoteId: z.string(), address: z.string(), amountMsat: msatSchema, feesMsat: z.record(speedSchema, msatSchema), expiresAt: timeSchema }),
  ),
  /**
   * Sends what was quoted, once, however often it is asked for. `confirmedMsat`: amount and fee together, as a person read and
   * confirmed them. Above the limit for that, `needs-confirmation` without it; `quote-gone`: ask for the fees again.
   */
  'onchain.withdraw': request(
    z.object({ quoteId: z.string().max(40), speed: speedSchema, confirmedMsat: msatSchema.optional() }),
    z.discriminatedUnion('state', [z.object({ state: z.literal('sent'), feeMsat: msatSchema, txId: z.string().optional() }), z.object({ state: z.literal('unknown'), message: z.string() })]),
  ),
  /** A name to be paid under; absent where the network has none. */
  'onchain.lightningAddress': request(emptySchema, z.object({ address: z.string().optional() })),
}
