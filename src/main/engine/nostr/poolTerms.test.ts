import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { countLeadingZeroBits, committedTarget } from '#shared/protocol/nip13.ts'
import { signAndDeliver } from '../delivery.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { loadNostrCrypto } from './crypto.ts'
import { startEmbeddedRelay, type EmbeddedRelay } from './embeddedRelay/embeddedRelay.ts'
import type { RelayLimits } from './embeddedRelay/limits.ts'
import { createMiner } from './mining/miner.ts'
import type { RelayPoolOptions } from './pool.ts'
import type { Filter, NostrEvent, WorkProgress } from './relayPool.ts'
import { openWebSocketWithWs } from './openWebSocket.ts'
import { startHostileRelay, type HostileRelay, type HostileRelayOptions } from './testing/hostileRelay.ts'
import { author, createPoolHarness, message, NOW_SECS, type PoolHarness } from './testing/poolHarness.ts'

const stops: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

/** A relay that says so much of itself, and answers events as told. */
async function startRelay(limitation: Record<string, unknown>, options?: HostileRelayOptions): Promise<HostileRelay> {
  const relay = await startHostileRelay({ answerHttp: (_, response) => response.end(JSON.stringify({ name: 'a relay', limitation })), ...options })
  stops.push(() => relay.stop())
  return relay
}

/** Our own relay, on a clock of its own that says the same. */
async function startEmbedded(limits: Partial<RelayLimits>): Promise<EmbeddedRelay> {
  const folder = mkdtempSync(join(tmpdir(), 'souk-pool-'))
  const clock = createManualClock(NOW_SECS * 1_000)
  const relay = await startEmbeddedRelay({ port: 0, databasePath: join(folder, 'relay.sqlite'), clock, log: () => {}, crypto: await loadNostrCrypto(), limits })
  stops.push(
    () => rmSync(folder, { recursive: true }),
    () => relay.close(),
  )
  return relay
}

function createHarness(options: Partial<RelayPoolOptions> = {}): PoolHarness {
  const harness = createPoolHarness({ fetch, ...options })
  stops.push(() => harness.pool.close())
  return harness
}

/** Connected, and with what the relay says of itself. */
async function connect(relay: { readonly url: string }, options: Partial<RelayPoolOptions> = {}) {
  const harness = createHarness(options)
  harness.pool.add(relay.url)
  await harness.until(() => harness.status(relay.url).state === 'connected' && harness.status(relay.url).limits !== null)
  return harness
}

test('what a relay says of itself is shown', async () => {
  const relay = await startEmbedded({ maxSubscriptions: 9 })
  const { status } = await connect(relay)
  expect(status(relay.url)).toMatchObject({ information: { name: 'Souk sandbox relay', software: 'souk' }, limits: { maxSubscriptions: 9, maxMessageBytes: 131_072, minPowBits: 0 }, rejects: [] })
})

test('what a relay would refuse is not sent there, and the verdict says why; the others get it', async () => {
  const [narrow, wide] = [await startRelay({ max_content_length: 3 }), await startRelay({})]
  const { pool, status, until } = await connect(narrow)
  pool.add(wide.url)
  await until(() => status(wide.url).state === 'connected')
  const report = await pool.publish(message('four'))
  expect(report.accepted).toBe(true)
  expect(report.verdicts).toContainEqual({
    relay: narrow.url,
    verdict: 'refused',
    prefix: 'invalid',
    message: 'invalid: the content has 4 characters, and this relay takes 3',
  })
  expect((await pool.publish(message('two'))).verdicts.map(({ verdict }) => verdict)).toEqual(['accepted', 'accepted'])
  expect(narrow.heard('EVENT').map((frame) => (frame[1] as NostrEvent).content)).toEqual(['two'])
  expect(status(narrow.url).rejects).toMatchObject([{ message: 'invalid: the content has 4 characters, and this relay takes 3', count: 1 }])
})

test('reasons are counted, the newest first, and only so many are kept', async () => {
  let refusals = 0
  const relay = await startRelay(
    {},
    {
      intercept(client, frame) {
        if (frame[0] !== 'EVENT') return false
        client.send(['OK', (frame[1] as NostrEvent).id, false, `blocked: reason ${refusals++ % 10}`])
        return true
      },
    },
  )
  const { pool, status } = await connect(relay)
  for (let i = 0; i < 11; i += 1) await pool.publish(message(String(i)))
  const { rejects } = status(relay.url)
  expect(rejects.map((reject) => reject.message)).toEqual([0, 9, 8, 7, 6, 5, 4, 3].map((reason) => `blocked: reason ${reason}`))
  expect(rejects[0]).toMatchObject({ count: 1, at: NOW_SECS * 1_000 })
  refusals = 5
  await pool.publish(message('again'))
  expect(status(relay.url).rejects.slice(0, 2)).toMatchObject([{ message: 'blocked: reason 5', count: 2 }, { message: 'blocked: reason 0' }])
})

