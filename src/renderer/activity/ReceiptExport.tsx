import { useState } from 'react'
import { toast } from 'sonner'
import type { JobReceipts } from '#shared/protocol/receiptFile.ts'
import { useClient, type SoukClient } from '#renderer/state/client.ts'
import { ReceiptMenu } from './ReceiptMenu.tsx'

const PAGE = 100

/** The receipts of every job as one file. */
export function ReceiptExport() {
  const client = useClient()
  const [busy, setBusy] = useState(false)
  const gather = async () => {
    setBusy(true)
    const jobs = await fetchAll(client)
    setBusy(false)
    if (typeof jobs === 'string') toast.error(`Nothing was exported. ${jobs}`)
    else if (jobs.length === 0) toast.info('There is no receipt yet. A job has one when it has ended and something was paid, locked or delivered.')
    else return jobs
    return null
  }
  return <ReceiptMenu label="Receipts" fileName="souk-receipts" busy={busy} gather={gather} />
}

/** All there are, or why not. */
async function fetchAll(client: SoukClient): Promise<JobReceipts[] | string> {
  const jobs: JobReceipts[] = []
  for (let before: { createdAt: number; jobId: string } | undefined; ; ) {
    const answer = await client.request('activity.exportReceipts', { limit: PAGE, ...(before === undefined ? {} : { before }) })
    if (!answer.ok) return answer.error.message
    jobs.push(...answer.value.jobs)
    const last = answer.value.jobs.at(-1)
    if (!answer.value.more || last === undefined) return jobs
    before = { createdAt: last.createdAt, jobId: last.jobId }
  }
}
