import { memo } from 'react'
import type { Turn } from '#shared/ipc/customer.ts'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Answer } from './Answer.tsx'
import { EndedLine } from './EndedLine.tsx'
import { FailureNote } from './FailureNote.tsx'
import { LiveLine } from './LiveLine.tsx'
import { ReleaseBox } from './ReleaseBox.tsx'
import { SealedBlock } from './SealedBlock.tsx'
import { sealView } from './sealView.ts'
import { isUnderWay } from './underWay.ts'
import { useAnswer } from './useAnswer.ts'

export interface TurnViewProps {
  turn: Turn
  /** A new job was made of this one. */
  onAsked: () => void
}

/** One question and its answer. It renders for its own answer only: the others keep their objects. */
export const TurnView = memo(function TurnView({ turn, onAsked }: TurnViewProps) {
  const { text, job, sealedBytes, interrupted } = useAnswer(turn)
  const seal = sealView(job, text, sealedBytes)
  const live = isUnderWay(job)
  return (
    <article aria-label={`Question: ${turn.prompt.slice(0, 80)}`} className="flex flex-col gap-3" style={live ? undefined : { contentVisibility: 'auto', containIntrinsicSize: 'auto 320px' }}>
      <div className="ml-auto max-w-[85%] rounded-lg bg-sunken px-3 py-2 whitespace-pre-wrap wrap-anywhere">
        <span className="sr-only">You asked: </span>
        {turn.prompt}
      </div>
      {turn.turnsCut > 0 ? (
        <p className="text-sm text-muted">
          {turn.turnsCut === 1 ? 'The oldest question was' : `The oldest ${turn.turnsCut} questions were`} left out: the seller’s limit for a prompt is shorter than this conversation.
        </p>
      ) : null}
      {text === '' ? null : (
        <div aria-busy={live || undefined}>
          <Answer text={text} streaming={live} />
        </div>
      )}
      {seal ? <SealedBlock seal={seal} job={job} /> : null}
      {job.awaitsRelease === true && !seal ? <ReleaseBox job={job} /> : null}
      {interrupted && live ? <ProblemNote level="info" message="The view of this answer was interrupted. The job goes on; it is looked up as soon as the engine answers." /> : null}
      {live ? <LiveLine job={job} /> : job.state === 'done' ? <EndedLine turn={turn} job={job} answer={text} onAsked={onAsked} /> : <FailureNote turn={turn} job={job} onAsked={onAsked} />}
    </article>
  )
})
