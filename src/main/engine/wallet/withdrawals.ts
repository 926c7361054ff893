/**
 * Sending to the chain by hand: a quote that a person reads, and then an intent, stored within the limits before the wallet is
 * asked, under a key of its own. One quote is one withdrawal, however often it is asked for.
 */
import { createHash } from 'node:crypto'
import { formatSats, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { setBounded } from '../boundedMap.ts'
import { pause } from '../pause.ts'
import type { Clock, Log, Random } from '../ports.ts'
import { judgeSpending, sumMsat, type SpendingContext } from '../spending/judgeSpending.ts'
import type { SpendingSubject } from '../spending/readSpending.ts'
import type { SentPayment, SentPaymentStore } from '../store/sentPayments.ts'
import type { Onchain, WithdrawalQuote, WithdrawalSpeed, WithdrawOutcome } from './onchain.ts'
import { uuidOf } from './spark/uuid.ts'

export interface Withdrawals {
  /** What sending costs; `quoteId` is what `send` takes. */
  quote(address: string, amountMsat: Msat): Promise<Result<WithdrawalQuote & { readonly quoteId: string }>>
  /**
   * Sends it once, at no more than the quoted fee. Codes: `quote-gone`, those of `judgeSpending`, `store-failed`, and the wallet's.
   * `confirmedMsat`: amount and fee together, as a person read and confirmed them.
   */
  send(quoteId: string, speed: WithdrawalSpeed, confirmedMsat?: Msat): Promise<Result<Sent>>
  /** Follows up what was intended or unknown when the app went down. */
  resume(): void
  close(): void
}

export type Sent = { readonly state: 'sent'; readonly txId: string | null; readonly feeMsat: Msat } | { readonly state: 'unknown'; readonly message: string }

export interface WithdrawalsOptions {
  readonly onchain: Onchain
  readonly payments: SentPaymentStore
  /** Runs reads and writes as one transaction, so that a limit is checked against what the intent is stored with. */
  readonly transact: <T>(change: () => T) => T
  readonly spending: (subject: SpendingSubject) => SpendingContext
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The balance changed. */
  readonly onSent: () => void
}

const MAX_QUOTES = 20
const FOLLOW_UP_MS = 10_000
/** Where a payment has its invoice, a withdrawal has all that asking for it again takes. */
const MARK = 'onchain'

export function isWithdrawal({ bolt11 }: Pick<SentPayment, 'bolt11'>): boolean {
  return bolt11.startsWith(`${MARK}:`)
}

/** It was not asked now; of an attempt before, also one before a restart, that says nothing. */
function isOutOfReach(outcome: WithdrawOutcome): boolean {
  return outcome.state === 'failed' && (outcome.problem.code === 'wallet-unreachable' || outcome.problem.code === 'wallet-timeout')
}

/** A withdrawal has no payment hash: wallets list it under the SHA-256 of its key. */
const hashOfKey = (key: string) => createHash('sha256').update(key).digest('hex')

export function createWithdrawals({ onchain, payments, transact, spending, clock, random, log, onSent }: WithdrawalsOptions): Withdrawals {
  const quotes = new Map<string, WithdrawalQuote>()
  const closing = new AbortController()

  function ask(payment: SentPayment, onlyLook = false): Promise<WithdrawOutcome> {
    const [, key = '', speed = '', ...address] = payment.bolt11.split(':')
    return onchain.withdraw({ address: address.join(':'), amountMsat: payment.amountMsat, speed: speedNamed(speed), maxFeeMsat: payment.maxFeeMsat, idempotencyKey: key, ...(onlyLook ? { onlyLook } : {}) })
  }

  /** False while the store takes no writes: it stays open in it, and is asked for again. */
  function resolve({ paymentHash }: SentPayment, outcome: WithdrawOutcome): boolean {
    try {
      if (outcome.state === 'sent') payments.resolve(paymentHash, 'settled', outcome.feeMsat, '', clock.now())
      else payments.resolve(paymentHash, outcome.state, ZERO_MSAT, outcome.problem.message, clock.now())
      onSent()
      return outcome.state !== 'unknown'
    } catch (error) {
      log('error', 'the store refused a withdrawal’s outcome', { paymentHash, reason: error instanceof Error ? error.message : String(error) })
      return false
    }
  }

  async function followUp(payment: SentPayment): Promise<void> {
    while (!closing.signal.aborted) {
      // Asking again may send what was never asked for: while nothing is to leave the wallet, it is only looked for.
      const isStopped = spending({ paymentHash: null, jobId: null, provider: null }).isStopped
      const outcome = await ask(payment, isStopped)
      if (!isOutOfReach(outcome) && resolve(payment, outcome)) return
      await pause(clock, FOLLOW_UP_MS, closing.signal)
    }
  }

  /** Stores the intent if the limits allow it; what is already known of it instead, when something is. */
  function intend(payment: Parameters<SentPaymentStore['intend']>[0], confirmedMsat: Msat | undefined): Result<SentPayment | null> {
    try {
      return transact(() => {
        const known = payments.find(payment.paymentHash)
        if (known !== null) return ok(known)
        // A person has read this very fee, and confirms it with the amount: it is judged as a part of the sum.
        const amountMsat = sumMsat(payment.amountMsat, payment.maxFeeMsat)
        const allowed = judgeSpending(spending({ paymentHash: payment.paymentHash, jobId: null, provider: null }), { kind: 'by-hand', amountMsat, maxFeeMsat: ZERO_MSAT, confirmedMsat })
        return allowed.ok ? ok(payments.intend(payment)) : allowed
      })
    } catch (error) {
      log('error', 'the store refused a withdrawal’s intent', { reason: error instanceof Error ? error.message : String(error) })
      return fail('store-failed', 'The store takes no writes now, so nothing was sent. Check the disk, then try again.')
    }
  }

  return {
    async quote(address, amountMsat) {
      const quoted = await onchain.quoteWithdrawal({ address: address.trim(), amountMsat })
      if (!quoted.ok) return quoted
      const quoteId = uuidOf(Buffer.from(random.bytes(16)).toString('hex'))
      setBounded(quotes, quoteId, quoted.value, MAX_QUOTES)
      return ok({ ...quoted.value, quoteId })
    },
    async send(quoteId, speed, confirmedMsat) {
      const quote = quotes.get(quoteId)
      const paymentHash = hashOfKey(quoteId)
      const known = payments.find(paymentHash)
      if (known !== null) return answerOf(known)
      if (quote === undefined || quote.expiresAt * 1_000 <= clock.now()) return fail('quote-gone', 'These fees are no longer of now. Nothing was sent: ask for them again.')
      const payment = { paymentHash, bolt11: [MARK, quoteId, speed, quote.address].join(':'), amountMsat: quote.amountMsat, maxFeeMsat: quote.feesMsat[speed], createdAt: clock.now() }
      const intended = intend(payment, confirmedMsat)
      if (!intended.ok) return intended
      if (intended.value !== null) return answerOf(intended.value)
      const stored: SentPayment = { ...payment, state: 'intended', feeMsat: ZERO_MSAT, note: '' }
      const outcome = await ask(stored)
      if (!resolve(stored, outcome)) void pause(clock, FOLLOW_UP_MS, closing.signal).then(() => followUp(stored))
      if (outcome.state === 'sent') return ok({ state: 'sent', txId: outcome.txId, feeMsat: outcome.feeMsat })
      return outcome.state === 'failed' ? fail(outcome.problem.code, outcome.problem.message) : ok({ state: 'unknown', message: outcome.problem.message })
    },
    resume() {
      for (const payment of payments.unresolved().filter(isWithdrawal)) void followUp(payment)
    },
    close: () => closing.abort(),
  }
}

function answerOf(known: SentPayment): Result<Sent> {
  if (known.state === 'settled') return ok({ state: 'sent', txId: null, feeMsat: known.feeMsat })
  if (known.state === 'failed') return fail('payment-failed', known.note || 'Nothing was sent.')
  return ok({ state: 'unknown', message: `The ${formatSats(known.amountMsat)} sats are already on their way; the wallet is being asked.` })
}

function speedNamed(text: string): WithdrawalSpeed {
  if (text === 'fast' || text === 'medium' || text === 'slow') return text
  throw new RangeError(`unknown speed of a withdrawal in the store: ${text}`)
}
