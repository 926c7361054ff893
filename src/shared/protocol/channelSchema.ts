/** The channel dialect's messages as schemas: unknown fields are dropped, everything else is bounded. */
import { z } from 'zod'
import { isMsat, type Msat } from '../market/msat.ts'
import { NETWORKS } from '../market/network.ts'
import { MAX_EVENT_BYTES } from './wireJson.ts'

const MAX_UINT32 = 4_294_967_295

const jobIdSchema = z.string().min(1).max(80)
const amountSchema = z.custom<Msat>(isMsat, 'expected an amount in msat, as a JSON integer')
const kindSchema = z.number().int().min(0).max(65_535)
const countSchema = z.number().int().min(0).max(MAX_UINT32)
const textSchema = z.string().max(MAX_EVENT_BYTES)
const hex64Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex characters')

/** A `?` field of PROTOCOL.md §2: absent, null and empty are the same. */
function emptyAsAbsent(value: unknown): unknown {
  return value === null || value === '' ? undefined : value
}
const optionalHex64Schema = z.preprocess(emptyAsAbsent, hex64Schema.optional())
const optionalNameSchema = z.preprocess(emptyAsAbsent, z.string().max(200).optional())
const namesSchema = z.preprocess(
  (value) => (Array.isArray(value) && value.length === 0 ? undefined : emptyAsAbsent(value)),
  z.array(z.string().max(200)).max(200).optional(),
)

export const channelMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('ServiceAnnouncement'),
    kind: kindSchema,
    price_msats: amountSchema,
    /** Empty when the seller takes Lightning only. */
    spark_address: z.string().max(500),
    network: z.enum(NETWORKS),
    /** A claim. The seller is who signed the event. */
    provider_pubkey: optionalNameSchema,
    models: namesSchema,
    capabilities: namesSchema,
  }),
  z.object({
    type: z.literal('JobRequest'),
    kind: kindSchema,
    prompt: textSchema,
    max_tokens: countSchema,
    /** Who is asked; anyone when absent. */
    target_provider: optionalHex64Schema,
    /** Ours: which of the offered models; the seller's choice when absent. Readers of the original ignore it. */
    model: optionalNameSchema,
    /** Ours: the hash of the customer's secret, on which an escrow is to be locked. */
    payment_hash: optionalHex64Schema,
  }),
  z.object({
    type: z.literal('Invoice'),
    job_id: jobIdSchema,
    bolt11: z.string().min(1).max(8_192),
    amount_msats: amountSchema,
    /** A claim, and from the original not even a hash: the hash is the one inside the invoice. */
    payment_hash: optionalNameSchema,
  }),
  z.object({
    type: z.literal('PaymentSent'),
    job_id: jobIdSchema,
    /** A claim: money is believed only from one's own wallet. */
    payment_id: z.string().max(500),
  }),
  z.object({
    type: z.literal('StreamChunk'),
    job_id: jobIdSchema,
    chunk: textSchema,
    is_final: z.boolean(),
    /** **(ours)** Counts the pieces of an answer: the same word twice in a second would be one event otherwise. */
    seq: z.preprocess(emptyAsAbsent, countSchema.optional()),
  }),
  z.object({ type: z.literal('JobResult'), job_id: jobIdSchema, result: textSchema }),
  z.object({
    type: z.literal('HtlcLocked'),
    job_id: jobIdSchema,
    payment_hash: hex64Schema,
    amount_msats: amountSchema,
    expiry_secs: countSchema,
  }),
  z.object({ type: z.literal('PreimageRelease'), job_id: jobIdSchema, preimage: hex64Schema }),
])
