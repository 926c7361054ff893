import { afterEach, expect, test } from 'vitest'
import type { RelayPoolOptions } from './pool.ts'
import type { Filter } from './relayPool.ts'
import { startHostileRelay, startNeverUpgrading, type HostileRelay, type HostileRelayOptions } from './testing/hostileRelay.ts'
import { createPoolHarness, message, NOW_SECS, type PoolHarness } from './testing/poolHarness.ts'

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

async function connect(relay: HostileRelay, filters?: readonly Filter[]) {
  const harness = createHarness()
  const seen = harness.subscribe(filters)
  harness.pool.add(relay.url)
  await harness.until(() => seen.eoses === 1)
  return { ...harness, seen, isDown: () => harness.status(relay.url).state === 'waiting' }
}

/** The filters of the pool's questions to a relay, its pings left out. */
const asked = (relay: HostileRelay) => relay.heard('REQ').flatMap(([, id, filter]) => (id === 'ping' ? [] : [filter as Filter]))

test('a relay that was down brings what was missed when it is back, and nothing twice', async () => {
  const relay = await startRelay({ stored: [message('before', { created_at: NOW_SECS - 10 })] })
  const { clock, seen, until, isDown, status } = await connect(relay)
  relay.deliver(message('live'))
  await until(() => seen.events.length === 2)
  await relay.stop()
  await until(isDown)
  expect(status(relay.url).problem).toBe('The relay closed the connection.')
  relay.stored.push(message('missed', { created_at: NOW_SECS + 5 }))
  await relay.start()
  clock.advance(1_000)
  await until(() => seen.events.length === 3)
  relay.deliver(message('after'))
  await until(() => seen.events.length === 4)
  expect(seen.contents()).toEqual(['before', 'live', 'missed', 'after'])
  expect(seen.eoses).toBe(1)
})

test('an event dated in the future does not make us deaf after a reconnection', async () => {
  const relay = await startRelay()
  const { clock, seen, until, isDown } = await connect(relay)
  relay.deliver(message('future', { created_at: NOW_SECS + 10_000_000 }))
  await until(() => seen.events.length === 1)
  await relay.stop()
  await until(isDown)
  relay.stored.push(message('missed', { created_at: NOW_SECS + 1 }))
  await relay.start()
  clock.advance(1_000)
  await until(() => seen.events.length === 2)
  expect(seen.contents()).toEqual(['future', 'missed'])
  expect(asked(relay)[1]?.since).toBe(NOW_SECS - 300)
})

test('a reconnection asks from the newest event on, less the overlap, and without the first limit', async () => {
  const relay = await startRelay({ stored: [message('old', { created_at: NOW_SECS - 5_000 })] })
  const { clock, until, isDown } = await connect(relay, [{ kinds: [42], limit: 10 }])
  relay.dropAll()
  await until(isDown)
  clock.advance(1_000)
  await relay.until(() => asked(relay).length === 2)
  expect(asked(relay)).toEqual([
    { kinds: [42], limit: 10 },
    { kinds: [42], since: NOW_SECS - 5_300 },
  ])
})

test('a replay that broke off half-way begins again where it began', async () => {
  let breakOff = true
  const relay = await startRelay({
    stored: [message('newest'), message('oldest', { created_at: NOW_SECS - 90_000 })],
    intercept(client, frame) {
      if (!breakOff || frame[0] !== 'REQ' || frame[1] === 'ping') return false
      breakOff = false
      client.send(['EVENT', frame[1], message('newest')])
      return true
    },
  })
  const { pool, subscribe, until, status, clock } = createHarness()
  const seen = subscribe()
  pool.add(relay.url)
  await until(() => seen.events.length === 1)
  relay.dropAll()
  await until(() => status(relay.url).state === 'waiting')
  clock.advance(1_000)
  await until(() => seen.contents().includes('oldest'))
  expect(asked(relay)).toEqual([{ kinds: [42] }, { kinds: [42] }])
})

test('retries wait longer and longer, up to a minute, and start anew after a connection that lasted', async () => {
  const relay = await startRelay()
  const { clock, until, isDown, status, pool } = await connect(relay)
  const waits: number[] = []
  const failAndMeasure = async () => {
    await until(isDown)
    const wait = (pool.status.get()[relay.url]?.nextAttemptAt ?? 0) - clock.now()
    waits.push(Math.round(wait / 100) / 10)
    clock.advance(wait)
  }
  const pongs = () => relay.heard('CLOSE').length
  await relay.until(() => pongs() === 1)
  await relay.stop()
  for (let i = 0; i < 9; i += 1) await failAndMeasure()
  await relay.start()
  await failAndMeasure()
  await until(() => status(relay.url).state === 'connected')
  await relay.until(() => pongs() === 2)
  clock.advance(31_000)
  relay.dropAll()
  await failAndMeasure()
  expect(waits).toEqual([0.8, 1.5, 3, 6, 12, 24, 45.1, 45.1, 45.1, 45.1, 0.8])
})

