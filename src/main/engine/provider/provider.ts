/** Selling: takes requests, drives the sales, announces. Knows nothing of who buys. */
import type { JobRow } from '#shared/ipc/common.ts'
import { dialectNamed, DIALECTS, type DialectName } from '#shared/market/dialect.ts'
import { saleTermsSchema, type SaleTerms } from '#shared/ipc/provider.ts'
import { addMsat, msat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { SETTLEMENTS, type Settlement } from '#shared/market/settlement.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import { jobIdOf } from '#shared/protocol/channel.ts'
import { channelCreateTemplate } from '#shared/protocol/channelCreate.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import type { Listing } from '#shared/protocol/nip89.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { bytesToHex } from '@noble/hashes/utils.js'
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
import type { Wallet } from '../wallet/wallet.ts'
import { admitRequest, admitUnread, countOpenJobs, findModel, type AdmissionContext } from './admission.ts'
import { agreeOn } from './agreement.ts'
import { createAnnouncer } from './announcer.ts'
import { canGiveCredit, CREDIT_WINDOW_MS, debtorOf, depositListed } from './credit.ts'
import type { SaleDialect, SaleInbox } from './dialect.ts'
import { repayableSaleMachine, type AnySaleMessage } from './repayableSale.ts'
import { lookAt, settlementsSold, type Sale, type SaleMessage } from './sale.ts'
import type { SaleProgress } from './generation.ts'
import { createSaleEffects } from './saleEffects.ts'
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
  readonly walletLocks: () => { readonly holdInvoices: boolean; readonly lockAddress: string | null }
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
  readonly jobs: Readonly<Record<string, JobRow>>
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

export const DEFAULT_TERMS: SaleTerms = {
  name: 'A Souk seller',
  about: '',
  priceMsat: msat(10_000),
  models: [],
  maxTokens: 2_048,
  maxPromptBytes: 16_384,
  concurrency: 1,
  queueLength: 10,
  maxOpenPerCustomer: 3,
  streaming: true,
  openRequests: true,
  allowUrlInputs: false,
  settlements: [...SETTLEMENTS],
  jobLimitSecs: 600,
  previewPermille: 300,
  depositPermille: 0,
  creditMsat: msat(50_000),
  inputPer1kMsat: msat(1_000),
  outputPer1kMsat: msat(20_000),
  tickTokens: 300,
  graceSecs: 60,
  announceEverySecs: 300,
}

const TERMS_KEY = 'provider.terms'
const CHANNEL_KEY = 'provider.channel'
const LAST_DATE_KEY = 'provider.lastAnnouncement'
const CONNECT_TIMEOUT_MS = 10_000
const WALLET_TIMEOUT_MS = 3_000
/** Refusals are stored and sent; a flood of hopeless requests is not worth either. */
const REFUSALS_PER_MINUTE = 30
/** Jobs that came to nothing are kept for the timeline, and this many of them, so that strangers cannot fill the disk. */
const UNPAID_KEPT = 2_000
const FORGET_EVERY = 200
const PROGRESS_INTERVAL_MS = 250
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
  const dialects = options.dialects(() => status.get().channelId, () => status.get().terms)
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
  const progress = new Map<string, SaleProgress>()
  let inboxes: readonly Subscription[] = []
  let refusals: number[] = []
  let requestsStored = 0
  let cancelProgress: (() => void) | null = null
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
    onProgress(jobId, made) {
      progress.set(jobId, made)
      cancelProgress ??= clock.after(PROGRESS_INTERVAL_MS, () => {
        cancelProgress = null
        showProgress()
      })
    },
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
      if (row.final) {
        progress.delete(jobId)
        effects.forget(jobId)
      }
      showJobs((jobs) => withJob(jobs, row))
      options.onJobChanged(row)
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
  scheduler.onChange(showProgress)
  announcer.problem.subscribe((problem) => {
    if (status.get().selling === 'on') status.update((before) => ({ ...before, problem }))
  })
  announcer.lastAnnouncedAt.subscribe((announcedAt) => status.update((before) => ({ ...before, announcedAt })))

  /** Queue positions and speeds change without an event of the job's own. */
  function showProgress(): void {
    showJobs((jobs) => jobs)
  }

  function showJobs(change: (jobs: ProviderStatus['jobs']) => ProviderStatus['jobs']): void {
    status.update((before) => ({ ...before, jobs: Object.fromEntries(Object.entries(change(before.jobs)).map(([jobId, row]) => [jobId, liveRow(row)])) }))
  }

  function liveRow(row: JobRow): JobRow {
    const { queuePosition: _, ...rest } = row
    const position = scheduler.position(row.jobId)
    const made = progress.get(row.jobId)
    const seconds = made ? (clock.now() - made.startedAt) / 1_000 : 0
    return {
      ...rest,
      ...(position !== null && position > 0 ? { queuePosition: position } : {}),
      ...(made && row.state === 'working' ? { outputTokens: made.pieces, ...(seconds > 0 ? { tokensPerSecond: made.pieces / seconds } : {}) } : {}),
    }
  }

  function offeredModels(): readonly string[] {
    const chosen = status.get().terms.models
    const available = options.availableModels()
    return chosen.length === 0 ? available : chosen.flatMap((model) => findModel(model, available) ?? [])
  }

  function admissionContext(customer: string): AdmissionContext {
    const { terms, jobs } = status.get()
    return { terms, offeredModels: offeredModels(), ...countOpenJobs(Object.values(jobs), customer) }
  }

  const listener: SaleInbox = {
    mayTake(unread) {
      const admission = admitUnread(unread, admissionContext(unread.customer))
      return admission.accepted ? null : admission.reason
    },
    onRequest(asked) {
      const { jobId, requestId, customer, dialect, route, privacy, prompt, model, sampling } = asked
      if (status.get().selling !== 'on' || journal.row('provider', jobId) !== null) return
      const admission = admitRequest(asked, admissionContext(customer))
      if (!admission.accepted && (asked.open || !mayRefuse())) return
      requestsStored += 1
      if (requestsStored % FORGET_EVERY === 0) forgetUnpaid()
      const asRequested = {
        jobId,
        requestId,
        customer,
        dialect,
        route,
        privacy,
        prompt: admission.accepted ? prompt : prompt.slice(0, 1_000),
        model: admission.accepted ? admission.model : (model ?? ''),
        maxTokens: admission.accepted ? admission.maxTokens : (asked.maxTokens ?? 0),
        sampling,
        priceMsat: admission.accepted ? admission.priceMsat : status.get().terms.priceMsat,
      }
      reactor.dispatch(jobId, () => {
        const at = clock.now()
        if (!admission.accepted) return { at, type: 'requested', request: asRequested, refusal: admission.reason }
        const agreed = agreeOn(asked.settlement, { terms: status.get().terms, settlements: settlementsOf(dialect), priceMsat: admission.priceMsat, locks: options.walletLocks(), isHashTaken, creditGivenMsat: () => journal.creditGiven(debtorOf(dialect, customer), at - CREDIT_WINDOW_MS), unreleased, newSecret })
        return agreed.ok ? { at, type: 'requested', request: { ...asRequested, settlement: agreed.value }, refusal: null } : { at, type: 'requested', request: asRequested, refusal: agreed.error.message }
      })
    },
    isCustomer: (requestId, from) => isCustomer(jobIdOf(requestId), from),
    onPaymentClaim(jobId, from, eventId) {
      if (isCustomer(jobId, from)) reactor.dispatch(jobId, { at: clock.now(), type: 'paymentClaimed', eventId })
    },
    onCancel(requestId, from, eventId) {
      const jobId = jobIdOf(requestId)
      if (isCustomer(jobId, from)) reactor.dispatch(jobId, { at: clock.now(), type: 'customerCancelled', eventId })
    },
    onLockClaim(jobId, from, eventId, claim) {
      // Anybody may name the hash of somebody else's lock: it is for one job, and the first to name it.
      if (isCustomer(jobId, from)) reactor.dispatch(jobId, () => (isHashTaken(claim.paymentHash, jobId) ? { at: clock.now(), type: 'paymentClaimed', eventId } : { at: clock.now(), type: 'lockAnnounced', eventId, ...claim }))
    },
    onRefundWish(jobId, from, eventId, bolt11) {
      if (!isCustomer(jobId, from)) return
      const decoded = decodeInvoice(bolt11)
      const paymentHash = decoded.ok ? decoded.value.paymentHash : null
      reactor.dispatch(jobId, () => ({ at: clock.now(), type: 'refundWanted', eventId, bolt11, network: wallet.network, context: options.spending({ paymentHash, jobId: null, provider: null }) }))
    },
    onReceipt(jobId, from, receipt, createdAt) {
      if (isCustomer(jobId, from)) options.onReceipt?.(jobId, receipt, createdAt)
    },
    onRelease(jobId, from, eventId, preimage) {
      const paymentHash = hashOf(preimage)
      // What opens nothing of this job is not kept either.
      if (!isCustomer(jobId, from) || !isHashOf(jobId, paymentHash)) return
      reactor.dispatch(jobId, () => {
        const at = clock.now()
        options.preimages.keep(paymentHash, preimage, at)
        return { at, type: 'preimageReceived', eventId, paymentHash }
      })
    },
  }

  function isHashTaken(paymentHash: string, jobId: string | null = null): boolean {
    const owner = journal.ownerOfPayment(paymentHash, 'incoming')
    return owner !== null && owner.jobId !== jobId
  }

  function isHashOf(jobId: string, paymentHash: string): boolean {
    const sale = reactor.state(jobId)
    return sale.begun && lookAt(sale).paymentHashes.includes(paymentHash)
  }

  function unreleased(): number {
    return Object.values(status.get().jobs).filter(({ state, settlement }) => state === 'unlocking' && settlement === 'escrow').length
  }

  /** Inside the transaction that stores what it is for. */
  function newSecret(): string {
    const preimage = bytesToHex(options.random.bytes(32))
    const paymentHash = hashOf(preimage)
    options.preimages.keep(paymentHash, preimage, clock.now())
    return paymentHash
  }

  /** How a job of that dialect can be settled now. */
  function settlementsOf(name: DialectName): readonly Settlement[] {
    const { holdInvoices, lockAddress } = options.walletLocks()
    // A lock at an address is announced in a channel alone.
    const canHold = (settlement: Settlement) => (settlement === 'sealed' ? holdInvoices && isInvoiceable() && canGiveCredit(status.get().terms) : settlement !== 'escrow' || holdInvoices || (name === 'channel' && lockAddress !== null))
    const { settlements } = dialectNamed(dialects, name)
    // What is paid as it comes has to come.
    const canStream = (settlement: Settlement) => settlement !== 'metered' || status.get().terms.streaming
    return settlementsSold().filter((settlement) => canStream(settlement) && settlements.includes(settlement) && status.get().terms.settlements.includes(settlement) && canHold(settlement))
  }

  /** Whether the wallet can ask for the price: under seal it does so once the work is done. */
  function isInvoiceable(): boolean {
    return wallet.kind !== 'spark' || status.get().terms.priceMsat % 1_000 === 0
  }

  /** Only the key that asked is heard about its job. */
  function isCustomer(jobId: string, from: string): boolean {
    return journal.row('provider', jobId)?.peer === from
  }

  function mayRefuse(): boolean {
    const now = clock.now()
    refusals = refusals.filter((at) => at > now - 60_000)
    if (refusals.length >= REFUSALS_PER_MINUTE) return false
    refusals.push(now)
    return true
  }

  function forgetUnpaid(): void {
    try {
      journal.forgetUnpaid('provider', UNPAID_KEPT, clock.now() - CREDIT_WINDOW_MS)
    } catch (error) {
      options.onStoreFailure(error instanceof Error ? error : new Error(String(error)))
    }
  }

  function spokenDialects(): readonly DialectName[] {
    const spoken = new Set(dialects.map(({ name }) => name))
    return DIALECTS.filter((name) => spoken.has(name) && (name !== 'channel' || status.get().channelId !== null))
  }

  function spokenSettlements(): readonly Settlement[] {
    const taken = new Set(spokenDialects().flatMap(settlementsOf))
    return SETTLEMENTS.filter((settlement) => taken.has(settlement))
  }

  function listing(): Listing {
    const { terms, channelId } = status.get()
    return {
      listingId: 'souk',
      name: terms.name,
      about: terms.about,
      picture: '',
      priceMsat: terms.priceMsat,
      dialects: spokenDialects(),
      settlements: spokenSettlements(),
      ...(spokenSettlements().includes('sealed') ? depositListed(terms) : {}),
      modelPrices: spokenSettlements().includes('metered')
        ? [{ unit: 'per-1k-input-tokens', msat: terms.inputPer1kMsat, model: null }, { unit: 'per-1k-output-tokens', msat: terms.outputPer1kMsat, model: null }]
        : [],
      models: offeredModels(),
      capabilities: ['text-generation'],
      relays: options.publicRelays(),
      network: wallet.network,
      channelId,
      sparkAddress: options.walletLocks().lockAddress ?? '',
      intervalSecs: terms.announceEverySecs,
    }
  }

  function listen(): void {
    for (const inbox of inboxes) inbox.close()
    inboxes = dialects.map((dialect) => dialect.listen(listener))
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
    offeredModels,
    spokenDialects,
    spokenSettlements,
    async start() {
      if (status.get().selling !== 'off') return ok(null)
      status.update((before) => ({ ...before, selling: 'starting', problem: null }))
      if (offeredModels().length === 0) return notSelling('There is no model to sell. Start Ollama and pull a model, or choose the toy.')
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
      announcer.start(listing)
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
      const settled = journal.settled('provider', sinceMs)
      return { earnedMsat: settled.reduce((sum, each) => addMsat(sum, each.amountMsat), ZERO_MSAT), jobs: settled.length }
    },
    resume() {
      forgetUnpaid()
      reactor.resume()
      const rows = reactor.openJobs().flatMap((jobId) => journal.row('provider', jobId) ?? [])
      status.update((before) => ({ ...before, jobs: Object.fromEntries(rows.map((row) => [row.jobId, row])) }))
      // Customers of open jobs are still heard, also while nothing new is sold.
      if (rows.length > 0) listen()
    },
    async close() {
      if (status.get().selling === 'on') await announcer.stop()
      for (const inbox of inboxes) inbox.close()
      cancelProgress?.()
      cancelListening?.()
      await reactor.close()
      await scheduler.close()
    },
  }
}

function withJob(jobs: ProviderStatus['jobs'], row: JobRow): ProviderStatus['jobs'] {
  const { [row.jobId]: _, ...others } = jobs
  return row.final ? others : { ...others, [row.jobId]: row }
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> }
}
