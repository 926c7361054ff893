import { ArrowDown } from 'lucide-react'
import { useState } from 'react'
import type { JobState } from '#shared/ipc/common.ts'
import { useEngineEvent } from '#renderer/state/useEngineEvent.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { Composer } from './Composer.tsx'
import { TurnView } from './TurnView.tsx'
import { useFollow } from './useFollow.ts'
import { useThread } from './useThread.ts'

export function Conversation({ threadId }: { threadId: string }) {
  const { thread, reload } = useThread(threadId)
  const { scroller, content, following, jumpToEnd } = useFollow()
  const announcement = useAnnouncement(threadId)
  const turns = thread.status === 'ready' ? thread.turns : []
  const live = turns.find((turn) => !turn.job.final)
  const onAsked = () => {
    jumpToEnd()
    void reload()
  }
  return (
    <>
      <div className="relative min-h-0 flex-1">
        {/* Focusable, so that the arrow keys scroll it. */}
        <div ref={scroller} tabIndex={-1} className="h-full overflow-y-auto [overflow-anchor:none] [scrollbar-gutter:stable]">
          <div ref={content} className="mx-auto flex w-full max-w-[46rem] flex-col gap-8 px-4 py-6">
            {thread.status === 'loading' ? <SkeletonRows label="Loading the thread" rows={4} /> : null}
            {thread.status === 'failed' ? (
              <ProblemNote
                level="danger"
                message={thread.problem.message}
                action={
                  <Button size="small" onClick={() => void reload()}>
                    Try again
                  </Button>
                }
              />
            ) : null}
            {turns.map((turn) => (
              <TurnView key={turn.jobId} turn={turn} onAsked={onAsked} />
            ))}
          </div>
        </div>
        {following ? null : (
          <Button size="small" icon={ArrowDown} onClick={jumpToEnd} className="absolute bottom-3 left-1/2 -translate-x-1/2">
            Jump to latest
          </Button>
        )}
      </div>
      <output className="sr-only">{announcement}</output>
      <Composer threadId={threadId} busyWith={live?.jobId} onAsked={onAsked} />
    </>
  )
}

/** Says for a screen reader how an answer of this thread ended. */
function useAnnouncement(threadId: string): string {
  const [words, setWords] = useState('')
  useEngineEvent('customer.turnEnded', (ended) => {
    if (ended.threadId === threadId) setWords(endWords(ended.state))
  })
  return words
}

function endWords(state: JobState): string {
  return state === 'done' ? 'The answer is complete.' : state === 'stopped' ? 'The answer was stopped.' : 'The answer ended with a problem.'
}
