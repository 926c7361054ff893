/** Lets changes through so many times a second, and not while the page has its hands full. */
export interface PacerOptions {
  readonly now: () => number
  /** Calls `run` once after `delayMs`; returns its cancel. */
  readonly after: (delayMs: number, run: () => void) => () => void
  /** Calls `run` once when the page has nothing better to do, at the latest after `timeoutMs`; returns its cancel. */
  readonly whenIdle: (timeoutMs: number, run: () => void) => () => void
  readonly everyMs: number
  readonly run: () => void
}

export interface Pacer {
  /** Something changed: `run` is called soon, once for all that changes until then. */
  push(): void
  /** In the next task, and not again for what was pushed before: what asks for it is done first, and can be seen. */
  hurry(): void
  stop(): void
}

const LATEST_MS = 1_000

export function createPacer({ now, after, whenIdle, everyMs, run }: PacerOptions): Pacer {
  let ranAt = -Infinity
  let cancel: (() => void) | null = null

  const runNow = () => {
    cancel?.()
    cancel = null
    ranAt = now()
    run()
  }
  return {
    push() {
      cancel ??= after(Math.max(0, ranAt + everyMs - now()), () => {
        cancel = whenIdle(LATEST_MS, runNow)
      })
    },
    hurry() {
      cancel?.()
      cancel = after(0, runNow)
    },
    stop() {
      cancel?.()
      cancel = null
    },
  }
}
