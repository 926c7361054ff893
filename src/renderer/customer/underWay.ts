/** Whether a job still does something for who asked. */
import type { JobRow } from '#shared/ipc/common.ts'
import { isGoingBack } from '#renderer/ui/jobStateText.ts'

/** False also where money is still to come back, by its lock or because it was asked for: nothing has to wait for that. */
export function isUnderWay(job: JobRow): boolean {
  return !job.final && job.claiming !== true && !isGoingBack(job)
}
