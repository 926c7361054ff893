import type { Clock } from '../ports.ts'
import type { AuthenticationState } from './authentication.ts'
import { readPrefix } from './okPrefix.ts'
import type { Outgoing } from './outgoing.ts'
import type { PoolLimits } from './poolLimits.ts'
import type { RelayPace } from './relayPace.ts'
import type { RelayVerdict } from './relayPool.ts'

const DRAIN_CHECK_MS = 50

/**
 * Events on their way to one relay, each until its verdict or until nobody waits for it. Stored ones outlive a
 * reconnection and go before ephemeral ones, which are given up rather than kept.
 */
export interface RelayOutbox {
  /** Returns what ends the waiting; it tells what the relay said so far, null when it said nothing. */
  add(outgoing: Outgoing, onVerdict: (verdict: RelayVerdict) => void): () => RelayVerdict | null
  /** What waits for its verdict under that id. */
  find(eventId: string): Outgoing | null
  /** Ephemeral events that wait to be sent or for their verdict. */
  framesHeld(): number
  onUp(): void
  onDown(): void
  /** False when no event of that id was waiting. */
  onOk(eventId: string, accepted: boolean, message: string): boolean
  /** The relay knows us now: what it refused for that reason is sent once more. */
  onAuthenticated(): void
  /** It does not: what waited for that is refused. */
  onAuthenticationFailed(message: string): void
  /** Nothing more will be sent. */
  close(message: string): void
}

export interface RelayOutboxOptions {
  readonly url: string
  readonly clock: Clock
  readonly limits: Pick<PoolLimits, 'outboxEvents' | 'outboxChars' | 'bufferedBytes' | 'frameTimeoutMs'>
  readonly pace: RelayPace
  authentication(): AuthenticationState
  isUp(): boolean
  bufferedBytes(): number
  /** Why the relay would refuse it, so that it is not sent; null: it may take it. */
  obstacle(outgoing: Outgoing): string | null
  send(text: string): void
}

interface Entry {
  readonly outgoing: Outgoing
  readonly listeners: Set<(verdict: RelayVerdict) => void>
  /** Refused once for want of authentication: not a second time. */
  wasBlocked: boolean
  isBlocked: boolean
  sentAtMs: number | null
  /** What the relay said when it wanted it later. */
  postponed: string | null
}

