import { ArrowDownToLine, ArrowUpFromLine, Droplets } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useClient } from '#renderer/state/client.ts'
import { useConnection } from '#renderer/state/useConnection.ts'
import { useEngineState } from '#renderer/state/useEngineState.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { CopyButton } from '#renderer/ui/CopyButton.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { Section } from '#renderer/ui/Section.tsx'
import { DepositDialog } from './DepositDialog.tsx'
import { DepositList } from './DepositList.tsx'
import { WithdrawDialog } from './WithdrawDialog.tsx'

/** Money from and to the chain; nothing where the wallet has nothing to do with it. */
export function OnchainSection() {
  const status = useEngineState('onchain.status')
  const [open, setOpen] = useState<'deposit' | 'withdraw'>()
  const close = () => setOpen(undefined)
  if (!status?.available) return null
  return (
    <Section
      title="On the chain"
      hint="Deposits from any Bitcoin wallet, and withdrawals to one."
      action={
        <span className="flex gap-2">
          <Button size="small" icon={ArrowDownToLine} onClick={() => setOpen('deposit')}>
            Deposit
          </Button>
          <Button size="small" icon={ArrowUpFromLine} onClick={() => setOpen('withdraw')}>
            Withdraw
          </Button>
        </span>
      }
    >
      {status.faucetUrl === undefined ? null : (
        <ProblemNote
          level="info"
          message="There is too little here to buy much. A faucet gives play money of this network: give it your deposit address."
          action={
            <a href={status.faucetUrl} target="_blank" rel="noopener noreferrer" className="inline-flex h-7 items-center gap-1 rounded-lg border border-line-strong bg-surface px-2 text-sm font-medium hover:bg-hover">
              <Droplets aria-hidden size={16} />
              Open the faucet
            </a>
          }
        />
      )}
      <LightningAddress />
      <DepositList />
      {open === 'deposit' ? <DepositDialog close={close} /> : null}
      {open === 'withdraw' ? <WithdrawDialog close={close} /> : null}
    </Section>
  )
}

/** A name to be paid under, where the network has one. */
function LightningAddress() {
  const client = useClient()
  const connection = useConnection()
  const [address, setAddress] = useState<string>()
  useEffect(() => {
    if (connection !== 'open') return
    let current = true
    const ask = async () => {
      const answer = await client.request('onchain.lightningAddress', {})
      if (current && answer.ok) setAddress(answer.value.address)
    }
    void ask()
    return () => {
      current = false
    }
  }, [client, connection])
  if (address === undefined) return null
  return (
    <p className="flex flex-wrap items-center gap-x-2">
      <span className="text-muted">Lightning address</span>
      <span className="font-mono text-sm wrap-anywhere">{address}</span>
      <CopyButton text={address} label="Copy the Lightning address" />
    </p>
  )
}
