/** How often the customer of one job is listened to: it is heard however many strangers speak, or customers of other jobs, and holds nobody up. */
import { jobIdOf } from '#shared/protocol/channel.ts'
import { setBounded } from '../../boundedMap.ts'
import { createTokenBucket, type TokenBucket } from '../../nostr/tokenBucket.ts'
import type { Clock } from '../../ports.ts'

const PER_JOB_PER_SEC = 1
const PER_JOB_AT_ONCE = 10
/** Jobs whose customers' messages are counted; one that is forgotten starts again with all that it may say. */
const MAX_COUNTED_JOBS = 500

/** By the id of the request, of which the job's is the beginning: whoever changes the rest is still heard of the same one. */
export function createJobAllowance(clock: Clock): (requestId: string) => TokenBucket {
  const jobs = new Map<string, TokenBucket>()
  return (requestId) => {
    const jobId = jobIdOf(requestId)
    const known = jobs.get(jobId)
    if (known !== undefined) return known
    const allowance = createTokenBucket(clock, PER_JOB_PER_SEC, PER_JOB_AT_ONCE)
    setBounded(jobs, jobId, allowance, MAX_COUNTED_JOBS)
    return allowance
  }
}
