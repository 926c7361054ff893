import { useEngineSlice } from '#renderer/state/useEngineState.ts'
import { Badge } from '#renderer/ui/Badge.tsx'

/** Which money this is. Mainnet has no badge: real money is the plain case. */
export function NetworkBadge() {
  const mode = useEngineSlice('app.status', (status) => status.mode)
  if (mode === undefined || mode === 'mainnet') return null
  return (
    <span>
      <Badge tone={mode === 'sandbox' ? 'amber' : 'violet'}>{mode.toUpperCase()}</Badge>
    </span>
  )
}
