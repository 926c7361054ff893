import type { NostrEvent } from './relayPool.ts'

/** The verified events seen last, by id, so that a copy is recognised without its signature being checked again. */
export interface KnownEvents {
  get(id: string): NostrEvent | undefined
  /** Only what was verified belongs here: a forged copy must not shadow the true event. */
  add(event: NostrEvent): void
}

/** Bounded by number and by size; what was asked for longest ago goes first. */
export function createKnownEvents(maxEvents: number, maxChars: number): KnownEvents {
  const events = new Map<string, NostrEvent>()
  let chars = 0

  const remove = (event: NostrEvent) => {
    events.delete(event.id)
    chars -= sizeOf(event)
  }
  return {
    get(id) {
      const event = events.get(id)
      if (event === undefined) return undefined
      events.delete(id)
      events.set(id, event)
      return event
    },
    add(event) {
      if (events.has(event.id)) return
      events.set(event.id, event)
      chars += sizeOf(event)
      for (const oldest of events.values()) {
        if (events.size <= maxEvents && chars <= maxChars) break
        remove(oldest)
      }
    },
  }
}

function sizeOf(event: NostrEvent): number {
  let chars = event.content.length + 256
  for (const tag of event.tags) for (const value of tag) chars += value.length
  return chars
}
