/**
 * Invoices and payments of the mint. A payment locks its amount and fee in the held account first and then settles or
 * returns: an ordinary one in the same transaction, a hold invoice's when its payee says or at the lock's deadline, an
 * unlucky one (a fault that tests switch on) when its time has come. Every function runs inside the caller's transaction.
 */
import { addMsat, msat, type Msat } from '#shared/market/msat.ts'
import { FEES_ACCOUNT, HELD_ACCOUNT, type Ledger } from './ledger.ts'

/** One per thousand, rounded down: nothing for the smallest. */
const FEE_DIVISOR = 1_000

export type InvoiceState = 'open' | 'held' | 'settled' | 'cancelled' | 'expired'
export type PaymentState = 'pending' | 'held' | 'settled' | 'failed'

export interface InvoiceRow {
  readonly paymentHash: string
  readonly payee: number
  readonly hold: boolean
  readonly amountMsat: Msat
  readonly description: string
  readonly bolt11: string
  /** Known from the start for a plain invoice, once settled for a hold invoice. */
  readonly preimage: string | null
  readonly state: InvoiceState
  readonly createdAt: number
  readonly expiresAt: number
  readonly settledAt: number | null
  /** How long money stays locked for it; null for a plain invoice. */
  readonly holdSecs: number | null
  /** When the lock returns, since it is held. The invoice's own expiry stops new payments only. */
  readonly heldUntil: number | null
}

export interface PaymentRow {
  readonly paymentHash: string
  readonly payer: number
  readonly amountMsat: Msat
  readonly feeMsat: Msat
  readonly state: PaymentState
  readonly createdAt: number
  readonly endedAt: number | null
  readonly failure: string | null
  /** What it becomes by itself, when it is on its way or a slow settlement or cancellation is. */
  readonly resolvesTo: 'held' | 'settled' | 'failed' | null
  /** Its payer was told that it failed, while it is on its way. */
  readonly calledFailed: boolean
}

/** What became of a payment, for those who wait for it. */
export interface Change {
  readonly type: 'held' | 'settled' | 'returned'
  readonly paymentHash: string
  readonly payer: number
  readonly payee: number
}

export type NewInvoice = Omit<InvoiceRow, 'state' | 'settledAt' | 'heldUntil'>

export interface PayCommand {
  readonly payer: number
  readonly invoice: InvoiceRow
  readonly maxFeeMsat: Msat | null
  readonly at: number
  /** Leaves the payment pending until then, as a slow network would. `settled` is held first where the invoice is one to hold. */
  readonly later?: { readonly resolveAt: number; readonly to: 'settled' | 'failed'; readonly calledFailed?: boolean }
}

export type PayRefusal = { readonly code: 'INSUFFICIENT_BALANCE' | 'PAYMENT_FAILED'; readonly message: string }
export type PayResult = { readonly ok: true; readonly payment: PaymentRow; readonly changes: readonly Change[] } | { readonly ok: false; readonly refusal: PayRefusal }
export type HoldResult = { readonly ok: true; readonly changes: readonly Change[] } | { readonly ok: false; readonly reason: string }

export interface Payments {
  addInvoice(invoice: NewInvoice): void
  findInvoice(paymentHash: string): InvoiceRow | null
  findPayment(paymentHash: string, payer: number): PaymentRow | null
  /** Pays once: what this payer has paid, or is paying, is answered as it stands. A failed payment may be tried again. */
  pay(command: PayCommand): PayResult
  /** Records that nothing was paid, so that a look-up says so. A live payment stays what it is. */
  recordFailure(payer: number, invoice: InvoiceRow, reason: string, at: number): void
  /** `resolveAt`: accepted now and done then, whatever the deadline of the lock. */
  settleHold(paymentHash: string, preimage: string, at: number, resolveAt?: number): HoldResult
  cancelHold(paymentHash: string, at: number, resolveAt?: number): HoldResult
  /** Everything whose time has come: invoices expire, held money returns, slow payments resolve. */
  applyDue(at: number): readonly Change[]
  /** When `applyDue` has something to do next, null for never. */
  nextDueAt(): number | null
}

export function feeOf(amountMsat: Msat): Msat {
  return msat(Math.floor(amountMsat / FEE_DIVISOR))
}

