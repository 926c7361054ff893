/** Opens the engine for a command: ports of plain Node, folders, secrets, and the words for what went wrong. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createEngine, type Engine, type EngineConfig } from '#engine/engine.ts'
import { DEFAULT_OLLAMA_URL } from '#engine/inference/backendUrl.ts'
import { fetchInformationOverHttp } from '#engine/nostr/fetchInformation.ts'
import { openWebSocketWithWs } from '#engine/nostr/openWebSocket.ts'
import type { LogLevel } from '#engine/ports.ts'
import { createNodeWeb } from '#engine/web/nodeWeb.ts'
import type { RelaySetting } from '#shared/ipc/settings.ts'
import { NETWORKS, type Network } from '#shared/market/network.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { parseConnection } from '#shared/protocol/nip47.ts'
import { findFolders } from './folders.ts'
import { createStderrLog, systemClock, systemRandom } from './nodePorts.ts'
import { createPassphraseReader } from './passphrase.ts'
import { openSecretsFile, type SecretsFile } from './secretsFile.ts'
import { VERSION } from './version.ts'

export interface CommonOptions {
  readonly data?: string | undefined
  readonly relay?: readonly string[] | undefined
  readonly relayRead?: readonly string[] | undefined
  readonly relayWrite?: readonly string[] | undefined
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
  const wallet = chooseWallet(options, process.env)
  if (!wallet.ok) return wallet
  const log = createStderrLog(logLevel(options))
  if (isKeptByDesktop(folders.data)) return fail('kept-by-desktop', describeDesktop(folders.data))
  const secrets = openSecrets(folders.data, options)
  if (secrets.quarantined !== null) return fail('secrets-damaged', `The secrets were damaged and put aside as ${secrets.quarantined}. Start again to begin anew, and import the phrase from its backup.`)
  const relays = chooseRelays(options)
  const config: EngineConfig = {
    dataFolder: folders.data,
    sandboxFolder: folders.sandbox,
    shell,
    version: VERSION,
    wallet: wallet.value,
    houseSeller: options.house ?? true,
    ollamaUrl: options.ollamaUrl ?? findOllamaUrl(process.env),
    ...(relays.length > 0 ? { relays } : {}),
    ...(options.backend === undefined ? {} : { backend: options.backend }),
    ...(options.toySpeed === undefined ? {} : { toyTokensPerSecond: options.toySpeed }),
  }
  const opened = await createEngine(config, { clock: systemClock, random: systemRandom, log, openWebSocket: openWebSocketWithWs(), fetch, fetchInformation: fetchInformationOverHttp, web: createNodeWeb(), secrets })
  // An address on the command line comes before the one chosen in Settings, for this run alone.
  if (opened.ok && options.ollamaUrl !== undefined) opened.value.backend.choose(opened.value.backend.status.get().choice, options.ollamaUrl)
  return opened
}

/** The relays that the command line names, each once: one that is given both to read and to write is both. */
export function chooseRelays({ relay = [], relayRead = [], relayWrite = [] }: Pick<CommonOptions, 'relay' | 'relayRead' | 'relayWrite'>): readonly RelaySetting[] {
  return [...new Set([...relay, ...relayRead, ...relayWrite])].map((url) => {
    const isBoth = relay.includes(url)
    return { url, read: isBoth || relayRead.includes(url), write: isBoth || relayWrite.includes(url) }
  })
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

/**
 * The window keeps the identity in the system's own store, which this program cannot open. Making another one beside
 * it would split a person in two: two keys, two wallets, one store.
 */
export function isKeptByDesktop(dataFolder: string): boolean {
  return !existsSync(join(dataFolder, 'secrets.json')) && existsSync(join(dataFolder, 'phrase.secret'))
}

export function describeDesktop(dataFolder: string): string {
  return `The identity in ${dataFolder} is the window’s, which alone can open it. Use the window, or give --data with a folder of its own; \`souk identity import\` brings the same identity there.`
}

function logLevel(options: CommonOptions): LogLevel {
  return options.verbose === true ? 'debug' : 'error'
}

/**
 * SOUK_NWC brings a wallet of one's own: an address that holds a secret has no place on a command line. What does not
 * go together is refused, so that nobody takes the sandbox for the network that they named.
 */
export function chooseWallet(options: Pick<CommonOptions, 'wallet'>, environment: NodeJS.ProcessEnv): Result<EngineConfig['wallet']> {
  const isTrial = options.wallet === false
  const connection = environment['SOUK_NWC'] ?? ''
  const named = environment['SOUK_NETWORK'] ?? ''
  const network: Network | undefined = named === '' ? 'regtest' : NETWORKS.find((name) => name === named)
  if (network === undefined) return fail('bad-network', `SOUK_NETWORK is "${named}", not one of ${NETWORKS.join(', ')}. Unset it for the sandbox.`)
  if (isTrial && network !== 'regtest') {
    const reason = network === 'mainnet' ? 'on mainnet an answer would be given away for an invoice that nobody pays' : `its invoices are for the sandbox alone, and SOUK_NETWORK is ${network}`
    return fail('trial-needs-sandbox', `--no-wallet is for trials: ${reason}. Unset SOUK_NETWORK, or leave --no-wallet out.`)
  }
  if (isTrial) return { ok: true, value: { kind: 'mock' } }
  if (connection !== '') {
    const parsed = parseConnection(connection)
    return parsed.ok ? ok({ kind: 'nwc', connection, network }) : fail(parsed.error.code, `SOUK_NWC: ${parsed.error.message}`)
  }
  if (network !== 'regtest') return fail('no-wallet-for-network', `SOUK_NETWORK is ${network}, and no wallet is given for it. Set SOUK_NWC to its connection, or unset SOUK_NETWORK for the sandbox.`)
  return { ok: true, value: { kind: 'chosen' } }
}

/** OLLAMA_HOST as Ollama itself reads it: scheme and port may be left out, and 0.0.0.0 is where a server listens, not where it is. */
export function findOllamaUrl(environment: NodeJS.ProcessEnv): string {
  const named = (environment['OLLAMA_HOST'] ?? '').trim()
  if (named === '') return DEFAULT_OLLAMA_URL
  const hasScheme = /^[a-z]+:\/\//i.test(named)
  const address = hasScheme ? named : `http://${named}`
  if (!URL.canParse(address)) return named
  const url = new URL(address)
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = '127.0.0.1'
  if (!hasScheme && url.port === '' && !/:\d+$/.test(named)) url.port = '11434'
  return url.href
}
