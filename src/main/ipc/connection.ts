/** One page's connection: what it asked for, what is under way for it, and the limits of both. */
import type { z } from 'zod'
import type { Clock, Log } from '#engine/ports.ts'
import type { Answer, StateRows } from '#shared/ipc/contract.ts'
import { ProblemError, type StateSource } from '#shared/ipc/handlers.ts'
import { WIRE_VERSION, clientMessageSchema, type ClientMessage, type ServerMessage } from '#shared/ipc/wire.ts'
import type { Problem } from '#shared/market/result.ts'
import { safeParse } from '#shared/safeParse.ts'
import { describeIssues } from './describeIssues.ts'
import { mirrorRows } from './mirrorRows.ts'
import { mirrorState } from './mirrorState.ts'
import { pumpStream, type Pump } from './pumpStream.ts'

/** A route and what answers it, types erased: the schemas guard both sides. */
export type Endpoint =
  | { readonly verb: 'request'; readonly input: z.ZodType; readonly output: z.ZodType; readonly handler: (input: unknown) => Promise<Answer<unknown>> | Answer<unknown> }
  | { readonly verb: 'stream'; readonly input: z.ZodType; readonly item: z.ZodType; readonly handler: (input: unknown, signal: AbortSignal) => AsyncIterable<unknown> }
  | { readonly verb: 'state'; readonly snapshot: z.ZodType; readonly rows: StateRows | undefined; readonly source: StateSource<unknown> }
  | { readonly verb: 'event'; readonly payload: z.ZodType; readonly listen: (listener: (payload: unknown) => void) => () => void }
type EndpointOf<V extends Endpoint['verb']> = Extract<Endpoint, { verb: V }>

export interface ConnectionLimits {
  /** Requests and streams count until their handler is done, cancelled or not. */
  readonly maxRequests: number
  readonly maxStreams: number
  readonly maxSubscriptions: number
  /** Changes of a state within this time travel as one patch. */
  readonly patchIntervalMs: number
}

export interface ConnectionOptions {
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly send: (message: ServerMessage) => void
  readonly limits: ConnectionLimits
  readonly clock: Clock
  readonly log: Log
}

export interface Connection {
  /** One decoded message. Never throws. */
  receive(raw: unknown): void
  /** Ends every stream and subscription of this page; nothing is sent after it. */
  close(): void
}

interface Subscription {
  stop(): void
  grant?(count: number): void
}
type Opening = Extract<ClientMessage, { route: string }>

const VERBS = { request: 'request', stream: 'stream', watch: 'state', listen: 'event' } as const
const MAX_MESSAGE_CHARS = 2_000
const INTERNAL: Problem = { code: 'internal', message: 'Something went wrong inside Souk. The log says more.' }
const UNKNOWN_ROUTE: Problem = { code: 'unknown-route', message: 'This page asks for something that this Souk does not know. Reload the page.' }
const BUSY: Problem = { code: 'busy', message: 'Too much is under way already. Wait for some of it to end, then try again.' }

/** What a handler's problem looks like outside: its code carries the route's domain. */
function qualify(route: string, problem: Problem): Problem {
  const code = problem.code.includes('.') ? problem.code : `${route.slice(0, route.indexOf('.'))}.${problem.code}`
  return { code, message: problem.message.slice(0, MAX_MESSAGE_CHARS) }
}

function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

