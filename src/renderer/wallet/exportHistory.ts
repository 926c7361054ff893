/** The history as a file: CSV for a spreadsheet, JSON for a program. Amounts are msat, so that nothing is rounded. */
import type { PaymentRow } from '#shared/ipc/wallet.ts'
import { writeCsv } from '#shared/market/csv.ts'

const COLUMNS: readonly (readonly [string, (row: PaymentRow) => string | number])[] = [
  ['created', (row) => new Date(row.createdAt).toISOString()],
  ['settled', (row) => (row.settledAt === undefined ? '' : new Date(row.settledAt).toISOString())],
  ['direction', (row) => row.direction],
  ['state', (row) => row.state],
  ['amount_msat', (row) => row.amountMsat],
  ['fee_msat', (row) => row.feeMsat],
  ['description', (row) => row.description],
  ['payment_hash', (row) => row.paymentHash],
  ['job_id', (row) => row.jobId ?? ''],
]

export function toCsv(rows: readonly PaymentRow[]): string {
  return writeCsv([COLUMNS.map(([name]) => name), ...rows.map((row) => COLUMNS.map(([, read]) => read(row)))])
}

export function toJson(rows: readonly PaymentRow[]): string {
  return `${JSON.stringify(rows.map((row) => ({ ...row, createdAt: new Date(row.createdAt).toISOString(), settledAt: row.settledAt === undefined ? undefined : new Date(row.settledAt).toISOString(), expiresAt: row.expiresAt === undefined ? undefined : new Date(row.expiresAt).toISOString() })), null, 2)}\n`
}

/** "souk-payments-2026-01-05.csv", the day of the reader's clock. */
export function exportName(extension: 'csv' | 'json', now: Date, what: string): string {
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${what}-${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}.${extension}`
}
