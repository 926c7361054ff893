import { useState } from 'react'
import type { JobRow } from '#shared/ipc/common.ts'
import type { Turn } from '#shared/ipc/customer.ts'
import { useEngineEvent } from '#renderer/state/useEngineEvent.ts'
import { isUnderWay } from './underWay.ts'

/** The job of these turns that the next question has to wait for, as it stands now: the turns themselves are read again only when one ends. */
export function useJobUnderWay(turns: readonly Turn[]): JobRow | undefined {
  const [newest, setNewest] = useState<JobRow>()
  useEngineEvent('activity.changed', ({ row }) => {
    if (row.role === 'customer' && turns.some(({ jobId }) => jobId === row.jobId)) setNewest(row)
  })
  return turns.map(({ job }) => (newest?.jobId === job.jobId && newest.updatedAt >= job.updatedAt ? newest : job)).findLast(isUnderWay)
}
