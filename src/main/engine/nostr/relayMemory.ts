import { z } from 'zod'
import { safeParse } from '#shared/safeParse.ts'
import type { Clock } from '../ports.ts'
import { PACE_MAX_MS } from './relayPace.ts'

/** Where the pool keeps what it has learned of its relays: one value. Parsed when it is read. */
export interface MemoryPort {
  read(): unknown
  write(value: unknown): void
}

/** What is known of relays across restarts. */
export interface RelayMemory {
  paceMs(url: string): number
  setPace(url: string, intervalMs: number): void
  /** Writes what is not yet written. */
  close(): void
}

const MAX_RELAYS = 256
const WRITE_AFTER_MS = 5_000
/** A relay that had enough of us so long ago is asked anew. */
const FORGET_AFTER_MS = 86_400_000

const schema = z.object({
  relays: z.array(z.object({ url: z.string().max(300), paceMs: z.int().positive().max(PACE_MAX_MS), at: z.int().nonnegative() })).max(MAX_RELAYS),
})

export function createRelayMemory(clock: Clock, port: MemoryPort | null): RelayMemory {
  const paces = new Map<string, { readonly paceMs: number; readonly at: number }>()
  let cancelTimer: (() => void) | null = null

  const parsed = safeParse(schema, port?.read())
  for (const { url, paceMs, at } of parsed.success ? parsed.data.relays : []) {
    if (Math.abs(clock.now() - at) < FORGET_AFTER_MS) paces.set(url, { paceMs, at })
  }

  const write = () => {
    cancelTimer = null
    try {
      port?.write({ relays: [...paces].map(([url, pace]) => ({ url, ...pace })) })
    } catch {
      // A disk that takes no writes is told of elsewhere; this can be learned again.
    }
  }
  return {
    paceMs: (url) => paces.get(url)?.paceMs ?? 0,
    setPace(url, intervalMs) {
      // To the end of the line: whose pace changed longest ago is forgotten first.
      paces.delete(url)
      if (intervalMs > 0) paces.set(url, { paceMs: intervalMs, at: clock.now() })
      const [oldest] = paces.keys()
      if (paces.size > MAX_RELAYS && oldest !== undefined) paces.delete(oldest)
      if (port !== null) cancelTimer ??= clock.after(WRITE_AFTER_MS, write)
    },
    close() {
      if (cancelTimer === null) return
      cancelTimer()
      write()
    },
  }
}
