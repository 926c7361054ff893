/** The contract over Electron's IPC, for the desktop window. Electron itself is injected, so that this runs without it. */
import type { Clock, Log } from '#engine/ports.ts'
import { ELECTRON_CHANNEL, MAX_CONNECTION_ID_CHARS } from '#shared/ipc/electronChannel.ts'
import { MAX_CLIENT_MESSAGE_SIZE, decodeWire, encodeWire } from '#shared/ipc/wire.ts'
import { createFairInboxes, type FairInboxLimits, type Inbox } from './fairInbox.ts'
import type { Connection, Router } from './router.ts'

export interface FrameLike {
  readonly url: string
  readonly parent: FrameLike | null
}
export interface WebContentsLike {
  readonly id: number
  isDestroyed(): boolean
  send(channel: string, ...args: unknown[]): void
  once(event: 'destroyed', listener: () => void): unknown
  on(event: 'render-process-gone', listener: () => void): unknown
}
export interface IpcEventLike {
  readonly sender: WebContentsLike
  /** Null when the frame is gone already. */
  readonly senderFrame: FrameLike | null
}
export interface IpcMainLike {
  on(channel: string, listener: (event: IpcEventLike, ...args: unknown[]) => void): unknown
  removeListener(channel: string, listener: (event: IpcEventLike, ...args: unknown[]) => void): unknown
}

export interface ElectronCarrierOptions {
  readonly ipcMain: IpcMainLike
  readonly router: Router
  /** Is this the address of our own page? */
  readonly isPageUrl: (url: string) => boolean
  readonly clock: Clock
  readonly log: Log
  readonly inbox?: FairInboxLimits
}

export interface ElectronCarrier {
  clientCount(): number
  close(): void
}

interface Client {
  readonly connectionId: string
  readonly connection: Connection
  readonly inbox: Inbox
}

export function attachElectronCarrier({ ipcMain, router, isPageUrl, clock, log, inbox: limits }: ElectronCarrierOptions): ElectronCarrier {
  const inboxes = createFairInboxes(clock, limits)
  /** One a window, by the id of its web contents: a page that was loaded anew takes its predecessor's place. */
  const clients = new Map<number, Client>()
  const watched = new Set<number>()
  /** The connection last dropped of each window: what still comes of it is not a new one. */
  const dropped = new Map<number, string>()

  function onMessage(event: IpcEventLike, ...args: unknown[]) {
    const frame = event.senderFrame
    // Not answered: whoever is not our page need not learn that somebody listens.
    if (frame === null || frame.parent !== null || !isPageUrl(frame.url)) {
      log('warn', 'ipc: a frame was refused', { url: frame?.url.slice(0, 200) ?? 'gone', top: frame?.parent === null })
      return
    }
    const [connectionId, text] = args
    if (typeof connectionId !== 'string' || connectionId.length === 0 || connectionId.length > MAX_CONNECTION_ID_CHARS) return
    if (dropped.get(event.sender.id) === connectionId) return
    if (text === null) {
      if (clients.get(event.sender.id)?.connectionId === connectionId) disconnect(event.sender.id)
      return
    }
    if (typeof text !== 'string' || text.length > MAX_CLIENT_MESSAGE_SIZE) {
      drop(event.sender, connectionId, 'it sent no text, or too long a one')
      return
    }
    connect(event.sender, connectionId).inbox.push(text)
  }

  function connect(sender: WebContentsLike, connectionId: string): Client {
    const known = clients.get(sender.id)
    if (known?.connectionId === connectionId) return known
    disconnect(sender.id)
    watchEnd(sender)
    const connection = router.connect(
      (message) => {
        const text = encodeWire(message)
        if (!sender.isDestroyed()) sender.send(ELECTRON_CHANNEL, connectionId, text)
      },
      { kind: 'desktop' },
    )
    const inbox = inboxes.open({
      onMessage: (text) => connection.receive(decodeWire(text)),
      // There is no way to pause a renderer: what waits is bounded by the overflow.
      onFull: () => {},
      onRoom: () => {},
      onOverflow: () => drop(sender, connectionId, 'it sent too much'),
    })
    const client = { connectionId, connection, inbox }
    clients.set(sender.id, client)
    return client
  }

  function watchEnd(sender: WebContentsLike) {
    if (watched.has(sender.id)) return
    watched.add(sender.id)
    const { id } = sender
    sender.on('render-process-gone', () => disconnect(id))
    sender.once('destroyed', () => {
      watched.delete(id)
      dropped.delete(id)
      disconnect(id)
    })
  }

  function drop(sender: WebContentsLike, connectionId: string, reason: string) {
    log('warn', 'ipc: a page was dropped', { reason })
    watchEnd(sender)
    dropped.set(sender.id, connectionId)
    if (clients.get(sender.id)?.connectionId === connectionId) disconnect(sender.id)
    if (!sender.isDestroyed()) sender.send(ELECTRON_CHANNEL, connectionId, null)
  }

  function disconnect(senderId: number) {
    const client = clients.get(senderId)
    clients.delete(senderId)
    client?.inbox.close()
    client?.connection.close()
  }

  ipcMain.on(ELECTRON_CHANNEL, onMessage)
  return {
    clientCount: () => clients.size,
    close() {
      ipcMain.removeListener(ELECTRON_CHANNEL, onMessage)
      for (const id of clients.keys()) disconnect(id)
    },
  }
}
