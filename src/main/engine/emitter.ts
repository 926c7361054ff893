/** Something that happens, for whoever listens now. */
export interface Emitter<T> {
  emit(value: T): void
  /** The returned function ends it. */
  readonly listen: (listener: (value: T) => void) => () => void
}

export function createEmitter<T>(): Emitter<T> {
  const listeners = new Set<(value: T) => void>()
  return {
    emit(value) {
      for (const listener of new Set(listeners)) listener(value)
    },
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
