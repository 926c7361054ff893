import type { JobRow } from '#shared/ipc/common.ts'
import { formatSats, msat } from '#shared/market/msat.ts'
import { EXIT } from '../exitCodes.ts'
import { openSouk, type CommonOptions } from '../openSouk.ts'
import { CommandFailed, createOutput, keepAlive, waitForInterrupt } from '../terminal.ts'

export interface ProviderCommandOptions extends CommonOptions {
  readonly createChannel?: boolean | undefined
  readonly channel?: string | undefined
  readonly model?: readonly string[] | undefined
  readonly price?: number | undefined
  readonly stream?: boolean | undefined
  readonly name?: string | undefined
  readonly maxTokens?: number | undefined
  readonly json?: boolean | undefined
}

/** Sells until it is interrupted. */
export async function provider(options: ProviderCommandOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const interrupt = waitForInterrupt()
  const release = keepAlive()
  const opened = await openSouk(options, 'terminal')
  if (!opened.ok) throw new CommandFailed(EXIT.failed, opened.error.code, opened.error.message)
  const engine = opened.value
  try {
    await engine.backend.refresh()
    if (options.channel !== undefined) engine.provider.setChannel(options.channel)
    if (options.createChannel === true) engine.provider.setChannel(null)
    engine.provider.setTerms({
      streaming: options.stream === true,
      ...(options.price === undefined ? {} : { priceMsat: msat(options.price) }),
      ...(options.model === undefined || options.model.length === 0 ? {} : { models: [...options.model] }),
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.maxTokens === undefined ? {} : { maxTokens: options.maxTokens }),
    })
    engine.jobChanged.listen((row) => {
      if (row.role !== 'provider') return
      output.tell({ type: 'job', ...row })
      output.say(describeJob(row))
    })
    const tellBalance = () => output.tell({ type: 'balance', balanceMsat: engine.account.status.get().balanceMsat })
    engine.account.status.subscribe(tellBalance)
    await engine.account.refresh()
    const started = await engine.provider.start()
    if (!started.ok) throw new CommandFailed(EXIT.failed, started.error.code, started.error.message)
    const { terms, channelId } = engine.provider.status.get()
    const models = engine.provider.offeredModels()
    const price = `${formatSats(terms.priceMsat)} sats per request`
    output.say(`Selling ${models.join(', ')} at ${price}${engine.wallet.kind === 'mock' ? ', without a wallet (trial: nobody pays)' : ''}.`)
    output.say(`Channel: ${channelId}\nPublic key: ${engine.keyring.identity.pubkey}\nRelays: ${engine.pool.urls().join(', ')}\nCtrl-C stops.`)
    output.tell({ type: 'selling', channelId, pubkey: engine.keyring.identity.pubkey, relays: engine.pool.urls(), models, priceMsat: terms.priceMsat })
    await interrupt.interrupted
    output.say('Withdrawing the offer and stopping.')
  } finally {
    await engine.close()
    interrupt.stop()
    release()
  }
}

function describeJob(row: JobRow): string {
  const money = row.movedMsat > 0 ? `, ${formatSats(row.movedMsat)} sats in` : ''
  return `${row.jobId}  ${row.state}${money}${row.note === undefined ? '' : `  ${row.note}`}`
}
