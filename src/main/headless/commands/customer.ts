import type { Question } from '#engine/customer/quote.ts'
import { isLive } from '#engine/customer/selection.ts'
import type { JobRow } from '#shared/ipc/common.ts'
import { selectionSchema, type Selection } from '#shared/ipc/customer.ts'
import type { DialectName, Privacy } from '#shared/market/dialect.ts'
import { formatSats, msat } from '#shared/market/msat.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { safeParse } from '#shared/safeParse.ts'
import { connectToMarket } from '../connectToMarket.ts'
import { EXIT, type ExitCode } from '../exitCodes.ts'
import { secondDataFolder } from '../folders.ts'
import { gatherReceipt } from '../gatherReceipt.ts'
import { describeEnd, exitCodeOf, isInDoubt, isOver, sellerOf } from '../jobEnd.ts'
import type { CommonOptions } from '../openSouk.ts'
import { readPrompt } from '../readPrompt.ts'
import { withEngine, type Session } from '../session.ts'
import { CommandFailed, orInterrupted } from '../terminal.ts'

export interface CustomerCommandOptions extends CommonOptions {
  readonly channel?: string | undefined
  readonly discover?: boolean | undefined
  readonly prompt?: string | undefined
  readonly select?: string | undefined
  /** Ask whoever answers. */
  readonly open?: boolean | undefined
  readonly dialect?: DialectName | undefined
  readonly settlement?: Settlement | undefined
  readonly release?: 'auto' | 'ask' | undefined
  readonly encrypted?: boolean | undefined
  readonly maxPrice?: number | undefined
  readonly maxTokens?: number | undefined
  readonly discoveryTime: number
  readonly json?: boolean | undefined
}

/** Who can read it. */
const ASKED_HOW: Record<Privacy, string> = { private: 'in private', 'public-relays': 'in public on the relays', 'public-channel': 'in public in a channel' }
const NOTHING_ASKED = 'Interrupted. Nothing was asked or paid.'
/** How long a stop may take to reach the provider, and a payment under way to end. */
const STOP_GRACE_MS = 3_000

/** Finds a seller, asks, pays, and writes the answer to standard output as it comes. */
export async function customer(options: CustomerCommandOptions): Promise<void> {
  const selection: Selection = options.open === true ? { by: 'open' } : parseSelection(options.select ?? 'cheapest')
  const prompt = await readPrompt(options.prompt)
  const elsewhere = (process.env['SOUK_NWC'] ?? '') === '' ? secondDataFolder(options) : null
  await withEngine(options, 'terminal', async (session) => {
    const { engine, output, interrupt } = session
    await findSellers(session, options, selection)
    await orInterrupted(engine.account.refresh(), interrupt, NOTHING_ASKED)
    output.tell({ type: 'balance', balanceMsat: engine.account.status.get().balanceMsat })
    const question: Question = { prompt, selection, ...askedHow(options), release: options.release, ...(options.maxTokens === undefined ? {} : { maxTokens: options.maxTokens }) }
    tellRisk(session, question)
    const asked = engine.customer.ask(question)
    if (!asked.ok) throw new CommandFailed(whyNotAsked(asked.error.code), asked.error.code, asked.error.code === 'needs-confirmation' ? `${asked.error.message} --max-price with that much or more confirms it.` : asked.error.message)
    await report(session, await followJob(session, asked.value.jobId))
  }, elsewhere)
}

export function parseSelection(text: string): Selection {
  const parsed = safeParse(selectionSchema, text === 'cheapest' || text === 'first' ? { by: text } : { by: 'pubkey', prefix: text.toLowerCase() })
  if (parsed.success) return parsed.data
  throw new CommandFailed(EXIT.usage, 'bad-select', `--select takes cheapest, first, or at least four characters of a hex public key; not "${text}".`)
}

function whyNotAsked(code: string): ExitCode {
  if (code === 'not-possible' || code === 'needs-confirmation') return EXIT.refused
  return code === 'store-failed' ? EXIT.failed : EXIT.nothingFound
}

/** What of a question decides on whom it can go to, and what it may cost: a price that is named is confirmed. */
function askedHow({ maxPrice, dialect, encrypted, settlement }: CustomerCommandOptions): Pick<Question, 'maxPriceMsat' | 'confirmedMsat' | 'dialect' | 'encrypted' | 'settlement'> {
  const maxPriceMsat = maxPrice === undefined ? undefined : msat(maxPrice)
  return { maxPriceMsat, confirmedMsat: maxPriceMsat, dialect, encrypted, settlement }
}

/** How it would be settled, and what is at risk in that: before it is asked. Why it cannot be, asking says. */
function tellRisk({ engine, output }: Session, question: Question): void {
  const quoted = engine.customer.quote(question)
  if (!quoted.ok || quoted.value.problem !== null) return
  const { settlement, priceMsat, maxFeeMsat, risk } = quoted.value
  output.say(`At risk: ${formatSats(risk.riskMsat)} sats (${settlement}). ${risk.sentence}`)
  output.tell({ type: 'quote', settlement, priceMsat, maxFeeMsat, riskMsat: risk.riskMsat, sentence: risk.sentence })
}

