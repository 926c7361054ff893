import { WebSocket } from 'ws'
import type { NostrEvent } from '#shared/protocol/event.ts'

export type RelayMessage = readonly [string, ...unknown[]]

/** A client that keeps all it was told, for tests over a real socket. */
export interface RelayClient {
  readonly socket: WebSocket
  /** Everything received so far, in order. */
  readonly received: readonly RelayMessage[]
  send(...message: readonly unknown[]): void
  /** The first message, already here or still to come, that satisfies `wanted`. Rejects when the socket closes first. */
  next(wanted: (message: RelayMessage) => boolean): Promise<RelayMessage>
  /** Publishes and resolves with the relay's OK. */
  publish(event: Partial<Record<keyof NostrEvent, unknown>> & { readonly id: string }): Promise<{ readonly accepted: unknown; readonly message: unknown }>
  /** Subscribes and resolves at EOSE with the stored events, or rejects with the reason of CLOSED. */
  query(subscription: string, ...filters: readonly unknown[]): Promise<readonly { readonly id: string }[]>
  close(): void
}

export async function connectClient(url: string, options: { readonly headers?: Record<string, string> } = {}): Promise<RelayClient> {
  const socket = new WebSocket(url, options)
  const received: RelayMessage[] = []
  const waiting = new Set<{ wanted: (message: RelayMessage) => boolean; resolve: (message: RelayMessage) => void; reject: (error: Error) => void }>()
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as RelayMessage
    received.push(message)
    for (const waiter of waiting) {
      if (!waiter.wanted(message)) continue
      waiting.delete(waiter)
      waiter.resolve(message)
    }
  })
  socket.on('close', (code) => {
    for (const waiter of waiting) waiter.reject(new Error(`closed with ${code}`))
    waiting.clear()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {})

  const next = (wanted: (message: RelayMessage) => boolean, from = 0): Promise<RelayMessage> => {
    const found = received.slice(from).find(wanted)
    if (found !== undefined) return Promise.resolve(found)
    return new Promise((resolve, reject) => waiting.add({ wanted, resolve, reject }))
  }
  return {
    socket,
    received,
    send: (...message) => socket.send(JSON.stringify(message)),
    next,
    async publish(event) {
      const from = received.length
      socket.send(JSON.stringify(['EVENT', event]))
      const [, , accepted, message] = await next(([verb, id]) => verb === 'OK' && id === event.id, from)
      return { accepted, message }
    },
    async query(subscription, ...filters) {
      const from = received.length
      socket.send(JSON.stringify(['REQ', subscription, ...filters]))
      const end = await next(([verb, id]) => (verb === 'EOSE' || verb === 'CLOSED') && id === subscription, from)
      if (end[0] === 'CLOSED') throw new Error(String(end[2]))
      return received
        .slice(from, received.indexOf(end))
        .filter(([verb, id]) => verb === 'EVENT' && id === subscription)
        .map(([, , event]) => event as { id: string })
    },
    close: () => socket.terminate(),
  }
}
