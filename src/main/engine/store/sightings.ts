import type { DatabaseSync } from 'node:sqlite'
import type { Role } from '#shared/ipc/common.ts'
import type { PaymentDirection } from '../wallet/wallet.ts'

/** A settled payment as the wallet showed it. */
export interface Sighting {
  readonly paymentHash: string
  readonly direction: PaymentDirection
  /** What it did to the wallet: negative when sent, fee included. */
  readonly msat: number
  /** False for what was there before the books were opened, or may be one of several of which not all were seen: it is not held against a job. */
  readonly compared: boolean
}

/** What the wallet has shown of settled payments, and when its books were opened. Each payment counts once, however often it is listed. */
export interface Sightings {
  /** Kept in place of what was known of that payment. */
  keep(sighting: Sighting): void
  find(paymentHash: string, direction: PaymentDirection): Sighting | null
  /** Of all payments of a job that were seen: what they did to the wallet. Null when none was, or not all may be compared. */
  ofJob(role: Role, jobId: string): number | null
  /** The wallet for which the books were opened last; null: none. */
  openedFor(): string | null
  open(at: number, wallet: string, entry: number | null): void
}

export function createSightings(database: DatabaseSync): Sightings {
  const upsert = database.prepare(`
    INSERT INTO wallet_payment (payment_hash, direction, msat, compared) VALUES (?, ?, ?, ?)
    ON CONFLICT (payment_hash, direction) DO UPDATE SET msat = excluded.msat`)
  const select = database.prepare('SELECT msat, compared FROM wallet_payment WHERE payment_hash = ? AND direction = ?')
  const selectJob = database.prepare(`
    SELECT SUM(msat) AS msat, MIN(compared) AS compared FROM payment_of_job JOIN wallet_payment USING (payment_hash, direction) WHERE role = ? AND job_id = ?`)
  const selectOpening = database.prepare('SELECT wallet FROM wallet_opening ORDER BY id DESC LIMIT 1')
  const insertOpening = database.prepare('INSERT INTO wallet_opening (at, wallet, entry) VALUES (?, ?, ?)')
  return {
    keep: ({ paymentHash, direction, msat, compared }) => void upsert.run(paymentHash, direction, msat, compared ? 1 : 0),
    find(paymentHash, direction) {
      const found = select.get(paymentHash, direction)
      return found === undefined ? null : { paymentHash, direction, msat: Number(found['msat']), compared: found['compared'] === 1 }
    },
    ofJob(role, jobId) {
      const found = selectJob.get(role, jobId)
      return found?.['compared'] === 1 ? Number(found['msat']) : null
    },
    openedFor() {
      const found = selectOpening.get()
      return found === undefined ? null : String(found['wallet'])
    },
    open: (at, wallet, entry) => void insertOpening.run(at, wallet, entry),
  }
}
