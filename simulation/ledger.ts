/**
 * All the money there is, in double entry: every movement takes from one account what it gives to another, so that the sum
 * over all accounts is always what was issued. Invoices are real BOLT 11 on regtest, signed by the node of the ledger.
 */
import { createHash } from 'node:crypto'
import { bytesToHex } from '@noble/hashes/utils.js'
import { addMsat, msat, type Msat } from '#shared/market/msat.ts'
import { encodeInvoice } from '#shared/protocol/bolt11.ts'
import type { Random } from '#engine/ports.ts'
import type { Invoice, InvoiceRequest, WalletProblemCode } from '#engine/wallet/wallet.ts'
import { Violation } from './violation.ts'
import type { VirtualTime } from './virtualTime.ts'

export interface LedgerInvoice extends Invoice {
  readonly payee: string
  readonly preimage: string
}

export interface LedgerPayment {
  readonly invoice: LedgerInvoice
  readonly payer: string
  readonly feeMsat: Msat
  state: 'pending' | 'settled' | 'failed'
  readonly beganAt: number
  endedAt: number | null
}

export interface Ledger {
  issue(account: string, amountMsat: Msat): void
  balance(account: string): Msat
  createInvoice(payee: string, request: InvoiceRequest): LedgerInvoice
  invoice(paymentHash: string): LedgerInvoice | null
  /** Takes the money and its fee from the payer. The payment as it is where it began before; a failed one may begin again. */
  begin(payer: string, bolt11: string, maxFeeMsat: Msat, feeMsat: Msat): LedgerPayment | WalletProblemCode
  /** Gives it to the payee, or back when the invoice has expired meanwhile: what became of it. */
  settle(paymentHash: string): 'settled' | 'failed'
  fail(paymentHash: string): void
  payment(paymentHash: string): LedgerPayment | null
  payments(): Iterable<LedgerPayment>
  /** Called after a payment has begun, settled or failed. */
  onChange(listener: (payment: LedgerPayment) => void): void
  movements(): number
}

const ISSUED = '(issued)'
const UNDER_WAY = '(under way)'
const FEES = '(fees)'

export function createLedger(options: { readonly time: VirtualTime; readonly random: Random }): Ledger {
  const { time, random } = options
  const nodeKey = random.bytes(32)
  const accounts = new Map<string, number>()
  const invoices = new Map<string, LedgerInvoice>()
  const hashByBolt11 = new Map<string, string>()
  /** The last one of each invoice: one that failed may be tried again. */
  const payments = new Map<string, LedgerPayment>()
  const listeners: ((payment: LedgerPayment) => void)[] = []
  let movements = 0

  /** One movement. What each account has afterwards is checked, and that nothing came of nothing. */
  function move(from: string, to: string, amountMsat: Msat): void {
    accounts.set(from, (accounts.get(from) ?? 0) - amountMsat)
    accounts.set(to, (accounts.get(to) ?? 0) + amountMsat)
    movements += 1
    let sum = 0
    for (const [account, balance] of accounts) {
      sum += balance
      if (balance < 0 && account !== ISSUED) throw new Violation(`the account ${account} is overdrawn: ${balance} msat`)
    }
    if (sum !== 0) throw new Violation(`the accounts add up to ${sum} msat, not to 0`)
  }

  function changed(payment: LedgerPayment): void {
    for (const listener of listeners) listener(payment)
  }

  function end(payment: LedgerPayment, state: 'settled' | 'failed'): void {
    if (payment.state !== 'pending') throw new Violation(`a payment that is ${payment.state} cannot be ${state}: ${payment.invoice.paymentHash}`)
    payment.state = state
    payment.endedAt = time.now()
    if (state === 'settled') {
      move(UNDER_WAY, payment.invoice.payee, payment.invoice.amountMsat)
      move(UNDER_WAY, FEES, payment.feeMsat)
    } else {
      move(UNDER_WAY, payment.payer, addMsat(payment.invoice.amountMsat, payment.feeMsat))
    }
    changed(payment)
  }

  function pending(paymentHash: string): LedgerPayment {
    const payment = payments.get(paymentHash)
    if (payment === undefined) throw new Violation(`no payment of ${paymentHash} has begun`)
    return payment
  }

  const isExpired = (invoice: Invoice) => time.now() >= invoice.expiresAt * 1_000

  return {
    issue: (account, amountMsat) => move(ISSUED, account, amountMsat),
    balance: (account) => msat(accounts.get(account) ?? 0),
    createInvoice(payee, { amountMsat, description, expirySecs }) {
      const preimage = random.bytes(32)
      const paymentHash = createHash('sha256').update(preimage).digest('hex')
      const createdAt = Math.floor(time.now() / 1_000)
      const bolt11 = encodeInvoice({ network: 'regtest', amountMsat, paymentHash, paymentSecret: bytesToHex(random.bytes(32)), description, createdAt, expirySecs }, nodeKey)
      const invoice: LedgerInvoice = { bolt11, paymentHash, amountMsat, network: 'regtest', createdAt, expiresAt: createdAt + expirySecs, description, payee, preimage: bytesToHex(preimage) }
      invoices.set(paymentHash, invoice)
      hashByBolt11.set(bolt11, paymentHash)
      return invoice
    },
    invoice: (paymentHash) => invoices.get(paymentHash) ?? null,
    begin(payer, bolt11, maxFeeMsat, feeMsat) {
      const invoice = invoices.get(hashByBolt11.get(bolt11) ?? '')
      if (invoice === undefined) return 'invalid-invoice'
      const known = payments.get(invoice.paymentHash)
      if (known !== undefined && known.state !== 'failed') return known.payer === payer ? known : 'payment-failed'
      if (isExpired(invoice)) return 'invoice-expired'
      if (feeMsat > maxFeeMsat) return 'fee-too-high'
      const totalMsat = addMsat(invoice.amountMsat, feeMsat)
      if ((accounts.get(payer) ?? 0) < totalMsat) return 'insufficient-balance'
      const payment: LedgerPayment = { invoice, payer, feeMsat, state: 'pending', beganAt: time.now(), endedAt: null }
      payments.set(invoice.paymentHash, payment)
      move(payer, UNDER_WAY, totalMsat)
      changed(payment)
      return payment
    },
    settle(paymentHash) {
      const payment = pending(paymentHash)
      const state = isExpired(payment.invoice) ? 'failed' : 'settled'
      end(payment, state)
      return state
    },
    fail: (paymentHash) => end(pending(paymentHash), 'failed'),
    payment: (paymentHash) => payments.get(paymentHash) ?? null,
    payments: () => payments.values(),
    onChange: (listener) => void listeners.push(listener),
    movements: () => movements,
  }
}
