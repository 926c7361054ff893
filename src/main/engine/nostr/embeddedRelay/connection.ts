import { randomBytes } from 'node:crypto'
import type { WebSocket } from 'ws'
import type { NostrEvent } from '#shared/protocol/event.ts'
import type { Clock, Log } from '../../ports.ts'
import type { NostrCrypto } from '../crypto.ts'
import { createTokenBucket, type TokenBucket } from '../tokenBucket.ts'
import { findAuthenticationRefusal } from './authentication.ts'
import { parseClientMessage, type ClientMessage } from './clientMessage.ts'
import { eventMessage } from './eventMessage.ts'
import type { EventStore } from './eventStore.ts'
import { matchesFilter, type RelayFilter } from './filter.ts'
import type { RelayLimits } from './limits.ts'
import { FORGED, type Verdict } from './publication.ts'
import type { Refusal } from './refusal.ts'
import { createStoredSender } from './storedSender.ts'

export interface ConnectionPorts {
  readonly store: EventStore
  readonly crypto: Pick<NostrCrypto, 'verify'>
  readonly clock: Clock
  readonly log: Log
  readonly limits: RelayLimits
  readonly port: number
  readonly requireAuth: boolean
  readonly publish: (event: NostrEvent) => Verdict
  /** What is left for clients that forge. */
  readonly suspectBucket: TokenBucket
  /** Says that this connection has messages waiting. */
  readonly announce: (connection: Connection) => void
}

export interface Connection {
  /** Handles one waiting message; whether there are more. */
  takeOne(): boolean
  /** Sends a new event to each of this client's subscriptions that asks for it. */
  deliver(event: NostrEvent, json: string): void
  /** Ends its subscriptions. Events that it had sent before it went are still taken. */
  close(): void
}

/** With 100 requests a second, searches may take 250 ms of each second: a quarter of the engine's time. */
const REQUESTS_PER_SEARCH_MS = 0.4

