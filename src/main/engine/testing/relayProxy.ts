/** A relay that passes everything on to another, keeps a record of it, and may be told to do worse. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'

export interface RelayFrame {
  /** Which connection of a client, counted from 0. */
  readonly connection: number
  readonly from: 'client' | 'relay'
  /** As it went over the wire. */
  readonly text: string
}

export interface RelayProxy {
  readonly url: string
  readonly frames: readonly RelayFrame[]
  close(): Promise<void>
}

/**
 * `pass` gets every frame, and calls `forward` at once, later, often or never; without it all pass. `answer` says something of
 * the proxy's own to who sent the frame.
 */
export type PassFrame = (frame: RelayFrame, forward: () => void, answer: (text: string) => void) => void

/** `port` 0: any that is free. */
export async function startRelayProxy(upstreamUrl: string, pass: PassFrame = (_, forward) => forward(), port = 0): Promise<RelayProxy> {
  const frames: RelayFrame[] = []
  const server = new WebSocketServer({ host: '127.0.0.1', port })
  let connections = 0
  server.on('connection', (client) => {
    const connection = connections++
    const upstream = new WebSocket(upstreamUrl)
    const early: string[] = []
    const sendTo = (to: WebSocket, text: string) => {
      if (to.readyState === WebSocket.OPEN) to.send(text)
    }
    const carry = (from: RelayFrame['from'], text: string) => {
      const [sender, receiver] = from === 'client' ? [client, upstream] : [upstream, client]
      const frame = { connection, from, text }
      frames.push(frame)
      pass(frame, () => sendTo(receiver, text), (answer) => sendTo(sender, answer))
    }
    client.on('message', (data: Buffer) => {
      if (upstream.readyState === WebSocket.OPEN) carry('client', data.toString())
      else early.push(data.toString())
    })
    upstream.on('open', () => {
      for (const text of early) carry('client', text)
    })
    upstream.on('message', (data: Buffer) => carry('relay', data.toString()))
    for (const [one, other] of [[client, upstream], [upstream, client]] as const) {
      one.on('error', () => one.terminate())
      one.on('close', () => other.terminate())
    }
  })
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${address.port}`,
    frames,
    close() {
      for (const client of server.clients) client.terminate()
      return new Promise((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}
