import { afterEach, expect, test } from 'vitest'
import { openWebSocketWithWs } from './openWebSocket.ts'
import type { RelayPoolOptions } from './pool.ts'
import type { NostrEvent } from './relayPool.ts'
import { startHostileRelay, type HostileRelay, type HostileRelayOptions } from './testing/hostileRelay.ts'
import { createPoolHarness, forge, message, NOW_SECS, stranger, type PoolHarness } from './testing/poolHarness.ts'

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

/** A pool connected to one relay, with one live subscription to kind 42. */
async function connect(relay: HostileRelay, options?: Partial<RelayPoolOptions>) {
  const harness = createHarness(options)
  const seen = harness.subscribe()
  expect(harness.pool.add(relay.url)).toBeNull()
  await harness.until(() => seen.eoses === 1)
  return { ...harness, seen }
}

const frameOf = (event: NostrEvent) => `["EVENT","$SUB",${JSON.stringify(event)}]`

test('a forged copy that comes first does not suppress the true event', async () => {
  const relay = await startRelay()
  const { seen, until, status } = await connect(relay)
  const event = message('true')
  relay.sendRaw(frameOf(forge(event)))
  relay.sendRaw(frameOf({ ...event, content: 'false' }))
  relay.sendRaw(frameOf(event))
  await until(() => seen.events.length > 0)
  expect(seen.contents()).toEqual(['true'])
  expect(status(relay.url)).toMatchObject({ received: 1, dropped: 2, state: 'connected' })
})

test('a forged copy from one relay does not suppress the true event from another', async () => {
  const [liar, honest] = [await startRelay(), await startRelay()]
  const { pool, seen, until } = await connect(liar)
  pool.add(honest.url)
  await honest.until(() => honest.heard('REQ').length > 0)
  const event = message('true')
  liar.sendRaw(frameOf(forge(event)))
  honest.deliver(event)
  await until(() => seen.events.length > 0)
  expect(seen.events).toEqual([event])
  expect(seen.from).toEqual([honest.url])
})

test('decoy "id" keys deliver an event once, under the id that is its hash', async () => {
  const relay = await startRelay()
  const { seen, until, status } = await connect(relay)
  const event = message('once')
  for (const digit of ['1', '2', '3']) relay.sendRaw(frameOf(event).replace('{', `{"id":"${digit.repeat(64)}",`))
  relay.sendRaw(frameOf(message('last key wins')).replace(/\}\]$/, `,"id":"${'4'.repeat(64)}"}]`))
  relay.deliver(message('marker'))
  await until(() => seen.contents().includes('marker'))
  expect(seen.contents()).toEqual(['once', 'marker'])
  expect(seen.events[0]).toEqual(event)
  expect(status(relay.url).dropped).toBe(1)
})

test('one event a thousand times is delivered once and verified once', async () => {
  const relay = await startRelay()
  const { seen, until, verifications } = await connect(relay)
  const event = message('again')
  for (let i = 0; i < 1_000; i += 1) relay.sendRaw(frameOf(event))
  relay.deliver(message('marker'))
  await until(() => seen.contents().includes('marker'))
  expect(seen.contents()).toEqual(['again', 'marker'])
  expect(verifications()).toBe(2)
})

test('one event from two relays is delivered once, verified once, and counted for both', async () => {
  const [one, two] = [await startRelay(), await startRelay()]
  const { pool, seen, until, verifications, status } = await connect(one)
  pool.add(two.url)
  await two.until(() => two.heard('REQ').length > 0)
  const event = message('shared')
  one.deliver(event)
  await until(() => seen.events.length === 1)
  two.deliver(event)
  two.deliver(message('marker'))
  await until(() => seen.events.length === 2)
  expect(seen.contents()).toEqual(['shared', 'marker'])
  expect(verifications()).toBe(2)
  expect(status(one.url).received).toBe(1)
  expect(status(two.url).received).toBe(2)
})

