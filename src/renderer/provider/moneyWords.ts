import type { JobRow } from '#shared/ipc/common.ts'
import { formatSats } from '#shared/market/msat.ts'
import { bytesText } from '#renderer/ui/bytesText.ts'
import { clockText } from '#renderer/ui/clockText.ts'

/** What money a job in the queue waits for, or has locked; undefined where there is nothing to say. */
export function moneyWords(job: JobRow, now: number): string | undefined {
  if (job.sealed !== undefined) return `${bytesText(job.sealed.bytes)} under seal, ${formatSats(job.sealed.openMsat)} sats to open`
  if (job.lockedMsat !== undefined) return `${formatSats(job.lockedMsat)} sats locked${job.lockedUntil === undefined ? '' : ` until ${clockText(job.lockedUntil, now)}`}`
  if (job.state === 'paused') return job.movedMsat === 0 ? undefined : `${formatSats(job.movedMsat)} sats paid, waiting for the next`
  return undefined
}
