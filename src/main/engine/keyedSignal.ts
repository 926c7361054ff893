/** Many members by key that can be watched. It says which of them changed, so that a change costs what changed, not what is there. */
export interface KeyedSignal<T> {
  /** One and the same map throughout: what is read from it is current. */
  get(): ReadonlyMap<string, T>
  /** Calls `listener` after every change with the keys that came, changed or went; the returned function ends it. */
  subscribe(listener: (changed: ReadonlySet<string>) => void): () => void
}

export interface MutableKeyedSignal<T> extends KeyedSignal<T> {
  /** What is null in `changes` goes. Members that are the same object as before are no change. */
  apply(changes: Iterable<readonly [string, T | null]>): void
}

export function createKeyedSignal<T>(): MutableKeyedSignal<T> {
  const members = new Map<string, T>()
  const listeners = new Set<(changed: ReadonlySet<string>) => void>()
  return {
    get: () => members,
    apply(changes) {
      const changed = new Set<string>()
      for (const [key, member] of changes) {
        if (member === null ? !members.delete(key) : members.get(key) === member) continue
        if (member !== null) members.set(key, member)
        changed.add(key)
      }
      if (changed.size === 0) return
      for (const listener of new Set(listeners)) listener(changed)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
