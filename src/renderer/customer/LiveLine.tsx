import { LoaderCircle, Square } from 'lucide-react'
import type { JobRow } from '#shared/ipc/common.ts'
import { useNow } from '#renderer/state/useNow.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { durationText } from '#renderer/ui/agoText.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { liveJobText } from '#renderer/ui/jobStateText.ts'
import { PrivacyMark } from '#renderer/ui/PrivacyMark.tsx'

/** Under a growing answer, in the height of the line that will follow it: what happens, tokens, seconds, sats, Stop. */
export function LiveLine({ job }: { job: JobRow }) {
  const now = useNow()
  const stop = useRequest('customer.stop', { toastProblem: true })
  return (
    <div className="flex min-h-8 flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
      <LoaderCircle aria-hidden size={14} className="animate-spin text-accent-text" />
      {/* Only the words are announced: numbers that change every second would never let a reader finish. */}
      <output>{liveJobText(job)}</output>
      {job.outputTokens === undefined ? null : <span>{job.outputTokens.toLocaleString('en-US')} tokens</span>}
      {job.tokensPerSecond === undefined ? null : <span>{job.tokensPerSecond.toFixed(1)} tokens/s</span>}
      <span>{durationText(Math.max(0, Math.floor((now - job.createdAt) / 1_000) * 1_000))}</span>
      {job.movedMsat > 0 ? <Amount msat={job.movedMsat} /> : null}
      <PrivacyMark privacy={job.privacy} dialect={job.dialect} />
      <Button size="small" icon={Square} busy={stop.busy} onClick={() => void stop.run({ jobId: job.jobId })} className="ml-auto">
        Stop
      </Button>
    </div>
  )
}
