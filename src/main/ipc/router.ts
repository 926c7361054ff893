/**
 * The contract with its handlers behind it, for any carrier. A carrier connects a page by a `send` and hands over
 * what arrives; the router checks both directions, keeps every page within its limits, and lets nothing be thrown
 * across. What one connection does never waits for another.
 */
import type { Clock, Log } from '#engine/ports.ts'
import type { Contract, Route } from '#shared/ipc/contract.ts'
import type { Handlers } from '#shared/ipc/handlers.ts'
import type { ServerMessage } from '#shared/ipc/wire.ts'
import { createConnection, type Connection, type Endpoint, type ConnectionLimits } from './connection.ts'

export type { Handlers, StateSource } from '#shared/ipc/handlers.ts'
export type { Connection } from './connection.ts'

/** Who is on the other side, for the log. */
export interface Caller {
  readonly kind: 'desktop' | 'browser' | 'terminal'
}

export interface Router {
  /** `send` must not block; it may throw on a message that cannot be encoded. */
  connect(send: (message: ServerMessage) => void, caller: Caller): Connection
  /** Pages connected now. */
  connectionCount(): number
}

export interface RouterOptions extends Partial<ConnectionLimits> {
  readonly clock: Clock
  readonly log: Log
}

/** A router of `contract`. Throws RangeError when the handlers' names are not the contract's, which typed code cannot bring about. */
export function createRouter<C extends Contract>(contract: C, handlers: Handlers<C>, options: RouterOptions): Router {
  const { clock, log, ...given } = options
  const limits: ConnectionLimits = { maxRequests: 64, maxStreams: 32, maxSubscriptions: 128, patchIntervalMs: 33, ...given }
  const endpoints = joinHandlers(contract, handlers)
  const connections = new Set<Connection>()

  return {
    connect(send, caller) {
      const inner = createConnection({ endpoints, send, limits, clock, log })
      const connection: Connection = {
        receive: (raw) => inner.receive(raw),
        close() {
          if (connections.delete(connection)) log('debug', 'ipc: a page went away', { caller: caller.kind })
          inner.close()
        },
      }
      connections.add(connection)
      log('debug', 'ipc: a page connected', { caller: caller.kind })
      return connection
    },
    connectionCount: () => connections.size,
  }
}

/** Each route with what answers it, by name. */
function joinHandlers<C extends Contract>(contract: C, handlers: Handlers<C>): ReadonlyMap<string, Endpoint> {
  checkNames(contract, handlers)
  // Erased here, once: every use below is guarded by the route's own schemas.
  const requests = new Map<string, Extract<Endpoint, { verb: 'request' }>['handler']>(Object.entries(handlers.requests))
  const streams = new Map<string, Extract<Endpoint, { verb: 'stream' }>['handler']>(Object.entries(handlers.streams))
  const states = new Map<string, Extract<Endpoint, { verb: 'state' }>['source']>(Object.entries(handlers.states))
  const events = new Map<string, Extract<Endpoint, { verb: 'event' }>['listen']>(Object.entries(handlers.events))
  const endpoints = new Map<string, Endpoint>()
  for (const [name, route] of Object.entries<Route>(contract)) {
    const handler = requests.get(name)
    const streamHandler = streams.get(name)
    const source = states.get(name)
    const listen = events.get(name)
    if (route.verb === 'request' && handler) endpoints.set(name, { verb: 'request', input: route.input, output: route.output, handler })
    if (route.verb === 'stream' && streamHandler) endpoints.set(name, { verb: 'stream', input: route.input, item: route.item, handler: streamHandler })
    if (route.verb === 'state' && source) endpoints.set(name, { verb: 'state', snapshot: route.snapshot, rows: route.rows, source })
    if (route.verb === 'event' && listen) endpoints.set(name, { verb: 'event', payload: route.payload, listen })
  }
  return endpoints
}

function checkNames<C extends Contract>(contract: C, handlers: Handlers<C>): void {
  const served: Record<Route['verb'], readonly string[]> = {
    request: Object.keys(handlers.requests),
    stream: Object.keys(handlers.streams),
    state: Object.keys(handlers.states),
    event: Object.keys(handlers.events),
  }
  for (const [verb, names] of Object.entries(served)) {
    const wanted = Object.keys(contract).filter((name) => contract[name]?.verb === verb)
    const wrong = [...wanted.filter((name) => !names.includes(name)), ...names.filter((name) => !wanted.includes(name))]
    if (wrong.length > 0) throw new RangeError(`contract and handlers differ in ${verb}: ${wrong.join(', ')}`)
  }
}
