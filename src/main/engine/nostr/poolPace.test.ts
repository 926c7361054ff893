import { afterEach, expect, test } from 'vitest'
import type { RelayPoolOptions } from './pool.ts'
import type { MemoryPort } from './relayMemory.ts'
import type { NostrEvent } from './relayPool.ts'
import { openWebSocketWithWs } from './openWebSocket.ts'
import { startHostileRelay, type HostileRelay, type HostileRelayOptions } from './testing/hostileRelay.ts'
import { createPoolHarness, message, type PoolHarness } from './testing/poolHarness.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function startRelay(options?: HostileRelayOptions): Promise<HostileRelay> {
  const relay = await startHostileRelay(options)
  stops.push(() => relay.stop())
  return relay
}

function createHarness(options?: Partial<RelayPoolOptions>): PoolHarness {
  const harness = createPoolHarness(options)
  stops.push(() => harness.pool.close())
  return harness
}

async function connect(relay: HostileRelay, options?: Partial<RelayPoolOptions>) {
  const harness = createHarness(options)
  harness.pool.add(relay.url)
  await harness.until(() => harness.status(relay.url).state === 'connected')
  return harness
}

/** A relay that refuses as many events as the test says at first, for coming too fast. */
function startLimiting(refusals: number) {
  let left = refusals
  return startRelay({
    intercept(client, frame) {
      if (frame[0] !== 'EVENT' || left === 0) return false
      left -= 1
      client.send(['OK', (frame[1] as NostrEvent).id, false, 'rate-limited: slow down'])
      return true
    },
  })
}

const contents = (relay: HostileRelay) => relay.stored.map(({ content }) => content)
const frame = (content: string) => message(content, { kind: 25_050 })

test('a stored event that came too fast is sent again, slower, within its time', async () => {
  const relay = await startLimiting(2)
  const { pool, clock, until, status } = await connect(relay)
  const report = pool.publish(message('patient'))
  await until(() => status(relay.url).pace === 100)
  clock.advance(99)
  expect(relay.heard('EVENT')).toHaveLength(1)
  clock.advance(1)
  await until(() => status(relay.url).pace === 200)
  clock.advance(200)
  expect((await report).verdicts).toEqual([{ relay: relay.url, verdict: 'accepted', message: '' }])
  expect(contents(relay)).toEqual(['patient'])
  expect(status(relay.url).rejects).toMatchObject([{ message: 'rate-limited: slow down', count: 2 }])
})

test('one that never comes slowly enough has that as its verdict, not silence', async () => {
  const relay = await startLimiting(1_000)
  const { pool, clock, until, status } = await connect(relay)
  const report = pool.publish(message('x'))
  await until(() => status(relay.url).pace === 100)
  clock.advance(100)
  await until(() => status(relay.url).pace === 200)
  clock.advance(8_000)
  expect((await report).verdicts).toEqual([{ relay: relay.url, verdict: 'refused', prefix: 'rate-limited', message: 'rate-limited: slow down' }])
})

