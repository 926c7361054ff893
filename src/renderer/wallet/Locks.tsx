import type { Msat } from '#shared/market/msat.ts'
import type { Snapshot } from '#renderer/state/client.ts'
import { useNow } from '#renderer/state/useNow.ts'
import { useView } from '#renderer/state/view.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { JobStateBadge } from '#renderer/ui/JobStateBadge.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { shortenId } from '#renderer/ui/shortenId.ts'
import { HeaderCell, Table, TableCell, TableHead, TableRow } from '#renderer/ui/Table.tsx'
import { feeWords, returnsText } from './lockText.ts'

type Lock = Snapshot<'wallet.status'>['locks'][string]

/** The wallet's state has at most so many: those that go back first. */
const MAX_SHOWN = 100

/** Each lock with its job: how much, for whom, and when it goes back. Nothing while nothing is locked. */
export function Locks({ locks, lockedMsat }: { locks: Readonly<Record<string, Lock>>; lockedMsat: Msat }) {
  const now = useNow()
  const rows = Object.entries(locks).sort(([, a], [, b]) => (a.until ?? Infinity) - (b.until ?? Infinity))
  if (rows.length === 0) return null
  return (
    <Section title="Locked now" hint={rows.length >= MAX_SHOWN ? `The ${MAX_SHOWN} that go back first.` : `Money that a job holds. It is claimed for the answer, or goes back by itself.${feeWords(Object.values(locks), lockedMsat)}`}>
      <Table label="Locks">
        <TableHead>
          <HeaderCell>Job</HeaderCell>
          <HeaderCell className="hidden sm:table-cell">State</HeaderCell>
          <HeaderCell>Goes back</HeaderCell>
          <HeaderCell numeric>Sats</HeaderCell>
        </TableHead>
        <tbody>
          {rows.map(([key, lock]) => (
            <LockRow key={key} lock={lock} now={now} />
          ))}
        </tbody>
      </Table>
    </Section>
  )
}

function LockRow({ lock: { jobId, role, state, amountMsat, until, awaitsRelease }, now }: { lock: Lock; now: number }) {
  const openTimeline = useView((view) => view.openTimeline)
  const text = returnsText(until, now, role)
  const job = { role, state, final: false, lockedMsat: amountMsat, awaitsRelease }
  return (
    <TableRow>
      <TableCell className="py-1">
        <button type="button" title={jobId} onClick={() => openTimeline(jobId, role)} className="whitespace-nowrap rounded-sm font-mono text-sm underline decoration-line-strong underline-offset-2 hover:text-text">
          {shortenId(jobId)}
        </button>
        <span className="block text-sm text-muted">{role === 'customer' ? 'By you' : 'For you'}</span>
        <span className="block pt-0.5 sm:hidden">
          <JobStateBadge job={job} />
        </span>
      </TableCell>
      <TableCell className="hidden sm:table-cell">
        <JobStateBadge job={job} />
      </TableCell>
      <TableCell className="text-sm text-muted">{until === undefined ? text : <time dateTime={new Date(until).toISOString()} title={new Date(until).toLocaleString()}>{text}</time>}</TableCell>
      <TableCell numeric className="font-medium">
        <Amount msat={amountMsat} bare />
      </TableCell>
    </TableRow>
  )
}
