import type { JobRow } from '#shared/ipc/common.ts'

/** Whether what is owed is known: whoever stopped a job does not know what was used by then. */
export function isSure({ state, owedMsat }: Pick<JobRow, 'state' | 'owedMsat'>): boolean {
  return state !== 'stopped' || owedMsat !== undefined
}
