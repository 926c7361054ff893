import { useCallback, useEffect, useState } from 'react'
import { toast } from 'sonner'
import type { DepositRow } from '#shared/ipc/onchain.ts'
import { formatSats, type Msat } from '#shared/market/msat.ts'
import { useClient } from '#renderer/state/client.ts'
import { useConnection } from '#renderer/state/useConnection.ts'
import { useEngineEvent } from '#renderer/state/useEngineEvent.ts'
import { useRequest } from '#renderer/state/useRequest.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { Badge } from '#renderer/ui/Badge.tsx'
import { Button } from '#renderer/ui/Button.tsx'
import { ConfirmDialog } from '#renderer/ui/ConfirmDialog.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { ShortId } from '#renderer/ui/ShortId.tsx'

const keyOf = ({ txId, vout }: DepositRow) => `${txId}:${vout}`

/** What has arrived and waits to be claimed. Nothing while nothing waits. */
export function DepositList() {
  const { deposits, problem, reload } = useDeposits()
  if (problem !== undefined) {
    return (
      <ProblemNote
        message={`Deposits could not be read. ${problem}`}
        action={
          <Button size="small" onClick={reload}>
            Try again
          </Button>
        }
      />
    )
  }
  if (deposits === undefined || deposits.length === 0) return null
  return (
    <ul aria-label="Deposits to claim" className="flex flex-col divide-y divide-line rounded-lg border border-line bg-surface">
      {deposits.map((deposit) => (
        <DepositItem key={keyOf(deposit)} deposit={deposit} reload={reload} />
      ))}
    </ul>
  )
}

function DepositItem({ deposit, reload }: { deposit: DepositRow; reload: () => void }) {
  const quote = useRequest('onchain.quoteClaim', { toastProblem: true })
  const claim = useRequest('onchain.claim')
  const [feeMsat, setFeeMsat] = useState<Msat>()
  const { txId, vout, amountMsat, isMature, problem } = deposit
  const ask = async () => {
    const answer = await quote.run({ txId, vout })
    if (answer.ok) setFeeMsat(answer.value.feeMsat)
  }
  const take = async () => {
    if (feeMsat === undefined) return
    const answer = await claim.run({ txId, vout, maxFeeMsat: feeMsat })
    if (!answer.ok) return
    toast(`${formatSats(answer.value.amountMsat)} sats are in your wallet`)
    setFeeMsat(undefined)
    reload()
  }
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-2">
      <span className="min-w-0 flex-1 basis-48">
        <Amount msat={amountMsat} className="font-medium" />
        <span className="block text-sm text-muted">
          <ShortId id={txId} name="the transaction’s id" />
        </span>
        {problem ? <span className="block text-sm text-danger wrap-anywhere">{problem}</span> : null}
      </span>
      {isMature ? (
        <Button size="small" busy={quote.busy} onClick={() => void ask()}>
          Claim
        </Button>
      ) : (
        <Badge tone="amber">Being confirmed</Badge>
      )}
      <ConfirmDialog
        open={feeMsat !== undefined}
        onOpenChange={() => setFeeMsat(undefined)}
        title={`Claim ${formatSats(amountMsat)} sats?`}
        description={`Claiming costs ${formatSats(feeMsat ?? amountMsat)} sats now, taken off what arrives. Waiting may make it cheaper, or dearer.`}
        confirmLabel="Claim"
        busy={claim.busy}
        onConfirm={() => void take()}
      >
        {claim.problem ? <ProblemNote level="danger" message={claim.problem.message} /> : null}
      </ConfirmDialog>
    </li>
  )
}

function useDeposits(): { deposits: readonly DepositRow[] | undefined; problem: string | undefined; reload: () => void } {
  const client = useClient()
  const connection = useConnection()
  const [deposits, setDeposits] = useState<readonly DepositRow[]>()
  const [problem, setProblem] = useState<string>()
  const [changes, setChanges] = useState(0)
  useEngineEvent('onchain.depositsChanged', () => setChanges((count) => count + 1))
  useEffect(() => {
    if (connection !== 'open') return
    let current = true
    const ask = async (_change: number) => {
      const answer = await client.request('onchain.deposits', {})
      if (!current) return
      setProblem(answer.ok ? undefined : answer.error.message)
      if (answer.ok) setDeposits(answer.value.deposits)
    }
    void ask(changes)
    return () => {
      current = false
    }
  }, [client, connection, changes])
  return { deposits, problem, reload: useCallback(() => setChanges((count) => count + 1), []) }
}
