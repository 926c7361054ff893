/** `souk claim`: what sellers owe, and asking for it. They are asked by themselves when they are there again; this is for who does not wait for that. */
import type { Engine } from '#engine/engine.ts'
import type { JobRow } from '#shared/ipc/common.ts'
import { debtOf } from '#shared/ipc/debt.ts'
import { formatSats } from '#shared/market/msat.ts'
import type { Result } from '#shared/market/result.ts'
import { connectToMarket } from '../connectToMarket.ts'
import { EXIT } from '../exitCodes.ts'
import { existingSecondFolder } from '../folders.ts'
import { sellerOf } from '../jobEnd.ts'
import { withEngine, type Session, type SessionOptions } from '../session.ts'
import { alignColumns, localMinute } from '../table.ts'
import { CommandFailed } from '../terminal.ts'
import { waitFor } from '../waitFor.ts'
import { waitForJob } from '../waitForJob.ts'

/** How long a seller may take to pay: after that it does whenever both run. */
const PAYING_MS = 60_000
/** Whether a seller of a channel can be asked its listing tells. */
const LISTING_MS = 5_000
const PAGE = 100
const NOTHING_ASKED = 'Nothing was asked for.'

export async function claim(jobId: string | undefined, options: SessionOptions): Promise<void> {
  await withEngine(options, 'terminal', (session) => (jobId === undefined ? list(session) : claimJob(session, jobId)), existingSecondFolder(options))
}

function list({ engine, output }: Session): Promise<void> {
  const owed = [...owingJobs(engine)]
  for (const row of owed) output.tell({ type: 'owed', jobId: row.jobId, amountMsat: debtOf(row), claimable: row.claimableMsat !== undefined, asked: row.claiming === true, peer: row.peer, settlement: row.settlement, createdAt: row.createdAt })
  if (owed.length === 0) output.say('No seller owes you anything.')
  else for (const line of alignColumns([['Asked', 'Sats', 'Job', 'Seller', ''], ...owed.map(describeRow)], [1])) output.print(line)
  return Promise.resolve()
}

function* owingJobs({ journal }: Engine): Iterable<JobRow> {
  const nextPage = (before?: JobRow) => journal.list({ owed: 'to-us', limit: PAGE, before })
  for (let page = nextPage(); page.length > 0; page = nextPage(page.at(-1))) yield* page
}

function describeRow(row: JobRow): string[] {
  return [localMinute(row.createdAt), formatSats(debtOf(row)), row.jobId, sellerOf(row), row.claiming === true ? 'asked for' : row.claimableMsat === undefined ? 'its answer may still come' : `souk claim ${row.jobId}`]
}

async function claimJob(session: Session, jobId: string): Promise<void> {
  const { engine, output, interrupt } = session
  const current = () => engine.journal.row('customer', jobId)
  const before = current()
  if (before === null) throw new CommandFailed(EXIT.nothingFound, 'no-job', `${engine.config.dataFolder} knows no question ${jobId}. \`souk claim\` lists what is owed; --data names another folder.`)
  await connectToMarket(session, `Interrupted. ${NOTHING_ASKED}`)
  const asked = await askFor(session, before)
  // By itself, because its seller is there again.
  const isAsked = asked.ok || current()?.claiming === true || debtOf(current() ?? before) < debtOf(before)
  if (!asked.ok && !isAsked) throw new CommandFailed(asked.error.code === 'store-failed' ? EXIT.failed : EXIT.refused, asked.error.code, `${asked.error.message} ${NOTHING_ASKED}`)
  output.say(`Asked ${sellerOf(before)} for ${formatSats(debtOf(before))} sats.`)
  output.tell({ type: 'asked', jobId, amountMsat: debtOf(before) })
  const row = await waitForJob(session, before, ({ claiming }) => claiming !== true, PAYING_MS)
  const backMsat = debtOf(before) - debtOf(row)
  output.tell({ type: 'ended', jobId, backMsat, owedMsat: debtOf(row), asked: row.claiming === true })
  if (backMsat > 0) return output.say(row.note ?? 'It was paid back.')
  if (interrupt.signal.aborted) throw new CommandFailed(EXIT.interrupted, 'interrupted', STILL_ASKED)
  output.say(row.claiming === true ? STILL_ASKED : 'It was not paid back. Ask again later, or ask the seller.')
}

const STILL_ASKED = 'It is not paid back yet. The seller goes on being asked whenever Souk runs.'

/** Once more when the seller is listed: of a stranger in a channel only that tells that it can be asked. */
async function askFor({ engine, interrupt }: Session, { jobId, peer }: JobRow): Promise<Result<null>> {
  const asked = engine.customer.claim(jobId)
  if (asked.ok || asked.error.code !== 'not-possible') return asked
  const { offers } = engine.customer
  await waitFor(engine.clock, offers, () => [...offers.get().values()].some(({ pubkey }) => pubkey === peer), LISTING_MS, interrupt.signal)
  return engine.customer.claim(jobId)
}
