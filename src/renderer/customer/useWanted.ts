import { useEffect } from 'react'
import { useClient } from '#renderer/state/client.ts'
import { useConnection } from '#renderer/state/useConnection.ts'

const SETTLED_MS = 400
const MAX_WANTED = 100

/** Tells the engine which offers are looked at, a moment after the scrolling ended: their sellers are asked for signs of life. */
export function useWanted(keys: readonly string[]): void {
  const client = useClient()
  const connected = useConnection() === 'open'
  const named = keys.slice(0, MAX_WANTED).join('\n')
  useEffect(() => {
    if (!connected) return
    const timer = setTimeout(() => void client.request('customer.wanted', { keys: named === '' ? [] : named.split('\n') }), SETTLED_MS)
    return () => clearTimeout(timer)
  }, [client, connected, named])
}
