/** The composition root: puts the rooms together, one after the other, in the order in which they need each other. */
import { z } from 'zod'
import type { JobRow } from '#shared/ipc/common.ts'
import type { MintFaults } from '#shared/ipc/settings.ts'
import { ok, type Result } from '#shared/market/result.ts'
import { jobIdOf } from '#shared/protocol/channel.ts'
import { createCustomer } from './customer/customer.ts'
import { createPurchaseDialects } from './customer/dialects/purchaseDialects.ts'
import { createChannels } from './customer/channels/channels.ts'
import { createDirectory } from './customer/directory.ts'
import { createPinger } from './customer/pinger.ts'
import { createMutes } from './customer/mutes/mutes.ts'
import { createPeerRelays } from './customer/peerRelays.ts'
import { findClockProblem, watchClock } from './clockWarning.ts'
import { createEmitter, type Emitter } from './emitter.ts'
import { createBackendChooser } from './inference/chooseBackend.ts'
import { createOllamaBackend } from './inference/ollama.ts'
import { createToyBackend } from './inference/toy.ts'
import { createJobIdentities } from './nostr/jobIdentity.ts'
import { loadNostrCrypto } from './nostr/crypto.ts'
import { rememberSignatures } from './nostr/knownSignatures.ts'
import { createMiner } from './nostr/mining/miner.ts'
import { createPassersBy } from './nostr/passersBy.ts'
import { createRelayPool } from './nostr/pool.ts'
import { isLoopbackUrl, relaysToTell } from './nostr/relayHost.ts'
import { createSteadyCipher } from './nostr/steadyCipher.ts'
import { createRelayList } from './relayList.ts'
import { createSaleDialects } from './provider/dialects/saleDialects.ts'
import { createProvider } from './provider/provider.ts'
import { createRelayListPublisher } from './provider/relayListPublisher.ts'
import { createJobSigners } from './receipts/jobSigners.ts'
import { createReceiptExchange, type ReceiptExchange } from './receipts/exchange.ts'
import { createReceipts } from './receipts/receipts.ts'
import { startHouse } from './sandbox/house.ts'
import { joinSandbox, type Sandbox } from './sandbox/sandbox.ts'
import { createSpendingReader } from './spending/readSpending.ts'
import { createBooks } from './store/books.ts'
import { createJournal } from './store/journal.ts'
import { createPreimages } from './store/preimages.ts'
import { createReceiptStore } from './store/receipts.ts'
import { createSentPaymentStore } from './store/sentPayments.ts'
import { createSightings } from './store/sightings.ts'
import { createThreadStore } from './store/threads.ts'
import { createSignal } from './signal.ts'
import { createAccount, type Account } from './wallet/account.ts'
import { withFreshInvoices } from './wallet/freshInvoices.ts'
import { createMoney } from './wallet/money.ts'
import { inspectNwc } from './wallet/nwcInfo.ts'
import { openWallet } from './wallet/openWallet.ts'
import { createReconciler, type Reconciler } from './wallet/reconcile.ts'
import type { Wallet } from './wallet/wallet.ts'
import { createWithdrawals } from './wallet/withdrawals.ts'
import { createWalletChoice } from './wallet/walletChoice.ts'
import { findWorkProblem } from './workDemand.ts'
import { wrapped } from './wrapped.ts'
import type { Engine, EngineConfig, EnginePorts, UndoStep } from './engine.ts'
import { openFolder } from './openFolder.ts'

/** Local relays take every piece at once; public ones are spared. */
const LOCAL_PIECE_INTERVAL_MS = 20
const PUBLIC_PIECE_INTERVAL_MS = 150

const LIST_DATE_KEY = 'relays.listDate'

const RELAY_MEMORY_KEY = 'relays.learned'

