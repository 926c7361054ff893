import { ArrowDownLeft, ArrowUpRight, ReceiptText } from 'lucide-react'
import type { PaymentRow } from '#shared/ipc/wallet.ts'
import { useClient, type SoukClient } from '#renderer/state/client.ts'
import { useView } from '#renderer/state/view.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { Badge, type BadgeTone } from '#renderer/ui/Badge.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { EmptyState } from '#renderer/ui/EmptyState.tsx'
import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { shortenId } from '#renderer/ui/shortenId.ts'
import { SkeletonRows } from '#renderer/ui/Skeleton.tsx'
import { HeaderCell, Table, TableCell, TableHead, TableRow } from '#renderer/ui/Table.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'
import { toCsv, toJson } from './exportHistory.ts'
import { ExportMenu } from './ExportMenu.tsx'
import { keyOf, stateWord } from './paymentRows.ts'
import { useHistory } from './useHistory.ts'

const EXPORT_PAGE = 200
const MAX_EXPORT = 100_000

const TONES: Record<PaymentRow['state'], BadgeTone> = { settled: 'neutral', pending: 'amber', held: 'violet', failed: 'neutral', expired: 'neutral' }

export function History() {
  const client = useClient()
  const { rows, more, loadingMore, problem, loadMore, reload } = useHistory()
  return (
    <Section title="The wallet’s own list" hint="As the wallet tells it, also of what was not sent from here." action={rows && rows.length > 0 ? <ExportMenu label="Export the wallet’s list" fileName="souk-payments" gather={() => fetchAll(client)} toCsv={toCsv} toJson={toJson} /> : null}>
      {problem ? (
        <ProblemNote
          message={`The wallet’s list could not be read. ${problem.message}`}
          action={
            <Button size="small" onClick={reload}>
              Try again
            </Button>
          }
        />
      ) : null}
      {rows === undefined ? (
        problem ? null : (
          <SkeletonRows label="Loading the wallet’s list" />
        )
      ) : rows.length === 0 ? (
        <EmptyState icon={ReceiptText} title="No payment yet">
          What you earn, receive, pay and send is listed here.
        </EmptyState>
      ) : (
        <>
          <Table label="Payments">
            <TableHead>
              <HeaderCell>Payment</HeaderCell>
              <HeaderCell className="hidden sm:table-cell">State</HeaderCell>
              <HeaderCell className="hidden sm:table-cell">Job</HeaderCell>
              <HeaderCell numeric>Sats</HeaderCell>
              <HeaderCell numeric className="hidden sm:table-cell">
                Fee
              </HeaderCell>
              <HeaderCell numeric className="hidden sm:table-cell">
                When
              </HeaderCell>
            </TableHead>
            <tbody>
              {rows.map((row) => (
                <HistoryRow key={keyOf(row)} row={row} />
              ))}
            </tbody>
          </Table>
          {more ? (
            <Button className="self-center" busy={loadingMore} onClick={loadMore}>
              Load more
            </Button>
          ) : null}
        </>
      )}
    </Section>
  )
}

function HistoryRow({ row }: { row: PaymentRow }) {
  const openTimeline = useView((view) => view.openTimeline)
  const incoming = row.direction === 'incoming'
  const Arrow = incoming ? ArrowDownLeft : ArrowUpRight
  const moved = row.state === 'settled'
  const { jobId } = row
  const openJob = () => (jobId === undefined ? undefined : openTimeline(jobId, incoming ? 'provider' : 'customer'))
  return (
    <TableRow>
      <TableCell className="w-full max-w-0 py-1">
        <span className="flex items-center gap-2">
          <Arrow aria-hidden size={16} className={moved && incoming ? 'text-money' : 'text-muted'} />
          <span className="sr-only">{incoming ? 'In:' : 'Out:'}</span>
          <span className="truncate" title={row.description}>
            {row.description || <span className="text-muted">{jobId ? 'Job' : 'No note'}</span>}
          </span>
        </span>
        {/* What the columns say on a wider page. */}
        <span className="flex items-center gap-2 pl-6 text-sm text-muted sm:hidden">
          {stateWord(row)}
          <span aria-hidden>·</span>
          <TimeAgo at={row.createdAt} />
          {jobId === undefined ? null : (
            <button type="button" onClick={openJob} className="rounded-sm underline underline-offset-2">
              Job
            </button>
          )}
        </span>
      </TableCell>
      <TableCell className="hidden sm:table-cell">
        <Badge tone={TONES[row.state]}>{stateWord(row)}</Badge>
      </TableCell>
      <TableCell className="hidden whitespace-nowrap sm:table-cell">
        {jobId === undefined ? (
          <span className="text-faint">–</span>
        ) : (
          <button type="button" title={jobId} onClick={openJob} className="rounded-sm font-mono text-sm text-muted underline decoration-line-strong underline-offset-2 hover:text-text">
            {shortenId(jobId)}
          </button>
        )}
      </TableCell>
      <TableCell numeric className={joinClasses(moved ? 'font-medium' : 'text-muted')}>
        <Amount msat={row.amountMsat} bare {...(moved ? { direction: incoming ? ('in' as const) : ('out' as const) } : {})} />
      </TableCell>
      <TableCell numeric className="hidden text-muted sm:table-cell">
        {row.feeMsat === 0 ? '–' : <Amount msat={row.feeMsat} bare />}
      </TableCell>
      <TableCell numeric className="hidden text-muted sm:table-cell">
        <TimeAgo at={row.createdAt} />
      </TableCell>
    </TableRow>
  )
}

/** Every row there is, or why not. */
async function fetchAll(client: SoukClient): Promise<PaymentRow[] | string> {
  const rows = new Map<string, PaymentRow>()
  for (let offset = 0; offset < MAX_EXPORT; ) {
    const answer = await client.request('wallet.history', { offset, limit: EXPORT_PAGE })
    if (!answer.ok) return answer.error.message
    for (const row of answer.value.rows) rows.set(keyOf(row), row)
    offset += answer.value.rows.length
    if (!answer.value.more || answer.value.rows.length === 0) break
  }
  return [...rows.values()]
}
