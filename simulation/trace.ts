/** What happened, line by line: hashed as a chain, the last lines kept for a person, all of them written to a file when asked. */
import { createHash } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'

export interface Trace {
  note(line: string): void
  lines(): number
  /** SHA-256 over all lines so far. */
  hash(): string
  /** The newest lines, oldest first. */
  recent(): readonly string[]
  close(): void
}

const RECENT = 50
const FLUSH_LINES = 2_000

export function createTrace(options: { readonly now: () => number; readonly startMs: number; readonly file?: string | undefined }): Trace {
  const hash = createHash('sha256')
  const file = options.file === undefined ? null : openSync(options.file, 'w')
  const ring: string[] = []
  let unwritten: string[] = []
  let count = 0

  function flush(): void {
    if (file !== null && unwritten.length > 0) writeSync(file, unwritten.join(''))
    unwritten = []
  }

  return {
    note(text) {
      const line = `${((options.now() - options.startMs) / 1_000).toFixed(3)} ${text}\n`
      hash.update(line)
      ring[count % RECENT] = line
      count += 1
      if (file === null) return
      unwritten.push(line)
      if (unwritten.length >= FLUSH_LINES) flush()
    },
    lines: () => count,
    hash: () => hash.copy().digest('hex'),
    recent: () => Array.from({ length: Math.min(count, RECENT) }, (_, index) => (ring[(Math.max(0, count - RECENT) + index) % RECENT] ?? '').trimEnd()),
    close() {
      flush()
      if (file !== null) closeSync(file)
    },
  }
}
