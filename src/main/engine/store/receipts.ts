import type { DatabaseSync } from 'node:sqlite'
import type { Role } from '#shared/ipc/common.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { keptReceiptSchema } from '#shared/protocol/receipt.ts'
import { safeParse } from '#shared/safeParse.ts'
import { inTransaction } from './database.ts'

/** Of the two sides of a job, as the one that keeps them sees them. */
export type ReceiptSide = 'own' | 'other'

export interface JobKey {
  readonly role: Role
  readonly jobId: string
}

/** What is kept of one job; null: not there, or nothing to sign. */
export interface KeptReceipts extends JobKey {
  readonly createdAt: number
  readonly own: NostrEvent | null
  readonly other: NostrEvent | null
}

export interface ReceiptPage {
  /** Only jobs older than this one, in the order of the page. */
  readonly before?: { readonly createdAt: number; readonly jobId: string } | undefined
  readonly limit: number
}

export interface ReceiptStore {
  /** Ended jobs whose own receipt was not made since they last changed, in an order that is always the same, beyond the one that is named. */
  due(after: JobKey | null, limit: number): readonly JobKey[]
  isDue(job: JobKey): boolean
  /** `event: null`: looked at, and there is nothing to sign. Made of the job as it was at that time. */
  keep(job: JobKey, side: ReceiptSide, event: NostrEvent | null, jobUpdatedAt: number): void
  find(job: JobKey, side: ReceiptSide): NostrEvent | null
  /** Jobs with at least one receipt, the newest first. */
  list(page: ReceiptPage): readonly KeptReceipts[]
  /** All of it reaches the disk, or none. */
  transact<T>(change: () => T): T
}

export function createReceiptStore(database: DatabaseSync): ReceiptStore {
  const dueJobs = `
    SELECT job.role, job.job_id FROM job LEFT JOIN receipt ON receipt.role = job.role AND receipt.job_id = job.job_id AND receipt.side = 'own'
    WHERE job.final = 1 AND receipt.job_updated_at IS NOT job.updated_at`
  const selectDue = database.prepare(`${dueJobs} AND (job.role, job.job_id) > (?, ?) ORDER BY job.role, job.job_id LIMIT ?`)
  const selectIsDue = database.prepare(`${dueJobs} AND job.role = ? AND job.job_id = ?`)
  const upsert = database.prepare(`
    INSERT INTO receipt (role, job_id, side, job_updated_at, event) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (role, job_id, side) DO UPDATE SET job_updated_at = excluded.job_updated_at, event = excluded.event`)
  const select = database.prepare('SELECT event FROM receipt WHERE role = ? AND job_id = ? AND side = ?')
  const selectPage = database.prepare(`
    SELECT job.role, job.job_id, job.created_at, own.event AS own, other.event AS other FROM job
    LEFT JOIN receipt AS own ON own.role = job.role AND own.job_id = job.job_id AND own.side = 'own'
    LEFT JOIN receipt AS other ON other.role = job.role AND other.job_id = job.job_id AND other.side = 'other'
    WHERE (own.event IS NOT NULL OR other.event IS NOT NULL) AND (job.created_at, job.job_id) < (?, ?)
    ORDER BY job.created_at DESC, job.job_id DESC LIMIT ?`)
  return {
    due: (after, limit) => selectDue.all(after?.role ?? '', after?.jobId ?? '', limit).map((found) => ({ role: roleOf(found['role']), jobId: String(found['job_id']) })),
    isDue: ({ role, jobId }) => selectIsDue.get(role, jobId) !== undefined,
    keep: ({ role, jobId }, side, event, jobUpdatedAt) => void upsert.run(role, jobId, side, jobUpdatedAt, event === null ? null : JSON.stringify(event)),
    find: ({ role, jobId }, side) => readEvent(select.get(role, jobId, side)?.['event']),
    list: ({ before, limit }) =>
      selectPage.all(before?.createdAt ?? Number.MAX_SAFE_INTEGER, before?.jobId ?? '', limit).map((found) => ({
        role: roleOf(found['role']), jobId: String(found['job_id']), createdAt: Number(found['created_at']), own: readEvent(found['own']), other: readEvent(found['other']),
      })),
    transact: (change) => inTransaction(database, change),
  }
}

/** Null for one that is damaged: it is as if it were not there. */
function readEvent(text: unknown): NostrEvent | null {
  if (typeof text !== 'string') return null
  try {
    const parsed = safeParse(keptReceiptSchema, JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

function roleOf(value: unknown): Role {
  return value === 'provider' ? 'provider' : 'customer'
}
