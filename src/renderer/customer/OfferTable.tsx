import { useRef, type KeyboardEvent, type ReactNode } from 'react'
import type { OfferRow } from '#shared/ipc/customer.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { HeaderCell } from '#renderer/ui/Table.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'
import { useVirtualRows } from '#renderer/ui/useVirtualRows.ts'
import { OfferMarks } from './OfferMarks.tsx'
import type { OfferColumn, OfferSort } from './offerRows.ts'

const ROW_PX = 36

const COLUMNS: readonly { column: OfferColumn; label: string; numeric?: boolean; className?: string }[] = [
  { column: 'name', label: 'Seller', className: 'pl-4' },
  { column: 'models', label: 'Models', className: 'hidden @lg:table-cell' },
  { column: 'price', label: 'Sats', numeric: true },
  { column: 'speed', label: 'Tokens/s', numeric: true, className: 'hidden @3xl:table-cell' },
  { column: 'history', label: 'Bought', numeric: true, className: 'hidden @3xl:table-cell' },
  { column: 'network', label: 'Network', className: 'hidden @5xl:table-cell' },
  { column: 'seen', label: 'Seen', numeric: true, className: 'pr-4' },
]

export interface OfferTableProps {
  rows: readonly OfferRow[]
  sort: OfferSort
  onSort: (sort: OfferSort) => void
  openKey: string | undefined
  onOpen: (key: string) => void
  onUse: (offer: OfferRow) => void
  chosenKey: string | undefined
}

/** A table of any length: only the rows in sight exist. Arrows move, Enter chooses. */
export function OfferTable({ rows, sort, onSort, openKey, onOpen, onUse, chosenKey }: OfferTableProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualRows({ count: rows.length, rowPx: ROW_PX, scroller, keyOf: (index) => rows[index]?.key ?? index })
  const items = virtual.getVirtualItems()
  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)

  const moveTo = (index: number) => {
    const row = rows[index]
    if (!row) return
    onOpen(row.key)
    virtual.scrollToIndex(index)
    // The row may exist only after the scroll.
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"] button`)?.focus())
  }
  const onKeyDown = (event: KeyboardEvent, index: number, row: OfferRow) => {
    const target = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: rows.length - 1 }[event.key]
    if (event.key === 'Enter' && row.key === openKey) onUse(row)
    else if (target !== undefined) moveTo(Math.min(rows.length - 1, Math.max(0, target)))
    else return
    event.preventDefault()
  }

  return (
    <div ref={scroller} className="@container min-h-0 flex-1 overflow-auto">
      <table aria-label="Sellers" aria-rowcount={rows.length + 1} className="w-full table-fixed border-collapse text-left">
        <colgroup>
          <col />
          <col className="hidden w-[26%] @lg:table-column" />
          <col className="w-18" />
          <col className="hidden w-24 @3xl:table-column" />
          <col className="hidden w-28 @3xl:table-column" />
          <col className="hidden w-24 @5xl:table-column" />
          <col className="w-26" />
        </colgroup>
        <thead className="sticky top-0 z-10 bg-bg text-sm text-muted shadow-[inset_0_-1px_0_var(--line)]">
          <tr aria-rowindex={1}>
            {COLUMNS.map(({ column, label, numeric, className }) => (
              <HeaderCell
                key={column}
                {...(numeric ? { numeric } : {})}
                {...(className ? { className } : {})}
                direction={sort.column === column ? (sort.descending ? 'descending' : 'ascending') : undefined}
                onSort={() => onSort({ column, descending: sort.column === column ? !sort.descending : numeric === true && column !== 'price' })}
              >
                {label}
              </HeaderCell>
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer height={before} />
          {items.map((item) => {
            const row = rows[item.index]
            if (!row) return null
            return (
              <tr
                key={item.key}
                data-index={item.index}
                aria-rowindex={item.index + 2}
                aria-selected={row.key === openKey}
                onClick={() => onOpen(row.key)}
                onDoubleClick={() => onUse(row)}
                style={{ height: ROW_PX }}
                className={joinClasses('cursor-pointer border-b border-line', row.key === openKey ? 'bg-hover shadow-[inset_2px_0_0_var(--accent)]' : 'hover:bg-hover')}
              >
                <Cell className="pl-4">
                  <span className="flex items-center gap-2">
                    <button type="button" onKeyDown={(event) => onKeyDown(event, item.index, row)} className={joinClasses('truncate rounded-sm text-left', row.unavailable ? 'text-muted' : 'font-medium')}>
                      {row.name}
                    </button>
                    <OfferMarks offer={row} chosen={row.key === chosenKey} />
                  </span>
                </Cell>
                <Cell className="hidden text-muted @lg:table-cell">
                  <span className="block truncate" title={row.models.join(', ')}>
                    {row.models.join(', ') || 'not said'}
                  </span>
                </Cell>
                <Cell numeric>{row.priceMsat === undefined ? '–' : <Amount msat={row.priceMsat} bare />}</Cell>
                <Cell numeric className="hidden text-muted @3xl:table-cell">
                  {row.history.tokensPerSecond?.toFixed(1) ?? '–'}
                </Cell>
                <Cell numeric className="hidden text-muted @3xl:table-cell">
                  {row.history.done}
                  {row.history.failed > 0 ? <span title="ended badly"> · {row.history.failed} failed</span> : null}
                </Cell>
                <Cell className="hidden text-muted @5xl:table-cell">{row.network ?? '–'}</Cell>
                <Cell numeric className="pr-4 text-muted">
                  <TimeAgo at={row.announcedAt} />
                </Cell>
              </tr>
            )
          })}
          <Spacer height={after} />
        </tbody>
      </table>
    </div>
  )
}

function Cell({ numeric, className, children }: { numeric?: boolean; className?: string; children: ReactNode }) {
  return <td className={joinClasses('overflow-hidden px-3', numeric ? 'whitespace-nowrap text-right' : null, className)}>{children}</td>
}

function Spacer({ height }: { height: number }) {
  return height > 0 ? (
    <tr aria-hidden style={{ height }} />
  ) : null
}
