/** Buying: finds sellers, asks, pays, reads. Knows nothing of what this machine sells. */
import type { JobRow } from '#shared/ipc/common.ts'
import type { OfferRow } from '#shared/ipc/customer.ts'
import type { Limits } from '#shared/ipc/settings.ts'
import { dialectNamed } from '#shared/market/dialect.ts'
import { minMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import type { Clock, Log, Random } from '../ports.ts'
import { isClaimEffect } from '../credit/claim.ts'
import { createClaimMoney, takeLateClaim } from '../credit/claimMoney.ts'
import { purchaseMayWait } from '../mayWait.ts'
import type { Subscription } from '../nostr/relayPool.ts'
import { createReactor, type Reactor } from '../reactor.ts'
import type { KeyedSignal } from '../keyedSignal.ts'
import { createSignal, type Signal } from '../signal.ts'
import { needsConfirmation, type SpendingContext } from '../spending/judgeSpending.ts'
import type { SpendingSubject } from '../spending/readSpending.ts'
import type { Journal } from '../store/journal.ts'
import type { Preimages } from '../store/preimages.ts'
import type { ThreadStore } from '../store/threads.ts'
import { createSettlementSeeker } from '../wallet/seekSettlement.ts'
import type { Wallet, WalletLocks } from '../wallet/wallet.ts'
import { rankBidder } from './bidderRank.ts'
import { createCreditCollector } from './creditCollector.ts'
import type { PurchaseDialect } from './dialect.ts'
import type { Directory } from './directory.ts'
import { createLiveText, type TextChange } from './liveText.ts'
import type { SeenOffer } from './offerBook.ts'
import { createOfferRows } from './offerRows.ts'
import { claimingPurchaseMachine, type AnyPurchaseEffect, type AnyPurchaseEvent, type AnyPurchaseMessage } from './claimingPurchase.ts'
import { lookAt, type Purchase, type PurchaseMessage } from './purchase.ts'
import { createPurchaseEffects } from './purchaseEffects.ts'
import { createPurchaseTerms } from './purchaseTerms.ts'
import { describePurchase } from './purchaseView.ts'
import { createQuoter, type Question, type Quote } from './quote.ts'
import { isLive, whyUnavailable } from './selection.ts'

export interface CustomerOptions {
  readonly clock: Clock
  readonly log: Log
  /** Own hex public key: one does not buy from oneself. */
  readonly ownPubkey: string
  /** The dialects spoken, the best first. */
  readonly dialects: readonly PurchaseDialect[]
  readonly wallet: Wallet
  readonly preimages: Preimages
  readonly random: Random
  /** Whether our wallet can pay what is held, and lock at an address, as far as is known now. */
  readonly walletLocks: () => WalletLocks
  /** How a person wants jobs settled, up to what sum ahead, and who releases what is locked. */
  readonly settling: () => { readonly settlement: Settlement | 'auto'; readonly trustMsat: Msat; readonly release: 'auto' | 'ask' }
  readonly journal: Journal
  readonly threads: ThreadStore
  readonly directory: Directory
  /** Whether nothing is to be bought of that key; the directory does not show it either. */
  readonly isMuted: (pubkey: string) => boolean
  readonly limits: () => Limits
  /** Whether nothing may be asked that anybody but the seller could read. */
  readonly onlyPrivate: () => boolean
  /** How this machine's clock and the relays' differ, for a person; null when they agree. */
  readonly clockProblem: () => string | null
  /** Why no relay would take a question to a seller that reads there besides, for a person; null when one may. */
  readonly relayProblem: (sellerRelays: readonly string[]) => string | null
  /** Where that key's owner reads, beyond what its offer says. */
  readonly peerRelays: (pubkey: string) => readonly string[]
  /** What limits are checked against, read in the transaction that stores the intent. */
  readonly spending: (subject: SpendingSubject) => SpendingContext
  readonly randomId: () => string
  /** What may be spent of the balance that the wallet told last, null when it has told none. */
  readonly availableMsat: () => Msat | null
  /** The sandbox's own seller, marked as such. */
  readonly housePubkey: () => string | null
  onJobChanged(row: JobRow): void
  onThreadsChanged(): void
  readonly onStoreFailure: (error: Error) => void
  readonly onUnreadable: (jobId: string, error: Error) => void
}

export interface Customer {
  readonly offers: KeyedSignal<OfferRow>
  readonly jobs: Signal<Readonly<Record<string, JobRow>>>
  quote(question: Question): Result<Quote>
  ask(question: Question): Result<{ readonly jobId: string; readonly threadId: string }>
  stop(jobId: string): Result<null>
  /** Asks the seller for what it owes for a job that has ended. */
  claim(jobId: string): Result<null>
  /** Hands over to its seller what was signed of a job at its end; whether a relay took it. */
  sendReceipt(jobId: string, receipt: NostrEvent): Promise<boolean>
  /** What its seller hands over; null: it is not known to hear, or say, anything of receipts. */
  hearReceipts(jobId: string, onReceipt: (receipt: NostrEvent) => void): Subscription | null
  /** Gives the seller what is locked for an answer that is there. */
  release(jobId: string): Result<null>
  /** What arrived of an answer so far, stored or not. */
  answer(jobId: string): string
  watchText(jobId: string, listener: (change: TextChange) => void): () => void
  /** How many UTF-8 bytes of a sealed answer are made, while it is: now, and whenever there are more. */
  watchVeil(jobId: string, listener: (bytes: number) => void): () => void
  resume(): void
  close(): Promise<void>
}

const TITLE_CHARACTERS = 60
/** Payments that failed this recently are looked at once more at the start, so many of them. */
const LATE_WINDOW_MS = 86_400_000
const MAX_LATE_LOOKS = 20
/** Jobs whose journals are read for that. */
const MAX_LATE_STATES = 200

export function createCustomer(options: CustomerOptions): Customer {
  const { clock, log, dialects, wallet, journal, threads, directory } = options
  const jobs = createSignal<Readonly<Record<string, JobRow>>>({})
  const offers = createOfferRows({
    offers: directory.offers,
    network: wallet.network,
    housePubkey: options.housePubkey,
    history: { all: () => journal.peerHistory('customer'), of: (peer) => journal.peerHistory('customer', peer).get(peer) ?? null },
  })
  const liveText = createLiveText(clock)
  const seeker = createSettlementSeeker({ wallet, clock })
  const terms = createPurchaseTerms({ random: options.random, walletLocks: options.walletLocks, limits: options.limits })
  const { quote, maxTokensOf, budgetOf, relaysOf } = createQuoter({
    ...options,
    terms,
    answer: (jobId) => answer(jobId),
    offers: () => directory.offers.get().values(),
    network: wallet.network,
    nowSecs: () => Math.floor(clock.now() / 1_000),
  })

  const collector = createCreditCollector({ clock, creditsWith: (seller) => journal.creditsWith(seller), claim: (jobId) => void claim(jobId) })
  const forgetOffers = directory.offers.subscribe((changed) => {
    const nowSecs = Math.floor(clock.now() / 1_000)
    for (const key of changed) {
      const offer = directory.offers.get().get(key)
      if (offer !== undefined && isLive(offer, nowSecs)) collector.seen(offer.pubkey)
    }
  })
  const claimMoney = createClaimMoney({
    clock,
    wallet,
    dispatch: (jobId, message) => reactor.dispatch(jobId, message),
    async send(jobId, bolt11) {
      const purchase = reactor.state(jobId)
      return purchase.begun ? dialectNamed(dialects, purchase.request.dialect).send({ what: 'refund', bolt11 }, purchase, null) : null
    },
  })

  const performPurchase = createPurchaseEffects({
    clock,
    wallet,
    preimages: options.preimages,
    dialectOf: ({ request }) => dialectNamed(dialects, request.dialect),
    liveText,
    isMuted: options.isMuted,
    bidderRank,
    state: (jobId) => reactor.state(jobId),
    spending: options.spending,
    dispatch: (jobId, message) => reactor.dispatch(jobId, message),
  })

  const reactor: Reactor<Purchase, AnyPurchaseMessage> = createReactor<Purchase, AnyPurchaseMessage, AnyPurchaseEvent, AnyPurchaseEffect>({
    role: 'customer' as const,
    machine: claimingPurchaseMachine,
    journal,
    clock,
    log,
    perform: (effect, jobId, signal) => (isClaimEffect(effect) ? claimMoney(effect, jobId, signal) : performPurchase(effect, jobId, signal)),
    describe: describePurchase,
    tick: (at): PurchaseMessage => ({ at, type: 'tick', clockProblem: options.clockProblem() }),
    onChange(jobId, _state, row, events) {
      // Shown once it is stored, whatever came in before; and before the job's last row, after which nobody looks.
      for (const event of events) {
        if (event.type === 'resultReceived' || event.type === 'opened') liveText.replace(jobId, event.text)
        else if (event.type === 'sealedReceived') liveText.replace(jobId, event.goods.preview)
      }
      const { [jobId]: _, ...others } = jobs.get()
      jobs.set(row.final ? others : { ...others, [jobId]: row })
      if (row.final) {
        offers.jobEnded(row.peer)
        liveText.forget(jobId)
      }
      options.onJobChanged(row)
    },
    onStoreFailure: options.onStoreFailure,
    onUnreadable: options.onUnreadable,
    mayWait: purchaseMayWait,
  })

  function bidderRank(pubkey: string): number {
    const nowSecs = Math.floor(clock.now() / 1_000)
    const isSold = (offer: SeenOffer) => offer.pubkey === pubkey && isLive(offer, nowSecs) && whyUnavailable(offer, wallet.network) === null
    return rankBidder({
      history: offers.historyOf(pubkey),
      owes: Object.values(jobs.get()).some(({ peer, state }) => peer === pubkey && state === 'owed'),
      isListed: directory.offers.get().values().some(isSold),
    })
  }

  function refusedOf(jobId: string) {
    const purchase = reactor.state(jobId)
    return purchase.begun ? lookAt(purchase).refused : null
  }

  /** A wallet may say that a payment failed, and settle it later: whenever it hints at one, the books of that job are checked. */
  async function lookAgain(jobId: string | null): Promise<void> {
    const intent = jobId === null ? null : refusedOf(jobId)
    if (jobId === null || intent === null) return
    await seeker.seek(intent.paymentHash, (payment) => reactor.dispatch(jobId, { at: clock.now(), type: 'paymentLookedUp', payment }) !== 'store-failed')
  }

  function ask(question: Question): Result<{ readonly jobId: string; readonly threadId: string }> {
    const quoted = quote(question)
    if (!quoted.ok) return quoted
    const { offer, dialect, encrypted, settlement, priceMsat, prompt, promptBytes, turnsCut, problem, confirmMsat } = quoted.value
    if (problem !== null) return fail('not-possible', problem)
    const limits = options.limits()
    if (confirmMsat !== null && (question.confirmedMsat ?? ZERO_MSAT) < confirmMsat) return needsConfirmation(confirmMsat, limits.confirmAboveMsat)
    if (question.threadId !== undefined && threads.get(question.threadId) === null) return fail('no-thread', 'This conversation is no longer there.')
    const at = clock.now()
    const maxTokens = maxTokensOf(question)
    const budgetMsat = budgetOf(question)
    const draft = { channelId: offer?.channelId ?? null, provider: offer?.pubkey ?? null, relays: relaysOf(offer), prompt, maxTokens, model: null, bidMsat: minMsat(priceMsat, budgetMsat), encrypted }
    const { wish, agreed, secret } = terms.agreeTo(settlement, offer, dialect, promptBytes, question.release ?? options.settling().release)
    const { event, jobId, route, privacy } = dialectNamed(dialects, dialect).makeRequest({ ...draft, settlement: wish }, (taken) => threads.turn(taken) !== null || journal.row('customer', taken) !== null)
    const request = {
      jobId,
      event,
      provider: offer?.pubkey ?? null,
      providerName: offer?.name ?? 'Anyone',
      model: offer?.models[0] ?? null,
      dialect,
      route,
      privacy,
      prompt: question.prompt,
      maxTokens,
      network: wallet.network,
      settlement: agreed,
      quotedMsat: priceMsat,
      budgetMsat,
      ...(question.confirmedMsat === undefined ? {} : { confirmedMsat: question.confirmedMsat }),
      invoiceTimeoutMs: limits.invoiceTimeoutSecs * 1_000,
      answerTimeoutMs: limits.answerTimeoutSecs * 1_000,
    }
    const threadId = question.threadId ?? options.randomId()
    // In one transaction with the job itself: a crash leaves the question with its job, or neither.
    const outcome = reactor.dispatch(jobId, () => {
      if (question.threadId === undefined) threads.create({ threadId, title: titleOf(question.prompt), at })
      threads.addTurn({ jobId, threadId, at, prompt: question.prompt, turnsCut })
      if (secret !== null) options.preimages.keep(hashOf(secret), secret, at)
      return { at, type: 'asked', request }
    })
    options.onThreadsChanged()
    if (offer !== null) collector.visit(offer.pubkey)
    return outcome === 'store-failed' ? fail('store-failed', STORE_FAILED) : ok({ jobId, threadId })
  }

  function claim(jobId: string): Result<null> {
    const row = journal.row('customer', jobId)
    if (row?.dialect === 'channel' && !hearsNotes(row.peer)) return fail('not-possible', 'It is not known that this seller’s program can be asked for it. Try again once it is listed, or ask the seller.')
    const outcome = reactor.dispatch(jobId, { at: clock.now(), type: 'claimWanted' })
    if (outcome === 'changed') return ok(null)
    return outcome === 'store-failed' ? fail('store-failed', STORE_FAILED) : fail('not-now', 'Nothing is owed for this job, or it is being asked for already.')
  }

  /** A channel has no word for what is owed or signed, nor has the original's program: only who names a dialect of ours is sent one. */
  function hearsNotes(seller: string): boolean {
    return directory.offers.get().values().some(({ pubkey, dialects: spoken }) => pubkey === seller && spoken.includes('souk/1'))
  }

  function answer(jobId: string): string {
    const purchase = reactor.state(jobId)
    return purchase.begun ? purchase.text + liveText.waiting(jobId) : ''
  }

  const forgetHints = wallet.watch(({ paymentHash }) => {
    // A store that cannot be read is no reason to let the wallet's messages drop.
    const look = async () => {
      const jobId = journal.jobOfPayment(paymentHash)
      const purchase = jobId === null ? null : reactor.state(jobId)
      if (jobId !== null && purchase?.begun === true) await takeLateClaim({ wallet, clock, dispatch: (id, message) => reactor.dispatch(id, message) }, jobId, purchase.claims ?? [], paymentHash)
      await lookAgain(jobId)
    }
    void look().catch((error: unknown) => log('error', 'a payment could not be looked at again', { paymentHash, reason: error instanceof Error ? error.message : String(error) }))
  })

  return {
    offers: offers.rows,
    jobs,
    quote,
    ask,
    stop(jobId) {
      liveText.flush(jobId)
      const outcome = reactor.dispatch(jobId, { at: clock.now(), type: 'stopAsked' })
      if (outcome === 'changed') return ok(null)
      return outcome === 'store-failed' ? fail('store-failed', STORE_FAILED) : fail('not-now', 'This job has already ended.')
    },
    release(jobId) {
      const outcome = reactor.dispatch(jobId, { at: clock.now(), type: 'releaseAsked' })
      if (outcome === 'changed') return ok(null)
      return outcome === 'store-failed' ? fail('store-failed', STORE_FAILED) : fail('not-now', 'Nothing of this job waits for your release.')
    },
    claim: (jobId) => claim(jobId),
    async sendReceipt(jobId, receipt) {
      const purchase = reactor.state(jobId)
      return purchase.begun && (await dialectNamed(dialects, purchase.request.dialect).send({ what: 'receipt', receipt }, purchase, null)) !== null
    },
    hearReceipts(jobId, onReceipt) {
      const purchase = reactor.state(jobId)
      if (!purchase.begun || purchase.provider === null || !hearsNotes(purchase.provider)) return null
      return dialectNamed(dialects, purchase.request.dialect).hearReceipts?.(purchase, onReceipt) ?? null
    },
    answer,
    watchText: (jobId, listener) => liveText.watch(jobId, listener),
    watchVeil: (jobId, listener) => liveText.watchVeil(jobId, listener),
    resume() {
      reactor.resume()
      const rows = reactor.openJobs().flatMap((jobId) => journal.row('customer', jobId) ?? [])
      jobs.set(Object.fromEntries(rows.map((row) => [row.jobId, row])))
      // Also of jobs for which something else settled, and of those that are still about to end.
      const candidates = [...reactor.openJobs(), ...journal.endedUnsettled('customer', clock.now() - LATE_WINDOW_MS).slice(0, MAX_LATE_STATES)]
      for (const jobId of candidates.filter((each) => refusedOf(each) !== null).slice(0, MAX_LATE_LOOKS)) void lookAgain(jobId)
    },
    async close() {
      forgetHints()
      forgetOffers()
      seeker.close()
      offers.close()
      liveText.close()
      await reactor.close()
    },
  }
}

const STORE_FAILED = 'The store takes no writes now, so nothing was sent or paid. Check the disk, then try again.'

function titleOf(prompt: string): string {
  const line = prompt.trim().split('\n', 1)[0] ?? ''
  return line.length <= TITLE_CHARACTERS ? line : `${line.slice(0, TITLE_CHARACTERS - 1).trimEnd()}…`
}

