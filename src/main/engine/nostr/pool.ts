import { matchesAnyFilter } from '#shared/protocol/filter.ts'
import type { Clock, Log, OpenWebSocket, Random } from '../ports.ts'
import type { NostrCrypto } from './crypto.ts'
import { createFairQueue } from './fairQueue.ts'
import { createRecentIds } from './recentIds.ts'
import { createKnownEvents } from './knownEvents.ts'
import { DEFAULT_POOL_LIMITS, type PoolLimits } from './poolLimits.ts'
import { createPoolSubscription, type PoolSubscription } from './poolSubscription.ts'
import { createPublication, type Publication } from './publication.ts'
import { parseRelayAddress } from './relayAddress.ts'
import { createRelayConnection, type Judgement, type RelayConnection } from './relayConnection.ts'
import type { NostrEvent, RelayPool, RelayStatus, RelayUse, WorkProgress } from './relayPool.ts'
import type { Signer } from './signer.ts'
import { createStatusBoard } from './statusBoard.ts'
import { createSignal } from '../signal.ts'

export interface RelayPoolOptions {
  readonly clock: Clock
  readonly random: Random
  readonly openWebSocket: OpenWebSocket
  readonly crypto: Pick<NostrCrypto, 'verify'>
  readonly log: Log
  readonly limits?: Partial<PoolLimits>
  /** Whose name a relay is told when it asks (NIP-42); null, or absent: nobody's. */
  readonly authenticate?: (relay: string) => Signer | null
}

/** Events of a subscription closed so recently that they were already on their way are no fault of the relay. */
const CLOSED_SUBSCRIPTIONS_REMEMBERED = 256