test('a relay that takes events on some condition, and refused for it, is left alone for a while', async () => {
  const relay = await startRelay(
    { payment_required: true },
    {
      intercept(client, frame) {
        if (frame[0] !== 'EVENT') return false
        client.send(['OK', (frame[1] as NostrEvent).id, false, 'restricted: members only'])
        return true
      },
    },
  )
  const { pool, clock } = await connect(relay, { limits: { refusedWritesMs: 20_000, statusIntervalMs: 0 } })
  for (let i = 0; i < 3; i += 1) expect((await pool.publish(message(String(i)))).verdicts).toMatchObject([{ verdict: 'refused', prefix: 'restricted', message: 'restricted: members only' }])
  expect(relay.heard('EVENT')).toHaveLength(1)
  clock.advance(20_000)
  await pool.publish(message('later'))
  expect(relay.heard('EVENT')).toHaveLength(2)
})

test('questions keep to the filters, the limit and the subscriptions that the relay takes', async () => {
  const relay = await startRelay({ max_filters: 2, max_limit: 100, max_subscriptions: 3 })
  const { pool, subscribe, until } = await connect(relay)
  const question = (id: string) => relay.heard('REQ').filter((frame) => frame[1] === id)
  const two = subscribe([{ kinds: [42], limit: 500 }, { kinds: [1], limit: 5 }])
  const tooMany = subscribe([{}, {}, {}])
  const second = subscribe()
  const third = subscribe()
  await until(() => two.eoses === 1 && second.eoses === 1 && third.closed.length === 1)
  expect(question('s1')).toEqual([['REQ', 's1', { kinds: [42], limit: 100 }, { kinds: [1], limit: 5 }]])
  expect(tooMany.closed).toEqual(['restricted: the question has 3 filters, and this relay takes 2'])
  expect(third.closed).toEqual(['restricted: this relay takes 3 subscriptions at once'])
  expect([question('s2'), question('s4')]).toEqual([[], []])
  second.close()
  await relay.until(() => question('s4').length === 1)
  await pool.publish(message('now it hears'))
  await until(() => third.events.length === 1)
})

test('after a reconnection the first questions are asked again, and not the ones that were withheld', async () => {
  const relay = await startRelay({ max_subscriptions: 3 })
  const { subscribe, until, clock, status } = await connect(relay)
  const filters: Filter[] = [{ kinds: [42] }]
  const [first, second, third] = [subscribe(filters), subscribe(filters), subscribe(filters)]
  await until(() => first.eoses === 1 && second.eoses === 1 && third.closed.length === 1)
  relay.dropAll()
  await until(() => status(relay.url).state === 'waiting')
  clock.advance(1_000)
  await until(() => third.closed.length === 2)
  const asked = () => relay.heard('REQ').flatMap(([, id]) => (id === 'ping' ? [] : [id]))
  await relay.until(() => asked().length === 4)
  expect(asked()).toEqual(['s1', 's2', 's1', 's2'])
})

test('a relay that wants work gets it: done once, for the highest demand that is within our means', async () => {
  const [wanting, easy, absurd] = [await startEmbedded({ minPowBits: 12 }), await startEmbedded({ minPowBits: 4 }), await startEmbedded({ minPowBits: 60 })]
  const miner = createMiner({ log: () => {} })
  stops.push(() => miner.close())
  const { pool, until, status } = createHarness({ miner })
  for (const { url } of [wanting, easy, absurd]) pool.add(url)
  await until(() => [wanting, easy, absurd].every(({ url }) => status(url).state === 'connected' && status(url).limits !== null))
  expect([pool.powBits(), pool.powBits([easy.url]), pool.powBits([absurd.url]), pool.powBits([])]).toEqual([12, 4, 0, 0])
  const shown: (WorkProgress | null)[] = []
  pool.work.subscribe((progress) => shown.push(progress))
  const delivery = await signAndDeliver(pool, author, { kind: 42, created_at: NOW_SECS, tags: [], content: 'worked' })
  const event = JSON.parse(delivery?.raw ?? '{}') as NostrEvent
  expect(countLeadingZeroBits(event.id)).toBeGreaterThanOrEqual(12)
  expect(committedTarget(event.tags)).toBe(12)
  expect(new Map(delivery?.verdicts.map(({ relay, verdict, message }) => [relay, `${verdict} ${message}`.trim()]))).toEqual(
    new Map([
      [wanting.url, 'accepted'],
      [easy.url, 'accepted'],
      [absurd.url, 'refused pow: this relay wants 60 bits of work, and at most 24 are done here'],
    ]),
  )
  expect(shown[0]).toEqual({ bits: 12, hashes: 0, expectedHashes: 4_096, startedAt: NOW_SECS * 1_000 })
  expect(shown.at(-1)).toBeNull()
  expect(pool.frameIntervalMs()).toBeNull()
})

