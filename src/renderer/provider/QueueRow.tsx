import { ListTree, X } from 'lucide-react'
import type { JobRow } from '#shared/ipc/common.ts'
import { useNow } from '#renderer/state/useNow.ts'
import { useView } from '#renderer/state/view.ts'
import { IconButton } from '#renderer/ui/IconButton.tsx'
import { JobStateBadge } from '#renderer/ui/JobStateBadge.tsx'
import { PrivacyMark } from '#renderer/ui/PrivacyMark.tsx'
import { Progress } from '#renderer/ui/Progress.tsx'
import { SettlementMark } from '#renderer/ui/SettlementMark.tsx'
import { ShortId } from '#renderer/ui/ShortId.tsx'
import { TableCell, TableRow } from '#renderer/ui/Table.tsx'
import { moneyWords } from './moneyWords.ts'

export function QueueRow({ job, maxTokens, onCancel }: { job: JobRow; maxTokens: number; onCancel: () => void }) {
  const openTimeline = useView((view) => view.openTimeline)
  const tokens = job.outputTokens ?? 0
  const words = moneyWords(job, useNow())
  return (
    <TableRow>
      <TableCell className="whitespace-nowrap max-sm:pr-0">
        <span className="flex items-center gap-2">
          <ShortId id={job.peer} name="the customer’s key" copy={false} />
          <PrivacyMark privacy={job.privacy} iconOnly />
          <SettlementMark settlement={job.settlement} iconOnly className="max-sm:hidden" />
        </span>
      </TableCell>
      <TableCell className="hidden max-w-44 sm:table-cell xl:max-w-60">
        <span className="block truncate" title={job.promptPreview}>
          {job.promptPreview}
        </span>
      </TableCell>
      <TableCell className="hidden max-w-40 truncate text-muted wide:table-cell">{job.model}</TableCell>
      <TableCell className="whitespace-nowrap max-sm:pr-0">
        <JobStateBadge job={job} />
        {job.queuePosition === undefined ? null : <span className="ml-2 text-sm text-muted">{job.queuePosition === 1 ? 'next' : `number ${job.queuePosition}`}</span>}
      </TableCell>
      <TableCell numeric className="hidden text-muted wide:table-cell">
        {job.state === 'working' && job.tokensPerSecond !== undefined ? job.tokensPerSecond.toFixed(1) : '–'}
      </TableCell>
      <TableCell className="hidden w-48 max-w-48 sm:table-cell">
        {job.state === 'working' ? (
          <span className="flex items-center gap-2" title={`${tokens} of at most ${maxTokens} tokens`}>
            <Progress label={`${tokens} of at most ${maxTokens} tokens`} value={tokens / maxTokens} className="min-w-12 flex-1" />
            <span className="text-sm text-muted">{tokens.toLocaleString('en-US')} tokens</span>
          </span>
        ) : (
          <span className="block truncate text-sm text-muted" title={[words, job.note].filter(Boolean).join(' ')}>
            {words ?? job.note ?? ''}
          </span>
        )}
      </TableCell>
      <TableCell numeric className="w-20">
        <IconButton icon={ListTree} size="small" label="Timeline" onClick={() => openTimeline(job.jobId, 'provider')} />
        <IconButton icon={X} size="small" label="Cancel this job" onClick={onCancel} />
      </TableCell>
    </TableRow>
  )
}
