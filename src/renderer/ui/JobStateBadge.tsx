import { FileLock, Lock, LockOpen, Pause, Undo2, type LucideIcon } from 'lucide-react'
import type { JobState } from '#shared/ipc/common.ts'
import { Badge } from './Badge.tsx'
import { JOB_STATE_TONES, JOB_STATE_WORDS } from './jobStateText.ts'

/** Where money or text waits behind a lock, a mark says so before the word is read. */
const MARKS: Partial<Record<JobState, LucideIcon>> = { locked: Lock, sealed: FileLock, unlocking: LockOpen, paused: Pause, returned: Undo2 }

export function JobStateBadge({ state }: { state: JobState }) {
  const Mark = MARKS[state]
  return (
    <Badge tone={JOB_STATE_TONES[state]}>
      {Mark ? <Mark aria-hidden size={12} className="mr-1" /> : null}
      {JOB_STATE_WORDS[state]}
    </Badge>
  )
}
