import { ArrowDownLeft, ArrowUpRight } from 'lucide-react'
import { memo } from 'react'
import type { JobRow } from '#shared/ipc/common.ts'
import { durationText } from '#renderer/ui/agoText.ts'
import { JobStateBadge } from '#renderer/ui/JobStateBadge.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { PrivacyMark } from '#renderer/ui/PrivacyMark.tsx'
import { SettlementMark } from '#renderer/ui/SettlementMark.tsx'
import { shortenId } from '#renderer/ui/shortenId.ts'
import { HeaderCell, Table, TableCell, TableHead, TableRow } from '#renderer/ui/Table.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'
import { JobMoney } from './JobMoney.tsx'
import { keyOf } from './jobRows.ts'

export interface JobTableProps {
  rows: readonly JobRow[]
  openKey: string | undefined
  onOpen: (row: JobRow) => void
}

export function JobTable({ rows, openKey, onOpen }: JobTableProps) {
  return (
    <Table label="Jobs">
      <TableHead>
        <HeaderCell>Request</HeaderCell>
        <HeaderCell className="hidden sm:table-cell">With</HeaderCell>
        <HeaderCell className="hidden min-[94rem]:table-cell">Model</HeaderCell>
        <HeaderCell className="hidden sm:table-cell">State</HeaderCell>
        <HeaderCell className="hidden wide:table-cell">Payment</HeaderCell>
        <HeaderCell numeric>Sats</HeaderCell>
        <HeaderCell numeric className="hidden wide:table-cell">
          Took
        </HeaderCell>
        <HeaderCell numeric className="hidden sm:table-cell">
          When
        </HeaderCell>
      </TableHead>
      <tbody>
        {rows.map((row) => (
          <JobTableRow key={keyOf(row)} row={row} isOpen={keyOf(row) === openKey} onOpen={onOpen} />
        ))}
      </tbody>
    </Table>
  )
}

const JobTableRow = memo(function JobTableRow({ row, isOpen, onOpen }: { row: JobRow; isOpen: boolean; onOpen: (row: JobRow) => void }) {
  const sold = row.role === 'provider'
  const Arrow = sold ? ArrowDownLeft : ArrowUpRight
  return (
    <TableRow onClick={() => onOpen(row)} className={isOpen ? 'bg-hover' : ''}>
      <TableCell className="w-full max-w-0 py-1">
        <span className="flex items-center gap-2">
          <Arrow aria-hidden size={16} className="text-muted" />
          <span className="sr-only">{sold ? 'Sold:' : 'Bought:'}</span>
          <button
            type="button"
            onClick={(event) => {
              event.stopPropagation()
              onOpen(row)
            }}
            title={row.promptPreview}
            className="min-w-0 truncate rounded-sm text-left"
          >
            {row.promptPreview || <span className="text-muted">Empty request</span>}
          </button>
          <PrivacyMark privacy={row.privacy} iconOnly className="ml-auto" />
        </span>
        {/* What the columns say on a wider page. */}
        <span className="flex items-center gap-2 pl-6 pt-0.5 text-sm text-muted sm:hidden">
          <JobStateBadge job={row} />
          <SettlementMark settlement={row.settlement} iconOnly />
          <TimeAgo at={row.createdAt} />
        </span>
      </TableCell>
      <TableCell className="hidden max-w-48 sm:table-cell">
        {row.peerName ? (
          <span className="block truncate" title={row.peerName}>
            {row.peerName}
          </span>
        ) : (
          <code title={row.peer} className="whitespace-nowrap font-mono text-sm text-muted">
            {shortenId(row.peer)}
          </code>
        )}
      </TableCell>
      <TableCell className="hidden max-w-40 truncate text-muted min-[94rem]:table-cell" title={row.model}>
        {row.model ?? '–'}
      </TableCell>
      <TableCell className="hidden sm:table-cell">
        <JobStateBadge job={row} />
      </TableCell>
      <TableCell className="hidden wide:table-cell">
        <SettlementMark settlement={row.settlement} />
      </TableCell>
      <TableCell numeric className={joinClasses(row.movedMsat === 0 ? 'text-muted' : 'font-medium')}>
        <JobMoney row={row} />
      </TableCell>
      <TableCell numeric className="hidden text-muted wide:table-cell">
        {row.durationMs === undefined ? '–' : durationText(row.durationMs)}
      </TableCell>
      <TableCell numeric className="hidden text-muted sm:table-cell">
        <TimeAgo at={row.createdAt} />
      </TableCell>
    </TableRow>
  )
})
