/** `souk release`: what waits for a person's word, and the word. */
import type { JobRow } from '#shared/ipc/common.ts'
import { formatSats } from '#shared/market/msat.ts'
import { connectToMarket } from '../connectToMarket.ts'
import { EXIT, type ExitCode } from '../exitCodes.ts'
import { existingSecondFolder } from '../folders.ts'
import { gatherReceipt } from '../gatherReceipt.ts'
import { describeEnd, exitCodeOf, isOver, releasedMsat, sellerOf } from '../jobEnd.ts'
import { withEngine, type Session, type SessionOptions } from '../session.ts'
import { alignColumns, localMinute } from '../table.ts'
import { askLine, canAsk, CommandFailed } from '../terminal.ts'
import { waitForJob } from '../waitForJob.ts'

interface ReleaseOptions extends SessionOptions {
  readonly yes?: boolean | undefined
}

const NOT_RELEASED = 'Nothing was released.'
/** How long a seller may take to claim what was released: after that it is claimed whenever both run. */
const CLAIM_MS = 60_000
const QUESTION_CHARS = 60

export async function release(jobId: string | undefined, options: ReleaseOptions): Promise<void> {
  if (jobId !== undefined && options.yes !== true && !canAsk()) throw new CommandFailed(EXIT.usage, 'not-confirmed', `There is nobody to ask whether to release it. Give --yes. ${NOT_RELEASED}`)
  await withEngine(options, 'terminal', (session) => (jobId === undefined ? list(session) : releaseJob(session, jobId, options)), existingSecondFolder(options))
}

function list({ engine, output }: Session): Promise<void> {
  const waiting = Object.values(engine.customer.jobs.get()).filter(({ awaitsRelease }) => awaitsRelease === true)
  for (const row of waiting) output.tell({ type: 'waiting', jobId: row.jobId, settlement: row.settlement, amountMsat: releasedMsat(row), until: untilOf(row) ?? null, peer: row.peer, prompt: row.promptPreview })
  if (waiting.length === 0) output.say('Nothing waits for your release.')
  else for (const line of alignColumns([['Until', 'Sats', 'Job', 'Settled', 'Seller', 'Question'], ...waiting.map(describeRow)], [1])) output.print(line)
  return Promise.resolve()
}

function describeRow(row: JobRow): string[] {
  const until = untilOf(row)
  const question = row.promptPreview.replaceAll(/\s+/g, ' ')
  return [until === undefined ? '' : localMinute(until), formatSats(releasedMsat(row)), row.jobId, row.settlement, sellerOf(row), question.length > QUESTION_CHARS ? `${question.slice(0, QUESTION_CHARS - 1)}…` : question]
}

async function releaseJob(session: Session, jobId: string, options: ReleaseOptions): Promise<void> {
  const { engine, output, interrupt } = session
  const row = engine.journal.row('customer', jobId)
  if (row === null) throw new CommandFailed(EXIT.nothingFound, 'no-job', `${engine.config.dataFolder} knows no question ${jobId}. \`souk release\` lists what waits; --data names another folder.`)
  if (row.awaitsRelease !== true) throw new CommandFailed(EXIT.refused, 'not-now', `Nothing of ${jobId} waits for your release: ${whereItStands(row)}`)
  const amount = `${formatSats(releasedMsat(row))} sats`
  output.say(row.settlement === 'sealed' ? `${amount} open the rest of what ${sellerOf(row)} wrote.` : `${amount} are locked for the answer of ${sellerOf(row)}.`)
  if (options.yes !== true) await confirm(`${row.settlement === 'sealed' ? 'Open it' : 'Release them'}? [y/N] `)
  await connectToMarket(session, `Interrupted. ${NOT_RELEASED}`)
  const released = engine.customer.release(jobId)
  if (!released.ok) throw new CommandFailed(released.error.code === 'store-failed' ? EXIT.failed : EXIT.refused, released.error.code, `${released.error.message} ${NOT_RELEASED}`)
  output.tell({ type: 'released', jobId, amountMsat: releasedMsat(row) })
  const last = await waitForEnd(session, row)
  await gatherReceipt(session, last)
  report(session, last, interrupt.signal.aborted)
}

async function confirm(question: string): Promise<void> {
  const answer = await askLine(question)
  if (answer === null) throw new CommandFailed(EXIT.interrupted, 'interrupted', `Interrupted. ${NOT_RELEASED}`)
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw new CommandFailed(EXIT.refused, 'not-confirmed', NOT_RELEASED)
}

/** Until the seller has what was released, or this command need not wait for it any more. */
async function waitForEnd(session: Session, before: JobRow): Promise<JobRow> {
  const { engine, output } = session
  const forget = engine.jobChanged.listen((changed) => {
    if (changed.role === 'customer' && changed.jobId === before.jobId) output.tell({ type: 'job', ...changed })
  })
  const last = await waitForJob(session, before, isOver, CLAIM_MS)
  forget()
  return last
}

function report({ engine, output }: Session, row: JobRow, isInterrupted: boolean): void {
  const answer = engine.customer.answer(row.jobId)
  const code: ExitCode = isOver(row) ? exitCodeOf(row) : isInterrupted ? EXIT.interrupted : EXIT.ok
  if (code === EXIT.ok && answer !== '') output.print(answer)
  output.tell({ type: 'ended', jobId: row.jobId, state: row.state, paidMsat: row.movedMsat, feeMsat: row.feeMsat, answer })
  const words = isOver(row) ? describeEnd(row) : 'Released. The seller has not taken it yet; that goes on whenever Souk runs.'
  if (code !== EXIT.ok) throw new CommandFailed(code, isOver(row) ? row.state : 'interrupted', words)
  output.say(words)
}

function whereItStands(row: JobRow): string {
  return row.final ? `it ended as ${row.state}.` : row.state === 'unlocking' ? 'it is released already, and the seller is taking it.' : `it is ${row.state} yet.`
}

/** When it comes back, or can be opened no more. */
const untilOf = ({ lockedUntil, sealed }: JobRow) => sealed?.until ?? lockedUntil
