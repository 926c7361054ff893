import type { DatabaseSync } from 'node:sqlite'
import { explainMovement, movementBetween, NO_STANDING, standingOf, type Standing } from '#shared/market/books.ts'
import { addMsat, msat, type Msat } from '#shared/market/msat.ts'
import { createBooks } from './books.ts'
import { joinTransaction } from './database.ts'

export interface SentPayment {
  readonly paymentHash: string
  readonly bolt11: string
  readonly amountMsat: Msat
  readonly maxFeeMsat: Msat
  readonly state: 'intended' | 'unknown' | 'settled' | 'failed'
  readonly feeMsat: Msat
  readonly note: string
  readonly createdAt: number
}

/** Payments that a person sends by hand: stored as intended before the wallet is asked, and in the books with it. */
export interface SentPaymentStore {
  /** Stores the intent; returns what is already known of that hash instead, when something is. */
  intend(payment: Pick<SentPayment, 'paymentHash' | 'bolt11' | 'amountMsat' | 'maxFeeMsat' | 'createdAt'>): SentPayment | null
  /** What has settled stays so, whatever is said of another attempt at it. */
  resolve(paymentHash: string, state: SentPayment['state'], feeMsat: Msat, note: string, at: number): void
  find(paymentHash: string): SentPayment | null
  unresolved(): readonly SentPayment[]
  /** Settled since a time, and everything pending, fees and fee caps included. */
  spending(sinceMs: number): { readonly settledMsat: Msat; readonly pendingMsat: Msat; readonly pendingPayments: number }
}

export function createSentPaymentStore(database: DatabaseSync): SentPaymentStore {
  const books = createBooks(database)
  const select = database.prepare('SELECT * FROM sent_payment WHERE payment_hash = ?')
  const insert = database.prepare(`
    INSERT INTO sent_payment (payment_hash, bolt11, amount_msat, max_fee_msat, state, created_at, updated_at)
    VALUES (?, ?, ?, ?, 'intended', ?, ?)
    ON CONFLICT (payment_hash) DO UPDATE SET state = 'intended', max_fee_msat = excluded.max_fee_msat, updated_at = excluded.updated_at`)
  const update = database.prepare(`UPDATE sent_payment SET state = ?, fee_msat = ?, note = ?, updated_at = ? WHERE payment_hash = ? AND state <> 'settled'`)
  const selectOpen = database.prepare("SELECT * FROM sent_payment WHERE state IN ('intended', 'unknown') ORDER BY created_at")
  const sumOpen = database.prepare("SELECT COALESCE(SUM(amount_msat + max_fee_msat), 0) AS pending, COUNT(*) AS payments FROM sent_payment WHERE state IN ('intended', 'unknown')")
  const sumSettled = database.prepare("SELECT COALESCE(SUM(amount_msat + fee_msat), 0) AS settled FROM sent_payment WHERE state = 'settled' AND updated_at >= ?")
  const find = (paymentHash: string) => {
    const found = select.get(paymentHash)
    return found ? paymentOf(found) : null
  }
  /** Changes a row, and posts what that means in the same transaction. */
  const change = (paymentHash: string, at: number, write: () => void) =>
    joinTransaction(database, () => {
      const before = find(paymentHash)
      write()
      const after = find(paymentHash)
      const movement = movementBetween(before === null ? NO_STANDING : standingOfPayment(before), after === null ? NO_STANDING : standingOfPayment(after))
      books.post({ at, kind: 'by-hand', paymentHash, reason: explainMovement(movement), movement })
    })
  return {
    intend(payment) {
      const known = find(payment.paymentHash)
      // Only a failure that the wallet confirmed may be tried again.
      if (known && known.state !== 'failed') return known
      const { paymentHash, bolt11, amountMsat, maxFeeMsat, createdAt } = payment
      change(paymentHash, createdAt, () => insert.run(paymentHash, bolt11, amountMsat, maxFeeMsat, createdAt, createdAt))
      return null
    },
    resolve: (paymentHash, state, feeMsat, note, at) => change(paymentHash, at, () => update.run(state, feeMsat, note, at, paymentHash)),
    find,
    unresolved: () => selectOpen.all().map(paymentOf),
    spending(sinceMs) {
      const open = sumOpen.get()
      return { settledMsat: msat(Number(sumSettled.get(sinceMs)?.['settled'])), pendingMsat: msat(Number(open?.['pending'])), pendingPayments: Number(open?.['payments']) }
    },
  }
}

/** What it means for one's money in each of its states. */
function standingOfPayment({ state, amountMsat, maxFeeMsat, feeMsat }: SentPayment): Standing {
  switch (state) {
    case 'intended':
    case 'unknown':
      return standingOf({ from: 'wallet', to: 'onTheWay', msat: addMsat(amountMsat, maxFeeMsat) })
    case 'settled':
      return standingOf({ from: 'wallet', to: 'outside', msat: amountMsat }, { from: 'wallet', to: 'fees', msat: feeMsat })
    case 'failed':
      return NO_STANDING
  }
}

const paymentOf = (found: Record<string, unknown>): SentPayment => ({
  paymentHash: String(found['payment_hash']),
  bolt11: String(found['bolt11']),
  amountMsat: msat(Number(found['amount_msat'])),
  maxFeeMsat: msat(Number(found['max_fee_msat'])),
  state: stateOf(found['state']),
  feeMsat: msat(Number(found['fee_msat'])),
  note: String(found['note']),
  createdAt: Number(found['created_at']),
})

function stateOf(value: unknown): SentPayment['state'] {
  if (value === 'intended' || value === 'unknown' || value === 'settled' || value === 'failed') return value
  throw new RangeError(`unknown payment state in the store: ${String(value)}`)
}
