import type { JobRow } from '#shared/ipc/common.ts'
import { formatSats } from '#shared/market/msat.ts'
import { bytesText } from '#renderer/ui/bytesText.ts'
import { clockText } from '#renderer/ui/clockText.ts'

/** What money a job in the queue waits for, or has locked, in the few words that a row has room for; undefined where there is nothing to say. */
export function moneyWords(job: JobRow, now: number): string | undefined {
  if (job.sealed !== undefined) return `${formatSats(job.sealed.openMsat)} sats open ${bytesText(job.sealed.bytes)}`
  if (job.lockedMsat !== undefined) return `${formatSats(job.lockedMsat)} sats${job.lockedUntil === undefined ? ' locked' : ` until ${clockText(job.lockedUntil, now)}`}`
  if (job.state === 'paused') return job.movedMsat === 0 ? undefined : `${formatSats(job.movedMsat)} sats paid so far`
  return undefined
}
