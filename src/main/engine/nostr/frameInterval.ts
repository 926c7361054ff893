/** A relay that answers within this is quick, and is given frames as fast as it answers; one on this machine faster. */
const QUICK_MS = 50
const LEAST_MS = 16
const USUAL_MS = 100
/** More frames than this unanswered, and the relay, or this machine, is behind: then fewer go out, each with more in it. */
const CROWDED_FRAMES = 32

export interface FrameConditions {
  readonly isLoopback: boolean
  /** Null: not measured yet. */
  readonly latencyMs: number | null
  /** Learned from the relay's `rate-limited`. */
  readonly paceMs: number
  /** Frames that it has not answered yet. */
  readonly unanswered: number
  /** Longer than this between two frames is no stream. */
  readonly maxMs: number
}

/** How often frames may go to a relay that is connected, in milliseconds; null: not at a stream's pace. */
export function chooseFrameInterval({ isLoopback, latencyMs, paceMs, unanswered, maxMs }: FrameConditions): number | null {
  if (paceMs > maxMs) return null
  const answersMs = isLoopback ? 0 : (latencyMs ?? USUAL_MS)
  const usualMs = answersMs > QUICK_MS ? USUAL_MS : Math.max(LEAST_MS, Math.round(answersMs))
  const crowdedMs = Math.round(usualMs * Math.max(1, unanswered / CROWDED_FRAMES))
  return Math.max(Math.min(crowdedMs, maxMs), paceMs)
}
