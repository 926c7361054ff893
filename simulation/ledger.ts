/**
 * All the money there is, in double entry: every movement takes from one account what it gives to another, so that the sum
 * over all accounts is always what was issued. Invoices are real BOLT 11 on regtest, signed by the node of the ledger.
 */
import { createHash } from 'node:crypto'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { addMsat, msat, type Msat } from '#shared/market/msat.ts'
import { encodeInvoice } from '#shared/protocol/bolt11.ts'
import type { Random } from '#engine/ports.ts'
import type { HoldInvoiceRequest, Invoice, InvoiceRequest, PaymentDirection, WalletProblemCode } from '#engine/wallet/wallet.ts'
import { Violation } from './violation.ts'
import type { VirtualTime } from './virtualTime.ts'

export interface LedgerInvoice extends Invoice {
  readonly payee: string
  /** Known from the start for a plain invoice, once settled for a hold invoice. */
  preimage: string | null
  /** How long its payee may hold what is paid; null for a plain invoice. */
  readonly holdSecs: number | null
  /** Of a hold invoice that takes no payment more: its payee cancelled it, or what was held went back at the deadline. */
  closed: 'cancelled' | 'returned' | null
}

export interface LedgerPayment {
  readonly invoice: LedgerInvoice
  readonly payer: string
  readonly feeMsat: Msat
  state: 'pending' | 'held' | 'settled' | 'failed'
  readonly beganAt: number
  /** Unix milliseconds at which what is held returns by itself. */
  heldUntil: number | null
  endedAt: number | null
}

export interface Ledger {
  issue(account: string, amountMsat: Msat): void
  /** Everything that was issued to an account. */
  issuedTo(account: string): Msat
  balance(account: string): Msat
  createInvoice(payee: string, request: InvoiceRequest): LedgerInvoice
  /** The same one when asked again; null when the hash is another's, or over another amount. */
  createHoldInvoice(payee: string, request: HoldInvoiceRequest): LedgerInvoice | null
  invoice(paymentHash: string): LedgerInvoice | null
  /** Takes the money and its fee from the payer. The payment as it is where it began before; a failed one may begin again. */
  begin(payer: string, bolt11: string, maxFeeMsat: Msat, feeMsat: Msat): LedgerPayment | WalletProblemCode
  /** It reaches the payee, who gets it or holds it, or goes back when the invoice is over: what became of it. One that has ended meanwhile stays as it is. */
  settle(paymentHash: string): LedgerPayment['state']
  fail(paymentHash: string): void
  /** The payee takes what it holds. True again for what it has taken; false when nothing is held. */
  claim(paymentHash: string, preimage: string): boolean
  /** The payee gives back what it holds and takes nothing more. False for what it has taken. */
  cancel(paymentHash: string): boolean
  payment(paymentHash: string): LedgerPayment | null
  payments(): Iterable<LedgerPayment>
  /** What an account has asked to be paid, and has begun to pay, each hash once: in the order in which that was. */
  history(account: string): readonly { readonly paymentHash: string; readonly direction: PaymentDirection }[]
  /** Called after a payment has begun, is held, settled or failed. */
  onChange(listener: (payment: LedgerPayment) => void): void
  movements(): number
}

const ISSUED = '(issued)'
const UNDER_WAY = '(under way)'
const FEES = '(fees)'

export function hashOf(preimage: Uint8Array): string {
  return createHash('sha256').update(preimage).digest('hex')
}

