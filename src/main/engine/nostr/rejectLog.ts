import type { Clock } from '../ports.ts'
import type { RelayReject } from './relayPool.ts'

/** The latest distinct reasons that one relay gave for refusing something. */
export interface RejectLog {
  add(message: string): void
  /** The newest first. */
  list(): readonly RelayReject[]
}

const MAX_REASONS = 8

export function createRejectLog(clock: Clock): RejectLog {
  const rejects = new Map<string, RelayReject>()
  return {
    add(message) {
      const count = (rejects.get(message)?.count ?? 0) + 1
      rejects.delete(message)
      rejects.set(message, { at: clock.now(), message, count })
      const [oldest] = rejects.keys()
      if (rejects.size > MAX_REASONS && oldest !== undefined) rejects.delete(oldest)
    },
    list: () => [...rejects.values()].toReversed(),
  }
}
