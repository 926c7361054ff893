import type { JobState } from '#shared/ipc/common.ts'
import { Badge } from './Badge.tsx'
import { JOB_STATE_TONES, JOB_STATE_WORDS } from './jobStateText.ts'

export function JobStateBadge({ state }: { state: JobState }) {
  return <Badge tone={JOB_STATE_TONES[state]}>{JOB_STATE_WORDS[state]}</Badge>
}