export function createLedger(options: { readonly time: VirtualTime; readonly random: Random }): Ledger {
  const { time, random } = options
  const nodeKey = random.bytes(32)
  const accounts = new Map<string, number>()
  const issued = new Map<string, number>()
  const invoices = new Map<string, LedgerInvoice>()
  const hashByBolt11 = new Map<string, string>()
  /** The last one of each invoice: one that failed may be tried again. */
  const payments = new Map<string, LedgerPayment>()
  const histories = new Map<string, { readonly paymentHash: string; readonly direction: PaymentDirection }[]>()
  /** What calls off the return of what is held. */
  const deadlines = new Map<LedgerPayment, () => void>()
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

  function record(account: string, paymentHash: string, direction: PaymentDirection): void {
    const history = histories.get(account)
    if (history === undefined) histories.set(account, [{ paymentHash, direction }])
    else history.push({ paymentHash, direction })
  }

  function changed(payment: LedgerPayment): void {
    for (const listener of listeners) listener(payment)
  }

  function end(payment: LedgerPayment, state: 'settled' | 'failed'): void {
    if (payment.state !== 'pending' && payment.state !== 'held') throw new Violation(`a payment that is ${payment.state} cannot be ${state}: ${payment.invoice.paymentHash}`)
    payment.state = state
    payment.endedAt = time.now()
    payment.heldUntil = null
    deadlines.get(payment)?.()
    deadlines.delete(payment)
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

  function hold(payment: LedgerPayment, holdSecs: number): void {
    payment.state = 'held'
    payment.heldUntil = time.now() + holdSecs * 1_000
    const cancel = time.after(holdSecs * 1_000, () => {
      payment.invoice.closed = 'returned'
      end(payment, 'failed')
    })
    deadlines.set(payment, cancel)
    changed(payment)
  }

  function addInvoice(payee: string, { amountMsat, description, expirySecs }: InvoiceRequest, paymentHash: string, preimage: string | null, holdSecs: number | null): LedgerInvoice {
    const createdAt = Math.floor(time.now() / 1_000)
    const bolt11 = encodeInvoice({ network: 'regtest', amountMsat, paymentHash, paymentSecret: bytesToHex(random.bytes(32)), description, createdAt, expirySecs }, nodeKey)
    const invoice: LedgerInvoice = { bolt11, paymentHash, amountMsat, network: 'regtest', createdAt, expiresAt: createdAt + expirySecs, description, payee, preimage, holdSecs, closed: null }
    invoices.set(paymentHash, invoice)
    record(payee, paymentHash, 'incoming')
    hashByBolt11.set(bolt11, paymentHash)
    return invoice
  }

  const isExpired = (invoice: Invoice) => time.now() >= invoice.expiresAt * 1_000

  return {
    issue(account, amountMsat) {
      issued.set(account, (issued.get(account) ?? 0) + amountMsat)
      move(ISSUED, account, amountMsat)
    },
    issuedTo: (account) => msat(issued.get(account) ?? 0),
    balance: (account) => msat(accounts.get(account) ?? 0),
    createInvoice(payee, request) {
      const preimage = random.bytes(32)
      return addInvoice(payee, request, hashOf(preimage), bytesToHex(preimage), null)
    },
    createHoldInvoice(payee, request) {
      const known = invoices.get(request.paymentHash)
      if (known === undefined) return addInvoice(payee, request, request.paymentHash, null, request.holdSecs)
      return known.payee === payee && known.amountMsat === request.amountMsat && known.holdSecs !== null && known.closed === null ? known : null
    },
    invoice: (paymentHash) => invoices.get(paymentHash) ?? null,
    begin(payer, bolt11, maxFeeMsat, feeMsat) {
      const invoice = invoices.get(hashByBolt11.get(bolt11) ?? '')
      if (invoice === undefined) return 'invalid-invoice'
      const known = payments.get(invoice.paymentHash)
      if (known !== undefined && known.state !== 'failed') return known.payer === payer ? known : 'payment-failed'
      if (invoice.closed !== null) return 'payment-failed'
      if (isExpired(invoice)) return 'invoice-expired'
      if (feeMsat > maxFeeMsat) return 'fee-too-high'
      const totalMsat = addMsat(invoice.amountMsat, feeMsat)
      if ((accounts.get(payer) ?? 0) < totalMsat) return 'insufficient-balance'
      const payment: LedgerPayment = { invoice, payer, feeMsat, state: 'pending', beganAt: time.now(), heldUntil: null, endedAt: null }
      if (known === undefined || known.payer !== payer) record(payer, invoice.paymentHash, 'outgoing')
      payments.set(invoice.paymentHash, payment)
      move(payer, UNDER_WAY, totalMsat)
      changed(payment)
      return payment
    },
    settle(paymentHash) {
      const payment = pending(paymentHash)
      const { invoice } = payment
      // Cancelled while it was on its way: it went back then.
      if (invoice.closed !== null && payment.state === 'failed') return payment.state
      if (isExpired(invoice)) end(payment, 'failed')
      else if (invoice.holdSecs === null) end(payment, 'settled')
      else hold(payment, invoice.holdSecs)
      return payment.state
    },
    fail(paymentHash) {
      const payment = pending(paymentHash)
      if (payment.invoice.closed !== null && payment.state === 'failed') return
      end(payment, 'failed')
    },
    claim(paymentHash, preimage) {
      const payment = payments.get(paymentHash)
      if (payment === undefined || payment.invoice.holdSecs === null) return false
      if (payment.state === 'settled') return true
      if (payment.state !== 'held') return false
      if (hashOf(hexToBytes(preimage)) !== paymentHash) throw new Violation(`${paymentHash} is claimed with a preimage that does not open it`)
      payment.invoice.preimage = preimage
      end(payment, 'settled')
      return true
    },
    cancel(paymentHash) {
      const invoice = invoices.get(paymentHash)
      const payment = payments.get(paymentHash)
      if (invoice === undefined || invoice.holdSecs === null || payment?.state === 'settled') return false
      invoice.closed ??= 'cancelled'
      if (payment?.state === 'held' || payment?.state === 'pending') end(payment, 'failed')
      return true
    },
    payment: (paymentHash) => payments.get(paymentHash) ?? null,
    payments: () => payments.values(),
    history: (account) => histories.get(account) ?? [],
    onChange: (listener) => void listeners.push(listener),
    movements: () => movements,
  }
}
