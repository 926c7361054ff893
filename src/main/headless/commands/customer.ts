import type { Engine } from '#engine/engine.ts'
import type { JobRow } from '#shared/ipc/common.ts'
import { selectionSchema, type Selection } from '#shared/ipc/customer.ts'
import { formatSats, msat } from '#shared/market/msat.ts'
import { isLive } from '#engine/customer/selection.ts'
import { EXIT, type ExitCode } from '../exitCodes.ts'
import { openSouk, type CommonOptions } from '../openSouk.ts'
import { readPrompt } from '../readPrompt.ts'
import { CommandFailed, createOutput, keepAlive, waitForInterrupt, type Output } from '../terminal.ts'

export interface CustomerCommandOptions extends CommonOptions {
  readonly channel?: string | undefined
  readonly discover?: boolean | undefined
  readonly prompt?: string | undefined
  readonly select: string
  readonly maxPrice?: number | undefined
  readonly maxTokens?: number | undefined
  readonly discoveryTime: number
  readonly json?: boolean | undefined
}

/** Finds a seller, asks, pays, and writes the answer to standard output as it comes. */
export async function customer(options: CustomerCommandOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const selection = parseSelection(options.select)
  const prompt = await readPrompt(options.prompt)
  const interrupt = waitForInterrupt()
  const release = keepAlive()
  const opened = await openSouk(options, 'terminal')
  if (!opened.ok) throw new CommandFailed(EXIT.failed, opened.error.code, opened.error.message)
  const engine = opened.value
  try {
    await findSellers(engine, options, selection, output, interrupt.signal)
    if (interrupt.signal.aborted) throw INTERRUPTED
    await engine.account.refresh()
    output.tell({ type: 'balance', balanceMsat: engine.account.status.get().balanceMsat })
    const asked = engine.customer.ask({
      prompt,
      selection,
      ...(options.maxPrice === undefined ? {} : { maxPriceMsat: msat(options.maxPrice) }),
      ...(options.maxTokens === undefined ? {} : { maxTokens: options.maxTokens }),
    })
    if (!asked.ok) throw new CommandFailed(asked.error.code === 'not-possible' ? EXIT.refused : EXIT.nothingFound, asked.error.code, asked.error.message)
    const row = await followJob(engine, asked.value.jobId, output, interrupt.signal)
    await engine.account.refresh()
    report(engine, row, output)
  } finally {
    await engine.close()
    interrupt.stop()
    release()
  }
}

const INTERRUPTED = new CommandFailed(EXIT.interrupted, 'interrupted', 'Interrupted. Nothing was asked or paid.')

export function parseSelection(text: string): Selection {
  const parsed = selectionSchema.safeParse(text === 'cheapest' || text === 'first' ? { by: text } : { by: 'pubkey', prefix: text.toLowerCase() })
  if (parsed.success) return parsed.data
  throw new CommandFailed(EXIT.usage, 'bad-select', `--select takes cheapest, first, or at least four characters of a hex public key; not "${text}".`)
}

/** Waits the discovery time out, except that *first* and a named seller are taken as soon as they are there. */
async function findSellers(engine: Engine, options: CustomerCommandOptions, selection: Selection, output: Output, signal: AbortSignal): Promise<void> {
  if (!(await engine.pool.connected(10_000))) throw new CommandFailed(EXIT.failed, 'no-relay', `No relay answers: ${engine.pool.urls().join(', ')}. Check the address, or the network.`)
  if (options.channel !== undefined) {
    const problem = engine.directory.addChannel(options.channel)
    if (problem !== null) throw new CommandFailed(EXIT.usage, 'bad-channel', problem)
  }
  output.say('Looking for sellers…')
  await new Promise<void>((resolve) => {
    const finish = () => {
      cancel()
      forget()
      resolve()
    }
    const look = () => {
      const fits = engine.customer.quote({ prompt: 'x', selection, ...(options.maxPrice === undefined ? {} : { maxPriceMsat: msat(options.maxPrice) }) }).ok
      if (fits && selection.by !== 'cheapest') finish()
    }
    const cancel = engine.clock.after(options.discoveryTime * 1_000, finish)
    const forget = engine.customer.offers.subscribe(look)
    signal.addEventListener('abort', finish, { once: true })
    look()
  })
  const nowSecs = Math.floor(engine.clock.now() / 1_000)
  for (const offer of engine.directory.offers.get().values()) {
    if (!isLive(offer, nowSecs)) continue
    const price = offer.pricePerRequestMsat === null ? 'no price' : `${formatSats(offer.pricePerRequestMsat)} sats`
    output.say(`  ${offer.pubkey.slice(0, 12)}  ${price.padEnd(10)}  ${offer.name}  ${offer.models.join(', ')}`)
    output.tell({ type: 'offer', pubkey: offer.pubkey, name: offer.name, priceMsat: offer.pricePerRequestMsat, models: offer.models, network: offer.network, channelId: offer.channelId })
  }
}

