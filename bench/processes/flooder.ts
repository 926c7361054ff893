/**
 * Sends forged events, each with a true id and a signature of another event, at a given rate: as a client of a relay
 * (argument: its URL), or as a relay to whoever subscribes (no argument; says its URL). Told `{ channelId, perSecond, forMs }`;
 * says how many it sent.
 */
import { once } from 'node:events'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { eventId, loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { systemRandom } from '#main/headless/nodePorts.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { pauseMs } from '../clock.ts'

const TICK_MS = 5
/** What its victim does not read is not sent on top. */
const MAX_BUFFERED_BYTES = 4_194_304
const taskSchema = z.object({ channelId: z.string(), perSecond: z.number(), forMs: z.number() })
const requestSchema = z.tuple([z.string(), z.string()], z.unknown())

const signer = (await loadNostrCrypto()).createSigner(systemRandom.bytes(32))
let number = 0

/** JSON of one, no two alike. */
function forge(channelId: string, sig: string): string {
  const template = { kind: KIND.channelMessage, created_at: Math.floor(Date.now() / 1_000), tags: [['e', channelId, '', 'root']], content: `forged ${(number += 1)}` }
  return JSON.stringify({ id: eventId(template, signer.pubkey), pubkey: signer.pubkey, ...template, sig })
}

/** Calls `send` at that rate; it says whether there was anybody to send to. */
async function flood({ channelId, perSecond, forMs }: z.output<typeof taskSchema>, send: (forged: string) => boolean): Promise<void> {
  const { sig } = signer.sign({ kind: KIND.channelMessage, created_at: 0, tags: [], content: '' })
  const startedAt = performance.now()
  let sent = 0
  let tried = 0
  for (let elapsedMs = 0; elapsedMs < forMs; elapsedMs = performance.now() - startedAt) {
    const due = Math.floor((elapsedMs / 1_000) * perSecond)
    for (; tried < due; tried += 1) if (send(forge(channelId, sig))) sent += 1
    await pauseMs(TICK_MS)
  }
  process.send?.({ sent, tried })
}

function floodRelay(url: string): void {
  let socket: WebSocket | null = null
  const connect = () => {
    const opened = new WebSocket(url)
    socket = opened
    opened.on('error', () => {})
    opened.on('message', () => {})
    opened.on('close', () => setTimeout(connect, TICK_MS))
  }
  connect()
  process.on('message', (task) => {
    void flood(taskSchema.parse(task), (forged) => {
      if (socket?.readyState !== WebSocket.OPEN || socket.bufferedAmount > MAX_BUFFERED_BYTES) return false
      socket.send(`["EVENT",${forged}]`)
      return true
    })
  })
  process.send?.({ url })
}

async function floodSubscribers(): Promise<void> {
  const subscriptions = new Map<WebSocket, string>()
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', (socket) => {
    socket.on('error', () => {})
    socket.on('close', () => subscriptions.delete(socket))
    socket.on('message', (data: Buffer) => {
      const [verb, subscription] = requestSchema.parse(JSON.parse(data.toString('utf8')))
      if (verb !== 'REQ') return
      if (subscription !== 'ping') subscriptions.set(socket, subscription)
      socket.send(JSON.stringify(['EOSE', subscription]))
    })
  })
  await once(server, 'listening')
  process.on('message', (task) => {
    void flood(taskSchema.parse(task), (forged) => {
      let isHeard = false
      for (const [socket, subscription] of subscriptions) {
        if (socket.bufferedAmount > MAX_BUFFERED_BYTES) continue
        socket.send(`["EVENT",${JSON.stringify(subscription)},${forged}]`)
        isHeard = true
      }
      return isHeard
    })
  })
  const address = server.address()
  process.send?.({ url: `ws://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}` })
}

process.once('disconnect', () => process.exit(0))
const [url] = process.argv.slice(2)
if (url === undefined) await floodSubscribers()
else floodRelay(url)
