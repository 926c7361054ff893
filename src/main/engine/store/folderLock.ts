import { mkdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fail, ok, type Problem, type Result } from '#shared/market/result.ts'

export interface FolderLock {
  release(): void
}

/** Two that start at the same instant are in each other's way for a moment: without waiting, both may be refused. */
const WAIT_MS = 250

/**
 * Holds a folder for this process alone, so that two engines never open one store. The lock is SQLite's own on a
 * file beside the data: the operating system drops it with the process, also on kill -9. Nothing else runs while it waits for
 * it: `waitMs: 0` is for who asks again anyway.
 */
export function lockFolder(folder: string, waitMs = WAIT_MS): Result<FolderLock, Problem<'folder-in-use' | 'folder-unusable'>> {
  const path = join(folder, 'lock')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const held = lockFile(path, waitMs) ?? lockEmptied(path, waitMs)
    return ok({ release: () => held.close() })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (/locked|busy/i.test(reason)) {
      return fail('folder-in-use', `Another Souk is using ${folder}. Close it, or choose another folder with --data.`)
    }
    return fail('folder-unusable', `Cannot use the folder ${folder}: ${reason}. Check that it exists and may be written, and that the disk is not full.`)
  }
}

/** Null when the file is damaged; throws when somebody has it, or it cannot be had. */
function lockFile(path: string, waitMs: number): DatabaseSync | null {
  const database = new DatabaseSync(path, { timeout: waitMs })
  try {
    database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if (/not a database|malformed/i.test(String(error))) return null
    throw error
  }
}

/** Nothing is ever written into a lock file, so nothing in it is missed; and its place stays the same, for whoever locks it too. */
function lockEmptied(path: string, waitMs: number): DatabaseSync {
  truncateSync(path, 0)
  const database = lockFile(path, waitMs)
  if (database === null) throw new Error('its lock file is damaged')
  return database
}
