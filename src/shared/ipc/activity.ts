import { z } from 'zod'
import { event, request } from './contract.ts'
import type { NostrEvent } from '../protocol/event.ts'
import { keptReceiptSchema } from '../protocol/receipt.ts'
import { safeParse } from '../safeParse.ts'
import { jobIdSchema, jobRowSchema, jobStateSchema, msatSchema, owedSchema, roleSchema, settlementSchema, timeSchema } from './common.ts'

export const timelineEntrySchema = z.object({
  at: timeSchema,
  kind: z.enum(['sent', 'received', 'payment', 'work', 'state', 'problem']),
  /** "Invoice received", "Payment settled" … */
  title: z.string(),
  detail: z.string().optional(),
  amountMsat: msatSchema.optional(),
  /** Things to copy, by name: event id, payment hash … Never a preimage or a key. */
  ids: z.record(z.string(), z.string()),
  sizeBytes: z.number().optional(),
  /** What each relay said, for what was sent. */
  verdicts: z.array(z.object({ relay: z.string(), verdict: z.string(), message: z.string() })).optional(),
  /** The event as it went over the wire, secrets redacted. */
  raw: z.string().optional(),
})
export type TimelineEntry = z.output<typeof timelineEntrySchema>

const receiptSchema = z.custom<NostrEvent>((value) => safeParse(keptReceiptSchema, value).success, 'a signed receipt')

export const activityRoutes = {
  /** Newest first. */
  'activity.list': request(
    z.object({
      role: roleSchema.optional(),
      state: jobStateSchema.optional(),
      settlement: settlementSchema.optional(),
      owed: owedSchema.optional(),
      search: z.string().max(200).optional(),
      before: z.object({ createdAt: timeSchema, jobId: jobIdSchema }).optional(),
      limit: z.number().int().min(1).max(200),
    }),
    z.object({ rows: z.array(jobRowSchema), more: z.boolean() }),
  ),
  'activity.timeline': request(
    z.object({ jobId: jobIdSchema, role: roleSchema }),
    z.object({
      job: jobRowSchema,
      prompt: z.string(),
      answer: z.string(),
      /** The conversation that a customer's job belongs to, while it is not deleted. */
      threadId: z.string().optional(),
      entries: z.array(timelineEntrySchema),
    }),
  ),
  /** What both sides signed at the end of a job, as far as it is here, and what that proves. No receipts: the job goes on yet, or nothing moved in it. */
  'activity.receipts': request(
    z.object({ jobId: jobIdSchema, role: roleSchema }),
    z.object({
      receipts: z.array(receiptSchema),
      /** Every signature is good, and nothing contradicts anything. */
      isGood: z.boolean(),
      findings: z.array(z.object({ verdict: z.enum(['proven', 'unproven', 'contradicted']), text: z.string() })),
    }),
  ),
  /** The receipts of many jobs, the newest first. */
  'activity.exportReceipts': request(
    z.object({ before: z.object({ createdAt: timeSchema, jobId: jobIdSchema }).optional(), limit: z.number().int().min(1).max(100) }),
    z.object({ jobs: z.array(z.object({ jobId: jobIdSchema, role: roleSchema, createdAt: timeSchema, receipts: z.array(receiptSchema) })), more: z.boolean() }),
  ),
  'activity.changed': event(z.object({ row: jobRowSchema })),
}
