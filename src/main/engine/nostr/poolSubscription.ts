import type { Clock, Log } from '../ports.ts'
import type { PoolLimits } from './poolLimits.ts'
import { createRecentIds, type RecentIds } from './recentIds.ts'
import type { Filter, NostrEvent, SubscribeOptions } from './relayPool.ts'

/** One subscription of the pool, over all of its relays. */
export interface PoolSubscription {
  readonly id: string
  readonly filters: readonly Filter[]
  /** Whether it is for that relay. */
  includes(url: string): boolean
  readonly delivered: Pick<RecentIds, 'has'>
  /** Hands over a verified, matching event that was not delivered before. */
  deliver(event: NostrEvent, relay: string): void
  /** Those relays are being asked; the end of what is stored is waited for from them. */
  awaitRelays(urls: readonly string[]): void
  onAnswered(relay: string, refusal: string | null): void
  /** That relay will not answer now. */
  onLost(relay: string): void
  close(): void
}

export interface PoolSubscriptionOptions {
  readonly id: string
  readonly filters: readonly Filter[]
  /** Null: those that are there for reading. */
  readonly relays: ReadonlySet<string> | null
  isForReading(url: string): boolean
  readonly subscriber: Pick<SubscribeOptions, 'onEvent' | 'onEose' | 'onClosed'>
  readonly clock: Clock
  readonly limits: Pick<PoolLimits, 'deliveredIds' | 'eoseTimeoutMs'>
  readonly log: Log
}

export function createPoolSubscription(options: PoolSubscriptionOptions): PoolSubscription {
  const { id, filters, relays, subscriber, clock, limits, log } = options
  const delivered = createRecentIds(limits.deliveredIds)
  const awaited = new Set<string>()
  let anyAnswered = false
  let isClosed = false

  /** A subscriber's mistake must not end the pool or the other subscriptions. */
  const tell = (call: () => void) => {
    if (isClosed) return
    try {
      call()
    } catch (error) {
      log('error', 'A subscriber failed.', { subscription: id, error: error instanceof Error ? error.stack : String(error) })
    }
  }

  let isEose = false
  const sayEose = () => {
    cancelTimer()
    if (isEose) return
    isEose = true
    tell(() => subscriber.onEose?.())
  }
  const cancelTimer = clock.after(limits.eoseTimeoutMs, sayEose)
  const settle = (relay: string) => {
    if (awaited.delete(relay) && awaited.size === 0 && anyAnswered) sayEose()
  }

  return {
    id,
    filters,
    includes: (url) => (relays === null ? options.isForReading(url) : relays.has(url)),
    delivered,
    deliver(event, relay) {
      delivered.add(event.id)
      tell(() => subscriber.onEvent(event, relay))
    },
    awaitRelays(urls) {
      for (const url of urls) awaited.add(url)
    },
    onAnswered(relay, refusal) {
      anyAnswered = true
      settle(relay)
      if (refusal !== null) tell(() => subscriber.onClosed?.(relay, refusal))
    },
    onLost: settle,
    close() {
      isClosed = true
      cancelTimer()
    },
  }
}