test('a later subscription gets an event that an earlier one had, without another verification', async () => {
  const relay = await startRelay({ stored: [message('old')] })
  const { seen, until, verifications, subscribe } = await connect(relay)
  expect(seen.contents()).toEqual(['old'])
  const later = subscribe()
  await until(() => later.eoses === 1)
  expect(later.contents()).toEqual(['old'])
  expect(verifications()).toBe(1)
})

test('a false copy under a known id delivers the verified event or nothing', async () => {
  const relay = await startRelay()
  const { seen, until, subscribe } = await connect(relay)
  const event = message('true')
  relay.deliver(event)
  await until(() => seen.events.length === 1)
  const strangers = subscribe([{ authors: [stranger.pubkey] }])
  const same = subscribe()
  await until(() => same.eoses === 1)
  relay.sendRaw(frameOf({ ...event, content: 'false', pubkey: stranger.pubkey }))
  const marker = stranger.sign({ kind: 42, created_at: NOW_SECS, tags: [], content: 'marker' })
  relay.deliver(marker)
  await until(() => strangers.events.length > 0 && same.contents().includes('marker'))
  expect(strangers.contents()).toEqual(['marker'])
  expect(same.contents()).toEqual(['true', 'marker'])
})

test('events come in the order in which the relay sends them, whatever their dates', async () => {
  const dates = [5, 1, 9, 3, 7].map((n) => NOW_SECS - n)
  const relay = await startRelay()
  const { seen, until } = await connect(relay)
  for (const date of dates) relay.deliver(message(String(date), { created_at: date }))
  await until(() => seen.events.length === dates.length)
  expect(seen.contents()).toEqual(dates.map(String))
})

test('events outside the filter, or of a subscription that is not ours, are dropped unverified', async () => {
  const relay = await startRelay()
  const { seen, until, status, verifications } = await connect(relay)
  relay.sendRaw(frameOf(message('other kind', { kind: 1 })))
  relay.sendRaw(frameOf(message('not mine')).replace('$SUB', 'nobody'))
  relay.deliver(message('marker'))
  await until(() => seen.events.length === 1)
  expect(seen.contents()).toEqual(['marker'])
  expect(verifications()).toBe(1)
  expect(status(relay.url)).toMatchObject({ received: 1, dropped: 2 })
})

test('a subscription to certain relays takes nothing from the others', async () => {
  const [one, two] = [await startRelay(), await startRelay()]
  const { pool, until, subscribe } = createHarness()
  pool.add(one.url)
  pool.add(two.url)
  const all = subscribe()
  const onlyTwo = subscribe([{ kinds: [42] }], [`${two.url}/`])
  await until(() => all.eoses === 1 && onlyTwo.eoses === 1)
  for (const client of one.clients()) client.send(['EVENT', 's2', message('intruder')])
  one.deliver(message('from one'))
  await until(() => all.events.length === 1)
  two.deliver(message('from two'))
  await until(() => onlyTwo.events.length > 0)
  expect(onlyTwo.contents()).toEqual(['from two'])
})

test('garbled and oversized frames are dropped and counted, and the relay stays', async () => {
  const relay = await startRelay()
  const { seen, until, status } = await connect(relay)
  for (const text of ['', 'no json', '{}', '[]', '["EVENT"]', '["EVENT","$SUB",{}]', '['.repeat(100_000)]) relay.sendRaw(text)
  relay.sendRaw(`["NOTICE","${'x'.repeat(200_000)}"]`)
  relay.sendRaw('["COUNT","$SUB",{"count":3}]')
  relay.deliver(message('marker'))
  await until(() => seen.events.length === 1)
  expect(status(relay.url)).toMatchObject({ state: 'connected', dropped: 8, received: 1 })
})

test('a relay that floods with forged events is dropped for minutes, and says why', async () => {
  const relay = await startRelay()
  const { clock, until, pool, status, verifications } = await connect(relay)
  const event = message('forged')
  for (let i = 0; i < 500; i += 1) relay.sendRaw(frameOf(forge(event)))
  await until(() => status(relay.url).state === 'waiting')
  expect(verifications()).toBe(51)
  const { problem, nextAttemptAt } = pool.status.get()[relay.url] ?? {}
  expect(problem).toBe('The relay sent too many forged or garbled messages.')
  expect(nextAttemptAt).toBeGreaterThan(clock.now() + 59_000)
})

