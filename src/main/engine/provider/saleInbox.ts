/** What customers say, as messages to the sales: who is heard of which job, what is taken on and what is refused. */
import type { JobRow } from '#shared/ipc/common.ts'
import type { SaleTerms } from '#shared/ipc/provider.ts'
import type { DialectName } from '#shared/market/dialect.ts'
import type { Network } from '#shared/market/network.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import { jobIdOf } from '#shared/protocol/channel.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { bytesToHex } from '@noble/hashes/utils.js'
import { setBounded } from '../boundedMap.ts'
import type { Clock, Random } from '../ports.ts'
import type { Reactor } from '../reactor.ts'
import type { SpendingContext } from '../spending/judgeSpending.ts'
import type { SpendingSubject } from '../spending/readSpending.ts'
import type { Journal } from '../store/journal.ts'
import type { Preimages } from '../store/preimages.ts'
import type { WalletLocks } from '../wallet/wallet.ts'
import { admitRequest, admitUnread, countOpenJobs, type AdmissionContext } from './admission.ts'
import { agreeOn } from './agreement.ts'
import { CREDIT_WINDOW_MS, debtorOf } from './credit.ts'
import type { SaleInbox } from './dialect.ts'
import type { AnySaleMessage } from './repayableSale.ts'
import { lookAt, type Sale } from './sale.ts'

export interface SaleInboxOptions {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly journal: Journal
  readonly preimages: Preimages
  readonly reactor: Pick<Reactor<Sale, AnySaleMessage>, 'dispatch' | 'state'>
  /** What paying back is checked against, read in the transaction that stores the intent. */
  readonly spending: (subject: SpendingSubject) => SpendingContext
  readonly walletLocks: () => WalletLocks
  readonly offeredModels: () => readonly string[]
  readonly settlementsOf: (dialect: DialectName) => readonly Settlement[]
  /** `jobs`: the open ones. */
  readonly current: () => { readonly isSelling: boolean; readonly terms: SaleTerms; readonly jobs: Readonly<Record<string, JobRow>> }
  /** Makes room; called now and then, before a request is stored. */
  forgetUnpaid(): void
  onReceipt(jobId: string, receipt: NostrEvent, createdAt: number): void
}

/** Refusals are stored and sent; a flood of hopeless requests is not worth either. */
const REFUSALS_PER_MINUTE = 30
const FORGET_EVERY = 200

/** So many jobs are kept in mind that were asked back for too early. */
const MAX_EARLY_WISHES = 1_000

interface RefundWish {
  readonly eventId: string
  readonly bolt11: string
}

export interface SaleListener extends SaleInbox {
  /** Something of this job has changed: it may owe now what was asked back before. */
  jobChanged(jobId: string): void
}

export function createSaleInbox(options: SaleInboxOptions): SaleListener {
  const { clock, journal, reactor, current } = options
  /** The last of each job that could not be granted: its customer may know of its payment before our wallet does, and asks again only when that invoice has run out. */
  const early = new Map<string, RefundWish>()
  let refusals: number[] = []
  let requestsStored = 0

  function admissionContext(customer: string): AdmissionContext {
    const { terms, jobs } = current()
    return { terms, offeredModels: options.offeredModels(), ...countOpenJobs(Object.values(jobs), customer) }
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
    return Object.values(current().jobs).filter(({ state, settlement }) => state === 'unlocking' && settlement === 'escrow').length
  }

  /** Inside the transaction that stores what it is for. */
  function newSecret(): string {
    const preimage = bytesToHex(options.random.bytes(32))
    const paymentHash = hashOf(preimage)
    options.preimages.keep(paymentHash, preimage, clock.now())
    return paymentHash
  }

  /** Only the key that asked is heard about its job. */
  function isCustomer(jobId: string, from: string): boolean {
    return journal.row('provider', jobId)?.peer === from
  }

  function wishRefund(jobId: string, wish: RefundWish): void {
    const decoded = decodeInvoice(wish.bolt11)
    const paymentHash = decoded.ok ? decoded.value.paymentHash : null
    early.delete(jobId)
    const outcome = reactor.dispatch(jobId, () => ({ at: clock.now(), type: 'refundWanted', ...wish, network: options.network, context: options.spending({ paymentHash, jobId: null, provider: null }) }))
    if (outcome !== 'changed') setBounded(early, jobId, wish, MAX_EARLY_WISHES)
  }

  function owesNow(jobId: string): boolean {
    const sale = reactor.state(jobId)
    return sale.begun && (lookAt(sale).repayableMsat ?? 0) > 0
  }

  function mayRefuse(): boolean {
    const now = clock.now()
    refusals = refusals.filter((at) => at > now - 60_000)
    if (refusals.length >= REFUSALS_PER_MINUTE) return false
    refusals.push(now)
    return true
  }

  return {
    mayTake(unread) {
      const admission = admitUnread(unread, admissionContext(unread.customer))
      return admission.accepted ? null : admission.reason
    },
    onRequest(asked) {
      const { jobId, requestId, customer, dialect, route, privacy, prompt, model, sampling } = asked
      if (!current().isSelling || journal.row('provider', jobId) !== null) return
      const admission = admitRequest(asked, admissionContext(customer))
      if (!admission.accepted && (asked.open || !mayRefuse())) return
      requestsStored += 1
      if (requestsStored % FORGET_EVERY === 0) options.forgetUnpaid()
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
        priceMsat: admission.accepted ? admission.priceMsat : current().terms.priceMsat,
      }
      reactor.dispatch(jobId, () => {
        const at = clock.now()
        if (!admission.accepted) return { at, type: 'requested', request: asRequested, refusal: admission.reason }
        const agreed = agreeOn(asked.settlement, { terms: current().terms, settlements: options.settlementsOf(dialect), priceMsat: admission.priceMsat, locks: options.walletLocks(), isHashTaken, creditGivenMsat: () => journal.creditGiven(debtorOf(dialect, customer), at - CREDIT_WINDOW_MS), unreleased, newSecret })
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
      if (isCustomer(jobId, from)) wishRefund(jobId, { eventId, bolt11 })
    },
    jobChanged(jobId) {
      const wish = early.get(jobId)
      if (wish !== undefined && owesNow(jobId)) wishRefund(jobId, wish)
    },
    onReceipt(jobId, from, receipt, createdAt) {
      if (isCustomer(jobId, from)) options.onReceipt(jobId, receipt, createdAt)
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
}
