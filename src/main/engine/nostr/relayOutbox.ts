import type { Clock } from '../ports.ts'
import type { AuthenticationState } from './authentication.ts'
import { readPrefix } from './okPrefix.ts'
import type { PoolLimits } from './poolLimits.ts'
import type { RelayVerdict } from './relayPool.ts'

const DRAIN_CHECK_MS = 50

/** Events on their way to one relay, each until its verdict or until nobody waits for it. They outlive a reconnection. */
export interface RelayOutbox {
  /** `frame` is the whole EVENT message. Returns what ends the waiting; without a verdict by then, there is none. */
  add(eventId: string, frame: string, onVerdict: (verdict: RelayVerdict) => void): () => void
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
  readonly limits: Pick<PoolLimits, 'outboxEvents' | 'outboxChars' | 'bufferedBytes'>
  authentication(): AuthenticationState
  isUp(): boolean
  bufferedBytes(): number
  send(text: string): void
}

interface Entry {
  readonly eventId: string
  readonly frame: string
  readonly listeners: Set<(verdict: RelayVerdict) => void>
  /** `blocked`: refused until we are authenticated. */
  state: 'waiting' | 'sent' | 'blocked'
  blockedBefore: boolean
}

export function createRelayOutbox(options: RelayOutboxOptions): RelayOutbox {
  const { url, clock, limits } = options
  const entries = new Map<string, Entry>()
  let chars = 0
  let cancelDrainCheck: (() => void) | null = null

  const remove = (entry: Entry) => {
    if (entries.delete(entry.eventId)) chars -= entry.frame.length
  }

  const settle = (entry: Entry, verdict: RelayVerdict) => {
    remove(entry)
    for (const listener of entry.listeners) listener(verdict)
  }

  const pump = () => {
    if (!options.isUp() || cancelDrainCheck !== null) return
    for (const entry of entries.values()) {
      if (entry.state !== 'waiting') continue
      if (options.bufferedBytes() > limits.bufferedBytes) {
        // No socket port tells when its buffer has drained.
        cancelDrainCheck = clock.after(DRAIN_CHECK_MS, () => {
          cancelDrainCheck = null
          pump()
        })
        return
      }
      entry.state = 'sent'
      options.send(entry.frame)
    }
  }

  const stopDrainCheck = () => {
    cancelDrainCheck?.()
    cancelDrainCheck = null
  }

  const refuse = (entry: Entry, message: string) => {
    const { prefix, sentence } = readPrefix(message)
    settle(entry, { relay: url, verdict: 'refused', prefix, message: message === '' ? sentence : message })
  }

  return {
    add(eventId, frame, onVerdict) {
      const known = entries.get(eventId)
      const entry: Entry = known ?? { eventId, frame, listeners: new Set(), state: 'waiting', blockedBefore: false }
      if (known === undefined) {
        if (entries.size >= limits.outboxEvents || chars + frame.length > limits.outboxChars) {
          onVerdict({ relay: url, verdict: 'unreachable', message: 'Too much is waiting to be sent to this relay.' })
          return () => {}
        }
        entries.set(eventId, entry)
        chars += frame.length
      }
      entry.listeners.add(onVerdict)
      pump()
      return () => {
        entry.listeners.delete(onVerdict)
        if (entry.listeners.size === 0) remove(entry)
      }
    },

    onUp() {
      for (const entry of entries.values()) entry.state = 'waiting'
      pump()
    },

    onDown: stopDrainCheck,

    onOk(eventId, accepted, message) {
      const entry = entries.get(eventId)
      if (entry === undefined) return false
      const { prefix, retry } = readPrefix(message)
      if (accepted || prefix === 'duplicate') {
        settle(entry, { relay: url, verdict: 'accepted', message })
      } else if (retry === 'authenticated' && !entry.blockedBefore && options.authentication() !== 'impossible') {
        entry.blockedBefore = true
        entry.state = options.authentication() === 'done' ? 'waiting' : 'blocked'
        pump()
      } else {
        refuse(entry, message)
      }
      return true
    },

    onAuthenticated() {
      for (const entry of entries.values()) if (entry.state === 'blocked') entry.state = 'waiting'
      pump()
    },

    onAuthenticationFailed(message) {
      const prefixed = readPrefix(message).prefix === 'none' ? `auth-required: ${message}` : message
      for (const entry of entries.values()) if (entry.state === 'blocked') refuse(entry, prefixed)
    },

    close(message) {
      stopDrainCheck()
      for (const entry of entries.values()) settle(entry, { relay: url, verdict: 'unreachable', message })
    },
  }
}
