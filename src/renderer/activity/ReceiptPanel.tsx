import { BadgeCheck, TriangleAlert } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { JobRow } from '#shared/ipc/common.ts'
import { writeReceiptFile } from '#shared/protocol/receiptFile.ts'
import { useClient, type RequestOutput } from '#renderer/state/client.ts'
import { useConnection } from '#renderer/state/useConnection.ts'
import { Badge } from '#renderer/ui/Badge.tsx'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { Disclosure } from '#renderer/ui/Disclosure.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { ReceiptMenu } from './ReceiptMenu.tsx'

type Receipts = RequestOutput<'activity.receipts'>

/** What both sides signed at the end of a job: whether it holds, what it proves, and a file of it. */
export function ReceiptPanel({ job }: { job: JobRow }) {
  const { receipts, problem } = useReceipts(job)
  if (!job.final) return null
  if (problem !== undefined) return <ProblemNote message={`The receipt cannot be shown. ${problem}`} />
  if (receipts === undefined) return null
  if (receipts.receipts.length === 0) return <p className="flex min-h-7 items-center pl-5 text-muted">Receipt: none, since nothing was paid, locked or delivered</p>
  const kept = [{ jobId: job.jobId, role: job.role, receipts: receipts.receipts }]
  return (
    <section aria-label="Receipt" className="flex flex-col gap-1">
      <div className="flex flex-wrap items-center gap-2 pl-5">
        <h3 className="font-medium">Receipt</h3>
        {receipts.isGood ? (
          <Badge>
            <BadgeCheck aria-hidden size={14} className="mr-1" />
            Verified
          </Badge>
        ) : (
          <Badge tone="red">
            <TriangleAlert aria-hidden size={14} className="mr-1" />
            Does not hold
          </Badge>
        )}
        <span className="text-sm text-muted">{signersText(job, receipts)}</span>
        <span className="ml-auto flex items-center gap-1">
          <CopyButton text={writeReceiptFile(kept)} label="Copy the receipt" />
          <ReceiptMenu size="small" label="Download" fileName={`souk-receipt-${job.jobId}`} gather={() => Promise.resolve(kept)} />
        </span>
      </div>
      <Disclosure label="What it proves" open={!receipts.isGood}>
        <Findings findings={receipts.findings} />
      </Disclosure>
    </section>
  )
}

const VERDICTS = { proven: 'Proven', unproven: 'Not proven', contradicted: 'Contradicted' } as const

function Findings({ findings }: { findings: Receipts['findings'] }) {
  return (
    <dl className="flex flex-col gap-2">
      {findings.map(({ verdict, text }) => (
        <div key={`${verdict} ${text}`} className="grid gap-x-3 sm:grid-cols-[6rem_1fr]">
          <dt className={verdict === 'contradicted' ? 'text-danger' : verdict === 'proven' ? '' : 'text-muted'}>{VERDICTS[verdict]}</dt>
          <dd className="wrap-anywhere text-muted">{text}</dd>
        </div>
      ))}
    </dl>
  )
}

function signersText(job: JobRow, { receipts }: Receipts): string {
  const other = job.role === 'customer' ? 'the seller' : 'the customer'
  if (receipts.length > 1) return `Signed by you and ${other}`
  return receipts.some(({ pubkey }) => pubkey === job.peer) ? `Signed by ${other}` : 'Signed by you'
}

/** Asked for again whenever the job changes: one that has ended may go on. */
function useReceipts({ jobId, role, final, updatedAt }: JobRow): { receipts: Receipts | undefined; problem: string | undefined } {
  const client = useClient()
  const connection = useConnection()
  const [receipts, setReceipts] = useState<Receipts>()
  const [problem, setProblem] = useState<string>()
  useEffect(() => {
    if (!final || connection !== 'open') return
    let current = true
    const ask = async (_changedAt: number) => {
      const answer = await client.request('activity.receipts', { jobId, role })
      if (!current) return
      setProblem(answer.ok ? undefined : answer.error.message)
      if (answer.ok) setReceipts(answer.value)
    }
    void ask(updatedAt)
    return () => {
      current = false
    }
  }, [client, connection, jobId, role, final, updatedAt])
  return { receipts, problem }
}
