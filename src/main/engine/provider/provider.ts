/** Selling: takes requests, drives the sales, announces. Knows nothing of who buys. */
import type { JobRow } from '#shared/ipc/common.ts'
import { dialectNamed, type DialectName } from '#shared/market/dialect.ts'
import { saleTermsSchema, type SaleTerms } from '#shared/ipc/provider.ts'
import { addMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { channelCreateTemplate } from '#shared/protocol/channelCreate.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { z } from 'zod'
import { signAndDeliver } from '../delivery.ts'
import { createRefundPayer } from '../credit/payRefund.ts'
import { isRefundEffect } from '../credit/refund.ts'
import type { Backend } from '../inference/backend.ts'
import { createScheduler } from '../inference/scheduler.ts'
import type { RelayPool, Subscription } from '../nostr/relayPool.ts'
import type { Signer } from '../nostr/signer.ts'
import type { Clock, Log, Random } from '../ports.ts'
import { saleMayWait } from '../mayWait.ts'
import { createReactor, type Reactor } from '../reactor.ts'
import { createSignal, type Signal } from '../signal.ts'
import type { SpendingContext } from '../spending/judgeSpending.ts'
import type { SpendingSubject } from '../spending/readSpending.ts'
import type { Journal } from '../store/journal.ts'
import type { SettingStore } from '../store/settings.ts'
import type { Preimages } from '../store/preimages.ts'
import type { Wallet, WalletLocks } from '../wallet/wallet.ts'
import { createAnnouncer } from './announcer.ts'
import { CREDIT_WINDOW_MS } from './credit.ts'
import { DEFAULT_TERMS } from './defaultTerms.ts'
import type { SaleDialect } from './dialect.ts'
import { watchLatePayments } from './latePayments.ts'
import { createOffering } from './offering.ts'
import { createOpenJobs, type OpenJobRows } from './openJobs.ts'
import { repayableSaleMachine, type AnySaleMessage } from './repayableSale.ts'
import type { Sale, SaleMessage } from './sale.ts'
import { createSaleEffects } from './saleEffects.ts'
import { createSaleInbox } from './saleInbox.ts'
import { describeSale } from './saleView.ts'

export interface ProviderOptions {
  readonly clock: Clock
  readonly log: Log
  readonly pool: RelayPool
  readonly signer: Signer
  readonly wallet: Wallet
  readonly preimages: Preimages
  readonly random: Random
  /** Resolves with whether the wallet has said what it is, after that time at the latest. */
  readonly walletKnown: (timeoutMs: number) => Promise<boolean>
  /** Whether the wallet can hold money on a hash, and be locked money at an address, as far as is known now. */
  readonly walletLocks: () => WalletLocks
  readonly journal: Journal
  /** What paying back is checked against, read in the transaction that stores the intent. */
  readonly spending: (subject: SpendingSubject) => SpendingContext
  readonly settings: SettingStore
  readonly backend: () => Backend
  /** Models that the backend could run now, in its own order. */
  readonly availableModels: () => readonly string[]
  /** The digest of a model's files as the backend tells it now; undefined where it tells none. */
  readonly modelDigest?: ((model: string) => string | undefined) | undefined
  /** Relays named in what is published. */
  readonly publicRelays: () => readonly string[]
  /** The dialects spoken; each is told the channel to listen to, null when there is none, and the terms as they are now. */
  readonly dialects: (channelId: () => string | null, terms: () => SaleTerms) => readonly SaleDialect[]
  onJobChanged(row: JobRow): void
  /** A job's customer hands over what it signed: as it came, and to be checked. `createdAt`: of the event, in Unix seconds. */
  readonly onReceipt?: (jobId: string, receipt: NostrEvent, createdAt: number) => void
  readonly onStoreFailure: (error: Error) => void
  readonly onUnreadable: (jobId: string, error: Error) => void
}

export interface ProviderStatus {
  readonly selling: 'off' | 'starting' | 'on' | 'stopping'
  readonly since: number | null
  readonly problem: string | null
  readonly channelId: string | null
  readonly terms: SaleTerms
  readonly announcedAt: number | null
  /** Open jobs and debts, by job id, with what is known of them while they run. */
  readonly jobs: OpenJobRows
}

export interface Provider {
  readonly status: Signal<ProviderStatus>
  start(): Promise<Result<null>>
  stop(): Promise<void>
  setTerms(change: Partial<SaleTerms>): void
  setChannel(channelId: string | null): void
  offeredModels(): readonly string[]
  /** The languages in which it takes a job now, the best first: as the listing names them. */
  spokenDialects(): readonly DialectName[]
  /** How it settles jobs now, in some dialect that it speaks. */
  spokenSettlements(): readonly Settlement[]
  /** The backend's models changed, or what the wallet can do: what is offered may have too. */
  modelsChanged(): void
  cancelJob(jobId: string): Result<null>
  retryJob(jobId: string): Result<null>
  writeOffJob(jobId: string, note: string): Result<null>
  /** Hands over to its customer what was signed of a job at its end; whether a relay took it. */
  sendReceipt(jobId: string, receipt: NostrEvent): Promise<boolean>
  earnings(sinceMs: number): { readonly earnedMsat: Msat; readonly jobs: number }
  /** Takes up what was paid for and not delivered; call once, after everything else is there. */
  resume(): void
  close(): Promise<void>
}

const TERMS_KEY = 'provider.terms'
const CHANNEL_KEY = 'provider.channel'
const LAST_DATE_KEY = 'provider.lastAnnouncement'
/** Jobs that came to nothing are kept for the timeline, and this many of them, so that strangers cannot fill the disk. */
const UNPAID_KEPT = 2_000
const CONNECT_TIMEOUT_MS = 10_000
const WALLET_TIMEOUT_MS = 3_000
/** What the store refused is read again from the relays after this. */
const STORE_RETRY_MS = 2_000

export function createProvider(options: ProviderOptions): Provider {
  const { clock, log, pool, signer, wallet, journal, settings } = options
  const stored = settings.read(TERMS_KEY, saleTermsSchema.partial())
  const status = createSignal<ProviderStatus>({
    selling: 'off',
    since: null,
    problem: null,
    channelId: settings.read(CHANNEL_KEY, z.string().regex(/^[0-9a-f]{64}$/)),
    terms: { ...DEFAULT_TERMS, ...withoutUndefined(stored ?? {}) },
    announcedAt: null,
    jobs: {},
  })
  const scheduler = createScheduler({ concurrency: () => status.get().terms.concurrency })
  const openJobs = createOpenJobs({ clock, scheduler, show: (change) => status.update((before) => ({ ...before, jobs: change(before.jobs) })) })
  const dialects = options.dialects(() => status.get().channelId, () => status.get().terms)
  const { walletLocks } = options
  const offering = createOffering({ dialects, wallet, walletLocks, availableModels: options.availableModels, publicRelays: options.publicRelays, current: () => status.get() })
  const announcer = createAnnouncer({
    pool, signer, clock, log,
    lastDate: {
      read: () => settings.read(LAST_DATE_KEY, z.number().int().nonnegative()) ?? 0,
      write(createdAt) {
        try {
          settings.write(LAST_DATE_KEY, createdAt)
        } catch (error) {
          log('warn', 'the date of an announcement could not be kept', { reason: error instanceof Error ? error.message : String(error) })
        }
      },
    },
  })
  let inboxes: readonly Subscription[] = []
  let cancelListening: (() => void) | null = null

  const effects = createSaleEffects({
    clock,
    log,
    wallet,
    preimages: options.preimages,
    backend: options.backend,
    modelDigest: options.modelDigest,
    scheduler,
    dialectOf: ({ request }) => dialectNamed(dialects, request.dialect),
    streaming: () => status.get().terms.streaming,
    state: (jobId) => reactor.state(jobId),
    dispatch: (jobId, message) => reactor.dispatch(jobId, message),
    onProgress: (jobId, made) => openJobs.madeMore(jobId, made),
  })

  const payRefund = createRefundPayer({ clock, wallet, spending: options.spending, dispatch: (jobId, message) => reactor.dispatch(jobId, message) })

  const reactor: Reactor<Sale, AnySaleMessage> = createReactor({
    role: 'provider' as const,
    machine: repayableSaleMachine,
    journal,
    clock,
    log,
    perform: (effect, jobId, signal) => (isRefundEffect(effect) ? payRefund(effect, jobId, signal) : effects.perform(effect, jobId, signal)),
    describe: describeSale,
    tick: (at): SaleMessage => ({ at, type: 'tick' }),
    onChange(jobId, _state, row) {
      effects.jobMoved(jobId)
      if (row.final) effects.forget(jobId)
      openJobs.changed(row)
      options.onJobChanged(row)
      inbox.jobChanged(jobId)
    },
    onStoreFailure(error) {
      options.onStoreFailure(error)
      // What a customer said and the store refused is not lost: relays have it.
      cancelListening ??= clock.after(STORE_RETRY_MS, () => {
        cancelListening = null
        if (inboxes.length > 0) listen()
      })
    },
    onUnreadable: options.onUnreadable,
    mayWait: saleMayWait,
  })
  const inbox = createSaleInbox({
    clock, journal, reactor, walletLocks,
    random: options.random,
    network: wallet.network,
    preimages: options.preimages,
    spending: options.spending,
    offeredModels: offering.offeredModels,
    settlementsOf: offering.settlementsOf,
    current() {
      const { selling, terms, jobs } = status.get()
      return { isSelling: selling === 'on', terms, jobs }
    },
    forgetUnpaid,
    onReceipt: (jobId, receipt, createdAt) => options.onReceipt?.(jobId, receipt, createdAt),
  })
  const forgetLatePayments = watchLatePayments({ wallet, journal, clock, log, dispatch: (jobId, message) => reactor.dispatch(jobId, message) })
  announcer.problem.subscribe((problem) => {
    if (status.get().selling === 'on') status.update((before) => ({ ...before, problem }))
  })
  announcer.lastAnnouncedAt.subscribe((announcedAt) => status.update((before) => ({ ...before, announcedAt })))

  function forgetUnpaid(): void {
    try {
      journal.forgetUnpaid('provider', UNPAID_KEPT, clock.now() - CREDIT_WINDOW_MS)
    } catch (error) {
      options.onStoreFailure(error instanceof Error ? error : new Error(String(error)))
    }
  }

  function listen(): void {
    for (const each of inboxes) each.close()
    inboxes = dialects.map((dialect) => dialect.listen(inbox))
  }

  async function createChannel(): Promise<string | null> {
    const { terms } = status.get()
    const template = channelCreateTemplate({ name: terms.name, about: terms.about, picture: '', relays: [...options.publicRelays()] }, Math.floor(clock.now() / 1_000))
    const delivery = await signAndDeliver(pool, signer, template)
    return delivery?.eventId ?? null
  }

  function setChannel(channelId: string | null): void {
    settings.write(CHANNEL_KEY, channelId)
    status.update((before) => ({ ...before, channelId }))
    if (inboxes.length > 0) listen()
    if (status.get().selling === 'on') announcer.changed()
  }

  function notSelling(problem: string): Result<null> {
    status.update((before) => ({ ...before, selling: 'off', since: null, problem }))
    return fail('cannot-sell', problem)
  }

  function act(jobId: string, message: SaleMessage, refusal: string): Result<null> {
    const outcome = reactor.dispatch(jobId, message)
    if (outcome === 'changed') return ok(null)
    return outcome === 'store-failed' ? fail('store-failed', 'The store takes no writes now. Check the disk, then try again.') : fail('not-now', refusal)
  }

  return {
    status,
    offeredModels: offering.offeredModels,
    spokenDialects: offering.spokenDialects,
    spokenSettlements: offering.spokenSettlements,
    async start() {
      if (status.get().selling !== 'off') return ok(null)
      status.update((before) => ({ ...before, selling: 'starting', problem: null }))
      if (offering.offeredModels().length === 0) return notSelling('There is no model to sell. Start Ollama and pull a model, or choose the toy.')
      // Requests that came while it was away are read at once, and refused when what the wallet can do is not known.
      const isWalletKnown = await options.walletKnown(WALLET_TIMEOUT_MS)
      if (!(await pool.connected(CONNECT_TIMEOUT_MS))) return notSelling('No relay is connected. Check the relays in Settings.')
      const channelId = status.get().channelId ?? (await createChannel())
      if (channelId === null) return notSelling('No relay took the new channel. Check the relays in Settings.')
      try {
        if (status.get().channelId === null) setChannel(channelId)
      } catch (error) {
        log('error', 'the store refused the channel', { reason: error instanceof Error ? error.message : String(error) })
        return notSelling('The store takes no writes now. Check the disk, then start selling again.')
      }
      listen()
      announcer.start(offering.listing)
      status.update((before) => ({ ...before, selling: 'on', since: clock.now(), problem: isWalletKnown ? null : 'The wallet does not answer, so nothing can be paid. See Wallet.' }))
      return ok(null)
    },
    async stop() {
      if (status.get().selling !== 'on') return
      status.update((before) => ({ ...before, selling: 'stopping' }))
      await announcer.stop()
      status.update((before) => ({ ...before, selling: 'off', since: null }))
    },
    setTerms(change) {
      const before = status.get().terms
      const terms = { ...before, ...change }
      settings.write(TERMS_KEY, terms)
      status.update((shown) => ({ ...shown, terms }))
      scheduler.reconsider()
      // Who answers everybody reads more than who is asked by name.
      if (terms.openRequests !== before.openRequests && inboxes.length > 0) listen()
      if (status.get().selling === 'on') announcer.changed()
    },
    setChannel,
    modelsChanged() {
      if (status.get().selling === 'on') announcer.changed()
    },
    cancelJob: (jobId) => act(jobId, { at: clock.now(), type: 'sellerCancelled' }, 'This job has already ended, or its result is on its way.'),
    retryJob: (jobId) => act(jobId, { at: clock.now(), type: 'retryAsked' }, 'Nothing is owed for this job.'),
    writeOffJob: (jobId, note) => act(jobId, { at: clock.now(), type: 'writtenOff', note }, 'Nothing is owed for this job.'),
    async sendReceipt(jobId, receipt) {
      const sale = reactor.state(jobId)
      return sale.begun && (await dialectNamed(dialects, sale.request.dialect).sendReceipt?.(receipt, sale)) != null
    },
    earnings(sinceMs) {
      const earned = journal.earned(sinceMs)
      return { earnedMsat: earned.reduce((sum, each) => addMsat(sum, each.amountMsat), ZERO_MSAT), jobs: earned.length }
    },
    resume() {
      forgetUnpaid()
      reactor.resume()
      const rows = reactor.openJobs().flatMap((jobId) => journal.row('provider', jobId) ?? [])
      openJobs.load(rows)
      // Customers of open jobs are still heard, also while nothing new is sold.
      if (rows.length > 0) listen()
    },
    async close() {
      if (status.get().selling === 'on') await announcer.stop()
      for (const each of inboxes) each.close()
      openJobs.close()
      forgetLatePayments()
      cancelListening?.()
      await reactor.close()
      await scheduler.close()
    },
  }
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> }
}
