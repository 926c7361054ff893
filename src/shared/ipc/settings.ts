import { z } from 'zod'
import { SETTLEMENTS } from '../market/settlement.ts'
import { request, state } from './contract.ts'
import { emptySchema, msatSchema, relayUrlSchema, timeSchema } from './common.ts'

export const limitsSchema = z.object({
  perJobMsat: msatSchema,
  /** What is spent, intended and locked, by jobs and by hand, fees included. */
  perDayMsat: msatSchema,
  /** The same, for one seller. */
  perProviderDayMsat: msatSchema,
  /** The most that goes, in all, to a seller that has not finished a job for us yet. */
  newProviderMsat: msatSchema,
  /** Payments under way and locks, at once. */
  maxPendingMsat: msatSchema,
  maxPendingPayments: z.number().int().min(1).max(10_000),
  /** What costs more is confirmed by a person, or not paid. */
  confirmAboveMsat: msatSchema,
  /** Fee cap of a payment, in parts per thousand of the amount, with a floor of one sat. */
  maxFeePermille: z.number().int().min(0).max(1_000),
  /** Give up waiting for an invoice, for the first text, between texts. */
  invoiceTimeoutSecs: z.number().int().min(2).max(600),
  answerTimeoutSecs: z.number().int().min(5).max(86_400),
  maxTokens: z.number().int().min(1).max(131_072),
})
export type Limits = z.output<typeof limitsSchema>

/** More are not kept: each costs a connection, and a copy of everything that is read. With the sandbox's own, as many as the pool takes. */
export const MAX_RELAYS = 31

/** A relay of one's own: subscriptions go where it is read, publications where it is written. */
export const relaySettingSchema = z.object({ url: relayUrlSchema, read: z.boolean(), write: z.boolean() })
export type RelaySetting = z.output<typeof relaySettingSchema>

export const settingsSchema = z.object({
  theme: z.enum(['system', 'light', 'dark']),
  limits: limitsSchema,
  /** Sandbox keeps its own relay; these are used besides it, or instead of it on other networks. */
  relays: z.array(relaySettingSchema).max(MAX_RELAYS),
  /** How jobs are settled; `auto`: small sums ahead, larger ones in the safest way that the seller knows. */
  settlement: z.enum(['auto', ...SETTLEMENTS]),
  /** With `auto`: up to this price it is simply paid ahead. */
  trustMsat: msatSchema,
  /** What is locked goes to the seller by itself once a valid answer is there, or when you say so. */
  release: z.enum(['auto', 'ask']),
  /** Nothing is asked that anybody but the seller could read. */
  onlyPrivate: z.boolean(),
  /** The kill switch: nothing new leaves the wallet. `wallet.stopSpending` sets it. */
  spendingStopped: z.boolean(),
})
export type Settings = z.output<typeof settingsSchema>

export const settingsRoutes = {
  'settings.values': state(settingsSchema),
  /** All but the relays, which have requests of their own. */
  'settings.update': request(settingsSchema.omit({ relays: true }).partial().extend({ limits: limitsSchema.partial().optional() }), emptySchema),
}

/** NIP-11, as far as a page shows it. What is absent the relay does not say. */
const relayLimitsSchema = z.object({
  maxMessageBytes: z.number().optional(),
  maxContentChars: z.number().optional(),
  maxTags: z.number().optional(),
  maxSubscriptions: z.number().optional(),
  minPowBits: z.number(),
  authRequired: z.boolean(),
  paymentRequired: z.boolean(),
  restrictedWrites: z.boolean(),
  createdAtLowerSecs: z.number().optional(),
  createdAtUpperSecs: z.number().optional(),
})

export const relayRowSchema = z.object({
  url: z.string(),
  state: z.enum(['connecting', 'connected', 'waiting', 'closed']),
  /** The sandbox's own. */
  embedded: z.boolean(),
  /** Not of the list: connected for the sake of a job. */
  guest: z.boolean(),
  read: z.boolean(),
  write: z.boolean(),
  problem: z.string().optional(),
  latencyMs: z.number().optional(),
  connectedAt: timeSchema.optional(),
  nextAttemptAt: timeSchema.optional(),
  received: z.number(),
  published: z.number(),
  dropped: z.number(),
  /** The latest reasons for which it took something not, the newest first. */
  rejects: z.array(z.object({ at: timeSchema, message: z.string(), count: z.number() })),
  limits: relayLimitsSchema.optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  /** With its version. */
  software: z.string().optional(),
  /** Least milliseconds between two events, as it taught us; 0: it never did. */
  paceMs: z.number(),
  /** How many seconds its clock is ahead of ours. */
  clockSkewSecs: z.number().optional(),
})
export type RelayRow = z.output<typeof relayRowSchema>

export const relayRoutes = {
  'relays.status': state(
    z.object({
      relays: z.record(z.string(), relayRowSchema),
      /** Proof of work being done now because a relay asks for it; on average `expectedHashes` are needed. */
      work: z.object({ bits: z.number(), hashes: z.number(), expectedHashes: z.number() }).optional(),
    }),
  ),
  /** Refused: no address, one that is there already, one too many. Read and written unless it says otherwise. */
  'relays.add': request(z.object({ url: relayUrlSchema, read: z.boolean().optional(), write: z.boolean().optional() }), emptySchema),
  'relays.change': request(relaySettingSchema, emptySchema),
  'relays.remove': request(z.object({ url: relayUrlSchema }), emptySchema),
  /** Hangs up and connects anew: it counts and measures from the beginning. */
  'relays.reconnect': request(z.object({ url: relayUrlSchema }), emptySchema),
}

/** Faults that the sandbox's mint plays on request. In words: mintFaults.ts. */
export const mintFaultsSchema = z.object({
  /** When asked to pay an invoice, plain or hold. */
  pay: z.enum(['ok', 'fail', 'timeout-then-paid', 'timeout-then-failed', 'response-lost', 'pending', 'failed-then-paid']),
  /** When a payee settles or cancels what is held. */
  hold: z.enum(['ok', 'fail', 'slow', 'request-lost', 'response-lost']),
  /** What becomes of what it says. */
  messages: z.enum(['ok', 'doubled', 'reordered', 'unannounced']),
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
