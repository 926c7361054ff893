import type { Engine } from '#engine/engine.ts'
import { depositFor } from '#engine/provider/credit.ts'
import type { JobRow } from '#shared/ipc/common.ts'
import type { SaleTerms } from '#shared/ipc/provider.ts'
import { formatSats, msat } from '#shared/market/msat.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { connectToMarket } from '../connectToMarket.ts'
import { EXIT } from '../exitCodes.ts'
import type { CommonOptions } from '../openSouk.ts'
import { withEngine } from '../session.ts'
import { CommandFailed, orInterrupted } from '../terminal.ts'

export interface ProviderCommandOptions extends CommonOptions {
  readonly createChannel?: boolean | undefined
  readonly channel?: string | undefined
  readonly model?: readonly string[] | undefined
  readonly price?: number | undefined
  readonly stream?: boolean | undefined
  readonly name?: string | undefined
  readonly maxTokens?: number | undefined
  readonly openRequests?: boolean | undefined
  readonly allowUrls?: boolean | undefined
  readonly settlement?: readonly Settlement[] | undefined
  readonly jobLimit?: number | undefined
  /** In percent. */
  readonly preview?: number | undefined
  readonly deposit?: number | undefined
  readonly credit?: number | undefined
  readonly inputPrice?: number | undefined
  readonly outputPrice?: number | undefined
  readonly tick?: number | undefined
  readonly grace?: number | undefined
  readonly json?: boolean | undefined
}

/** Sells until it is interrupted. */
export async function provider(options: ProviderCommandOptions): Promise<void> {
  if (options.settlement?.includes('metered') === true && options.stream !== true) throw new CommandFailed(EXIT.usage, 'needs-stream', 'An answer that is paid while it comes has to be sent as it is made: give --stream, too.')
  await withEngine(options, 'terminal', async (session) => {
    const { engine, output, interrupt } = session
    await orInterrupted(engine.backend.refresh(), interrupt, NOTHING_SOLD)
    assertModels(engine, options.model ?? [])
    if (options.channel !== undefined) engine.provider.setChannel(options.channel)
    if (options.createChannel === true) engine.provider.setChannel(null)
    engine.provider.setTerms({
      streaming: options.stream === true,
      ...(options.price === undefined ? {} : { priceMsat: msat(options.price) }),
      ...(options.model === undefined || options.model.length === 0 ? {} : { models: [...options.model] }),
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.maxTokens === undefined ? {} : { maxTokens: options.maxTokens }),
      ...(options.openRequests === undefined ? {} : { openRequests: options.openRequests }),
      ...(options.allowUrls === undefined ? {} : { allowUrlInputs: options.allowUrls }),
      ...settlingTerms(options),
    })
    const said = new Map<string, string>()
    engine.jobChanged.listen((row) => {
      if (row.role !== 'provider') return
      output.tell({ type: 'job', ...row })
      // Some changes are in the timeline alone: the same line twice says nothing.
      const line = describeJob(row)
      if (said.get(row.jobId) !== line) output.say(line)
      if (row.final) said.delete(row.jobId)
      else said.set(row.jobId, line)
    })
    const tellBalance = () => output.tell({ type: 'balance', balanceMsat: engine.account.status.get().balanceMsat })
    engine.account.status.subscribe(tellBalance)
    await orInterrupted(engine.account.refresh(), interrupt, NOTHING_SOLD)
    const { state, problem } = engine.account.status.get()
    if (state !== 'ready') output.say(`The wallet does not answer yet: ${problem ?? 'it is being asked'} Invoices wait for it.`)
    await connectToMarket(session, NOTHING_SOLD)
    const started = await orInterrupted(engine.provider.start(), interrupt, NOTHING_SOLD)
    if (!started.ok) throw new CommandFailed(EXIT.failed, started.error.code, explainStart(engine, started.error.message))
    const { terms, channelId } = engine.provider.status.get()
    const settlements = engine.provider.spokenSettlements()
    const models = engine.provider.offeredModels()
    const isTrial = engine.wallet.kind === 'mock'
    output.say(`Selling ${models.join(', ')} at ${formatSats(terms.priceMsat)} sats per request${isTrial ? ', without a wallet (trial: nobody pays)' : ''}.`)
    if (engine.backend.status.get().active === 'toy') output.say('The toy answers: it is no language model, and says so to whoever buys. `souk doctor` tells how to get one.')
    output.say(`Settled: ${describeSettling(settlements, terms)}.`)
    const missing = (options.settlement ?? []).filter((settlement) => !settlements.includes(settlement))
    if (missing.length > 0) output.say(`Not offered now: ${missing.join(', ')}. Escrow and sealed take a wallet that can hold payments; sealed, a --credit of at least the price.`)
    output.say(`Channel: ${channelId}\nPublic key: ${engine.keyring.identity.pubkey}\nRelays: ${engine.pool.urls().join(', ')}\nCtrl-C stops.`)
    output.tell({ type: 'selling', channelId, pubkey: engine.keyring.identity.pubkey, relays: engine.pool.urls(), models, priceMsat: terms.priceMsat, settlements, network: engine.wallet.network, trial: isTrial })
    await interrupt.interrupted
    const open = Object.values(engine.provider.status.get().jobs).filter((row) => row.movedMsat > 0).length
    output.say('Withdrawing the offer and stopping.')
    if (open > 0) output.say(`${open === 1 ? 'One job is' : `${open} jobs are`} paid for and not delivered: the work goes on when Souk next runs in this folder.`)
  })
}

