import { Scale } from 'lucide-react'
import type { JobRow } from '#shared/ipc/common.ts'
import { useNow } from '#renderer/state/useNow.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { satsText } from './CostLine.tsx'
import { clockText } from '#renderer/ui/clockText.ts'

/** The answer is here and its price still locked: it is the person's to release. */
export function ReleaseBox({ job }: { job: JobRow }) {
  const now = useNow()
  const release = useRequest('customer.release', { toastProblem: true })
  const amount = satsText(job.lockedMsat ?? job.priceMsat)
  return (
    <section aria-label="Release the payment" className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-line-strong bg-surface px-3 py-2">
      <Scale aria-hidden size={20} className="text-accent-text" />
      <div className="min-w-0 flex-1 basis-60">
        <p className="font-medium">{amount} are locked for this answer</p>
        <p className="text-sm text-muted">
          Release them if it is what you asked for{job.lockedUntil === undefined ? '' : `, until ${clockText(job.lockedUntil, now)}`}. If you do not, they come back to you by themselves.
        </p>
      </div>
      <Button variant="primary" busy={release.busy} onClick={() => void release.run({ jobId: job.jobId })}>
        Release {amount}
      </Button>
    </section>
  )
}