export function createPayments(ledger: Ledger): Payments {
  const { database } = ledger
  const insertInvoice = database.prepare(`
    INSERT INTO invoice (payment_hash, payee, hold, hold_secs, amount_msat, description, bolt11, preimage, state, created_at, expires_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?)`)
  const selectInvoice = database.prepare('SELECT * FROM invoice WHERE payment_hash = ?')
  const updateInvoice = database.prepare('UPDATE invoice SET state = ?, preimage = ?, settled_at = ? WHERE payment_hash = ?')
  const holdInvoice = database.prepare(`UPDATE invoice SET state = 'held', held_until = ? WHERE payment_hash = ?`)
  const keepPreimage = database.prepare('UPDATE invoice SET preimage = ? WHERE payment_hash = ?')
  const selectPayment = database.prepare('SELECT * FROM payment WHERE payment_hash = ? AND payer = ?')
  const selectLive = database.prepare(`SELECT * FROM payment WHERE payment_hash = ? AND state <> 'failed'`)
  const upsertPayment = database.prepare(`
    INSERT OR REPLACE INTO payment (payment_hash, payer, amount_msat, fee_msat, state, created_at, ended_at, failure, resolve_at, resolve_to, called_failed)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const endPayment = database.prepare('UPDATE payment SET state = ?, ended_at = ?, failure = ?, resolve_at = NULL, resolve_to = NULL WHERE payment_hash = ? AND payer = ?')
  const holdPayment = database.prepare(`UPDATE payment SET state = 'held', resolve_at = NULL, resolve_to = NULL WHERE payment_hash = ? AND payer = ?`)
  const resolveLater = database.prepare('UPDATE payment SET resolve_at = ?, resolve_to = ? WHERE payment_hash = ? AND payer = ?')
  const selectDuePayments = database.prepare('SELECT * FROM payment WHERE resolve_at <= ? ORDER BY resolve_at')
  // An invoice with a payment under way waits for that payment's end.
  const waits = 'payment_hash IN (SELECT payment_hash FROM payment WHERE resolve_at IS NOT NULL)'
  const selectDueInvoices = database.prepare(`
    SELECT * FROM invoice WHERE ((state = 'open' AND expires_at <= :at) OR (state = 'held' AND held_until <= :at)) AND NOT ${waits}`)
  const selectNextDue = database.prepare(`
    SELECT min(at) AS at FROM (
      SELECT min(resolve_at) AS at FROM payment
      UNION ALL SELECT min(expires_at) FROM invoice WHERE state = 'open' AND NOT ${waits}
      UNION ALL SELECT min(held_until) FROM invoice WHERE state = 'held' AND NOT ${waits})`)

  const findInvoice = (paymentHash: string) => {
    const row = selectInvoice.get(paymentHash)
    return row === undefined ? null : readInvoice(row)
  }
  const findPayment = (paymentHash: string, payer: number) => {
    const row = selectPayment.get(paymentHash, payer)
    return row === undefined ? null : readPayment(row)
  }
  const findLive = (paymentHash: string) => {
    const row = selectLive.get(paymentHash)
    return row === undefined ? null : readPayment(row)
  }
  const changeOf = (type: Change['type'], invoice: InvoiceRow, payment: PaymentRow): Change => ({
    type,
    paymentHash: invoice.paymentHash,
    payer: payment.payer,
    payee: invoice.payee,
  })
  const hold = (invoice: InvoiceRow, payment: PaymentRow, at: number): Change => {
    holdPayment.run(invoice.paymentHash, payment.payer)
    holdInvoice.run(at + Number(invoice.holdSecs), invoice.paymentHash)
    return changeOf('held', invoice, payment)
  }
  /** held → payee and fees: the only way in which money reaches a payee. */
  const settle = (invoice: InvoiceRow, payment: PaymentRow, preimage: string, at: number): Change => {
    const { paymentHash } = invoice
    ledger.move({ from: HELD_ACCOUNT, to: invoice.payee, amountMsat: payment.amountMsat, reason: 'settle', paymentHash, at })
    ledger.move({ from: HELD_ACCOUNT, to: FEES_ACCOUNT, amountMsat: payment.feeMsat, reason: 'fee', paymentHash, at })
    endPayment.run('settled', at, null, paymentHash, payment.payer)
    updateInvoice.run('settled', preimage, at, paymentHash)
    return changeOf('settled', invoice, payment)
  }
  const giveBack = (invoice: InvoiceRow, payment: PaymentRow, reason: string, at: number): Change => {
    ledger.move({ from: HELD_ACCOUNT, to: payment.payer, amountMsat: addMsat(payment.amountMsat, payment.feeMsat), reason: 'return', paymentHash: invoice.paymentHash, at })
    endPayment.run('failed', at, reason, invoice.paymentHash, payment.payer)
    return changeOf('returned', invoice, payment)
  }

  const resolve = (invoice: InvoiceRow, payment: PaymentRow, at: number): Change => {
    if (payment.resolvesTo === 'held') return hold(invoice, payment, at)
    if (payment.resolvesTo === 'settled') return settle(invoice, payment, String(invoice.preimage), at)
    if (payment.state === 'pending') return giveBack(invoice, payment, 'No route was found in time.', at)
    updateInvoice.run('cancelled', null, null, invoice.paymentHash)
    return giveBack(invoice, payment, 'The payee cancelled.', at)
  }

  const pay = ({ payer, invoice, maxFeeMsat, at, later }: PayCommand): PayResult => {
    const refuse = (code: PayRefusal['code'], message: string): PayResult => ({ ok: false, refusal: { code, message } })
    const { paymentHash, amountMsat } = invoice
    const live = findLive(paymentHash)
    if (live?.payer === payer) return { ok: true, payment: live, changes: [] }
    if (live !== null) return refuse('PAYMENT_FAILED', 'This invoice is paid, or being paid, by another wallet.')
    if (invoice.state === 'cancelled') return refuse('PAYMENT_FAILED', 'The payee has cancelled this invoice.')
    if (invoice.state === 'expired' || invoice.expiresAt <= at) return refuse('PAYMENT_FAILED', 'This invoice has expired.')
    const feeMsat = payer === invoice.payee ? msat(0) : feeOf(amountMsat)
    if (maxFeeMsat !== null && feeMsat > maxFeeMsat) return refuse('PAYMENT_FAILED', `The fee of ${feeMsat} msat is above the cap of ${maxFeeMsat} msat.`)
    const total = addMsat(amountMsat, feeMsat)
    if (ledger.balanceOf(payer) < total) return refuse('INSUFFICIENT_BALANCE', `This takes ${total} msat with its fee, more than the balance.`)

    ledger.move({ from: payer, to: HELD_ACCOUNT, amountMsat: total, reason: 'lock', paymentHash, at })
    const goesTo = later?.to === 'settled' && invoice.hold ? 'held' : (later?.to ?? null)
    const payment: PaymentRow = {
      paymentHash, payer, amountMsat, feeMsat, state: later === undefined ? 'held' : 'pending', createdAt: at, endedAt: null, failure: null, resolvesTo: goesTo, calledFailed: later?.calledFailed === true,
    }
    upsertPayment.run(paymentHash, payer, amountMsat, feeMsat, payment.state, at, null, null, later?.resolveAt ?? null, goesTo, payment.calledFailed ? 1 : 0)
    if (later !== undefined) return { ok: true, payment, changes: [] }
    if (invoice.hold) return { ok: true, payment, changes: [hold(invoice, payment, at)] }
    const change = settle(invoice, payment, String(invoice.preimage), at)
    return { ok: true, payment: { ...payment, state: 'settled', endedAt: at }, changes: [change] }
  }

  return {
    addInvoice(invoice) {
      insertInvoice.run(
        invoice.paymentHash,
        invoice.payee,
        invoice.hold ? 1 : 0,
        invoice.holdSecs,
        invoice.amountMsat,
        invoice.description,
        invoice.bolt11,
        invoice.preimage,
        invoice.createdAt,
        invoice.expiresAt,
      )
    },
    findInvoice,
    findPayment,
    pay,
    recordFailure(payer, invoice, reason, at) {
      const known = findPayment(invoice.paymentHash, payer)
      if (known !== null && known.state !== 'failed') return
      upsertPayment.run(invoice.paymentHash, payer, invoice.amountMsat, 0, 'failed', at, at, reason, null, null, 0)
    },
    settleHold(paymentHash, preimage, at, resolveAt) {
      const invoice = findInvoice(paymentHash)
      const payment = findLive(paymentHash)
      if (invoice === null || !invoice.hold) return { ok: false, reason: 'There is no hold invoice for this preimage.' }
      if (invoice.state === 'settled') return { ok: true, changes: [] }
      if (invoice.state !== 'held' || payment === null) return { ok: false, reason: `This hold invoice is ${invoice.state}: nothing is locked for it.` }
      if (payment.resolvesTo !== null) {
        return payment.resolvesTo === 'settled' ? { ok: true, changes: [] } : { ok: false, reason: 'This hold invoice is being cancelled.' }
      }
      if (resolveAt === undefined) return { ok: true, changes: [settle(invoice, payment, preimage, at)] }
      keepPreimage.run(preimage, paymentHash)
      resolveLater.run(resolveAt, 'settled', paymentHash, payment.payer)
      return { ok: true, changes: [] }
    },
    cancelHold(paymentHash, at, resolveAt) {
      const invoice = findInvoice(paymentHash)
      if (invoice === null || !invoice.hold) return { ok: false, reason: 'There is no hold invoice with this payment hash.' }
      if (invoice.state === 'settled') return { ok: false, reason: 'This hold invoice is settled already.' }
      if (invoice.state === 'cancelled' || invoice.state === 'expired') return { ok: true, changes: [] }
      const payment = findLive(paymentHash)
      if (payment?.state === 'held' && payment.resolvesTo !== null) {
        return payment.resolvesTo === 'failed' ? { ok: true, changes: [] } : { ok: false, reason: 'This hold invoice is being settled already.' }
      }
      if (payment?.state === 'held' && resolveAt !== undefined) {
        resolveLater.run(resolveAt, 'failed', paymentHash, payment.payer)
        return { ok: true, changes: [] }
      }
      updateInvoice.run('cancelled', null, null, paymentHash)
      return { ok: true, changes: payment === null ? [] : [giveBack(invoice, payment, 'The payee cancelled.', at)] }
    },
    applyDue(at) {
      const changes: Change[] = []
      for (const row of selectDuePayments.all(at)) {
        const payment = readPayment(row)
        const invoice = findInvoice(payment.paymentHash)
        if (invoice === null) continue
        changes.push(resolve(invoice, payment, at))
      }
      for (const row of selectDueInvoices.all({ at })) {
        const invoice = readInvoice(row)
        const payment = findLive(invoice.paymentHash)
        updateInvoice.run('expired', invoice.preimage, null, invoice.paymentHash)
        if (payment !== null) changes.push(giveBack(invoice, payment, 'The payee did not settle it before the deadline of the lock.', at))
      }
      return changes
    },
    nextDueAt() {
      const at = selectNextDue.get()?.['at']
      return typeof at === 'number' ? at : null
    },
  }
}

type Row = Record<string, unknown>

export function readInvoice(row: Row): InvoiceRow {
  return {
    paymentHash: String(row['payment_hash']),
    payee: Number(row['payee']),
    hold: row['hold'] === 1,
    amountMsat: msat(Number(row['amount_msat'])),
    description: String(row['description']),
    bolt11: String(row['bolt11']),
    preimage: textOrNull(row['preimage']),
    state: row['state'] as InvoiceState,
    createdAt: Number(row['created_at']),
    expiresAt: Number(row['expires_at']),
    settledAt: numberOrNull(row['settled_at']),
    holdSecs: numberOrNull(row['hold_secs']),
    heldUntil: numberOrNull(row['held_until']),
  }
}

export function readPayment(row: Row): PaymentRow {
  return {
    paymentHash: String(row['payment_hash']),
    payer: Number(row['payer']),
    amountMsat: msat(Number(row['amount_msat'])),
    feeMsat: msat(Number(row['fee_msat'])),
    state: row['state'] as PaymentState,
    createdAt: Number(row['created_at']),
    endedAt: numberOrNull(row['ended_at']),
    failure: textOrNull(row['failure']),
    resolvesTo: textOrNull(row['resolve_to']) as PaymentRow['resolvesTo'],
    calledFailed: row['called_failed'] === 1,
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
