import { createServer, type AddressInfo, type Socket as TcpSocket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Socket, SocketOptions } from '../ports.ts'
import { openWebSocketWithWs } from './openWebSocket.ts'

const openWebSocket = openWebSocketWithWs()
const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

function listenTcp(onConnection: (socket: TcpSocket) => void): Promise<string> {
  const sockets = new Set<TcpSocket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    onConnection(socket)
  })
  stops.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`))
  })
}

async function listenWebSocket(onConnection: (client: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', onConnection)
  stops.push(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  await new Promise((resolve) => server.on('listening', resolve))
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Opens a socket and keeps what happens to it until it closes. */
function open(url: string, options?: SocketOptions) {
  const messages: (string | null)[] = []
  const opened = Promise.withResolvers<void>()
  const received = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<string | null>()
  const socket: Socket = openWebSocket(url, {
    onOpen: opened.resolve,
    onMessage(text) {
      messages.push(text)
      received.resolve()
    },
    onClose: closed.resolve,
  }, options)
  return { socket, messages, opened: opened.promise, received: received.promise, closed: closed.promise }
}

test('throws on an address that is no WebSocket address, and only then', () => {
  expect(() => open('http://127.0.0.1')).toThrow(TypeError)
  expect(() => open('nonsense')).toThrow(TypeError)
})

test('carries text both ways, tells binary apart, and closes without a problem', async () => {
  const url = await listenWebSocket((client) =>
    client.on('message', (data: Buffer) => {
      client.send(`echo ${data.toString()}`)
      client.send(Buffer.from([1]))
      client.close()
    }),
  )
  const { socket, messages, opened, closed } = open(url)
  await opened
  socket.send('grüße')
  expect(await closed).toBeNull()
  expect(messages).toEqual(['echo grüße', null])
  socket.send('into the void')
})

test('a port where nothing listens ends in onClose with the reason', async () => {
  const url = await listenTcp(() => {})
  for (const stop of stops.splice(0)) stop()
  expect(await open(url).closed).toBe('Nothing answers at this address.')
})

test('a server that speaks HTTP and no WebSocket ends in onClose with the reason', async () => {
  const url = await listenTcp((socket) => socket.once('data', () => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')))
  expect(await open(url).closed).toBe('It answered, but not as a relay (HTTP 403).')
})

test('one that never gets its upgrade can be closed without an uncaught exception', async () => {
  const asked = Promise.withResolvers<void>()
  const url = await listenTcp((socket) => socket.once('data', () => asked.resolve()))
  const { socket, closed } = open(url)
  await asked.promise
  socket.close()
  expect(await closed).toBeTypeOf('string')
})

test('a message above the bound ends the connection with the reason', async () => {
  const url = await listenWebSocket((client) => client.send('x'.repeat(1_048_577)))
  const { messages, closed } = open(url)
  expect(await closed).toBe('It sent a message too large to take.')
  expect(messages).toEqual([])
})

test('a peer that never answers the closing handshake is cut off all the same', async () => {
  const { socket, opened, closed } = open(await listenWebSocket((client) => client.pause()))
  await opened
  socket.close()
  await closed
})

test('a paused socket holds messages back until it is resumed', async () => {
  const accepted = Promise.withResolvers<WebSocket>()
  const { socket, messages, opened, received } = open(await listenWebSocket(accepted.resolve))
  await opened
  socket.pause?.()
  const client = await accepted.promise
  await new Promise((resolve) => client.send('held', resolve))
  await new Promise((resolve) => setImmediate(resolve))
  expect(messages).toEqual([])
  socket.resume?.()
  await received
  expect(messages).toEqual(['held'])
})

test('a name that a stranger gave is not followed into this machine or its network', async () => {
  let connections = 0
  const url = await listenTcp(() => void (connections += 1))
  const { closed } = open(url.replace('127.0.0.1', 'localhost'), { publicOnly: true })
  expect(await closed).toBe('The name of this host leads into a private network, and somebody else named it.')
  expect(() => open(url, { publicOnly: true })).toThrow(TypeError)
  expect(connections).toBe(0)
})
