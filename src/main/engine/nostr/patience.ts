import type { Clock } from '../ports.ts'
import type { PoolLimits } from './poolLimits.ts'
import { createTokenBucket } from './tokenBucket.ts'

/** How much of what is wrong or useless one relay may send, before its connection is given up. */
export interface Patience {
  /** Forged, or no Nostr at all. */
  dropForged(): void
  /** A well-formed event that nobody asked for. */
  dropUseless(): void
  /** No event and no answer to anything: not refused, but not without end either. */
  spendUseless(): void
  /** A new connection begins with all of it. */
  restore(): void
  /** Events refused so far, on all connections. */
  dropped(): number
}

export interface PatienceOptions {
  readonly clock: Clock
  readonly limits: Pick<PoolLimits, 'forgedPerSec' | 'forgedBurst' | 'uselessPerSec' | 'uselessBurst'>
  onExhausted(problem: string): void
}

export function createPatience(options: PatienceOptions): Patience {
  const { clock, limits } = options
  const full = () => ({
    forged: createTokenBucket(clock, limits.forgedPerSec, limits.forgedBurst),
    useless: createTokenBucket(clock, limits.uselessPerSec, limits.uselessBurst),
  })
  let left = full()
  let dropped = 0

  const spendUseless = () => {
    if (!left.useless.take()) options.onExhausted('The relay sent too much that nobody asked for.')
  }
  return {
    dropForged() {
      dropped += 1
      if (!left.forged.take()) options.onExhausted('The relay sent too many forged or garbled messages.')
    },
    dropUseless() {
      dropped += 1
      spendUseless()
    },
    spendUseless,
    restore: () => void (left = full()),
    dropped: () => dropped,
  }
}
