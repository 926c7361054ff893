/** Clients that are hostile below Nostr: frames without end, bombs, one byte at a time, half-open sockets, floods. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { createManualClock, type ManualClock } from '../../testing/manualClock.ts'
import { loadNostrCrypto } from '../crypto.ts'
import { frameHead, pour, upgradeRequest } from '../testing/rawServer.ts'
import { startEmbeddedRelay, type EmbeddedRelay } from './embeddedRelay.ts'
import type { RelayLimits } from './limits.ts'
import { connectClient, type RelayClient } from './testing/relayClient.ts'

const NOW_SECS = 1_700_000_000
const HUNDRED_MB = 104_857_600
/** What the two kernels and streams may hold of what nobody reads. */
const IN_FLIGHT = 24_000_000
/** Codes of close frames (RFC 6455). */
const TOO_BIG = 1009
const AGAINST_PROTOCOL = 1002

const crypto = await loadNostrCrypto()
const alice = crypto.createSigner(new Uint8Array(32).fill(1))

let clock: ManualClock
let folder: string
let relay: EmbeddedRelay
let sockets: { destroy(): void }[]
let told: number

beforeEach(() => {
  clock = createManualClock(NOW_SECS * 1_000)
  folder = mkdtempSync(join(tmpdir(), 'souk-relay-'))
  sockets = []
  told = 0
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await relay.close()
  expect(clock.pending()).toBe(0)
  rmSync(folder, { recursive: true })
})

async function start(limits: Partial<RelayLimits> = {}): Promise<RelayClient> {
  relay = await startEmbeddedRelay({ port: 0, databasePath: join(folder, 'relay.sqlite'), clock, log: () => {}, crypto, limits })
  const honest = await connectClient(relay.url)
  sockets.push({ destroy: () => honest.close() })
  return honest
}
/** A connection of which the test writes each byte. Without `upgraded` it has said nothing yet. */
async function openRaw({ upgraded, headers = '' }: { readonly upgraded: boolean; readonly headers?: string }) {
  const socket: Socket = connect(relay.port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => {})
  await once(socket, 'connect')
  const heard: Buffer[] = []
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('data', (data: Buffer) => void heard.push(data))
  if (upgraded) {
    socket.write(upgradeRequest(relay.port, headers))
    await once(socket, 'data')
  }
  return { socket, closed, heard: () => Buffer.concat(heard).toString('latin1') }
}
const note = (content: string): NostrEvent => alice.sign({ kind: 1, created_at: NOW_SECS, tags: [], content })
/** An honest client is served. */
async function expectServed(honest: RelayClient): Promise<void> {
  told += 1
  expect(await honest.publish(note(`honest ${told}`))).toMatchObject({ accepted: true })
}
/** The code in the relay's close frame. */
const closeCode = (heard: string) => {
  const bytes = Buffer.from(heard, 'latin1')
  const at = bytes.indexOf(0x88)
  return at < 0 || bytes.length < at + 4 ? undefined : bytes.readUInt16BE(at + 2)
}

describe('a message of 100 MB', () => {
  test('is refused at its head, told so, and cut off a second later if it goes on', async () => {
    const honest = await start()
    const { socket, closed, heard } = await openRaw({ upgraded: true })
    socket.write(frameHead({ bytes: HUNDRED_MB, isMasked: true }))
    while (closeCode(heard()) === undefined) await once(socket, 'data')
    expect(closeCode(heard())).toBe(TOO_BIG)
    await expectServed(honest)
    clock.advance(1_000)
    await closed
    expect(await pour(socket, HUNDRED_MB)).toBeLessThan(IN_FLIGHT)
  })

  test('in pieces is no longer for that', async () => {
    const honest = await start()
    const { socket, heard } = await openRaw({ upgraded: true })
    socket.write(frameHead({ bytes: 0, isFinal: false, isMasked: true }))
    const piece = Buffer.concat([frameHead({ bytes: 65_536, opcode: 0, isFinal: false, isMasked: true }), Buffer.alloc(65_536, 'x')])
    for (let sent = 0; sent < 4; sent += 1) socket.write(piece)
    while (closeCode(heard()) === undefined) await once(socket, 'data')
    expect(closeCode(heard())).toBe(TOO_BIG)
    await expectServed(honest)
  })
})

