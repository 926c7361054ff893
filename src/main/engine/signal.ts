/** A value that can be watched: the current one, then every later one. */
export interface Signal<T> {
  get(): T
  /** Calls `listener` on every later change; the returned function ends it. */
  subscribe(listener: (value: T) => void): () => void
}

export interface MutableSignal<T> extends Signal<T> {
  set(value: T): void
  update(change: (value: T) => T): void
}

export function createSignal<T>(initial: T): MutableSignal<T> {
  let current = initial
  const listeners = new Set<(value: T) => void>()
  const set = (value: T) => {
    if (Object.is(value, current)) return
    current = value
    for (const listener of new Set(listeners)) listener(value)
  }
  return {
    get: () => current,
    set,
    update: (change) => set(change(current)),
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
