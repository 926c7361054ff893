import type { Clock } from '../ports.ts'

/** How often one relay lets us publish, as its `rate-limited` answers have taught. */
export interface RelayPace {
  /** Least time between two events; 0: as they come. */
  intervalMs(): number
  /** How long from now until the next event may go. */
  waitMs(): number
  sent(): void
  /** The relay took an event. */
  succeeded(): void
  /** The relay said `rate-limited`: to what was sent then, or (null) to nothing in particular. */
  limited(sentAtMs: number | null): void
}

/** The first step up, and where the way down ends. */
export const PACE_FIRST_MS = 100
const PACE_LAST_MS = 20
export const PACE_MAX_MS = 10_000
/** A rise is trusted for this long, and for so many events, before faster is tried. */
const REST_MS = 10_000
const REST_EVENTS = 5
const RELAX = 0.9

export function createRelayPace(clock: Clock, initialMs: number, onChange: (intervalMs: number) => void): RelayPace {
  let intervalMs = initialMs
  let lastMs: number | null = null
  let raisedAtMs: number | null = null

  const change = (toMs: number) => {
    intervalMs = toMs
    onChange(toMs)
  }
  return {
    intervalMs: () => intervalMs,
    waitMs() {
      if (intervalMs === 0 || lastMs === null) return 0
      // A wall clock may step backwards: then nobody waits longer than one interval either.
      return Math.min(intervalMs, Math.max(0, lastMs + intervalMs - clock.now()))
    },
    sent: () => void (lastMs = clock.now()),
    succeeded() {
      if (intervalMs === 0) return
      const restMs = Math.max(REST_MS, REST_EVENTS * intervalMs)
      if (raisedAtMs !== null && clock.now() - raisedAtMs < restMs) return
      const relaxed = Math.round(intervalMs * RELAX)
      change(relaxed < PACE_LAST_MS ? 0 : relaxed)
    },
    limited(sentAtMs) {
      const nowMs = clock.now()
      // Whatever was on its way when we slowed down is the old pace's fault.
      if (raisedAtMs !== null && (sentAtMs ?? nowMs - intervalMs) <= raisedAtMs && nowMs >= raisedAtMs) return
      raisedAtMs = nowMs
      lastMs = nowMs
      change(Math.min(PACE_MAX_MS, Math.max(PACE_FIRST_MS, intervalMs * 2)))
    },
  }
}