test('a flood of forged events on one relay does not hold up another', async () => {
  const [flooding, honest] = [await startRelay(), await startRelay()]
  const { pool, seen, until, status } = await connect(flooding, { limits: { forgedBurst: 100_000 } })
  pool.add(honest.url)
  await honest.until(() => honest.heard('REQ').length > 0)
  const forged = frameOf(forge(message('forged')))
  for (let i = 0; i < 2_000; i += 1) flooding.sendRaw(forged)
  honest.deliver(message('honest'))
  await until(() => seen.events.length === 1)
  expect(status(flooding.url).dropped).toBeLessThan(1_000)
})

test('a relay that sends faster than events are checked has to wait, and nothing is lost', async () => {
  const relay = await startRelay()
  const { seen, until, status } = await connect(relay, { crypto: { verify: () => true }, limits: { inboxFrames: 64 } })
  const template = message('x')
  const total = 3_000
  for (let i = 0; i < total; i += 1) relay.sendRaw(frameOf({ ...template, id: i.toString(16).padStart(64, '0'), content: String(i) }))
  await until(() => seen.events.length === total)
  expect(seen.contents()).toEqual(Array.from({ length: total }, (_, i) => String(i)))
  expect(status(relay.url)).toMatchObject({ state: 'connected', received: total })
})

test('where a socket cannot be paused, a relay that sends too fast is dropped', async () => {
  const relay = await startRelay()
  const open = openWebSocketWithWs()
  const { until, status } = await connect(relay, {
    limits: { inboxFrames: 2 },
    openWebSocket(url, handlers) {
      const socket = open(url, handlers)
      return { bufferedAmount: 0, send: (text) => socket.send(text), close: () => socket.close() }
    },
  })
  const frame = frameOf(message('x'))
  for (let i = 0; i < 1_000; i += 1) relay.sendRaw(frame)
  await until(() => status(relay.url).state === 'waiting')
  expect(status(relay.url).problem).toBe('The relay sends faster than it can be checked.')
})

test('a relay that talks without end about nothing is dropped', async () => {
  const relay = await startRelay()
  const { until, status } = await connect(relay)
  for (let i = 0; i < 3_000; i += 1) relay.sendRaw('["NOTICE","buy"]')
  await until(() => status(relay.url).state === 'waiting')
  expect(status(relay.url)).toMatchObject({ problem: 'The relay sent too much that nobody asked for.', dropped: 0, lastRefusal: 'buy' })
})

test('the status moves a few times a second, not with every event', async () => {
  const relay = await startRelay()
  const { pool, clock, seen, until } = await connect(relay, { crypto: { verify: () => true }, limits: { statusIntervalMs: 250 } })
  clock.advance(1_000)
  let updates = 0
  pool.status.subscribe(() => (updates += 1))
  const template = message('x')
  for (let i = 0; i < 500; i += 1) relay.sendRaw(frameOf({ ...template, id: i.toString(16).padStart(64, '0') }))
  await until(() => seen.events.length === 500)
  expect(updates).toBe(1)
  clock.advance(250)
  expect(updates).toBe(2)
  expect(pool.status.get()[relay.url]?.received).toBe(500)
})

test('the end of what is stored is said once, when both relays have said it', async () => {
  const one = await startRelay({ stored: [message('one')] })
  const two = await startRelay({ stored: [message('two')], intercept: (_, frame) => frame[0] === 'REQ' && frame[1] !== 'ping' })
  const { pool, subscribe, until, clock } = createHarness()
  pool.add(one.url)
  pool.add(two.url)
  const seen = subscribe()
  await two.until(() => two.heard('REQ').length > 0)
  await until(() => seen.events.length === 1)
  expect(seen.eoses).toBe(0)
  two.sendRaw('["EOSE","$SUB"]')
  await until(() => seen.eoses === 1)
  two.sendRaw('["EOSE","$SUB"]')
  clock.advance(60_000)
  expect(seen.eoses).toBe(1)
})

