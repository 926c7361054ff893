/** The books as a file: CSV for a spreadsheet with a column for each account, JSON for a program. Amounts are signed msat. */
import type { BookEntryRow } from '#shared/ipc/books.ts'
import { ACCOUNTS } from '#shared/market/books.ts'
import { writeCsv } from '#shared/market/csv.ts'

const dateOf = (at: number) => new Date(at).toISOString()

export function entriesToCsv(rows: readonly BookEntryRow[]): string {
  const title = ['entry', 'time', 'kind', 'reason', 'role', 'job_id', 'payment_hash', ...ACCOUNTS.map((account) => `${account}_msat`)]
  const line = ({ id, at, kind, reason, role, jobId, paymentHash, moves }: BookEntryRow) => [
    id, dateOf(at), kind, reason, role ?? '', jobId ?? '', paymentHash ?? '', ...ACCOUNTS.map((account) => moves[account] ?? 0),
  ]
  return writeCsv([title, ...rows.map(line)])
}

export function entriesToJson(rows: readonly BookEntryRow[]): string {
  return `${JSON.stringify(rows.map((row) => ({ ...row, at: dateOf(row.at) })), null, 2)}\n`
}
