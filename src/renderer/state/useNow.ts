import { useSyncExternalStore } from 'react'

const TICK_MS = 1_000
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined
let current = Date.now()

/** One timer for the whole page, running only while something shows an age. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (!timer) {
    current = Date.now()
    timer = setInterval(() => {
      current = Date.now()
      for (const each of listeners) each()
    }, TICK_MS)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

const getNow = () => current

/** The time in Unix milliseconds, renewed every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, getNow)
}
