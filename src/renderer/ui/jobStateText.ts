import type { JobRow, JobState } from '#shared/ipc/common.ts'
import { ZERO_MSAT } from '#shared/market/msat.ts'
import type { BadgeTone } from './Badge.tsx'

/** A job's state in one or two words. */
export const JOB_STATE_WORDS: Record<JobState, string> = {
  asking: 'Asking',
  invoiced: 'Invoiced',
  paying: 'Paying',
  'payment-unknown': 'Payment unclear',
  locked: 'Locked',
  queued: 'Queued',
  working: 'Answering',
  paused: 'Paused',
  sealed: 'Sealed',
  unlocking: 'Unlocking',
  done: 'Done',
  stopped: 'Stopped',
  refused: 'Refused',
  failed: 'Failed',
  owed: 'Owed',
  expired: 'Expired',
  returned: 'Returned',
}

/** Violet is for what is locked, red only for where money is at stake; a refusal or a stop costs nothing and is plain. */
export const JOB_STATE_TONES: Record<JobState, BadgeTone> = {
  asking: 'neutral',
  invoiced: 'neutral',
  paying: 'neutral',
  'payment-unknown': 'amber',
  locked: 'violet',
  queued: 'neutral',
  working: 'amber',
  paused: 'amber',
  sealed: 'violet',
  unlocking: 'violet',
  done: 'neutral',
  stopped: 'neutral',
  refused: 'neutral',
  failed: 'red',
  owed: 'red',
  expired: 'neutral',
  returned: 'neutral',
}

const OVER = new Set<JobState>(['returned', 'stopped', 'refused', 'failed', 'expired'])

/** Over, and what was locked for it not back yet: a lock may last half an hour longer than its job. */
export function isGoingBack({ final, state, lockedMsat = ZERO_MSAT }: Pick<JobRow, 'final' | 'state' | 'lockedMsat'>): boolean {
  return !final && OVER.has(state) && lockedMsat > 0
}

/** The same as `JOB_STATE_WORDS`, but for what money or a person is still to do. */
export function jobStateWords(job: Pick<JobRow, 'role' | 'final' | 'state' | 'lockedMsat' | 'awaitsRelease'>): string {
  if (job.awaitsRelease === true) return 'Waits for you'
  if (job.state === 'returned' && isGoingBack(job)) return job.role === 'customer' ? 'Coming back' : 'Going back'
  return JOB_STATE_WORDS[job.state]
}

/** What a live job does just now: "Queued, 2nd in line". */
export function liveJobText(job: JobRow): string {
  const seller = job.peerName ?? 'the seller'
  switch (job.state) {
    case 'asking':
      return `Asking ${seller}`
    case 'invoiced':
      return 'Checking the invoice'
    case 'paying':
      return 'Paying'
    case 'payment-unknown':
      return 'The wallet does not know yet whether it paid'
    case 'queued':
      return job.queuePosition === undefined ? 'Paid, waiting for its turn' : job.queuePosition === 1 ? 'Paid, next in line' : `Paid, number ${job.queuePosition} in line`
    case 'locked':
      return 'The money is locked; waiting for the answer'
    case 'working':
      return 'Answering'
    case 'paused':
      return 'Paused until the next payment'
    case 'sealed':
      return 'The sealed answer is here; paying opens it'
    case 'unlocking':
      return 'Releasing what is locked'
    case 'done':
    case 'stopped':
    case 'refused':
    case 'failed':
    case 'owed':
    case 'expired':
    case 'returned':
      return JOB_STATE_WORDS[job.state]
  }
}
