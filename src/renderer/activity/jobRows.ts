/** The list of jobs as its filter shows it, kept current by what the engine tells of each job. */
import type { JobRow, JobState, Owed, Role } from '#shared/ipc/common.ts'
import { DEBT_ROLES, debtOf } from '#shared/ipc/debt.ts'
import type { Settlement } from '#shared/market/settlement.ts'

export interface JobFilter {
  readonly role: Role | undefined
  readonly state: JobState | undefined
  readonly settlement: Settlement | undefined
  readonly owed: Owed | undefined
  readonly search: string
}

export interface JobList {
  readonly rows: readonly JobRow[]
  /** There are older ones that match. */
  readonly more: boolean
}

export const keyOf = (row: Pick<JobRow, 'role' | 'jobId'>): string => `${row.role}/${row.jobId}`

/** Newest first, as the engine lists them. */
function compareRows(a: JobRow, b: JobRow): number {
  return b.createdAt - a.createdAt || (a.jobId < b.jobId ? 1 : a.jobId > b.jobId ? -1 : 0)
}

/** What the engine's own filter would say of a row. */
export function matches(row: JobRow, filter: JobFilter): boolean {
  if (filter.role && row.role !== filter.role) return false
  if (filter.state && row.state !== filter.state) return false
  if (filter.settlement && row.settlement !== filter.settlement) return false
  if (filter.owed && (row.role !== DEBT_ROLES[filter.owed] || debtOf(row) === 0)) return false
  return filter.search === '' || JSON.stringify(row).toLowerCase().includes(filter.search.toLowerCase())
}

/** The list after a job changed: it comes, goes, or is as it is now. Below the last row that is here, what is not loaded stays so. */
export function applyChange(list: JobList, row: JobRow, filter: JobFilter): JobList {
  const key = keyOf(row)
  const others = list.rows.filter((each) => keyOf(each) !== key)
  if (!matches(row, filter)) return others.length === list.rows.length ? list : { ...list, rows: others }
  const last = list.rows.at(-1)
  const isBeyond = list.more && last !== undefined && compareRows(row, last) > 0
  if (isBeyond) return list
  return { ...list, rows: [...others, row].sort(compareRows) }
}

/** Older rows added; each once, and what is known already is the newer word. */
export function appendRows(list: JobList, older: JobList): JobList {
  const known = new Set(list.rows.map(keyOf))
  return { rows: [...list.rows, ...older.rows.filter((row) => !known.has(keyOf(row)))].sort(compareRows), more: older.more }
}
