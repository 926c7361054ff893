import { MessageSquareText, RotateCcw, Store } from 'lucide-react'
import type { JobRow } from '#shared/ipc/common.ts'
import { AskDialog } from '#renderer/customer/AskDialog.tsx'
import { CreditNote } from '#renderer/customer/CreditNote.tsx'
import { useAskAgain } from '#renderer/customer/useAskAgain.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'

/** The next steps with a job: to its conversation, ask again, or to the queue and the debts. */
export function JobActions({ job, threadId, prompt }: { job: JobRow; threadId: string | undefined; prompt: string }) {
  const openThread = useView((view) => view.openThread)
  const closeTimeline = useView((view) => view.closeTimeline)
  const showPage = useView((view) => view.showPage)
  const retrySold = useRequest('provider.retryJob', { toastProblem: true })

  const goTo = (id: string) => {
    closeTimeline()
    openThread(id)
  }
  const goToQueue = () => {
    closeTimeline()
    showPage('sell')
  }

  if (job.role === 'provider') {
    if (job.final) return null
    return (
      <div className="flex flex-wrap gap-2">
        {job.state === 'owed' ? (
          <Button icon={RotateCcw} busy={retrySold.busy} onClick={() => void retrySold.run({ jobId: job.jobId })}>
            Retry
          </Button>
        ) : null}
        <Button icon={Store} onClick={goToQueue}>
          {job.state === 'owed' ? 'See what is owed' : 'See the queue'}
        </Button>
      </div>
    )
  }
  return (
    <>
      <CreditNote job={job} onClaimed={() => undefined} />
      <div className="flex flex-wrap gap-2">
        {threadId === undefined ? null : (
          <Button icon={MessageSquareText} onClick={() => goTo(threadId)}>
            Go to the conversation
          </Button>
        )}
        {job.final ? <AskAgainButton job={job} threadId={threadId} prompt={prompt} onAsked={goTo} /> : null}
      </div>
    </>
  )
}

/** Price and risk are shown before it is asked. */
function AskAgainButton({ job, threadId, prompt, onAsked }: { job: JobRow; threadId: string | undefined; prompt: string; onAsked: (threadId: string) => void }) {
  const again = useAskAgain({ threadId, prompt }, job, onAsked)
  return (
    <>
      <Button icon={RotateCcw} busy={again.busy} onClick={again.retry}>
        {again.retryLabel}
      </Button>
      <AskDialog {...again.dialog} />
    </>
  )
}
