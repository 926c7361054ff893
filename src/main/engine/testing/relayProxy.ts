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

/** `pass` gets every frame, and calls `forward` at once, later, often or never; without it all pass. */
export async function startRelayProxy(upstreamUrl: string, pass: (frame: RelayFrame, forward: () => void) => void = (_, forward) => forward()): Promise<RelayProxy> {
  const frames: RelayFrame[] = []
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  let connections = 0
  server.on('connection', (client) => {
    const connection = connections++
    const upstream = new WebSocket(upstreamUrl)
    const early: string[] = []
    const carry = (from: RelayFrame['from'], text: string, to: WebSocket) => {
      const frame = { connection, from, text }
      frames.push(frame)
      pass(frame, () => {
        if (to.readyState === WebSocket.OPEN) to.send(text)
      })
    }
    client.on('message', (data: Buffer) => {
      if (upstream.readyState === WebSocket.OPEN) carry('client', data.toString(), upstream)
      else early.push(data.toString())
    })
    upstream.on('open', () => {
      for (const text of early) carry('client', text, upstream)
    })
    upstream.on('message', (data: Buffer) => carry('relay', data.toString(), client))
    for (const [one, other] of [[client, upstream], [upstream, client]] as const) {
      one.on('error', () => one.terminate())
      one.on('close', () => other.terminate())
    }
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${port}`,
    frames,
    close() {
      for (const client of server.clients) client.terminate()
      return new Promise((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}
