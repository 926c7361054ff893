import type { JobRow } from '#shared/ipc/common.ts'
import { ZERO_MSAT, type Msat } from '#shared/market/msat.ts'

/** What the seller of a job owes for it: paid and not delivered, or lost and not paid back yet. */
export function debtOf({ owedMsat = ZERO_MSAT, claimableMsat = owedMsat }: Pick<JobRow, 'owedMsat' | 'claimableMsat'>): Msat {
  return claimableMsat
}

/** Whoever stopped a job does not know what was used by then. */
export function isSure({ state, owedMsat }: Pick<JobRow, 'state' | 'owedMsat'>): boolean {
  return state !== 'stopped' || owedMsat !== undefined
}