export function createConnection({ endpoints, send, limits, clock, log }: ConnectionOptions): Connection {
  let closed = false
  let greeted = false
  let lastId = 0
  let runningRequests = 0
  let runningStreams = 0
  /** Requests whose answer is still wanted. */
  const answering = new Set<number>()
  const streams = new Map<number, Pump>()
  const subscriptions = new Map<number, Subscription>()

  function post(message: ServerMessage) {
    if (!closed) send(message)
  }
  function refuse(code: string, message: string) {
    post({ type: 'refused', problem: { code, message } })
  }
  function refuseOpening({ id, type }: Opening, problem: Problem) {
    post(type === 'request' ? { type: 'problem', id, problem } : { type: 'end', id, problem })
  }
  function logBug(route: string, what: string, error: unknown) {
    log('error', 'ipc: a handler failed', { route, what, error: describeError(error) })
  }
  /** The problem of an exception: the page reads only what was meant for it. */
  function problemOf(route: string, what: string, error: unknown): Problem {
    if (error instanceof ProblemError) return qualify(route, error.problem)
    logBug(route, what, error)
    return INTERNAL
  }

  async function answerRequest(id: number, name: string, endpoint: EndpointOf<'request'>, input: unknown): Promise<void> {
    runningRequests += 1
    answering.add(id)
    const message = await computeAnswer(id, name, endpoint, input)
    runningRequests -= 1
    if (!answering.delete(id)) return
    try {
      post(message)
    } catch (error) {
      post({ type: 'problem', id, problem: problemOf(name, 'encode', error) })
    }
  }

  async function computeAnswer(id: number, name: string, endpoint: EndpointOf<'request'>, input: unknown): Promise<ServerMessage> {
    try {
      const answer = await endpoint.handler(input)
      if (!answer.ok) return { type: 'problem', id, problem: qualify(name, answer.error) }
      const output = safeParse(endpoint.output, answer.value)
      if (output.success) return { type: 'answer', id, ok: true, value: output.data }
      logBug(name, 'output', describeIssues(output.error))
      return { type: 'problem', id, problem: INTERNAL }
    } catch (error) {
      return { type: 'problem', id, problem: problemOf(name, 'request', error) }
    }
  }

  async function runStream(id: number, name: string, endpoint: EndpointOf<'stream'>, input: unknown): Promise<void> {
    runningStreams += 1
    const pump = pumpStream({
      start: (signal) => endpoint.handler(input, signal),
      item: endpoint.item,
      onItem: (item) => post({ type: 'item', id, item }),
      onBug: (what, error) => problemOf(name, what, error),
    })
    streams.set(id, pump)
    const end = await pump.ended
    runningStreams -= 1
    if (!streams.delete(id) || end === 'cancelled') return
    post(end ? { type: 'end', id, problem: end } : { type: 'end', id })
  }

  function watch(id: number, name: string, { source, snapshot, rows }: EndpointOf<'state'>): Subscription {
    const options = {
      source,
      snapshot,
      clock,
      intervalMs: limits.patchIntervalMs,
      onSnapshot: (value: unknown) => post({ type: 'snapshot', id, value }),
      onPatch: (patch: unknown) => post({ type: 'patch', id, patch }),
      onBug: (what: string, error: unknown) => logBug(name, what, error),
    }
    return rows !== undefined && source.rows !== undefined ? mirrorRows({ ...options, ...rows, record: source.rows }) : mirrorState(options)
  }

  function listen(id: number, name: string, endpoint: EndpointOf<'event'>): Subscription {
    const stop = endpoint.listen((raw) => {
      const payload = safeParse(endpoint.payload, raw)
      try {
        if (payload.success) post({ type: 'event', id, payload: payload.data })
        else logBug(name, 'payload', describeIssues(payload.error))
      } catch (error) {
        logBug(name, 'encode', error)
      }
    })
    return { stop }
  }

  function isFull(verb: Endpoint['verb']): boolean {
    if (verb === 'request') return runningRequests >= limits.maxRequests
    if (verb === 'stream') return runningStreams >= limits.maxStreams
    return subscriptions.size >= limits.maxSubscriptions
  }

  function open(message: Opening) {
    // Ids only grow, so none is used twice and nothing need be remembered of those that ended.
    if (message.id <= lastId) {
      refuse('protocol', 'An id was used twice. Reload the page.')
      return
    }
    lastId = message.id
    const endpoint = endpoints.get(message.route)
    if (!endpoint || endpoint.verb !== VERBS[message.type]) refuseOpening(message, UNKNOWN_ROUTE)
    else if (isFull(endpoint.verb)) refuseOpening(message, BUSY)
    else start(message, endpoint)
  }

  function start(message: Opening, endpoint: Endpoint) {
    const { id, route: name } = message
    try {
      if (endpoint.verb === 'state') subscriptions.set(id, watch(id, name, endpoint))
      else if (endpoint.verb === 'event') subscriptions.set(id, listen(id, name, endpoint))
      else {
        const input = safeParse(endpoint.input, 'input' in message ? message.input : undefined)
        if (!input.success) {
          refuseOpening(message, { code: 'invalid-input', message: `That cannot be asked: ${describeIssues(input.error)}.`.slice(0, MAX_MESSAGE_CHARS) })
        } else if (endpoint.verb === 'request') void answerRequest(id, name, endpoint, input.data)
        else void runStream(id, name, endpoint, input.data)
      }
    } catch (error) {
      refuseOpening(message, problemOf(name, 'open', error))
    }
  }

  function cancel(id: number) {
    answering.delete(id)
    const opened = [streams.get(id), subscriptions.get(id)]
    streams.delete(id)
    subscriptions.delete(id)
    for (const each of opened) stopSafely(each)
  }

  function stopSafely(opened: Subscription | Pump | undefined) {
    try {
      opened?.stop()
    } catch (error) {
      log('error', 'ipc: a subscription did not end', { error: describeError(error) })
    }
  }

  function dispatch(message: ClientMessage) {
    switch (message.type) {
      case 'hello':
        greeted = message.version === WIRE_VERSION
        if (greeted) post({ type: 'hello', version: WIRE_VERSION })
        else refuse('version', 'This page and this Souk are of different versions. Reload the page.')
        break
      case 'request':
      case 'stream':
      case 'watch':
      case 'listen':
        open(message)
        break
      case 'credit':
        streams.get(message.id)?.grant(message.count)
        subscriptions.get(message.id)?.grant?.(message.count)
        break
      case 'cancel':
        cancel(message.id)
        break
      case 'ping':
        post({ type: 'pong' })
        break
    }
  }

  return {
    receive(raw) {
      if (closed) return
      const parsed = safeParse(clientMessageSchema, raw)
      if (!parsed.success) refuse('protocol', 'That message cannot be read.')
      else if (!greeted && parsed.data.type !== 'hello') refuse('protocol', 'The first message must be a hello.')
      else dispatch(parsed.data)
    },
    close() {
      if (closed) return
      closed = true
      answering.clear()
      const opened = [...streams.values(), ...subscriptions.values()]
      streams.clear()
      subscriptions.clear()
      for (const each of opened) stopSafely(each)
    },
  }
}
