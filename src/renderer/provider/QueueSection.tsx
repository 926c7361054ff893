import { useState } from 'react'
import type { JobRow } from '#shared/ipc/common.ts'
import type { Snapshot } from '#renderer/state/client.ts'
import { Section } from '#renderer/ui/Section.tsx'
import { HeaderCell, Table, TableHead } from '#renderer/ui/Table.tsx'
import { CancelDialog } from './CancelDialog.tsx'
import { DebtList } from './DebtList.tsx'
import { orderQueue } from './orderQueue.ts'
import { QueueRow } from './QueueRow.tsx'

/** Jobs under way, then what is owed. */
export function QueueSection({ provider }: { provider: Snapshot<'provider.status'> }) {
  const [cancelling, setCancelling] = useState<JobRow>()
  const { live, debts } = orderQueue(Object.values(provider.jobs))
  return (
    <>
      <Section title="Queue" {...(live.length === 0 ? { hint: provider.selling === 'on' ? 'Nobody is waiting. Requests appear here as they come.' : 'Requests appear here while you sell.' } : {})}>
        {live.length === 0 ? null : (
          <Table label="Jobs under way">
            <TableHead>
              <HeaderCell>Customer</HeaderCell>
              <HeaderCell className="hidden sm:table-cell">Request</HeaderCell>
              <HeaderCell className="hidden wide:table-cell">Model</HeaderCell>
              <HeaderCell>State</HeaderCell>
              <HeaderCell numeric className="hidden wide:table-cell">
                Tokens/s
              </HeaderCell>
              <HeaderCell className="hidden sm:table-cell">Progress</HeaderCell>
              <HeaderCell numeric>
                <span className="sr-only">Actions</span>
              </HeaderCell>
            </TableHead>
            <tbody>
              {live.map((job) => (
                <QueueRow key={job.jobId} job={job} maxTokens={provider.terms.maxTokens} onCancel={() => setCancelling(job)} />
              ))}
            </tbody>
          </Table>
        )}
      </Section>
      <DebtList debts={debts} queue={live} />
      <CancelDialog job={cancelling} current={cancelling ? provider.jobs[cancelling.jobId] : undefined} close={() => setCancelling(undefined)} />
    </>
  )
}
