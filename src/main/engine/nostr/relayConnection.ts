import type { Clock, OpenWebSocket, Random } from '../ports.ts'
import { createAuthentication } from './authentication.ts'
import { parseRelayMessage, type RelayMessage } from './eventParsing.ts'
import type { FetchInformation } from './fetchInformation.ts'
import { chooseFrameInterval } from './frameInterval.ts'
import { createHeartbeat, PING_SUBSCRIPTION } from './heartbeat.ts'
import { readPrefix } from './okPrefix.ts'
import type { Outgoing } from './outgoing.ts'
import { createPatience } from './patience.ts'
import type { PoolLimits } from './poolLimits.ts'
import { isLoopbackUrl } from './relayHost.ts'
import { createRelayInbox } from './relayInbox.ts'
import { createRelayLink, type LinkStatus } from './relayLink.ts'
import type { RelayMemory } from './relayMemory.ts'
import { createRelayOutbox } from './relayOutbox.ts'
import { createRelayPace } from './relayPace.ts'
import type { Filter, NostrEvent, RelayStatus, RelayVerdict } from './relayPool.ts'
import { createRelaySubscriptions } from './relaySubscriptions.ts'
import { createRelayTerms } from './relayTerms.ts'
import type { Signer } from './signer.ts'

/** What became of an event that a relay sent; with the true event where there is one. */
export type Judgement =
  | { readonly outcome: 'delivered' | 'repeated'; readonly createdAt: number | null }
  | { readonly outcome: 'forged' | 'unasked' | 'late' }

/** One relay of the pool: everything that is said to it and heard from it. */
export interface RelayConnection {
  readonly url: string
  /** Everything but how it is used, for a page. `link` is the cheap part of it. */
  status(): Omit<RelayStatus, 'read' | 'write' | 'guest'>
  link(): LinkStatus
  open(): void
  subscribe(id: string, filters: readonly Filter[]): void
  unsubscribe(id: string): void
  /** Asks once more for what is stored, if it is live. */
  askAgain(id: string): void
  /** Sends it now or once connected. Returns what ends the waiting for a verdict, and tells what the relay said so far. */
  publish(outgoing: Outgoing, onVerdict: (verdict: RelayVerdict) => void): () => RelayVerdict | null
  /** See RelayPool.reauthenticate. */
  reauthenticate(): void
  /** NIP-13 bits that it wants of an event. */
  powBits(): number
  /** How often it takes frames; null: not now, or not at a stream's pace. */
  frameIntervalMs(): number | null
  /** Handles one waiting frame; whether there are more. */
  handleOne(): boolean
  /** Ends it for good; resolves when its socket is closed. */
  close(): Promise<void>
}

export interface RelayConnectionOptions {
  readonly url: string
  readonly clock: Clock
  readonly random: Random
  readonly openWebSocket: OpenWebSocket
  readonly fetch: FetchInformation | null
  readonly memory: RelayMemory
  readonly limits: PoolLimits
  isGuest(): boolean
  /** Whether it may be on the public internet alone. */
  isStrangers(): boolean
  /** Who answers this relay when it asks who we are; null: nobody. */
  signer(): Signer | null
  /** Verifies, deduplicates, delivers. */
  judge(subscription: string, event: NostrEvent): Judgement
  /** The relay has sent all that it had stored, or refused the subscription (with its reason). */
  onAnswered(subscription: string, refusal: string | null): void
  /** There are frames to handle. */
  onInbox(): void
  /** Connected, lost, a counter moved. */
  onChange(): void
  onLinkChange(): void
}

