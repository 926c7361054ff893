import { DatabaseSync } from 'node:sqlite'
import { msat } from '#shared/market/msat.ts'
import { hashOf as hashOfPreimage } from '#shared/protocol/preimage.ts'
import { inTransaction } from '../../../store/database.ts'
import { createLedger, type Ledger } from '../ledger.ts'
import { createPayments, type InvoiceRow, type PayCommand, type Payments, type PayResult } from '../payments.ts'
import { MINT_MIGRATIONS } from '../schema.ts'

export const NOW = 1_700_000_000

/** A ledger in memory with the few shapes that its tests repeat. Wallets are named by one word. */
export interface Books {
  readonly ledger: Ledger
  readonly payments: Payments
  account(name: string): number
  balance(name: string): number
  /** An invoice of `payee`; its preimage is the n-th one, and so is its hash. */
  invoice(payee: string, n: number, options?: { amount?: number; hold?: boolean; expiresAt?: number; holdSecs?: number }): InvoiceRow
  pay(payer: string, invoice: InvoiceRow, options?: { at?: number; maxFee?: number; later?: PayCommand['later'] }): PayResult
  close(): void
}

export function preimageOf(n: number): string {
  return n.toString(16).padStart(64, '0')
}

export function hashOf(n: number): string {
  return hashOfPreimage(preimageOf(n))
}

export function openBooks(): Books {
  const database = new DatabaseSync(':memory:')
  for (const migration of MINT_MIGRATIONS) database.exec(migration.sql)
  const ledger = createLedger(database)
  const payments = createPayments(ledger)
  const account = (name: string) => {
    const opened = inTransaction(database, () => ledger.openAccount(name, NOW))
    if (opened === null) throw new Error('the mint takes no more clients')
    return opened
  }
  return {
    ledger,
    payments,
    account,
    balance: (name) => ledger.balanceOf(account(name)),
    invoice(payee, n, { amount = 10_000, hold = false, expiresAt = NOW + 600, holdSecs = 600 } = {}) {
      const paymentHash = hashOf(n)
      payments.addInvoice({
        paymentHash,
        payee: account(payee),
        hold,
        holdSecs: hold ? holdSecs : null,
        amountMsat: msat(amount),
        description: `number ${n}`,
        bolt11: `lnbcrt${n}`,
        preimage: hold ? null : preimageOf(n),
        createdAt: NOW,
        expiresAt,
      })
      const row = payments.findInvoice(paymentHash)
      if (row === null) throw new Error('the invoice was not stored')
      return row
    },
    pay(payer, invoice, { at = NOW, maxFee, later } = {}) {
      const payerAccount = account(payer)
      return inTransaction(database, () =>
        payments.pay({
          payer: payerAccount,
          // As the mint does: the invoice as it stands now.
          invoice: payments.findInvoice(invoice.paymentHash) ?? invoice,
          maxFeeMsat: maxFee === undefined ? null : msat(maxFee),
          at,
          ...(later === undefined ? {} : { later }),
        }),
      )
    },
    close: () => database.close(),
  }
}
