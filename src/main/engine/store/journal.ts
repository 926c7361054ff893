import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Standing } from '#shared/market/books.ts'
import { jobRowSchema, type JobRow, type JobState, type Owed, type Role } from '#shared/ipc/common.ts'
import { DEBT_ROLES } from '#shared/ipc/debt.ts'
import { msat, type Msat } from '#shared/market/msat.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import type { ProviderSpending } from '../spending/judgeSpending.ts'
import type { PaymentDirection } from '../wallet/wallet.ts'
import { inTransaction, type Durability } from './database.ts'
import { createFeesPaidBack } from './feesPaidBack.ts'
import { createJobWriter, EVENTS_OF_A_JOB, standingOf } from './jobWriter.ts'

/** What the tables keep of a job besides its journal: the row for the pages, and the figures that limits are checked against. */
export interface JobRecord {
  readonly row: JobRow
  /** Outgoing money intended or in doubt: counts against limits until it is settled or failed. */
  readonly pendingMsat: Msat
  /** Unix ms at which money moved, null while none has. */
  readonly settledAt: number | null
  /** The newest of `paymentHashes`. */
  readonly paymentHash: string | null
  /** Of every payment that the job made or asked for, in the direction of its role, the newest last: the wallet's rows are told apart by them. */
  readonly paymentHashes: readonly string[]
  /** Of every payment in the other direction, the newest last: what was paid back. */
  readonly refundHashes?: readonly string[]
  /** What the job means for one's money as it stands now: what moved since the row before is posted to the books with it. */
  readonly standing: Standing
}

export interface StoredEvent {
  readonly at: number
  readonly body: unknown
}

export interface JobPage {
  readonly role?: Role | undefined
  readonly state?: JobState | undefined
  readonly settlement?: Settlement | undefined
  readonly owed?: Owed | undefined
  readonly search?: string | undefined
  readonly before?: { readonly createdAt: number; readonly jobId: string } | undefined
  readonly limit: number
}

/** What one's own history with a peer says. */
export interface PeerHistory {
  readonly done: number
  readonly failed: number
  readonly movedMsat: Msat
  /** Of its jobs that were done, on average; null when none says it. */
  readonly tokensPerSecond: number | null
}

/** The job that a payment belongs to. */
export interface PaymentOwner {
  readonly role: Role
  readonly jobId: string
  readonly final: boolean
  readonly standing: Standing
}

/** The append-only journal of jobs, and the `job` table and the book entries that follow from it in the same transaction. */
export interface Journal {
  /** Runs reads and one append as a single transaction, so that a limit is checked against what the intent is stored with. */
  transact<T>(change: () => T, durability?: Durability): T
  append(role: Role, jobId: string, from: number, events: readonly StoredEvent[], record: JobRecord): void
  events(role: Role, jobId: string): readonly StoredEvent[]
  openJobs(role: Role): readonly string[]
  row(role: Role, jobId: string): JobRow | null
  list(page: JobPage): readonly JobRow[]
  /** Settled since a time, and everything pending: what limits are checked against. */
  spending(role: Role, sinceMs: number): { readonly settledMsat: Msat; readonly pendingMsat: Msat; readonly pendingPayments: number }
  /** Fees of what was paid back to customers since a time. Read before the transaction under way writes anything. */
  feesPaidBack(sinceMs: number): Msat
  /** Settled and pending of one job of the customer's. */
  spendingOfJob(jobId: string): Msat
  /** Of the customer's, with one provider. */
  spendingWith(provider: string, sinceMs: number): ProviderSpending
  /** What each job earned that was paid since a time, as its books say: what is paid and still owed is none of it. */
  earned(sinceMs: number): readonly { readonly at: number; readonly amountMsat: Msat }[]
  /** Everything that ever settled, and in how many jobs that have ended. */
  settledTotal(role: Role): { readonly amountMsat: Msat; readonly jobs: number }
  /** Of every peer, or of that one. */
  peerHistory(role: Role, peer?: string): ReadonlyMap<string, PeerHistory>
  jobOfPayment(paymentHash: string): string | null
  /** Whose payment that is, in that direction. */
  ownerOfPayment(paymentHash: string, direction: PaymentDirection): PaymentOwner | null
  /** The customer's jobs that have ended with that provider, for which it surely owes something; at most 50, the oldest first. */
  creditsWith(provider: string): readonly string[]
  /** Locked now, on either side, the first to return first. */
  locked(limit: number): readonly JobRow[]
  /** Jobs that ended since a time with payments of which one may have been tried and not have settled, the newest first: its wallet may yet say otherwise. */
  endedUnsettled(role: Role, sinceMs: number): readonly string[]
  /** The provider's: worth of what is made, or was made since a time, for one customer that has not paid it; null: for those who ask in souk/1. */
  creditGiven(customer: string | null, sinceMs: number): Msat
  /** Deletes ended jobs in which no money moved, except the newest `keep`, and what has been on credit since `creditSinceMs`. Nothing that ever came into the books is forgotten. */
  forgetUnpaid(role: Role, keep: number, creditSinceMs?: number): void
}

