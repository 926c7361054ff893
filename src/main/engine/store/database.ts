import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fail, ok, type Problem, type Result } from '#shared/market/result.ts'

export interface Migration {
  readonly number: number
  readonly change: string
  readonly sql: string
}

export interface OpenedDatabase {
  readonly database: DatabaseSync
  /** Where a damaged file was put aside, when that happened. */
  readonly quarantined: string | null
}

export type OpenProblem = Problem<'store-newer' | 'store-unusable'>

/** How long a statement waits for another connection's lock. node:sqlite's own default is not to wait at all. */
const BUSY_TIMEOUT_MS = 5_000
/** Negative is KiB: one megabyte of page cache serves a store of this size. */
const CACHE_KIB = -1_024
/** A log that still grows makes every commit change the file's size, too, which doubles what it costs: this long it grows after a start. */
const LOG_PAGES = 256

/**
 * Opens a database: WAL, `synchronous=FULL`, integrity checked, migrated. A damaged file is renamed with its
 * journal, never deleted, and a fresh one takes its place. Refuses a file that a newer Souk has written.
 */
export function openDatabase(path: string, migrations: readonly Migration[], nowMs: number): Result<OpenedDatabase, OpenProblem> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const first = tryOpen(path)
  if (first.ok) return migrate(first.value, migrations, null)
  if (first.error.kind === 'unusable') {
    return fail('store-unusable', `Cannot open ${path}: ${first.error.reason}. Check that the folder may be written and the disk is not full.`)
  }
  const quarantined = `${path}.damaged-${new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')}`
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, quarantined + suffix)
  }
  const second = tryOpen(path)
  if (!second.ok) return fail('store-unusable', `Cannot make a new store at ${path}: ${second.error.reason}.`)
  return migrate(second.value, migrations, quarantined)
}

type TryOpen = { ok: true; value: DatabaseSync } | { ok: false; error: { kind: 'damaged' | 'unusable'; reason: string } }

function tryOpen(path: string): TryOpen {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = ${CACHE_KIB}; PRAGMA wal_autocheckpoint = ${LOG_PAGES}`)
    const check = database.prepare('PRAGMA quick_check(1)').get()
    if (check?.['quick_check'] === 'ok') return { ok: true, value: database }
    database.close()
    return { ok: false, error: { kind: 'damaged', reason: String(check?.['quick_check']) } }
  } catch (error) {
    database?.close()
    const reason = error instanceof Error ? error.message : String(error)
    const damaged = /malformed|not a database|corrupt/i.test(reason)
    return { ok: false, error: { kind: damaged ? 'damaged' : 'unusable', reason } }
  }
}

function migrate(database: DatabaseSync, migrations: readonly Migration[], quarantined: string | null): Result<OpenedDatabase, OpenProblem> {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
  const newest = migrations.at(-1)?.number ?? 0
  if (version > newest) {
    database.close()
    return fail('store-newer', `This folder was written by a newer Souk (store version ${version}, this one knows ${newest}). Update Souk, or choose another folder with --data.`)
  }
  for (const migration of migrations) {
    if (migration.number <= version) continue
    try {
      inTransaction(database, () => {
        database.exec(migration.sql)
        database.exec(`PRAGMA user_version = ${migration.number}`)
      })
    } catch (error) {
      database.close()
      throw error
    }
  }
  return ok({ database, quarantined })
}

/** Databases with a transaction that failed and could not be rolled back either. */
const unfinished = new WeakSet<DatabaseSync>()

/** Databases whose transactions do not wait for the disk, since that could not be undone. */
const hurried = new WeakSet<DatabaseSync>()

/**
 * When a transaction is on disk. `at once`: when it returns. `with the next`: it is in the log, in its place, which a crash of
 * the process leaves as it is, and on disk when the next one is that waits. A machine that loses its power may lose it, with nothing
 * that came after it kept: for what is done again as it was done, and that nothing was done for.
 */
export type Durability = 'at once' | 'with the next'

/** Runs `change` in one transaction: all of it is stored when this returns, or none of it; on disk, unless said otherwise. */
export function inTransaction<T>(database: DatabaseSync, change: () => T, durability: Durability = 'at once'): T {
  if (unfinished.has(database)) rollBack(database)
  if (hurried.has(database)) waitForDisk(database)
  if (durability === 'at once') return begin(database, change)
  database.exec('PRAGMA synchronous = NORMAL')
  try {
    return begin(database, change)
  } finally {
    try {
      waitForDisk(database)
    } catch {
      // SQLite refuses it within a transaction: one that could not be rolled back. Before the next one it is tried again.
      hurried.add(database)
    }
  }
}

function waitForDisk(database: DatabaseSync): void {
  database.exec('PRAGMA synchronous = FULL')
  hurried.delete(database)
}

function begin<T>(database: DatabaseSync, change: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const value = change()
    database.exec('COMMIT')
    return value
  } catch (error) {
    try {
      rollBack(database)
    } catch {
      // The first error says more. The next transaction begins with another try: until then nothing can be written.
      unfinished.add(database)
    }
    throw error
  }
}

/** After some errors SQLite has done so by itself. */
function rollBack(database: DatabaseSync): void {
  if (database.isTransaction) database.exec('ROLLBACK')
  unfinished.delete(database)
}

/** The same, or as a part of the transaction that is under way. */
export function joinTransaction<T>(database: DatabaseSync, change: () => T): T {
  return database.isTransaction && !unfinished.has(database) ? change() : inTransaction(database, change)
}
