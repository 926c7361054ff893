import { matchesAnyFilter } from '#shared/protocol/filter.ts'
import { isEphemeral } from '#shared/protocol/kinds.ts'
import type { Clock, Log, OpenWebSocket, Random } from '../ports.ts'
import { medianSkew } from './clockSkew.ts'
import type { NostrCrypto } from './crypto.ts'
import { createFairQueue } from './fairQueue.ts'
import type { FetchInformation } from './fetchInformation.ts'
import { createKnownEvents } from './knownEvents.ts'
import { createLateDelivery } from './lateDelivery.ts'
import type { Miner } from './mining/miner.ts'
import { DEFAULT_POOL_LIMITS, type PoolLimits } from './poolLimits.ts'
import { createPoolPublisher } from './poolPublisher.ts'
import { createPoolSubscription, type PoolSubscription } from './poolSubscription.ts'
import { createRecentIds } from './recentIds.ts'
import { parseRelayAddress } from './relayAddress.ts'
import { createRelayConnection, type Judgement, type RelayConnection } from './relayConnection.ts'
import { createRelayMemory, type MemoryPort } from './relayMemory.ts'
import type { NostrEvent, RelayPool, RelayStatus, RelayVerdict } from './relayPool.ts'
import { createRelayRoster, type Member } from './relayRoster.ts'
import type { Signer } from './signer.ts'
import { createStatusBoard } from './statusBoard.ts'

export interface RelayPoolOptions {
  readonly clock: Clock
  readonly random: Random
  readonly openWebSocket: OpenWebSocket
  readonly crypto: Pick<NostrCrypto, 'verify'>
  readonly log: Log
  readonly limits?: Partial<PoolLimits>
  /** Asks relays what they take (NIP-11); absent: that stays unknown. */
  readonly fetch?: FetchInformation
  /** Keeps what was learned of relays across restarts. */
  readonly memory?: MemoryPort
  /** Does the work that relays ask for (NIP-13); absent: none is done. */
  readonly miner?: Miner
  /** Whose name a relay is told when it asks (NIP-42); null, or absent: nobody's. A guest is a relay that somebody else named. */
  readonly authenticate?: (relay: string, isGuest: boolean) => Signer | null
  /** For tests: a guest may be at any address. */
  readonly allowPrivateGuests?: boolean
}

/** Events of a subscription closed so recently that they were already on their way are no fault of the relay. */
const CLOSED_SUBSCRIPTIONS_REMEMBERED = 256

