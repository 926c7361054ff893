import { CircleCheck, CircleDashed, TriangleAlert } from 'lucide-react'
import { useEffect, useState, type ReactNode } from 'react'
import { useClient, type RequestOutput, type Snapshot } from '#renderer/state/client.ts'
import { useConnection } from '#renderer/state/useConnection.ts'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { TimeAgo } from '#renderer/ui/TimeAgo.tsx'
import { agreementOf, signedSats } from './agreement.ts'
import { EntryTable } from './EntryTable.tsx'

type Explanation = RequestOutput<'wallet.explain'>

const MARKS = {
  agree: { icon: CircleCheck, tone: 'text-muted' },
  differ: { icon: TriangleAlert, tone: 'text-accent-text' },
  'not-yet': { icon: CircleDashed, tone: 'text-muted' },
} as const

/** One line: do wallet and books agree. Opened: what the last look compared, and what looks have explained so far. */
export function AgreementLine({ wallet }: { wallet: Snapshot<'wallet.status'> }) {
  const [isOpen, setIsOpen] = useState(false)
  const { state, line } = agreementOf(wallet)
  const { icon: Icon, tone } = MARKS[state]
  return (
    <details onToggle={(event) => setIsOpen(event.currentTarget.open)} className="rounded-lg border border-line bg-surface">
      <summary className="flex min-h-9 cursor-pointer flex-wrap items-center gap-x-2 px-4 py-2">
        <Icon aria-hidden size={16} className={tone} />
        <span className="min-w-0 flex-1 basis-48">{line}</span>
        {wallet.reconciledAt === undefined ? null : (
          <span className="text-sm text-muted">
            <TimeAgo at={wallet.reconciledAt} prefix="Compared " />
          </span>
        )}
        <span className="text-sm text-muted underline decoration-line-strong underline-offset-2">{isOpen ? 'Close' : 'Show how'}</span>
      </summary>
      {isOpen ? <Explained at={wallet.reconciledAt} /> : null}
    </details>
  )
}

function Explained({ at }: { at: number | undefined }) {
  const { explanation, problem } = useExplanation(at)
  if (problem !== undefined) return <ProblemNote message={`The comparison could not be read. ${problem}`} className="m-4 mt-0" />
  if (explanation === undefined) return <p className="px-4 pb-3 text-sm text-muted">Reading the books</p>
  const { last, explained } = explanation
  return (
    <div className="flex flex-col gap-4 border-t border-line px-4 py-3">
      {last === undefined ? (
        <p className="text-muted">No look at the wallet has ended yet.</p>
      ) : (
        <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-5">
          <Figure name="The wallet says" msat={last.walletMsat} />
          <Figure name="The books say" msat={last.booksMsat} />
          <Figure name="Under way" msat={last.underWayMsat} note="May still be in the wallet" />
          <Figure name="Expected" msat={last.expectedMsat} note="A job is about to write it" />
          <Figure name="Unexplained" msat={last.unexplainedMsat} />
        </dl>
      )}
      <div className="flex flex-col gap-2">
        <h2 className="font-medium">What looks at the wallet have explained</h2>
        {explained.length === 0 ? <p className="text-sm text-muted">Nothing had to be explained: every sat that moved was booked from here.</p> : <EntryTable label="Explained differences" rows={explained} />}
      </div>
    </div>
  )
}

function Figure({ name, msat, note }: { name: string; msat: number; note?: ReactNode }) {
  return (
    <div title={`${msat.toLocaleString('en-US')} msat`}>
      <dt className="text-sm text-muted">{name}</dt>
      <dd className="font-medium">{signedSats(msat)} sats</dd>
      {note ? <dd className="text-sm text-muted">{note}</dd> : null}
    </div>
  )
}

/** Asked for again after each look at the wallet. */
function useExplanation(at: number | undefined): { explanation: Explanation | undefined; problem: string | undefined } {
  const client = useClient()
  const connection = useConnection()
  const [explanation, setExplanation] = useState<Explanation>()
  const [problem, setProblem] = useState<string>()
  useEffect(() => {
    if (connection !== 'open') return
    let current = true
    const ask = async (_lookedAt: number | undefined) => {
      const answer = await client.request('wallet.explain', {})
      if (!current) return
      setProblem(answer.ok ? undefined : answer.error.message)
      if (answer.ok) setExplanation(answer.value)
    }
    void ask(at)
    return () => {
      current = false
    }
  }, [client, connection, at])
  return { explanation, problem }
}
