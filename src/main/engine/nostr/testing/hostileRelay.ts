import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Filter, NostrEvent } from '#shared/protocol/event.ts'
import { matchesAnyFilter } from '#shared/protocol/filter.ts'

/** One connection of a client, as the relay sees it. */
export interface RelayClient {
  /** Sends one frame: text as it stands, anything else as JSON. */
  send(frame: unknown): void
  /** Open subscriptions by id. */
  readonly subscriptions: ReadonlyMap<string, readonly Filter[]>
  /** Breaks the connection without a goodbye. */
  drop(): void
}

export interface HostileRelayOptions {
  /** What it has stored from the start. It keeps what clients publish as well, ephemeral or not. */
  readonly stored?: readonly NostrEvent[]
  /** Called first for every frame of a client; true means that the honest answer is left out. */
  readonly intercept?: (client: RelayClient, frame: readonly unknown[]) => boolean
  /** Answers what comes over plain HTTP at its address; without it, 404. */
  readonly answerHttp?: (request: IncomingMessage, response: ServerResponse) => void
}

/** A relay for tests: an honest NIP-01 relay in memory that does as the test says instead, where the test says so. Checks no signature. */
export interface HostileRelay {
  readonly url: string
  readonly stored: NostrEvent[]
  /** All frames from clients whose first value is `type`, in order; across reconnections. */
  heard(type: string): (readonly unknown[])[]
  /** Resolves once `condition` holds; looked at again after every frame, connection and disconnection. */
  until(condition: () => boolean): Promise<void>
  clients(): readonly RelayClient[]
  /** Stores an event and sends it to every matching subscription. */
  deliver(event: NostrEvent): void
  /** Sends a raw frame for every open subscription but `ping`; `$SUB` in the text becomes the subscription's id. */
  sendRaw(text: string): void
  /** From now on reads nothing and answers nothing, while the connections look alive: a half-open socket. */
  freeze(): void
  dropAll(): void
  /** Drops all clients and stops listening; `start` takes the same port again. */
  stop(): Promise<void>
  start(): Promise<void>
}

export async function startHostileRelay(options: HostileRelayOptions = {}): Promise<HostileRelay> {
  const stored: NostrEvent[] = [...(options.stored ?? [])]
  const heard: (readonly unknown[])[] = []
  const clients = new Map<WebSocket, RelayClient>()
  const waiting = new Set<() => void>()
  let server: Server | null = null
  let port = 0

  const changed = () => {
    for (const look of waiting) look()
  }

  const accept = (socket: WebSocket) => {
    const subscriptions = new Map<string, readonly Filter[]>()
    const client: RelayClient = {
      send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
      subscriptions,
      drop: () => socket.terminate(),
    }
    clients.set(socket, client)
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      clients.delete(socket)
      changed()
    })
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as readonly unknown[]
      heard.push(frame)
      if (frame[0] === 'REQ') subscriptions.set(String(frame[1]), frame.slice(2) as Filter[])
      if (frame[0] === 'CLOSE') subscriptions.delete(String(frame[1]))
      if (!options.intercept?.(client, frame)) answer(client, frame)
      changed()
    })
    changed()
  }

  const answer = (client: RelayClient, frame: readonly unknown[]) => {
    if (frame[0] === 'REQ') {
      const [, id, ...filters] = frame as [string, string, ...Filter[]]
      for (const event of stored) if (matchesAnyFilter(filters, event)) client.send(['EVENT', id, event])
      client.send(['EOSE', id])
    } else if (frame[0] === 'EVENT') {
      const event = frame[1] as NostrEvent
      client.send(['OK', event.id, true, ''])
      relay.deliver(event)
    }
  }

  const relay: HostileRelay = {
    get url() {
      return `ws://127.0.0.1:${port}`
    },
    stored,
    heard: (type) => heard.filter((frame) => frame[0] === type),
    until(condition) {
      return new Promise((resolve) => {
        const look = () => {
          if (!condition()) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      })
    },
    clients: () => [...clients.values()],
    deliver(event) {
      stored.push(event)
      for (const client of clients.values()) {
        for (const [id, filters] of client.subscriptions) if (matchesAnyFilter(filters, event)) client.send(['EVENT', id, event])
      }
    },
    sendRaw(text) {
      for (const client of clients.values()) {
        for (const id of client.subscriptions.keys()) if (id !== 'ping') client.send(text.replace('$SUB', id))
      }
    },
    freeze() {
      for (const socket of clients.keys()) socket.pause()
    },
    dropAll() {
      for (const socket of clients.keys()) socket.terminate()
    },
    async stop() {
      const stopping = server
      server = null
      if (stopping === null) return
      for (const socket of clients.keys()) socket.terminate()
      const stopped = new Promise((resolve) => stopping.close(resolve))
      stopping.closeAllConnections()
      await stopped
    },
    async start() {
      const starting = createHttpServer((request, response) => {
        if (options.answerHttp === undefined) response.writeHead(404).end()
        else options.answerHttp(request, response)
      })
      server = starting
      new WebSocketServer({ server: starting }).on('connection', accept)
      await new Promise<void>((resolve, reject) => {
        starting.once('error', reject)
        starting.listen(port, '127.0.0.1', resolve)
      })
      port = (starting.address() as AddressInfo).port
    },
  }
  await relay.start()
  return relay
}

/** A server that accepts TCP connections and never answers anything, the WebSocket upgrade included. */
export async function startNeverUpgrading(): Promise<{ readonly url: string; connections(): number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