export function createJournal(database: DatabaseSync): Journal {
  const writer = createJobWriter(database)
  const eventsOfJob = `number BETWEEN (SELECT number FROM job WHERE role = ?1 AND job_id = ?2) * ${EVENTS_OF_A_JOB} AND (SELECT number FROM job WHERE role = ?1 AND job_id = ?2) * ${EVENTS_OF_A_JOB} + ${EVENTS_OF_A_JOB - 1}`
  const selectEvents = database.prepare(`SELECT at, body FROM job_event WHERE ${eventsOfJob} ORDER BY number`)
  const selectOpen = database.prepare('SELECT job_id FROM job WHERE role = ? AND final = 0 ORDER BY created_at')
  const selectRow = database.prepare('SELECT row FROM job WHERE role = ? AND job_id = ?')
  const selectSpending = database.prepare(`
    SELECT (SELECT COALESCE(SUM(moved_msat), 0) FROM job WHERE role = ?1 AND settled_at >= ?2) AS settled,
      COALESCE(SUM(pending_msat), 0) AS pending, COUNT(*) AS payments
    FROM job INDEXED BY job_pending WHERE role = ?1 AND pending_msat > 0`)
  const selectSpendingOfJob = database.prepare(`SELECT moved_msat + pending_msat AS spent FROM job WHERE role = 'customer' AND job_id = ?`)
  const selectSpendingWith = database.prepare(`
    SELECT COALESCE(SUM(CASE WHEN settled_at >= ? THEN moved_msat ELSE 0 END), 0) AS today, COALESCE(SUM(moved_msat), 0) AS ever,
      COALESCE(SUM(pending_msat), 0) AS pending, COALESCE(SUM(state = 'done'), 0) AS done
    FROM job WHERE role = 'customer' AND peer = ?`)
  const selectEarned = database.prepare(`
    SELECT settled_at, -json_extract(standing, '$.earned') AS earned FROM job
    WHERE role = 'provider' AND settled_at >= ? AND json_valid(standing) AND json_extract(standing, '$.earned') < 0 ORDER BY settled_at`)
  const selectTotal = database.prepare('SELECT COALESCE(SUM(moved_msat), 0) AS moved, COALESCE(SUM(final), 0) AS jobs FROM job WHERE role = ? AND settled_at IS NOT NULL')
  const peerColumns = `peer, SUM(state = 'done') AS done, SUM(state IN ('failed', 'owed', 'refused', 'expired')) AS failed, SUM(moved_msat) AS moved,
    AVG(CASE WHEN state = 'done' AND json_valid(row) THEN json_extract(row, '$.tokensPerSecond') END) AS speed`
  const selectPeers = database.prepare(`SELECT ${peerColumns} FROM job WHERE role = ? GROUP BY peer`)
  const selectPeer = database.prepare(`SELECT ${peerColumns} FROM job WHERE role = ? AND peer = ? GROUP BY peer`)
  const selectCredit = database.prepare(`
    SELECT COALESCE(SUM(json_extract(row, '$.creditMsat')), 0) AS given FROM job
    WHERE role = 'provider' AND (final = 0 OR updated_at >= ?) AND json_valid(row) AND CASE WHEN ? IS NULL THEN json_extract(row, '$.dialect') = 'souk/1' ELSE peer = ? END`)
  const selectEndedUnsettled = database.prepare(`
    SELECT job_id FROM job WHERE role = ? AND final = 1 AND (settled_at IS NULL OR state <> 'done') AND payment_hash IS NOT NULL AND updated_at >= ?
    ORDER BY updated_at DESC`)
  const selectForgettable = database.prepare(`
    SELECT job_id FROM job WHERE role = ? AND final = 1 AND settled_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM book_entry WHERE book_entry.role = job.role AND book_entry.job_id = job.job_id)
      AND NOT (updated_at >= ? AND json_valid(row) AND COALESCE(json_extract(row, '$.creditMsat'), 0) > 0)
    ORDER BY created_at DESC, job_id DESC LIMIT -1 OFFSET ?`)
  const deleteEvents = database.prepare(`DELETE FROM job_event WHERE ${eventsOfJob}`)
  const deleteJob = database.prepare('DELETE FROM job WHERE role = ? AND job_id = ?')
  const deletePayments = database.prepare('DELETE FROM payment_of_job WHERE role = ? AND job_id = ?')
  const selectPayment = database.prepare('SELECT job_id FROM payment_of_job WHERE payment_hash = ?')
  const selectOwner = database.prepare(`
    SELECT job.role, job.job_id, final, standing FROM payment_of_job JOIN job ON job.role = payment_of_job.role AND job.job_id = payment_of_job.job_id
    WHERE payment_of_job.payment_hash = ? AND direction = ?`)
  const selectCredits = database.prepare(`
    SELECT job_id FROM job WHERE role = 'customer' AND peer = ? AND final = 1 AND json_valid(row) AND (json_extract(row, '$.owedMsat') > 0 OR (state <> 'stopped' AND json_extract(row, '$.claimableMsat') > 0))
    ORDER BY created_at LIMIT 50`)
  const selectLocked = database.prepare(`
    SELECT row FROM job WHERE final = 0 AND json_valid(row) AND json_extract(row, '$.lockedMsat') > 0
    ORDER BY COALESCE(json_extract(row, '$.lockedUntil'), 9e15) LIMIT ?`)

  return {
    ...writer,
    feesPaidBack: createFeesPaidBack(database),
    events: (role, jobId) => selectEvents.all(role, jobId).map((found) => ({ at: Number(found['at']), body: JSON.parse(String(found['body'])) })),
    openJobs: (role) => selectOpen.all(role).map((found) => String(found['job_id'])),
    row(role, jobId) {
      const found = selectRow.get(role, jobId)
      return found ? parseRow(found['row']) : null
    },
    list(page) {
      const { where, values } = pageCondition(page)
      const found = database.prepare(`SELECT row FROM job ${where} ORDER BY created_at DESC, job_id DESC LIMIT ?`).all(...values, page.limit)
      return found.flatMap((each) => parseRow(each['row']) ?? [])
    },
    spending(role, sinceMs) {
      const found = selectSpending.get(role, sinceMs)
      return { settledMsat: msat(Number(found?.['settled'])), pendingMsat: msat(Number(found?.['pending'])), pendingPayments: Number(found?.['payments']) }
    },
    spendingOfJob: (jobId) => msat(Number(selectSpendingOfJob.get(jobId)?.['spent'] ?? 0)),
    spendingWith(provider, sinceMs) {
      const found = selectSpendingWith.get(sinceMs, provider)
      return { settledTodayMsat: msat(Number(found?.['today'])), settledEverMsat: msat(Number(found?.['ever'])), pendingMsat: msat(Number(found?.['pending'])), isKnown: Number(found?.['done']) > 0 }
    },
    earned: (sinceMs) => selectEarned.all(sinceMs).map((found) => ({ at: Number(found['settled_at']), amountMsat: msat(Number(found['earned'])) })),
    settledTotal(role) {
      const found = selectTotal.get(role)
      return { amountMsat: msat(Number(found?.['moved'])), jobs: Number(found?.['jobs']) }
    },
    peerHistory: (role, peer) =>
      new Map(
        (peer === undefined ? selectPeers.all(role) : selectPeer.all(role, peer)).map((found) => [
          String(found['peer']),
          {
            done: Number(found['done']),
            failed: Number(found['failed']),
            movedMsat: msat(Number(found['moved'])),
            tokensPerSecond: typeof found['speed'] === 'number' ? found['speed'] : null,
          },
        ]),
      ),
    jobOfPayment(paymentHash) {
      const found = selectPayment.get(paymentHash)
      return found ? String(found['job_id']) : null
    },
    ownerOfPayment(paymentHash, direction) {
      const found = selectOwner.get(paymentHash, direction)
      return found ? { role: found['role'] === 'provider' ? 'provider' : 'customer', jobId: String(found['job_id']), final: found['final'] === 1, standing: standingOf(found) } : null
    },
    creditGiven: (customer, sinceMs) => msat(Number(selectCredit.get(sinceMs, customer, customer)?.['given'])),
    creditsWith: (provider) => selectCredits.all(provider).map((found) => String(found['job_id'])),
    locked: (limit) => selectLocked.all(limit).flatMap((found) => parseRow(found['row']) ?? []),
    endedUnsettled: (role, sinceMs) => selectEndedUnsettled.all(role, sinceMs).map((found) => String(found['job_id'])),
    forgetUnpaid(role, keep, creditSinceMs = 0) {
      inTransaction(database, () => {
        for (const found of selectForgettable.all(role, creditSinceMs, keep)) {
          deleteEvents.run(role, String(found['job_id']))
          deletePayments.run(role, String(found['job_id']))
          deleteJob.run(role, String(found['job_id']))
        }
      })
    },
  }
}

