/** The house seller: an identity of the sandbox's own that offers the toy, so that Buy is never empty. Runs where the sandbox is hosted. */
import { join } from 'node:path'
import { z } from 'zod'
import { sats } from '#shared/market/msat.ts'
import { createToyBackend, TOY_MODEL } from '../inference/toy.ts'
import type { NostrCrypto } from '../nostr/crypto.ts'
import { createPhrase, deriveIdentity } from '../nostr/identity.ts'
import { createRelayPool } from '../nostr/pool.ts'
import { createSteadyCipher } from '../nostr/steadyCipher.ts'
import type { Clock, Log, OpenWebSocket, Random } from '../ports.ts'
import { createSaleDialects } from '../provider/dialects/saleDialects.ts'
import { createProvider, type Provider } from '../provider/provider.ts'
import { createReceiptExchange, type ReceiptExchange } from '../receipts/exchange.ts'
import { createJobSigners } from '../receipts/jobSigners.ts'
import { createReceipts } from '../receipts/receipts.ts'
import { openDatabase } from '../store/database.ts'
import { createJournal } from '../store/journal.ts'
import { MIGRATIONS } from '../store/migrations.ts'
import { UNLIMITED } from '../spending/judgeSpending.ts'
import { createPreimages } from '../store/preimages.ts'
import { createReceiptStore } from '../store/receipts.ts'
import { createSettingStore } from '../store/settings.ts'
import { createNwcWallet } from '../wallet/nwc.ts'
import type { Sandbox } from './sandbox.ts'

export interface HouseOptions {
  readonly sandbox: Sandbox
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly openWebSocket: OpenWebSocket
  readonly crypto: NostrCrypto
  readonly toyTokensPerSecond?: number | undefined
}

const PHRASE_KEY = 'house.phrase'
const PIECE_INTERVAL_MS = 20

/** Opens the house while this process is the host, and when it becomes it. The returned function closes it. */
export function startHouse(options: HouseOptions): () => Promise<void> {
  let closeHouse: Promise<() => Promise<void>> | null = null
  const openIfHost = () => {
    if (options.sandbox.role.get() === 'host') closeHouse ??= openHouse(options)
  }
  const forget = options.sandbox.role.subscribe(openIfHost)
  openIfHost()
  return async () => {
    forget()
    await (await closeHouse)?.()
  }
}

async function openHouse({ sandbox, clock, random, log, openWebSocket, crypto, toyTokensPerSecond }: HouseOptions): Promise<() => Promise<void>> {
  const opened = openDatabase(join(sandbox.folder, 'house.db'), MIGRATIONS, clock.now())
  if (!opened.ok) {
    log('warn', 'the house seller stays closed', { reason: opened.error.message })
    return async () => {}
  }
  const { database } = opened.value
  const settings = createSettingStore(database)
  const phrase = settings.read(PHRASE_KEY, z.string()) ?? createPhrase(random)
  settings.write(PHRASE_KEY, phrase)
  const identity = deriveIdentity(phrase)
  sandbox.announceHouse(identity.pubkey)
  const wallet = createNwcWallet({ connection: sandbox.connectionFor(identity.walletSecret), network: 'regtest', openWebSocket, crypto, clock, log, random })
  if (!wallet.ok) throw new Error(wallet.error.message)
  const pool = createRelayPool({ clock, random, openWebSocket, crypto, log })
  pool.add(sandbox.relayUrl)
  const toy = createToyBackend({ clock, ...(toyTokensPerSecond === undefined ? {} : { tokensPerSecond: toyTokensPerSecond }) })
  const signer = crypto.createSigner(identity.secretKey)
  const publicRelays = () => [sandbox.relayUrl]
  const journal = createJournal(database)
  /** Once it sells. */
  let exchange: ReceiptExchange | null = null
  const receipts = createReceipts({ journal, store: createReceiptStore(database), signers: createJobSigners(identity.secretKey, crypto, random), crypto, clock, log, onMade: (job) => exchange?.made(job) })
  const provider: Provider = createProvider({
    clock, log, random, pool, settings,
    signer,
    wallet: wallet.value,
    preimages: createPreimages(database),
    // Play money, and its own.
    spending: () => UNLIMITED,
    walletKnown: () => Promise.resolve(true),
    // The sandbox's mint can.
    walletLocks: () => ({ holdInvoices: true, lockAddress: null }),
    journal,
    backend: () => toy,
    availableModels: () => [TOY_MODEL],
    publicRelays,
    dialects: (channelId, terms) =>
      createSaleDialects({
        pool, signer, crypto, clock, channelId, terms, publicRelays,
        receiptSigner: crypto.createSigner(identity.secretKey, true),
        cipher: createSteadyCipher(identity.secretKey, random),
        isSelling: () => provider.status.get().selling === 'on',
        web: null,
        isKnownRequest: () => false,
        pieceIntervalMs: () => PIECE_INTERVAL_MS,
      }),
    onJobChanged: (row) => receipts.jobChanged(row),
    onReceipt: (jobId, receipt, createdAt) => exchange?.heard(jobId, receipt, createdAt),
    onStoreFailure: (error) => log('error', 'the house store refused a write', { reason: error.message }),
    onUnreadable: (jobId, error) => log('error', 'a job of the house cannot be read', { jobId, reason: error.message }),
  })
  provider.setTerms({ name: 'House seller', about: 'The sandbox’s own seller. It answers with a toy, not a language model.', priceMsat: sats(15), concurrency: 4 })
  exchange = createReceiptExchange({
    receipts, clock, log,
    row: ({ role, jobId }) => journal.row(role, jobId),
    customer: null,
    provider: { send: (jobId, receipt) => provider.sendReceipt(jobId, receipt) },
  })
  provider.resume()
  receipts.resume()
  const started = provider.start()
  return async () => {
    exchange?.close()
    receipts.close()
    await started
    await provider.close()
    await pool.close()
    await wallet.value.close()
    database.close()
  }
}