/** One client of the relay. Its messages wait in line for `takeOne`; beyond a bound its socket is not read. */
export function openConnection(socket: WebSocket, ports: ConnectionPorts): Connection {
  const { store, crypto, clock, log, limits } = ports
  const challenge = randomBytes(16).toString('hex')
  const subscriptions = new Map<string, readonly RelayFilter[]>()
  const eventBucket = createTokenBucket(clock, limits.eventsPerSec, limits.eventBurst)
  const requestBucket = createTokenBucket(clock, limits.requestsPerSec, limits.requestBurst)
  const nowSecs = () => Math.floor(clock.now() / 1_000)
  const waiting: string[] = []
  let isAuthenticated = false
  /** Its last event that was checked was forged. A true one, new here, clears it. */
  let isSuspect = false

  const sendText = (text: string, sent?: () => void) => {
    if (socket.readyState !== socket.OPEN) return
    socket.send(text, sent)
    if (socket.bufferedAmount <= limits.maxBufferedBytes) return
    log('warn', 'The embedded relay disconnects a client that reads too slowly', { bufferedBytes: socket.bufferedAmount })
    socket.terminate()
  }
  const send = (...message: readonly unknown[]) => sendText(JSON.stringify(message))
  const sendVerdict = (id: string, { accepted, message }: Verdict) => send('OK', id, accepted, message)

  const storedSender = createStoredSender({
    read: (row) => store.read(row, nowSecs()),
    send: sendText,
    isOpen: () => socket.readyState === socket.OPEN,
  })

  const unsubscribe = (subscription: string) => {
    storedSender.cancel(subscription)
    subscriptions.delete(subscription)
  }
  const closeSubscription = (subscription: string, reason: Refusal) => {
    unsubscribe(subscription)
    send('CLOSED', subscription, reason)
  }

  const subscribe = (subscription: string, filters: readonly RelayFilter[]) => {
    // An id used again replaces its subscription (NIP-01).
    unsubscribe(subscription)
    if (subscriptions.size >= limits.maxSubscriptions) {
      closeSubscription(subscription, `restricted: at most ${limits.maxSubscriptions} subscriptions on one connection`)
      return
    }
    try {
      // Found and subscribed in one go, with no await between: an event is either found or live, never neither or both.
      const startedAtMs = clock.now()
      const rows = store.find(filters, nowSecs())
      // Most searches take no time that can be measured; one that does is paid for by who asked, not by the others.
      requestBucket.charge(Math.max(0, clock.now() - startedAtMs) * REQUESTS_PER_SEARCH_MS)
      subscriptions.set(subscription, filters)
      storedSender.start(subscription, rows)
    } catch (error) {
      log('error', 'The embedded relay could not search its store', { reason: error instanceof Error ? error.message : String(error) })
      closeSubscription(subscription, 'error: this relay could not search its store')
    }
  }

  const authenticate = (event: NostrEvent) => {
    const refusal = findAuthenticationRefusal(event, challenge, ports.port, nowSecs())
    if (refusal !== null) sendVerdict(event.id, { accepted: false, message: refusal })
    else if (!crypto.verify(event)) {
      isSuspect = true
      sendVerdict(event.id, FORGED)
    } else {
      isAuthenticated = true
      sendVerdict(event.id, { accepted: true, message: '' })
    }
  }

  const publish = (event: NostrEvent) => {
    const verdict = ports.publish(event)
    if (!verdict.accepted) isSuspect ||= verdict.isForged === true
    else if (verdict.message === '') isSuspect = false
    sendVerdict(event.id, verdict)
  }

  /** What stands against a well-formed message before it is looked at. */
  const findObstacle = (type: 'event' | 'req' | 'auth'): Refusal | null => {
    const hasToken = type === 'event' ? eventBucket.take() : requestBucket.take()
    if (!hasToken) return 'rate-limited: too many messages; wait a second'
    if (isSuspect && type !== 'req' && !ports.suspectBucket.take()) return 'rate-limited: too many events with a wrong id or signature; wait a second'
    if (ports.requireAuth && !isAuthenticated && type !== 'auth') return 'auth-required: answer the AUTH challenge first'
    return null
  }

  const handle = (message: ClientMessage): void => {
    // Whoever says goodbye with its last words has still said them; nothing else is worth doing for it.
    if (socket.readyState !== socket.OPEN && message.type !== 'event') return
    switch (message.type) {
      case 'event':
      case 'auth': {
        const obstacle = findObstacle(message.type)
        if (obstacle !== null) sendVerdict(message.event.id, { accepted: false, message: obstacle })
        else if (message.type === 'auth') authenticate(message.event)
        else publish(message.event)
        return
      }
      case 'req': {
        const obstacle = findObstacle('req')
        if (obstacle === null) subscribe(message.subscription, message.filters)
        else closeSubscription(message.subscription, obstacle)
        return
      }
      case 'close':
        unsubscribe(message.subscription)
        return
      case 'refused-event':
        sendVerdict(message.id, { accepted: false, message: message.reason })
        return
      case 'refused-req':
        closeSubscription(message.subscription, message.reason)
        return
      case 'refused':
        send('NOTICE', message.reason)
    }
  }

  const connection: Connection = {
    takeOne() {
      const text = waiting.shift()
      try {
        if (text !== undefined) handle(parseClientMessage(text, limits))
      } catch (error) {
        // A bug of ours, found by somebody's message: it costs that message, not the engine.
        log('error', 'The embedded relay failed on a message', { reason: error instanceof Error ? error.message : String(error) })
        send('NOTICE', 'error: this relay failed on the message')
      }
      if (socket.isPaused && waiting.length < limits.maxWaitingMessages / 2) socket.resume()
      return waiting.length > 0
    },
    deliver(event, json) {
      for (const [subscription, filters] of subscriptions) {
        if (filters.some((filter) => matchesFilter(event, filter))) sendText(eventMessage(subscription, json))
      }
    },
    close() {
      subscriptions.clear()
      storedSender.cancelAll()
    },
  }

  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) {
      send('NOTICE', 'invalid: this relay reads text messages')
      return
    }
    waiting.push(data.toString('utf8'))
    if (waiting.length >= limits.maxWaitingMessages) socket.pause()
    ports.announce(connection)
  })
  send('AUTH', challenge)
  return connection
}
