import type { DatabaseSync } from 'node:sqlite'
import { ACCOUNTS, isBalanced, type Account, type Standing } from '#shared/market/books.ts'
import type { BookEntryKind, BookEntryRow } from '#shared/ipc/books.ts'
import type { Role } from '#shared/ipc/common.ts'
import { joinTransaction } from './database.ts'

export interface NewEntry {
  /** Unix ms. */
  readonly at: number
  readonly kind: BookEntryKind
  readonly role?: Role | undefined
  readonly jobId?: string | undefined
  readonly paymentHash?: string | undefined
  /** For a person. */
  readonly reason: string
  /** Sums to zero. */
  readonly movement: Standing
}

/** The double-entry journal: entries are added and never changed. Triggers refuse everything else, and entries that do not sum to zero. */
export interface Books {
  /** Writes an entry, as a part of the transaction under way where there is one; its number, or null when nothing moved. */
  post(entry: NewEntry): number | null
  /** Grows with every entry. */
  version(): number
  /** The sum of all entries by account; what an account never saw is absent. */
  balances(): Standing
  /** The sum of the entries dated since then; of those numbered above `after` alone, when it is given. */
  movedSince(sinceMs: number, after?: number): Standing
  /** The sum of the entries of a job, corrections included. */
  ofJob(role: Role, jobId: string): Standing
  /** The same, of a payment by hand. */
  ofPayment(paymentHash: string): Standing
  /** Newest first; `before` is the number of an entry; `kinds`: of these alone. */
  list(page: { readonly before?: number | undefined; readonly kinds?: readonly BookEntryKind[] | undefined; readonly limit: number }): readonly BookEntryRow[]
}

export function createBooks(database: DatabaseSync): Books {
  const selectVersion = database.prepare('SELECT COALESCE(MAX(id), 0) AS version FROM book_entry')
  const insertLine = database.prepare('INSERT INTO book_line (entry, account, msat) VALUES (?, ?, ?)')
  const insertEntry = database.prepare('INSERT INTO book_entry (id, at, kind, role, job_id, payment_hash, reason) VALUES (?, ?, ?, ?, ?, ?, ?)')
  const selectBalances = database.prepare('SELECT account, msat FROM book_balance WHERE msat <> 0')
  const sumLines = (where: string) => database.prepare(`SELECT account, SUM(msat) AS msat FROM book_entry JOIN book_line ON entry = id WHERE ${where} GROUP BY account HAVING SUM(msat) <> 0`)
  const selectSince = sumLines('at >= ? AND id > ?')
  const selectJob = sumLines('role = ? AND job_id = ?')
  const selectPayment = sumLines(`payment_hash = ? AND job_id IS NULL AND kind NOT IN ('received', 'elsewhere')`)
  const selectPage = database.prepare(`
    SELECT id, at, kind, role, job_id, payment_hash, reason, (SELECT json_group_object(account, msat) FROM book_line WHERE entry = id) AS lines
    FROM book_entry WHERE id < ?1 AND (?2 IS NULL OR kind IN (SELECT value FROM json_each(?2))) ORDER BY id DESC LIMIT ?3`)
  const version = () => Number(selectVersion.get()?.['version'])

  return {
    post({ at, kind, role, jobId, paymentHash, reason, movement }) {
      const lines = ACCOUNTS.flatMap((account) => (movement[account] === undefined || movement[account] === 0 ? [] : [{ account, msat: movement[account] }]))
      if (lines.length === 0) return null
      if (!isBalanced(movement)) throw new RangeError(`a book entry that does not sum to zero: ${JSON.stringify(movement)}`)
      return joinTransaction(database, () => {
        const id = version() + 1
        for (const { account, msat } of lines) insertLine.run(id, account, msat)
        insertEntry.run(id, at, kind, role ?? null, jobId ?? null, paymentHash ?? null, reason)
        return id
      })
    },
    version,
    balances: () => standingOfRows(selectBalances.all()),
    movedSince: (sinceMs, after = 0) => standingOfRows(selectSince.all(sinceMs, after)),
    ofJob: (role, jobId) => standingOfRows(selectJob.all(role, jobId)),
    ofPayment: (paymentHash) => standingOfRows(selectPayment.all(paymentHash)),
    list: ({ before, kinds, limit }) => selectPage.all(before ?? Number.MAX_SAFE_INTEGER, kinds === undefined ? null : JSON.stringify(kinds), limit).map(entryOf),
  }
}

function standingOfRows(rows: readonly Record<string, unknown>[]): Standing {
  return Object.fromEntries(rows.map((row) => [accountOf(row['account']), Number(row['msat'])]))
}

function entryOf(row: Record<string, unknown>): BookEntryRow {
  const moves: unknown = JSON.parse(String(row['lines']))
  return {
    id: Number(row['id']),
    at: Number(row['at']),
    kind: String(row['kind']) as BookEntryKind, // The table's own check.
    ...(row['role'] === 'customer' || row['role'] === 'provider' ? { role: row['role'] } : {}),
    ...(typeof row['job_id'] === 'string' ? { jobId: row['job_id'] } : {}),
    ...(typeof row['payment_hash'] === 'string' ? { paymentHash: row['payment_hash'] } : {}),
    reason: String(row['reason']),
    moves: standingOfRows(Object.entries(moves ?? {}).map(([account, msat]) => ({ account, msat }))),
  }
}

function accountOf(value: unknown): Account {
  const account = ACCOUNTS.find((each) => each === value)
  if (account === undefined) throw new RangeError(`unknown account in the books: ${String(value)}`)
  return account
}
