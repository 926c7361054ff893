import { Fragment } from 'react'
import type { BookEntryRow } from '#shared/ipc/books.ts'
import { formatSats, msat } from '#shared/market/msat.ts'
import { useView } from '#renderer/state/view.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { Badge } from '#renderer/ui/Badge.tsx'
import { shortenId } from '#renderer/ui/shortenId.ts'
import { HeaderCell, Table, TableCell, TableHead, TableRow } from '#renderer/ui/Table.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'
import { isMoneyIn, KIND_WORDS, movesOf, type NamedAmount } from './bookText.ts'

/** What tells two jobs apart; the whole id is in the title, and in the job's own timeline. */
const SHOWN_OF_ID = 8

/** Entries of the books: why, between which accounts, for which job, and what it did to the wallet. */
export function EntryTable({ label, rows }: { label: string; rows: readonly BookEntryRow[] }) {
  return (
    <Table label={label}>
      <TableHead>
        <HeaderCell>Why</HeaderCell>
        <HeaderCell className="hidden wide:table-cell">Accounts</HeaderCell>
        <HeaderCell className="hidden sm:table-cell">Job</HeaderCell>
        <HeaderCell numeric>Wallet, sats</HeaderCell>
        <HeaderCell numeric className="hidden sm:table-cell">
          When
        </HeaderCell>
      </TableHead>
      <tbody>
        {rows.map((row) => (
          <EntryRow key={row.id} row={row} />
        ))}
      </tbody>
    </Table>
  )
}

function EntryRow({ row }: { row: BookEntryRow }) {
  const change = row.moves.wallet ?? 0
  return (
    <TableRow>
      <TableCell className="py-1.5">
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="min-w-0 wrap-anywhere">{row.reason}</span>
          {row.kind === 'job' ? null : <Badge tone={row.kind === 'adjustment' ? 'amber' : 'neutral'}>{KIND_WORDS[row.kind]}</Badge>}
        </span>
        {/* What the columns say on a wider page. */}
        <span className="block text-sm text-muted wide:hidden">
          <Moves row={row} />
        </span>
        <span className="flex items-center gap-2 text-sm text-muted sm:hidden">
          <TimeAgo at={row.at} />
          <JobLink row={row} word="Job" />
        </span>
      </TableCell>
      <TableCell className="hidden text-sm text-muted wide:table-cell">
        <Moves row={row} />
      </TableCell>
      <TableCell className="hidden sm:table-cell">{row.jobId === undefined ? <span className="text-faint">–</span> : <JobLink row={row} />}</TableCell>
      <TableCell numeric className={change === 0 ? 'text-muted' : 'font-medium'}>
        {change === 0 ? '0' : <WalletChange row={row} change={change} />}
      </TableCell>
      <TableCell numeric className="hidden text-muted sm:table-cell">
        <TimeAgo at={row.at} />
      </TableCell>
    </TableRow>
  )
}

function WalletChange({ row, change }: { row: BookEntryRow; change: number }) {
  const amount = msat(Math.abs(change))
  if (change < 0 || isMoneyIn(row)) return <Amount msat={amount} bare direction={change > 0 ? 'in' : 'out'} />
  return (
    <span>
      +<Amount msat={amount} bare />
    </span>
  )
}

/** "Wallet → Spent 10, Fees 0.01": an amount once where it is the same on both sides. */
function Moves({ row }: { row: BookEntryRow }) {
  const { from, into } = movesOf(row)
  return (
    <>
      <Names amounts={from} withAmount={from.length > 1} />
      <span aria-hidden> → </span>
      <span className="sr-only"> to </span>
      <Names amounts={into} withAmount />
    </>
  )
}

function Names({ amounts, withAmount }: { amounts: readonly NamedAmount[]; withAmount: boolean }) {
  return amounts.map(({ name, msat: amount }, place) => (
    <Fragment key={name}>
      {place === 0 ? '' : ', '}
      <span className="whitespace-nowrap" title={`${amount.toLocaleString('en-US')} msat`}>
        {name}
        {withAmount ? ` ${formatSats(amount)}` : ''}
      </span>
    </Fragment>
  ))
}

function JobLink({ row: { jobId, role = 'customer' }, word }: { row: BookEntryRow; word?: string }) {
  const openTimeline = useView((view) => view.openTimeline)
  if (jobId === undefined) return null
  return (
    <button type="button" title={jobId} aria-label={`Job ${shortenId(jobId)}`} onClick={() => openTimeline(jobId, role)} className="whitespace-nowrap rounded-sm text-sm text-muted underline decoration-line-strong underline-offset-2 hover:text-text">
      {word ?? <span className="font-mono">…{jobId.slice(-SHOWN_OF_ID)}</span>}
    </button>
  )
}