export function createRelayPool(options: RelayPoolOptions): RelayPool {
  const { clock, crypto, log } = options
  const limits: PoolLimits = { ...DEFAULT_POOL_LIMITS, ...options.limits }
  const connections = new Map<string, RelayConnection>()
  const uses = new Map<string, RelayUse>()
  const work = createSignal<WorkProgress | null>(null)
  const subscriptions = new Map<string, PoolSubscription>()
  const publications = new Set<Publication>()
  const known = createKnownEvents(limits.knownEvents, limits.knownChars)
  const closedSubscriptions = createRecentIds(CLOSED_SUBSCRIPTIONS_REMEMBERED)
  const connectedListeners = new Set<(isConnected: boolean) => void>()
  const inbox = createFairQueue<RelayConnection>((connection) => connection.handleOne())
  const board = createStatusBoard(clock, limits.statusIntervalMs, snapshotStatus)
  let subscriptionCount = 0
  let isClosed = false

  function useOf(url: string): RelayUse {
    return uses.get(url) ?? { read: true, write: true }
  }

  function snapshotStatus(): Readonly<Record<string, RelayStatus>> {
    return Object.fromEntries([...connections].map(([url, connection]) => [url, { ...connection.status(), ...useOf(url), guest: false }]))
  }

  /**
   * Cheap refusals first; the signature before the id is remembered. An id that is known already stands for the event
   * that was verified under it, whatever this copy says.
   */
  function judge(relay: string, subscriptionId: string, claimed: NostrEvent): Judgement {
    const subscription = subscriptions.get(subscriptionId)
    if (subscription === undefined) return { outcome: closedSubscriptions.has(subscriptionId) ? 'late' : 'unasked' }
    if (!subscription.includes(relay)) return { outcome: 'unasked' }
    const verified = known.get(claimed.id)
    if (subscription.delivered.has(claimed.id)) return { outcome: 'repeated', createdAt: verified?.created_at ?? null }
    const event = verified ?? claimed
    if (!matchesAnyFilter(subscription.filters, event)) return { outcome: 'unasked' }
    if (verified === undefined) {
      if (!crypto.verify(claimed)) return { outcome: 'forged' }
      known.add(claimed)
    }
    subscription.deliver(event, relay)
    return { outcome: 'delivered', createdAt: event.created_at }
  }

  function onLinkChange(connection: RelayConnection): void {
    const { state, problem } = connection.link()
    log('debug', 'Relay changed.', { relay: connection.url, state, problem })
    if (state === 'connected') for (const listener of connectedListeners) listener(true)
    if (state === 'waiting' || state === 'closed') for (const subscription of subscriptions.values()) subscription.onLost(connection.url)
    for (const publication of publications) publication.onLinkChange()
    board.touch()
  }

  function createConnection(url: string): RelayConnection {
    const connection: RelayConnection = createRelayConnection({
      url,
      clock,
      random: options.random,
      openWebSocket: options.openWebSocket,
      limits,
      signer: () => options.authenticate?.(url) ?? null,
      judge: (subscription, event) => judge(url, subscription, event),
      onAnswered: (id, refusal) => subscriptions.get(id)?.onAnswered(url, refusal),
      onInbox: () => inbox.announce(connection),
      onChange: () => board.touch(),
      onLinkChange: () => onLinkChange(connection),
    })
    return connection
  }

  function removeConnection(connection: RelayConnection): Promise<void> {
    connections.delete(connection.url)
    return connection.close()
  }

  return {
    status: board.signal,

    work,

    add(text, use) {
      const address = parseRelayAddress(text)
      if (!address.ok) return address.error.message
      const url = address.value
      if (isClosed) return 'The relays are being closed.'
      if (use !== undefined) uses.set(url, use)
      if (connections.has(url)) return null
      if (connections.size >= limits.maxRelays) return `There are ${limits.maxRelays} relays already. Remove one first.`
      const connection = createConnection(url)
      connections.set(url, connection)
      for (const subscription of subscriptions.values()) {
        if (!subscription.includes(url)) continue
        subscription.awaitRelays([url])
        connection.subscribe(subscription.id, subscription.filters)
      }
      connection.open()
      return null
    },

    remove(text) {
      const connection = connections.get(normalize(text))
      if (connection !== undefined) void removeConnection(connection)
    },

    urls: (use) => [...connections.keys()].filter((url) => use === undefined || useOf(url)[use]),

    subscribe(filters, { relays, ...subscriber }) {
      subscriptionCount += 1
      const subscription = createPoolSubscription({
        id: `s${subscriptionCount}`,
        filters,
        relays: relays === undefined ? null : new Set(relays.map(normalize)),
        subscriber,
        clock,
        limits,
        log,
      })
      const { id } = subscription
      subscriptions.set(id, subscription)
      const asked = [...connections.values()].filter(({ url }) => subscription.includes(url))
      subscription.awaitRelays(asked.filter((connection) => connection.link().state !== 'waiting').map(({ url }) => url))
      for (const connection of asked) connection.subscribe(id, filters)
      return {
        close() {
          if (!subscriptions.delete(id)) return
          closedSubscriptions.add(id)
          subscription.close()
          for (const connection of connections.values()) if (subscription.includes(connection.url)) connection.unsubscribe(id)
        },
      }
    },

    async publish(event, relays) {
      const urls = relays === undefined ? [...connections.keys()].filter((url) => useOf(url).write) : [...new Set(relays.map(normalize))]
      // Its echo is this very event: signed here, so not verified again.
      known.add(event)
      const targets = urls.flatMap((url) => connections.get(url) ?? [])
      const strangers = urls.filter((url) => !connections.has(url))
      const publication = createPublication(event.id, JSON.stringify(['EVENT', event]), targets, strangers)
      publications.add(publication)
      const cancelTimer = clock.after(limits.publishTimeoutMs, () => publication.end())
      const report = await publication.report
      cancelTimer()
      publications.delete(publication)
      return report
    },

    powBits: () => 0,
    addWork: (template) => Promise.resolve(template),
    frameIntervalMs: () => ([...connections.values()].some((connection) => connection.link().state === 'connected') ? 50 : null),
    clockSkewSecs: () => null,

    connected(timeoutMs) {
      if ([...connections.values()].some((connection) => connection.link().state === 'connected')) return Promise.resolve(true)
      return new Promise((resolve) => {
        const settle = (isConnected: boolean) => {
          connectedListeners.delete(settle)
          cancelTimer()
          resolve(isConnected)
        }
        const cancelTimer = clock.after(timeoutMs, () => settle(false))
        connectedListeners.add(settle)
      })
    },

    async close() {
      isClosed = true
      for (const subscription of subscriptions.values()) subscription.close()
      subscriptions.clear()
      const closing = [...connections.values()].map(removeConnection)
      for (const publication of publications) publication.end()
      for (const settle of connectedListeners) settle(false)
      inbox.stop()
      board.close()
      await Promise.all(closing)
    },
  }
}

/** As `add` spells it; what is no address stays as it is and meets no relay. */
function normalize(text: string): string {
  const address = parseRelayAddress(text)
  return address.ok ? address.value : text
}