export function createRelayOutbox(options: RelayOutboxOptions): RelayOutbox {
  const { url, clock, limits, pace } = options
  const entries = new Map<string, Entry>()
  /** What is to be sent, in order; the rest of the entries wait for an answer. */
  const stored = new Set<Entry>()
  const frames = new Set<Entry>()
  let chars = 0
  let framesHeld = 0
  let cancelTimer: (() => void) | null = null

  const enqueue = (entry: Entry) => void (entry.outgoing.isEphemeral ? frames : stored).add(entry)
  const dequeue = (entry: Entry) => stored.delete(entry) || frames.delete(entry)

  const remove = (entry: Entry) => {
    dequeue(entry)
    if (!entries.delete(entry.outgoing.event.id)) return
    chars -= entry.outgoing.frame.length
    if (entry.outgoing.isEphemeral) framesHeld -= 1
  }

  const settle = (entry: Entry, verdict: RelayVerdict) => {
    remove(entry)
    for (const listener of entry.listeners) listener(verdict)
  }

  const refusal = (message: string): RelayVerdict => {
    const { prefix, sentence } = readPrefix(message)
    return { relay: url, verdict: 'refused', prefix, message: message === '' ? sentence : message }
  }
  const unreachable = (message: string): RelayVerdict => ({ relay: url, verdict: 'unreachable', message })

  const pumpLater = (delayMs: number) => {
    cancelTimer = clock.after(delayMs, () => {
      cancelTimer = null
      pump()
    })
  }

  const pump = () => {
    if (!options.isUp() || cancelTimer !== null) return
    for (;;) {
      const [entry] = stored.size > 0 ? stored : frames
      if (entry === undefined) return
      const obstacle = options.obstacle(entry.outgoing)
      if (obstacle !== null) {
        settle(entry, refusal(obstacle))
        continue
      }
      // No socket port tells when its buffer has drained.
      if (options.bufferedBytes() > limits.bufferedBytes) return pumpLater(DRAIN_CHECK_MS)
      const waitMs = pace.waitMs()
      if (waitMs > 0) return pumpLater(waitMs)
      dequeue(entry)
      entry.sentAtMs = clock.now()
      pace.sent()
      options.send(entry.outgoing.frame)
    }
  }

  const stopTimer = () => {
    cancelTimer?.()
    cancelTimer = null
  }

  /** Why it is not even queued. */
  const findNoRoom = ({ isEphemeral, frame }: Outgoing): RelayVerdict | null => {
    if (isEphemeral && frames.size * pace.intervalMs() > limits.frameTimeoutMs) return refusal('rate-limited: this relay takes frames no faster')
    // Frames leave half of the room to what matters more.
    const isFull = entries.size >= limits.outboxEvents || (isEphemeral && framesHeld >= limits.outboxEvents / 2) || chars + frame.length > limits.outboxChars
    return isFull ? unreachable('Too much is waiting to be sent to this relay.') : null
  }

  return {
    add(outgoing, onVerdict) {
      const { id } = outgoing.event
      let entry = entries.get(id)
      if (entry === undefined) {
        const noRoom = findNoRoom(outgoing)
        if (noRoom !== null) {
          onVerdict(noRoom)
          return () => null
        }
        entry = { outgoing, listeners: new Set(), wasBlocked: false, isBlocked: false, sentAtMs: null, postponed: null }
        entries.set(id, entry)
        chars += outgoing.frame.length
        if (outgoing.isEphemeral) framesHeld += 1
        enqueue(entry)
      }
      const { listeners } = entry
      const waiting = entry
      listeners.add(onVerdict)
      pump()
      return () => {
        listeners.delete(onVerdict)
        if (listeners.size === 0) remove(waiting)
        return waiting.postponed === null ? null : refusal(waiting.postponed)
      }
    },

    find: (eventId) => entries.get(eventId)?.outgoing ?? null,
    framesHeld: () => framesHeld,

    onUp() {
      // Again in the order in which they were given.
      stored.clear()
      frames.clear()
      for (const entry of entries.values()) {
        entry.isBlocked = false
        enqueue(entry)
      }
      pump()
    },

    onDown() {
      stopTimer()
      for (const entry of entries.values()) if (entry.outgoing.isEphemeral) settle(entry, unreachable('The connection to this relay was lost.'))
    },

    onOk(eventId, accepted, message) {
      const entry = entries.get(eventId)
      const { prefix, retry } = readPrefix(message)
      const isTaken = accepted || prefix === 'duplicate'
      if (!isTaken && prefix === 'rate-limited') pace.limited(entry?.sentAtMs ?? null)
      if (entry === undefined) return false
      if (isTaken) {
        pace.succeeded()
        settle(entry, { relay: url, verdict: 'accepted', message })
      } else if (retry === 'authenticated' && !entry.wasBlocked && options.authentication() !== 'impossible') {
        entry.wasBlocked = true
        entry.isBlocked = options.authentication() !== 'done'
        if (!entry.isBlocked) enqueue(entry)
        pump()
      } else if (prefix === 'rate-limited' && !entry.outgoing.isEphemeral) {
        entry.postponed = message
        enqueue(entry)
        pump()
      } else {
        settle(entry, refusal(message))
      }
      return true
    },

    onAuthenticated() {
      for (const entry of entries.values()) {
        if (!entry.isBlocked) continue
        entry.isBlocked = false
        enqueue(entry)
      }
      pump()
    },

    onAuthenticationFailed(message) {
      const prefixed = readPrefix(message).prefix === 'none' ? `auth-required: ${message}` : message
      for (const entry of entries.values()) if (entry.isBlocked) settle(entry, refusal(prefixed))
    },

    close(message) {
      stopTimer()
      for (const entry of entries.values()) settle(entry, unreachable(message))
    },
  }
}
