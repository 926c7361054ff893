import { OctagonPause } from 'lucide-react'
import { useEngineSlice, useEngineState } from '#renderer/state/useEngineState.ts'
import { useView } from '#renderer/state/view.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { IconButton } from '#renderer/ui/IconButton.tsx'
import { useStopSpending } from '#renderer/wallet/useStopSpending.ts'
import { NetworkBadge } from './NetworkBadge.tsx'
import { RelayDot } from './RelayDot.tsx'

/** The line above the pages: that it is play money, and in a narrow window also what else the rail's foot would say. */
export function SandboxBanner() {
  const mode = useEngineSlice('app.status', (status) => status.mode)
  const wallet = useEngineState('wallet.status')
  const balance = wallet?.availableMsat ?? wallet?.balanceMsat
  const { busy, stop } = useStopSpending()
  const showPage = useView((view) => view.showPage)
  const sandbox = mode === 'sandbox'
  return (
    <div className={sandbox ? 'flex h-8 shrink-0 items-center justify-between gap-3 bg-accent-soft px-4 text-sm text-accent-text' : 'flex h-8 shrink-0 items-center justify-between gap-3 border-b border-line px-4 text-sm wide:hidden'}>
      {sandbox ? (
        <p className="whitespace-nowrap wide:w-full wide:text-center">
          Sandbox<span className="max-[24rem]:hidden">: play money</span>
          <span className="hidden wide:inline">. Nothing here can be lost, and nothing here is worth anything.</span>
        </p>
      ) : (
        <NetworkBadge />
      )}
      <div className="flex items-center gap-3 wide:hidden">
        {wallet?.spendingStopped ? (
          <button type="button" onClick={() => showPage('wallet')} className="whitespace-nowrap rounded-sm font-medium text-danger underline underline-offset-2">
            Spending stopped
          </button>
        ) : null}
        {balance === undefined || wallet?.spendingStopped ? null : <Amount msat={balance} className="font-medium" />}
        <RelayDot />
        {wallet?.spendingStopped === false ? <IconButton icon={OctagonPause} size="small" label="Stop all spending" busy={busy} onClick={stop} /> : null}
      </div>
    </div>
  )
}
