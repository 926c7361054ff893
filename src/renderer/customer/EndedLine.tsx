import { RotateCcw } from 'lucide-react'
import type { JobRow } from '#shared/ipc/common.ts'
import type { Turn } from '#shared/ipc/customer.ts'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { IconButton } from '#renderer/ui/IconButton.tsx'
import { Words } from '#renderer/ui/Words.tsx'
import { AskDialog } from './AskDialog.tsx'
import { CreditNote } from './CreditNote.tsx'
import { Receipt } from './Receipt.tsx'
import { useAskAgain } from './useAskAgain.ts'

/** Under a finished answer: the receipt, what the seller still owes, and what can be done with it. */
export function EndedLine({ turn, job, answer, onAsked }: { turn: Turn; job: JobRow; answer: string; onAsked: () => void }) {
  const again = useAskAgain(turn, job, onAsked)
  return (
    <div className="text-sm text-muted">
      <div className="flex min-h-8 flex-wrap items-center gap-x-1">
        <Receipt job={job} />
        <span className="ml-auto flex items-center">
          <CopyButton text={answer} label="Copy the answer" />
          <IconButton icon={RotateCcw} size="small" label={again.retryLabel} busy={again.busy} onClick={again.retry} />
        </span>
      </div>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        {job.note ? <p><Words text={job.note} /></p> : null}
        <CreditNote job={job} onClaimed={onAsked} />
      </div>
      <AskDialog {...again.dialog} />
    </div>
  )
}