test('deflate is not agreed on, and a bomb that comes all the same is not inflated', async () => {
  const honest = await start()
  const { socket, heard } = await openRaw({ upgraded: true, headers: 'Sec-WebSocket-Extensions: permessage-deflate\r\n' })
  expect(heard()).toMatch(/^HTTP\/1\.1 101 /)
  expect(heard()).not.toMatch(/sec-websocket-extensions/i)
  const bomb = deflateRawSync(Buffer.alloc(HUNDRED_MB / 10, 'x'))
  socket.write(Buffer.concat([frameHead({ bytes: bomb.length, isCompressed: true, isMasked: true }), bomb]))
  while (closeCode(heard()) === undefined) await once(socket, 'data')
  expect(closeCode(heard())).toBe(AGAINST_PROTOCOL)
  await expectServed(honest)
})

describe('one byte at a time', () => {
  test('of the handshake, or none at all, is given up after its time', async () => {
    const honest = await start({ handshakeTimeoutMs: 100 })
    const [slow, silent] = [await openRaw({ upgraded: false }), await openRaw({ upgraded: false })]
    const request = upgradeRequest(relay.port)
    for (const byte of request.slice(0, 10)) await new Promise((resolve) => slow.socket.write(byte, resolve))
    await expectServed(honest)
    await Promise.all([slow.closed, silent.closed])
    expect(slow.heard()).not.toMatch(/101/)
    await expectServed(honest)
  })

  test('of a message is silence: the connection is given up, and others are served meanwhile', async () => {
    const honest = await start()
    const slow = await openRaw({ upgraded: true })
    const frame = frameHead({ bytes: 1_000, isMasked: true })
    for (const byte of frame) {
      await new Promise((resolve) => slow.socket.write(Buffer.of(byte), resolve))
      await expectServed(honest)
    }
    clock.advance(60_000)
    await expectServed(honest)
    clock.advance(60_000)
    await slow.closed
    await expectServed(honest)
  })

  test('cannot use up the places: more handshakes than are taken at once are hung up on', async () => {
    const honest = await start({ maxConnections: 2, maxHandshakes: 3 })
    const many = await Promise.all(Array.from({ length: 4 }, () => openRaw({ upgraded: false })))
    // The honest one, and four on their way: one more is too many.
    const late = await openRaw({ upgraded: false })
    await late.closed
    await expectServed(honest)
    for (const { socket } of many) expect(socket.destroyed).toBe(false)
  })
})

test('a half-open connection is found by its silence, and its place is free again', async () => {
  const honest = await start({ maxConnections: 2 })
  const gone = await connectClient(relay.url)
  sockets.push({ destroy: () => gone.close() })
  await expect(connectClient(relay.url)).rejects.toThrow('503')
  // It looks connected, and neither reads nor answers.
  gone.socket.pause()
  clock.advance(60_000)
  await expectServed(honest)
  clock.advance(60_000)
  gone.socket.resume()
  await once(gone.socket, 'close')
  await expectServed(honest)
  const next = await connectClient(relay.url)
  sockets.push({ destroy: () => next.close() })
  await expectServed(next)
})

test.each([
  ['AUTH', JSON.stringify(['AUTH', note('no answer')])],
  ['CLOSE', '["CLOSE","nothing"]'],
  ['garbage', 'no json'],
  ['REQ', '["REQ","same",{"limit":1}]'],
  ['EVENT', JSON.stringify(['EVENT', { ...note('forged'), sig: '0'.repeat(128) }])],
])('a flood of %s waits its turn', async (_, text) => {
  const honest = await start()
  const flooder = await connectClient(relay.url)
  sockets.push({ destroy: () => flooder.close() })
  for (let sent = 0; sent < 5_000; sent += 1) flooder.socket.send(text)
  await expectServed(honest)
  const events = await honest.query('mine', { kinds: [1], limit: 10 })
  expect(events).toHaveLength(1)
})
