import type { Role } from '#shared/ipc/common.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { JobStateBadge } from '#renderer/ui/JobStateBadge.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Sheet } from '#renderer/ui/Sheet.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { JobActions } from './JobActions.tsx'
import { JobFacts } from './JobFacts.tsx'
import { JobTexts } from './JobTexts.tsx'
import { ReceiptPanel } from './ReceiptPanel.tsx'
import { Timeline } from './Timeline.tsx'
import { useTimeline } from './useTimeline.ts'

/** One job opened: what it was, what can be done with it, and everything that happened. */
export function TimelineSheet({ jobId, role, close }: { jobId: string; role: Role; close: () => void }) {
  const { timeline, problem, reload } = useTimeline(jobId, role)
  return (
    <Sheet open onOpenChange={close} title={role === 'provider' ? 'Job sold' : 'Job bought'} size="medium" action={timeline ? <JobStateBadge job={timeline.job} /> : null}>
      <section aria-label="Job" className="flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto p-4">
        {problem ? (
          <ProblemNote
            message={problem.message}
            action={
              <Button size="small" onClick={reload}>
                Try again
              </Button>
            }
          />
        ) : null}
        {timeline === undefined ? (
          problem ? null : (
            <SkeletonRows label="Loading the timeline" rows={8} />
          )
        ) : (
          <>
            <JobFacts job={timeline.job} />
            <JobActions job={timeline.job} threadId={timeline.threadId} prompt={timeline.prompt} />
            <JobTexts timeline={timeline} />
            <ReceiptPanel job={timeline.job} />
            <Timeline entries={timeline.entries} live={!timeline.job.final} />
          </>
        )}
      </section>
    </Sheet>
  )
}
