/** Invoices made by Spark: checked before they are given to anyone, and remembered. */
import { fail, ok, type Result } from '#shared/market/result.ts'
import { ZERO_MSAT } from '#shared/market/msat.ts'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import { misbehaved } from '../nwcProblems.ts'
import type { HoldInvoiceRequest, Invoice, InvoiceRequest, Payment, Wallet, WalletProblem } from '../wallet.ts'
import type { InvoiceBook } from './invoiceBook.ts'
import type { SparkNetwork } from './sdk.ts'
import type { SparkClient } from './sparkClient.ts'
import { wholeSats } from './sparkPayment.ts'
import { describeFailure } from './sparkProblems.ts'
import { stale, type SparkRecords } from './sparkRecords.ts'

export interface SparkInvoices extends Pick<Wallet, 'createInvoice' | 'createHoldInvoice'> {
  /** An invoice that nobody has paid, as a payment: the SDK does not list it. Null for one that was not made here. */
  unpaid(paymentHash: string): Payment | null
  /** The payment with what its invoice says. */
  withInvoice(payment: Payment): Payment
}

export function createSparkInvoices(options: { readonly client: SparkClient; readonly records: SparkRecords; readonly book: InvoiceBook; readonly network: SparkNetwork; readonly nowSecs: () => number }): SparkInvoices {
  const { client, records, book, network, nowSecs } = options
  const making = new Map<string, Promise<Result<Invoice, WalletProblem>>>()

  async function makeInvoice({ amountMsat, description, expirySecs }: InvoiceRequest, paymentHash: string | null): Promise<Result<Invoice, WalletProblem>> {
    const whole = wholeSats(amountMsat, 'The amount to ask for')
    if (!whole.ok) return whole
    if (!(await records.isReady())) return stale()
    const made = await client.call('invoice', { amountSats: whole.value, description, expirySecs, paymentHash })
    if (made.kind !== 'result') return { ok: false, error: describeFailure(made) }
    // This version of the SDK checks nothing of it.
    const decoded = decodeInvoice(made.value.bolt11)
    if (!decoded.ok) return misbehaved(`Spark made an invoice that is none. ${decoded.error.message}`)
    const { bolt11, createdAt, expiresAt, ...invoice } = decoded.value
    if (invoice.network !== network) return misbehaved(`Spark made an invoice for ${invoice.network}, but Souk is set to ${network}.`)
    if (invoice.amountMsat !== amountMsat) return misbehaved(`Spark made an invoice over ${invoice.amountMsat ?? 'any amount'} instead of ${amountMsat} msat.`)
    if (paymentHash !== null && invoice.paymentHash !== paymentHash) return misbehaved('Spark made an invoice on another payment hash than it was asked for.')
    if (invoice.expirySecs < expirySecs || expiresAt <= nowSecs()) return misbehaved(`Spark made an invoice that lives ${invoice.expirySecs} instead of ${expirySecs} seconds.`)
    const kept = { bolt11, paymentHash: invoice.paymentHash, amountMsat, network, createdAt, expiresAt, description: invoice.description }
    book.keep(kept)
    return ok(kept)
  }

  async function createHoldInvoice(request: HoldInvoiceRequest): Promise<Result<Invoice, WalletProblem>> {
    const before = book.find(request.paymentHash)
    if (before === null) return makeInvoice(request, request.paymentHash)
    if (before.amountMsat !== request.amountMsat) return fail('wallet-refused', 'There is an invoice on this payment hash already, over another amount. Every job has a hash of its own.')
    return before.expiresAt > nowSecs() ? ok(before) : fail('invoice-expired', 'The invoice on this payment hash has expired. Begin again with a new one.')
  }

  return {
    createInvoice: (request) => makeInvoice(request, null),
    createHoldInvoice(request) {
      const underway = making.get(request.paymentHash)
      if (underway !== undefined) return underway.then(() => createHoldInvoice(request))
      const made = createHoldInvoice(request).finally(() => making.delete(request.paymentHash))
      making.set(request.paymentHash, made)
      return made
    },
    unpaid(paymentHash) {
      const invoice = book.find(paymentHash)
      if (invoice === null) return null
      const { bolt11, amountMsat, description, createdAt, expiresAt } = invoice
      const state = expiresAt <= nowSecs() ? 'expired' : 'pending'
      return { direction: 'incoming', paymentHash, amountMsat, feeMsat: ZERO_MSAT, state, description, bolt11, preimage: null, createdAt, settledAt: null, expiresAt, heldUntil: null }
    },
    withInvoice(payment) {
      const invoice = payment.direction === 'incoming' ? book.find(payment.paymentHash) : null
      return invoice === null ? payment : { ...payment, description: invoice.description, bolt11: invoice.bolt11, expiresAt: invoice.expiresAt }
    },
  }
}
