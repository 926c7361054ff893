/** The two carriers behind one face, for the tests that both must pass. */
import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { expect } from 'vitest'
import { createBridge } from '#main/desktop/bridge.ts'
import { createManualClock, type ManualClock } from '#engine/testing/manualClock.ts'
import { preloadTransport, webSocketTransport } from '#renderer/state/transport.ts'
import { createIpcClient, type IpcClient, type IpcClientOptions } from '#shared/ipc/client.ts'
import { ELECTRON_CHANNEL } from '#shared/ipc/electronChannel.ts'
import type { Transport } from '#shared/ipc/transport.ts'
import { attachElectronCarrier } from '../electronCarrier.ts'
import type { FairInboxLimits } from '../fairInbox.ts'
import { createPageGuard } from '../pageGuard.ts'
import { createRouter } from '../router.ts'
import { attachWebSocketCarrier } from '../webSocketCarrier.ts'
import { createFakeElectron } from './fakeElectron.ts'
import { createSumHandlers, sumContract, type SumContract } from './sumContract.ts'

/** A page that says whatever it likes. */
export interface RawPage {
  send(text: string): void
  /** Texts as they came. */
  readonly received: string[]
  isClosed(): boolean
  close(): void
}

export interface CarrierBench {
  readonly sum: ReturnType<typeof createSumHandlers>
  readonly clock: ManualClock
  readonly logged: string[]
  connectClient(options?: IpcClientOptions): IpcClient<SumContract>
  connectRaw(): Promise<RawPage>
  /** Pages that the router knows. */
  connectionCount(): number
  /** Every connection drops now; pages may come back. */
  dropAll(): void
  close(): Promise<void>
}

/** Waits for `until` by turns of the event loop, moving the clock along. */
export async function waitFor(until: () => boolean, clock?: ManualClock): Promise<void> {
  const giveUpAt = performance.now() + 10_000
  while (!until() && performance.now() < giveUpAt) {
    clock?.advance(5)
    await setImmediate()
  }
  expect(until()).toBe(true)
}

function createBase() {
  const sum = createSumHandlers()
  const clock = createManualClock()
  const logged: string[] = []
  const log = (level: string, message: string, fields?: object) => void logged.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`)
  const router = createRouter(sumContract, sum.handlers, { clock, log })
  const clients: IpcClient<SumContract>[] = []
  const connect = (transport: Transport, options: IpcClientOptions = {}) => {
    const client = createIpcClient(sumContract, transport, { after: (delayMs, run) => clock.after(delayMs, run), random: () => 0.5, ...options })
    clients.push(client)
    return client
  }
  const closeClients = () => {
    for (const client of clients) client.close()
  }
  return { sum, clock, logged, log, router, connect, closeClients }
}

export async function startWebSocketBench(inbox?: FairInboxLimits) {
  const base = createBase()
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const guard = createPageGuard({ random: { bytes: (length) => randomBytes(length) }, port: () => port, hostNames: ['127.0.0.1'] })
  const carrier = attachWebSocketCarrier({ server, router: base.router, guard, clock: base.clock, log: base.log, ...(inbox && { inbox }) })
  const newCookie = () => guard.exchangeToken(guard.issueToken())?.split(';')[0] ?? ''
  const url = `ws://127.0.0.1:${port}/ipc`
  const opened = new Set<WebSocket>()
  const openSocket = (headers: Record<string, string> = {}, address = url) => {
    const socket = new WebSocket(address, { headers: { Origin: `http://127.0.0.1:${port}`, Cookie: newCookie(), ...headers } })
    opened.add(socket)
    return socket
  }
  const bench: CarrierBench = {
    ...base,
    connectClient: (options) => base.connect(webSocketTransport(url, () => openSocket()), options),
    async connectRaw() {
      const socket = openSocket()
      const received: string[] = []
      socket.on('message', (data) => received.push(Buffer.isBuffer(data) ? data.toString() : ''))
      socket.on('error', () => {})
      await new Promise((resolve) => socket.once('open', resolve))
      return { send: (text) => socket.send(text), received, isClosed: () => socket.readyState === socket.CLOSED, close: () => socket.close() }
    },
    connectionCount: () => base.router.connectionCount(),
    dropAll: () => {
      for (const socket of opened) if (socket.readyState === socket.OPEN) socket.terminate()
    },
    async close() {
      base.closeClients()
      for (const socket of opened) socket.terminate()
      carrier.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return { ...bench, port, guard, url, newCookie, openSocket, carrier }
}

export function startElectronBench(inbox?: FairInboxLimits) {
  const base = createBase()
  const electron = createFakeElectron()
  const carrier = attachElectronCarrier({ ipcMain: electron.ipcMain, router: base.router, isPageUrl: (url) => url.startsWith('souk://app/'), clock: base.clock, log: base.log, ...(inbox && { inbox }) })
  const windows: { ipcRenderer: { send(channel: string, ...args: unknown[]): void }; lastId: () => string }[] = []
  const openBridge = () => {
    const window = electron.openWindow()
    let lastId = ''
    windows.push({ ipcRenderer: window.ipcRenderer, lastId: () => lastId })
    const bridge = createBridge(window.ipcRenderer, () => {
      lastId = randomUUID()
      return lastId
    })
    return { bridge, window, lastId: () => lastId }
  }
  const bench: CarrierBench = {
    ...base,
    connectClient: (options) => base.connect(preloadTransport(openBridge().bridge), options),
    async connectRaw() {
      const { bridge } = openBridge()
      const received: string[] = []
      let closed = false
      const end = bridge.connect(
        (text) => received.push(text),
        () => {
          closed = true
        },
      )
      return { send: (text) => bridge.send(text), received, isClosed: () => closed, close: end }
    },
    connectionCount: () => base.router.connectionCount(),
    // Too long a message is what makes this carrier drop a page, and say so to it.
    dropAll: () => {
      for (const { ipcRenderer, lastId } of windows) ipcRenderer.send(ELECTRON_CHANNEL, lastId(), 'x'.repeat(2_000_000))
    },
    async close() {
      base.closeClients()
      carrier.close()
    },
  }
  return { ...bench, electron, carrier, openBridge }
}
