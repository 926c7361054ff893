import type { Clock } from '../ports.ts'

export interface TokenBucket {
  /** Takes one token; false when there is none. */
  take(): boolean
  /** Takes this many at once, what is not there as a debt: for a cost that is known only afterwards. */
  charge(tokens: number): void
}

/** A rate limit: `perSec` on average, `burst` at once. It starts full. */
export function createTokenBucket(clock: Clock, perSec: number, burst: number): TokenBucket {
  let tokens = burst
  let filledAtMs = clock.now()
  return {
    take() {
      const nowMs = clock.now()
      // A wall clock may step backwards: that must neither take tokens away nor freeze the bucket.
      const elapsedMs = Math.max(0, nowMs - filledAtMs)
      filledAtMs = nowMs
      tokens = Math.min(burst, tokens + (elapsedMs / 1_000) * perSec)
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
    charge: (cost) => void (tokens -= cost),
  }
}
