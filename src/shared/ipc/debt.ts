import { ZERO_MSAT, type Msat } from '../market/msat.ts'
import type { JobRow, Owed, Role } from './common.ts'

/** The role that we have in a job for which something is owed so. */
export const DEBT_ROLES: Readonly<Record<Owed, Role>> = { 'to-us': 'customer', 'by-us': 'provider' }

/** What the seller of a job owes for it, in msat: what may be asked back where that is known, else what was paid and not delivered. The store looks for it by the same rule (store/journal.ts). */
export function debtOf({ owedMsat = ZERO_MSAT, claimableMsat = owedMsat }: Pick<JobRow, 'owedMsat' | 'claimableMsat'>): Msat {
  return claimableMsat
}
