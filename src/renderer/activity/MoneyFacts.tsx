import type { JobRow } from '#shared/ipc/common.ts'
import { debtOf } from '#shared/ipc/debt.ts'
import { ZERO_MSAT } from '#shared/market/msat.ts'
import { useNow } from '#renderer/state/useNow.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { bytesText } from '#renderer/ui/bytesText.ts'
import { returnsText } from '#renderer/wallet/lockText.ts'
import { isSure } from './debt.ts'
import { Fact } from './Fact.tsx'

/** What of a job's money is not settled: locked, owed, under seal, on credit. Only what there is. */
export function MoneyFacts({ job }: { job: JobRow }) {
  const now = useNow()
  const sold = job.role === 'provider'
  const { lockedMsat = ZERO_MSAT, lockedUntil, creditMsat = ZERO_MSAT, paidBackMsat = ZERO_MSAT, sealed } = job
  const owedMsat = debtOf(job)
  return (
    <>
      {lockedMsat === 0 ? null : (
        <Fact name={sold ? 'Locked for you' : 'Locked'} note={lockedUntil === undefined ? returnsText(undefined, now, job.role) : <time dateTime={new Date(lockedUntil).toISOString()} title={new Date(lockedUntil).toLocaleString()}>{returnsText(lockedUntil, now, job.role)}</time>}>
          <Amount msat={lockedMsat} className="text-violet" />
        </Fact>
      )}
      {owedMsat === 0 ? null : (
        <Fact name={sold ? 'You owe' : isSure(job) ? 'Owed to you' : 'Perhaps owed to you'} note={sold ? 'Paid, and not delivered' : isSure(job) ? 'Paid for, and not delivered' : 'Paid for, and stopped before it came'}>
          <Amount msat={owedMsat} className="font-medium text-danger" />
        </Fact>
      )}
      {paidBackMsat === 0 ? null : (
        <Fact name="Paid back" note={sold ? 'To the customer, since' : 'To you, since'}>
          <Amount msat={paidBackMsat} />
        </Fact>
      )}
      {sealed === undefined ? null : (
        <Fact name="Under seal" note={sealed.until === undefined ? undefined : sealed.until <= now ? 'It can no longer be opened' : `Can be opened until ${new Date(sealed.until).toLocaleTimeString()}`}>
          {bytesText(sealed.bytes)}, opens for <Amount msat={sealed.openMsat} />
        </Fact>
      )}
      {creditMsat === 0 ? null : (
        <Fact name="On credit" note="Made before it is paid">
          <Amount msat={creditMsat} />
        </Fact>
      )}
    </>
  )
}
