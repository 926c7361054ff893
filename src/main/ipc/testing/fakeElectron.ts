/** Electron's ipcMain and one ipcRenderer a window, joined as in Electron: asynchronous, in order, by structured clone. */
import type { IpcRendererLike } from '#main/desktop/bridge.ts'
import type { FrameLike, IpcEventLike, IpcMainLike, WebContentsLike } from '../electronCarrier.ts'

type MainListener = (event: IpcEventLike, ...args: unknown[]) => void
type PageListener = (event: unknown, ...args: unknown[]) => void

export interface FakeWindow {
  readonly ipcRenderer: IpcRendererLike
  /** Sends as some other frame of the window would. */
  sendAs(frame: FrameLike | null, channel: string, ...args: unknown[]): void
  /** The page is gone at once; what it sent before is not. */
  destroy(): void
  /** Every argument list that reached the window. */
  readonly received: unknown[][]
}

export function createFakeElectron() {
  const mainListeners = new Map<string, Set<MainListener>>()
  let nextId = 1
  const ipcMain: IpcMainLike = {
    on(channel, listener) {
      const listeners = mainListeners.get(channel) ?? new Set()
      mainListeners.set(channel, listeners.add(listener))
    },
    removeListener: (channel, listener) => void mainListeners.get(channel)?.delete(listener),
  }

  function openWindow(url = 'souk://app/index.html'): FakeWindow {
    const pageListeners = new Map<string, Set<PageListener>>()
    const endListeners: (() => void)[] = []
    const received: unknown[][] = []
    let destroyed = false
    const sender: WebContentsLike = {
      id: nextId++,
      isDestroyed: () => destroyed,
      send(channel, ...args) {
        if (destroyed) throw new Error('Object has been destroyed')
        const copy = structuredClone(args)
        setImmediate(() => {
          if (destroyed) return
          received.push(copy)
          for (const listener of new Set(pageListeners.get(channel))) listener({}, ...copy)
        })
      },
      once: (_event, listener) => endListeners.push(listener),
      on: () => undefined,
    }
    const sendAs: FakeWindow['sendAs'] = (frame, channel, ...args) => {
      const copy = structuredClone(args)
      setImmediate(() => {
        for (const listener of new Set(mainListeners.get(channel))) listener({ sender, senderFrame: frame }, ...copy)
      })
    }
    return {
      ipcRenderer: {
        send: (channel, ...args) => sendAs({ url, parent: null }, channel, ...args),
        on(channel, listener) {
          const listeners = pageListeners.get(channel) ?? new Set()
          pageListeners.set(channel, listeners.add(listener))
        },
        removeListener: (channel, listener) => void pageListeners.get(channel)?.delete(listener),
      },
      sendAs,
      destroy() {
        destroyed = true
        for (const listener of endListeners) listener()
      },
      received,
    }
  }

  return { ipcMain, openWindow, listenerCount: (channel: string) => mainListeners.get(channel)?.size ?? 0 }
}
