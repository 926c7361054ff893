import type { Clock, OpenWebSocket, Random } from '../ports.ts'
import { createAuthentication } from './authentication.ts'
import { createTokenBucket } from './tokenBucket.ts'
import { parseRelayMessage, type RelayMessage } from './eventParsing.ts'
import { createHeartbeat, PING_SUBSCRIPTION } from './heartbeat.ts'
import { readPrefix } from './okPrefix.ts'
import type { PoolLimits } from './poolLimits.ts'
import { createRelayLink, type LinkStatus } from './relayLink.ts'
import { createRelayOutbox } from './relayOutbox.ts'
import type { Filter, NostrEvent, RelayStatus, RelayVerdict } from './relayPool.ts'
import { createRelaySubscriptions } from './relaySubscriptions.ts'
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
  /** Sends it now or once connected. Returns what ends the waiting for a verdict. */
  publish(eventId: string, frame: string, onVerdict: (verdict: RelayVerdict) => void): () => void
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
  readonly limits: PoolLimits
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

/** Inbox beyond its bound by this factor, with a socket that cannot be paused: the connection is given up. */
const OVERFLOW_FACTOR = 16

export function createRelayConnection(options: RelayConnectionOptions): RelayConnection {
  const { url, clock, random, limits } = options
  const counts = { received: 0, published: 0, dropped: 0 }
  let lastRefusal: string | null = null
  let framesHeard = 0
  let heardAtMs = clock.now()
  let inbox: (string | null)[] = []
  let inboxChars = 0
  let isPaused = false
  let forged = createTokenBucket(clock, limits.forgedPerSec, limits.forgedBurst)
  let useless = createTokenBucket(clock, limits.uselessPerSec, limits.uselessBurst)

  const link = createRelayLink({
    url,
    clock,
    random,
    openWebSocket: options.openWebSocket,
    limits,
    onUp() {
      // What the last connection left unread is asked for again.
      clearInbox()
      forged = createTokenBucket(clock, limits.forgedPerSec, limits.forgedBurst)
      useless = createTokenBucket(clock, limits.uselessPerSec, limits.uselessBurst)
      authentication.onUp()
      subscriptions.onUp()
      outbox.onUp()
      heartbeat.start()
    },
    onDown() {
      heartbeat.stop()
      subscriptions.onDown()
      outbox.onDown()
    },
    onMessage: receive,
    onChange: () => options.onLinkChange(),
  })
  const send = (text: string) => link.send(text)
  const isUp = () => link.status().state === 'connected'

  const authentication = createAuthentication({
    url,
    clock,
    maxAnswers: limits.authAnswersPerConnection,
    signer: () => options.signer(),
    send,
    onDone() {
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
    send,
  })
  const outbox = createRelayOutbox({
    url,
    clock,
    limits,
    authentication: () => authentication.state(),
    isUp,
    bufferedBytes: () => link.bufferedBytes(),
    send,
  })
  const heartbeat = createHeartbeat({
    clock,
    limits,
    send,
    framesHeard: () => framesHeard,
    isBacklogged: () => inbox.length > 0,
    onSilence: () => link.drop('The relay stopped answering.', 'failed'),
  })

  function receive(text: string | null): void {
    framesHeard += 1
    heardAtMs = clock.now()
    inbox.push(text)
    inboxChars += text?.length ?? 0
    if (!isPaused && (inbox.length > limits.inboxFrames || inboxChars > limits.inboxChars)) isPaused = link.pause()
    if (inbox.length > limits.inboxFrames * OVERFLOW_FACTOR || inboxChars > limits.inboxChars * OVERFLOW_FACTOR) {
      misbehaved('The relay sends faster than it can be checked.')
    } else {
      options.onInbox()
    }
  }

  function clearInbox(): void {
    inbox = []
    inboxChars = 0
    isPaused = false
  }

  function misbehaved(problem: string): void {
    clearInbox()
    link.drop(problem, 'misbehaved')
  }

  function dropForged(): void {
    counts.dropped += 1
    if (!forged.take()) misbehaved('The relay sent too many forged or garbled messages.')
  }

  function dropUseless(): void {
    counts.dropped += 1
    spendUseless()
  }

  /** For what is no event and no answer to anything: not refused, but not without end either. */
  function spendUseless(): void {
    if (!useless.take()) misbehaved('The relay sent too much that nobody asked for.')
  }

  function handle(message: RelayMessage): void {
    switch (message.type) {
      case 'EVENT':
        return handleEvent(message.subscription, message.event)
      case 'EOSE':
        if (message.subscription === PING_SUBSCRIPTION) return heartbeat.answered('EOSE')
        subscriptions.onEose(message.subscription)
        return options.onAnswered(message.subscription, null)
      case 'CLOSED': {
        if (message.subscription === PING_SUBSCRIPTION) return heartbeat.answered('CLOSED')
        const reason = message.message === '' ? readPrefix('').sentence : message.message
        lastRefusal = reason
        if (subscriptions.onClosed(message.subscription, message.message) === 'refused') options.onAnswered(message.subscription, reason)
        return
      }
      case 'OK':
        if (!message.accepted) lastRefusal = message.message === '' ? readPrefix('').sentence : message.message
        if (authentication.onOk(message.eventId, message.accepted, message.message)) return
        if (!outbox.onOk(message.eventId, message.accepted, message.message)) return spendUseless()
        if (message.accepted) counts.published += 1
        return
      case 'NOTICE':
        if (message.message !== '') lastRefusal = message.message
        return spendUseless()
      case 'AUTH':
        authentication.onChallenge(message.challenge)
        return spendUseless()
    }
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
        return dropForged()
      case 'unasked':
        return dropUseless()
      case 'late':
        return
    }
  }

  return {
    url,
    link: () => link.status(),
    open: () => link.open(),
    status: () => ({ url, ...link.status(), ...counts, latencyMs: heartbeat.latencyMs(), lastRefusal, rejects: [], limits: null, information: null, pace: 0, clockSkewSecs: null }),
    subscribe: (id, filters) => subscriptions.add(id, filters),
    unsubscribe: (id) => subscriptions.remove(id),
    publish: (eventId, frame, onVerdict) => outbox.add(eventId, frame, onVerdict),
    handleOne() {
      const text = inbox.shift()
      if (text === undefined) return false
      inboxChars -= text?.length ?? 0
      const parsed = text === null ? null : parseRelayMessage(text, limits.parse)
      if (parsed === null) dropForged()
      else if (parsed.ok) handle(parsed.value)
      else if (parsed.error.code === 'malformed') dropForged()
      else if (parsed.error.code === 'oversized') dropUseless()
      else spendUseless()
      if (isPaused && inbox.length < limits.inboxFrames / 2 && inboxChars < limits.inboxChars / 2) {
        isPaused = false
        link.resume()
      }
      options.onChange()
      return inbox.length > 0
    },
    close() {
      clearInbox()
      const closed = link.close()
      outbox.close('The relay was removed.')
      return closed
    },
  }
}