/** What was opened is closed by the steps left in `undo`, last first, also after a failure. */
export async function openEngine(config: EngineConfig, ports: EnginePorts, undo: UndoStep[]): Promise<Result<Omit<Engine, 'close'>>> {
  const { clock, random, log, openWebSocket } = ports
  const timeouts = config.walletTimeouts ?? {}

  const folder = await openFolder(config, ports, undo)
  if (!folder.ok) return folder
  const { notices, settings, preferences, keyring, walletConfig, database } = folder.value
  const journal = wrapped(ports.wrap?.journal, createJournal(database))
  const books = createBooks(database)
  const threads = createThreadStore(database)
  const onStoreFailure = (error: Error) => {
    log('error', 'the store refused a write', { reason: error.message })
    notices.raise('store-failed', 'danger', `The store takes no writes: ${error.message}. Nothing new is bought or sold until it does. Check the disk.`)
  }
  const onUnreadable = (jobId: string, error: Error) => {
    log('error', 'the journal of a job cannot be read', { jobId, reason: error.message })
    notices.raise(`unreadable-${jobId}`, 'danger', `What the store holds of ${jobId} is damaged, so this job stands still. Its money can be looked up in the wallet.`)
  }

  const crypto = rememberSignatures(ports.crypto ?? (await loadNostrCrypto()))
  const signer = crypto.createSigner(keyring.identity.secretKey)
  const cipher = createSteadyCipher(keyring.identity.secretKey, random)

  const needsSandbox = walletConfig.kind === 'sandbox' || config.relays === undefined
  let sandbox: Sandbox | null = null
  if (needsSandbox) {
    const joined = await joinSandbox({ folder: config.sandboxFolder, clock, random, log, openWebSocket, crypto })
    if (!joined.ok) return joined
    sandbox = joined.value
    undo.push(() => joined.value.close())
  }

  const miner = createMiner({ log })
  undo.push(() => miner.close())
  const passerBy = createPassersBy(random.bytes(32), crypto)
  let isSelling = () => false
  const pool = wrapped(ports.wrap?.pool, createRelayPool({
    clock, random, openWebSocket, crypto, log, miner, fetch: ports.fetchInformation ?? ports.fetch,
    memory: { read: () => settings.read(RELAY_MEMORY_KEY, z.unknown()), write: (value) => settings.write(RELAY_MEMORY_KEY, value) },
    // Who only buys shows its key to no relay; and nobody shows it to one that a stranger named.
    authenticate: (relay, isGuest) => (isSelling() && !isGuest ? signer : passerBy(relay)),
  }))
  undo.push(() => pool.close())
  const fixed = config.relays?.map((relay) => (typeof relay === 'string' ? { url: relay, read: true, write: true } : relay)) ?? null
  const relayList = createRelayList({ pool, preferences, fixed, ownUrl: sandbox?.relayUrl ?? null })
  const connecting = relayList.open()
  if (!connecting.ok) return connecting
  undo.push(watchClock(pool, notices))

  const made = await openWallet(walletConfig, {
    clock, random, log, openWebSocket, crypto, keyring, sandbox, timeouts,
    dataFolder: config.dataFolder,
    limitsSet: preferences.limitsSet.get(),
    startSparkThread: ports.startSparkThread,
  })
  if (!made.ok) return made
  // Besides the wallet's own hints: what it shows and nobody here has written is looked up by whoever asked for it.
  const hints = createEmitter<{ readonly paymentHash: string }>()
  const sightings = createSightings(database)
  const isKnownHash = (paymentHash: string) => journal.ownerOfPayment(paymentHash, 'incoming') !== null || sightings.find(paymentHash, 'incoming') !== null
  const wallet = withFreshInvoices(withHints(wrapped(ports.wrap?.wallet, made.value), hints), isKnownHash)
  undo.push(() => wallet.close())

  const payments = createSentPaymentStore(database)
  const preimages = createPreimages(database)
  const spending = createSpendingReader({ journal, payments, clock, settings: () => preferences.settings.get() })
  const money = createMoney({ books, journal, clock, balanceMsat: () => account.status.get().balanceMsat, reconciliation: () => reconciler.last.get() })
  const account: Account = createAccount({ wallet, payments, clock, log, transact: (change) => journal.transact(change), spending, isOwnHash: (hash) => journal.jobOfPayment(hash) !== null })
  undo.push(() => account.close())
  const withdrawals = wallet.onchain === undefined ? null : createWithdrawals({ onchain: wallet.onchain, payments, transact: (change) => journal.transact(change), spending, clock, random, log, onSent: () => account.touch() })
  undo.push(() => withdrawals?.close())
  const reconciler: Reconciler = createReconciler({
    wallet, books, sightings, journal, payments, clock, log,
    onUnrecorded: (paymentHash) => hints.emit({ paymentHash }),
    onInconclusive: () => account.touch(),
    onAdjusted: (sentence) => notices.raise('books-adjusted', 'warning', `${sentence} It is posted as an adjustment; the wallet page lists it.`),
  })
  undo.push(() => reconciler.close())
  undo.push(account.status.subscribe(({ state, balanceMsat, info }) => {
    if (state === 'ready' && balanceMsat !== null && info !== null) void reconciler.look(balanceMsat, info.alias)
  }))
  const choice = preferences.backend(config.backend, config.ollamaUrl)
  const backend = createBackendChooser({
    choice: choice.choice,
    url: choice.url,
    ollama: (url) => createOllamaBackend({ url, fetch: ports.fetch, clock, log }),
    toy: wrapped(ports.wrap?.toy, createToyBackend({ clock, ...(config.toyTokensPerSecond === undefined ? {} : { tokensPerSecond: config.toyTokensPerSecond }) })),
    clock,
  })
  undo.push(() => backend.close())

  const jobChanged = createEmitter<JobRow>()
  const threadsChanged = createEmitter<null>()
  /** Once both roles are there. */
  let exchange: ReceiptExchange | null = null
  const receipts = createReceipts({ journal, store: createReceiptStore(database), signers: createJobSigners(keyring.identity.secretKey, crypto, random), crypto, clock, log, onMade: (job) => exchange?.made(job) })
  undo.push(() => receipts.close())
  const onJobChanged = (row: JobRow) => {
    notices.clear('store-failed')
    receipts.jobChanged(row)
    jobChanged.emit(row)
    account.touch()
  }
  // Unknown until the wallet answered once: then nothing is offered that it may not be able to do.
  const walletLocks = () => account.status.get().info ?? { holdInvoices: false, lockAddress: null }
  const publicRelays = () => relaysToTell(pool.urls('read'))
  const provider = createProvider({
    clock, log, random, pool, signer, wallet, walletLocks, walletKnown: (timeoutMs) => account.known(timeoutMs), preimages, journal, spending, settings, onJobChanged, onStoreFailure, onUnreadable,
    onReceipt: (jobId, receipt, createdAt) => exchange?.heard(jobId, receipt, createdAt),
    backend: () => backend.active(),
    availableModels: () => backend.status.get().models.map((model) => model.name),
    modelDigest: (name) => backend.status.get().models.find((model) => model.name === name)?.digest,
    publicRelays,
    dialects: (channelId, terms) =>
      createSaleDialects({
        pool, signer, cipher, crypto, clock, channelId, terms, publicRelays,
        receiptSigner: crypto.createSigner(keyring.identity.secretKey, true),
        isSelling: () => isSelling(),
        web: ports.web ?? null,
        isKnownRequest: (requestId) => journal.row('customer', jobIdOf(requestId)) !== null || journal.row('provider', jobIdOf(requestId)) !== null,
        pieceIntervalMs: () => (pool.urls().every(isLoopbackUrl) ? LOCAL_PIECE_INTERVAL_MS : PUBLIC_PIECE_INTERVAL_MS),
      }),
  })
  undo.push(() => provider.close())
  isSelling = () => provider.status.get().selling !== 'off'
  const isSeller = createSignal(isSelling())
  undo.push(provider.status.subscribe(() => {
    if (isSelling() === isSeller.get()) return
    isSeller.set(isSelling())
    pool.reauthenticate()
  }))
  undo.push(backend.status.subscribe(() => provider.modelsChanged()))
  // How a job can be settled is known once the wallet has said what it can do.
  let knownInfo = account.status.get().info
  undo.push(account.status.subscribe(() => {
    const { info } = account.status.get()
    if (info === knownInfo) return
    knownInfo = info
    provider.modelsChanged()
  }))
  const listPublisher = createRelayListPublisher({
    pool, signer, clock, log,
    list: () => ({ read: publicRelays(), write: relaysToTell(pool.urls('write')) }),
    lastDate: { read: () => settings.read(LIST_DATE_KEY, z.number().int().nonnegative()) ?? 0, write: (createdAt) => settings.write(LIST_DATE_KEY, createdAt) },
  })
  undo.push(() => listPublisher.close())
  const updateList = () => listPublisher.update(provider.status.get().selling === 'on')
  undo.push(provider.status.subscribe(updateList), preferences.settings.subscribe(updateList))
  const peerRelays = createPeerRelays({ pool, clock })
  undo.push(() => peerRelays.close())
  const mutes = createMutes({ pool, signer, cipher, clock, log, store: settings, mayShowKey: isSeller })
  undo.push(() => mutes.close())
  const hidden = { includes: (pubkey: string, eventId: string) => mutes.isMuted(pubkey) || mutes.isHidden(eventId), subscribe: (listener: () => void) => mutes.muted.subscribe(listener) }
  const boughtFrom = () => new Set([...journal.peerHistory('customer')].flatMap(([pubkey, { done }]) => (done > 0 ? [pubkey] : [])))
  const pinger = createPinger({ pool, crypto, random, clock, onPong: (pubkey, atMs) => directory.heard(pubkey, atMs) })
  undo.push(() => pinger.close())
  const directory = createDirectory({ pool, clock, log, ownPubkey: () => signer.pubkey, hidden, boughtFrom, probe: (offer) => pinger.ping(offer) })
  undo.push(() => directory.close())
  const channels = createChannels({ pool, signer, clock, store: settings, directory, publicRelays })
  undo.push(() => channels.close())
  const customer = createCustomer({
    clock, log, random, wallet, walletLocks, preimages, journal, threads, directory, onJobChanged,
    settling: () => preferences.settings.get(),
    isMuted: (pubkey) => mutes.isMuted(pubkey),
    ownPubkey: signer.pubkey,
    dialects: createPurchaseDialects({ pool, signer, cipher, clock, log, crypto, identities: createJobIdentities(keyring.identity.secretKey, crypto, random), answerRelays: publicRelays }),
    onStoreFailure, onUnreadable,
    limits: () => preferences.settings.get().limits,
    onlyPrivate: () => preferences.settings.get().onlyPrivate,
    clockProblem: () => findClockProblem(pool),
    relayProblem: (sellerRelays) => findWorkProblem(pool, sellerRelays),
    peerRelays: (pubkey) => peerRelays.of(pubkey),
    spending,
    randomId: () => Buffer.from(random.bytes(16)).toString('hex'),
    availableMsat: () => money.availableMsat(),
    housePubkey: () => sandbox?.housePubkey() ?? null,
    onThreadsChanged: () => threadsChanged.emit(null),
  })
  undo.push(() => customer.close())
  exchange = createReceiptExchange({
    receipts, clock, log,
    row: ({ role, jobId }) => journal.row(role, jobId),
    customer: { send: (jobId, receipt) => customer.sendReceipt(jobId, receipt), hear: (jobId, onReceipt) => customer.hearReceipts(jobId, onReceipt) },
    provider: { send: (jobId, receipt) => provider.sendReceipt(jobId, receipt) },
  })
  undo.push(() => exchange?.close())
  if (sandbox !== null && config.houseSeller) undo.push(startHouse({ sandbox, clock, random, log, openWebSocket, crypto, toyTokensPerSecond: config.toyTokensPerSecond }))

  provider.resume()
  customer.resume()
  account.resume()
  withdrawals?.resume()
  receipts.resume()
  exchange.resume()

  const mintFaults = createSignal<MintFaults | null>(null)
  const showMintFaults = () => mintFaults.set(sandbox?.mint()?.faults.get() ?? null)
  if (sandbox !== null) undo.push(sandbox.role.subscribe(showMintFaults))
  showMintFaults()

  return ok({
    mintFaults, config, clock, keyring, notices, preferences, pool, relayList, wallet, walletKind: walletConfig.kind, walletChoice: createWalletChoice({ settings, secrets: ports.secrets, keyring, preferences }), inspectWallet: (connection) => inspectNwc(connection, { clock, random, log, openWebSocket, crypto }), account, withdrawals, books, money, reconciler, backend, provider, customer, directory, channels, mutes, journal, threads, receipts, fetchReceipt: (jobId) => exchange?.now(jobId) ?? Promise.resolve(), sandbox, jobChanged, threadsChanged,
    setMintFaults(change) {
      const mint = sandbox?.mint() ?? null
      mint?.setFaults(change)
      showMintFaults()
      return mint !== null
    },
  })
}

/** The same wallet, with more hints. */
function withHints(wallet: Wallet, hints: Emitter<{ readonly paymentHash: string }>): Wallet {
  return {
    ...wallet,
    watch(listener) {
      const ends = [wallet.watch(listener), hints.listen(listener)]
      return () => ends.forEach((end) => end())
    },
  }
}
