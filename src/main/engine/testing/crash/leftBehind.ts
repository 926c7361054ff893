/** What an ended process left on disk. */
import { join } from 'node:path'
import { expect } from 'vitest'
import type { JobRow, Role } from '#shared/ipc/common.ts'
import type { Standing } from '#shared/market/books.ts'
import { createBooks } from '../../store/books.ts'
import { openDatabase } from '../../store/database.ts'
import { createJournal } from '../../store/journal.ts'
import { MIGRATIONS } from '../../store/migrations.ts'

export interface LeftBehind {
  /** Its only job; undefined when there never was one. */
  readonly row: JobRow | undefined
  /** The books, of everything. */
  readonly balances: Standing
  /** What that job moved in them. */
  readonly ofJob: Standing
  /** Entries that no job wrote, and that say that the wallet and the books did not agree. */
  readonly unexplained: readonly string[]
  /** How each payment by hand stands. */
  readonly byHand: readonly string[]
}

export function readLeftBehind(dataFolder: string, role: Role): LeftBehind {
  const opened = openDatabase(join(dataFolder, 'souk.db'), MIGRATIONS, Date.now())
  if (!opened.ok) throw new Error(opened.error.message)
  expect(opened.value.quarantined).toBeNull()
  const { database } = opened.value
  try {
    const books = createBooks(database)
    const [row, ...others] = createJournal(database).list({ role, limit: 2 })
    if (others.length > 0) throw new Error('a second job')
    const unexplained = books.list({ kinds: ['received', 'elsewhere', 'adjustment', 'correction'], limit: 10 }).map(({ kind, reason }) => `${kind}: ${reason}`)
    const byHand = database.prepare('SELECT state FROM sent_payment').all().map(({ state }) => String(state))
    return { row, balances: books.balances(), ofJob: row === undefined ? {} : books.ofJob(role, row.jobId), unexplained, byHand }
  } finally {
    database.close()
  }
}
