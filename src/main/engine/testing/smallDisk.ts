/** Disks that are really full, really read-only, or really fail, as far as this machine lets a test have them. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SmallDisk {
  readonly folder: string
  /** Takes every byte that is left. */
  fill(): void
  makeRoom(): void
  /** Throws while a file on it is open for writing. */
  makeReadOnly(): void
  makeWritable(): void
  unmount(): void
}

/** A file system of that size in memory at `folder`. A sentence instead, where this machine lets nobody mount one. */
export function mountSmallDisk(folder: string, kibibytes: number): SmallDisk | string {
  mkdirSync(folder, { recursive: true })
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', folder)
  } catch (error) {
    return `no file system can be mounted here (${reasonOf(error)})`
  }
  const filler = join(folder, 'filler')
  return {
    folder,
    fill() {
      // To the last page, whatever the size of what is left.
      for (let part = 0; ; part++) {
        try {
          writeFileSync(`${filler}${part}`, Buffer.alloc(4_096))
        } catch {
          return
        }
      }
    },
    makeRoom() {
      for (let part = 0; existsSync(`${filler}${part}`); part++) rmSync(`${filler}${part}`)
    },
    makeReadOnly: () => run('mount', '-o', 'remount,ro', folder),
    makeWritable: () => run('mount', '-o', 'remount,rw', folder),
    unmount: () => run('umount', folder),
  }
}

/**
 * No file that this process (or that one) writes may grow past so many bytes; what would is an I/O error (EFBIG). Needs no
 * rights; null lifts it. A sentence where the machine has no such limit that can be set from outside.
 */
export function limitFileSize(bytes: number | null, pid = process.pid): string | null {
  try {
    run('prlimit', '--pid', String(pid), `--fsize=${bytes ?? 'unlimited'}:`)
    return null
  } catch (error) {
    return `the size of files cannot be limited here (${reasonOf(error)})`
  }
}

function run(command: string, ...words: readonly string[]): void {
  execFileSync(command, words, { stdio: 'pipe' })
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n').findLast((line) => line.trim() !== '') ?? error.message) : String(error)
}
