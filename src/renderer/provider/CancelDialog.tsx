import type { JobRow } from '#shared/ipc/common.ts'
import { formatSats } from '#shared/market/msat.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { ConfirmDialog } from '#renderer/ui/ConfirmDialog.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'

/** What cancelling costs depends on whether it is paid; `current` is the job as it is now, gone once it ended by itself. */
export function CancelDialog({ job, current, close }: { job: JobRow | undefined; current: JobRow | undefined; close: () => void }) {
  const cancel = useRequest('provider.cancelJob')
  const confirm = async () => {
    if (!job) return
    const answer = await cancel.run({ jobId: job.jobId })
    if (answer.ok) close()
  }
  const leave = () => {
    cancel.clear()
    close()
  }
  if (!job) return null
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => (open ? undefined : leave())}
      title="Cancel this job?"
      description={costOfCancelling(current)}
      confirmLabel="Cancel the job"
      leaveLabel="Keep it"
      danger={(current?.movedMsat ?? 0) > 0}
      busy={cancel.busy}
      onConfirm={() => void confirm()}
    >
      <p className="truncate rounded-lg bg-sunken px-3 py-2 text-muted">{job.promptPreview}</p>
      {cancel.problem ? <ProblemNote level="danger" message={cancel.problem.message} className="mt-2" /> : null}
    </ConfirmDialog>
  )
}

export function costOfCancelling(job: JobRow | undefined): string {
  if (!job) return 'It has ended by itself in the meantime.'
  if (job.settlement === 'metered' && job.movedMsat > 0) return `It stops here. The customer paid ${formatSats(job.movedMsat)} sats so far: what is written is delivered, and what is paid beyond it stays owed.`
  if (job.movedMsat === 0 && job.lockedMsat !== undefined) return `${formatSats(job.lockedMsat)} sats are locked for it. They go back to the customer, and you earn nothing.`
  if (job.movedMsat === 0 && job.settlement === 'sealed') return 'Nothing is paid for it yet, so it costs nothing but the work.'
  if (job.movedMsat === 0) return 'Nothing is paid for it yet, so it costs nothing. Should the customer pay the invoice all the same, the amount is recorded as owed.'
  return `The customer paid ${formatSats(job.movedMsat)} sats. You keep them for now and owe the answer: the job stays here as a debt until you try again, or pay the customer back and write it off.`
}
