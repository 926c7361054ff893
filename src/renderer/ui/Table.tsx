import { ArrowDown, ArrowUp } from 'lucide-react'
import type { ComponentProps, ReactNode } from 'react'
import { joinClasses } from './joinClasses.ts'

export type SortDirection = 'ascending' | 'descending'

export interface TableProps {
  label: string
  className?: string
  /** A `colgroup` with the columns' widths, for rows of which only those in sight exist; else the rows' contents tell. */
  columns?: ReactNode
  /** With the header, when not every row exists. */
  rowCount?: number
  children: ReactNode
}

/** A plain table: rows of 36 px, hairlines, numbers right. It scrolls sideways in its own box, never the page. */
export function Table({ label, className, columns, rowCount, children }: TableProps) {
  return (
    <section aria-label={label} className={joinClasses('overflow-x-auto rounded-lg border border-line bg-surface', className)}>
      <table className={joinClasses('w-full border-collapse text-left', columns === undefined ? null : 'table-fixed')} aria-label={label} aria-rowcount={rowCount}>
        {columns}
        {children}
      </table>
    </section>
  )
}

export function TableHead({ children }: { children: ReactNode }) {
  return (
    <thead className="border-b border-line text-sm text-muted">
      <tr>{children}</tr>
    </thead>
  )
}

export interface HeaderCellProps {
  children?: ReactNode
  numeric?: boolean
  className?: string
  /** Given, the column sorts; `direction` is set on the one that does now. */
  onSort?: () => void
  direction?: SortDirection | undefined
}

export function HeaderCell({ children, numeric, className, onSort, direction }: HeaderCellProps) {
  const Arrow = direction === 'descending' ? ArrowDown : ArrowUp
  return (
    <th scope="col" aria-sort={direction ?? (onSort ? 'none' : undefined)} className={joinClasses('h-9 whitespace-nowrap px-3 font-medium', numeric ? 'text-right' : null, className)}>
      {onSort ? (
        <button type="button" onClick={onSort} className={joinClasses('inline-flex items-center gap-1 rounded-sm hover:text-text', numeric ? 'flex-row-reverse' : null, direction ? 'text-text' : null)}>
          {children}
          {direction ? <Arrow aria-hidden size={12} /> : null}
        </button>
      ) : (
        children
      )}
    </th>
  )
}

export function TableRow({ className, ...rest }: ComponentProps<'tr'>) {
  return <tr className={joinClasses('border-b border-line last:border-b-0', rest.onClick ? 'cursor-pointer hover:bg-hover' : null, className)} {...rest} />
}

/** In place of the rows that are not in sight. */
export function SpacerRow({ height }: { height: number }) {
  return height > 0 ? <tr aria-hidden style={{ height }} /> : null
}

export function TableCell({ numeric, className, ...rest }: ComponentProps<'td'> & { numeric?: boolean }) {
  return <td className={joinClasses('h-9 px-3', numeric ? 'whitespace-nowrap text-right' : null, className)} {...rest} />
}
