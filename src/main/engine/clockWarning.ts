/** Says so when this machine's clock and the relays' differ: relays and sellers refuse what is dated wrongly. */
import type { RelayPool } from './nostr/relayPool.ts'
import type { Notices } from './notices.ts'

const NOTICE_ID = 'clock-off'
const WARN_FROM_SECS = 60
/** Once dismissed, it comes back only for news of this size. */
const NEWS_SECS = 60

/** Watches until the returned function is called. */
export function watchClock(pool: Pick<RelayPool, 'status' | 'clockSkewSecs'>, notices: Notices): () => void {
  let saidSecs: number | null = null
  const look = () => {
    const skewSecs = pool.clockSkewSecs()
    // Relays that say nothing, all of them away for example, take nothing back.
    if (skewSecs === null) return
    if (Math.abs(skewSecs) <= WARN_FROM_SECS) {
      if (saidSecs !== null) notices.clear(NOTICE_ID)
      saidSecs = null
    } else if (saidSecs === null || Math.abs(skewSecs - saidSecs) >= NEWS_SECS) {
      saidSecs = skewSecs
      notices.raise(NOTICE_ID, 'warning', describeSkew(skewSecs))
    }
  }
  look()
  return pool.status.subscribe(look)
}

/** What the relays say of this machine's clock; null when it is right, or nobody knows. */
export function findClockProblem(pool: Pick<RelayPool, 'clockSkewSecs'>): string | null {
  const skewSecs = pool.clockSkewSecs()
  return skewSecs === null || Math.abs(skewSecs) <= WARN_FROM_SECS ? null : describeSkew(skewSecs)
}

/** `skewSecs`: how far the relays are ahead of this machine. */
export function describeSkew(skewSecs: number): string {
  const apart = Math.abs(skewSecs)
  const amount = apart < 120 ? `${apart} seconds` : apart < 7_200 ? `${Math.round(apart / 60)} minutes` : `${Math.round(apart / 3_600)} hours`
  return `This computer’s clock is about ${amount} ${skewSecs > 0 ? 'behind' : 'ahead of'} the relays’. Relays and sellers refuse what is dated wrongly. Turn on automatic time in the system’s settings.`
}
