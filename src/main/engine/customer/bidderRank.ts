/** Whose bid for an open request is taken before whose. Pure. */
import type { PeerHistory } from '../store/journal.ts'

export interface KnownBidder {
  /** One's own jobs with it that have ended; null when there are none. */
  readonly history: Pick<PeerHistory, 'done' | 'failed'> | null
  /** Whether it was paid for an answer that it still owes. */
  readonly owes: boolean
  /** Whether an offer of its is live in the directory. */
  readonly isListed: boolean
}

/** 1: it answered before, or stands in the market; 0: a stranger; -1: it owes an answer, or failed more often than not. A key costs nothing, so a stranger waits. */
export function rankBidder({ history, owes, isListed }: KnownBidder): -1 | 0 | 1 {
  if (owes || (history !== null && history.failed > history.done)) return -1
  return isListed || (history !== null && history.done > 0) ? 1 : 0
}
