import type { JobRow } from '#shared/ipc/common.ts'

const RANK: Partial<Record<JobRow['state'], number>> = { working: 0, paused: 1, queued: 2, locked: 3, unlocking: 4, sealed: 5, paying: 6, invoiced: 7, asking: 8 }
const LAST = 9

/** Live jobs as they will be worked on, and debts with the oldest first: who waits longest comes first. */
export function orderQueue(jobs: readonly JobRow[]): { live: JobRow[]; debts: JobRow[] } {
  const open = jobs.filter((job) => !job.final)
  const byAge = (a: JobRow, b: JobRow) => a.createdAt - b.createdAt
  return {
    live: open.filter((job) => job.state !== 'owed').sort((a, b) => (RANK[a.state] ?? LAST) - (RANK[b.state] ?? LAST) || (a.queuePosition ?? 0) - (b.queuePosition ?? 0) || byAge(a, b)),
    debts: open.filter((job) => job.state === 'owed').sort(byAge),
  }
}
