/** Rows of the double-entry journal, as pages show and export them. */
import { z } from 'zod'
import { ACCOUNTS } from '../market/books.ts'
import { hex64Schema, jobIdSchema, roleSchema, timeSchema } from './common.ts'

/**
 * `job`: what a job meant for one's money. `by-hand`: an invoice that a person chose. Found in the wallet: `received`; `elsewhere`,
 * sent by the same wallet and not from here; `fee`, other than was booked; `correction`, a job's payment other than was booked.
 * `opening`: what was there at the first look at a wallet. `adjustment`: a difference that nothing explains. `carried-over`: from
 * before there were books.
 */
export const BOOK_ENTRY_KINDS = ['job', 'by-hand', 'received', 'elsewhere', 'fee', 'correction', 'opening', 'adjustment', 'carried-over'] as const
export const bookEntryKindSchema = z.enum(BOOK_ENTRY_KINDS)
export type BookEntryKind = z.output<typeof bookEntryKindSchema>

export const bookEntrySchema = z.object({
  /** Grows by one from entry to entry. */
  id: z.number().int().positive(),
  at: timeSchema,
  kind: bookEntryKindSchema,
  role: roleSchema.optional(),
  jobId: jobIdSchema.optional(),
  paymentHash: hex64Schema.optional(),
  /** Why, in a sentence. */
  reason: z.string(),
  /** Signed msat by account; sums to zero. */
  moves: z.partialRecord(z.enum(ACCOUNTS), z.number().int()),
})
export type BookEntryRow = z.output<typeof bookEntrySchema>
