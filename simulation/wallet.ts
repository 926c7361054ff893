/** A wallet of the simulated world: the Wallet port over the ledger, with everything that goes wrong between the two. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { formatSats, msat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import type { Payment, PaymentDirection, PayOutcome, Wallet, WalletProblem } from '#engine/wallet/wallet.ts'
import type { Chance } from './chance.ts'
import type { Faults } from './faults.ts'
import { hashOf, type Ledger, type LedgerInvoice, type LedgerPayment } from './ledger.ts'
import type { Trace } from './trace.ts'
import type { VirtualTime } from './virtualTime.ts'

/** A machine as its wallet's messages reach it. */
export interface WalletHost {
  readonly name: string
  isAlive(): boolean
  /** The host may be killed here. False: it was. */
  passWallet(call: string): boolean
}

/** The account at the service: outlives every machine that connects to it. */
export interface WalletService {
  connect(host: WalletHost): Wallet
  /** Answers nothing for that long. */
  goAway(forMs: number): void
  /** Payments that were called failed and may settle, or did. */
  readonly calledFailed: ReadonlySet<string>
}

export interface WalletServiceOptions {
  readonly account: string
  readonly ledger: Ledger
  readonly time: VirtualTime
  readonly chance: Chance
  readonly faults: Faults
  readonly trace: Trace
  /** Whether it makes hold invoices. */
  readonly holds?: boolean
}

/** What the adapter waits for an answer. */
const ANSWER_TIMEOUT_MS = 20_000
const PAY_TIMEOUT_MS = 60_000
const TIMED_OUT: WalletProblem = { code: 'wallet-timeout', message: 'The wallet did not answer in time.' }

