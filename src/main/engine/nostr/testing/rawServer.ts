/** WebSocket by hand, over plain TCP: for what no library would send. */
import { createHash } from 'node:crypto'
import { createServer, type AddressInfo, type Socket } from 'node:net'

export interface RawServer {
  /** ws://127.0.0.1:port */
  readonly url: string
  close(): Promise<void>
}

/** `onRequest` gets each connection with its HTTP request, once that is whole. */
export async function startRawServer(onRequest: (socket: Socket, request: string) => void): Promise<RawServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    let request = ''
    const read = (data: Buffer) => {
      request += data.toString('latin1')
      if (!request.includes('\r\n\r\n')) return
      socket.off('data', read)
      socket.resume()
      onRequest(socket, request)
    }
    socket.on('data', read)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The server's side of the handshake. `headers` go in as they stand. */
export function upgradeAnswer(request: string, headers = ''): string {
  const key = /^sec-websocket-key: (\S+)/im.exec(request)?.[1] ?? ''
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${headers}\r\n`
}

/** The client's side of it. */
export function upgradeRequest(port: number, headers = ''): string {
  return `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${Buffer.alloc(16, 1).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n${headers}\r\n`
}

export interface FrameHead {
  readonly bytes: number
  /** 1 text, 0 continuation. */
  readonly opcode?: 0 | 1
  readonly isFinal?: boolean
  /** RSV1: "this is deflated". */
  readonly isCompressed?: boolean
  /** As clients have to, with a key of zeros, which changes nothing. */
  readonly isMasked?: boolean
}

/** The head of a frame that says how long it is. */
export function frameHead({ bytes, opcode = 1, isFinal = true, isCompressed = false, isMasked = false }: FrameHead): Buffer {
  const head = Buffer.alloc(isMasked ? 14 : 10)
  head[0] = (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode
  head[1] = (isMasked ? 0x80 : 0) | 127
  head.writeBigUInt64BE(BigInt(bytes), 2)
  return head
}

/** Writes so many bytes as fast as they are taken, or until the other side has had enough; how many it took. */
export async function pour(socket: Socket, bytes: number): Promise<number> {
  const piece = Buffer.alloc(65_536, 'x')
  let poured = 0
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  while (poured < bytes && !socket.destroyed) {
    poured += piece.length
    if (!socket.write(piece)) await Promise.race([gone, new Promise((resolve) => socket.once('drain', resolve))])
  }
  return poured
}
