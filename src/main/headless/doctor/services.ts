/** What Souk asks of others: a model server, and a wallet of one's own where one is named. */
import { z } from 'zod'
import { parseBackendUrl } from '#engine/inference/backendUrl.ts'
import { createOllamaBackend } from '#engine/inference/ollama.ts'
import { isCloudEntry, parseTags } from '#engine/inference/ollamaModels.ts'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import type { OpenWebSocket } from '#engine/ports.ts'
import { createNwcWallet } from '#engine/wallet/nwc.ts'
import type { WalletName } from '#engine/wallet/walletChoice.ts'
import { systemClock, systemRandom } from '../nodePorts.ts'
import { chooseWallet } from '../openSouk.ts'
import { failed, fine, warn, type Finding } from './finding.ts'

const OLLAMA_TIMEOUT_MS = 6_000
const WALLET_TIMEOUTS = { connectMs: 4_000, replyMs: 5_000 }
const TOY_HINT = 'Until then the toy answers.'

/** Never a failure: the sandbox has its toy. */
export async function checkOllama(told: string): Promise<Finding> {
  const url = parseBackendUrl(told)
  if (!url.ok) return warn('Ollama', `Its address cannot be used: ${url.error.message} ${TOY_HINT}`, 'Correct OLLAMA_HOST, --ollama-url or the address in Settings.')
  const status = await createOllamaBackend({ url: url.value, fetch, clock: systemClock, log: () => {} }).status(AbortSignal.timeout(OLLAMA_TIMEOUT_MS))
  if (!status.ok) {
    const isSlow = status.error.code === 'cancelled'
    const reason = isSlow ? `Ollama at ${url.value} did not answer within ${OLLAMA_TIMEOUT_MS / 1_000} seconds.` : status.error.message
    return warn('Ollama', `${reason} ${TOY_HINT}`, isSlow ? 'Restart Ollama.' : 'Install and start it (https://ollama.com), or name its address with OLLAMA_HOST.')
  }
  const { version, models } = status.value
  if (models.length > 0) {
    const shown = models.slice(0, 3).map((model) => model.name).join(', ')
    return fine('Ollama', `${version ?? ''} at ${url.value}: ${shown}${models.length > 3 ? ` and ${models.length - 3} more` : ''}`)
  }
  const clouded = await countCloudModels(url.value)
  const reason = clouded > 0 ? `runs, and its ${clouded === 1 ? 'one model works' : `${clouded} models work`} on Ollama’s cloud, which is not yours to sell.` : 'runs and has no model.'
  return warn('Ollama', `${version ?? ''} ${reason} ${TOY_HINT}`, 'ollama pull llama3.2')
}

async function countCloudModels(url: string): Promise<number> {
  try {
    const response = await fetch(`${url}/api/tags`, { signal: AbortSignal.timeout(2_000) })
    const entries = parseTags(z.unknown().parse(await response.json())) ?? []
    return entries.filter(isCloudEntry).length
  } catch {
    return 0
  }
}

/** A wallet of one's own, or what is wrong with how it is named. The sandbox's is looked at with the sandbox. */
export async function checkWallet(environment: NodeJS.ProcessEnv, kept: WalletName, openWebSocket: OpenWebSocket): Promise<Finding> {
  const chosen = chooseWallet({}, environment)
  if (!chosen.ok) return failed('Wallet', chosen.error.message, 'Correct SOUK_NWC and SOUK_NETWORK, or unset both for the sandbox.')
  if (chosen.value.kind !== 'nwc' && kept.kind !== 'sandbox') return fine('Wallet', `${kept.kind === 'spark' ? 'Spark' : 'your own'} on ${kept.network}, chosen in Settings; its secrets stay closed here, so it is not asked`)
  if (chosen.value.kind !== 'nwc') return fine('Wallet', 'the sandbox’s: play money')
  const { connection, network } = chosen.value
  const wallet = createNwcWallet({ connection, network, clock: systemClock, random: systemRandom, log: () => {}, openWebSocket, crypto: await loadNostrCrypto(), timeouts: WALLET_TIMEOUTS })
  if (!wallet.ok) return failed('Wallet', `SOUK_NWC: ${wallet.error.message}`, 'Correct it, or unset it for the sandbox.')
  try {
    const info = await wallet.value.info()
    if (info.ok) return fine('Wallet', `${info.value.alias} on ${network} answers`)
    return warn('Wallet', `Your wallet (SOUK_NWC) does not work: ${info.error.message}`, 'Check that it is online and that the connection was not withdrawn. Unset SOUK_NWC for the sandbox.')
  } finally {
    await wallet.value.close()
  }
}
