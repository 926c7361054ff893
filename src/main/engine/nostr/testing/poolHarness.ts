import type { EventTemplate, Filter, NostrEvent } from '#shared/protocol/event.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import { loadNostrCrypto } from '../crypto.ts'
import { openWebSocketWithWs } from '../openWebSocket.ts'
import { createRelayPool, type RelayPoolOptions } from '../pool.ts'
import type { RelayStatus, Subscription } from '../relayPool.ts'

const crypto = await loadNostrCrypto()
export const author = crypto.createSigner(new Uint8Array(32).fill(7))
export const stranger = crypto.createSigner(new Uint8Array(32).fill(8))
export const NOW_SECS = 1_700_000_000

/** A signed message of kind 42, dated now unless told otherwise. */
export function message(content: string, change: Partial<EventTemplate> = {}): NostrEvent {
  return author.sign({ kind: 42, created_at: NOW_SECS, tags: [], content, ...change })
}

/** The same id and content over a signature that is not the author's. */
export function forge(event: NostrEvent): NostrEvent {
  return { ...event, sig: `${event.sig.slice(0, -8)}00000000` }
}

/** A pool over real sockets and a clock that the test moves, and what the pool has yielded so far. */
export function createPoolHarness(change: Partial<RelayPoolOptions> = {}) {
  const clock = createManualClock(NOW_SECS * 1_000)
  const waiting = new Set<() => void>()
  const logged: string[] = []
  let verifications = 0
  const changed = () => {
    for (const look of waiting) look()
  }
  const pool = createRelayPool({
    clock,
    random: { bytes: (length) => new Uint8Array(length).fill(128) },
    openWebSocket: openWebSocketWithWs(),
    crypto: {
      verify(event) {
        verifications += 1
        return crypto.verify(event)
      },
    },
    log(level, text) {
      if (level !== 'debug') logged.push(`${level}: ${text}`)
    },
    ...change,
    // The status follows at once, so that a test need not move the clock to see it.
    limits: { statusIntervalMs: 0, ...change.limits },
  })
  pool.status.subscribe(changed)

  return {
    pool,
    clock,
    logged,
    verifications: () => verifications,
    /** Resolves once `condition` holds; looked at after every change of the status, event, EOSE and CLOSED. */
    until(condition: () => boolean): Promise<void> {
      return new Promise((resolve) => {
        const look = () => {
          if (!condition()) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      })
    },
    status(url: string): RelayStatus {
      const status = pool.status.get()[url]
      if (status === undefined) throw new Error(`No relay ${url} in the pool.`)
      return status
    },
    subscribe(filters: readonly Filter[] = [{ kinds: [42] }], relays?: readonly string[]) {
      const seen = { events: [] as NostrEvent[], from: [] as string[], eoses: 0, closed: [] as string[] }
      const subscription: Subscription = pool.subscribe(filters, {
        ...(relays === undefined ? {} : { relays }),
        onEvent(event, relay) {
          seen.events.push(event)
          seen.from.push(relay)
          changed()
        },
        onEose() {
          seen.eoses += 1
          changed()
        },
        onClosed(_, reason) {
          seen.closed.push(reason)
          changed()
        },
      })
      return Object.assign(seen, { close: () => subscription.close(), contents: () => seen.events.map(({ content }) => content) })
    },
  }
}

export type PoolHarness = ReturnType<typeof createPoolHarness>
