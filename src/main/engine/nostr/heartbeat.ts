import type { Clock } from '../ports.ts'
import type { PoolLimits } from './poolLimits.ts'

export const PING_SUBSCRIPTION = 'ping'
/** NIP-01 has no ping: a question that no event can answer makes the relay say EOSE at once. */
const PING_REQUEST = JSON.stringify(['REQ', PING_SUBSCRIPTION, { ids: ['0'.repeat(64)], limit: 1 }])
const PING_CLOSE = JSON.stringify(['CLOSE', PING_SUBSCRIPTION])

/** Finds a connection that looks open and is dead, and measures how long the relay takes to answer. */
export interface Heartbeat {
  start(): void
  stop(): void
  /** The relay answered the ping, by EOSE or by CLOSED; false when there was none to answer. */
  answered(how: 'EOSE' | 'CLOSED'): boolean
  latencyMs(): number | null
}

export interface HeartbeatOptions {
  readonly clock: Clock
  readonly limits: Pick<PoolLimits, 'pingIntervalMs' | 'pingTimeoutMs'>
  send(text: string): void
  /** Frames heard so far on all connections; any frame is a sign of life. */
  framesHeard(): number
  /** True while we ourselves are not reading: silence proves nothing then. */
  isBacklogged(): boolean
  onSilence(): void
}

export function createHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { clock, limits } = options
  let sentAtMs: number | null = null
  let latencyMs: number | null = null
  let cancelTimer = () => {}

  const beat = () => {
    const heardBefore = options.framesHeard()
    sentAtMs = clock.now()
    options.send(PING_REQUEST)
    cancelTimer = clock.after(limits.pingTimeoutMs, () => {
      if (options.framesHeard() === heardBefore && !options.isBacklogged()) options.onSilence()
      else cancelTimer = clock.after(Math.max(0, limits.pingIntervalMs - limits.pingTimeoutMs), beat)
    })
  }

  return {
    start() {
      cancelTimer()
      beat()
    },
    stop() {
      cancelTimer()
      sentAtMs = null
      latencyMs = null
    },
    answered(how) {
      if (sentAtMs === null) return false
      latencyMs = Math.max(0, clock.now() - sentAtMs)
      sentAtMs = null
      if (how === 'EOSE') options.send(PING_CLOSE)
      return true
    },
    latencyMs: () => latencyMs,
  }
}
