import { OctagonPause } from 'lucide-react'
import { Button } from '#renderer/ui/Button.tsx'
import { ProblemNote } from '#renderer/ui/ProblemNote.tsx'
import { useStopSpending } from './useStopSpending.ts'

export const WHAT_STOPPING_DOES = 'While spending is stopped, nothing new leaves the wallet; what it was already asked to pay goes on.'

/** The kill switch, and what it does. */
export function StopSpendingCard({ stopped }: { stopped: boolean }) {
  const { busy, stop, allow } = useStopSpending()
  if (stopped) {
    return (
      <ProblemNote
        level="danger"
        title="All spending is stopped"
        message={WHAT_STOPPING_DOES}
        action={
          <Button variant="primary" busy={busy} onClick={allow}>
            Allow spending
          </Button>
        }
      />
    )
  }
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 rounded-lg border border-line px-4 py-2">
      <p className="min-w-0 flex-1 basis-64 text-sm text-muted">If anything looks wrong, stop here. {WHAT_STOPPING_DOES}</p>
      <Button icon={OctagonPause} busy={busy} onClick={stop}>
        Stop all spending
      </Button>
    </div>
  )
}
