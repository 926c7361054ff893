/** An engine of fixed words, for looking at pages and for tests: states that a script sets, requests and streams that it answers. */
import type { Answer, InputOf } from '#shared/ipc/contract.ts'
import type { ConnectionState, StreamListener } from '#shared/ipc/client.ts'
import type { SoukContract } from '#shared/ipc/souk.ts'
import { fail } from '#shared/market/result.ts'
import type { EventPayload, RequestInput, RequestOutput, Snapshot, SoukClient, SoukEvent, SoukRequest, SoukState, SoukStream, StreamItem } from '#renderer/state/client.ts'

export type FakeStates = { [N in SoukState]?: Snapshot<N> }
export type FakeRequests = { [N in SoukRequest]?: (input: RequestInput<N>) => Answer<RequestOutput<N>> | Promise<Answer<RequestOutput<N>>> }
export type FakeStreams = { [N in SoukStream]?: (input: InputOf<SoukContract[N]>, listener: StreamListener<StreamItem<N>>) => () => void }

/** Calls `run` later; the returned function calls it off. */
export type Later = (delayMs: number, run: () => void) => () => void

/** What takes a while for who looks is next for who tests: in the order that it was asked for, after what runs now. */
const soon: Later = (_delayMs, run) => {
  let isOff = false
  queueMicrotask(() => void (isOff || run()))
  return () => void (isOff = true)
}

export interface FakeEngine {
  readonly client: SoukClient
  readonly requests: FakeRequests
  readonly streams: FakeStreams
  /** Every request that was made, in order. */
  readonly calls: { name: SoukRequest; input: unknown }[]
  getState<N extends SoukState>(name: N): Snapshot<N> | undefined
  setState<N extends SoukState>(name: N, snapshot: Snapshot<N>): void
  emit<N extends SoukEvent>(name: N, payload: EventPayload<N>): void
  setConnection(state: ConnectionState): void
  readonly later: Later
  /** The same, as a promise. */
  pause(delayMs: number): Promise<void>
}

type Listener = (value: unknown) => void

/** As the router does it: a problem's code carries the domain of its route. */
function withDomain<T>(route: string, answer: Answer<T>): Answer<T> {
  return answer.ok || answer.error.code.includes('.') ? answer : fail(`${route.slice(0, route.indexOf('.'))}.${answer.error.code}`, answer.error.message)
}

export function createFakeEngine(states: FakeStates, requests: FakeRequests = {}, streams: FakeStreams = {}, later: Later = soon): FakeEngine {
  const snapshots = new Map<string, unknown>(Object.entries(states))
  const stateListeners = new Map<string, Set<Listener>>()
  const eventListeners = new Map<string, Set<Listener>>()
  const connectionListeners = new Set<() => void>()
  const calls: FakeEngine['calls'] = []
  let connection: ConnectionState = 'open'

  // What is stored under a name was put there under that name's type: `setState` and `emit` below see to it.
  const join = (where: Map<string, Set<Listener>>, name: string, listener: Listener) => {
    const listeners = where.get(name) ?? new Set<Listener>()
    where.set(name, listeners)
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  const client: SoukClient = {
    async request(name, input) {
      calls.push({ name, input })
      const handler = requests[name]
      if (connection !== 'open') return fail('disconnected', 'There is no connection to Souk just now. Nothing was sent.')
      return handler ? withDomain(name, await handler(input)) : fail('internal', `The scripted engine has no answer to ${name}.`)
    },
    onEvent: (name, listener) => join(eventListeners, name, listener as Listener),
    watchState(name, listener) {
      const tell: Listener = (snapshot) => (listener as (snapshot: unknown, changed: null) => void)(snapshot, null)
      const leave = join(stateListeners, name, tell)
      if (snapshots.has(name)) tell(snapshots.get(name))
      return leave
    },
    stream(name, input, listener) {
      const open = streams[name]
      if (open) return open(input, listener)
      queueMicrotask(() => listener.onEnd({ code: 'internal', message: `The scripted engine has no stream ${name}.` }))
      return () => undefined
    },
    connection: {
      get: () => connection,
      subscribe(listener) {
        connectionListeners.add(listener)
        return () => void connectionListeners.delete(listener)
      },
    },
  }

  return {
    client,
    requests,
    streams,
    calls,
    later,
    pause: (delayMs) => new Promise((resolve) => void later(delayMs, resolve)),
    getState: <N extends SoukState>(name: N) => snapshots.get(name) as Snapshot<N> | undefined,
    setState(name, snapshot) {
      snapshots.set(name, snapshot)
      for (const listener of new Set(stateListeners.get(name))) listener(snapshot)
    },
    emit(name, payload) {
      for (const listener of new Set(eventListeners.get(name))) listener(payload)
    },
    setConnection(next) {
      connection = next
      for (const listener of new Set(connectionListeners)) listener()
    },
  }
}
