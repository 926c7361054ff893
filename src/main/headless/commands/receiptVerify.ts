/** `souk receipt verify`: a file alone, against itself. No engine, no store, no network. */
import { hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { checkReceipts, type CheckedJob, type ReceiptReport } from '#shared/protocol/receiptCheck.ts'
import { MAX_RECEIPT_FILE, MAX_TRANSCRIPT_FILE, parseReceiptFile, parseTranscript } from '#shared/protocol/receiptFile.ts'
import type { ReceiptFinding } from '#shared/protocol/receiptFindings.ts'
import { EXIT } from '../exitCodes.ts'
import { readText } from '../readPrompt.ts'
import { alignColumns } from '../table.ts'
import { CommandFailed, createOutput, type Output } from '../terminal.ts'

export interface VerifyOptions {
  readonly transcript?: string | undefined
  readonly preimage?: readonly string[] | undefined
  readonly json?: boolean | undefined
}

/** Of more good jobs than this, each is one line. */
const MAX_FULL_JOBS = 10
const VERDICTS: { readonly [Verdict in ReceiptFinding['verdict']]: string } = { proven: 'proven', unproven: 'not proven', contradicted: 'CONTRADICTED' }

export async function verify(file: string, options: VerifyOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const openedHashes = (options.preimage ?? []).map(hashPreimage)
  if (file === '-' && options.transcript === '-') throw new CommandFailed(EXIT.usage, 'one-input', 'Standard input is one file: give the receipts or the transcript by its name.')
  const items = readable(parseReceiptFile(await readBounded(file, MAX_RECEIPT_FILE)))
  const transcript = options.transcript === undefined ? null : readable(parseTranscript(await readBounded(options.transcript, MAX_TRANSCRIPT_FILE)))
  const crypto = await loadNostrCrypto()
  const report = checkReceipts(items, { verify: (event) => crypto.verify(event), transcript, openedHashes })
  printReport(report, output)
  const receipts = countOf(report.jobs.reduce((sum, job) => sum + job.receipts.length, 0), 'receipt')
  output.tell({ type: 'verified', good: report.isGood, jobs: report.jobs.length, refused: report.refused.length })
  if (!report.isGood) throw new CommandFailed(EXIT.failed, 'not-verified', `Not good: ${whyNot(report)}`)
  const more = [...(transcript === null ? ['--transcript FILE holds the words against them'] : []), ...(openedHashes.length === 0 ? ['--preimage HEX a payment'] : [])]
  output.say(`Good: ${receipts} of ${countOf(report.jobs.length, 'job')}.${more.length > 0 ? ` ${more.join(', ')}.` : ''}`)
}

/** Lines for a person, and records for a machine, of what is proven of each job. */
export function printJob(job: CheckedJob, output: Output, isShort = false): void {
  const receipts = job.receipts.map(({ role, event, said }) => ({ role, id: event.id, signer: event.pubkey, form: said === null ? 1 : 2 }))
  output.tell({ type: 'job', jobId: job.jobId, requestId: job.requestId, receipts, findings: job.findings })
  output.print(`${job.jobId}: ${countOf(receipts.length, 'receipt')}${isShort ? ', good' : ''}`)
  if (!isShort) for (const line of alignColumns(job.findings.map(({ verdict, text }) => ['', VERDICTS[verdict], text]))) output.print(line)
}

function printReport({ jobs, refused, strays }: ReceiptReport, output: Output): void {
  for (const job of jobs) printJob(job, output, jobs.length > MAX_FULL_JOBS && !isContradicted(job))
  for (const { index, reason } of refused) {
    output.tell({ type: 'refused', index, reason })
    output.print(`Receipt ${index + 1} of the file is not good: ${reason}`)
  }
  for (const reason of strays) {
    output.tell({ type: 'stray', reason })
    output.print(reason)
  }
}

function isContradicted({ findings }: CheckedJob): boolean {
  return findings.some(({ verdict }) => verdict === 'contradicted')
}

function whyNot({ jobs, refused, strays }: ReceiptReport): string {
  const contradicted = jobs.filter(isContradicted).length
  return [
    ...(refused.length > 0 ? [`${countOf(refused.length, 'receipt')} in it cannot be trusted`] : []),
    ...(contradicted > 0 ? [`the receipts of ${countOf(contradicted, 'job')} contradict each other`] : []),
    ...(strays.length > 0 ? ['what was given besides does not fit'] : []),
  ].join(', ') + '.'
}

const countOf = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`

/** Its hash alone goes on: what is a secret yet stays one. */
function hashPreimage(text: string): string {
  const hex = text.trim().toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new CommandFailed(EXIT.usage, 'bad-preimage', '--preimage takes 64 hex characters.')
  return hash('sha256', Buffer.from(hex, 'hex'), 'hex')
}

function readable<T>(parsed: Result<T>): T {
  if (!parsed.ok) throw new CommandFailed(EXIT.failed, parsed.error.code, parsed.error.message)
  return parsed.value
}

/** What no person means to have checked is not read into memory. */
async function readBounded(path: string, maxBytes: number): Promise<string> {
  const read = path === '-' ? ok(await readText(maxBytes)) : await readFileBounded(path, maxBytes)
  if (!read.ok) throw new CommandFailed(read.error.code === 'too-long' ? EXIT.failed : EXIT.usage, read.error.code, read.error.message)
  if (Buffer.byteLength(read.value) > maxBytes) throw new CommandFailed(EXIT.failed, 'too-long', `Standard input is larger than ${maxBytes} bytes.`)
  return read.value
}

async function readFileBounded(path: string, maxBytes: number): Promise<Result<string>> {
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      return size > maxBytes ? fail('too-long', `${path} is larger than ${maxBytes} bytes.`) : ok(await file.readFile('utf8'))
    } finally {
      await file.close()
    }
  } catch (error) {
    return fail('no-file', `${path} cannot be read: ${WHY_NOT_READ.get((error as NodeJS.ErrnoException).code ?? '') ?? 'the disk refused it'}.`)
  }
}

const WHY_NOT_READ: ReadonlyMap<string, string> = new Map([['ENOENT', 'there is no such file'], ['EISDIR', 'it is a folder'], ['EACCES', 'it may not be read by you'], ['EPERM', 'it may not be read by you']])
