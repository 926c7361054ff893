import type { ReactNode } from 'react'
import type { JobRow, JobState } from '#shared/ipc/common.ts'
import { formatSats, subtractMsat } from '#shared/market/msat.ts'
import { useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { PrivacyMark } from '#renderer/ui/PrivacyMark.tsx'
import { ProblemNote, type ProblemLevel } from '#renderer/ui/ProblemNote.tsx'
import { useAskAgain } from './useAskAgain.ts'

const TITLES: Partial<Record<JobState, string>> = {
  stopped: 'You stopped this answer',
  refused: 'The seller refused',
  failed: 'The answer failed',
  owed: 'You paid and the answer did not come',
  expired: 'Nobody answered in time',
}

/** A job that did not end well: what happened, what it cost, and the next steps. */
export function FailureNote({ job, onAsked }: { job: JobRow; onAsked: () => void }) {
  const again = useAskAgain(job, onAsked)
  const openTimeline = useView((view) => view.openTimeline)
  const level: ProblemLevel = job.state === 'failed' || job.state === 'owed' ? 'danger' : 'info'
  return (
    <ProblemNote
      level={level}
      announced={false}
      title={TITLES[job.state] ?? 'The answer ended'}
      message={
        <>
          {job.note && job.note !== TITLES[job.state] ? <p>{job.note}</p> : null}
          <p className="flex flex-wrap items-center gap-x-3 text-muted">
            {costText(job)}
            <PrivacyMark privacy={job.privacy} dialect={job.dialect} />
          </p>
          <div className="mt-2 flex flex-wrap gap-2">
            {again.other ? (
              <Button size="small" busy={again.busy} onClick={again.other.ask}>
                {again.other.label}
              </Button>
            ) : null}
            <Button size="small" busy={again.busy} onClick={again.retry}>
              {again.retryLabel}
            </Button>
            <Button size="small" variant="ghost" onClick={() => openTimeline(job.jobId, job.role)}>
              Timeline
            </Button>
          </div>
        </>
      }
    />
  )
}

function costText(job: JobRow): ReactNode {
  if (job.movedMsat === 0) return 'Nothing was paid.'
  const paid = `${formatSats(job.movedMsat)} sats were paid`
  return job.feeMsat > 0 && job.feeMsat < job.movedMsat ? `${paid}: ${formatSats(subtractMsat(job.movedMsat, job.feeMsat))} to the seller and ${formatSats(job.feeMsat)} in fees.` : `${paid}.`
}
