import { ArrowDown } from 'lucide-react'
import { useLayoutEffect, useRef, useState, type RefObject } from 'react'
import type { JobState } from '#shared/ipc/common.ts'
import { useEngineEvent } from '#renderer/state/useEngineEvent.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { Composer } from './Composer.tsx'
import { TurnView } from './TurnView.tsx'
import { useFollow } from './useFollow.ts'
import { useJobUnderWay } from './useJobUnderWay.ts'
import { useThread } from './useThread.ts'

export function Conversation({ threadId }: { threadId: string }) {
  const { thread, reload } = useThread(threadId)
  const { scroller, content, following, jumpToEnd } = useFollow()
  const announcement = useAnnouncement(threadId)
  const turns = thread.status === 'ready' ? thread.turns : []
  const busyWith = useJobUnderWay(turns)
  const earlier = useEarlier(turns.length, scroller)
  const onAsked = () => {
    jumpToEnd()
    void reload()
  }
  return (
    <>
      <div className="relative min-h-0 flex-1">
        {/* While the end is followed, the browser's own anchoring would work against it. Positioned, so that what only a screen reader sees is cut off with the rest. */}
        <div ref={scroller} tabIndex={-1} className={joinClasses('relative h-full overflow-y-auto [scrollbar-gutter:stable]', following ? '[overflow-anchor:none]' : null)}>
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
            {earlier.hidden > 0 ? (
              <Button size="small" onClick={earlier.showMore} className="self-center">
                Show {earlier.hidden} earlier
              </Button>
            ) : null}
            {turns.slice(earlier.hidden).map((turn) => (
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
      <Composer threadId={threadId} busyWith={busyWith} onAsked={onAsked} />
    </>
  )
}

/** Turns that are rendered at first: more would make a long thread slow to open. */
const SHOWN_TURNS = 40

/** Hides the oldest turns of a long thread until they are asked for; what is in sight stays where it is. */
function useEarlier(count: number, scroller: RefObject<HTMLDivElement | null>): { hidden: number; showMore: () => void } {
  const [limit, setLimit] = useState(SHOWN_TURNS)
  const heightBefore = useRef<number | undefined>(undefined)
  useLayoutEffect(() => {
    const box = scroller.current
    if (!box || heightBefore.current === undefined || limit === SHOWN_TURNS) return
    box.scrollBy({ top: box.scrollHeight - heightBefore.current, behavior: 'instant' })
    heightBefore.current = undefined
  }, [limit, scroller])
  return {
    hidden: Math.max(0, count - limit),
    showMore: () => {
      heightBefore.current = scroller.current?.scrollHeight
      setLimit((known) => known + SHOWN_TURNS)
    },
  }
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
