import { useSyncExternalStore } from 'react'
import type { ConnectionState } from '#shared/ipc/client.ts'
import { useClient } from './client.ts'

/** Whether the engine answers. */
export function useConnection(): ConnectionState {
  const { connection } = useClient()
  return useSyncExternalStore(
    (listener) => connection.subscribe(listener),
    () => connection.get(),
  )
}
