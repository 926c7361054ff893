import type { Clock } from '#engine/ports.ts'

interface Watchable {
  subscribe(listener: () => void): () => void
}

/** Resolves once `isThere`, which is looked at on every change of what is watched, or with false after that time or when the signal says so. */
export function waitFor(clock: Clock, source: Watchable, isThere: () => boolean, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (there: boolean) => {
      cancel()
      forget()
      signal?.removeEventListener('abort', giveUp)
      resolve(there)
    }
    const giveUp = () => finish(false)
    const forget = source.subscribe(() => {
      if (isThere()) finish(true)
    })
    const cancel = clock.after(timeoutMs, giveUp)
    signal?.addEventListener('abort', giveUp)
    if (isThere()) finish(true)
    else if (signal?.aborted === true) giveUp()
  })
}
