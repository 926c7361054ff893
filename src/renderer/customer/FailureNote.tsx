import type { ReactNode } from 'react'
import type { JobRow, JobState } from '#shared/ipc/common.ts'
import type { Turn } from '#shared/ipc/customer.ts'
import { formatSats, subtractMsat } from '#shared/market/msat.ts'
import { useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { isGoingBack } from '#renderer/ui/jobStateText.ts'
import { PrivacyMark } from '#renderer/ui/PrivacyMark.tsx'
import { ProblemNote, type ProblemLevel } from '#renderer/ui/ProblemNote.tsx'
import { SettlementMark } from '#renderer/ui/SettlementMark.tsx'
import { Words } from '#renderer/ui/Words.tsx'
import { AskDialog } from './AskDialog.tsx'
import { CreditNote } from './CreditNote.tsx'
import { useAskAgain } from './useAskAgain.ts'

const TITLES: Partial<Record<JobState, string>> = {
  stopped: 'You stopped this answer',
  refused: 'The seller refused',
  failed: 'The answer failed',
  owed: 'You paid and the answer did not come',
  expired: 'Nobody answered in time',
  returned: 'The lock came back',
}

/** A job that did not end well: what happened, what it cost, and the next steps. */
export function FailureNote({ turn, job, onAsked }: { turn: Turn; job: JobRow; onAsked: () => void }) {
  const again = useAskAgain(turn, job, onAsked)
  const openTimeline = useView((view) => view.openTimeline)
  const title = titleOf(job)
  const level: ProblemLevel = job.state === 'failed' || job.state === 'owed' ? 'danger' : 'info'
  return (
    <ProblemNote
      level={level}
      announced={false}
      title={title}
      message={
        <>
          {job.note && job.note !== title ? <p><Words text={job.note} /></p> : null}
          <p className="flex flex-wrap items-center gap-x-3 text-muted">
            {job.note?.includes('othing was paid') ? null : costText(job)}
            <SettlementMark settlement={job.settlement} />
            <PrivacyMark privacy={job.privacy} dialect={job.dialect} />
          </p>
          <CreditNote job={job} onClaimed={onAsked} />
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
          <AskDialog {...again.dialog} />
        </>
      }
    />
  )
}

function titleOf(job: JobRow): string {
  const { state, settlement, sealed } = job
  if (state === 'returned' && isGoingBack(job)) return 'The lock is coming back'
  // A cap or a limit may have stopped it, too.
  if (settlement === 'metered' && state === 'stopped') return 'This answer was stopped'
  if (sealed !== undefined && (state === 'stopped' || state === 'expired')) return 'It stays under seal'
  return TITLES[state] ?? 'The answer ended'
}

function costText(job: JobRow): ReactNode {
  if (job.movedMsat === 0) return 'Nothing was paid.'
  const paid = `${formatSats(job.movedMsat)} sats were paid`
  return job.feeMsat > 0 && job.feeMsat < job.movedMsat ? `${paid}: ${formatSats(subtractMsat(job.movedMsat, job.feeMsat))} to the seller and ${formatSats(job.feeMsat)} in fees.` : `${paid}.`
}
