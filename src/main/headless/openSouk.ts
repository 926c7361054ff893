/** Opens the engine for a command: ports of plain Node, folders, secrets, and the words for what went wrong. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createEngine, type Engine, type EngineConfig } from '#engine/engine.ts'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import type { LogLevel } from '#engine/ports.ts'
import { NETWORKS, type Network } from '#shared/market/network.ts'
import { fail, type Result } from '#shared/market/result.ts'
import { findFolders } from './folders.ts'
import { createStderrLog, systemClock, systemRandom } from './nodePorts.ts'
import { createPassphraseReader } from './passphrase.ts'
import { openSecretsFile, type SecretsFile } from './secretsFile.ts'
import { VERSION } from './version.ts'

export interface CommonOptions {
  readonly data?: string | undefined
  readonly relay?: readonly string[] | undefined
  /** Commander's form of --no-wallet. */
  readonly wallet?: boolean | undefined
  readonly backend?: 'auto' | 'ollama' | 'toy' | undefined
  readonly ollamaUrl?: string | undefined
  readonly house?: boolean | undefined
  readonly toySpeed?: number | undefined
  readonly passphraseFd?: number | undefined
  readonly verbose?: boolean | undefined
}

export async function openSouk(options: CommonOptions, shell: EngineConfig['shell']): Promise<Result<Engine>> {
  const folders = findFolders(options)
  const wallet = chooseWallet(options)
  if (!wallet.ok) return wallet
  const log = createStderrLog(logLevel(options))
  const secrets = openSecrets(folders.data, options)
  if (secrets.quarantined !== null) return fail('secrets-damaged', `The secrets were damaged and put aside as ${secrets.quarantined}. Start again to begin anew, and import the phrase from its backup.`)
  const config: EngineConfig = {
    dataFolder: folders.data,
    sandboxFolder: folders.sandbox,
    shell,
    version: VERSION,
    wallet: wallet.value,
    houseSeller: options.house ?? true,
    ollamaUrl: options.ollamaUrl ?? process.env['OLLAMA_HOST'] ?? 'http://127.0.0.1:11434',
    ...(options.relay && options.relay.length > 0 ? { relays: options.relay } : {}),
    ...(options.backend === undefined ? {} : { backend: options.backend }),
    ...(options.toySpeed === undefined ? {} : { toyTokensPerSecond: options.toySpeed }),
  }
  return createEngine(config, { clock: systemClock, random: systemRandom, log, openWebSocket: openWebSocketWithWs(), fetch, secrets })
}

/**
 * On the sandbox nothing is worth stealing, so no passphrase stands before the first answer: it is asked for only to
 * open what is protected, unless one was handed over. Any other network protects the phrase first.
 */
export function openSecrets(dataFolder: string, options: Pick<CommonOptions, 'passphraseFd'>): SecretsFile {
  const ask = createPassphraseReader({ environment: process.env, fileDescriptor: options.passphraseFd ?? null, input: process.stdin, output: process.stderr })
  const wasHandedOver = options.passphraseFd !== undefined || (process.env['SOUK_PASSPHRASE'] ?? '') !== ''
  const needsProtection = (process.env['SOUK_NWC'] ?? '') !== ''
  const path = join(dataFolder, 'secrets.json')
  const mayAsk = wasHandedOver || needsProtection || existsSync(path)
  return openSecretsFile({ path, passphrase: mayAsk ? ask : null, allowPlain: !needsProtection, random: systemRandom })
}

function logLevel(options: CommonOptions): LogLevel {
  return options.verbose === true ? 'debug' : 'error'
}

/** SOUK_NWC brings a wallet of one's own: an address that holds a secret has no place on a command line. */
function chooseWallet(options: CommonOptions): Result<EngineConfig['wallet']> {
  if (options.wallet === false) return { ok: true, value: { kind: 'mock' } }
  const connection = process.env['SOUK_NWC']
  if (connection === undefined || connection === '') return { ok: true, value: { kind: 'sandbox' } }
  const network: Network | undefined = NETWORKS.find((name) => name === (process.env['SOUK_NETWORK'] ?? 'regtest'))
  if (network === undefined) return fail('bad-network', `SOUK_NETWORK is not one of ${NETWORKS.join(', ')}.`)
  if (network === 'mainnet') return fail('mainnet-later', 'Souk does not spend real money yet. Use regtest, signet or testnet.')
  return { ok: true, value: { kind: 'nwc', connection, network } }
}
