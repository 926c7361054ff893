/** What the desktop's page gets of Electron: text in, text out. Runs in the sandboxed preload. */
import { ELECTRON_CHANNEL } from '#shared/ipc/electronChannel.ts'
import type { SoukBridge } from '#shared/ipc/transport.ts'

export interface IpcRendererLike {
  send(channel: string, ...args: unknown[]): void
  on(channel: string, listener: (event: unknown, ...args: unknown[]) => void): unknown
  removeListener(channel: string, listener: (event: unknown, ...args: unknown[]) => void): unknown
}

/**
 * A bridge over `ipc`. Every connection has an id of its own: what is still under way to an earlier one, or to the
 * page before a reload, is told apart. Functions, not listeners, go back to the page: contextBridge wraps each
 * function anew, so a listener could not be found again to be removed.
 */
export function createBridge(ipc: IpcRendererLike, makeId: () => string): SoukBridge {
  let currentId: string | null = null
  let endCurrent = () => {}

  return {
    connect(onMessage, onClose) {
      endCurrent()
      const id = makeId()
      const forget = () => {
        ipc.removeListener(ELECTRON_CHANNEL, listener)
        if (currentId === id) currentId = null
      }
      const listener = (_event: unknown, ...args: unknown[]) => {
        const [connectionId, text] = args
        if (connectionId !== id) return
        if (typeof text === 'string') {
          onMessage(text)
          return
        }
        forget()
        onClose('Souk ended the connection')
      }
      const end = () => {
        if (currentId !== id) return
        forget()
        ipc.send(ELECTRON_CHANNEL, id, null)
      }
      ipc.on(ELECTRON_CHANNEL, listener)
      currentId = id
      endCurrent = end
      return end
    },
    send(text) {
      if (currentId !== null && typeof text === 'string') ipc.send(ELECTRON_CHANNEL, currentId, text)
    },
  }
}
