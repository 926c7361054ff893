/** Receipts as a table (docs/protocol.md §5): a line a job, for a spreadsheet. Amounts are msat and times UTC, so that nothing is rounded. */
import { writeCsv } from '../market/csv.ts'
import { jobIdOf } from './channel.ts'
import type { NostrEvent } from './event.ts'
import type { ReceiptRole } from './jobReceipt.ts'
import { hashesOf, readReceipt, sumOf, type ReadReceipt } from './receiptReading.ts'
import type { JobReceipts } from './receiptFile.ts'

/** What a line is made of: one's own receipt, or the other side's where that is all there is. */
interface Row {
  readonly job: JobReceipts
  readonly read: ReadReceipt
}

const COLUMNS: readonly (readonly [string, (row: Row) => string | number])[] = [
  ['job_id', ({ read }) => jobIdOf(read.requestId)],
  ['role', ({ job }) => job.role],
  ['settlement', ({ read }) => read.said?.settlement ?? ''],
  ['outcome', ({ read }) => read.said?.outcome ?? ''],
  ['asked', ({ read }) => dateOf(read.said?.askedAt)],
  ['paid', ({ read }) => dateOf(read.said?.paidAt)],
  ['delivered', ({ read }) => dateOf(read.said?.deliveredAt)],
  ['ended', ({ read }) => dateOf(read.event.created_at)],
  ['paid_msat', ({ read }) => sumOf(read, 'paid')],
  ['returned_msat', ({ read }) => sumOf(read, 'returned')],
  ['refunded_msat', ({ read }) => sumOf(read, 'refunded')],
  ['payment_hashes', ({ read }) => hashesOf(read).join(' ')],
  ['model', ({ read }) => read.said?.model ?? ''],
  ['model_digest', ({ read }) => read.said?.modelDigest ?? ''],
  ['prompt_tokens', ({ read }) => read.said?.usage?.promptTokens ?? ''],
  ['output_tokens', ({ read }) => read.said?.usage?.outputTokens ?? ''],
  ['duration_ms', ({ read }) => read.said?.usage?.durationMs ?? ''],
  ['answer_sha256', ({ read }) => read.answerSha256],
  ['transcript_sha256', ({ read }) => read.said?.transcriptSha256 ?? ''],
  ['request_id', ({ read }) => read.requestId],
  ['customer', ({ read }) => read.customer],
  ['provider', ({ read }) => read.provider],
  ['signed_by', ({ read }) => read.role],
  ['receipt_id', ({ read }) => read.event.id],
  ['receipts_kept', ({ job }) => job.receipts.length],
  ['both_signed', ({ job }) => (new Set(job.receipts.flatMap(roleAtEnd)).size === 2 ? 'yes' : 'no')],
]

/** A line for each job of which a receipt can be read, below the names of the columns. Signatures are not looked at. */
export function writeReceiptCsv(jobs: readonly JobReceipts[]): string {
  const rows = jobs.flatMap((job) => rowOf(job) ?? [])
  return writeCsv([COLUMNS.map(([name]) => name), ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row)))])
}

function rowOf(job: JobReceipts): Row | null {
  const readable = job.receipts.flatMap((event) => {
    const read = readReceipt(event)
    return read.ok ? [read.value] : []
  })
  const read = readable.find(({ role, said }) => role === job.role && said !== null) ?? readable[0]
  return read === undefined ? null : { job, read }
}

/** Of a receipt of the end, whose it is. */
function roleAtEnd(event: NostrEvent): readonly ReceiptRole[] {
  const read = readReceipt(event)
  return read.ok && read.value.said !== null ? [read.value.role] : []
}

/** The last second that a date can be. */
const MAX_DATE_SECS = 8_640_000_000_000

function dateOf(unixSecs: number | null | undefined): string {
  return unixSecs === null || unixSecs === undefined || unixSecs > MAX_DATE_SECS ? '' : new Date(unixSecs * 1_000).toISOString()
}
