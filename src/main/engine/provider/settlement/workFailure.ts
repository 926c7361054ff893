/** What a failed run of the model means for a job that is paid for: a pause and another try, and when those are used up, a debt. */
import type { SaleEvent } from '../sale.ts'

/** Pauses before the next try after a failed run. */
const QUICK_RETRY_MS = [2_000, 10_000] as const
/** What the customer hears of a failed run: the backend's own words may name machines and files of the seller's. */
const NOT_ANSWERING = 'The seller’s model is not answering; it is tried again.'
const GIVEN_UP = 'The seller’s model does not answer. The seller has to see to it; the answer is still owed.'
/** For a debt that was stored before it had words for the customer. */
export const NOT_YET = 'The seller could not answer yet.'
/** A debt is tried again by itself this often, this many times; then a person decides. */
const DEBT_RETRY_MS = 5 * 60_000
const MAX_ATTEMPTS = 15

/** When to try again after so many runs, without saying anything; null: not any more. */
export function quickRetryAt(attempt: number, at: number): number | null {
  const pause = QUICK_RETRY_MS[attempt - 1]
  return pause === undefined ? null : at + pause
}

export function afterFailure(attempt: number, reason: string, at: number): SaleEvent {
  const quick = quickRetryAt(attempt, at)
  if (quick !== null) return { at, type: 'workFailed', reason, retryAt: quick }
  const retryAt = attempt < MAX_ATTEMPTS ? at + DEBT_RETRY_MS : null
  return { at, type: 'owed', reason, publicReason: retryAt === null ? GIVEN_UP : NOT_ANSWERING, retryAt }
}
