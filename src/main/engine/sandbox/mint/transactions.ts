/** What the mint tells a wallet about one invoice or payment, in NIP-47's words. */
import { BLOCK_SECS, type WrittenTransaction } from '#shared/protocol/nip47.ts'
import type { Ledger } from './ledger.ts'
import type { InvoiceRow, PaymentRow, Payments } from './payments.ts'

export type Direction = 'incoming' | 'outgoing'

export interface ListQuery {
  readonly account: number
  readonly from: number
  readonly until: number
  readonly limit: number
  readonly offset: number
  /** Also what is not settled. */
  readonly unpaid: boolean
  readonly direction: Direction | null
}

/** NIP-44 carries 64 KiB; a page of long descriptions ends early, and the reader asks on from where it ended. */
const MAX_PAGE_BYTES = 50_000
const MAX_PAGE = 50

const INCOMING_STATE = { open: 'pending', held: 'accepted', settled: 'settled', cancelled: 'failed', expired: 'expired' } as const
const OUTGOING_STATE = { pending: 'pending', held: 'accepted', settled: 'settled', failed: 'failed' } as const

/** The sandbox has no chain: its clock brings a block every ten minutes. */
export function blockHeightAt(secs: number): number {
  return Math.floor(secs / BLOCK_SECS)
}

export function incomingTransaction(invoice: InvoiceRow): WrittenTransaction {
  return {
    type: 'incoming',
    state: INCOMING_STATE[invoice.state],
    ...common(invoice),
    ...(invoice.state === 'held' ? settleDeadline(invoice) : {}),
    // Until it is settled the preimage is the mint's secret, also from the payee.
    ...(invoice.state === 'settled' ? { preimage: invoice.preimage, settled_at: invoice.settledAt } : {}),
    amount: invoice.amountMsat,
    created_at: invoice.createdAt,
  }
}

export function outgoingTransaction(invoice: InvoiceRow, payment: PaymentRow): WrittenTransaction {
  return {
    type: 'outgoing',
    state: payment.state === 'pending' && payment.calledFailed ? 'failed' : OUTGOING_STATE[payment.state],
    ...common(invoice),
    // NIP-47 names a deadline to the payee alone; the payer's node knows it too.
    ...(payment.state === 'held' ? settleDeadline(invoice) : {}),
    ...(payment.state === 'settled' ? { preimage: invoice.preimage, settled_at: payment.endedAt, fees_paid: payment.feeMsat } : {}),
    amount: payment.amountMsat,
    created_at: payment.createdAt,
  }
}

function common(invoice: InvoiceRow) {
  return { invoice: invoice.bolt11, description: invoice.description, payment_hash: invoice.paymentHash, expires_at: invoice.expiresAt }
}

/** The lock lasts until that block at the least. */
function settleDeadline({ heldUntil }: InvoiceRow) {
  return { settle_deadline: heldUntil === null ? null : blockHeightAt(heldUntil) }
}

/** Newest first. */
export function createTransactionList(ledger: Ledger, payments: Payments): (query: ListQuery) => WrittenTransaction[] {
  const select = ledger.database.prepare(`
    SELECT payment_hash AS paymentHash, direction FROM (
      SELECT payment_hash, 'incoming' AS direction, created_at FROM invoice WHERE payee = :account AND (:unpaid = 1 OR state = 'settled')
      UNION ALL
      SELECT payment_hash, 'outgoing', created_at FROM payment WHERE payer = :account AND (:unpaid = 1 OR state = 'settled')
    )
    WHERE created_at BETWEEN :from AND :until AND (:direction IS NULL OR direction = :direction)
    ORDER BY created_at DESC, payment_hash, direction LIMIT :limit OFFSET :offset`)

  return ({ account, from, until, limit, offset, unpaid, direction }) => {
    const rows = select.all({ account, from, until, offset, direction, unpaid: unpaid ? 1 : 0, limit: Math.min(limit, MAX_PAGE) })
    const page: WrittenTransaction[] = []
    let bytes = 0
    for (const row of rows) {
      const paymentHash = String(row['paymentHash'])
      const invoice = payments.findInvoice(paymentHash)
      const payment = row['direction'] === 'outgoing' ? payments.findPayment(paymentHash, account) : null
      if (invoice === null) continue
      const transaction = payment === null ? incomingTransaction(invoice) : outgoingTransaction(invoice, payment)
      bytes += Buffer.byteLength(JSON.stringify(transaction))
      if (bytes > MAX_PAGE_BYTES) break
      page.push(transaction)
    }
    return page
  }
}
