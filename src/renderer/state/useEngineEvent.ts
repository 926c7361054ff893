import { useEffect, useEffectEvent } from 'react'
import { useClient, type EventPayload, type SoukEvent } from './client.ts'

/** Calls `listener` for each event while the component is there; the newest listener, without listening anew. */
export function useEngineEvent<N extends SoukEvent>(name: N, listener: (payload: EventPayload<N>) => void): void {
  const client = useClient()
  const onPayload = useEffectEvent(listener)
  useEffect(() => client.onEvent(name, (payload) => onPayload(payload)), [client, name])
}