/** Waits the discovery time out, except that *first* and a named seller are taken as soon as they are there. */
async function findSellers(session: Session, options: CustomerCommandOptions, selection: Selection): Promise<void> {
  const { engine, output, interrupt } = session
  await connectToMarket(session, NOTHING_ASKED)
  if (options.channel !== undefined) {
    const problem = engine.directory.addChannel(options.channel)
    if (problem !== null) throw new CommandFailed(EXIT.usage, 'bad-channel', problem)
  }
  // Whoever answers need not be known before.
  if (selection.by === 'open') return
  output.say('Looking for sellers…')
  let forget = () => {}
  const found = new Promise<void>((resolve) => {
    const look = () => {
      const fits = engine.customer.quote({ prompt: 'x', selection, ...askedHow(options) }).ok
      if (fits && selection.by !== 'cheapest') resolve()
    }
    const cancel = engine.clock.after(options.discoveryTime * 1_000, resolve)
    const unsubscribe = engine.customer.offers.subscribe(look)
    forget = () => {
      cancel()
      unsubscribe()
    }
    look()
  })
  await orInterrupted(found, interrupt, NOTHING_ASKED).finally(() => forget())
  const nowSecs = Math.floor(engine.clock.now() / 1_000)
  for (const offer of engine.directory.offers.get().values()) {
    if (!isLive(offer, nowSecs)) continue
    const price = offer.pricePerRequestMsat === null ? 'no price' : `${formatSats(offer.pricePerRequestMsat)} sats`
    output.say(`  ${offer.pubkey.slice(0, 12)}  ${price.padEnd(10)}  ${offer.name}  ${offer.models.join(', ')}`)
    output.tell({ type: 'offer', pubkey: offer.pubkey, name: offer.name, priceMsat: offer.pricePerRequestMsat, models: offer.models, network: offer.network, channelId: offer.channelId, dialects: offer.dialects })
  }
}

/**
 * Writes what arrives until the job needs nothing more from us. Ctrl-C stops the job and waits a moment for that to be
 * on its way; what is still open then is on disk and goes on when Souk runs again.
 */
async function followJob({ engine, output, interrupt }: Session, jobId: string): Promise<JobRow> {
  const current = () => {
    const row = engine.journal.row('customer', jobId)
    if (!row) throw new CommandFailed(EXIT.failed, 'lost', 'The job was not stored. Check the disk.')
    return row
  }
  const first = current()
  output.tell({ type: 'job', ...first })
  output.say(`Asked ${first.peer === '' ? 'anyone' : sellerOf(first)}, ${ASKED_HOW[first.privacy]}: up to ${formatSats(first.priceMsat)} sats, fees apart.`)
  let written = ''
  const write = (text: string) => {
    written += text
    if (text !== '') output.write(text)
  }
  const stopText = engine.customer.watchText(jobId, (change) => {
    if (change.type === 'text') write(change.text)
    else if (change.text.startsWith(written)) write(change.text.slice(written.length))
    else {
      // Pieces were lost or came in another order than they were sent: the whole answer is the right one.
      output.say('\nSome pieces did not come as they were sent. The whole answer:')
      write(`\n\n${change.text}`)
    }
  })
  const isMidLine = () => written !== '' && !written.endsWith('\n')
  const endText = () => {
    stopText()
    if (isMidLine()) output.endLine()
    written = ''
  }
  let forget = () => {}
  let said: string | undefined
  const ended = new Promise<void>((resolve) => {
    forget = engine.jobChanged.listen((changed) => {
      if (changed.role !== 'customer' || changed.jobId !== jobId) return
      output.tell({ type: 'job', ...changed })
      // What is locked waits for somebody, and says for whom.
      if ((changed.state === 'locked' || changed.state === 'unlocking') && changed.note !== undefined && changed.note !== said) output.say(`${isMidLine() ? '\n' : ''}${changed.note}`)
      said = changed.note
      if (isOver(changed)) resolve()
    })
    if (isOver(current())) resolve()
  })
  await Promise.race([ended, interrupt.interrupted])
  endText()
  if (interrupt.signal.aborted && !isOver(current())) {
    output.say('Stopping the job.')
    engine.customer.stop(jobId)
    await Promise.race([ended, new Promise<void>((resolve) => void engine.clock.after(STOP_GRACE_MS, resolve))])
    // A payment that is still under way ends as unknown, on disk, instead of holding up the end.
    if (isInDoubt(current())) await engine.wallet.close()
  }
  forget()
  return current()
}

async function report(session: Session, row: JobRow): Promise<void> {
  const { engine, output, interrupt } = session
  await gatherReceipt(session, row)
  if (!interrupt.signal.aborted) await orInterrupted(engine.account.refresh(), interrupt, describeEnd(row))
  const balanceMsat = engine.account.status.get().balanceMsat
  output.tell({ type: 'ended', jobId: row.jobId, state: row.state, paidMsat: row.movedMsat, feeMsat: row.feeMsat, balanceMsat, answer: engine.customer.answer(row.jobId) })
  const exitCode = exitCodeOf(row)
  if (exitCode !== EXIT.ok) throw new CommandFailed(exitCode, row.state, describeEnd(row))
  output.say(`${describeEnd(row)}${balanceMsat === null ? '' : ` Balance: ${formatSats(balanceMsat)} sats.`}`)
}
