import { z } from 'zod'
import { event, request } from './contract.ts'
import { jobIdSchema, jobRowSchema, jobStateSchema, msatSchema, roleSchema, timeSchema } from './common.ts'

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

export const activityRoutes = {
  /** Newest first. */
  'activity.list': request(
    z.object({
      role: roleSchema.optional(),
      state: jobStateSchema.optional(),
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
  'activity.changed': event(z.object({ row: jobRowSchema })),
}
