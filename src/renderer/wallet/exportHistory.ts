/** The history as a file: CSV for a spreadsheet, JSON for a program. Amounts are msat, so that nothing is rounded. */
import type { PaymentRow } from '#shared/ipc/wallet.ts'

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

/** RFC 4180: CRLF, quotes doubled. A byte order mark tells spreadsheets that it is UTF-8. */
export function toCsv(rows: readonly PaymentRow[]): string {
  const lines = [COLUMNS.map(([name]) => name), ...rows.map((row) => COLUMNS.map(([, read]) => read(row)))]
  return `\uFEFF${lines.map((line) => line.map(csvCell).join(',')).join('\r\n')}\r\n`
}

/**
 * One cell. A text that a spreadsheet would take for a formula gets a leading apostrophe: descriptions are written by
 * strangers.
 */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const safe = /^[\s]*[=+\-@]|^[\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n;\t]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export function toJson(rows: readonly PaymentRow[]): string {
  return `${JSON.stringify(rows.map((row) => ({ ...row, createdAt: new Date(row.createdAt).toISOString(), settledAt: row.settledAt === undefined ? undefined : new Date(row.settledAt).toISOString(), expiresAt: row.expiresAt === undefined ? undefined : new Date(row.expiresAt).toISOString() })), null, 2)}\n`
}

/** "souk-payments-2026-01-05.csv", the day of the reader's clock. */
export function exportName(extension: 'csv' | 'json', now: Date): string {
  const pad = (value: number) => String(value).padStart(2, '0')
  return `souk-payments-${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}.${extension}`
}
