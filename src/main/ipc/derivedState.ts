import type { StateSource } from '#shared/ipc/handlers.ts'

interface Watchable {
  subscribe(listener: () => void): () => void
}

/** A state computed from others: anew whenever one of them changes. */
export function deriveState<T>(sources: readonly Watchable[], compute: () => T): StateSource<T> {
  return {
    get: compute,
    subscribe(listener) {
      const ends = sources.map((source) => source.subscribe(() => listener(compute())))
      return () => ends.forEach((end) => end())
    },
  }
}
