import { z } from 'zod'
import { request, state } from './contract.ts'
import { emptySchema, msatSchema, relayUrlSchema, timeSchema } from './common.ts'

export const limitsSchema = z.object({
  perJobMsat: msatSchema,
  perDayMsat: msatSchema,
  /** Fee cap of a payment, in parts per thousand of the amount, with a floor of one sat. */
  maxFeePermille: z.number().int().min(0).max(1_000),
  /** Give up waiting for an invoice, for the first text, between texts. */
  invoiceTimeoutSecs: z.number().int().min(2).max(600),
  answerTimeoutSecs: z.number().int().min(5).max(86_400),
  maxTokens: z.number().int().min(1).max(131_072),
})
export type Limits = z.output<typeof limitsSchema>

export const settingsSchema = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  limits: limitsSchema,
  /** Sandbox keeps its own relay; these are used besides it, or instead of it on other networks. */
  relays: z.array(relayUrlSchema).max(50),
})
export type Settings = z.output<typeof settingsSchema>

export const settingsRoutes = {
  'settings.values': state(settingsSchema),
  'settings.update': request(settingsSchema.partial().extend({ limits: limitsSchema.partial().optional() }), emptySchema),
}

export const relayRoutes = {
  'relays.status': state(
    z.object({
      relays: z.record(
        z.string(),
        z.object({
          url: z.string(),
          state: z.enum(['connecting', 'connected', 'waiting', 'closed']),
          embedded: z.boolean(),
          problem: z.string().optional(),
          latencyMs: z.number().optional(),
          connectedAt: timeSchema.optional(),
          nextAttemptAt: timeSchema.optional(),
          received: z.number(),
          published: z.number(),
          dropped: z.number(),
          lastRefusal: z.string().optional(),
        }),
      ),
    }),
  ),
  'relays.add': request(z.object({ url: relayUrlSchema }), emptySchema),
  'relays.remove': request(z.object({ url: relayUrlSchema }), emptySchema),
}

/** Faults that the sandbox's mint plays on request, one wallet call at a time. */
export const mintFaultsSchema = z.object({
  pay: z.enum(['ok', 'fail', 'timeout-then-paid', 'timeout-then-failed', 'response-lost']),
  /** Extra delay of every answer. */
  delayMs: z.number().int().min(0).max(60_000),
  /** Answers nothing at all. */
  down: z.boolean(),
})
export type MintFaults = z.output<typeof mintFaultsSchema>

export const sandboxRoutes = {
  'sandbox.status': state(
    z.object({
      /** Not on the sandbox at all, host of it, or guest of another Souk's. */
      role: z.enum(['none', 'host', 'guest']),
      relayUrl: z.string().optional(),
      mintPubkey: z.string().optional(),
      houseSeller: z.boolean(),
      faults: mintFaultsSchema.optional(),
    }),
  ),
  /** Host only. */
  'sandbox.setFaults': request(mintFaultsSchema.partial(), emptySchema),
  /** Host only: does the sum of the accounts equal what was issued? */
  'sandbox.audit': request(
    emptySchema,
    z.object({ balanced: z.boolean(), issuedMsat: msatSchema, accountsMsat: msatSchema, heldMsat: msatSchema, feesMsat: msatSchema, accounts: z.number().int() }),
  ),
}
