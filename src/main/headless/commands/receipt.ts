/** `souk receipt list`, `show`, `export` and `transcript`: the receipts of this Souk's own jobs. */
import { open } from 'node:fs/promises'
import type { Role } from '#shared/ipc/common.ts'
import { formatSats } from '#shared/market/msat.ts'
import { writeReceiptCsv } from '#shared/protocol/receiptCsv.ts'
import { writeReceiptFile, writeTranscript, type JobReceipts } from '#shared/protocol/receiptFile.ts'
import { readReceipt, sumOf, type ReadReceipt } from '#shared/protocol/receiptReading.ts'
import type { Engine } from '#engine/engine.ts'
import { EXIT } from '../exitCodes.ts'
import { withEngine, type Session, type SessionOptions } from '../session.ts'
import { alignColumns, localMinute } from '../table.ts'
import { CommandFailed, type Output } from '../terminal.ts'
import { printJob } from './receiptVerify.ts'

interface ListOptions extends SessionOptions {
  readonly limit: number
}

interface FileOptions extends SessionOptions {
  readonly out?: string | undefined
}

interface ExportOptions extends FileOptions {
  readonly all?: boolean | undefined
  readonly csv?: boolean | undefined
}

const ROLES: readonly Role[] = ['customer', 'provider']
const PAGE = 200
/** A job paid by the tick may have hundreds. */
const MAX_SHOWN_PAYMENTS = 5
const NO_RECEIPTS = 'There are no receipts yet: a job has one when it has ended and something was paid, locked or delivered.'

export function list(options: ListOptions): Promise<void> {
  return withReceipts(options, ({ engine, output }) => {
    const jobs = engine.receipts.page({ limit: options.limit })
    const rows = jobs.map(({ role, jobId, createdAt, own, other }) => {
      const read = own ?? other
      const said = read === null ? null : readReceipt(read)
      const sats = said?.ok === true ? formatSats(sumOf(said.value, 'paid')) : ''
      output.tell({ type: 'receipts', jobId, role, createdAt, own: own?.id ?? null, other: other?.id ?? null })
      const whose = [...(own === null ? [] : ['yours']), ...(other === null ? [] : [role === 'customer' ? 'the seller’s' : 'the customer’s'])].join(' and ')
      return [localMinute(createdAt), role === 'customer' ? 'bought' : 'sold', sats, said?.ok === true ? (said.value.said?.outcome ?? '') : '', jobId, whose]
    })
    if (rows.length === 0) output.say(NO_RECEIPTS)
    else for (const line of alignColumns([['When', '', 'Sats', 'Ended', 'Job', 'Receipts'], ...rows], [2])) output.print(line)
    if (rows.length === options.limit) output.say(`There may be more: --limit ${options.limit * 2}`)
    return Promise.resolve()
  })
}

export function show(jobId: string, options: SessionOptions): Promise<void> {
  return withReceipts(options, ({ engine, output }) => {
    for (const { role, receipts } of receiptsOf(engine, jobId)) {
      for (const receipt of receipts) output.tell({ type: 'receipt', jobId, role, receipt })
      const report = engine.receipts.check({ role, jobId })
      for (const job of report?.jobs ?? []) {
        const read = job.receipts.find((receipt) => receipt.role === role) ?? job.receipts[0]
        if (read !== undefined) for (const line of alignColumns(describeReceipt(read))) output.print(line)
        printJob(job, output)
      }
      if (report?.isGood === false) output.say(['They do not go together.', ...report.strays].join(' '))
    }
    output.say(`To hand them on: souk receipt export ${jobId} --out ${jobId}.json`)
    return Promise.resolve()
  })
}

function describeReceipt(read: ReadReceipt): string[][] {
  const { said } = read
  const payments = said?.payments ?? read.payments.map((payment) => ({ ...payment, fate: 'paid' }))
  const rows = payments.slice(0, MAX_SHOWN_PAYMENTS).map(({ paymentHash, amountMsat, fate }) => ['Payment', `${formatSats(amountMsat)} sats ${fate}, ${paymentHash}`])
  if (payments.length > MAX_SHOWN_PAYMENTS) rows.push(['', `and ${payments.length - MAX_SHOWN_PAYMENTS} more`])
  rows.push(['Customer', read.customer], ['Seller', read.provider])
  if (said === null) return [...rows, ['Answer', `SHA-256 ${read.answerSha256}`]]
  const timeOf = (unixSecs: number | null) => (unixSecs === null ? 'never' : localMinute(unixSecs * 1_000))
  return [
    ['Settled by', said.settlement],
    ...rows,
    ['Model', `${said.model || 'not told'}${said.modelDigest === null ? '' : `, ${said.modelDigest}`}`],
    ...(said.usage === null ? [] : [['Tokens', `${said.usage.promptTokens} read, ${said.usage.outputTokens} written, in ${said.usage.durationMs} ms`]]),
    ['Times', `asked ${timeOf(said.askedAt)}, paid ${timeOf(said.paidAt)}, delivered ${timeOf(said.deliveredAt)}`],
    ['Transcript', `SHA-256 ${said.transcriptSha256}`],
  ]
}

