import { RotateCcw } from 'lucide-react'
import type { JobRow } from '#shared/ipc/common.ts'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { IconButton } from '#renderer/ui/IconButton.tsx'
import { Receipt } from './Receipt.tsx'
import { useAskAgain } from './useAskAgain.ts'

/** Under a finished answer: the receipt, and what can be done with it. */
export function EndedLine({ job, answer, onAsked }: { job: JobRow; answer: string; onAsked: () => void }) {
  const again = useAskAgain(job, onAsked)
  return (
    <div className="flex min-h-8 flex-wrap items-center gap-x-1 text-sm text-muted">
      <Receipt job={job} />
      <span className="ml-auto flex items-center">
        <CopyButton text={answer} label="Copy the answer" />
        <IconButton icon={RotateCcw} size="small" label={again.retryLabel} busy={again.busy} onClick={again.retry} />
      </span>
    </div>
  )
}