test('a burst that was too fast counts once, and then goes out one by one', async () => {
  const relay = await startLimiting(10)
  const { pool, clock, until, status } = await connect(relay)
  const reports = Array.from({ length: 10 }, (_, index) => pool.publish(message(String(index))))
  await until(() => status(relay.url).rejects[0]?.count === 10)
  expect(status(relay.url).pace).toBe(100)
  for (let taken = 1; taken <= 10; taken += 1) {
    clock.advance(100)
    await until(() => status(relay.url).published === taken)
    expect(relay.heard('EVENT')).toHaveLength(10 + taken)
  }
  expect((await Promise.all(reports)).every(({ accepted }) => accepted)).toBe(true)
  expect(contents(relay)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
})

test('stored events go before frames; frames that would wait too long are given up, with a verdict', async () => {
  const relay = await startRelay()
  const { pool, clock, until, status } = await connect(relay, { memory: { read: () => remember(relay.url, 800), write: () => {} } })
  expect(status(relay.url).pace).toBe(800)
  const first = pool.publish(message('first'))
  const frames = ['f1', 'f2', 'f3', 'f4'].map((content) => pool.publish(frame(content)))
  const second = pool.publish(message('second'))
  await first
  expect(await frames[3]).toMatchObject({ accepted: false, verdicts: [{ verdict: 'refused', prefix: 'rate-limited' }] })
  clock.advance(800)
  await second
  clock.advance(800)
  expect((await frames[0])?.accepted).toBe(true)
  expect(contents(relay)).toEqual(['first', 'second', 'f1'])
  clock.advance(800)
  expect(await Promise.all(frames.slice(1, 3))).toMatchObject([{ accepted: false }, { accepted: false }])
  await until(() => status(relay.url).published === 3)
})

const remember = (url: string, paceMs: number) => ({ relays: [{ url, paceMs, at: 1_700_000_000_000 }] })

test('frames are not kept for a relay that is away, and not sent when it is back', async () => {
  const relay = await startRelay({ intercept: (_, [type]) => type === 'EVENT' })
  const { pool, clock, until, status } = await connect(relay)
  const unanswered = pool.publish(frame('unanswered'))
  await relay.until(() => relay.heard('EVENT').length === 1)
  relay.dropAll()
  expect(await unanswered).toMatchObject({ accepted: false, verdicts: [{ verdict: 'unreachable' }] })
  expect(await pool.publish(frame('nobody there'))).toMatchObject({ accepted: false, verdicts: [{ verdict: 'unreachable' }] })
  clock.advance(1_000)
  await until(() => status(relay.url).state === 'connected')
  expect(relay.heard('EVENT')).toHaveLength(1)
})

test('a thousand frames hold one timer, and are given up after two seconds without an answer', async () => {
  const relay = await startRelay({ intercept: (_, [type]) => type === 'EVENT' })
  const { pool, clock } = await connect(relay, { limits: { outboxEvents: 4_096 } })
  const before = clock.pending()
  const one = frame('x')
  const reports = Array.from({ length: 1_000 }, (_, index) => pool.publish({ ...one, id: index.toString(16).padStart(64, '0') }))
  expect(clock.pending()).toBe(before + 1)
  clock.advance(2_000)
  const verdicts = new Set((await Promise.all(reports)).map(({ verdicts: [first] }) => first?.verdict))
  expect([...verdicts]).toEqual(['timeout'])
  expect(clock.pending()).toBe(before)
})

test('frames that are never answered leave room for what matters more', async () => {
  const relay = await startRelay({ intercept: (_, [type, event]) => type === 'EVENT' && (event as NostrEvent).kind === 25_050 })
  const { pool, clock } = await connect(relay, { limits: { outboxEvents: 8 } })
  const frames = Array.from({ length: 6 }, (_, index) => pool.publish(frame(String(index))))
  expect(await frames[4]).toMatchObject({ verdicts: [{ verdict: 'unreachable', message: 'Too much is waiting to be sent to this relay.' }] })
  expect((await pool.publish(message('stored'))).accepted).toBe(true)
  clock.advance(2_000)
  await Promise.all(frames)
})

test('CLOSED and NOTICE teach the pace too', async () => {
  const relay = await startRelay({
    intercept(client, [type, id]) {
      if (type !== 'REQ' || id === 'ping') return false
      client.send(['CLOSED', id, 'rate-limited: too many questions'])
      return true
    },
  })
  const { subscribe, until, status, clock } = await connect(relay)
  const seen = subscribe()
  await until(() => seen.closed.length === 1)
  expect(status(relay.url).pace).toBe(100)
  clock.advance(1_000)
  for (const client of relay.clients()) client.send(['NOTICE', 'rate-limited: enough'])
  await until(() => status(relay.url).pace === 200)
})

test('what was learned is kept across a restart', async () => {
  const relay = await startLimiting(1)
  let kept: unknown = null
  const memory: MemoryPort = { read: () => kept, write: (value) => void (kept = JSON.parse(JSON.stringify(value))) }
  const { pool, clock, until, status } = await connect(relay, { memory })
  const report = pool.publish(message('x'))
  await until(() => status(relay.url).pace === 100)
  clock.advance(100)
  await report
  await pool.close()
  const again = await connect(relay, { memory })
  expect(again.status(relay.url).pace).toBe(100)
})

test('frames may go as often as the quickest relay takes them, and not at all where none does', async () => {
  const [near, far] = [await startRelay(), await startRelay()]
  const open = openWebSocketWithWs()
  const farUrl = 'wss://far.example'
  const { pool, clock, until, status } = await connect(near, { openWebSocket: (url, handlers) => open(url === farUrl ? far.url : url, handlers) })
  await until(() => status(near.url).latencyMs !== null)
  expect([pool.frameIntervalMs(), pool.frameIntervalMs([]), pool.frameIntervalMs([farUrl])]).toEqual([16, null, null])
  pool.add(farUrl)
  await until(() => status(farUrl).state === 'connected')
  expect(pool.frameIntervalMs([farUrl])).toBe(100)
  await until(() => status(farUrl).latencyMs !== null)
  expect(pool.frameIntervalMs([farUrl])).toBe(16)
  for (const client of near.clients()) client.send(['NOTICE', 'rate-limited: slower'])
  await until(() => status(near.url).pace === 100)
  expect([pool.frameIntervalMs([near.url]), pool.frameIntervalMs()]).toEqual([100, 16])
  for (const paceMs of [200, 400, 800, 1_600, 3_200]) {
    clock.advance(2_000)
    for (const client of near.clients()) client.send(['NOTICE', 'rate-limited: slower'])
    await until(() => status(near.url).pace === paceMs)
  }
  expect(pool.frameIntervalMs([near.url])).toBeNull()
  await near.stop()
  await until(() => status(near.url).state === 'waiting')
  expect(pool.frameIntervalMs()).toBe(16)
})

test('a relay that a stranger named does not hurry the frames of those of the list, and sets the pace where none of them takes any', async () => {
  const [listed, guest] = [await startRelay(), await startRelay()]
  const { pool, clock, until, status, subscribe } = await connect(listed, { allowPrivateGuests: true, memory: { read: () => remember(listed.url, 400), write: () => {} } })
  const seen = subscribe([{ kinds: [25_050] }], [guest.url])
  await until(() => seen.eoses === 1 && status(guest.url).latencyMs !== null)
  expect(pool.frameIntervalMs([guest.url])).toBeLessThan(100)
  expect(pool.frameIntervalMs([listed.url, guest.url])).toBe(400)
  for (const paceMs of [800, 1_600, 3_200]) {
    clock.advance(2_000)
    for (const client of listed.clients()) client.send(['NOTICE', 'rate-limited: slower'])
    await until(() => status(listed.url).pace === paceMs)
  }
  expect(pool.frameIntervalMs([listed.url])).toBeNull()
  expect(pool.frameIntervalMs([listed.url, guest.url])).toBeLessThan(100)
})
