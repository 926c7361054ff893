import type { WebSocket } from 'ws'
import type { Clock } from '../../ports.ts'
import type { RelayLimits } from './limits.ts'

/** Finds clients that look connected and are not, or never finish a message: each would hold a place for ever. */
export interface Liveness {
  /** From now on this socket has to answer. */
  watch(socket: WebSocket): void
  /** It was told that it is being disconnected, and why; what it still sends is dropped, but not for long. */
  cutOff(socket: WebSocket): void
  stop(): void
}

/**
 * Pings every client once an interval and disconnects who said nothing whole, not even a pong, in the one before. Who is
 * not read because it sends too much is spared.
 */
export function createLiveness({ clock, limits }: { readonly clock: Clock; readonly limits: Pick<RelayLimits, 'pingIntervalMs' | 'closingGraceMs'> }): Liveness {
  const watched = new Set<WebSocket>()
  const heard = new WeakSet<WebSocket>()
  const cancels = new Map<WebSocket, () => void>()
  let cancel = () => {}

  const beat = () => {
    for (const socket of watched) {
      if (socket.isPaused) continue
      if (!heard.delete(socket)) socket.terminate()
      else if (socket.readyState === socket.OPEN) socket.ping()
    }
    plan()
  }
  const plan = () => {
    cancel = clock.after(limits.pingIntervalMs, beat)
  }
  plan()

  return {
    watch(socket) {
      const hear = () => void heard.add(socket)
      hear()
      watched.add(socket)
      socket.on('message', hear)
      socket.on('pong', hear)
      socket.on('close', () => {
        watched.delete(socket)
        cancels.get(socket)?.()
        cancels.delete(socket)
      })
    },
    cutOff(socket) {
      if (!cancels.has(socket)) cancels.set(socket, clock.after(limits.closingGraceMs, () => socket.terminate()))
    },
    stop() {
      cancel()
      for (const cancelCut of cancels.values()) cancelCut()
    },
  }
}
