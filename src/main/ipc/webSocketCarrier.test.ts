import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { WIRE_VERSION, encodeWire } from '#shared/ipc/wire.ts'
import { startWebSocketBench, waitFor } from './testing/carriers.ts'

const hello = encodeWire({ type: 'hello', version: WIRE_VERSION })
type Bench = Awaited<ReturnType<typeof startWebSocketBench>>

describe('the WebSocket carrier', () => {
  let bench: Bench
  beforeEach(async () => {
    bench = await startWebSocketBench()
  })
  afterEach(() => bench.close())

  /** The HTTP status that an upgrade ends in: 101 when it is let in. */
  function upgrade(headers: Record<string, string | undefined>, path = '/ipc'): Promise<number> {
    const given = { Host: `127.0.0.1:${bench.port}`, Origin: `http://127.0.0.1:${bench.port}`, Cookie: bench.newCookie(), ...headers }
    const kept = Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
    return new Promise((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port: bench.port, path, headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', ...kept } })
      request.on('response', (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      request.on('upgrade', (_response, socket) => {
        socket.destroy()
        resolve(101)
      })
      request.on('error', reject)
      request.end()
    })
  }

  it('lets in the page that it knows', async () => {
    expect(await upgrade({})).toBe(101)
  })

  it.each([
    ['no session', 401, { Cookie: undefined }],
    ['a made-up session', 401, { Cookie: 'souk-session-PORT=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
    ['an empty session', 401, { Cookie: 'souk-session-PORT=' }],
    ['no origin', 403, { Origin: undefined }],
    ['another site’s origin', 403, { Origin: 'https://evil.example' }],
    ['an opaque origin', 403, { Origin: 'null' }],
    ['another port’s origin', 403, { Origin: 'http://127.0.0.1:1' }],
    ['an origin that only starts alike', 403, { Origin: 'http://127.0.0.1:PORT.evil.example' }],
    ['a rebound name', 421, { Host: 'evil.example:PORT', Origin: 'http://evil.example:PORT' }],
    ['a rebound name without its port', 421, { Host: 'evil.example' }],
    ['another port in Host', 421, { Host: '127.0.0.1:1' }],
  ])('refuses %s', async (_what, status, headers: Record<string, string | undefined>) => {
    const filled = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value?.replace('PORT', String(bench.port))]))
    expect(await upgrade(filled)).toBe(status)
    expect(bench.connectionCount()).toBe(0)
  })

  it('refuses another path', async () => {
    expect(await upgrade({}, '/other')).toBe(404)
  })

  it('refuses a session of another Souk on this machine', async () => {
    const other = await startWebSocketBench()
    expect(await upgrade({ Cookie: other.newCookie() })).toBe(401)
    expect(await upgrade({ Cookie: other.newCookie().replace(String(other.port), String(bench.port)) })).toBe(401)
    await other.close()
  })

  it('takes a token once, and none that it never gave', () => {
    const token = bench.guard.issueToken()
    expect(bench.guard.exchangeToken(`${token}x`)).toBeNull()
    expect(bench.guard.exchangeToken('')).toBeNull()
    expect(bench.guard.exchangeToken(token)).toMatch(/HttpOnly; SameSite=Strict$/)
    expect(bench.guard.exchangeToken(token)).toBeNull()
  })

  it('gives every token and session anew, unguessably long', () => {
    const tokens = new Set(Array.from({ length: 8 }, () => bench.guard.issueToken()))
    expect(tokens.size).toBe(8)
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32)
  })

  it('drops a page that sends binary, and logs nothing of what it sent', async () => {
    const socket = bench.openSocket()
    await new Promise((resolve) => socket.once('open', resolve))
    const code = new Promise((resolve) => socket.once('close', resolve))
    socket.send(Buffer.from('secret'))
    expect(await code).toBe(1003)
    await waitFor(() => bench.connectionCount() === 0)
    expect(bench.logged.join()).not.toContain('secret')
  })

  it('drops a page whose message is oversize, with the code that says so', async () => {
    const socket = bench.openSocket()
    await new Promise((resolve) => socket.once('open', resolve))
    const code = new Promise((resolve) => socket.once('close', resolve))
    socket.send('x'.repeat(513 * 1024))
    expect(await code).toBe(1009)
    await waitFor(() => bench.connectionCount() === 0)
  })

  it('survives a socket that breaks off in the middle of a frame, or speaks no WebSocket', async () => {
    const broken = bench.openSocket()
    await new Promise((resolve) => broken.once('open', resolve))
    broken.terminate()
    const rude = connect(bench.port, '127.0.0.1')
    rude.on('error', () => {})
    rude.write(`GET /ipc HTTP/1.1\r\nHost: 127.0.0.1:${bench.port}\r\nOrigin: http://127.0.0.1:${bench.port}\r\nCookie: ${bench.newCookie()}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`)
    await new Promise((resolve) => rude.once('data', resolve))
    rude.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))
    await new Promise((resolve) => rude.once('close', resolve))
    await waitFor(() => bench.connectionCount() === 0)
    expect(await upgrade({})).toBe(101)
  })

  it('drops a page that does not answer two heartbeats in a row, not one that does', async () => {
    const mute = bench.openSocket()
    const well = bench.openSocket()
    await Promise.all([mute, well].map((socket) => new Promise((resolve) => socket.once('open', resolve))))
    mute.pause()
    const ponged = new Promise((resolve) => well.once('ping', resolve))
    bench.clock.advance(30_000)
    await ponged
    // The pong is on its way before this message, and is read before its answer comes.
    const answered = new Promise((resolve) => well.once('message', resolve))
    well.send(hello)
    await answered
    bench.clock.advance(30_000)
    await waitFor(() => bench.carrier.clientCount() === 1)
    expect(well.readyState).toBe(WebSocket.OPEN)
  })

  it('stops reading a page that does not read its answers, and lets others be', async () => {
    const slow = bench.openSocket()
    await new Promise((resolve) => slow.once('open', resolve))
    slow.send(hello)
    await new Promise((resolve) => slow.once('message', resolve))
    slow.pause()
    const text = 'x'.repeat(200_000)
    const sent = 400
    for (let id = 1; id <= sent; id += 1) slow.send(encodeWire({ type: 'request', id, route: 'sum.echo', input: { text } }))
    const client = bench.connectClient()
    for (let n = 0; n < 200; n += 1) expect(await client.request('sum.add', { a: n, b: 1 })).toMatchObject({ ok: true })
    // 80 MB were asked for; had they been answered, the page would have been dropped at 16 MB unsent.
    expect(bench.logged.filter((line) => line.includes('dropped'))).toEqual([])
    expect(bench.carrier.clientCount()).toBe(2)
    let answers = 0
    slow.on('message', () => (answers += 1))
    slow.resume()
    await waitFor(() => answers === sent, bench.clock)
  })

  it('drops a page that lets more pile up than a page may', async () => {
    const slow = bench.openSocket()
    await new Promise((resolve) => slow.once('open', resolve))
    slow.send(hello)
    await new Promise((resolve) => slow.once('message', resolve))
    slow.send(encodeWire({ type: 'watch', id: 1, route: 'sum.totals' }))
    await waitFor(() => bench.sum.seen.stateSubscribers === 1)
    slow.pause()
    bench.sum.totals.set({ totals: Object.fromEntries(Array.from({ length: 40 }, (_, n) => [String(n).repeat(500_000), { total: n }])) })
    bench.clock.advance(100)
    await waitFor(() => bench.carrier.clientCount() === 0)
    expect(bench.connectionCount()).toBe(0)
    expect(bench.sum.seen.stateSubscribers).toBe(0)
  })

  it('drops every page when it closes', async () => {
    const socket = bench.openSocket()
    await new Promise((resolve) => socket.once('open', resolve))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    bench.carrier.close()
    await closed
    await waitFor(() => bench.connectionCount() === 0 && bench.clock.pending() === 0)
  })
})
