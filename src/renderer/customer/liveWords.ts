/** What a job under way does and waits for, where that depends on how it is settled. */
import type { JobRow } from '#shared/ipc/common.ts'
import { formatSats, type Msat } from '#shared/market/msat.ts'
import { liveJobText } from '#renderer/ui/jobStateText.ts'
import { clockText } from '#renderer/ui/clockText.ts'

/** A wallet that works has answered by then. */
const WALLET_ANSWERS_MS = 5_000

/** One short phrase: the only part that is announced. */
export function liveWords(job: JobRow, now: number): string {
  const { settlement, state } = job
  if (isWalletSilent(job, now)) return 'The wallet has not answered yet'
  if (job.awaitsRelease === true) return settlement === 'sealed' ? 'Waiting for you to open it' : 'Waiting for you to release the payment'
  if (settlement === 'sealed' && state === 'unlocking') return 'Opening the seal'
  if (settlement === 'sealed' && state === 'paying') return job.sealed ? 'Paying to open it' : 'Paying the deposit'
  if (settlement === 'sealed' && state === 'queued' && job.movedMsat === 0) return 'Waiting for its turn'
  if (settlement === 'escrow' && state === 'paying') return 'Locking the price'
  if (state === 'owed') return 'Paid, and not answered yet'
  return liveJobText(job)
}

/** Why the next question of the conversation has to wait. */
export function waitWords(job: JobRow): string {
  if (job.awaitsRelease !== true) return 'The last answer is still coming.'
  return job.settlement === 'sealed' ? 'First open the last answer, or leave it sealed.' : 'First release the last payment, or do not.'
}

/** A second line, where there is more to say: what is locked until when, what it waits for. */
export function liveDetail(job: JobRow, now: number): string | undefined {
  if (job.awaitsRelease === true) return undefined
  switch (job.state) {
    case 'locked':
    case 'working': {
      if (job.lockedMsat === undefined) return job.settlement === 'metered' || job.note === undefined ? undefined : job.note
      // The engine's own words say the same, unless there is trouble.
      const trouble = job.note === undefined || job.note.startsWith('Locked.') ? '' : `${job.note} `
      return `${trouble}${lockWords(job.lockedMsat, job.lockedUntil, now)}`
    }
    case 'unlocking':
    case 'paused':
    case 'payment-unknown':
    case 'owed':
    case 'returned':
    case 'stopped':
    case 'refused':
    case 'failed':
    case 'expired':
      return job.note
    case 'paying':
      return isWalletSilent(job, now) ? `${job.note ?? ''} The payment is looked up until the wallet knows; it is never paid twice.`.trim() : job.note
    case 'asking':
    case 'invoiced':
    case 'queued':
    case 'sealed':
    case 'done':
      return undefined
  }
}

/** Since it was asked to pay, long before asking it times out. */
function isWalletSilent({ state, updatedAt }: JobRow, now: number): boolean {
  return state === 'paying' && now - updatedAt >= WALLET_ANSWERS_MS
}

function lockWords(lockedMsat: Msat, until: number | undefined, now: number): string {
  return `${formatSats(lockedMsat)} sats locked${until === undefined ? '' : ` until ${clockText(until, now)}`}: released once the answer is here, or back by themselves${until === undefined ? '' : ' soon after'}.`
}
