import type { Filter, NostrEvent } from '#shared/protocol/event.ts'
import { matchesAnyFilter } from '#shared/protocol/filter.ts'
import { createSignal } from '../../signal.ts'
import type { OkPrefix, RelayPool, RelayStatus, RelayUse, RelayVerdict, SubscribeOptions, WorkProgress } from '../relayPool.ts'
import { createMemoryRelay, type MemoryRelay } from './memoryRelay.ts'

const OK_PREFIXES: readonly OkPrefix[] = ['duplicate', 'pow', 'blocked', 'rate-limited', 'invalid', 'restricted', 'mute', 'error', 'auth-required']

/** The relays of one test, by address. Pools that are given the same network meet on the same relays. */
export type MemoryNetwork = (url: string) => MemoryRelay

export function createMemoryNetwork(): MemoryNetwork {
  const relays = new Map<string, MemoryRelay>()
  return (url) => {
    const relay = relays.get(url) ?? createMemoryRelay(url)
    relays.set(url, relay)
    return relay
  }
}

export interface MemoryPool extends RelayPool {
  /** The relay behind an address; the first one of the pool when none is named. */
  relay(url?: string): MemoryRelay
  /** How many subscriptions are open: what a closed reader must have left at 0. */
  openSubscriptions(): number
  /** What the relays ask of a publisher from now on. To begin with: no work, and a frame every 20 ms. */
  demand(change: { readonly powBits?: number; readonly frameIntervalMs?: number | null }): void
  /** How far the relays' clocks are ahead from now on. */
  skewClocks(secs: number | null): void
}

export interface MemoryPoolOptions {
  /** Relays to begin with; by default one. */
  readonly urls?: readonly string[]
  /** Shared by pools that are to meet; by default a network of its own. */
  readonly network?: MemoryNetwork
}

interface OpenSubscription {
  readonly filters: readonly Filter[]
  readonly options: SubscribeOptions
  readonly seen: Set<string>
  closed: boolean
}

/**
 * The RelayPool port without sockets. Delivery, stored events and EOSE each come in a later microtask, in order, as
 * they come later on a real relay; `publish` resolves after what it published was delivered. Nothing is verified.
 */
