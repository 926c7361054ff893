import { formatSats, MAX_MSAT, msat, type Msat } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import type { Intent } from './purchase.ts'

/** What the invoice itself says, decoded by us: never the numbers beside it in a message. */
export interface InvoiceOffer {
  readonly bolt11: string
  readonly paymentHash: string
  readonly amountMsat: Msat | null
  readonly network: Network
  /** Unix seconds. */
  readonly expiresAt: number
  /** Empty when it has none. */
  readonly description: string
}

/** What is already spent and promised, read in the same transaction that stores the intent. */
export interface SpendingContext {
  readonly settledTodayMsat: Msat
  readonly pendingMsat: Msat
  readonly perJobMsat: Msat
  readonly perDayMsat: Msat
  readonly maxFeePermille: number
  /** True when this payment hash is already another job's or another payment's. */
  readonly hashIsKnown: boolean
}

export interface Agreement {
  readonly jobId: string
  readonly network: Network
  readonly quotedMsat: Msat
  readonly budgetMsat: Msat
  readonly nowSecs: number
}

/** A payment takes a moment: an invoice about to expire is not worth starting on. */
const MIN_REMAINING_SECS = 5
/** Nothing in a pay-first job needs an invoice that lives longer than this. */
const MAX_REMAINING_SECS = 7 * 86_400
const MIN_FEE_CAP_MSAT = 1_000
/** What Souk's sellers write into their invoices. */
const JOB_OF_DESCRIPTION = /^Souk (job_[0-9a-f]{16})$/

/**
 * Whether to pay an invoice, and within what: every amount is the decoded one. Refuses with a reason for a person.
 * Pure; the only place where limits are enforced.
 */
export function judgeInvoice(invoice: Result<InvoiceOffer>, agreed: Agreement, context: SpendingContext): Result<Intent> {
  if (!invoice.ok) return fail('invoice-unreadable', `The provider's invoice cannot be read: ${invoice.error.message}`)
  const { amountMsat, network, expiresAt, paymentHash, bolt11, description } = invoice.value
  if (network !== agreed.network) return fail('invoice-wrong-network', `The invoice is for ${network}, this wallet is on ${agreed.network}. Nothing was paid.`)
  if (amountMsat === null || amountMsat === 0) return fail('invoice-no-amount', 'The invoice names no amount. Nothing was paid.')
  if (amountMsat > agreed.quotedMsat) return fail('invoice-over-quote', `The invoice asks ${formatSats(amountMsat)} sats, the offer said ${formatSats(agreed.quotedMsat)}. Nothing was paid.`)
  if (amountMsat > agreed.budgetMsat) return fail('invoice-over-budget', `The invoice asks ${formatSats(amountMsat)} sats, your limit for this question is ${formatSats(agreed.budgetMsat)}. Nothing was paid.`)
  if (amountMsat > context.perJobMsat) return fail('over-job-limit', `The invoice asks ${formatSats(amountMsat)} sats, your limit per job is ${formatSats(context.perJobMsat)}. Change it in Settings.`)
  if (expiresAt - agreed.nowSecs < MIN_REMAINING_SECS) return fail('invoice-expired', 'The invoice has expired. Nothing was paid; ask again.')
  if (expiresAt - agreed.nowSecs > MAX_REMAINING_SECS) return fail('invoice-absurd-expiry', 'The invoice would stay open for more than a week. Nothing was paid.')
  // Handed on by somebody else, who would have one pay what another is answered for.
  if ((JOB_OF_DESCRIPTION.exec(description)?.[1] ?? agreed.jobId) !== agreed.jobId) return fail('invoice-of-other-job', 'The invoice is for another job. Nothing was paid.')
  if (context.hashIsKnown) return fail('invoice-reused', 'The invoice was used before. Nothing was paid.')
  const maxFeeMsat = feeCap(amountMsat, context.maxFeePermille)
  const today = sumMsat(context.settledTodayMsat, context.pendingMsat, amountMsat, maxFeeMsat)
  if (today > context.perDayMsat) {
    return fail('over-day-limit', `This would bring today to ${formatSats(today)} sats, fees and pending included; your limit is ${formatSats(context.perDayMsat)}. Change it in Settings.`)
  }
  return ok({ bolt11, paymentHash, amountMsat, maxFeeMsat, idempotencyKey: paymentHash, expiresAt })
}

/** A sum that stops at the largest amount there is: a seller's absurd price is over every limit, never an exception. */
export function sumMsat(...amounts: readonly Msat[]): Msat {
  return msat(Math.min(MAX_MSAT, amounts.reduce<number>((sum, amount) => sum + amount, 0)))
}

/** The most that sending an amount may cost: a share of it, and never less than one sat. */
export function feeCap(amountMsat: Msat, maxFeePermille: number): Msat {
  return msat(Math.min(MAX_MSAT, Math.max(MIN_FEE_CAP_MSAT, Math.ceil((amountMsat * maxFeePermille) / 1_000))))
}