/** How jobs may be settled, and on what terms: those that were named. */
function settlingTerms({ settlement, jobLimit, preview, deposit, credit, inputPrice, outputPrice, tick, grace }: ProviderCommandOptions): Partial<SaleTerms> {
  return {
    ...(settlement === undefined ? {} : { settlements: [...settlement] }),
    ...(jobLimit === undefined ? {} : { jobLimitSecs: jobLimit }),
    ...(preview === undefined ? {} : { previewPermille: preview * 10 }),
    ...(deposit === undefined ? {} : { depositPermille: deposit * 10 }),
    ...(credit === undefined ? {} : { creditMsat: msat(credit) }),
    ...(inputPrice === undefined ? {} : { inputPer1kMsat: msat(inputPrice) }),
    ...(outputPrice === undefined ? {} : { outputPer1kMsat: msat(outputPrice) }),
    ...(tick === undefined ? {} : { tickTokens: tick }),
    ...(grace === undefined ? {} : { graceSecs: grace }),
  }
}

/** What the seller risks in each way that it takes now. */
function describeSettling(settlements: readonly Settlement[], { priceMsat, depositPermille, creditMsat, outputPer1kMsat, tickTokens }: SaleTerms): string {
  const words: Record<Settlement, () => string> = {
    prepay: () => 'paid ahead',
    escrow: () => `in escrow (${formatSats(priceMsat)} sats of work at risk)`,
    sealed: () => `sealed (${depositPermille === 0 ? '' : `${formatSats(depositFor(priceMsat, depositPermille))} sats ahead, `}up to ${formatSats(creditMsat)} sats of work unpaid)`,
    metered: () => `by the tick (${formatSats(outputPer1kMsat)} sats for 1,000 tokens, ${tickTokens} at a time)`,
  }
  return settlements.map((settlement) => words[settlement]()).join(', ')
}

const NOTHING_SOLD = 'Interrupted before anything was offered.'

/** Models that were asked for by name and are not there are a mistake to hear of now, not an empty offer. */
function assertModels(engine: Engine, asked: readonly string[]): void {
  const available = engine.backend.status.get().models.map((model) => model.name)
  const missing = asked.filter((name) => !available.includes(name))
  if (missing.length === 0) return
  const there = available.length === 0 ? 'No model is there at all; `souk doctor` says why.' : `There are: ${available.join(', ')}.`
  throw new CommandFailed(EXIT.usage, 'no-model', `There is no model ${missing.join(', ')} here. ${there}`)
}

/** The engine speaks to the page's reader, who has Settings; here there are options. */
function explainStart(engine: Engine, message: string): string {
  const { problem } = engine.backend.status.get()
  if (engine.provider.offeredModels().length === 0 && problem !== undefined) return `There is no model to sell: ${problem} Or sell the toy: --backend toy.`
  return message.replace('Check the relays in Settings.', `Tried: ${engine.pool.urls().join(', ')}. \`souk doctor\` says more.`)
}

function describeJob(row: JobRow): string {
  const money = row.movedMsat > 0 ? `, ${formatSats(row.movedMsat)} sats in` : ''
  return `${row.jobId}  ${row.state}${money}${row.note === undefined ? '' : `  ${row.note}`}`
}
