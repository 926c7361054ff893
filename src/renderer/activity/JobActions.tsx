import { MessageSquareText, RotateCcw, Store } from 'lucide-react'
import type { JobRow } from '#shared/ipc/common.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { useView } from '#renderer/state/view.ts'
import { Button } from '#renderer/ui/Button.tsx'

/** The next steps with a job: to its conversation, ask again, or to the queue and the debts. */
export function JobActions({ job, threadId }: { job: JobRow; threadId: string | undefined }) {
  const openThread = useView((view) => view.openThread)
  const closeTimeline = useView((view) => view.closeTimeline)
  const showPage = useView((view) => view.showPage)
  const selection = useView((view) => view.selection)
  const retryBought = useRequest('customer.retry', { toastProblem: true })
  const retrySold = useRequest('provider.retryJob', { toastProblem: true })

  const goTo = (id: string) => {
    closeTimeline()
    openThread(id)
  }
  const askAgain = async () => {
    const answer = await retryBought.run({ jobId: job.jobId, selection })
    if (answer.ok) goTo(answer.value.threadId)
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
    <div className="flex flex-wrap gap-2">
      {threadId === undefined ? null : (
        <Button icon={MessageSquareText} onClick={() => goTo(threadId)}>
          Go to the conversation
        </Button>
      )}
      {job.final ? (
        <Button icon={RotateCcw} busy={retryBought.busy} onClick={() => void askAgain()} title="A new job, at the price of whoever is chosen to answer">
          Ask again
        </Button>
      ) : null}
    </div>
  )
}
