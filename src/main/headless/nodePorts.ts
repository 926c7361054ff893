/** The engine's ports on plain Node. */
import { randomBytes } from 'node:crypto'
import type { Clock, Log, LogLevel, Random } from '#engine/ports.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), MAX_TIMER_MS))
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** Node fires a longer timer at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

export const systemRandom: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) }

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** One line a message on standard error, so that standard output stays the answer's. */
export function createStderrLog(least: LogLevel): Log {
  return (level, message, fields) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return
    const detail = fields === undefined ? '' : ` ${JSON.stringify(fields)}`
    process.stderr.write(`${level}: ${message}${detail}\n`)
  }
}
