import { DatabaseSync } from 'node:sqlite'
import { createJournal, type Journal } from '../store/journal.ts'
import { MIGRATIONS } from '../store/migrations.ts'
import { createSentPaymentStore, type SentPaymentStore } from '../store/sentPayments.ts'
import { createSettingStore, type SettingStore } from '../store/settings.ts'
import { createThreadStore, type ThreadStore } from '../store/threads.ts'

/** The engine's real store, in memory. */
export interface MemoryStore {
  readonly database: DatabaseSync
  readonly journal: Journal
  readonly payments: SentPaymentStore
  readonly settings: SettingStore
  readonly threads: ThreadStore
  close(): void
}

export function createMemoryStore(): MemoryStore {
  const database = new DatabaseSync(':memory:')
  for (const migration of MIGRATIONS) database.exec(migration.sql)
  return {
    database,
    journal: createJournal(database),
    payments: createSentPaymentStore(database),
    settings: createSettingStore(database),
    threads: createThreadStore(database),
    close: () => database.close(),
  }
}

/** A disk that can be full: while `isFull()`, every append is refused as SQLite refuses it. */
export function refuseWrites(journal: Journal, isFull: () => boolean): Journal {
  return {
    ...journal,
    append(...append) {
      if (isFull()) throw new Error('database or disk is full')
      journal.append(...append)
    },
  }
}
