import { ArrowDownLeft, ArrowUpRight } from 'lucide-react'
import { memo, useCallback, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import type { JobRow } from '#shared/ipc/common.ts'
import { durationText } from '#renderer/ui/agoText.ts'
import { JobStateBadge } from '#renderer/ui/JobStateBadge.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { PrivacyMark } from '#renderer/ui/PrivacyMark.tsx'
import { SettlementMark } from '#renderer/ui/SettlementMark.tsx'
import { shortenId } from '#renderer/ui/shortenId.ts'
import { HeaderCell, SpacerRow, Table, TableCell, TableHead, TableRow } from '#renderer/ui/Table.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'
import { useVirtualRows } from '#renderer/ui/useVirtualRows.ts'
import { JobMoney } from './JobMoney.tsx'
import { keyOf } from './jobRows.ts'

export interface JobTableProps {
  rows: readonly JobRow[]
  openKey: string | undefined
  onOpen: (row: JobRow) => void
  /** What scrolls around the table. */
  scroller: RefObject<HTMLDivElement | null>
}

/** As most of them are; each that is in sight is measured. */
const ROW_PX = 37

/** Which columns there are depends on the room for the table, not for the window. */
const AT = { small: 'hidden @min-[36rem]:table-cell', medium: 'hidden @min-[46rem]:table-cell', broad: 'hidden @min-[60rem]:table-cell', large: 'hidden @min-[70rem]:table-cell', huge: 'hidden @min-[78rem]:table-cell' }
const COLUMNS = (
  <colgroup>
    <col />
    <col className="hidden w-40 @min-[46rem]:table-column" />
    <col className="hidden w-40 @min-[78rem]:table-column" />
    <col className="hidden w-33 @min-[36rem]:table-column" />
    <col className="hidden w-31 @min-[60rem]:table-column" />
    <col className="w-30 @min-[36rem]:w-34" />
    <col className="hidden w-24 @min-[70rem]:table-column" />
    <col className="hidden w-30 @min-[36rem]:table-column" />
  </colgroup>
)

/** A table of any length: only the rows in sight exist. */
export function JobTable({ rows, openKey, onOpen, scroller }: JobTableProps) {
  const body = useRef<HTMLTableSectionElement>(null)
  const [topPx, setTopPx] = useState(0)
  // One function for the same rows: another would have every one measured again.
  const keyAt = useCallback(
    (index: number) => {
      const row = rows[index]
      return row ? keyOf(row) : index
    },
    [rows],
  )
  const virtual = useVirtualRows({ count: rows.length, rowPx: ROW_PX, scroller, keyOf: keyAt, topPx })
  const items = virtual.getVirtualItems()
  useLayoutEffect(() => {
    const [list, page] = [body.current, scroller.current]
    if (!list || !page?.firstElementChild) return
    const place = () => setTopPx(Math.round(list.getBoundingClientRect().top - page.getBoundingClientRect().top + page.scrollTop))
    place()
    // What stands above may become lower or higher.
    const observer = new ResizeObserver(place)
    observer.observe(page.firstElementChild)
    return () => observer.disconnect()
  }, [scroller])
  return (
    <Table label="Jobs" className="@container" columns={COLUMNS} rowCount={rows.length + 1}>
      <TableHead>
        <HeaderCell>Request</HeaderCell>
        <HeaderCell className={AT.medium}>With</HeaderCell>
        <HeaderCell className={AT.huge}>Model</HeaderCell>
        <HeaderCell className={AT.small}>State</HeaderCell>
        <HeaderCell className={AT.broad}>Payment</HeaderCell>
        <HeaderCell numeric>Sats</HeaderCell>
        <HeaderCell numeric className={AT.large}>
          Took
        </HeaderCell>
        <HeaderCell numeric className={AT.small}>
          When
        </HeaderCell>
      </TableHead>
      <tbody ref={body}>
        <SpacerRow height={(items[0]?.start ?? topPx) - topPx} />
        {items.map(({ index }) => {
          const row = rows[index]
          return row ? <JobTableRow key={keyOf(row)} row={row} index={index} measure={virtual.measureElement} isOpen={keyOf(row) === openKey} onOpen={onOpen} /> : null
        })}
        <SpacerRow height={virtual.getTotalSize() - ((items.at(-1)?.end ?? topPx) - topPx)} />
      </tbody>
    </Table>
  )
}

interface JobTableRowProps {
  row: JobRow
  index: number
  measure: (element: HTMLTableRowElement | null) => void
  isOpen: boolean
  onOpen: (row: JobRow) => void
}

const JobTableRow = memo(function JobTableRow({ row, index, measure, isOpen, onOpen }: JobTableRowProps) {
  const sold = row.role === 'provider'
  const Arrow = sold ? ArrowDownLeft : ArrowUpRight
  return (
    <TableRow ref={measure} data-index={index} aria-rowindex={index + 2} onClick={() => onOpen(row)} className={isOpen ? 'bg-hover' : ''}>
      <TableCell className="py-1">
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
        <span className="flex items-center gap-2 pl-6 pt-0.5 text-sm text-muted @min-[36rem]:hidden">
          <JobStateBadge job={row} />
          <SettlementMark settlement={row.settlement} iconOnly />
          <TimeAgo at={row.createdAt} />
        </span>
      </TableCell>
      <TableCell className={AT.medium}>
        {row.peerName ? (
          <span className="block truncate" title={row.peerName}>
            {row.peerName}
          </span>
        ) : (
          <code title={row.peer} className="block truncate whitespace-nowrap font-mono text-sm text-muted">
            {shortenId(row.peer)}
          </code>
        )}
      </TableCell>
      <TableCell className={joinClasses('truncate text-muted', AT.huge)} title={row.model}>
        {row.model ?? '–'}
      </TableCell>
      <TableCell className={AT.small}>
        <JobStateBadge job={row} />
      </TableCell>
      <TableCell className={AT.broad}>
        <SettlementMark settlement={row.settlement} />
      </TableCell>
      <TableCell numeric className={joinClasses('py-1', row.movedMsat === 0 ? 'text-muted' : 'font-medium')}>
        <JobMoney row={row} />
      </TableCell>
      <TableCell numeric className={joinClasses('text-muted', AT.large)}>
        {row.durationMs === undefined ? '–' : durationText(row.durationMs)}
      </TableCell>
      <TableCell numeric className={joinClasses('text-muted', AT.small)}>
        <TimeAgo at={row.createdAt} />
      </TableCell>
    </TableRow>
  )
})
