import type { JobState } from '#shared/ipc/common.ts'
import type { SaleOutcome } from '../sale.ts'

/** Of a job that ended without being delivered and paid. */
export function closedWords({ outcome, reason }: { readonly outcome: SaleOutcome; readonly reason: string }): { state: JobState; note: string } {
  switch (outcome) {
    case 'written-off':
      return { state: 'failed', note: `Written off: ${reason}` }
    case 'unpaid':
      return { state: 'expired', note: reason }
    case 'refused':
    case 'stopped':
    case 'expired':
    case 'returned':
    case 'failed':
      return { state: outcome, note: reason }
  }
}
