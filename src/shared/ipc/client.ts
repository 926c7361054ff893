/**
 * The page's side of the contract, over any transport. It keeps the connection: after a drop it opens it again with
 * growing pauses, asks for every watched state and event anew, and ends what cannot be continued with a problem.
 */
import { fail } from '../market/result.ts'
import type { Problem } from '../market/result.ts'
import { safeParse } from '../safeParse.ts'
import type { Answer, Contract, EventName, InputOf, ItemOf, OutputOf, PayloadOf, RequestName, Route, SnapshotOf, StateName, StreamName } from './contract.ts'
import { createLink, type ConnectionState, type LinkMessage } from './clientLink.ts'
import { createStateMirror, type StateMirror } from './stateMirror.ts'
import type { Transport } from './transport.ts'
import { STREAM_WINDOW, type ClientMessage } from './wire.ts'

export type { ConnectionState } from './clientLink.ts'

export interface IpcClient<C extends Contract> {
  /** Never rejects. Besides the route's own codes: `disconnected`, `timeout`, `protocol`, `invalid-input`, `busy`, `internal`. */
  request<K extends RequestName<C>>(name: K, input: InputOf<C[K]>): Promise<Answer<OutputOf<C[K]>>>
  /** Events that happen while the connection is down are not replayed. */
  onEvent<K extends EventName<C>>(name: K, listener: (payload: PayloadOf<C[K]>) => void): () => void
  /** Opens a stream; the returned function cancels it, after which nothing more is called. A drop ends it with `disconnected`. */
  stream<K extends StreamName<C>>(name: K, input: InputOf<C[K]>, listener: StreamListener<ItemOf<C[K]>>): () => void
  /**
   * Mirrors a state: the snapshot known now, if any, before this returns; then every later one. Unchanged parts keep their
   * identity. Of a state with rows the record is one and the same, and `changed` names the rows that are others now; null: any may be.
   */
  watchState<K extends StateName<C>>(name: K, listener: (snapshot: SnapshotOf<C[K]>, changed: ReadonlySet<string> | null) => void): () => void
  /** `connecting` at first, `closed` between a drop and the next success. */
  readonly connection: { get(): ConnectionState; subscribe(listener: () => void): () => void }
  /** Ends everything for good; open requests answer `disconnected`. */
  close(): void
}

export interface StreamListener<T> {
  onItem(item: T): void
  /** Once, at the end; `problem` when it ended early. */
  onEnd(problem?: Problem): void
}

export interface IpcClientOptions {
  /** Calls `run` once after `delayMs`; returns its cancel. */
  readonly after?: (delayMs: number, run: () => void) => () => void
  /** In [0, 1), for the jitter of the pauses. */
  readonly random?: () => number
  readonly requestTimeoutMs?: number
  /** What a developer should see: a message against the contract, another version. */
  readonly onProblem?: (problem: Problem) => void
  /** Why a connection ended, for a log. */
  readonly onDrop?: (reason: string) => void
}

/** A payment may wait for a slow route; past this the wallet page shows the truth anyway. */
const REQUEST_TIMEOUT_MS = 120_000
/** Room is given back in halves of the window, so that a fast stream never stops for want of it. */
const CREDIT_STEP = STREAM_WINDOW / 2

interface Pending {
  readonly route: string
  readonly message: ClientMessage
  settle(answer: Answer<unknown>): void
}
interface OpenStream {
  readonly route: string
  readonly message: ClientMessage
  readonly listener: StreamListener<unknown>
  taken: number
}
interface Mirror {
  readonly route: string
  readonly verb: 'watch' | 'listen'
  /** The id on this connection; 0 while none. */
  id: number
  known: boolean
  /** Of a watched state: the page's copy, good when `known`. */
  readonly copy: StateMirror | null
  readonly listeners: Set<(value: unknown, changed: ReadonlySet<string> | null) => void>
}

const disconnected = fail('disconnected', 'The connection to Souk was lost before the answer came. It may have been done or not: look before you try again.')
const notConnected = fail('disconnected', 'There is no connection to Souk just now. Nothing was sent.')

