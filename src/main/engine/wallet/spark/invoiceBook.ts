/**
 * The invoices that were made, on disk: the SDK lists none that is unpaid, and a hold invoice that is asked for again has to be
 * the same one. Public data alone: no preimage is in it.
 */
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { decodeInvoice } from '#shared/protocol/bolt11.ts'
import { openDatabase, type Migration } from '../../store/database.ts'
import type { Invoice } from '../wallet.ts'

export interface InvoiceBook {
  keep(invoice: Invoice): void
  find(paymentHash: string): Invoice | null
  close(): void
}

/** Kept after they have expired, for those who look late. */
const KEPT_SECS = 30 * 24 * 3_600
const MIGRATIONS: readonly Migration[] = [
  { number: 1, change: 'invoices by payment hash', sql: 'CREATE TABLE IF NOT EXISTS invoice (payment_hash TEXT PRIMARY KEY, bolt11 TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT' },
]

/** Opens the file at the first use. What the disk refuses is told to `onFailure`: an invoice is good without being noted here. */
export function createInvoiceBook(folder: string, nowSecs: () => number, onFailure: (error: unknown) => void): InvoiceBook {
  let database: DatabaseSync | null = null
  const open = () => {
    if (database !== null) return database
    const opened = openDatabase(join(folder, 'invoices.db'), MIGRATIONS, nowSecs() * 1_000)
    if (!opened.ok) throw new Error(opened.error.message)
    database = opened.value.database
    database.prepare('DELETE FROM invoice WHERE expires_at < ?').run(nowSecs() - KEPT_SECS)
    return database
  }
  const attempt = <T>(work: (opened: DatabaseSync) => T): T | undefined => {
    try {
      return work(open())
    } catch (error) {
      onFailure(error)
      return undefined
    }
  }
  return {
    keep({ paymentHash, bolt11, expiresAt }) {
      attempt((opened) => opened.prepare('INSERT OR REPLACE INTO invoice (payment_hash, bolt11, expires_at) VALUES (?, ?, ?)').run(paymentHash, bolt11, expiresAt))
    },
    find(paymentHash) {
      const row = attempt((opened) => opened.prepare('SELECT bolt11 FROM invoice WHERE payment_hash = ?').get(paymentHash))
      const decoded = row === undefined ? null : decodeInvoice(String(row['bolt11']))
      if (decoded === null || !decoded.ok || decoded.value.amountMsat === null) return null
      const { bolt11, amountMsat, network, createdAt, expiresAt, description } = decoded.value
      return { bolt11, paymentHash, amountMsat, network, createdAt, expiresAt, description }
    },
    close() {
      database?.close()
      database = null
    },
  }
}
