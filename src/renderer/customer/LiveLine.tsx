import { LoaderCircle, Pause, Square, X } from 'lucide-react'
import type { JobRow } from '#shared/ipc/common.ts'
import { useNow } from '#renderer/state/useNow.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { durationText } from '#renderer/ui/agoText.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { localTimes } from '#renderer/ui/localTimes.ts'
import { PrivacyMark } from '#renderer/ui/PrivacyMark.tsx'
import { SettlementMark } from '#renderer/ui/SettlementMark.tsx'
import { liveDetail, liveWords } from './liveWords.ts'
import { Meter } from './Meter.tsx'

/** Under a growing answer: what happens, tokens, seconds, sats, Stop; below it what is locked, or the meter. */
export function LiveLine({ job }: { job: JobRow }) {
  const now = useNow()
  const stop = useRequest('customer.stop', { toastProblem: true })
  const detail = liveDetail(job, now)
  const isWaiting = job.awaitsRelease === true || job.state === 'paused'
  return (
    <div className="flex flex-col gap-1 text-sm text-muted">
      <div className="flex items-start gap-3">
        <div className="flex min-h-8 min-w-0 flex-1 flex-wrap items-center gap-x-3 gap-y-1">
          <span className="flex min-w-0 items-center gap-3">
            {isWaiting ? <Pause aria-hidden size={14} className="text-accent-text" /> : <LoaderCircle aria-hidden size={14} className="animate-spin text-accent-text" />}
            {/* Only the words are announced: numbers that change every second would never let a reader finish. */}
            <output className="min-w-0">{liveWords(job, now)}</output>
          </span>
          {job.outputTokens === undefined ? null : <span>{job.outputTokens.toLocaleString('en-US')} tokens</span>}
          {job.tokensPerSecond === undefined ? null : <span>{job.tokensPerSecond.toFixed(1)} tokens/s</span>}
          <span>{durationText(Math.max(0, Math.floor((now - job.createdAt) / 1_000) * 1_000))}</span>
          {job.movedMsat > 0 && job.settlement !== 'metered' ? <Amount msat={job.movedMsat} /> : null}
          <SettlementMark settlement={job.settlement} />
          <PrivacyMark privacy={job.privacy} dialect={job.dialect} />
        </div>
        <Button size="small" icon={job.awaitsRelease === true ? X : Square} busy={stop.busy} onClick={() => void stop.run({ jobId: job.jobId })} className="mt-0.5 shrink-0">
          {stopLabel(job)}
        </Button>
      </div>
      {job.settlement === 'metered' ? <Meter job={job} /> : null}
      {detail === undefined ? null : <p>{localTimes(detail, now)}</p>}
    </div>
  )
}

/** While it waits for a person, to stop is to say no. */
function stopLabel(job: JobRow): string {
  if (job.awaitsRelease !== true) return job.state === 'owed' ? 'Stop waiting' : 'Stop'
  return job.settlement === 'sealed' ? 'Leave it sealed' : 'Do not release'
}
