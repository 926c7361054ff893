/** Relays that are hostile below Nostr: frames without end, bombs, one byte at a time, answers that nobody asked for. */
import type { Socket } from 'node:net'
import { constants, deflateRawSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { openWebSocketWithWs } from './openWebSocket.ts'
import { startHostileRelay, type HostileRelay } from './testing/hostileRelay.ts'
import { createPoolHarness, message, type PoolHarness } from './testing/poolHarness.ts'
import { frameHead, pour, startRawServer, upgradeAnswer, type RawServer } from './testing/rawServer.ts'

const HUNDRED_MB = 104_857_600
/** What the two kernels and streams may hold of what nobody reads. */
const IN_FLIGHT = 24_000_000

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function startRaw(onRequest: (socket: Socket, request: string) => void): Promise<RawServer> {
  const server = await startRawServer(onRequest)
  stops.push(() => server.close())
  return server
}
async function startRelay(): Promise<HostileRelay> {
  const relay = await startHostileRelay()
  stops.push(() => relay.stop())
  return relay
}

/** Opens a socket and keeps what happens to it until it closes. */
function open(url: string) {
  const messages: (string | null)[] = []
  const closed = Promise.withResolvers<string | null>()
  openWebSocketWithWs()(url, { onOpen() {}, onMessage: (text) => void messages.push(text), onClose: closed.resolve })
  return { messages, closed: closed.promise }
}

/** A pool on one honest relay, which hears of everything that is said there. */
async function connect() {
  const honest = await startRelay()
  const harness: PoolHarness = createPoolHarness()
  stops.push(() => harness.pool.close())
  const seen = harness.subscribe()
  harness.pool.add(honest.url)
  await harness.until(() => seen.eoses === 1)
  let told = 0
  return {
    ...harness,
    seen,
    /** Something new from the honest relay arrives. */
    async hearHonest() {
      told += 1
      honest.deliver(message(`honest ${told}`))
      await harness.until(() => seen.contents().includes(`honest ${told}`))
    },
  }
}

describe('a frame of 100 MB', () => {
  test('is not read beyond what its head says: the connection ends, with the reason', async () => {
    const poured = Promise.withResolvers<number>()
    const { url } = await startRaw((socket, request) => {
      socket.write(upgradeAnswer(request))
      socket.write(frameHead({ bytes: HUNDRED_MB }))
      void pour(socket, HUNDRED_MB).then(poured.resolve)
    })
    const { messages, closed } = open(url)
    expect(await closed).toBe('It sent a message too large to take.')
    expect(messages).toEqual([])
    expect(await poured.promise).toBeLessThan(IN_FLIGHT)
  })

  test('in pieces is no longer for that', async () => {
    const poured = Promise.withResolvers<number>()
    const { url } = await startRaw((socket, request) => {
      socket.write(upgradeAnswer(request))
      const piece = Buffer.concat([frameHead({ bytes: 65_536, opcode: 0, isFinal: false }), Buffer.alloc(65_536, 'x')])
      socket.write(frameHead({ bytes: 0, isFinal: false }))
      const pieces = async () => {
        let bytes = 0
        while (bytes < HUNDRED_MB && !socket.destroyed) {
          bytes += piece.length
          if (!socket.write(piece)) await new Promise<void>((resolve) => void socket.once('drain', resolve).once('close', () => resolve()))
        }
        return bytes
      }
      void pieces().then(poured.resolve)
    })
    const { messages, closed } = open(url)
    expect(await closed).toBe('It sent a message too large to take.')
    expect(messages).toEqual([])
    expect(await poured.promise).toBeLessThan(IN_FLIGHT)
  })

  test('from one relay leaves the pool with the others', async () => {
    const { pool, until, status, hearHonest } = await connect()
    const { url } = await startRaw((socket, request) => {
      socket.write(upgradeAnswer(request))
      socket.write(frameHead({ bytes: HUNDRED_MB }))
      void pour(socket, HUNDRED_MB)
    })
    pool.add(url)
    await until(() => status(url).problem !== null)
    expect(status(url)).toMatchObject({ state: 'waiting', problem: 'It sent a message too large to take.', received: 0 })
    await hearHonest()
  })
})

describe('deflated messages', () => {
  /** 10 MB of one character, a thousandth of that, as a permessage-deflate peer would send them. */
  const bomb = () => deflateRawSync(Buffer.alloc(HUNDRED_MB / 10, 'x'), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)

  test('are never asked for, and one that comes all the same is not inflated', async () => {
    const asked = Promise.withResolvers<string>()
    const { url } = await startRaw((socket, request) => {
      asked.resolve(request)
      const body = bomb()
      socket.write(upgradeAnswer(request))
      socket.write(Buffer.concat([frameHead({ bytes: body.length, isCompressed: true }), body]))
    })
    const { messages, closed } = open(url)
    expect(await asked.promise).not.toMatch(/sec-websocket-extensions/i)
    expect(await closed).toBe('It broke the rules of the WebSocket protocol.')
    expect(messages).toEqual([])
  })

  test('cannot be agreed on by the relay alone', async () => {
    const { url } = await startRaw((socket, request) => socket.write(upgradeAnswer(request, 'Sec-WebSocket-Extensions: permessage-deflate\r\n')))
    const { messages, closed } = open(url)
    expect(await closed).toBe('The connection failed.')
    expect(messages).toEqual([])
  })
})

describe('one byte a second', () => {
  test('of the handshake is given up after ten seconds, and the other relays do not wait', async () => {
    const { pool, clock, status, hearHonest } = await connect()
    const asked = Promise.withResolvers<{ readonly socket: Socket; readonly answer: string }>()
    const { url } = await startRaw((socket, request) => asked.resolve({ socket, answer: upgradeAnswer(request) }))
    pool.add(url)
    const { socket, answer } = await asked.promise
    for (let second = 0; second < 10; second += 1) {
      expect(status(url).state).toBe('connecting')
      await new Promise((resolve) => socket.write(answer[second] ?? '', resolve))
      clock.advance(1_000)
    }
    expect(status(url)).toMatchObject({ state: 'waiting', problem: 'The connection was not completed within 10 seconds.' })
    await hearHonest()
  })

  test('of a frame is silence: the connection is given up, and the other relays do not wait', async () => {
    const { pool, clock, until, status, hearHonest } = await connect()
    const upgraded = Promise.withResolvers<Socket>()
    const { url } = await startRaw((socket, request) => {
      socket.write(upgradeAnswer(request))
      upgraded.resolve(socket)
    })
    pool.add(url)
    const socket = await upgraded.promise
    await until(() => status(url).state === 'connected')
    const frame = Buffer.concat([frameHead({ bytes: 100_000 }), Buffer.alloc(100_000, 'x')])
    // The pool's first question of whether it is there goes out at once, and is given ten seconds.
    for (let second = 0; second < 10; second += 1) {
      expect(status(url).state).toBe('connected')
      await new Promise((resolve) => socket.write(frame.subarray(second, second + 1), resolve))
      await hearHonest()
      clock.advance(1_000)
    }
    expect(status(url)).toMatchObject({ state: 'waiting', problem: 'The relay stopped answering.', received: 0 })
    await hearHonest()
  })
})

describe('a flood', () => {
  const FRAMES = 6_000
  const id = '0'.repeat(64)
  test.each([
    ['NOTICE', '["NOTICE","rate-limited: slow down"]'],
    ['AUTH', '["AUTH","challenge"]'],
    ['OK', `["OK","${id}",true,""]`],
    ['EOSE', '["EOSE","$SUB"]'],
    ['EOSE of nothing', '["EOSE","nothing"]'],
    ['CLOSED', '["CLOSED","$SUB","error: try again"]'],
    ['CLOSED of nothing', '["CLOSED","nothing","error: no"]'],
    ['pongs', '["EOSE","ping"]'],
    ['refused pings', '["CLOSED","ping","error: no"]'],
    ['CLOSED auth-required', '["CLOSED","$SUB","auth-required: who are you?"]'],
  ])('of %s from one relay ends its connection; little is answered, nothing is lost from the others', async (_, frame) => {
    const flooding = await startRelay()
    const { pool, clock, until, status, seen, hearHonest } = await connect()
    pool.add(flooding.url)
    await flooding.until(() => flooding.heard('REQ').some(([, subscription]) => subscription !== 'ping') && flooding.heard('CLOSE').length > 0)
    const before = flooding.heard('REQ').length + flooding.heard('CLOSE').length
    for (let sent = 0; sent < FRAMES; sent += 1) flooding.sendRaw(frame)
    await hearHonest()
    await until(() => status(flooding.url).state === 'waiting')
    expect(status(flooding.url).problem).toBe('The relay sent too much that nobody asked for.')
    expect([flooding.heard('REQ').length + flooding.heard('CLOSE').length - before, flooding.heard('AUTH').length, flooding.heard('EVENT').length]).toEqual([0, 0, 0])
    expect(seen.closed.length).toBeLessThanOrEqual(1)
    expect(seen.eoses).toBe(1)
    await hearHonest()
    // It is left alone for a minute or more, and holds no timers but that one.
    expect((status(flooding.url).nextAttemptAt ?? 0) - clock.now()).toBeGreaterThan(59_000)
  })
})