export function createRelayConnection(options: RelayConnectionOptions): RelayConnection {
  const { url, clock, random, limits, memory } = options
  const counts = { received: 0, published: 0 }
  let lastRefusal: string | null = null
  let framesHeard = 0
  let heardAtMs = clock.now()
  const patience = createPatience({ clock, limits, onExhausted: misbehaved })

  const link = createRelayLink({
    url,
    clock,
    random,
    openWebSocket: options.openWebSocket,
    limits,
    isStrangers: () => options.isStrangers(),
    onUp() {
      // What the last connection left unread is asked for again.
      inbox.clear()
      patience.restore()
      terms.refresh()
      authentication.onUp()
      subscriptions.onUp()
      outbox.onUp()
      heartbeat.start()
    },
    onDown() {
      terms.rest()
      heartbeat.stop()
      subscriptions.onDown()
      outbox.onDown()
    },
    onMessage: receive,
    onChange: () => options.onLinkChange(),
  })
  const inbox = createRelayInbox({ limits, pause: () => link.pause(), resume: () => link.resume() })
  const send = (text: string) => link.send(text)
  const isUp = () => link.status().state === 'connected'
  const pace = createRelayPace(clock, memory.paceMs(url), (intervalMs) => memory.setPace(url, intervalMs))
  const terms = createRelayTerms({ ...options, onChange: () => options.onChange() })

  const authentication = createAuthentication({
    url,
    clock,
    maxAnswers: limits.authAnswersPerConnection,
    signer: () => options.signer(),
    send,
    onDone() {
      terms.onAuthenticated()
      subscriptions.onAuthenticated()
      outbox.onAuthenticated()
    },
    onFailed(message) {
      outbox.onAuthenticationFailed(message)
      for (const id of subscriptions.onAuthenticationFailed()) options.onAnswered(id, `auth-required: ${message}`)
    },
  })
  const subscriptions = createRelaySubscriptions({
    clock,
    random,
    limits,
    authentication: () => authentication.state(),
    isUp,
    heardAtSecs: () => Math.floor(heardAtMs / 1_000),
    limitation: () => terms.limits(),
    onWithheld(id, reason) {
      terms.onRefused(reason, null)
      // Not before who subscribes has its subscription.
      queueMicrotask(() => options.onAnswered(id, reason))
    },
    send,
  })
  const outbox = createRelayOutbox({
    url,
    clock,
    limits,
    pace,
    authentication: () => authentication.state(),
    isUp,
    bufferedBytes: () => link.bufferedBytes(),
    obstacle(outgoing) {
      const obstacle = terms.obstacle(outgoing)
      if (obstacle !== null) terms.onRefused(obstacle, null)
      return obstacle
    },
    send,
  })
  const heartbeat = createHeartbeat({
    clock,
    limits,
    send,
    framesHeard: () => framesHeard,
    isBacklogged: () => !inbox.isEmpty(),
    onSilence: () => link.drop('The relay stopped answering.', 'failed'),
  })

  function receive(text: string | null): void {
    framesHeard += 1
    heardAtMs = clock.now()
    if (inbox.push(text)) options.onInbox()
    else misbehaved('The relay sends faster than it can be checked.')
  }

  function misbehaved(problem: string): void {
    inbox.clear()
    link.drop(problem, 'misbehaved')
  }

  function handle(message: RelayMessage): void {
    switch (message.type) {
      case 'EVENT':
        return handleEvent(message.subscription, message.event)
      case 'EOSE':
        if (message.subscription === PING_SUBSCRIPTION) return onPong('EOSE')
        if (!subscriptions.onEose(message.subscription)) return patience.spendUseless()
        return options.onAnswered(message.subscription, null)
      case 'CLOSED':
        return handleClosed(message.subscription, message.message)
      case 'OK':
        return handleOk(message.eventId, message.accepted, message.message)
      case 'NOTICE':
        if (message.message !== '') lastRefusal = message.message
        if (readPrefix(message.message).prefix === 'rate-limited') {
          terms.onRefused(message.message, null)
          pace.limited(null)
        }
        return patience.spendUseless()
      case 'AUTH':
        authentication.onChallenge(message.challenge)
        return patience.spendUseless()
    }
  }

  function onPong(how: 'EOSE' | 'CLOSED'): void {
    if (!heartbeat.answered(how)) patience.spendUseless()
  }

  function handleClosed(subscription: string, message: string): void {
    if (subscription === PING_SUBSCRIPTION) return onPong('CLOSED')
    const reason = message === '' ? readPrefix('').sentence : message
    lastRefusal = reason
    const closed = subscriptions.onClosed(subscription, message)
    if (closed === 'unasked') return patience.spendUseless()
    if (readPrefix(message).prefix === 'rate-limited') pace.limited(null)
    if (closed === 'blocked') return
    terms.onRefused(reason, null)
    options.onAnswered(subscription, reason)
  }

  function handleOk(eventId: string, accepted: boolean, message: string): void {
    if (!accepted) lastRefusal = message === '' ? readPrefix('').sentence : message
    if (authentication.onOk(eventId, accepted, message)) return
    const outgoing = outbox.find(eventId)
    if (outgoing !== null && !accepted && readPrefix(message).prefix !== 'duplicate') terms.onRefused(message, outgoing.event)
    if (!outbox.onOk(eventId, accepted, message)) return patience.spendUseless()
    if (!accepted) return
    counts.published += 1
    terms.onAccepted()
  }

  function handleEvent(subscription: string, event: NostrEvent): void {
    const judgement = options.judge(subscription, event)
    switch (judgement.outcome) {
      case 'delivered':
      case 'repeated':
        counts.received += 1
        if (judgement.createdAt !== null) subscriptions.onEvent(subscription, judgement.createdAt)
        return
      case 'forged':
        return patience.dropForged()
      case 'unasked':
        return patience.dropUseless()
      case 'late':
        return
    }
  }

  return {
    url,
    link: () => link.status(),
    open() {
      // Beside the handshake, so that it is known before the first event goes out; of what a stranger named only once it has
      // turned out to be a relay on the public internet.
      if (!options.isStrangers()) terms.refresh()
      link.open()
    },
    status: () => ({ url, ...link.status(), ...counts, dropped: patience.dropped(), latencyMs: heartbeat.latencyMs(), lastRefusal, pace: pace.intervalMs(), ...terms.status() }),
    subscribe: (id, filters) => subscriptions.add(id, filters),
    unsubscribe: (id) => subscriptions.remove(id),
    askAgain: (id) => subscriptions.askAgain(id),
    publish(outgoing, onVerdict) {
      const { state, problem } = link.status()
      if (!outgoing.isEphemeral || state === 'connected' || state === 'connecting') return outbox.add(outgoing, onVerdict)
      onVerdict({ relay: url, verdict: 'unreachable', message: problem ?? 'The relay is not connected.' })
      return () => null
    },
    reauthenticate() {
      if (isUp()) authentication.renew()
    },
    powBits: () => terms.powBits(),
    frameIntervalMs() {
      // Work for each frame is out of proportion.
      if (!isUp() || terms.powBits() > 0) return null
      return chooseFrameInterval({ isLoopback: isLoopbackUrl(url), latencyMs: heartbeat.latencyMs(), paceMs: pace.intervalMs(), unanswered: outbox.framesHeld(), maxMs: limits.maxFrameIntervalMs })
    },
    handleOne() {
      const text = inbox.take()
      if (text === undefined) return false
      const parsed = text === null ? null : parseRelayMessage(text, limits.parse)
      if (parsed === null) patience.dropForged()
      else if (parsed.ok) handle(parsed.value)
      else if (parsed.error.code === 'malformed') patience.dropForged()
      else if (parsed.error.code === 'oversized') patience.dropUseless()
      else patience.spendUseless()
      options.onChange()
      return !inbox.isEmpty()
    },
    close() {
      terms.rest()
      inbox.clear()
      const closed = link.close()
      outbox.close('The relay was removed.')
      return closed
    },
  }
}
