/** What the wallet and its worker say to each other. Both sides parse all of it: amounts are whole sats, and never a float. */
import { z } from 'zod'

const hashSchema = z.string().regex(/^[0-9a-f]{64}$/)
const textSchema = (max: number) => z.string().max(max)
/** All of bitcoin, in sats. */
const MAX_SATS = 2_100_000_000_000_000
const satsSchema = z.number().int().min(0).max(MAX_SATS)
const bigSatsSchema = z.bigint().min(0n).max(BigInt(MAX_SATS))
const timeSchema = z.number().int().min(0).max(1e12)
const pageSchema = { limit: z.number().int().min(1).max(1_000), offset: z.number().int().min(0).max(1_000_000) }
const networkSchema = z.enum(['mainnet', 'regtest'])
const htlcStatusSchema = z.enum(['waitingForPreimage', 'preimageShared', 'returned'])

/** The SDK's payment with its details laid flat. */
export const sparkPaymentSchema = z.object({
  id: textSchema(200),
  type: z.enum(['send', 'receive']),
  status: z.enum(['completed', 'pending', 'failed']),
  amountSats: bigSatsSchema,
  feeSats: bigSatsSchema,
  /** Unix seconds. */
  timestamp: timeSchema,
  method: textSchema(40),
  paymentHash: hashSchema.nullable(),
  /** A secret until both sides have it. */
  preimage: hashSchema.nullable(),
  htlcStatus: htlcStatusSchema.nullable(),
  /** Unix seconds; 0 where the SDK does not know. */
  htlcExpiry: timeSchema.nullable(),
  bolt11: textSchema(4_096).nullable(),
  description: textSchema(4_096).nullable(),
  /** Of a deposit or a withdrawal. */
  txId: textSchema(100).nullable(),
})
export type SparkPayment = z.output<typeof sparkPaymentSchema>

const depositSchema = z.object({
  txId: hashSchema,
  vout: z.number().int().min(0).max(1_000_000),
  amountSats: satsSchema,
  /** Confirmed often enough to be claimed. */
  isMature: z.boolean(),
  /** What claiming costs now, where an attempt has asked. */
  requiredFeeSats: satsSchema.nullable(),
  problem: textSchema(300).nullable(),
})
export type SparkDeposit = z.output<typeof depositSchema>

const quoteSchema = z.object({
  /** Of the prepared payment that the worker keeps; gone with the worker. */
  quoteId: z.number().int().positive(),
  kind: z.enum(['bolt11Invoice', 'sparkAddress', 'bitcoinAddress']),
  amountSats: bigSatsSchema,
  /** Null on chain, where it goes by speed. */
  feeSats: satsSchema.nullable(),
  onchain: z.object({ expiresAt: timeSchema, fastSats: satsSchema, mediumSats: satsSchema, slowSats: satsSchema }).nullable(),
})
export type SparkQuote = z.output<typeof quoteSchema>

const sendOptionsSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('bolt11Invoice'), waitSecs: z.number().int().min(0).max(600) }),
  z.object({ kind: z.literal('lock'), paymentHash: hashSchema, expirySecs: z.number().int().positive().max(31_536_000) }),
  z.object({ kind: z.literal('bitcoinAddress'), speed: z.enum(['fast', 'medium', 'slow']) }),
])

const nothing = z.object({})

