import { useClient } from '#renderer/state/client.ts'
import { bytesText } from '#renderer/ui/bytesText.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Progress } from '#renderer/ui/Progress.tsx'
import { usePull } from './pull.ts'

/** The download that runs, or how the last one ended. */
export function PullProgress() {
  const client = useClient()
  const { pull, start, stop, dismiss } = usePull()
  if (!pull) return null
  const { model, state, completedBytes, totalBytes, status, problem } = pull
  const known = totalBytes > 0
  const again = (
    <>
      <Button size="small" onClick={() => start(client, model)}>
        {completedBytes > 0 ? 'Go on' : 'Pull again'}
      </Button>
      <Button size="small" variant="ghost" onClick={dismiss}>
        Dismiss
      </Button>
    </>
  )
  switch (state) {
    case 'failed':
      return <ProblemNote level="danger" message={problem} title={`Pulling ${model} failed`} action={again} />
    case 'stopped':
      return <ProblemNote level="info" message={`The download of ${model} was stopped${known ? ` at ${bytesText(completedBytes)} of ${bytesText(totalBytes)}` : ''}. It goes on from there.`} action={again} />
    case 'done':
      return (
        <ProblemNote
          level="info"
          message={`${model} is here and can be sold.`}
          action={
            <Button size="small" variant="ghost" onClick={dismiss}>
              Dismiss
            </Button>
          }
        />
      )
    case 'running':
      return (
        <div className="flex flex-col gap-2 rounded-lg border border-line bg-surface px-3 py-2">
          <div className="flex items-center justify-between gap-3">
            <p className="min-w-0 truncate">
              Pulling <span className="font-medium">{model}</span>
            </p>
            <Button size="small" onClick={stop}>
              Stop
            </Button>
          </div>
          <Progress label={`Download of ${model}`} value={known ? completedBytes / totalBytes : undefined} />
          <p className="text-sm text-muted">
            {known ? `${bytesText(completedBytes)} of ${bytesText(totalBytes)} · ` : ''}
            {status}
          </p>
        </div>
      )
  }
}
