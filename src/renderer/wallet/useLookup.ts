import { useEffect, useState } from 'react'
import type { PaymentRow } from '#shared/ipc/wallet.ts'
import { useClient } from '#renderer/state/client.ts'

/** In case a change of the wallet's state is missed. */
const LOOK_EVERY_MS = 5_000

/** Follows a payment while it is open: looks at every change of the wallet, and now and then besides. */
export function useLookup(paymentHash: string | undefined, direction: PaymentRow['direction']): PaymentRow | undefined {
  const client = useClient()
  const [row, setRow] = useState<PaymentRow>()
  const ended = row !== undefined && row.paymentHash === paymentHash && row.state !== 'pending' && row.state !== 'held'

  useEffect(() => {
    if (paymentHash === undefined || ended) return
    let stopped = false
    let asking = false
    const look = async () => {
      if (asking || stopped) return
      asking = true
      const answer = await client.request('wallet.lookup', { paymentHash, direction })
      asking = false
      // "Not found" is no end: the wallet may hear of it a moment later.
      if (!stopped && answer.ok) setRow(answer.value)
    }
    const stopWatching = client.watchState('wallet.status', () => void look())
    const timer = setInterval(() => void look(), LOOK_EVERY_MS)
    return () => {
      stopped = true
      stopWatching()
      clearInterval(timer)
    }
  }, [client, paymentHash, direction, ended])

  return row?.paymentHash === paymentHash ? row : undefined
}
