/** Which wallet is used: what it can do, trying another, and choosing it for the next start. */
import { z } from 'zod'
import { emptySchema, msatSchema, networkSchema, timeSchema } from './common.ts'
import { request, state } from './contract.ts'

const budgetSchema = z.object({ totalMsat: msatSchema, usedMsat: msatSchema, renewsAt: timeSchema.optional() })
const sparkNetworkSchema = z.enum(['mainnet', 'regtest'])
const walletNameSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sandbox') }),
  z.object({ kind: z.literal('nwc'), network: networkSchema }),
  z.object({ kind: z.literal('spark'), network: sparkNetworkSchema }),
])
export type WalletName = z.output<typeof walletNameSchema>

/** nostr+walletconnect://…: a secret, from the page to the engine alone. */
const connectionSchema = z.string().min(1).max(4_096)

/** What a wallet can do, as it says itself. */
const abilitiesSchema = z.object({
  alias: z.string(),
  /** NIP-47 method names, or their equal. */
  methods: z.array(z.string()),
  holdInvoices: z.boolean(),
  /** Where others lock money for it (a Spark address). */
  lockAddress: z.string().optional(),
  /** What its owner allows this connection to spend. */
  budget: budgetSchema.optional(),
})

export const walletChoiceRoutes = {
  'walletChoice.status': state(
    z.object({
      current: z.enum(['sandbox', 'nwc', 'spark', 'mock']),
      /** Absent until it answered once. */
      abilities: abilitiesSchema.optional(),
      /** What the next start uses. */
      next: walletNameSchema,
      /** Done already, of what stands before real money. */
      needs: z.object({ protected: z.boolean(), backedUp: z.boolean(), limitsSet: z.boolean() }),
    }),
  ),
  /** Connects for a moment, to show what it is. Nothing is kept. */
  'walletChoice.try': request(z.object({ connection: connectionSchema }), abilitiesSchema.extend({ network: networkSchema.optional(), balanceMsat: msatSchema.optional() })),
  /** From the next start. Refused while selling or while a job is open, and while something stands before real money. */
  'walletChoice.choose': request(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('sandbox') }),
      z.object({ kind: z.literal('nwc'), connection: connectionSchema, network: networkSchema }),
      z.object({ kind: z.literal('spark'), network: sparkNetworkSchema, apiKey: z.string().max(10_000).optional() }),
    ]),
    emptySchema,
  ),
}
