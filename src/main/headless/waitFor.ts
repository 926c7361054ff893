import type { Clock } from '#engine/ports.ts'

interface Watchable {
  subscribe(listener: () => void): () => void
}

/** Resolves once `isThere`, which is looked at on every change of what is watched, or with false after that time. */
export function waitFor(clock: Clock, source: Watchable, isThere: () => boolean, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (there: boolean) => {
      cancel()
      forget()
      resolve(there)
    }
    const forget = source.subscribe(() => {
      if (isThere()) finish(true)
    })
    const cancel = clock.after(timeoutMs, () => finish(false))
    if (isThere()) finish(true)
  })
}