export const SPARK_METHODS = {
  connect: { params: z.object({ network: networkSchema, apiKey: textSchema(10_000).nullable(), phrase: textSchema(1_000), folder: textSchema(4_096) }), result: nothing },
  /** Whether the worker's loop turns. */
  ping: { params: nothing, result: nothing },
  /** `isFresh`: the operators answered. The call itself resolves without any network. */
  sync: { params: nothing, result: z.object({ isFresh: z.boolean() }) },
  balance: { params: nothing, result: z.object({ balanceSats: satsSchema, identityPubkey: z.string().regex(/^[0-9a-f]{66}$/) }) },
  list: {
    params: z.object({ ...pageSchema, type: z.enum(['send', 'receive']).nullable(), onlyWaitingLocks: z.boolean() }),
    /** `count` includes what is no bitcoin and what could not be read; `unreadable` is the latter alone. */
    result: z.object({ payments: z.array(sparkPaymentSchema).max(1_000), count: z.number().int().min(0), unreadable: z.number().int().min(0) }),
  },
  invoice: { params: z.object({ amountSats: satsSchema, description: textSchema(1_000), expirySecs: z.number().int().positive().max(31_536_000), paymentHash: hashSchema.nullable() }), result: z.object({ bolt11: textSchema(4_096) }) },
  sparkAddress: { params: nothing, result: z.object({ address: textSchema(300) }) },
  depositAddress: { params: nothing, result: z.object({ address: textSchema(300) }) },
  lightningAddress: { params: nothing, result: z.object({ address: textSchema(400).nullable() }) },
  /** `network` as the SDK names it for addresses and invoices; null where the input has none. */
  parse: { params: z.object({ input: textSchema(4_096) }), result: z.object({ type: textSchema(40), network: textSchema(20).nullable() }) },
  prepare: { params: z.object({ input: textSchema(4_096), amountSats: bigSatsSchema.nullable() }), result: quoteSchema },
  send: { params: z.object({ quoteId: z.number().int().positive(), idempotencyKey: z.uuid(), options: sendOptionsSchema }), result: z.object({ payment: sparkPaymentSchema }) },
  claim: { params: z.object({ preimage: hashSchema }), result: z.object({ payment: sparkPaymentSchema }) },
  deposits: { params: nothing, result: z.object({ deposits: z.array(depositSchema).max(1_000) }) },
  claimDeposit: { params: z.object({ txId: hashSchema, vout: z.number().int().min(0).max(1_000_000), maxFeeSats: satsSchema }), result: z.object({ payment: sparkPaymentSchema }) },
  sign: { params: z.object({ message: textSchema(1_000) }), result: z.object({ pubkey: textSchema(200), signature: textSchema(400) }) },
  disconnect: { params: nothing, result: nothing },
} as const satisfies Record<string, { readonly params: z.ZodType; readonly result: z.ZodType }>

export type SparkMethod = keyof typeof SPARK_METHODS
export type SparkParams<Method extends SparkMethod> = z.output<(typeof SPARK_METHODS)[Method]['params']>
export type SparkResult<Method extends SparkMethod> = z.output<(typeof SPARK_METHODS)[Method]['result']>

export const SPARK_ERROR_CODES = ['insufficient-funds', 'no-claimable-htlc', 'deposit-fee', 'invalid-input', 'no-quote', 'other'] as const
export type SparkErrorCode = (typeof SPARK_ERROR_CODES)[number]

export const sparkRequestSchema = z.object({ id: z.number().int().positive(), method: z.string(), params: z.unknown() })

const errorSchema = z.object({
  code: z.enum(SPARK_ERROR_CODES),
  message: textSchema(400),
  /** With `deposit-fee`: what claiming costs. */
  requiredFeeSats: satsSchema.nullable(),
})
export type SparkError = z.output<typeof errorSchema>

/** `synced`: the operators were heard. The others are hints: they come twice, late, in any order, or not at all. */
const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('synced') }),
  z.object({ type: z.literal('payment'), paymentHash: hashSchema.nullable() }),
  z.object({ type: z.literal('deposits') }),
])
export type SparkEvent = z.output<typeof eventSchema>

export const sparkMessageSchema = z.union([
  z.object({ id: z.number().int().positive(), value: z.unknown() }),
  z.object({ id: z.number().int().positive(), error: errorSchema }),
  z.object({ event: eventSchema }),
])
export type SparkMessage = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: SparkError } | { readonly event: SparkEvent }
