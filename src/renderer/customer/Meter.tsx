import type { JobRow } from '#shared/ipc/common.ts'
import { formatSats, subtractMsat } from '#shared/market/msat.ts'
import { Progress } from '#renderer/ui/Progress.tsx'

/** A running meter: sats so far of the most that it may cost, and what they are for. */
export function Meter({ job }: { job: JobRow }) {
  const { payments = 0, paidTokens = 0 } = job.metered ?? {}
  const spent = subtractMsat(job.movedMsat, job.feeMsat)
  return (
    <div className="flex w-full flex-wrap items-center gap-x-3 gap-y-1 tabular-nums">
      <Progress label="Sats paid of the most it may cost" value={job.priceMsat === 0 ? 0 : spent / job.priceMsat} className="min-w-24 flex-1 basis-24" />
      <span className="whitespace-nowrap">
        {formatSats(spent)} of at most {formatSats(job.priceMsat)} sats
      </span>
      <span className="whitespace-nowrap">{payments === 0 ? 'no tick paid yet' : `tick ${payments}, ${paidTokens.toLocaleString('en-US')} tokens paid`}</span>
    </div>
  )
}
