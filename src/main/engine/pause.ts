import type { Clock } from './ports.ts'

/** Waits for a time to pass or a signal to end it, whichever is first. `nudge` may end it early too. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal, nudge?: (wake: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    let release = () => {}
    const finish = () => {
      cancel()
      release()
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const cancel = clock.after(delayMs, finish)
    signal.addEventListener('abort', finish, { once: true })
    if (nudge) release = nudge(finish)
  })
}
