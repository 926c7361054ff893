import { formatSats, type Msat } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { feeCap, judgeSpending, type SpendingContext } from '../spending/judgeSpending.ts'
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
  /** For how long its payee may hold what is paid; left out where that plays no part. */
  readonly holdBlocks?: number
}

export interface Agreement {
  readonly jobId: string
  readonly network: Network
  readonly quotedMsat: Msat
  readonly budgetMsat: Msat
  /** The price that a person has confirmed, where one was asked. */
  readonly confirmedMsat?: Msat | undefined
  readonly nowSecs: number
}

/** A payment takes a moment: an invoice about to expire is not worth starting on. */
const MIN_REMAINING_SECS = 5
/** Nothing in a pay-first job needs an invoice that lives longer than this. */
const MAX_REMAINING_SECS = 7 * 86_400
/** Two days: a job needs some minutes, nodes want a reserve of hours, and who asks for more only ties our money up. */
const MAX_HOLD_BLOCKS = 288
const BLOCKS_PER_HOUR = 6
/** What Souk's sellers write into their invoices. */
const JOB_OF_DESCRIPTION = /^Souk (job_[0-9a-f]{16})$/

/**
 * Whether to pay an invoice, and within what: every amount is the decoded one. Refuses with a reason for a person.
 * Pure. What the invoice says is judged here; whether so much may be spent, by `judgeSpending`.
 */
export function judgeInvoice(invoice: Result<InvoiceOffer>, agreed: Agreement, context: SpendingContext): Result<Intent> {
  if (!invoice.ok) return fail('invoice-unreadable', `The provider's invoice cannot be read: ${invoice.error.message}`)
  const { amountMsat, network, expiresAt, paymentHash, bolt11, description } = invoice.value
  if (network !== agreed.network) return fail('invoice-wrong-network', `The invoice is for ${network}, this wallet is on ${agreed.network}. Nothing was paid.`)
  if (amountMsat === null || amountMsat === 0) return fail('invoice-no-amount', 'The invoice names no amount. Nothing was paid.')
  if (amountMsat > agreed.quotedMsat) return fail('invoice-over-quote', `The invoice asks ${formatSats(amountMsat)} sats, the offer said ${formatSats(agreed.quotedMsat)}. Nothing was paid.`)
  if (amountMsat > agreed.budgetMsat) return fail('invoice-over-budget', `The invoice asks ${formatSats(amountMsat)} sats, your limit for this question is ${formatSats(agreed.budgetMsat)}. Nothing was paid.`)
  if (expiresAt - agreed.nowSecs < MIN_REMAINING_SECS) return fail('invoice-expired', 'The invoice has expired. Nothing was paid; ask again.')
  if (expiresAt - agreed.nowSecs > MAX_REMAINING_SECS) return fail('invoice-absurd-expiry', 'The invoice would stay open for more than a week. Nothing was paid.')
  const tooLong = whyHeldTooLong(invoice.value)
  if (tooLong !== null) return fail('invoice-holds-too-long', tooLong)
  // Handed on by somebody else, who would have one pay what another is answered for.
  if ((JOB_OF_DESCRIPTION.exec(description)?.[1] ?? agreed.jobId) !== agreed.jobId) return fail('invoice-of-other-job', 'The invoice is for another job. Nothing was paid.')
  if (context.hashIsKnown) return fail('invoice-reused', 'The invoice was used before. Nothing was paid.')
  const maxFeeMsat = feeCap(amountMsat, context.maxFeePermille)
  const allowed = judgeSpending(context, { kind: 'job', amountMsat, maxFeeMsat, confirmedMsat: agreed.confirmedMsat })
  if (!allowed.ok) return allowed
  return ok({ bolt11, paymentHash, amountMsat, maxFeeMsat, idempotencyKey: paymentHash, expiresAt })
}

/** Why an invoice whose payee may hold the payment is not paid: it would be held for too long; null when it may be. */
export function whyHeldTooLong({ holdBlocks = 0 }: Pick<InvoiceOffer, 'holdBlocks'>): string | null {
  return holdBlocks > MAX_HOLD_BLOCKS ? `The invoice would let the seller keep your money locked for some ${Math.ceil(holdBlocks / BLOCKS_PER_HOUR)} hours. Nothing was paid.` : null
}