test('a relay that is added later does not make the end of what is stored come twice', async () => {
  const [one, two] = [await startRelay(), await startRelay({ stored: [message('two')] })]
  const { pool, seen, until } = await connect(one)
  pool.add(two.url)
  await until(() => seen.events.length === 1)
  two.deliver(message('after EOSE'))
  await until(() => seen.events.length === 2)
  expect(seen.eoses).toBe(1)
})

test('a relay that never says EOSE holds it up for the timeout and no longer', async () => {
  const relay = await startRelay({ intercept: (_, frame) => frame[0] === 'REQ' })
  const { pool, subscribe, clock } = createHarness()
  pool.add(relay.url)
  const seen = subscribe()
  await relay.until(() => relay.heard('REQ').length > 0)
  clock.advance(4_999)
  expect(seen.eoses).toBe(0)
  clock.advance(1)
  expect(seen.eoses).toBe(1)
})

test('a subscription that the relay closes is reported, and asked for again after a while', async () => {
  let refusals = 1
  const relay = await startRelay({
    stored: [message('stored')],
    intercept(client, frame) {
      if (frame[0] !== 'REQ' || frame[1] === 'ping' || refusals-- <= 0) return false
      client.send(['CLOSED', frame[1], 'rate-limited: slow down'])
      return true
    },
  })
  const { pool, subscribe, until, clock, status } = createHarness()
  pool.add(relay.url)
  const seen = subscribe()
  await until(() => seen.closed.length === 1)
  expect(seen.closed).toEqual(['rate-limited: slow down'])
  expect(status(relay.url).lastRefusal).toBe('rate-limited: slow down')
  clock.advance(5_000)
  await until(() => seen.events.length === 1)
})

test('a closed subscription yields nothing more, tells the relay, and blames it for nothing on its way', async () => {
  const relay = await startRelay()
  const { seen, until, subscribe, status } = await connect(relay)
  const other = subscribe()
  await until(() => other.eoses === 1)
  seen.close()
  for (const client of relay.clients()) client.send(['EVENT', 's1', message('late')])
  relay.deliver(message('marker'))
  await until(() => other.events.length === 1)
  expect(seen.events).toEqual([])
  expect(relay.heard('CLOSE').some((frame) => frame[1] === 's1')).toBe(true)
  expect(status(relay.url).dropped).toBe(0)
})

test('a subscriber that throws is logged and harms nobody else', async () => {
  const relay = await startRelay()
  const harness = createHarness()
  harness.pool.subscribe([{ kinds: [42] }], {
    onEvent() {
      throw new Error('mistake')
    },
  })
  const seen = harness.subscribe()
  harness.pool.add(relay.url)
  await harness.until(() => seen.eoses === 1)
  relay.deliver(message('one'))
  relay.deliver(message('two'))
  await harness.until(() => seen.events.length === 2)
  expect(harness.logged).toEqual(['error: A subscriber failed.', 'error: A subscriber failed.'])
})

test('addresses are spelled one way, added once, and refused with a reason', () => {
  const { pool } = createHarness({ limits: { maxRelays: 1 } })
  expect(pool.add('https://relay.example.com')).toMatch(/begins with wss/)
  expect(pool.add('ws://')).toMatch(/not an address/)
  expect(pool.add('ws://me:secret@127.0.0.1:1')).toMatch(/no password/)
  expect(pool.add(`ws://127.0.0.1:1/${'x'.repeat(300)}`)).toMatch(/at most 300/)
  expect(pool.add(' WS://127.0.0.1:1/ ')).toBeNull()
  expect(pool.add('ws://127.0.0.1:1#part')).toBeNull()
  expect(pool.urls()).toEqual(['ws://127.0.0.1:1'])
  expect(pool.add('ws://127.0.0.1:2')).toMatch(/1 relays already/)
  pool.remove('ws://127.0.0.1:1/')
  expect(pool.urls()).toEqual([])
})
