/** What a transition writes: its events, the job's row, the payments that are the job's and what moved, in one transaction. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { explainMovement, movementBetween, NO_STANDING, type Standing } from '#shared/market/books.ts'
import type { Role } from '#shared/ipc/common.ts'
import type { PaymentDirection } from '../wallet/wallet.ts'
import { createBooks } from './books.ts'
import { inTransaction, joinTransaction } from './database.ts'
import type { Journal } from './journal.ts'

/** An event's number is its job's, times this, and its place in it: those of a job lie together, and the newest job's at the end. */
export const EVENTS_OF_A_JOB = 1_048_576
/** Far more than are open at once. */
const MAX_KNOWN = 1_000

export function createJobWriter(database: DatabaseSync): Pick<Journal, 'transact' | 'append'> {
  const books = createBooks(database)
  const insertEvent = database.prepare('INSERT INTO job_event (number, role, job_id, sequence, at, body) VALUES (?, ?, ?, ?, ?, ?)')
  const insertJob = database.prepare(`
    INSERT INTO job (role, job_id, state, final, peer, payment_hash, created_at, updated_at, settled_at, moved_msat, pending_msat, standing, row)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const updateJob = prepareUpdates(database)
  const selectStored = database.prepare('SELECT number, final, peer, settled_at, pending_msat, standing FROM job WHERE role = ? AND job_id = ?')
  const insertPayment = database.prepare('INSERT OR IGNORE INTO payment_of_job (payment_hash, direction, role, job_id) VALUES (?, ?, ?, ?)')
  /** Of open jobs, what their rows hold, so that a transition need not read it. Nobody else writes them; what fails is read anew. */
  const known = new Map<string, StoredJob>()
  let isOwnTransaction = false

  function findStored(role: Role, jobId: string): StoredJob | null {
    const remembered = known.get(`${role} ${jobId}`)
    if (remembered !== undefined) return remembered
    const found = selectStored.get(role, jobId)
    return found === undefined ? null : {
      number: Number(found['number']), final: Number(found['final']), peer: String(found['peer']), settledAt: found['settled_at'] === null ? null : Number(found['settled_at']),
      pendingMsat: Number(found['pending_msat']), standing: standingOf(found), newestPayments: {},
    }
  }

  function remember(role: Role, jobId: string, job: StoredJob): void {
    if (job.final === 1 || !isOwnTransaction) return void known.delete(`${role} ${jobId}`)
    if (known.size >= MAX_KNOWN) known.clear()
    known.set(`${role} ${jobId}`, job)
  }

  return {
    transact(change, durability) {
      isOwnTransaction = true
      try {
        return inTransaction(database, change, durability)
      } catch (error) {
        known.clear()
        throw error
      } finally {
        isOwnTransaction = false
      }
    },
    append(role, jobId, from, events, record) {
      const { row, standing, paymentHash, paymentHashes, refundHashes = [], settledAt, pendingMsat } = record
      joinTransaction(database, () => {
        const stored = findStored(role, jobId)
        const movement = movementBetween(stored?.standing ?? NO_STANDING, standing)
        const final = row.final ? 1 : 0
        const [standingText, rowText] = [JSON.stringify(standing), JSON.stringify(row)]
        if (stored !== null) updateJob(stored, { final, peer: row.peer, settledAt, pendingMsat }, [row.state, paymentHash, row.updatedAt, row.movedMsat, standingText, rowText])
        const number = stored?.number ?? Number(insertJob.run(role, jobId, row.state, final, row.peer, paymentHash, row.createdAt, row.updatedAt, settledAt, row.movedMsat, pendingMsat, standingText, rowText).lastInsertRowid)
        if (from + events.length > EVENTS_OF_A_JOB) throw new RangeError(`${jobId} has too many events`)
        events.forEach((event, index) => insertEvent.run(number * EVENTS_OF_A_JOB + from + index, role, jobId, from + index, event.at, JSON.stringify(event.body)))
        // The newest are last, and those before one that is known are: a metered job has hundreds.
        const keepPayments = (hashes: readonly string[], way: PaymentDirection) => {
          if (hashes.at(-1) !== stored?.newestPayments[way]) hashes.findLast((hash) => insertPayment.run(hash, way, role, jobId).changes === 0)
        }
        const [direction, back] = role === 'customer' ? (['outgoing', 'incoming'] as const) : (['incoming', 'outgoing'] as const)
        keepPayments(paymentHashes, direction)
        keepPayments(refundHashes, back)
        books.post({ at: events.at(-1)?.at ?? row.updatedAt, kind: 'job', role, jobId, paymentHash: paymentHash ?? undefined, reason: explainMovement(movement), movement })
        remember(role, jobId, { number, final, peer: row.peer, settledAt, pendingMsat, standing, newestPayments: { [direction]: paymentHashes.at(-1), [back]: refundHashes.at(-1) } })
      })
    },
  }
}

/** What a job's row holds, as far as the next transition needs it. */
interface StoredJob extends Indexed {
  readonly number: number
  readonly standing: Standing
  /** Kept of it, by the direction; nothing where that is not known. */
  readonly newestPayments: Partial<Record<PaymentDirection, string | undefined>>
}
interface Indexed {
  readonly final: number
  readonly peer: string
  readonly settledAt: number | null
  readonly pendingMsat: number
}
type OtherValues = readonly [state: string, paymentHash: string | null, updatedAt: number, movedMsat: number, standing: string, row: string]

/** Names of the indexed columns those alone that change: SQLite writes an index anew when a column of it is named, changed or not. */
function prepareUpdates(database: DatabaseSync): (stored: StoredJob, next: Indexed, values: OtherValues) => void {
  const prepared = new Map<string, StatementSync>()
  return (stored, next, values) => {
    let columns = ''
    const changed: SQLInputValue[] = []
    for (const [name, column] of INDEXED) {
      if (stored[name] === next[name]) continue
      columns += `${column} = ?, `
      changed.push(next[name])
    }
    let update = prepared.get(columns)
    if (update === undefined) {
      update = database.prepare(`UPDATE job SET ${columns}state = ?, payment_hash = ?, updated_at = ?, moved_msat = ?, standing = ?, row = ? WHERE number = ?`)
      prepared.set(columns, update)
    }
    update.run(...changed, ...values, stored.number)
  }
}
const INDEXED = [['final', 'final'], ['peer', 'peer'], ['settledAt', 'settled_at'], ['pendingMsat', 'pending_msat']] as const

/** As this journal wrote it, or a migration; what is not there stands at nothing. */
export function standingOf(found: Record<string, unknown> | undefined): Standing {
  return found === undefined ? NO_STANDING : (JSON.parse(String(found['standing'])) as Standing)
}