/** Writes what arrives until the job needs nothing more from us. Ctrl-C stops the job, and waits for that to be on its way. */
async function followJob(engine: Engine, jobId: string, output: Output, signal: AbortSignal): Promise<JobRow> {
  let written = ''
  const write = (text: string) => {
    written += text
    if (text !== '') output.write(text)
  }
  const first = engine.journal.row('customer', jobId)
  if (!first) throw new CommandFailed(EXIT.failed, 'lost', 'The job was not stored.')
  output.tell({ type: 'job', ...first })
  output.say(`Asked ${first.peerName ?? first.peer.slice(0, 12)}: up to ${formatSats(first.priceMsat)} sats, fees apart.`)
  const stopText = engine.customer.watchText(jobId, (change) => {
    if (change.type === 'text') write(change.text)
    else if (change.text.startsWith(written)) write(change.text.slice(written.length))
    // The pieces came in another order than they were sent: the whole answer is the right one.
    else write(`\n\n${change.text}`)
  })
  signal.addEventListener('abort', () => {
    output.say('\nStopping the job.')
    engine.customer.stop(jobId)
  }, { once: true })
  const row = await new Promise<JobRow>((resolve) => {
    const end = engine.jobChanged.listen((changed) => {
      if (changed.role !== 'customer' || changed.jobId !== jobId) return
      output.tell({ type: 'job', ...changed })
      if (!changed.final && changed.state !== 'owed') return
      end()
      resolve(changed)
    })
  })
  stopText()
  if (written !== '' && !written.endsWith('\n')) output.endLine()
  return row
}

function report(engine: Engine, row: JobRow, output: Output): void {
  const balanceMsat = engine.account.status.get().balanceMsat
  const balance = balanceMsat === null ? '' : `, balance ${formatSats(balanceMsat)} sats`
  const spent = row.movedMsat > 0 ? `${formatSats(row.movedMsat)} sats paid${row.feeMsat > 0 ? ` (${formatSats(row.feeMsat)} of it fee)` : ''}` : 'nothing paid'
  output.say(`${row.state}: ${spent}${balance}.${row.note === undefined ? '' : ` ${row.note}`}`)
  output.tell({ type: 'ended', jobId: row.jobId, state: row.state, paidMsat: row.movedMsat, feeMsat: row.feeMsat, balanceMsat, answer: engine.customer.answer(row.jobId) })
  const exitCode = exitCodeOf(row)
  if (exitCode !== EXIT.ok) throw new CommandFailed(exitCode, row.state, row.note ?? row.state)
}

function exitCodeOf(row: JobRow): ExitCode {
  switch (row.state) {
    case 'done':
      return EXIT.ok
    case 'refused':
      return EXIT.refused
    case 'expired':
      return EXIT.timedOut
    case 'stopped':
      return EXIT.interrupted
    case 'owed':
      return EXIT.undelivered
    case 'asking':
    case 'invoiced':
    case 'paying':
    case 'payment-unknown':
    case 'queued':
    case 'working':
    case 'failed':
      return row.movedMsat > 0 ? EXIT.undelivered : EXIT.failed
  }
}
