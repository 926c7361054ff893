import { existsSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { fail, ok, type Problem, type Result } from '#shared/market/result.ts'

export type LookProblem = Problem<'damaged' | 'unreadable' | 'unfinished'>

/** A bigger file takes longer to read through than a person waits. */
const MAX_CHECKED_BYTES = 256 * 1_048_576
const BUSY_TIMEOUT_MS = 1_000

/**
 * Reads a database and leaves no trace: no file is made, and what is stored stays as it is. Beside a running Souk, and
 * after one that was killed, it reads through the log (whose index SQLite may write anew: it holds nothing of its own);
 * without a log the file is read as it lies. Null when there is none. `unfinished`: a log without its index,
 * which only a writer may put together.
 */
export function lookInto<T>(path: string, read: (database: DatabaseSync) => T): Result<T | null, LookProblem> {
  if (!existsSync(path)) return ok(null)
  const hasLog = existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0
  const hasIndex = existsSync(`${path}-shm`)
  if (hasLog && !hasIndex) return fail('unfinished', 'it was not closed in order, so it is checked when Souk next opens it')
  const location = pathToFileURL(path)
  // Opened in the ordinary way, SQLite would make a log and an index beside it, also for a reader.
  if (!existsSync(`${path}-wal`) || !hasIndex) location.searchParams.set('immutable', '1')
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(location, { readOnly: true, timeout: BUSY_TIMEOUT_MS })
    const check = statSync(path).size > MAX_CHECKED_BYTES ? 'ok' : String(database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'])
    return check === 'ok' ? ok(read(database)) : fail('damaged', check.replaceAll(/\s+/g, ' '))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return fail(/malformed|not a database|corrupt/i.test(reason) ? 'damaged' : 'unreadable', reason)
  } finally {
    database?.close()
  }
}

/** Whether a running Souk holds that folder. Makes no lock and takes none. */
export function isFolderHeld(folder: string): boolean {
  const path = `${folder}/lock`
  if (!existsSync(path)) return false
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 0 })
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    return false
  } catch (error) {
    return /locked|busy/i.test(error instanceof Error ? error.message : String(error))
  } finally {
    database?.close()
  }
}
