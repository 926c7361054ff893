import { FileLock, Lock, LockOpen, Pause, Undo2, type LucideIcon } from 'lucide-react'
import type { JobRow, JobState } from '#shared/ipc/common.ts'
import { Badge } from './Badge.tsx'
import { JOB_STATE_TONES, jobStateWords } from './jobStateText.ts'

/** Where money or text waits behind a lock, a mark says so before the word is read. */
const MARKS: Partial<Record<JobState, LucideIcon>> = { locked: Lock, sealed: FileLock, unlocking: LockOpen, paused: Pause, returned: Undo2 }

export function JobStateBadge({ job }: { job: Pick<JobRow, 'role' | 'final' | 'state' | 'lockedMsat' | 'awaitsRelease'> }) {
  const Mark = MARKS[job.state]
  return (
    <Badge tone={job.awaitsRelease === true ? 'amber' : JOB_STATE_TONES[job.state]}>
      {Mark ? <Mark aria-hidden size={12} className="mr-1" /> : null}
      {jobStateWords(job)}
    </Badge>
  )
}