test('a half-open connection is found by its silence and replaced', async () => {
  const relay = await startRelay()
  const { clock, seen, until, isDown, status } = await connect(relay)
  await relay.until(() => relay.heard('CLOSE').length > 0)
  expect(status(relay.url).latencyMs).not.toBeNull()
  relay.freeze()
  clock.advance(30_000)
  expect(status(relay.url).state).toBe('connected')
  clock.advance(10_000)
  expect(status(relay.url)).toMatchObject({ state: 'waiting', problem: 'The relay stopped answering.', latencyMs: null })
  clock.advance(1_000)
  await until(() => status(relay.url).state === 'connected')
  relay.stored.push(message('missed'))
  relay.deliver(message('live again'))
  await until(() => seen.contents().includes('live again'))
  expect(isDown()).toBe(false)
})

test('an idle connection that answers pings is left alone for hours', async () => {
  const relay = await startRelay()
  const { clock, status } = await connect(relay)
  const closes = () => relay.heard('CLOSE').length
  for (let beat = 1; beat <= 20; beat += 1) {
    await relay.until(() => closes() === beat)
    clock.advance(30_000)
  }
  expect(status(relay.url).state).toBe('connected')
  expect(relay.clients()).toHaveLength(1)
})

test('a server that never completes the WebSocket handshake is a problem, and no crash', async () => {
  const server = await startNeverUpgrading()
  stops.push(() => server.stop())
  const { pool, clock, status } = createHarness()
  pool.add(server.url)
  expect(status(server.url).state).toBe('connecting')
  clock.advance(10_000)
  expect(status(server.url)).toMatchObject({ state: 'waiting', problem: 'The connection was not completed within 10 seconds.' })
  clock.advance(1_000)
  expect(status(server.url).state).toBe('connecting')
  await pool.close()
  expect(clock.pending()).toBe(0)
})

test('an address where nothing listens is a problem with its reason', async () => {
  const relay = await startRelay()
  await relay.stop()
  const { pool, until, status } = createHarness()
  pool.add(relay.url)
  await until(() => status(relay.url).state === 'waiting')
  expect(status(relay.url).problem).toBe('Nothing answers at this address.')
})

test('connected() tells when the first relay is there, or that none came', async () => {
  const relay = await startRelay()
  const { pool, clock } = createHarness()
  const tooEarly = pool.connected(1_000)
  clock.advance(1_000)
  expect(await tooEarly).toBe(false)
  const first = pool.connected(1_000)
  pool.add(relay.url)
  expect(await first).toBe(true)
  expect(await pool.connected(0)).toBe(true)
})

test('a removed relay is left, and forgotten by the status', async () => {
  const relay = await startRelay()
  const { pool, seen, subscribe, until } = await connect(relay)
  pool.remove(`${relay.url}/`)
  await relay.until(() => relay.clients().length === 0)
  expect(pool.status.get()).toEqual({})
  expect(pool.urls()).toEqual([])
  pool.add(relay.url)
  const later = subscribe()
  await until(() => later.eoses === 1)
  relay.deliver(message('again'))
  await until(() => seen.events.length === 1)
})

test('closing the pool ends every connection, subscription, publication and timer', async () => {
  const [relay, mute] = [await startRelay(), await startRelay({ intercept: () => true })]
  const { pool, clock, seen } = await connect(relay)
  pool.add(mute.url)
  await mute.until(() => mute.heard('REQ').length > 0)
  const report = pool.publish(message('unanswered'), [mute.url])
  const never = pool.connected(60_000)
  await pool.close()
  await relay.until(() => relay.clients().length === 0)
  expect((await report).accepted).toBe(false)
  expect(await never).toBe(true)
  expect(clock.pending()).toBe(0)
  expect(pool.status.get()).toEqual({})
  expect(pool.add(relay.url)).toMatch(/being closed/)
  expect(seen.events).toEqual([])
})

test('what a relay stored and lost on the way comes when it is asked again, and what came before does not come twice', async () => {
  const relay = await startRelay({ stored: [message('before', { created_at: NOW_SECS - 10 })] })
  const { clock, pool, until } = createHarness()
  const contents: string[] = []
  pool.add(relay.url)
  const subscription = pool.subscribe([{ kinds: [42] }], { askAgainMs: 10_000, onEvent: ({ content }) => contents.push(content) })
  await until(() => contents.length === 1)
  relay.stored.push(message('lost', { created_at: NOW_SECS - 1 }))
  await relay.until(() => asked(relay).length === 1)
  clock.advance(10_000)
  await until(() => contents.length === 2)
  expect(contents).toEqual(['before', 'lost'])
  subscription.close()
  clock.advance(60_000)
  await relay.until(() => relay.heard('CLOSE').length > 0)
  expect(asked(relay)).toHaveLength(2)
})
