import type { Clock } from '../ports.ts'

export interface ManualClock extends Clock {
  /** Moves time forward by `ms`, running due timers in order of their time, each at its own time. */
  advance(ms: number): void
  /** Timers not yet run or cancelled: what a closed thing must have left at 0. */
  pending(): number
}

interface Timer {
  readonly dueAt: number
  readonly order: number
  readonly run: () => void
}

/** A clock that moves only when a test moves it. `startMs` is Unix time in milliseconds. */
export function createManualClock(startMs = 1_700_000_000_000): ManualClock {
  let nowMs = startMs
  let order = 0
  const timers = new Set<Timer>()

  const takeDue = (untilMs: number): Timer | null => {
    let first: Timer | null = null
    for (const timer of timers) {
      if (timer.dueAt > untilMs) continue
      if (first === null || timer.dueAt < first.dueAt || (timer.dueAt === first.dueAt && timer.order < first.order)) first = timer
    }
    if (first !== null) timers.delete(first)
    return first
  }

  return {
    now: () => nowMs,
    after(delayMs, run) {
      const timer: Timer = { dueAt: nowMs + Math.max(0, delayMs), order: order++, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance(ms) {
      const untilMs = nowMs + ms
      for (let timer = takeDue(untilMs); timer !== null; timer = takeDue(untilMs)) {
        nowMs = Math.max(nowMs, timer.dueAt)
        timer.run()
      }
      nowMs = untilMs
    },
    pending: () => timers.size,
  }
}
