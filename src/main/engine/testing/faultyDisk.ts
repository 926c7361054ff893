/**
 * A disk that fails at a given write. It stands where node:sqlite's own database stands (`EngineWraps.database`), counts the
 * transactions that write, and fails the chosen one and all after it, until it is mended, as SQLite does: same error object,
 * same state of the transaction afterwards.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** `unreported`: the change is on disk, and its COMMIT said that it failed. `stuck`: not even the ROLLBACK goes through. */
export const DISK_FAULTS = ['full', 'io-error', 'read-only', 'full-at-commit', 'io-error-at-commit', 'unreported', 'stuck'] as const
export type DiskFault = (typeof DISK_FAULTS)[number]

export interface FaultyDisk {
  /** For `EngineWraps.database`. */
  wrap(database: DatabaseSync): DatabaseSync
  /** The write of that number from now on, counted from 1, fails, and every later one. */
  failAt(write: number, fault: DiskFault): void
  mend(): void
  /** Writes since `failAt`, or since the beginning; those that failed count. */
  writes(): number
  /** How many of them failed. */
  failures(): number
}

/** What node:sqlite throws, by SQLite's extended result code. */
const SQLITE_FULL = [13, 'database or disk is full'] as const
const SQLITE_IOERR_WRITE = [778, 'disk I/O error'] as const
const SQLITE_IOERR_FSYNC = [1034, 'disk I/O error'] as const

export function sqliteError([errcode, errstr]: readonly [number, string]): Error {
  return Object.assign(new Error(errstr), { code: 'ERR_SQLITE_ERROR', errcode, errstr })
}

export function createFaultyDisk(onFailure: () => void = () => {}): FaultyDisk {
  let planned: { readonly at: number; readonly fault: DiskFault } | null = null
  let writes = 0
  let failures = 0
  /** Whether the transaction that is open has written, and whether it is one that fails. */
  let hasWritten = false
  let opened: DatabaseSync | null = null

  /** The fault that the write under way has; null for none. */
  const faultNow = () => (planned !== null && writes >= planned.at ? planned.fault : null)

  function refuse(database: DatabaseSync, error: readonly [number, string], keepsTransaction = false): never {
    failures += 1
    // After these errors SQLite has rolled back by itself.
    if (!keepsTransaction && database.isTransaction) database.exec('ROLLBACK')
    onFailure()
    throw sqliteError(error)
  }

  /** A statement that writes, in a transaction or as one of its own. */
  function write<T>(database: DatabaseSync, run: () => T): T {
    const isAlone = !database.isTransaction
    if (isAlone || !hasWritten) writes += 1
    hasWritten = !isAlone
    const fault = faultNow()
    if (fault === 'full' || (isAlone && fault === 'full-at-commit')) return refuse(database, SQLITE_FULL)
    if (fault === 'io-error' || (isAlone && (fault === 'io-error-at-commit' || fault === 'stuck'))) return refuse(database, SQLITE_IOERR_WRITE)
    if (fault === 'stuck') return refuse(database, SQLITE_IOERR_WRITE, true)
    if (fault === 'read-only') {
      // SQLite's own refusal.
      database.exec('PRAGMA query_only = 1')
      failures += 1
      onFailure()
    }
    const value = run()
    return isAlone && fault === 'unreported' ? refuse(database, SQLITE_IOERR_FSYNC) : value
  }

  function exec(database: DatabaseSync, sql: string): void {
    const verb = verbOf(sql)
    if (verb === 'BEGIN') hasWritten = false
    if (verb === 'ROLLBACK' && hasWritten && faultNow() === 'stuck') return refuse(database, SQLITE_IOERR_WRITE, true)
    if (verb === 'COMMIT' && hasWritten) {
      const fault = faultNow()
      if (fault === 'full-at-commit') return refuse(database, SQLITE_FULL)
      if (fault === 'io-error-at-commit') return refuse(database, SQLITE_IOERR_WRITE)
      database.exec(sql)
      return fault === 'unreported' ? refuse(database, SQLITE_IOERR_FSYNC) : undefined
    }
    return isWriting(verb) ? write(database, () => database.exec(sql)) : database.exec(sql)
  }

  const wrapStatement = (database: DatabaseSync, statement: StatementSync): StatementSync =>
    new Proxy(statement, {
      get(target, name) {
        if (name === 'run') return (...values: Parameters<StatementSync['run']>) => write(database, () => target.run(...values))
        const found: unknown = Reflect.get(target, name, target)
        return typeof found === 'function' ? found.bind(target) : found
      },
    })

  return {
    wrap(database) {
      opened = database
      return new Proxy(database, {
        get(target, name) {
          if (name === 'exec') return (sql: string) => exec(target, sql)
          if (name === 'prepare') return (sql: string) => (isWriting(verbOf(sql)) ? wrapStatement(target, target.prepare(sql)) : target.prepare(sql))
          const found: unknown = Reflect.get(target, name, target)
          return typeof found === 'function' ? found.bind(target) : found
        },
      })
    },
    failAt(at, fault) {
      writes = 0
      failures = 0
      planned = { at, fault }
    },
    mend() {
      planned = null
      if (opened?.isOpen === true) opened.exec('PRAGMA query_only = 0')
    },
    writes: () => writes,
    failures: () => failures,
  }
}

const WRITING: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'CREATE', 'ALTER', 'DROP'])

const verbOf = (sql: string) => (/^\s*(\w+)/.exec(sql)?.[1] ?? '').toUpperCase()
const isWriting = (verb: string) => WRITING.has(verb)
