/**
 * The one place where limits are enforced. Everything that is about to leave the wallet asks here: jobs, their ticks and their
 * locks, payments by hand, what is paid back. Pure: what is spent already comes in as data, read in the transaction that stores
 * the intent, so that two wishes at once cannot pass a limit together.
 */
import { formatSats, MAX_MSAT, msat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'

/** What is spent and promised already, and what may be. Amounts include fees, and fee caps where the fee is not known yet. */
export interface SpendingContext {
  /** The kill switch: nothing new leaves the wallet. */
  readonly isStopped: boolean
  readonly settledTodayMsat: Msat
  /** Intended, in doubt or locked, for whatever it is. */
  readonly pendingMsat: Msat
  readonly pendingPayments: number
  /** Settled, intended or locked already for the same job: a metered one pays many times. */
  readonly sameJobMsat: Msat
  /** Who gets it; null when nobody of the market does. */
  readonly provider: ProviderSpending | null
  /** True when this payment hash is already another job's or another payment's. */
  readonly hashIsKnown: boolean
  readonly perJobMsat: Msat
  readonly perDayMsat: Msat
  readonly perProviderDayMsat: Msat
  /** The most that goes, in all, to a key that has not finished a job for us yet. */
  readonly newProviderMsat: Msat
  readonly maxPendingMsat: Msat
  readonly maxPendingPayments: number
  /** What costs more has to be confirmed by a person who read the sum. */
  readonly confirmAboveMsat: Msat
  readonly maxFeePermille: number
}

export interface ProviderSpending {
  readonly settledTodayMsat: Msat
  readonly settledEverMsat: Msat
  readonly pendingMsat: Msat
  /** It finished a job for us. */
  readonly isKnown: boolean
}

export interface SpendingWish {
  /** `job`: a purchase, a tick of it or a lock for it. `by-hand`: an invoice that a person chose. `refund`: what we owe. */
  readonly kind: 'job' | 'by-hand' | 'refund'
  readonly amountMsat: Msat
  /** The most that sending it may cost besides. */
  readonly maxFeeMsat: Msat
  /** The sum that a person has confirmed, where one was asked. */
  readonly confirmedMsat?: Msat | undefined
}

export const SPENDING_STOPPED = 'Spending is stopped. Nothing was paid. Allow it again in the wallet.'

/** Nothing spent, and no limit: for judging what else there is to judge. */
export const UNLIMITED: SpendingContext = {
  isStopped: false,
  settledTodayMsat: ZERO_MSAT,
  pendingMsat: ZERO_MSAT,
  pendingPayments: 0,
  sameJobMsat: ZERO_MSAT,
  provider: null,
  hashIsKnown: false,
  perJobMsat: MAX_MSAT,
  perDayMsat: MAX_MSAT,
  perProviderDayMsat: MAX_MSAT,
  newProviderMsat: MAX_MSAT,
  maxPendingMsat: MAX_MSAT,
  maxPendingPayments: Number.MAX_SAFE_INTEGER,
  confirmAboveMsat: MAX_MSAT,
  maxFeePermille: 1_000,
}

/**
 * Whether it may be spent; refuses with a sentence for a person. Codes: `spending-stopped`, `over-fee-limit`, `over-job-limit`,
 * `new-provider-limit`, `over-provider-limit`, `too-many-pending`, `over-pending-limit`, `over-day-limit`, `needs-confirmation`.
 */
export function judgeSpending(context: SpendingContext, { kind, amountMsat, maxFeeMsat, confirmedMsat }: SpendingWish): Result<null> {
  const totalMsat = sumMsat(amountMsat, maxFeeMsat)
  if (context.isStopped) return fail('spending-stopped', SPENDING_STOPPED)
  const feeLimitMsat = feeCap(amountMsat, context.maxFeePermille)
  if (maxFeeMsat > feeLimitMsat) return fail('over-fee-limit', `A fee of up to ${formatSats(maxFeeMsat)} sats is more than your limit allows for this amount, ${formatSats(feeLimitMsat)}. ${CHANGE_IT}`)
  if (kind === 'job') {
    const verdict = judgeJob(context, amountMsat, totalMsat)
    if (!verdict.ok) return verdict
  }
  if (context.pendingPayments >= context.maxPendingPayments) {
    return fail('too-many-pending', `${context.pendingPayments} payments are under way; your limit is ${context.maxPendingPayments}. Wait for one to end, or change it in Settings.`)
  }
  const pendingMsat = sumMsat(context.pendingMsat, totalMsat)
  if (pendingMsat > context.maxPendingMsat) {
    return fail('over-pending-limit', `${formatSats(pendingMsat)} sats would be under way or locked; your limit is ${formatSats(context.maxPendingMsat)}. Wait for a payment to end, or change it in Settings.`)
  }
  const today = sumMsat(context.settledTodayMsat, pendingMsat)
  if (today > context.perDayMsat) {
    return fail('over-day-limit', `This would bring today to ${formatSats(today)} sats, fees and pending included; your limit is ${formatSats(context.perDayMsat)}. ${CHANGE_IT}`)
  }
  if (kind !== 'refund' && amountMsat > context.confirmAboveMsat && (confirmedMsat ?? ZERO_MSAT) < amountMsat) {
    return needsConfirmation(amountMsat, context.confirmAboveMsat)
  }
  return ok(null)
}

/** What is told to a person who did not confirm a sum above the limit for that. */
export function needsConfirmation(amountMsat: Msat, confirmAboveMsat: Msat): Result<never> {
  return fail('needs-confirmation', `This costs ${formatSats(amountMsat)} sats, and you want to be asked above ${formatSats(confirmAboveMsat)}. Confirm it to go on.`)
}

function judgeJob(context: SpendingContext, amountMsat: Msat, totalMsat: Msat): Result<null> {
  const jobMsat = sumMsat(context.sameJobMsat, amountMsat)
  if (jobMsat > context.perJobMsat) return fail('over-job-limit', `This job would cost ${formatSats(jobMsat)} sats, your limit per job is ${formatSats(context.perJobMsat)}. ${CHANGE_IT}`)
  const { provider } = context
  if (provider === null) return ok(null)
  const newMsat = sumMsat(provider.settledEverMsat, provider.pendingMsat, amountMsat)
  if (!provider.isKnown && newMsat > context.newProviderMsat) {
    return fail('new-provider-limit', `This seller has finished no job for you yet, and would have got ${formatSats(newMsat)} sats; your limit for a new one is ${formatSats(context.newProviderMsat)}. Begin with less, or change it in Settings.`)
  }
  const providerMsat = sumMsat(provider.settledTodayMsat, provider.pendingMsat, totalMsat)
  if (providerMsat > context.perProviderDayMsat) {
    return fail('over-provider-limit', `This would bring today to ${formatSats(providerMsat)} sats for this seller; your limit for one is ${formatSats(context.perProviderDayMsat)}. Ask another, or change it in Settings.`)
  }
  return ok(null)
}

const CHANGE_IT = 'Change it in Settings.'
const MIN_FEE_CAP_MSAT = 1_000

/** A sum that stops at the largest amount there is: an absurd price is over every limit, never an exception. */
export function sumMsat(...amounts: readonly Msat[]): Msat {
  return msat(Math.min(MAX_MSAT, amounts.reduce<number>((sum, amount) => sum + amount, 0)))
}

/** The most that sending an amount may cost: a share of it, and never less than one sat. */
export function feeCap(amountMsat: Msat, maxFeePermille: number): Msat {
  return msat(Math.min(MAX_MSAT, Math.max(MIN_FEE_CAP_MSAT, Math.ceil((amountMsat * maxFeePermille) / 1_000))))
}