function timeoutAfter(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}

/** A client of `contract` over `transport`, connecting at once. Everything that arrives is checked against the contract. */
export function createIpcClient<C extends Contract>(contract: C, transport: Transport, options: IpcClientOptions = {}): IpcClient<C> {
  const after = options.after ?? timeoutAfter
  const requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
  const report = options.onProblem ?? (() => undefined)

  let nextId = 1
  const pending = new Map<number, Pending>()
  const streams = new Map<number, OpenStream>()
  const mirrors = new Map<string, Mirror>()
  const mirrorsById = new Map<number, Mirror>()
  const link = createLink({
    transport,
    after,
    random: options.random ?? Math.random,
    onOpen: sendWhatWaited,
    onMessage: dispatch,
    onLost: endOpenWork,
    onDrop: options.onDrop ?? (() => undefined),
    report,
  })
  const send = (message: ClientMessage) => link.send(message)

  function routeOf(name: string): Route {
    const route = Object.hasOwn(contract, name) ? contract[name] : undefined
    if (!route) throw new RangeError(`no route named ${name}`)
    return route
  }
  function protocolProblem(route: string): Problem {
    const problem = { code: 'protocol', message: `Souk sent something for ${route} that this page cannot read. Reload the page.` }
    report(problem)
    return problem
  }

  function sendWhatWaited() {
    // In the order of their ids: the engine expects them to grow.
    for (const [, { message }] of [...pending, ...streams].sort(([a], [b]) => a - b)) send(message)
    for (const mirror of mirrors.values()) subscribeMirror(mirror)
  }

  function endOpenWork() {
    mirrorsById.clear()
    for (const mirror of mirrors.values()) mirror.id = 0
    const requests = [...pending.values()]
    const opened = [...streams.values()]
    pending.clear()
    streams.clear()
    for (const request of requests) request.settle(disconnected)
    for (const { listener } of opened) listener.onEnd(disconnected.error)
  }

  function dispatch(message: LinkMessage) {
    switch (message.type) {
      case 'answer':
        onAnswer(message.id, message.value)
        break
      case 'problem':
        takePending(message.id)?.settle({ ok: false, error: message.problem })
        break
      case 'item':
        onItem(message.id, message.item)
        break
      case 'end':
        onEnd(message.id, message.problem)
        break
      case 'snapshot':
      case 'patch':
        onState(message)
        break
      case 'event':
        onPayload(message.id, message.payload)
        break
    }
  }

  function takePending(id: number): Pending | undefined {
    const found = pending.get(id)
    pending.delete(id)
    return found
  }

  function onAnswer(id: number, value: unknown) {
    const request = takePending(id)
    if (!request) return
    const route = routeOf(request.route)
    const output = route.verb === 'request' ? safeParse(route.output, value) : undefined
    if (output?.success) request.settle({ ok: true, value: output.data })
    else request.settle({ ok: false, error: protocolProblem(request.route) })
  }

  function onItem(id: number, raw: unknown) {
    const open = streams.get(id)
    if (!open) return
    const route = routeOf(open.route)
    const item = route.verb === 'stream' ? safeParse(route.item, raw) : undefined
    if (!item?.success) {
      streams.delete(id)
      send({ type: 'cancel', id })
      open.listener.onEnd(protocolProblem(open.route))
      return
    }
    open.taken += 1
    if (open.taken === CREDIT_STEP) {
      open.taken = 0
      send({ type: 'credit', id, count: CREDIT_STEP })
    }
    open.listener.onItem(item.data)
  }

  function onEnd(id: number, problem: Problem | undefined) {
    const open = streams.get(id)
    streams.delete(id)
    if (open && problem) open.listener.onEnd(problem)
    else if (open) open.listener.onEnd()
    const mirror = mirrorsById.get(id)
    if (!mirror) return
    mirrorsById.delete(id)
    mirror.id = 0
    report(problem ?? { code: 'protocol', message: `Souk stopped sending ${mirror.route}. Reload the page.` })
  }

  function onState(message: Extract<LinkMessage, { type: 'snapshot' | 'patch' }>) {
    const mirror = mirrorsById.get(message.id)
    if (!mirror) return
    send({ type: 'credit', id: message.id, count: 1 })
    mirror.known = mirror.copy?.take(message) ?? false
    if (!mirror.known) {
      protocolProblem(mirror.route)
      return
    }
    for (const listener of new Set(mirror.listeners)) listener(mirror.copy?.value(), mirror.copy?.changed() ?? null)
  }

  function onPayload(id: number, raw: unknown) {
    const mirror = mirrorsById.get(id)
    if (!mirror) return
    const route = routeOf(mirror.route)
    const payload = route.verb === 'event' ? safeParse(route.payload, raw) : undefined
    if (!payload?.success) {
      protocolProblem(mirror.route)
      return
    }
    for (const listener of new Set(mirror.listeners)) listener(payload.data, null)
  }

  function subscribeMirror(mirror: Mirror) {
    if (link.state() !== 'open') return
    mirror.id = nextId++
    mirrorsById.set(mirror.id, mirror)
    send({ type: mirror.verb, id: mirror.id, route: mirror.route })
  }

  function join(name: string, verb: Mirror['verb'], listener: (value: unknown, changed: ReadonlySet<string> | null) => void): () => void {
    let mirror = mirrors.get(name)
    if (!mirror) {
      const route = routeOf(name)
      mirror = { route: name, verb, id: 0, known: false, copy: route.verb === 'state' ? createStateMirror(route) : null, listeners: new Set() }
      mirrors.set(name, mirror)
      subscribeMirror(mirror)
    }
    const joined = mirror
    // A listener of its own, so that one function given twice is two subscriptions.
    const own = (value: unknown, changed: ReadonlySet<string> | null) => listener(value, changed)
    joined.listeners.add(own)
    if (joined.known) own(joined.copy?.value(), null)
    return () => {
      if (!joined.listeners.delete(own) || joined.listeners.size > 0) return
      mirrors.delete(name)
      if (joined.id === 0) return
      mirrorsById.delete(joined.id)
      send({ type: 'cancel', id: joined.id })
    }
  }

  link.start()

  return {
    request<K extends RequestName<C>>(name: K, input: InputOf<C[K]>) {
      return new Promise<Answer<OutputOf<C[K]>>>((resolve) => {
        const id = nextId++
        const message: ClientMessage = { type: 'request', id, route: name, input }
        if (link.state() === 'closed') {
          resolve(notConnected)
          return
        }
        const stopTimer = after(requestTimeoutMs, () => {
          pending.delete(id)
          send({ type: 'cancel', id })
          resolve(fail('timeout', 'Souk did not answer in time. It may still be done: look before you try again.'))
        })
        pending.set(id, {
          route: name,
          message,
          settle: (answer) => {
            stopTimer()
            // The value was read by this route's own output schema.
            resolve(answer as Answer<OutputOf<C[K]>>)
          },
        })
        send(message)
      })
    },
    onEvent: (name, listener) => join(name, 'listen', listener as (value: unknown) => void),
    watchState: (name, listener) => join(name, 'watch', listener as (value: unknown, changed: ReadonlySet<string> | null) => void),
    stream(name, input, listener) {
      const id = nextId++
      if (link.state() === 'closed') {
        // Later, so that the caller holds the cancel before it hears of the end.
        let cancelled = false
        queueMicrotask(() => {
          if (!cancelled) listener.onEnd(notConnected.error)
        })
        return () => {
          cancelled = true
        }
      }
      const message: ClientMessage = { type: 'stream', id, route: name, input }
      streams.set(id, { route: name, message, listener, taken: 0 })
      send(message)
      return () => {
        if (streams.delete(id)) send({ type: 'cancel', id })
      }
    },
    connection: { get: () => link.state(), subscribe: (watcher) => link.subscribe(watcher) },
    close: () => link.stop(),
  }
}
