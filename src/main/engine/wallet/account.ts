/** The wallet as the pages see it: its state and balance kept fresh, receiving, and sending by hand with a stored intent. */
import type { PaymentRow } from '#shared/ipc/wallet.ts'
import { ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import { pause } from '../pause.ts'
import type { Clock, Log } from '../ports.ts'
import { createSignal, type Signal } from '../signal.ts'
import { judgeSpending, type SpendingContext } from '../spending/judgeSpending.ts'
import type { SpendingSubject } from '../spending/readSpending.ts'
import type { SentPayment, SentPaymentStore } from '../store/sentPayments.ts'
import { createSettlementSeeker } from './seekSettlement.ts'
import type { Invoice, Payment, PaymentDirection, Wallet, WalletInfo } from './wallet.ts'
import { isWithdrawal } from './withdrawals.ts'

export interface AccountStatus {
  readonly state: 'connecting' | 'ready' | 'unavailable'
  readonly problem: string | null
  /** What the wallet says of itself; null until it did. */
  readonly info: WalletInfo | null
  readonly balanceMsat: Msat | null
  readonly checkedAt: number | null
}

export type SendOutcome =
  | { readonly state: 'settled'; readonly feeMsat: Msat; readonly paymentHash: string }
  | { readonly state: 'unknown'; readonly message: string; readonly paymentHash: string }

export interface Account {
  readonly status: Signal<AccountStatus>
  refresh(): Promise<void>
  /** Resolves with true once the wallet has said what it is, at once when it has; with false when it does not in that time. */
  known(timeoutMs: number): Promise<boolean>
  /** Asks for the balance soon: many payments in a row make one question. */
  touch(): void
  receive(amountMsat: Msat, description: string, expirySecs: number): Promise<Result<Invoice>>
  /** Pays an invoice that a person chose, within the limits. The intent is stored first; an unknown outcome is followed up until it is known. */
  send(bolt11: string, maxFeeMsat: Msat, confirmedMsat?: Msat): Promise<Result<SendOutcome>>
  lookUp(paymentHash: string, direction: PaymentDirection): Promise<Result<Payment>>
  history(offset: number, limit: number): Promise<Result<{ readonly rows: readonly Payment[]; readonly more: boolean }>>
  /** Sent by hand and not yet known to be settled or failed, fees included. */
  pendingMsat(): Msat
  /** Follows up what was intended or unknown when the app went down. */
  resume(): void
  close(): void
}

const REFRESH_MS = 30_000
const RETRY_MS = 3_000
const TOUCH_MS = 200
/** Between two questions that changes alone are the reason of: a busy market would ask a wallet all the time. */
const TOUCH_INTERVAL_MS = 1_000
const FOLLOW_UP_MS = 5_000

export interface AccountOptions {
  readonly wallet: Wallet
  readonly payments: SentPaymentStore
  /** Runs reads and writes as one transaction, so that a limit is checked against what the intent is stored with. */
  readonly transact: <T>(change: () => T) => T
  readonly spending: (subject: SpendingSubject) => SpendingContext
  readonly clock: Clock
  readonly log: Log
  readonly isOwnHash: (paymentHash: string) => boolean
}

export function createAccount(options: AccountOptions): Account {
  const { wallet, payments, clock, log } = options
  const status = createSignal<AccountStatus>({ state: 'connecting', problem: null, info: null, balanceMsat: null, checkedAt: null })
  const closing = new AbortController()
  const seeker = createSettlementSeeker({ wallet, clock })
  let timer: { readonly dueAt: number; readonly cancel: () => void } | null = null
  let asking: Promise<void> | null = null
  /** Something changed since the question under way was asked: its answer may be from before. */
  let isOutdated = false
  let askedAt = Number.NEGATIVE_INFINITY

  /** The sooner of two counts: what is asked for again and again is not put off by that. */
  function plan(delayMs: number): void {
    if (closing.signal.aborted) return
    const now = clock.now()
    if (timer !== null && timer.dueAt >= now && timer.dueAt <= now + delayMs) return
    timer?.cancel()
    const cancel = clock.after(delayMs, () => {
      timer = null
      if (asking === null) void refresh()
      else isOutdated = true
    })
    timer = { dueAt: now + delayMs, cancel }
  }

  function touch(): void {
    const sinceMs = clock.now() - askedAt
    plan(sinceMs < 0 ? TOUCH_MS : Math.max(TOUCH_MS, TOUCH_INTERVAL_MS - sinceMs))
  }

  function refresh(): Promise<void> {
    asking ??= ask().finally(() => {
      asking = null
      if (isOutdated) touch()
      isOutdated = false
    })
    return asking
  }

  async function ask(): Promise<void> {
    askedAt = clock.now()
    const info = await askInfo()
    if (!info.ok) {
      unavailable(info.error.message)
      return
    }
    const balance = await wallet.balance()
    if (!balance.ok) {
      unavailable(balance.error.message)
      return
    }
    if (closing.signal.aborted) return
    status.set({ state: 'ready', problem: null, info: info.value, balanceMsat: balance.value, checkedAt: clock.now() })
    plan(REFRESH_MS)
  }

  function unavailable(problem: string): void {
    status.update((before) => ({ ...before, state: 'unavailable', problem }))
    plan(RETRY_MS)
  }

  async function askInfo(): Promise<Result<WalletInfo>> {
    const known = status.get().info
    return known === null ? wallet.info() : ok(known)
  }

  async function followUp(payment: SentPayment): Promise<void> {
    while (!closing.signal.aborted) {
      const found = await wallet.lookup(payment.paymentHash, 'outgoing')
      if (closing.signal.aborted) return
      const expired = isExpired(payment.bolt11, clock.now())
      if (found.ok && found.value?.state === 'settled') {
        if (resolve(payment.paymentHash, 'settled', found.value.feeMsat, '')) return
      } else if (found.ok && (found.value?.state === 'failed' || (expired && (found.value === null || found.value.state === 'expired')))) {
        if (resolve(payment.paymentHash, 'failed', ZERO_MSAT, 'The wallet says that nothing was paid.')) return
      }
      await pause(clock, FOLLOW_UP_MS, closing.signal, (wake) => wallet.watch((hint) => hint.paymentHash === payment.paymentHash && wake()))
    }
  }

  /** False while the store takes no writes: the payment stays open in it, and is looked at again. */
  function resolve(paymentHash: string, state: SentPayment['state'], feeMsat: Msat, note: string): boolean {
    try {
      payments.resolve(paymentHash, state, feeMsat, note, clock.now())
      plan(0)
      return true
    } catch (error) {
      log('error', 'the store refused a payment’s outcome', { paymentHash, reason: error instanceof Error ? error.message : String(error) })
      return false
    }
  }

  /** Stores the intent if the limits allow it; what is already known of that payment instead, when something is. */
  function intend(payment: Parameters<SentPaymentStore['intend']>[0], confirmedMsat: Msat | undefined): Result<SentPayment | null> {
    try {
      return options.transact(() => {
        const known = payments.find(payment.paymentHash)
        if (known !== null && known.state !== 'failed') return ok(known)
        const allowed = judgeSpending(options.spending({ paymentHash: payment.paymentHash, jobId: null, provider: null }), { kind: 'by-hand', ...payment, confirmedMsat })
        return allowed.ok ? ok(payments.intend(payment)) : allowed
      })
    } catch (error) {
      log('error', 'the store refused a payment’s intent', { reason: error instanceof Error ? error.message : String(error) })
      return fail('store-failed', 'The store takes no writes now, so nothing was paid. Check the disk, then try again.')
    }
  }

  /** A payment that the wallet first called failed and then settled: the books follow the wallet. */
  async function lookAgain(paymentHash: string): Promise<void> {
    if (payments.find(paymentHash)?.state !== 'failed') return
    await seeker.seek(paymentHash, ({ feeMsat }) => resolve(paymentHash, 'settled', feeMsat, ''))
  }

  const forget = wallet.watch(({ paymentHash }) => {
    touch()
    void lookAgain(paymentHash).catch((error: unknown) => log('error', 'a payment could not be looked at again', { paymentHash, reason: error instanceof Error ? error.message : String(error) }))
  })
  void refresh()

  return {
    status,
    refresh,
    known(timeoutMs) {
      if (status.get().info !== null) return Promise.resolve(true)
      return new Promise((resolve) => {
        const end = (isKnown: boolean) => {
          forget()
          cancel()
          resolve(isKnown)
        }
        const cancel = clock.after(timeoutMs, () => end(false))
        const forget = status.subscribe(() => status.get().info !== null && end(true))
      })
    },
    touch,
    receive: (amountMsat, description, expirySecs) => wallet.createInvoice({ amountMsat, description, expirySecs }),
    async send(bolt11, maxFeeMsat, confirmedMsat) {
      const decoded = decodeInvoice(bolt11)
      if (!decoded.ok) return fail(decoded.error.code, decoded.error.message)
      const { paymentHash, amountMsat, network, expiresAt } = decoded.value
      if (network !== wallet.network) return fail('wrong-network', `This invoice is for ${network}; the wallet is on ${wallet.network}.`)
      if (amountMsat === null) return fail('no-amount', 'This invoice names no amount. Ask for one that does.')
      if (expiresAt * 1_000 <= clock.now()) return fail('expired', 'This invoice has expired. Ask for a new one.')
      if (options.isOwnHash(paymentHash)) return fail('own-invoice', 'This invoice belongs to a job, which pays it by itself.')
      const payment = { paymentHash, bolt11, amountMsat, maxFeeMsat, createdAt: clock.now() }
      const intended = intend(payment, confirmedMsat)
      if (!intended.ok) return intended
      const known = intended.value
      if (known?.state === 'settled') return fail('already-paid', 'This invoice is already paid.')
      if (known) return ok({ state: 'unknown', paymentHash, message: 'This payment is already under way; the wallet is being asked.' })
      // What is under way is shown while the wallet takes its time.
      touch()
      const outcome = await wallet.pay({ bolt11, maxFeeMsat, idempotencyKey: paymentHash })
      plan(0)
      const follow = () => void followUp({ ...payment, state: 'unknown', feeMsat: ZERO_MSAT, note: '' })
      switch (outcome.state) {
        case 'settled':
          if (!resolve(paymentHash, 'settled', outcome.feeMsat, '')) follow()
          return ok({ state: 'settled', feeMsat: outcome.feeMsat, paymentHash })
        case 'failed': {
          if (!resolve(paymentHash, 'failed', ZERO_MSAT, outcome.problem.message)) follow()
          // Of an attempt before this one: the wallet said so meanwhile.
          const now = payments.find(paymentHash)
          if (now?.state === 'settled') return ok({ state: 'settled', feeMsat: now.feeMsat, paymentHash })
          return fail(outcome.problem.code, outcome.problem.message)
        }
        case 'held':
        case 'unknown': {
          const message = outcome.state === 'held' ? 'The payee holds the payment back: it is paid once they take it, or it comes back.' : outcome.problem.message
          resolve(paymentHash, 'unknown', ZERO_MSAT, message)
          follow()
          return ok({ state: 'unknown', paymentHash, message })
        }
      }
    },
    async lookUp(paymentHash, direction) {
      const found = await wallet.lookup(paymentHash, direction)
      if (!found.ok) return found
      return found.value === null ? fail('not-found', 'The wallet knows no such payment.') : ok(found.value)
    },
    async history(offset, limit) {
      const found = await wallet.list({ offset, limit: limit + 1 })
      return found.ok ? ok({ rows: found.value.slice(0, limit), more: found.value.length > limit }) : found
    },
    pendingMsat: () => payments.spending(clock.now()).pendingMsat,
    resume() {
      for (const payment of payments.unresolved().filter((each) => !isWithdrawal(each))) {
        log('info', 'following up a payment', { paymentHash: payment.paymentHash })
        void followUp(payment)
      }
    },
    close() {
      closing.abort()
      seeker.close()
      timer?.cancel()
      forget()
    },
  }
}

function isExpired(bolt11: string, nowMs: number): boolean {
  const decoded = decodeInvoice(bolt11)
  return decoded.ok && decoded.value.expiresAt * 1_000 + 120_000 < nowMs
}

/** A payment as the page lists it; the preimage stays here. */
export function describePayment(payment: Payment, jobId: string | null): PaymentRow {
  return {
    paymentHash: payment.paymentHash,
    direction: payment.direction,
    state: payment.state,
    amountMsat: payment.amountMsat,
    feeMsat: payment.feeMsat,
    description: payment.description,
    createdAt: payment.createdAt * 1_000,
    ...(payment.settledAt === null ? {} : { settledAt: payment.settledAt * 1_000 }),
    ...(payment.expiresAt === null ? {} : { expiresAt: payment.expiresAt * 1_000 }),
    ...(payment.bolt11 === null ? {} : { bolt11: payment.bolt11 }),
    ...(jobId === null ? {} : { jobId }),
  }
}