export function createWalletService({ account, ledger, time, chance, faults, trace, holds = false }: WalletServiceOptions): WalletService {
  const hosts = new Map<WalletHost, Set<(hint: { readonly paymentHash: string }) => void>>()
  const calledFailed = new Set<string>()
  let awayUntil = 0

  function hint(paymentHash: string, delayMs: number): void {
    time.wake(delayMs, () => {
      for (const [host, listeners] of hosts) {
        if (!host.isAlive()) continue
        trace.note(`${host.name} hint ${paymentHash.slice(0, 12)}`)
        for (const listener of new Set(listeners)) listener({ paymentHash })
      }
    })
  }

  ledger.onChange(({ invoice, payer, state }) => {
    if ((payer !== account && invoice.payee !== account) || state === 'pending') return
    // What was called failed and is not comes with a hint for certain: nothing else could ever tell.
    if (calledFailed.has(invoice.paymentHash) || !faults.happens('hint lost')) hint(invoice.paymentHash, chance.between(20, 1_500))
    if (faults.happens('hint doubled')) hint(invoice.paymentHash, chance.between(1_000, 30_000))
  })

  const isAway = () => time.now() < awayUntil

  function view(paymentHash: string, direction: PaymentDirection, lagMs: number): Payment | null {
    const invoice = ledger.invoice(paymentHash)
    const payment = ledger.payment(paymentHash)
    const seen = payment !== null && (payment.endedAt === null ? payment.beganAt : payment.endedAt) <= time.now() - lagMs ? payment : null
    if (invoice === null || (direction === 'incoming' ? invoice.payee : payment?.payer) !== account) return null
    if (direction === 'outgoing' && payment !== null && payment.beganAt > time.now() - lagMs) return null
    return {
      direction,
      paymentHash,
      amountMsat: invoice.amountMsat,
      feeMsat: direction === 'outgoing' ? (payment?.feeMsat ?? ZERO_MSAT) : ZERO_MSAT,
      state: stateOf(seen, direction, invoice),
      description: invoice.description,
      bolt11: invoice.bolt11,
      preimage: seen?.state === 'settled' ? invoice.preimage : null,
      createdAt: invoice.createdAt,
      settledAt: seen?.state === 'settled' && seen.endedAt !== null ? Math.floor(seen.endedAt / 1_000) : null,
      expiresAt: invoice.expiresAt,
      heldUntil: seen?.state === 'held' && seen.heldUntil !== null ? Math.floor(seen.heldUntil / 1_000) : null,
    }
  }

  /** Newest first, what was really paid or is being paid; as it was `lagMs` ago, and perhaps with one left out or told twice. */
  function list({ limit, offset }: { readonly limit: number; readonly offset: number }, lagMs: number): readonly Payment[] {
    const found: Payment[] = []
    for (const { paymentHash, direction } of ledger.history(account).toReversed()) {
      if (found.length >= offset + limit) break
      const payment = view(paymentHash, direction, lagMs)
      if (payment !== null && (direction === 'outgoing' || payment.state === 'settled' || payment.state === 'held')) found.push(payment)
    }
    const page = found.slice(offset)
    const any = () => chance.between(0, page.length - 1)
    if (page.length > 0 && faults.happens('list with a gap')) page.splice(any(), 1)
    const doubled = page.length > 0 && faults.happens('list with a double') ? page[any()] : undefined
    return doubled === undefined ? page : [doubled, ...page].slice(0, limit)
  }

  function stateOf(payment: LedgerPayment | null, direction: PaymentDirection, { expiresAt, closed }: LedgerInvoice): Payment['state'] {
    if (payment?.state === 'settled' || payment?.state === 'held') return payment.state
    if (direction === 'incoming' && closed === 'cancelled') return 'failed'
    if (direction === 'incoming') return closed === 'returned' || time.now() >= expiresAt * 1_000 ? 'expired' : 'pending'
    if (payment !== null && payment.state === 'pending' && calledFailed.has(payment.invoice.paymentHash)) return 'failed'
    return payment?.state ?? 'pending'
  }

  /** The service's own part of a payment: what it answers and after how long; null for never. */
  function carryOut(bolt11: string, maxFeeMsat: Msat, mayHold: boolean): { readonly outcome: PayOutcome; readonly afterMs: number } | null {
    const begun = ledger.begin(account, bolt11, maxFeeMsat, feeFor(maxFeeMsat))
    if (typeof begun === 'string') return { outcome: { state: 'failed', problem: { code: begun, message: `The wallet says: ${begun}.` } }, afterMs: 50 }
    const { paymentHash } = begun.invoice
    const { preimage, holdSecs } = begun.invoice
    if (begun.state === 'settled' && preimage !== null) return { outcome: { state: 'settled', preimage, feeMsat: begun.feeMsat }, afterMs: 50 }
    if (begun.state === 'held' && mayHold) return { outcome: { state: 'held' }, afterMs: 50 }
    if (time.now() > begun.beganAt) return { outcome: unknown('It is under way.'), afterMs: 50 }
    const settleLater = (delayMs: number) => time.after(delayMs, () => settle(paymentHash))
    if (faults.happens('payment refused')) {
      time.after(200, () => ledger.fail(paymentHash))
      return { outcome: { state: 'failed', problem: { code: 'payment-failed', message: 'No route.' } }, afterMs: 250 }
    }
    if (faults.happens('payment called failed, then paid')) {
      calledFailed.add(paymentHash)
      settleLater(chance.between(2_000, 60_000))
      return { outcome: { state: 'failed', problem: { code: 'payment-failed', message: 'No route.' } }, afterMs: 300 }
    }
    if (faults.happens('payment unknown, then paid')) {
      settleLater(chance.between(1_000, 90_000))
      return { outcome: unknown('It is under way.'), afterMs: 500 }
    }
    if (faults.happens('payment unknown, then failed')) {
      time.after(chance.between(1_000, 90_000), () => ledger.fail(paymentHash))
      return { outcome: unknown('It is under way.'), afterMs: 500 }
    }
    if (faults.happens('payment slow')) {
      settleLater(chance.between(5_000, 100_000))
      return null
    }
    const tookMs = chance.between(30, 900)
    settleLater(tookMs)
    if (faults.happens('payment answer lost')) return null
    const afterMs = tookMs + 10
    if (holdSecs !== null) return mayHold ? { outcome: { state: 'held' }, afterMs } : null
    return preimage === null ? null : { outcome: { state: 'settled', preimage, feeMsat: begun.feeMsat }, afterMs }
  }

  function settle(paymentHash: string): void {
    const state = ledger.settle(paymentHash)
    trace.note(`ledger ${state} ${paymentHash.slice(0, 12)}`)
  }

  function feeFor(maxFeeMsat: Msat): Msat {
    return msat(chance.between(0, maxFeeMsat))
  }

  function connect(host: WalletHost): Wallet {
    const listeners = new Set<(hint: { readonly paymentHash: string }) => void>()
    hosts.set(host, listeners)

    /** Asks the service, which answers after `afterMs`; `timedOut` when it does not, or not in time. Who died hears nothing. */
    function ask<T>(call: string, timedOut: T, timeoutMs: number, work: () => { readonly answer: T; readonly afterMs: number } | null): Promise<T> {
      if (!host.isAlive() || !host.passWallet(`${call}: before`)) return new Promise(() => {})
      return new Promise((resolve) => {
        const { promise, resolve: answer } = Promise.withResolvers<T>()
        let isAnswered = false
        const end = (value: T, how: string) => {
          if (isAnswered || !host.isAlive()) return
          isAnswered = true
          cancel()
          trace.note(`${host.name} ${call}: ${how}`)
          if (host.passWallet(`${call}: after`)) answer(value)
        }
        const cancel = time.wake(timeoutMs, () => end(timedOut, 'no answer'))
        time.after(chance.between(10, 120), () => {
          if (isAway()) return
          const done = work()
          if (done !== null) time.wake(done.afterMs, () => end(done.answer, describe(done.answer)))
        })
        void promise.then(resolve)
      })
    }

    const unanswered = <T>(): Result<T, WalletProblem> => fail(TIMED_OUT.code, TIMED_OUT.message)

    function holding<T>(call: string, work: () => { readonly answer: Result<T, WalletProblem>; readonly afterMs: number } | null): Promise<Result<T, WalletProblem>> {
      return holds ? ask<Result<T, WalletProblem>>(call, unanswered(), ANSWER_TIMEOUT_MS, work) : Promise.resolve(fail('wallet-unsupported', 'No hold invoices here.'))
    }

    function ending(call: string, paymentHash: string, end: (paymentHash: string) => boolean): Promise<Result<null, WalletProblem>> {
      return holding<null>(`${call} ${paymentHash.slice(0, 12)}`, () => {
        if (faults.happens('claim request lost')) return null
        const isDone = ledger.invoice(paymentHash)?.payee === account && end(paymentHash)
        if (faults.happens('claim answer lost')) return null
        return { answer: isDone ? ok(null) : fail('wallet-refused', 'Nothing is held for this.'), afterMs: 20 }
      })
    }

    return {
      // Held against the books as any wallet is: not as trial money.
      kind: 'nwc',
      network: 'regtest',
      info: () => Promise.resolve(ok({ alias: account, network: 'regtest', methods: [], holdInvoices: holds, lockAddress: null, budget: null })),
      balance: () => Promise.resolve(ok(ledger.balance(account))),
      createInvoice: (request) =>
        ask(`createInvoice ${request.description}`, unanswered(), ANSWER_TIMEOUT_MS, () => {
          if (faults.happens('invoice refused')) return { answer: fail('wallet-refused', 'The wallet makes no invoice now.'), afterMs: 20 }
          const invoice = ledger.createInvoice(account, request)
          return faults.happens('invoice answer lost') ? null : { answer: ok(invoice), afterMs: 20 }
        }),
      createHoldInvoice: (request) =>
        holding(`createHoldInvoice ${request.description}`, () => {
          if (faults.happens('invoice refused')) return { answer: fail('wallet-refused', 'The wallet makes no invoice now.'), afterMs: 20 }
          const invoice = ledger.createHoldInvoice(account, request)
          if (faults.happens('invoice answer lost')) return null
          return { answer: invoice === null ? fail('wallet-refused', 'This payment hash was used before.') : ok(invoice), afterMs: 20 }
        }),
      pay({ bolt11, maxFeeMsat, idempotencyKey, mayHold = false }) {
        const timedOut = unknown(TIMED_OUT.message)
        return ask<PayOutcome>(`pay ${idempotencyKey.slice(0, 12)}`, timedOut, PAY_TIMEOUT_MS, () => {
          if (faults.happens('payment request lost')) return null
          const carried = carryOut(bolt11, maxFeeMsat, mayHold)
          return carried === null ? null : { answer: carried.outcome, afterMs: carried.afterMs }
        })
      },
      lock: () => Promise.resolve({ state: 'failed', problem: { code: 'wallet-unsupported', message: 'Nothing is locked here.' } }),
      lookup: (paymentHash, direction) =>
        ask<Result<Payment | null, WalletProblem>>(`lookup ${direction} ${paymentHash.slice(0, 12)}`, unanswered(), ANSWER_TIMEOUT_MS, () => {
          if (faults.happens('look-up without an answer')) return null
          const lagMs = faults.happens('look-up behind') ? chance.between(1_000, 20_000) : 0
          return { answer: ok(view(paymentHash, direction, lagMs)), afterMs: 10 }
        }),
      list: (page) =>
        ask<Result<readonly Payment[], WalletProblem>>(`list ${page.offset}`, unanswered(), ANSWER_TIMEOUT_MS, () => {
          if (faults.happens('list without an answer')) return null
          return { answer: ok(list(page, faults.happens('list behind') ? chance.between(1_000, 20_000) : 0)), afterMs: 10 }
        }),
      settleHold: (preimage) => ending('settleHold', hashOf(hexToBytes(preimage)), (paymentHash) => ledger.claim(paymentHash, preimage)),
      cancelHold: (paymentHash) => ending('cancelHold', paymentHash, (hash) => ledger.cancel(hash)),
      watch(listener) {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
      close() {
        hosts.delete(host)
        return Promise.resolve()
      },
    }
  }

  return { connect, goAway: (forMs) => void (awayUntil = Math.max(awayUntil, time.now() + forMs)), calledFailed }
}

function unknown(message: string): PayOutcome {
  return { state: 'unknown', problem: { code: 'wallet-timeout', message } }
}

/** Of a wallet's answer, what a trace may hold. */
function describe(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) return String(answer)
  if ('state' in answer) return String(answer.state)
  if (!('ok' in answer)) return ''
  if (answer.ok !== true) return 'refused'
  const value = 'value' in answer ? answer.value : null
  if (typeof value !== 'object' || value === null) return 'nothing'
  if ('state' in value) return String(value.state)
  return 'bolt11' in value && 'amountMsat' in value ? formatSats(value.amountMsat as Msat) : 'yes'
}
