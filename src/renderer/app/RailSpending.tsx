import { OctagonPause } from 'lucide-react'
import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { useStopSpending } from '#renderer/wallet/useStopSpending.ts'
import { WHAT_STOPPING_DOES } from '#renderer/wallet/StopSpendingCard.tsx'

/** The kill switch at the rail's foot: always there, and plain to see while it is on. */
export function RailSpending() {
  const stopped = useEngineSlice('wallet.status', (wallet) => wallet.spendingStopped)
  const { busy, stop, allow } = useStopSpending()
  if (stopped === undefined) return null
  if (!stopped) {
    return (
      <button type="button" aria-busy={busy || undefined} title={WHAT_STOPPING_DOES} onClick={stop} className="-mx-1 flex h-7 items-center gap-2 rounded-md px-1 text-left text-sm text-muted hover:bg-hover hover:text-text">
        <OctagonPause aria-hidden size={14} />
        Stop all spending
      </button>
    )
  }
  return (
    <output className="-mx-1 my-1 flex flex-col items-start gap-1 rounded-md bg-danger-soft px-2 py-1.5 text-sm text-danger">
      <span className="flex items-center gap-1.5 font-medium">
        <OctagonPause aria-hidden size={14} />
        Spending is stopped
      </span>
      <button type="button" aria-busy={busy || undefined} onClick={allow} className="rounded-sm underline underline-offset-2">
        Allow it again
      </button>
    </output>
  )
}
