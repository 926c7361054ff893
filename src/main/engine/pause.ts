import type { Clock } from './ports.ts'

/**
 * The answer, or null as soon as the signal says that nobody waits for it any more. What is asked of a wallet or a relay
 * cannot be called back: its answer is dropped, and has to be looked up again.
 */
export function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const leave = () => resolve(null)
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    void answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}

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
