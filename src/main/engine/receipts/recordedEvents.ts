/** Stored events, read by their shape alone: of the machines that write them, receipts know no more than the fields that they sign. */
import { z } from 'zod'
import { DIALECTS } from '#shared/market/dialect.ts'
import { isMsat, type Msat } from '#shared/market/msat.ts'
import { SETTLEMENTS } from '#shared/market/settlement.ts'
import { safeParse } from '#shared/safeParse.ts'
import type { StoredEvent } from '../store/journal.ts'

export const hashField = z.string().regex(/^[0-9a-f]{64}$/)
export const msatField = z.custom<Msat>(isMsat)
export const dialectField = z.enum(DIALECTS)
/** Absent in what was stored before there was more than one. */
export const settlementField = z.union([z.enum(SETTLEMENTS), z.object({ name: z.enum(SETTLEMENTS) }).transform(({ name }) => name)]).default('prepay')
export const usageField = z.object({ promptTokens: z.number(), outputTokens: z.number(), durationMs: z.number() }).nullable()
export const offerField = z.object({ paymentHash: hashField, amountMsat: msatField })

/** The events that a schema knows, in order, each with when it happened (Unix ms). Others mean nothing for a receipt. */
export function eventsLike<Schema extends z.ZodType<object>>(schema: Schema, stored: readonly StoredEvent[]): readonly (z.output<Schema> & { readonly at: number })[] {
  return stored.flatMap(({ at, body }) => {
    const parsed = safeParse(schema, body)
    return parsed.success ? [{ ...parsed.data, at }] : []
  })
}
