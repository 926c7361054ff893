import type { JobRow } from '#shared/ipc/common.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { satsText } from './CostLine.tsx'

/** What the seller still owes for a job that has ended, and how to get it. */
export function CreditNote({ job, onClaimed }: { job: JobRow; onClaimed: () => void }) {
  const claim = useRequest('customer.claim', { toastProblem: true })
  const seller = job.peerName ?? 'The seller'
  const { claimableMsat = job.owedMsat } = job
  if (claimableMsat === undefined) return null
  const amount = satsText(claimableMsat)
  if (job.claiming === true) return <p>{seller} was asked to pay back {amount}. It may take as long as it is away.</p>
  const ask = async () => {
    const answer = await claim.run({ jobId: job.jobId })
    if (answer.ok) onClaimed()
  }
  const isAskable = job.claimableMsat !== undefined
  const isSaid = job.note?.includes('owes you') === true
  if (isSaid && !isAskable) return null
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
      {isSaid ? null : (
        <span>
          {job.state === 'stopped' && job.owedMsat === undefined ? `If ${seller} had not begun when you stopped it, it owes you ${amount}.` : `${seller} owes you ${amount}.`}
        </span>
      )}
      {!isAskable ? null : (
        <Button size="small" busy={claim.busy} onClick={() => void ask()}>
          Ask for it back
        </Button>
      )}
    </p>
  )
}
