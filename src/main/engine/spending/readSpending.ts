/** What limits are checked against: the settings, and what jobs and payments by hand have spent and promised. */
import type { Settings } from '#shared/ipc/settings.ts'
import { ZERO_MSAT } from '#shared/market/msat.ts'
import type { Clock } from '../ports.ts'
import type { Journal } from '../store/journal.ts'
import type { SentPaymentStore } from '../store/sentPayments.ts'
import { sumMsat, type SpendingContext } from './judgeSpending.ts'
import { startOfDay } from './startOfDay.ts'

/** What it is about, as far as it is known. */
export interface SpendingSubject {
  readonly paymentHash: string | null
  /** The customer's job that it is for. */
  readonly jobId: string | null
  /** Hex public key of who would get it. */
  readonly provider: string | null
}

/** To be called inside the transaction that stores the intent (`Journal.transact`): then two at once cannot pass a limit together. */
export function createSpendingReader(options: {
  readonly journal: Pick<Journal, 'spending' | 'feesPaidBack' | 'spendingOfJob' | 'spendingWith' | 'jobOfPayment'>
  readonly payments: Pick<SentPaymentStore, 'find' | 'spending'>
  readonly settings: () => Pick<Settings, 'limits' | 'spendingStopped'>
  readonly clock: Clock
}): (subject: SpendingSubject) => SpendingContext {
  const { journal, payments, clock } = options
  return ({ paymentHash, jobId, provider }) => {
    const { limits, spendingStopped } = options.settings()
    const today = startOfDay(clock.now())
    const [byJobs, byHand] = [journal.spending('customer', today), payments.spending(today)]
    // Of a sale, what is pending is what is being paid back.
    const paidBack = journal.spending('provider', Number.MAX_SAFE_INTEGER)
    return {
      isStopped: spendingStopped,
      settledTodayMsat: sumMsat(byJobs.settledMsat, byHand.settledMsat, journal.feesPaidBack(today)),
      pendingMsat: sumMsat(byJobs.pendingMsat, byHand.pendingMsat, paidBack.pendingMsat),
      pendingPayments: byJobs.pendingPayments + byHand.pendingPayments + paidBack.pendingPayments,
      sameJobMsat: jobId === null ? ZERO_MSAT : journal.spendingOfJob(jobId),
      provider: provider === null ? null : journal.spendingWith(provider, today),
      hashIsKnown: paymentHash !== null && (journal.jobOfPayment(paymentHash) !== null || payments.find(paymentHash) !== null),
      perJobMsat: limits.perJobMsat,
      perDayMsat: limits.perDayMsat,
      perProviderDayMsat: limits.perProviderDayMsat,
      newProviderMsat: limits.newProviderMsat,
      maxPendingMsat: limits.maxPendingMsat,
      maxPendingPayments: limits.maxPendingPayments,
      confirmAboveMsat: limits.confirmAboveMsat,
      maxFeePermille: limits.maxFeePermille,
    }
  }
}