export function exportReceipts(jobId: string | undefined, options: ExportOptions): Promise<void> {
  if ((jobId === undefined) === (options.all !== true)) throw new CommandFailed(EXIT.usage, 'which-job', 'Name one job, or give --all for every one.')
  if (options.csv === true && options.json === true) throw new CommandFailed(EXIT.usage, 'which-form', 'It is one file: --csv for a spreadsheet, or JSON without it.')
  return withReceipts(options, async ({ engine, output }) => {
    const jobs = jobId === undefined ? allReceipts(engine) : receiptsOf(engine, jobId)
    if (jobs.length === 0) throw new CommandFailed(EXIT.nothingFound, 'no-receipts', NO_RECEIPTS)
    await handOver(options.csv === true ? writeReceiptCsv(jobs) : writeReceiptFile(jobs), options.out, output, `${jobs.length} ${jobs.length === 1 ? 'job' : 'jobs'}`)
  })
}

export function transcript(jobId: string, options: FileOptions): Promise<void> {
  return withReceipts(options, async ({ engine, output }) => {
    const [first] = receiptsOf(engine, jobId)
    const words = first === undefined ? null : engine.receipts.transcriptOf({ role: first.role, jobId })
    if (words === null) throw new CommandFailed(EXIT.failed, 'unreadable', 'The store holds no words of this job that can be read.')
    await handOver(writeTranscript(words.prompt, words.answer), options.out, output, 'the words')
  })
}

/** In either role: a job of one's own with another Souk on the same folder is both. */
function receiptsOf(engine: Engine, jobId: string): readonly JobReceipts[] {
  const known = ROLES.flatMap((role) => engine.receipts.ofJob({ role, jobId }) ?? [])
  if (known.length === 0) throw new CommandFailed(EXIT.nothingFound, 'no-job', 'There is no such job here. `souk receipt list` shows those with receipts.')
  const kept = known.filter(({ receipts }) => receipts.length > 0)
  if (kept.length === 0) throw new CommandFailed(EXIT.nothingFound, 'no-receipts', 'This job has no receipt: it goes on yet, or nothing was paid, locked or delivered in it.')
  return kept
}

function allReceipts(engine: Engine): readonly JobReceipts[] {
  const all: JobReceipts[] = []
  for (let page = engine.receipts.page({ limit: PAGE }); page.length > 0; page = engine.receipts.page({ limit: PAGE, before: page.at(-1) })) {
    all.push(...page.map(({ role, jobId, own, other }) => ({ role, jobId, receipts: [own, other].filter((event) => event !== null) })))
  }
  return all
}

/** Never over what is there. */
async function handOver(text: string, path: string | undefined, output: Output, what: string): Promise<void> {
  if (path === undefined) return void process.stdout.write(text)
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST'
    throw new CommandFailed(isThere ? EXIT.usage : EXIT.failed, isThere ? 'file-exists' : 'not-written', isThere ? `${path} is there already, and stays as it is. Give another name.` : `${path} cannot be written. Check the folder and the disk.`)
  }
  output.say(`Wrote ${what} to ${path}.`)
  output.tell({ type: 'written', path })
}

/** A look at what was signed opens no shop: where the sandbox is hosted for it, the house stays closed. */
function withReceipts(options: SessionOptions, run: (session: Session) => Promise<void>): Promise<void> {
  return withEngine({ ...options, house: false }, 'terminal', async (session) => {
    try {
      session.engine.receipts.makeAll()
    } catch (error) {
      throw new CommandFailed(EXIT.failed, 'store-failed', `Receipts that are missing cannot be kept: ${error instanceof Error ? error.message : String(error)}. Check the disk.`)
    }
    await run(session)
  })
}
