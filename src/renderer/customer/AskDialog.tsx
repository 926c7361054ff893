import type { ReactNode } from 'react'
import type { Problem } from '#shared/market/result.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Dialog } from '#renderer/ui/Dialog.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { SETTLEMENT_WORDS } from '#renderer/ui/settlementText.ts'
import { satsText } from './CostLine.tsx'
import type { Quote } from './quoteAsker.ts'

export interface AskDialogProps {
  /** Undefined: closed. */
  quote: Quote | undefined
  busy: boolean
  problem: Problem | undefined
  onConfirm: () => void
  onClose: () => void
}

/** The sum, the seller, how it is settled and what is at risk: read before anything is asked. */
export function AskDialog({ quote, busy, problem, onConfirm, onClose }: AskDialogProps) {
  if (!quote) return null
  const refusal = problem?.message ?? quote.problem
  const upTo = quote.offer === undefined || quote.settlement === 'metered' ? 'up to ' : ''
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      size="small"
      title={`Ask for ${upTo}${satsText(quote.priceMsat)}?`}
      description={quote.risk.sentence}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" busy={busy} disabled={quote.problem !== undefined} onClick={onConfirm}>
            Ask for {upTo}
            {satsText(quote.priceMsat)}
          </Button>
        </>
      }
    >
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        <Fact name="Seller">{quote.offer?.name ?? 'Anyone who offers to answer'}</Fact>
        <Fact name="Settled">{SETTLEMENT_WORDS[quote.settlement].short}</Fact>
        <Fact name="At risk">
          <span className="font-medium">{satsText(quote.risk.riskMsat)}</span>
        </Fact>
        {quote.maxFeeMsat === 0 ? null : <Fact name={quote.settlement === 'metered' ? 'Fee of a payment' : 'Fee'}>up to {satsText(quote.maxFeeMsat)}</Fact>}
      </dl>
      {refusal === undefined ? null : <ProblemNote level={problem ? 'danger' : 'warning'} message={refusal} className="mt-3" />}
    </Dialog>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </>
  )
}
