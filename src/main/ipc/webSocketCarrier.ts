/** The contract over WebSocket, for the page in a browser. */
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Clock, Log } from '#engine/ports.ts'
import { MAX_CLIENT_MESSAGE_SIZE, decodeWire, encodeWire } from '#shared/ipc/wire.ts'
import { createFairInboxes, type FairInboxLimits } from './fairInbox.ts'
import type { PageGuard } from './pageGuard.ts'
import type { Router } from './router.ts'

export interface WebSocketCarrierOptions {
  readonly server: Server
  readonly router: Router
  readonly guard: PageGuard
  readonly clock: Clock
  readonly log: Log
  readonly path?: string
  readonly maxClients?: number
  /** With more than this unsent, the page's requests wait. */
  readonly slowBytes?: number
  /** With more than this unsent, the page is dropped. */
  readonly maxUnsentBytes?: number
  readonly inbox?: FairInboxLimits
}

export interface WebSocketCarrier {
  clientCount(): number
  /** Drops every page; the server is its owner's to close. */
  close(): void
}

const HEARTBEAT_MS = 30_000

/** Serves `router` on the upgrade requests of `server`, to pages that `guard` knows. */
export function attachWebSocketCarrier(options: WebSocketCarrierOptions): WebSocketCarrier {
  const { server, router, guard, clock, log } = options
  const path = options.path ?? '/ipc'
  const maxClients = options.maxClients ?? 32
  const slowBytes = options.slowBytes ?? 1024 * 1024
  const maxUnsentBytes = options.maxUnsentBytes ?? 16 * 1024 * 1024
  const inboxes = createFairInboxes(clock, options.inbox)
  const clients = new Set<WebSocket>()
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_CLIENT_MESSAGE_SIZE, perMessageDeflate: false, clientTracking: false })

  function refusalOf(request: IncomingMessage): string | null {
    if (!guard.isOwnHost(request)) return '421 Misdirected Request'
    if (!guard.isOwnOrigin(request)) return '403 Forbidden'
    if (!guard.hasSession(request)) return '401 Unauthorized'
    if (request.url?.split('?')[0] !== path) return '404 Not Found'
    return clients.size >= maxClients ? '503 Service Unavailable' : null
  }

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer) {
    socket.on('error', () => socket.destroy())
    const refusal = refusalOf(request)
    if (refusal) {
      log('warn', 'ipc: a page was refused', { refusal })
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, socket, head, serve)
  }

  function serve(client: WebSocket) {
    clients.add(client)
    const drop = (reason: string) => {
      log('warn', 'ipc: a page was dropped', { reason })
      client.terminate()
    }
    const onSent = () => inbox.hold(client.bufferedAmount > slowBytes)
    const connection = router.connect(
      (message) => {
        const text = encodeWire(message)
        if (client.readyState !== client.OPEN) return
        client.send(text, onSent)
        if (client.bufferedAmount > maxUnsentBytes) drop('it does not read what it is sent')
        else if (client.bufferedAmount > slowBytes) inbox.hold(true)
      },
      { kind: 'browser' },
    )
    const inbox = inboxes.open({
      onMessage: (text) => connection.receive(decodeWire(text)),
      onFull: () => client.pause(),
      onRoom: () => client.resume(),
      onOverflow: () => drop('it sent too much'),
    })
    const stopHeartbeat = watchHeart(client, drop)
    client.on('message', (data, isBinary) => {
      // Frames arrive whole and as one Buffer: no other binaryType was asked for.
      if (isBinary || !Buffer.isBuffer(data)) client.close(1003, 'text only')
      else inbox.push(data.toString('utf8'))
    })
    // What went wrong (oversize, bad UTF-8, a broken frame) was answered by a close frame of ws's own.
    client.on('error', (error) => log('warn', 'ipc: a page broke the rules of WebSocket', { error: error.message }))
    client.on('close', () => {
      clients.delete(client)
      stopHeartbeat()
      inbox.close()
      connection.close()
    })
  }

  /** A machine that went to sleep never says so: whoever misses a whole beat is gone. */
  function watchHeart(client: WebSocket, drop: (reason: string) => void): () => void {
    let alive = true
    client.on('pong', () => {
      alive = true
    })
    const beat = () => {
      if (!alive) {
        drop('it does not answer')
        return
      }
      alive = false
      client.ping()
      stop = clock.after(HEARTBEAT_MS, beat)
    }
    let stop = clock.after(HEARTBEAT_MS, beat)
    return () => stop()
  }

  server.on('upgrade', onUpgrade)
  return {
    clientCount: () => clients.size,
    close() {
      server.off('upgrade', onUpgrade)
      for (const client of clients) {
        client.close(1001, 'Souk is closing')
        client.terminate()
      }
      sockets.close()
    },
  }
}
