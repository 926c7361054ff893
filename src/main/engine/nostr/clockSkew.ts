import type { RelayLimitation } from '#shared/protocol/nip11.ts'

/** An event dated within this of our own now is dated "now": a complaint about it is one about our clock. */
const NOW_WITHIN_SECS = 30
/** What the most used relay allows ahead and, for ephemeral events, back (PROTOCOL.md §1). */
const USUAL_UPPER_SECS = 900
const USUAL_LOWER_SECS = 60

const AHEAD = /\b(?:future|ahead|too (?:far|late)|later than)\b/i
const BEHIND = /\b(?:past|too (?:old|early)|expired|seconds old|earlier than)\b/i

/**
 * What a relay's refusal of an event that was dated now says of the clocks: at least how many seconds the relay's is
 * ahead of ours; null when it says nothing about them.
 */
export function readClockComplaint(message: string, createdAt: number, nowSecs: number, limits: RelayLimitation | null): number | null {
  if (!/created_at|timestamp|\bdate\b|ephemeral/i.test(message) || Math.abs(createdAt - nowSecs) > NOW_WITHIN_SECS) return null
  if (AHEAD.test(message)) return -(limits?.createdAtUpperSecs ?? USUAL_UPPER_SECS)
  if (BEHIND.test(message)) return limits?.createdAtLowerSecs ?? USUAL_LOWER_SECS
  return null
}

/** The middle one; of an even number the mean of the middle two, rounded. Null of none. */
export function medianSkew(skews: readonly number[]): number | null {
  const sorted = skews.toSorted((a, b) => a - b)
  const high = sorted[Math.floor(sorted.length / 2)]
  const low = sorted[Math.ceil(sorted.length / 2) - 1]
  return high === undefined || low === undefined ? null : Math.round((high + low) / 2)
}
