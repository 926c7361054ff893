import type { Clock } from '../ports.ts'

/** Many waits of the same length on one timer: what comes every few milliseconds need not hold a timer each. */
export interface Deadlines {
  /** Calls `run` once after the delay, unless it is cancelled by what is returned. */
  add(run: () => void): () => void
}

export function createDeadlines(clock: Clock, delayMs: number): Deadlines {
  /** In the order in which they fall due. */
  const waiting = new Map<symbol, { readonly dueAtMs: number; readonly run: () => void }>()
  let cancelTimer: (() => void) | null = null

  const arm = () => {
    const [first] = waiting.values()
    // A wall clock may step backwards: nobody waits longer than the delay for that.
    if (first !== undefined) cancelTimer ??= clock.after(Math.min(delayMs, Math.max(0, first.dueAtMs - clock.now())), runDue)
  }
  const runDue = () => {
    cancelTimer = null
    const nowMs = clock.now()
    for (const [key, { dueAtMs, run }] of waiting) {
      if (dueAtMs > nowMs && dueAtMs <= nowMs + delayMs) break
      waiting.delete(key)
      run()
    }
    arm()
  }
  return {
    add(run) {
      const key = Symbol('deadline')
      waiting.set(key, { dueAtMs: clock.now() + delayMs, run })
      arm()
      return () => {
        waiting.delete(key)
        if (waiting.size > 0) return
        cancelTimer?.()
        cancelTimer = null
      }
    },
  }
}
