import type { Clock } from '../ports.ts'
import { createSignal, type Signal } from '../signal.ts'

/** A signal that follows something busy at a bounded rate: at once after a rest, then at most once per interval. */
export interface StatusBoard<T> {
  readonly signal: Signal<T>
  /** Something has changed. */
  touch(): void
  /** Shows the last state and stops. */
  close(): void
}

export function createStatusBoard<T>(clock: Clock, intervalMs: number, snapshot: () => T): StatusBoard<T> {
  const signal = createSignal(snapshot())
  let shownAtMs = Number.NEGATIVE_INFINITY
  let cancelTimer: (() => void) | null = null
  let isClosed = false

  const show = () => {
    cancelTimer = null
    shownAtMs = clock.now()
    signal.set(snapshot())
  }
  return {
    signal,
    touch() {
      if (cancelTimer !== null || isClosed) return
      const restMs = shownAtMs + intervalMs - clock.now()
      if (restMs <= 0) show()
      // A wall clock may step backwards; that must not silence the board.
      else cancelTimer = clock.after(Math.min(restMs, intervalMs), show)
    },
    close() {
      cancelTimer?.()
      isClosed = true
      show()
    },
  }
}
