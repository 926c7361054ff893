import { useState } from 'react'
import type { JobRow } from '#shared/ipc/common.ts'
import { addMsat, formatSats, subtractMsat, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { useView } from '#renderer/state/view.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { ShortId } from '#renderer/ui/ShortId.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'
import { WriteOffDialog } from './WriteOffDialog.tsx'

/** Paid for and not delivered: each can be tried again, or closed once the customer was paid back. Then what answers needed less than was paid. */
export function DebtList({ debts, queue }: { debts: readonly JobRow[]; queue: readonly JobRow[] }) {
  const [writingOff, setWritingOff] = useState<JobRow>()
  const owedByUsMsat = useEngineSlice('wallet.status', (wallet) => wallet.owedByUsMsat) ?? ZERO_MSAT
  const total = addMsat(ZERO_MSAT, ...debts.map(owedOf))
  const credit = creditOf(owedByUsMsat, debts, queue)
  if (debts.length === 0 && credit === 0) return null
  return (
    <Section title="Owed" hint={debts.length === 0 ? undefined : `${formatSats(total)} sats were paid to you for answers that did not arrive.`}>
      {credit === 0 ? null : (
        <p className="text-muted">
          <Amount msat={credit} className="font-medium text-text" /> on credit: answers needed less than was paid. It is paid back when its customer comes again or asks for it.
        </p>
      )}
      {debts.length === 0 ? null : (
        <ul aria-label="Debts" className="flex flex-col divide-y divide-line rounded-lg border border-line bg-surface">
          {debts.map((debt) => (
            <DebtItem key={debt.jobId} debt={debt} onWriteOff={() => setWritingOff(debt)} />
          ))}
        </ul>
      )}
      <WriteOffDialog job={writingOff} close={() => setWritingOff(undefined)} />
    </Section>
  )
}

/** What the books owe beyond the jobs that are open. What one in the queue was paid is for the answer that it still makes. */
export function creditOf(owedByUsMsat: Msat, debts: readonly JobRow[], queue: readonly JobRow[]): Msat {
  const ofOpenMsat = addMsat(ZERO_MSAT, ...debts.map(owedOf), ...queue.map(owedMeanwhile))
  return owedByUsMsat > ofOpenMsat ? subtractMsat(owedByUsMsat, ofOpenMsat) : ZERO_MSAT
}

/** A deposit is owed until the sealed answer is out, and no row says so. */
function owedMeanwhile({ settlement, state, movedMsat, owedMsat }: JobRow): Msat {
  return owedMsat ?? (settlement === 'sealed' && (state === 'queued' || state === 'working') ? movedMsat : ZERO_MSAT)
}

/** Of a metered job, part of what was paid may have been delivered. */
export function owedOf({ owedMsat, movedMsat }: JobRow): Msat {
  return owedMsat ?? movedMsat
}

function DebtItem({ debt, onWriteOff }: { debt: JobRow; onWriteOff: () => void }) {
  const retry = useRequest('provider.retryJob', { toastProblem: true })
  const openTimeline = useView((view) => view.openTimeline)
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3 py-2">
      <div className="min-w-0 flex-1 basis-60">
        <p className="truncate" title={debt.promptPreview}>
          <Amount msat={owedOf(debt)} className="font-medium" />
          <span className="text-muted"> · {debt.promptPreview}</span>
        </p>
        <p className="text-sm text-danger">{debt.note}</p>
        <p className="flex flex-wrap items-center gap-x-2 text-sm text-muted">
          <ShortId id={debt.peer} name="the customer’s key" />
          <TimeAgo at={debt.createdAt} />
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        <Button size="small" variant="ghost" onClick={() => openTimeline(debt.jobId, 'provider')}>
          Timeline
        </Button>
        <Button size="small" onClick={onWriteOff}>
          Write off
        </Button>
        <Button size="small" variant="primary" busy={retry.busy} onClick={() => void retry.run({ jobId: debt.jobId })}>
          Retry
        </Button>
      </div>
    </li>
  )
}
