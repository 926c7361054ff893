import type { Random } from '../ports.ts'

/** Jittered exponential backoff: between half and all of `firstMs` · 2^attempt, which never exceeds `maxMs`. Attempts count from 0. */
export function retryDelayMs(attempt: number, firstMs: number, maxMs: number, random: Random): number {
  const fullMs = Math.min(maxMs, firstMs * 2 ** attempt)
  const [high = 0, low = 0] = random.bytes(2)
  return Math.round((fullMs / 2) * (1 + (high * 256 + low) / 65_535))
}
