import type { Clock, OpenWebSocket, Random, Socket } from '../ports.ts'
import type { PoolLimits } from './poolLimits.ts'
import type { RelayStatus } from './relayPool.ts'
import { retryDelayMs } from './retryDelay.ts'

export type LinkStatus = Pick<RelayStatus, 'state' | 'problem' | 'connectedAt' | 'nextAttemptAt'>

/** A WebSocket to one relay that comes back by itself: handshake timeout, jittered backoff, a longer one after misbehaviour. */
export interface RelayLink {
  status(): LinkStatus
  open(): void
  /** Does nothing unless connected. */
  send(text: string): void
  bufferedBytes(): number
  /** Stops reading; false when the socket cannot. */
  pause(): boolean
  resume(): void
  /** Gives this connection up and tries again later. `problem` is a sentence for a person. */
  drop(problem: string, behaviour: 'failed' | 'misbehaved'): void
  /** Ends it for good; resolves when the socket is closed. */
  close(): Promise<void>
}

export interface RelayLinkOptions {
  readonly url: string
  readonly clock: Clock
  readonly random: Random
  readonly openWebSocket: OpenWebSocket
  readonly limits: PoolLimits
  /** Whether a stranger named it: then it is connected to on the public internet alone. */
  isStrangers(): boolean
  onUp(): void
  onDown(): void
  /** `null` for a binary message. */
  onMessage(text: string | null): void
  /** After every change of the status. */
  onChange(): void
}

export function createRelayLink(options: RelayLinkOptions): RelayLink {
  const { clock, random, limits } = options
  let status: LinkStatus = { state: 'closed', problem: null, connectedAt: null, nextAttemptAt: null }
  let socket: Socket | null = null
  let socketEnded: Promise<void> = Promise.resolve()
  // What an abandoned socket still says is not this connection's business.
  let attempt = 0
  let failures = 0
  let penalties = 0
  let cancelTimer = () => {}

  const connect = () => {
    cancelTimer()
    attempt += 1
    const mine = attempt
    const ended = Promise.withResolvers<void>()
    status = { ...status, state: 'connecting', nextAttemptAt: null }
    try {
      socket = options.openWebSocket(options.url, {
        onOpen: () => void (mine === attempt && goUp()),
        onMessage: (text) => void (mine === attempt && options.onMessage(text)),
        onClose(problem) {
          ended.resolve()
          if (mine === attempt) goDown(problem ?? 'The relay closed the connection.', 'failed')
        },
      }, { publicOnly: options.isStrangers() })
    } catch {
      goDown('This is not the address of a relay.', 'failed')
      return
    }
    socketEnded = ended.promise
    const seconds = Math.round(limits.handshakeTimeoutMs / 1_000)
    cancelTimer = clock.after(limits.handshakeTimeoutMs, () => goDown(`The connection was not completed within ${seconds} seconds.`, 'failed'))
    options.onChange()
  }

  const goUp = () => {
    cancelTimer()
    cancelTimer = clock.after(limits.stableAfterMs, () => (failures = 0))
    status = { state: 'connected', problem: null, connectedAt: clock.now(), nextAttemptAt: null }
    options.onUp()
    options.onChange()
  }

  const goDown = (problem: string, behaviour: 'failed' | 'misbehaved') => {
    const wasUp = status.state === 'connected'
    abandonSocket()
    const delayMs =
      behaviour === 'failed'
        ? retryDelayMs(failures++, limits.retryFirstMs, limits.retryMaxMs, random)
        : retryDelayMs(penalties++, limits.penaltyFirstMs, limits.penaltyMaxMs, random)
    status = { state: 'waiting', problem, connectedAt: null, nextAttemptAt: clock.now() + delayMs }
    cancelTimer = clock.after(delayMs, connect)
    if (wasUp) options.onDown()
    options.onChange()
  }

  const abandonSocket = () => {
    cancelTimer()
    attempt += 1
    socket?.close()
    socket = null
  }

  return {
    status: () => status,
    open() {
      if (status.state === 'closed') connect()
    },
    send(text) {
      if (status.state === 'connected') socket?.send(text)
    },
    bufferedBytes: () => socket?.bufferedAmount ?? 0,
    pause() {
      if (socket?.pause === undefined) return false
      socket.pause()
      return true
    },
    resume: () => socket?.resume?.(),
    drop(problem, behaviour) {
      if (status.state === 'connected' || status.state === 'connecting') goDown(problem, behaviour)
    },
    async close() {
      if (status.state === 'closed') return
      const wasUp = status.state === 'connected'
      const ending = socket === null ? Promise.resolve() : socketEnded
      abandonSocket()
      status = { state: 'closed', problem: null, connectedAt: null, nextAttemptAt: null }
      if (wasUp) options.onDown()
      options.onChange()
      await ending
    },
  }
}
