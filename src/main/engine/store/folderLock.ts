import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fail, ok, type Problem, type Result } from '#shared/market/result.ts'

export interface FolderLock {
  release(): void
}

/**
 * Holds a folder for this process alone, so that two engines never open one store. The lock is SQLite's own on a
 * file beside the data: the operating system drops it with the process, also on kill -9.
 */
export function lockFolder(folder: string): Result<FolderLock, Problem<'folder-in-use' | 'folder-unusable'>> {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    database = new DatabaseSync(join(folder, 'lock'), { timeout: 0 })
    database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
  } catch (error) {
    database?.close()
    const reason = error instanceof Error ? error.message : String(error)
    if (/locked|busy/i.test(reason)) {
      return fail('folder-in-use', `Another Souk is using ${folder}. Close it, or choose another folder with --data.`)
    }
    return fail('folder-unusable', `Cannot use the folder ${folder}: ${reason}. Check that it exists and may be written.`)
  }
  const held = database
  return ok({ release: () => held.close() })
}
