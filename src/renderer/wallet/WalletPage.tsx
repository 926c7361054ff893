import { ArrowDownLeft, ArrowUpRight } from 'lucide-react'
import { useState } from 'react'
import { useEngineState } from '#renderer/state/useEngineState.ts'
import { Button } from '#renderer/ui/Button.tsx'
import { Page } from '#renderer/ui/Page.tsx'
import { Skeleton } from '#renderer/ui/Skeleton.tsx'
import { AgreementLine } from './AgreementLine.tsx'
import { Balance } from './Balance.tsx'
import { Books } from './Books.tsx'
import { Flows } from './Flows.tsx'
import { History } from './History.tsx'
import { Locks } from './Locks.tsx'
import { OnchainSection } from './OnchainSection.tsx'
import { ReceiveDialog } from './ReceiveDialog.tsx'
import { SendDialog } from './SendDialog.tsx'
import { StopSpendingCard } from './StopSpendingCard.tsx'

/** Wallet: what there is, where it waits, receiving, sending, stopping, and every sat that moved. */
export default function WalletPage() {
  const wallet = useEngineState('wallet.status')
  const [open, setOpen] = useState<'receive' | 'send'>()
  const close = () => setOpen(undefined)
  return (
    <Page
      title="Wallet"
      action={
        <>
          <Button icon={ArrowDownLeft} onClick={() => setOpen('receive')} disabled={wallet === undefined}>
            Receive
          </Button>
          <Button icon={ArrowUpRight} onClick={() => setOpen('send')} disabled={wallet === undefined}>
            Send
          </Button>
        </>
      }
    >
      <div className="mx-auto flex w-full max-w-5xl flex-col gap-8">
        {wallet === undefined ? (
          <Skeleton className="h-36 w-full" />
        ) : (
          <>
            <div className="flex flex-col gap-3">
              {wallet.spendingStopped ? <StopSpendingCard stopped /> : null}
              <Balance wallet={wallet} />
              <Flows wallet={wallet} />
              <AgreementLine wallet={wallet} />
              {wallet.spendingStopped ? null : <StopSpendingCard stopped={false} />}
            </div>
            <Locks locks={wallet.locks} lockedMsat={wallet.lockedMsat} />
            <OnchainSection />
          </>
        )}
        <Books />
        <History />
      </div>
      {open === 'receive' ? <ReceiveDialog close={close} /> : null}
      {open === 'send' ? <SendDialog close={close} /> : null}
    </Page>
  )
}