test('without work there is a reason, and nothing was sent', async () => {
  const relay = await startEmbedded({ minPowBits: 200 })
  const { pool, status } = await connect(relay, { limits: { maxPowBits: 256, statusIntervalMs: 0 } })
  expect(await signAndDeliver(pool, author, { kind: 42, created_at: NOW_SECS, tags: [], content: 'x' })).toBeNull()
  expect(status(relay.url).rejects[0]?.message).toMatch(/^pow: this relay wants 200 bits of work, and the event has \d+$/)
})

test('a demand that only a refusal tells of is learned from it', async () => {
  const relay = await startRelay(
    {},
    {
      intercept(client, frame) {
        if (frame[0] !== 'EVENT') return false
        const { id } = frame[1] as NostrEvent
        const bits = countLeadingZeroBits(id)
        client.send(['OK', id, bits >= 9, bits >= 9 ? '' : `pow: NIP-13 difficulty ${bits} is less than 9`])
        return true
      },
    },
  )
  const miner = createMiner({ log: () => {} })
  stops.push(() => miner.close())
  const { pool } = await connect(relay, { miner })
  const template = { kind: 42, created_at: NOW_SECS, tags: [], content: 'x' }
  expect(pool.powBits()).toBe(0)
  expect(countLeadingZeroBits(author.sign(template).id)).toBeLessThan(9)
  expect(await signAndDeliver(pool, author, template)).toBeNull()
  expect(pool.powBits()).toBe(9)
  expect(await signAndDeliver(pool, author, template)).not.toBeNull()
})

test('closing the pool ends the work that is being done for it', async () => {
  const relay = await startEmbedded({ minPowBits: 200 })
  const miner = createMiner({ log: () => {} })
  stops.push(() => miner.close())
  const { pool } = await connect(relay, { miner, limits: { maxPowBits: 256, statusIntervalMs: 0 } })
  const template = { kind: 42, created_at: NOW_SECS, tags: [], content: 'endless' }
  const begun = new Promise<void>((resolve) => pool.work.subscribe(() => resolve()))
  const working = pool.addWork(template, author.pubkey)
  await begun
  await pool.close()
  expect(await working).toEqual(template)
})

test('relays’ clocks tell how far ours is off: the middle one of those that say, this machine’s own left out', async () => {
  const relay = await startRelay({})
  const open = openWebSocketWithWs()
  const ahead: Readonly<Record<string, number>> = { 'a.example': 400, 'b.example': 410, 'c.example': -90_000 }
  const { pool, status, until } = createHarness({
    openWebSocket: (_, handlers) => open(relay.url, handlers),
    fetch: (input) => {
      const { hostname } = new URL(input)
      const date = new Date((NOW_SECS + (ahead[hostname] ?? 7_000)) * 1_000).toUTCString()
      return Promise.resolve(new Response('{}', { headers: { date } }))
    },
  })
  expect(pool.clockSkewSecs()).toBeNull()
  pool.add(relay.url)
  await until(() => status(relay.url).limits !== null)
  expect([pool.clockSkewSecs(), status(relay.url).clockSkewSecs]).toEqual([null, null])
  for (const host of Object.keys(ahead)) {
    pool.add(`wss://${host}`)
    await until(() => status(`wss://${host}`).clockSkewSecs !== null)
  }
  expect(pool.clockSkewSecs()).toBe(401)
})

test('a complaint about the date of what was dated now is a complaint about our clock', async () => {
  let complains = true
  const relay = await startRelay(
    {},
    {
      intercept(client, frame) {
        if (frame[0] !== 'EVENT' || !complains) return false
        client.send(['OK', (frame[1] as NostrEvent).id, false, 'invalid: created_at is too far in the future'])
        return true
      },
    },
  )
  const open = openWebSocketWithWs()
  const { pool, status, until } = createHarness({ openWebSocket: (_, handlers) => open(relay.url, handlers), fetch: () => Promise.reject(new Error('none')) })
  pool.add('wss://a.example')
  await until(() => status('wss://a.example').state === 'connected')
  await pool.publish(message('x', { created_at: NOW_SECS + 7_200 }))
  expect(pool.clockSkewSecs()).toBeNull()
  await pool.publish(message('x'))
  expect(pool.clockSkewSecs()).toBe(-900)
  complains = false
  await pool.publish(message('y'))
  expect(pool.clockSkewSecs()).toBeNull()
})
