import type { JobRow } from '#shared/ipc/common.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { durationText } from '#renderer/ui/agoText.ts'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { PrivacyMark } from '#renderer/ui/PrivacyMark.tsx'
import { DIALECT_WORDS } from '#renderer/ui/privacyText.ts'
import { SettlementMark } from '#renderer/ui/SettlementMark.tsx'
import { ShortId } from '#renderer/ui/ShortId.tsx'
import { Words } from '#renderer/ui/Words.tsx'
import { Fact } from './Fact.tsx'
import { MoneyFacts } from './MoneyFacts.tsx'

const GRAVE = new Set<JobRow['state']>(['failed', 'owed'])

export function JobFacts({ job }: { job: JobRow }) {
  const sold = job.role === 'provider'
  return (
    <div className="flex flex-col gap-3">
      <p className="text-lg wrap-anywhere">{job.promptPreview}</p>
      {job.note ? <ProblemNote announced={false} level={GRAVE.has(job.state) ? 'danger' : job.state === 'payment-unknown' ? 'warning' : 'info'} message={<Words text={job.note} />} /> : null}
      <dl className="grid grid-cols-[repeat(auto-fill,minmax(10.5rem,1fr))] gap-x-4 gap-y-3">
        <Fact name={sold ? 'Customer' : 'Seller'}>
          {job.peerName ? <span className="block truncate">{job.peerName}</span> : null}
          <ShortId id={job.peer} name={sold ? 'the customer’s key' : 'the seller’s key'} />
        </Fact>
        <Fact name="Model">
          <span className="wrap-anywhere">{job.model ?? 'The seller’s choice'}</span>
        </Fact>
        <Fact name="Who can read it">
          <PrivacyMark privacy={job.privacy} />
          <span className="block text-sm text-muted">by {DIALECT_WORDS[job.dialect]}</span>
        </Fact>
        <Fact name="Price">
          <Amount msat={job.priceMsat} />
        </Fact>
        <Fact name={sold ? 'Earned' : 'Paid, with fee'}>
          <Amount msat={job.movedMsat} {...(sold && job.movedMsat > 0 ? { direction: 'in' as const } : {})} />
        </Fact>
        {sold ? null : (
          <Fact name="Fee">
            <Amount msat={job.feeMsat} />
          </Fact>
        )}
        <Fact name="Payment"><SettlementMark settlement={job.settlement} /></Fact>
        <MoneyFacts job={job} />
        {job.outputTokens === undefined ? null : (
          <Fact name="Tokens">
            {job.outputTokens.toLocaleString('en-US')}
            {job.tokensPerSecond === undefined ? '' : `, ${job.tokensPerSecond.toFixed(1)}/s`}
          </Fact>
        )}
        {job.durationMs === undefined ? null : <Fact name="Took">{durationText(job.durationMs)}</Fact>}
        <Fact name="Began">
          <time dateTime={new Date(job.createdAt).toISOString()}>{new Date(job.createdAt).toLocaleString()}</time>
        </Fact>
        <Fact name="Job">
          <ShortId id={job.jobId} name="the job’s id" />
        </Fact>
      </dl>
    </div>
  )
}

