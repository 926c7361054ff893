import { createSignal, type Signal } from './signal.ts'

export interface Notice {
  readonly level: 'info' | 'warning' | 'danger'
  readonly message: string
}

/** Things that a person should know, by id, until they are over or dismissed. */
export interface Notices {
  readonly current: Signal<Readonly<Record<string, Notice>>>
  raise(id: string, level: Notice['level'], message: string): void
  clear(id: string): void
}

export function createNotices(): Notices {
  const current = createSignal<Readonly<Record<string, Notice>>>({})
  return {
    current,
    raise: (id, level, message) => current.update((before) => ({ ...before, [id]: { level, message } })),
    clear(id) {
      const { [id]: removed, ...others } = current.get()
      if (removed) current.set(others)
    },
  }
}
