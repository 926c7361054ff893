import type { Snapshot, SoukClient, SoukState } from './client.ts'

export interface StateCache {
  /** The newest snapshot, also while nobody subscribes: stale is better than a flash of nothing. */
  get<N extends SoukState>(name: N): Snapshot<N> | undefined
  /**
   * Mirrors a state as long as somebody listens: one watch on the wire, however many listeners. A listener of a state with rows
   * is told which of them changed; null when any may have.
   */
  subscribe(name: SoukState, listener: (changed: ReadonlySet<string> | null) => void): () => void
}

interface Entry {
  snapshot: unknown
  readonly listeners: Set<(changed: ReadonlySet<string> | null) => void>
  stop: (() => void) | undefined
}

export function createStateCache(client: Pick<SoukClient, 'watchState'>): StateCache {
  const entries = new Map<SoukState, Entry>()

  function entryOf(name: SoukState): Entry {
    const known = entries.get(name)
    if (known) return known
    const created: Entry = { snapshot: undefined, listeners: new Set(), stop: undefined }
    entries.set(name, created)
    return created
  }

  return {
    // Only `watchState(name, …)` below writes an entry, so what is stored under a name is that name's snapshot.
    get: <N extends SoukState>(name: N) => entries.get(name)?.snapshot as Snapshot<N> | undefined,
    subscribe(name, listener) {
      const entry = entryOf(name)
      entry.listeners.add(listener)
      entry.stop ??= client.watchState(name, (snapshot, changed) => {
        entry.snapshot = snapshot
        for (const each of new Set(entry.listeners)) each(changed)
      })
      return () => {
        entry.listeners.delete(listener)
        if (entry.listeners.size > 0) return
        entry.stop?.()
        entry.stop = undefined
      }
    },
  }
}