/** Null for a row that is damaged: one bad row is no reason to show none. */
function parseRow(text: unknown): JobRow | null {
  try {
    return jobRowSchema.parse(JSON.parse(String(text)))
  } catch {
    return null
  }
}

/** What a person may remember of a job: never the names of fields. */
const SEARCHED = ['job_id', 'peer', `coalesce(payment_hash, '')`, ...['promptPreview', 'peerName', 'model', 'note'].map((field) => `CASE WHEN json_valid(row) THEN coalesce(json_extract(row, '$.${field}'), '') ELSE '' END`)]

/** As `debtOf` says of a row. */
const IS_OWED = `CASE WHEN json_valid(row) THEN coalesce(json_extract(row, '$.claimableMsat'), json_extract(row, '$.owedMsat'), 0) > 0 END`

function pageCondition(page: JobPage): { where: string; values: SQLInputValue[] } {
  const conditions: string[] = []
  const values: SQLInputValue[] = []
  if (page.role) {
    conditions.push('role = ?')
    values.push(page.role)
  }
  if (page.state) {
    conditions.push('state = ?')
    values.push(page.state)
  }
  if (page.settlement) {
    // As a row is read: what does not say it was paid ahead.
    conditions.push(`CASE WHEN json_valid(row) THEN coalesce(json_extract(row, '$.settlement'), 'prepay') END = ?`)
    values.push(page.settlement)
  }
  if (page.owed) {
    conditions.push('role = ?', IS_OWED)
    values.push(DEBT_ROLES[page.owed])
  }
  if (page.search) {
    const pattern = `%${page.search.replaceAll(/[\\%_]/g, (character) => `\\${character}`)}%`
    conditions.push(`(${SEARCHED.map((field) => `${field} LIKE ? ESCAPE '\\'`).join(' OR ')})`)
    values.push(...SEARCHED.map(() => pattern))
  }
  if (page.before) {
    conditions.push('(created_at, job_id) < (?, ?)')
    values.push(page.before.createdAt, page.before.jobId)
  }
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, values }
}
