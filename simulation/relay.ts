/**
 * A relay of the simulated world: NIP-01 and NIP-09 as an honest relay keeps them, in memory. It checks no signature: what
 * reaches it was signed by whoever sent it, and what a lying relay makes of it is the network's business.
 */
import type { Filter, NostrEvent } from '#shared/protocol/event.ts'
import { matchesAnyFilter, matchesFilter } from '#shared/protocol/filter.ts'
import { isAddressable, isEphemeral, isReplaceable, KIND } from '#shared/protocol/kinds.ts'

/** An event with its JSON, made once for all who are sent it. */
export interface WireEvent {
  readonly event: NostrEvent
  readonly json: string
}

/** The relay's end of a connection. */
export interface RelayClient {
  sendEvent(subscription: string, wire: WireEvent): void
  /** `label` names the frame in the trace. */
  send(frame: readonly unknown[], label: string): void
}

export interface SimulatedRelay {
  readonly url: string
  connect(client: RelayClient): void
  disconnect(client: RelayClient): void
  request(client: RelayClient, subscription: string, filters: readonly Filter[]): void
  close(client: RelayClient, subscription: string): void
  /** Stores it and hands it on. The refusal, or null. */
  publish(wire: WireEvent): string | null
  /** The last events that were stored, also those that are deleted by now. */
  newest(count: number): readonly WireEvent[]
  /** Forgets what it has stored. */
  empty(): void
  subscriptions(client: RelayClient): number
}

/** What one answer to a request holds at most, for each filter: the newest, as relays do. */
const MAX_STORED_ANSWERS = 5_000
const MAX_NEWEST = 2_000
const FEW = 100

/** Whatever a filter may ask for it by. */
function namesOf({ kind, pubkey, tags }: NostrEvent): ReadonlySet<string> {
  const names = new Set([`kind ${kind}`, `author ${pubkey}`])
  for (const [name, value] of tags) if ((name === 'e' || name === 'p') && value !== undefined) names.add(`${name} ${value}`)
  return names
}

/** The names under which all that the filter asks for is found: those that the fewest events share. */
function namesIn(filter: Filter): readonly string[] {
  if (filter['#e'] !== undefined) return filter['#e'].map((value) => `e ${value}`)
  if (filter['#p'] !== undefined) return filter['#p'].map((value) => `p ${value}`)
  if (filter.authors !== undefined) return filter.authors.map((value) => `author ${value}`)
  if (filter.kinds !== undefined) return filter.kinds.map((kind) => `kind ${kind}`)
  throw new RangeError('Nobody here asks a relay for everything.')
}

export function createSimulatedRelay(url: string): SimulatedRelay {
  const clients = new Map<RelayClient, Map<string, readonly Filter[]>>()
  const byId = new Map<string, WireEvent>()
  let arrived: WireEvent[] = []
  const byAddress = new Map<string, WireEvent>()
  /** Under each of its names, oldest first by `created_at`; replaced and deleted ones are passed over by way of `byId`. */
  const byName = new Map<string, WireEvent[]>()
  const deletedIds = new Set<string>()
  const deletedAddresses = new Map<string, number>()

  const addressOf = ({ kind, pubkey, tags }: NostrEvent) => `${kind}:${pubkey}:${isAddressable(kind) ? (tags.find((tag) => tag[0] === 'd')?.[1] ?? '') : ''}`
  const isVersioned = ({ kind }: NostrEvent) => isReplaceable(kind) || isAddressable(kind)

  function store(wire: WireEvent): void {
    const { event } = wire
    byId.set(event.id, wire)
    arrived.push(wire)
    if (arrived.length > 2 * MAX_NEWEST) arrived = arrived.slice(-MAX_NEWEST)
    for (const name of namesOf(event)) {
      const list = byName.get(name) ?? []
      byName.set(name, list)
      let index = list.length
      while (index > 0 && (list[index - 1]?.event.created_at ?? 0) > event.created_at) index -= 1
      list.splice(index, 0, wire)
    }
  }

  function applyDeletion({ pubkey, tags, created_at: createdAt }: NostrEvent): void {
    for (const [name, value] of tags) {
      if (value === undefined) continue
      if (name === 'e') {
        deletedIds.add(`${pubkey}:${value}`)
        const target = byId.get(value)
        if (target?.event.pubkey === pubkey && target.event.kind !== KIND.deletion) byId.delete(value)
      }
      if (name === 'a' && value.split(':')[1] === pubkey) {
        deletedAddresses.set(value, Math.max(createdAt, deletedAddresses.get(value) ?? 0))
        const target = byAddress.get(value)
        if (target !== undefined && target.event.created_at <= createdAt) {
          byAddress.delete(value)
          byId.delete(target.event.id)
        }
      }
    }
  }

  function query(filter: Filter): readonly WireEvent[] {
    if (filter.ids !== undefined) return filter.ids.flatMap((id) => byId.get(id) ?? []).filter(({ event }) => matchesFilter(filter, event))
    const limit = Math.min(filter.limit ?? MAX_STORED_ANSWERS, MAX_STORED_ANSWERS)
    const found = new Set<WireEvent>()
    for (const name of namesIn(filter)) {
      const list = living(name)
      for (let index = list.length - 1; index >= 0 && found.size < limit; index -= 1) {
        const wire = list[index]
        if (wire === undefined || (filter.since !== undefined && wire.event.created_at < filter.since)) break
        if (byId.get(wire.event.id) === wire && matchesFilter(filter, wire.event)) found.add(wire)
      }
    }
    return [...found]
  }

  /** Of many versions of a listing one is left: the list is rid of the others when it is read. */
  function living(name: string): readonly WireEvent[] {
    const list = byName.get(name) ?? []
    if (list.length < FEW) return list
    const alive = list.filter((wire) => byId.get(wire.event.id) === wire)
    if (alive.length > list.length / 2) return list
    byName.set(name, alive)
    return alive
  }

  return {
    url,
    connect: (client) => void clients.set(client, new Map()),
    disconnect: (client) => void clients.delete(client),
    request(client, subscription, filters) {
      clients.get(client)?.set(subscription, filters)
      const sent = new Set<string>()
      for (const filter of filters) {
        for (const wire of query(filter)) {
          if (sent.has(wire.event.id)) continue
          sent.add(wire.event.id)
          client.sendEvent(subscription, wire)
        }
      }
      client.send(['EOSE', subscription], `EOSE ${subscription}`)
    },
    close: (client, subscription) => void clients.get(client)?.delete(subscription),
    publish(wire) {
      const { event } = wire
      if (byId.has(event.id)) return null
      if (deletedIds.has(`${event.pubkey}:${event.id}`)) return 'blocked: the author deleted this event'
      if (isVersioned(event)) {
        const address = addressOf(event)
        if ((deletedAddresses.get(address) ?? 0) >= event.created_at) return 'blocked: the author deleted this event'
        const before = byAddress.get(address)
        if (before !== undefined && before.event.created_at > event.created_at) return 'duplicate: have a newer event'
        if (before !== undefined) byId.delete(before.event.id)
        byAddress.set(address, wire)
      }
      if (event.kind === KIND.deletion) applyDeletion(event)
      if (!isEphemeral(event.kind)) store(wire)
      for (const [client, subscriptions] of clients) {
        for (const [subscription, filters] of subscriptions) if (matchesAnyFilter(filters, event)) client.sendEvent(subscription, wire)
      }
      return null
    },
    newest: (count) => arrived.slice(-count),
    empty() {
      byId.clear()
      byAddress.clear()
      byName.clear()
    },
    subscriptions: (client) => clients.get(client)?.size ?? 0,
  }
}