export function createRelayPool(options: RelayPoolOptions): RelayPool {
  const { clock, crypto, log } = options
  const limits: PoolLimits = { ...DEFAULT_POOL_LIMITS, ...options.limits }
  const subscriptions = new Map<string, PoolSubscription>()
  const known = createKnownEvents(limits.knownEvents, limits.knownChars)
  const closedSubscriptions = createRecentIds(CLOSED_SUBSCRIPTIONS_REMEMBERED)
  const connectedListeners = new Set<(isConnected: boolean) => void>()
  const inbox = createFairQueue<RelayConnection>((connection) => connection.handleOne())
  const memory = createRelayMemory(clock, options.memory ?? null)
  const late = createLateDelivery({
    clock,
    limits,
    isUp: (url) => roster.get(url)?.connection.link().state === 'connected',
    offer: (url, outgoing, onVerdict) => roster.get(url)?.connection.publish(outgoing, onVerdict) ?? (() => {}),
  })
  const roster = createRelayRoster({
    clock,
    limits,
    allowPrivateGuests: options.allowPrivateGuests ?? false,
    connect: createConnection,
    onJoined: askForSubscriptions,
    isAwaited: (url) => late.waitsFor(url),
  })
  const publisher = createPoolPublisher({
    clock,
    limits,
    miner: options.miner ?? null,
    late,
    choose: (relays) => choose(relays, 'write'),
    present: (relays) => (relays === undefined ? roster.listed('write') : relays.flatMap((url) => roster.get(normalize(url)) ?? [])),
    hold: (member) => roster.hold(member),
  })
  const board = createStatusBoard(clock, limits.statusIntervalMs, snapshotStatus)
  let subscriptionCount = 0
  let isClosed = false

  function snapshotStatus(): Readonly<Record<string, RelayStatus>> {
    return Object.fromEntries(roster.all().map(({ connection, use, isGuest }) => [connection.url, { ...connection.status(), ...use, guest: isGuest }]))
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
      // A frame comes to one subscription, which remembers its id: kept here it would push out what is asked for again.
      if (!isEphemeral(claimed.kind)) known.add(claimed)
    }
    subscription.deliver(event, relay)
    return { outcome: 'delivered', createdAt: event.created_at }
  }

  function onLinkChange(connection: RelayConnection): void {
    const { url } = connection
    const { state, problem } = connection.link()
    log('debug', 'Relay changed.', { relay: url, state, problem })
    if (state === 'connected') for (const listener of connectedListeners) listener(true)
    if (state === 'waiting' || state === 'closed') {
      for (const subscription of subscriptions.values()) subscription.onLost(url)
      late.onDown(url)
    }
    publisher.onLinkChange()
    if (state === 'connected') late.onUp(url)
    board.touch()
  }

  function createConnection(url: string): RelayConnection {
    const isGuest = () => roster.get(url)?.isGuest ?? false
    const connection: RelayConnection = createRelayConnection({
      url,
      clock,
      random: options.random,
      openWebSocket: options.openWebSocket,
      fetch: options.fetch ?? null,
      memory,
      limits,
      isGuest,
      isStrangers: () => isGuest() && options.allowPrivateGuests !== true,
      signer: () => options.authenticate?.(url, isGuest()) ?? null,
      judge: (subscription, event) => judge(url, subscription, event),
      onAnswered: (id, refusal) => subscriptions.get(id)?.onAnswered(url, refusal),
      onInbox: () => inbox.announce(connection),
      onChange: () => board.touch(),
      onLinkChange: () => onLinkChange(connection),
    })
    return connection
  }

  function askForSubscriptions({ connection }: Member): void {
    for (const subscription of subscriptions.values()) {
      if (!subscription.includes(connection.url)) continue
      subscription.awaitRelays([connection.url])
      connection.subscribe(subscription.id, subscription.filters)
    }
  }

  /** A relay of the list is read from now on, or no longer: the subscriptions that name no relay follow. */
  function changeUse(member: Member, change: () => void): void {
    const { url } = member.connection
    const before = new Set([...subscriptions.values()].filter((subscription) => subscription.includes(url)))
    change()
    for (const subscription of subscriptions.values()) {
      const isWanted = subscription.includes(url)
      if (isWanted === before.has(subscription)) continue
      if (isWanted) member.connection.subscribe(subscription.id, subscription.filters)
      else member.connection.unsubscribe(subscription.id)
    }
    board.touch()
  }

  /** The named relays, each once, or the list's of that use; and why some of them cannot be had. */
  function choose(relays: readonly string[] | undefined, use: 'read' | 'write') {
    if (relays === undefined) return { members: roster.listed(use), problems: [] }
    const members: Member[] = []
    const problems: RelayVerdict[] = []
    for (const url of new Set(relays.map(normalize))) {
      const invited = roster.invite(url)
      if (invited.ok) members.push(invited.value)
      else problems.push({ relay: url, verdict: 'unreachable', message: invited.error.message })
    }
    return { members, problems }
  }

  return {
    status: board.signal,
    work: publisher.work,

    add(text, use) {
      const address = parseRelayAddress(text)
      if (!address.ok) return address.error.message
      if (isClosed) return 'The relays are being closed.'
      const member = roster.get(address.value)
      let problem: string | null = null
      const add = () => {
        const added = roster.add(address.value, use)
        if (!added.ok) problem = added.error.message
      }
      if (member === undefined) add()
      else changeUse(member, add)
      return problem
    },

    remove: (text) => roster.remove(normalize(text)),

    urls: (use) => roster.listed(use).map(({ connection }) => connection.url),

    subscribe(filters, { relays, askAgainMs, ...subscriber }) {
      subscriptionCount += 1
      const subscription = createPoolSubscription({
        id: `s${subscriptionCount}`,
        filters,
        relays: relays === undefined ? null : new Set(relays.map(normalize)),
        isForReading: (url) => roster.get(url)?.use.read ?? false,
        subscriber,
        clock,
        limits,
        log,
      })
      const { id } = subscription
      const { members, problems } = choose(relays, 'read')
      subscriptions.set(id, subscription)
      const releases = relays === undefined ? [] : members.map((member) => roster.hold(member))
      const asked = members.map(({ connection }) => connection)
      subscription.awaitRelays(asked.filter((connection) => connection.link().state !== 'waiting').map(({ url }) => url))
      for (const connection of asked) connection.subscribe(id, filters)
      const cancelAskAgain = askAgainMs === undefined ? () => {} : repeat(clock, askAgainMs, () => {
        for (const { connection } of roster.all()) if (subscription.includes(connection.url)) connection.askAgain(id)
      })
      queueMicrotask(() => {
        for (const { relay, message } of problems) subscription.onAnswered(relay, `error: ${message}`)
      })
      return {
        close() {
          if (!subscriptions.delete(id)) return
          closedSubscriptions.add(id)
          cancelAskAgain()
          subscription.close()
          for (const { connection } of roster.all()) if (subscription.includes(connection.url)) connection.unsubscribe(id)
          for (const release of releases) release()
        },
      }
    },

    publish(event, relays) {
      // Its echo is this very event: signed here, so not verified again.
      if (!isEphemeral(event.kind)) known.add(event)
      return publisher.publish(event, relays)
    },

    powBits: (relays) => publisher.powBits(relays),
    addWork: (template, pubkey, relays, signal) => publisher.addWork(template, pubkey, relays, signal),
    frameIntervalMs: (relays) => publisher.frameIntervalMs(relays),
    clockSkewSecs: () => medianSkew(roster.listed().flatMap(({ connection }) => connection.status().clockSkewSecs ?? [])),

    reauthenticate() {
      for (const { connection } of roster.all()) connection.reauthenticate()
    },

    connected(timeoutMs) {
      if (roster.listed().some(({ connection }) => connection.link().state === 'connected')) return Promise.resolve(true)
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
      late.close()
      for (const subscription of subscriptions.values()) subscription.close()
      subscriptions.clear()
      const closing = roster.close()
      publisher.close()
      for (const settle of connectedListeners) settle(false)
      inbox.stop()
      memory.close()
      board.close()
      await closing
    },
  }
}

/** As `add` spells it; what is no address stays as it is and meets no relay. */
function normalize(text: string): string {
  const address = parseRelayAddress(text)
  return address.ok ? address.value : text
}

/** Runs it that often until the returned function is called. */
function repeat(clock: Clock, intervalMs: number, run: () => void): () => void {
  let cancel = () => {}
  const plan = () => {
    cancel = clock.after(intervalMs, () => {
      plan()
      run()
    })
  }
  plan()
  return () => cancel()
}
