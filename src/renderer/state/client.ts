/** The page's way to the engine, as its hooks use it. The carrier behind it is chosen once, in `main.tsx`. */
import { createContext, useContext } from 'react'
import type { IpcClient } from '#shared/ipc/client.ts'
import type { EventName, InputOf, ItemOf, OutputOf, PayloadOf, RequestName, SnapshotOf, StateName, StreamName } from '#shared/ipc/contract.ts'
import type { SoukContract } from '#shared/ipc/souk.ts'
import { createStateCache, type StateCache } from './stateCache.ts'

export type SoukRequest = RequestName<SoukContract>
export type SoukState = StateName<SoukContract>
export type SoukEvent = EventName<SoukContract>
export type SoukStream = StreamName<SoukContract>
export type RequestInput<N extends SoukRequest> = InputOf<SoukContract[N]>
export type RequestOutput<N extends SoukRequest> = OutputOf<SoukContract[N]>
export type Snapshot<N extends SoukState> = SnapshotOf<SoukContract[N]>
export type EventPayload<N extends SoukEvent> = PayloadOf<SoukContract[N]>
export type StreamItem<N extends SoukStream> = ItemOf<SoukContract[N]>

export type SoukClient = Omit<IpcClient<SoukContract>, 'close'>

/** What the page carries through its context: the client, and the states that it mirrors. */
export interface EngineLink {
  readonly client: SoukClient
  readonly states: StateCache
}

export function linkEngine(client: SoukClient): EngineLink {
  return { client, states: createStateCache(client) }
}

export const EngineContext = createContext<EngineLink | null>(null)

export function useEngineLink(): EngineLink {
  const link = useContext(EngineContext)
  if (!link) throw new Error('no engine link above this component')
  return link
}

export function useClient(): SoukClient {
  return useEngineLink().client
}
