import { useEngineState } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { Skeleton } from '#renderer/ui/Skeleton.tsx'
import { NetworkBadge } from './NetworkBadge.tsx'
import { RailSpending } from './RailSpending.tsx'
import { RelayDot } from './RelayDot.tsx'

/** The rail's foot: network, balance, relays. */
export function RailStatus() {
  const wallet = useEngineState('wallet.status')
  const available = wallet?.availableMsat ?? wallet?.balanceMsat
  const showPage = useView((view) => view.showPage)
  return (
    <div className="flex flex-col gap-1 border-t border-line px-2 pb-1 pt-3">
      <NetworkBadge />
      <button type="button" onClick={() => showPage('wallet')} className="-mx-1 flex h-7 items-center rounded-md px-1 text-left font-medium hover:bg-hover" aria-label="Balance, open the wallet">
        {available === undefined ? wallet?.state === 'unavailable' ? <span className="text-muted">Wallet away</span> : <Skeleton className="h-4 w-24" /> : <Amount msat={available} />}
      </button>
      <RelayDot />
      <RailSpending />
    </div>
  )
}
