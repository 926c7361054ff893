import type { Msat } from '#shared/market/msat.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { HeaderCell, Table, TableCell, TableHead, TableRow } from '#renderer/ui/Table.tsx'
import { dayText } from './dayText.ts'

/** The chart's numbers as numbers, the newest day first. */
export function EarningsTable({ days }: { days: readonly { day: string; earnedMsat: Msat; jobs: number }[] }) {
  const worked = days.filter((day) => day.jobs > 0 || day.earnedMsat > 0).toReversed()
  return (
    <Table label="Earnings by day">
      <TableHead>
        <HeaderCell>Day</HeaderCell>
        <HeaderCell numeric>Jobs</HeaderCell>
        <HeaderCell numeric>Sats</HeaderCell>
      </TableHead>
      <tbody>
        {worked.length === 0 ? (
          <TableRow>
            <TableCell colSpan={3} className="text-muted">
              Nothing was earned in these days.
            </TableCell>
          </TableRow>
        ) : null}
        {worked.map(({ day, earnedMsat, jobs }) => (
          <TableRow key={day}>
            <TableCell>{dayText(day)}</TableCell>
            <TableCell numeric>{jobs}</TableCell>
            <TableCell numeric>
              <Amount msat={earnedMsat} bare />
            </TableCell>
          </TableRow>
        ))}
      </tbody>
    </Table>
  )
}
