/** How this page reaches the engine: by the desktop's preload when there is one, else by WebSocket to where it came from. */
import { z } from 'zod'
import type { SoukBridge, Transport, TransportHandlers } from '#shared/ipc/transport.ts'

declare global {
  interface Window {
    /** Put there by the desktop's preload. */
    readonly souk?: SoukBridge
  }
}

/** The part of WebSocket used here. */
export interface SocketLike {
  readonly readyState: number
  send(data: string): void
  close(): void
  addEventListener(type: 'open', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void
  addEventListener(type: 'error', listener: () => void): void
}

const OPEN = 1

export function webSocketTransport(url: string, openSocket: (url: string) => SocketLike = (url) => new WebSocket(url)): Transport {
  let socket: SocketLike | null = null
  return {
    open(handlers: TransportHandlers) {
      socket?.close()
      const opened = openSocket(url)
      socket = opened
      opened.addEventListener('open', () => handlers.onOpen())
      opened.addEventListener('message', ({ data }) => handlers.onMessage(data))
      opened.addEventListener('close', ({ code, reason }) => handlers.onClose(reason || `closed with ${code}`))
      // A close with its code follows every error; without a listener some sockets would throw.
      opened.addEventListener('error', () => {})
    },
    send(data) {
      if (socket?.readyState === OPEN && typeof data === 'string') socket.send(data)
    },
    close() {
      socket?.close()
      socket = null
    },
  }
}

export function preloadTransport(bridge: SoukBridge): Transport {
  let disconnect = () => {}
  return {
    open(handlers: TransportHandlers) {
      disconnect = bridge.connect(
        (text) => handlers.onMessage(text),
        (reason) => handlers.onClose(reason),
      )
      handlers.onOpen()
    },
    send(data) {
      if (typeof data === 'string') bridge.send(data)
    },
    close() {
      disconnect()
      disconnect = () => {}
    },
  }
}

/** The transport of this page. Call it before anything is parsed. */
export function chooseTransport(page: Pick<Window, 'souk'> & { readonly location: Pick<Location, 'protocol' | 'host'> } = window): Transport {
  // zod would compile its schemas by eval, which the page's policy forbids and the console would report.
  z.config({ jitless: true })
  if (page.souk) return preloadTransport(page.souk)
  return webSocketTransport(`${page.location.protocol === 'https:' ? 'wss' : 'ws'}://${page.location.host}/ipc`)
}
