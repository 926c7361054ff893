import { useEngineSlice, useEngineState } from '#renderer/state/useEngineState.ts'
import { Amount } from '#renderer/ui/Amount.tsx'
import { NetworkBadge } from './NetworkBadge.tsx'
import { RelayDot } from './RelayDot.tsx'

/** The line above the pages: that it is play money, and in a narrow window also what else the rail's foot would say. */
export function SandboxBanner() {
  const mode = useEngineSlice('app.status', (status) => status.mode)
  const balance = useEngineState('wallet.status')?.balanceMsat
  const sandbox = mode === 'sandbox'
  return (
    <div className={sandbox ? 'flex h-8 shrink-0 items-center justify-between gap-3 bg-accent-soft px-4 text-sm text-accent-text' : 'flex h-8 shrink-0 items-center justify-between gap-3 border-b border-line px-4 text-sm wide:hidden'}>
      {sandbox ? (
        <p className="whitespace-nowrap wide:w-full wide:text-center">
          Sandbox: play money
          <span className="hidden wide:inline">. Nothing here can be lost, and nothing here is worth anything.</span>
        </p>
      ) : (
        <NetworkBadge />
      )}
      <div className="flex items-center gap-4 wide:hidden">
        {balance === undefined ? null : <Amount msat={balance} className="font-medium" />}
        <RelayDot />
      </div>
    </div>
  )
}
