import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Clock, Log } from '../../ports.ts'
import { openDatabase } from '../../store/database.ts'
import type { NostrCrypto } from '../crypto.ts'
import { createFairQueue } from '../fairQueue.ts'
import { createTokenBucket } from '../tokenBucket.ts'
import { openConnection, type Connection } from './connection.ts'
import { createEventStore } from './eventStore.ts'
import { informationDocument } from './informationDocument.ts'
import { DEFAULT_RELAY_LIMITS, type RelayLimits } from './limits.ts'
import { createLiveness } from './liveness.ts'
import { findForeignSource } from './loopbackGuard.ts'
import { RELAY_MIGRATIONS } from './migrations.ts'
import { createPublication } from './publication.ts'

const LOOPBACK = '127.0.0.1'

export interface EmbeddedRelayOptions {
  /** 0 takes any free port. */
  readonly port: number
  readonly databasePath: string
  readonly clock: Clock
  readonly log: Log
  readonly crypto: Pick<NostrCrypto, 'verify'>
  readonly limits?: Partial<RelayLimits>
  /** Serve only clients that have answered the NIP-42 challenge. Off unless said. */
  readonly requireAuth?: boolean
}

export interface EmbeddedRelay {
  /** ws://127.0.0.1:port */
  readonly url: string
  readonly port: number
  /** Disconnects everybody and closes the store. */
  close(): Promise<void>
}

/**
 * A Nostr relay on loopback: NIP-01, 09, 11, 13, 40, 42, its events in SQLite. Rejects with a sentence for a person when
 * the port is taken or the store cannot be opened; a damaged store is put aside and an empty one takes its place.
 */
export async function startEmbeddedRelay(options: EmbeddedRelayOptions): Promise<EmbeddedRelay> {
  const { clock, log, crypto, requireAuth = false } = options
  const limits = { ...DEFAULT_RELAY_LIMITS, ...options.limits }
  const opened = openDatabase(options.databasePath, RELAY_MIGRATIONS, clock.now())
  if (!opened.ok) throw new Error(opened.error.message)
  if (opened.value.quarantined !== null) {
    log('warn', 'The store of the embedded relay was damaged and has been put aside', { path: opened.value.quarantined })
  }
  const store = createEventStore(opened.value.database, limits)
  const connections = new Map<WebSocket, Connection>()
  const turns = createFairQueue<Connection>((connection) => connection.takeOne())
  const publish = createPublication({
    store, crypto, clock, log, limits,
    broadcast: (event, json) => {
      for (const connection of connections.values()) connection.deliver(event, json)
    },
  })

  const suspectBucket = createTokenBucket(clock, limits.suspectEventsPerSec, limits.suspectEventBurst)

  const { handshakeTimeoutMs } = limits
  const timeouts = { headersTimeout: handshakeTimeoutMs, requestTimeout: handshakeTimeoutMs, connectionsCheckingInterval: handshakeTimeoutMs / 2 }
  const server = createServer({ maxHeaderSize: 8_192, ...timeouts }, (request, response) => answerHttp(request, response, port, limits, requireAuth))
  server.maxConnections = limits.maxConnections + limits.maxHandshakes
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.maxMessageBytes, perMessageDeflate: false, clientTracking: false })
  const port = await listen(server, options.port).catch((error: unknown) => {
    store.close()
    throw error
  })

  const liveness = createLiveness({ clock, limits })
  server.on('error', (error) => log('error', 'The embedded relay cannot take connections', { reason: error.message }))
  server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
    const foreign = findForeignSource(request, port)
    if (foreign !== null) return refuseUpgrade(socket, '403 Forbidden', foreign)
    if (connections.size >= limits.maxConnections) return refuseUpgrade(socket, '503 Service Unavailable', 'Too many connections.')
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = openConnection(webSocket, { store, crypto, clock, log, limits, port, requireAuth, publish, suspectBucket, announce: (connection) => turns.announce(connection) })
      connections.set(webSocket, connection)
      liveness.watch(webSocket)
      webSocket.on('error', (error) => {
        log('debug', 'A client of the embedded relay broke the WebSocket protocol', { reason: error.message })
        liveness.cutOff(webSocket)
      })
      webSocket.on('close', () => {
        connections.delete(webSocket)
        connection.close()
      })
    })
  })

  let cancelSweep = () => {}
  const sweepLater = () => {
    cancelSweep = clock.after(limits.sweepIntervalMs, () => {
      try {
        store.sweep(Math.floor(clock.now() / 1_000))
      } catch (error) {
        log('error', 'The embedded relay could not tidy its store', { reason: error instanceof Error ? error.message : String(error) })
      }
      sweepLater()
    })
  }
  sweepLater()

  let closing: Promise<void> | null = null
  return {
    url: `ws://${LOOPBACK}:${port}`,
    port,
    close() {
      closing ??= new Promise((resolve) => {
        cancelSweep()
        liveness.stop()
        turns.stop()
        for (const [socket, connection] of connections) {
          connection.close()
          socket.close(1001, 'the relay is closing')
          // Whoever does not answer the close frame is not waited for.
          setImmediate(() => socket.terminate())
        }
        server.close(() => {
          store.close()
          resolve()
        })
        server.closeAllConnections()
      })
      return closing
    },
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const inUse = error.code === 'EADDRINUSE'
      reject(new Error(inUse ? `Port ${port} on ${LOOPBACK} is in use. Stop what listens there, or choose another port.` : `Cannot listen on ${LOOPBACK}:${port}: ${error.message}.`))
    })
    server.listen(port, LOOPBACK, () => {
      server.removeAllListeners('error')
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function answerHttp(request: IncomingMessage, response: ServerResponse, port: number, limits: RelayLimits, requireAuth: boolean): void {
  const foreign = findForeignSource(request, port)
  if (foreign !== null) {
    response.writeHead(403, { 'content-type': 'text/plain' }).end(foreign)
    return
  }
  const wantsDocument = request.headers.accept?.includes('application/nostr+json') === true
  if (request.method !== 'GET' || !wantsDocument) {
    response.writeHead(200, { 'content-type': 'text/plain' }).end('This is a Nostr relay. Connect with a Nostr client.\n')
    return
  }
  const headers: Record<string, string> = { 'content-type': 'application/nostr+json' }
  // NIP-11 asks for CORS; only origins on this machine come this far.
  if (request.headers.origin !== undefined) headers['access-control-allow-origin'] = request.headers.origin
  response.writeHead(200, headers).end(JSON.stringify(informationDocument(limits, requireAuth)))
}

function refuseUpgrade(socket: Duplex, status: string, reason: string): void {
  // The peer may be gone already; without a listener that would be an uncaught exception.
  socket.on('error', () => socket.destroy())
  // An HTTP server's sockets stay half open: without destroying it, a peer that never hangs up would hold it.
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`, () => socket.destroy())
}
