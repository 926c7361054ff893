import { Eye, type LucideIcon } from 'lucide-react'
import { useEffect, useEffectEvent, useRef, type KeyboardEvent, type SyntheticEvent } from 'react'
import type { OfferRow } from '#shared/ipc/customer.ts'
import { HeaderCell, SpacerRow } from '#renderer/ui/Table.tsx'
import { useVirtualRows } from '#renderer/ui/useVirtualRows.ts'
import type { OfferColumn, OfferSort } from './offerRows.ts'
import { OfferTableRow, ROW_PX } from './OfferTableRow.tsx'

const PAGE_ROWS = 15
/** A row is cheap to show late and dear to build early. */
const OVERSCAN_ROWS = 6
/** Sorted otherwise, a row says something else, and nothing is built anew. One function throughout: another would have every row measured again. */
const byPlace = (index: number) => index

/** A column with an icon says its name only where there is room. */
const COLUMNS: readonly { column: OfferColumn; label: string; icon?: LucideIcon; numeric?: boolean; className?: string }[] = [
  { column: 'name', label: 'Seller', className: 'pl-4' },
  { column: 'models', label: 'Models', className: 'hidden @lg:table-cell' },
  { column: 'privacy', label: 'Who reads', icon: Eye, className: 'px-0 text-center @5xl:px-3 @5xl:text-left' },
  { column: 'price', label: 'Sats', numeric: true },
  { column: 'settles', label: 'Settled', className: 'hidden @5xl:table-cell' },
  { column: 'speed', label: 'Tokens/s', numeric: true, className: 'hidden @3xl:table-cell' },
  { column: 'history', label: 'Bought', numeric: true, className: 'hidden @3xl:table-cell' },
  { column: 'network', label: 'Network', className: 'hidden @6xl:table-cell' },
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
  /** Somebody points at the rows or walks through them: they are to stay where they are. */
  onHold: (held: boolean) => void
  /** The keys of the rows in sight. */
  onSight: (keys: readonly string[]) => void
}

/** A table of any length: only the rows in sight exist. Arrows move, Enter chooses. */
export function OfferTable({ rows, sort, onSort, openKey, onOpen, onUse, chosenKey, onHold, onSight }: OfferTableProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const pointed = useRef(false)
  const focused = useRef(false)
  const virtual = useVirtualRows({ count: rows.length, rowPx: ROW_PX, scroller, keyOf: byPlace, overscan: OVERSCAN_ROWS })
  const items = virtual.getVirtualItems()
  const first = items[0]
  const before = first?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  const openInSight = items.some((item) => rows[item.index]?.key === openKey)

  const tellSight = useEffectEvent(() => onSight(items.flatMap((item) => rows[item.index]?.key ?? [])))
  const release = useEffectEvent(() => onHold(false))
  const sight = `${first?.index} ${items.length} ${rows.length}`
  // oxlint-disable-next-line react/exhaustive-effect-dependencies -- told when what is in sight changed
  useEffect(() => tellSight(), [sight])
  useEffect(() => () => release(), [])

  const hold = (who: typeof pointed, on: boolean) => {
    who.current = on
    onHold(pointed.current || focused.current)
  }
  const indexOf = (event: SyntheticEvent) => {
    const text = event.target instanceof Element ? event.target.closest('tr')?.dataset['index'] : undefined
    return text === undefined ? -1 : Number(text)
  }
  const open = (event: SyntheticEvent) => {
    const row = rows[indexOf(event)]
    if (row) onOpen(row.key)
  }
  const use = (event: SyntheticEvent) => {
    const row = rows[indexOf(event)]
    if (row) onUse(row)
  }
  const moveTo = (index: number) => {
    const row = rows[index]
    if (!row) return
    onOpen(row.key)
    virtual.scrollToIndex(index)
    // The row may exist only after the scroll.
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"] button`)?.focus())
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const index = indexOf(event)
    const row = rows[index]
    if (!row) return
    const target = { ArrowDown: index + 1, ArrowUp: index - 1, PageDown: index + PAGE_ROWS, PageUp: index - PAGE_ROWS, Home: 0, End: rows.length - 1 }[event.key]
    if (event.key === 'Enter' && row.key === openKey) onUse(row)
    else if (target !== undefined) moveTo(Math.min(rows.length - 1, Math.max(0, target)))
    else return
    event.preventDefault()
  }

  return (
    <div ref={scroller} onPointerEnter={() => hold(pointed, true)} onPointerLeave={() => hold(pointed, false)} className="@container min-h-0 flex-1 overflow-auto">
      <table aria-label="Sellers" aria-rowcount={rows.length + 1} className="w-full table-fixed border-collapse text-left">
        <colgroup>
          <col />
          <col className="hidden w-[24%] @lg:table-column @6xl:w-[18%]" />
          <col className="w-9 @5xl:w-46" />
          <col className="w-18" />
          <col className="hidden w-28 @5xl:table-column" />
          <col className="hidden w-24 @3xl:table-column" />
          <col className="hidden w-28 @3xl:table-column" />
          <col className="hidden w-24 @6xl:table-column" />
          <col className="w-30" />
        </colgroup>
        <thead className="sticky top-0 z-10 bg-bg text-sm text-muted shadow-[inset_0_-1px_0_var(--line)]">
          <tr aria-rowindex={1}>
            {COLUMNS.map(({ column, label, icon: Icon, numeric, className }) => (
              <HeaderCell
                key={column}
                {...(numeric ? { numeric } : {})}
                {...(className ? { className } : {})}
                direction={sort.column === column ? (sort.descending ? 'descending' : 'ascending') : undefined}
                onSort={() => onSort({ column, descending: sort.column === column ? !sort.descending : column === 'settles' || (numeric === true && column !== 'price') })}
              >
                {Icon ? <Icon aria-hidden size={14} className="@5xl:hidden" /> : null}
                <span className={Icon ? 'sr-only @5xl:not-sr-only' : undefined}>{label}</span>
              </HeaderCell>
            ))}
          </tr>
        </thead>
        {/* The rows' buttons are what is focused and pressed; the table hears for all of them, so that a row renders only when it changed. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
        <tbody onClick={open} onDoubleClick={use} onKeyDown={onKeyDown} onFocus={() => hold(focused, true)} onBlur={() => hold(focused, false)}>
          <SpacerRow height={before} />
          {items.map((item) => {
            const row = rows[item.index]
            if (!row) return null
            const isOpen = row.key === openKey
            return <OfferTableRow key={item.index} offer={row} index={item.index} open={isOpen} chosen={row.key === chosenKey} tabStop={openInSight ? isOpen : item === first} />
          })}
          <SpacerRow height={after} />
        </tbody>
      </table>
    </div>
  )
}