export function createMemoryPool({ urls = ['wss://memory.test'], network = createMemoryNetwork() }: MemoryPoolOptions = {}): MemoryPool {
  const status = createSignal<Readonly<Record<string, RelayStatus>>>({})
  const subscriptions = new Set<OpenSubscription>()
  const unwatch = new Map<string, () => void>()
  const uses = new Map<string, RelayUse>()
  /** Named and not in the list. They stay until the pool is closed. */
  const guests = new Set<string>()
  let demand: { readonly powBits: number; readonly frameIntervalMs: number | null } = { powBits: 0, frameIntervalMs: 20 }
  let clockSkewSecs: number | null = null
  /** Stands for the time of a connection: there is no clock here, and each is later than the one before. */
  let connections = 0

  const useOf = (url: string) => (guests.has(url) ? { read: false, write: false } : (uses.get(url) ?? { read: true, write: true }))
  const listed = () => [...unwatch.keys()].filter((url) => !guests.has(url))
  const urlsFor = (use: 'read' | 'write') => listed().filter((url) => useOf(url)[use])
  const isWanted = (subscription: OpenSubscription, url: string) => subscription.options.relays?.includes(url) ?? useOf(url).read
  const later = (run: () => void) => queueMicrotask(run)

  const give = (subscription: OpenSubscription, event: NostrEvent, url: string) => {
    if (subscription.closed || subscription.seen.has(event.id)) return
    subscription.seen.add(event.id)
    subscription.options.onEvent(event, url)
  }
  const giveStored = (subscription: OpenSubscription, relay: MemoryRelay) => {
    for (const filter of subscription.filters) {
      const newestFirst = relay.stored(filter).toSorted((a, b) => b.created_at - a.created_at)
      for (const event of newestFirst.slice(0, filter.limit ?? newestFirst.length)) give(subscription, event, relay.url)
    }
  }
  const showStatus = (relay: MemoryRelay) => {
    const before = status.get()[relay.url]
    const counts = { latencyMs: null, nextAttemptAt: null, received: 0, published: 0, dropped: 0, lastRefusal: null, rejects: [], limits: null, information: null, pace: 0, clockSkewSecs: null }
    status.set({
      ...status.get(),
      [relay.url]: {
        ...(before ?? counts),
        url: relay.url,
        ...useOf(relay.url),
        guest: guests.has(relay.url),
        state: relay.online ? 'connected' : 'waiting',
        problem: relay.online ? null : 'the plug is pulled',
        connectedAt: relay.online ? ++connections : null,
      },
    })
  }
  const publishTo = (relay: MemoryRelay, event: NostrEvent): RelayVerdict => {
    if (!relay.online) return { relay: relay.url, verdict: 'unreachable', message: 'the plug is pulled' }
    const refusal = relay.publish(event)
    if (refusal === null) return { relay: relay.url, verdict: 'accepted', message: '' }
    const prefix = OK_PREFIXES.find((known) => refusal.startsWith(`${known}:`)) ?? 'none'
    return { relay: relay.url, verdict: 'refused', prefix, message: refusal }
  }

  const watch = (url: string) => {
    const relay = network(url)
    const stopEvents = relay.watch((event) => {
      // Who asks later gets it as a stored event, or not at all.
      const open = new Set(subscriptions)
      later(() => {
        if (!relay.online) return
        for (const subscription of open) {
          if (isWanted(subscription, url) && matchesAnyFilter(subscription.filters, event)) give(subscription, event, url)
        }
      })
    })
    const catchUp = () =>
      later(() => {
        if (!relay.online) return
        for (const subscription of new Set(subscriptions)) if (isWanted(subscription, url)) giveStored(subscription, relay)
      })
    const stopOnline = relay.watchOnline((online) => {
      showStatus(relay)
      if (online) catchUp()
    })
    unwatch.set(url, () => {
      stopEvents()
      stopOnline()
    })
    showStatus(relay)
    catchUp()
  }
  const invite = (named: readonly string[] = []) => {
    for (const url of named) {
      if (unwatch.has(url)) continue
      guests.add(url)
      watch(url)
    }
  }

  const pool: MemoryPool = {
    status,
    work: createSignal<WorkProgress | null>(null),
    relay: (url) => network(url ?? urls[0] ?? 'wss://memory.test'),
    openSubscriptions: () => subscriptions.size,
    add(url, use) {
      if (!/^wss?:\/\/\S+$/.test(url)) return 'A relay address starts with wss:// or ws://.'
      guests.delete(url)
      if (use !== undefined) uses.set(url, use)
      if (unwatch.has(url)) showStatus(network(url))
      else watch(url)
      return null
    },
    remove(url) {
      unwatch.get(url)?.()
      unwatch.delete(url)
      guests.delete(url)
      status.set(Object.fromEntries(Object.entries(status.get()).filter(([known]) => known !== url)))
    },
    urls: (use) => (use === undefined ? listed() : urlsFor(use)),
    subscribe(filters, options) {
      invite(options.relays)
      const subscription: OpenSubscription = { filters, options, seen: new Set(), closed: false }
      subscriptions.add(subscription)
      later(() => {
        for (const url of options.relays ?? urlsFor('read')) if (network(url).online) giveStored(subscription, network(url))
        if (!subscription.closed) options.onEose?.()
      })
      return {
        close() {
          subscription.closed = true
          subscriptions.delete(subscription)
        },
      }
    },
    async publish(event, relays) {
      invite(relays)
      const verdicts = (relays ?? urlsFor('write')).map((url) => publishTo(network(url), event))
      await Promise.resolve()
      return { accepted: verdicts.some(({ verdict }) => verdict === 'accepted'), verdicts }
    },
    powBits: () => demand.powBits,
    addWork: (template) => Promise.resolve(template),
    frameIntervalMs: () => demand.frameIntervalMs,
    clockSkewSecs: () => clockSkewSecs,
    reauthenticate: () => {},
    demand: (change) => void (demand = { ...demand, ...change }),
    skewClocks: (secs) => void (clockSkewSecs = secs),
    connected: () => Promise.resolve(listed().some((url) => network(url).online)),
    close() {
      for (const url of unwatch.keys()) pool.remove(url)
      for (const subscription of subscriptions) subscription.closed = true
      subscriptions.clear()
      return Promise.resolve()
    },
  }
  for (const url of urls) pool.add(url)
  return pool
}
