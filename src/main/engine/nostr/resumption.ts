import type { Filter } from './relayPool.ts'

/** How far a subscription had come on one relay. */
export interface Progress {
  /** When the relay was last heard while the subscription was live there (Unix seconds, our clock). Null: it never was. */
  readonly liveUntilSecs: number | null
  /** The newest date that a verified event carried. */
  readonly latestCreatedAt: number | null
}

/**
 * The question that brings what was missed. Its `since` follows neither an event dated in the future (we would be deaf
 * until then) nor a clock of ours that is ahead of everybody's: the earlier of the two counts, less the overlap; what
 * comes twice is dropped as known. A `limit` was for the first answer and would now cut off what was missed.
 */
export function resumeFilters(filters: readonly Filter[], progress: Progress, overlapSecs: number): readonly Filter[] {
  const { liveUntilSecs, latestCreatedAt } = progress
  if (liveUntilSecs === null) return filters
  return filters.map((filter) => {
    const { limit, ...unlimited } = filter
    // Nothing had matched so far: whatever does now was missed, and no clock needs to be believed.
    if (latestCreatedAt === null && limit === undefined) return filter
    const reached = Math.min(liveUntilSecs, latestCreatedAt ?? liveUntilSecs) - overlapSecs
    return { ...unlimited, since: Math.max(filter.since ?? 0, reached, 0) }
  })
}
