import { afterEach, expect, test } from 'vitest'
import { KIND } from '#shared/protocol/kinds.ts'
import type { RelayPoolOptions } from './pool.ts'
import type { NostrEvent } from './relayPool.ts'
import { startHostileRelay, type HostileRelay, type HostileRelayOptions } from './testing/hostileRelay.ts'
import { createPoolHarness, message, NOW_SECS, type PoolHarness } from './testing/poolHarness.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function startRelays(count: number, options?: HostileRelayOptions): Promise<HostileRelay[]> {
  const relays = await Promise.all(Array.from({ length: count }, () => startHostileRelay(options)))
  stops.push(...relays.map((relay) => () => relay.stop()))
  return relays
}

async function connect(relays: readonly HostileRelay[], options?: Partial<RelayPoolOptions>) {
  const harness: PoolHarness = createPoolHarness({ ...options, limits: { statusIntervalMs: 0, retryMaxMs: 1_000, ...options?.limits } })
  stops.push(() => harness.pool.close())
  const { pool, until, status, clock } = harness
  const isUp = ({ url }: HostileRelay) => status(url).state === 'connected'
  for (const { url } of relays) pool.add(url)
  await until(() => relays.every(isUp))
  return {
    ...harness,
    async kill(relay: HostileRelay) {
      await relay.stop()
      await until(() => status(relay.url).state === 'waiting')
    },
    async revive(relay: HostileRelay) {
      await relay.start()
      while (!isUp(relay)) {
        clock.advance(1_000)
        await until(() => status(relay.url).state !== 'connecting')
      }
    },
  }
}

const contents = (relay: HostileRelay | undefined) => (relay?.stored ?? []).map(({ content }) => content)
const holds = (relay: HostileRelay, content: string) => relay.until(() => contents(relay).includes(content))

test('what a relay missed while it was away is there when it is back', async () => {
  const [a, b] = (await startRelays(2)) as [HostileRelay, HostileRelay]
  const { pool, kill, revive } = await connect([a, b])
  await pool.publish(message('before'))
  await kill(b)
  expect((await pool.publish(message('one'))).accepted).toBe(true)
  expect((await pool.publish(message('two'))).accepted).toBe(true)
  await revive(b)
  await holds(b, 'two')
  expect(contents(b).filter((content) => content !== 'before')).toEqual(['one', 'two'])
})

test('a job survives any two of three relays dying at any moment', async () => {
  const relays = (await startRelays(3)) as [HostileRelay, HostileRelay, HostileRelay]
  const { pool, kill, revive } = await connect(relays)
  const all: string[] = []
  for (const survivor of relays) {
    const dying = relays.filter((relay) => relay !== survivor)
    for (const relay of dying) await kill(relay)
    const content = `only ${relays.indexOf(survivor)} was there`
    all.push(content)
    expect((await pool.publish(message(content))).accepted).toBe(true)
    for (const relay of dying) await revive(relay)
    // The next round may kill the one that took it: by then the others have it.
    await Promise.all(dying.map((relay) => holds(relay, content)))
  }
  for (const relay of relays) expect(new Set(contents(relay))).toEqual(new Set(all))
})

test('what a relay took just before it died is given to it again', async () => {
  const [a, b] = (await startRelays(2)) as [HostileRelay, HostileRelay]
  const { pool, kill, revive, clock } = await connect([a, b])
  await pool.publish(message('long ago'))
  clock.advance(10_000)
  await pool.publish(message('just now'))
  clock.advance(5_000)
  await kill(b)
  b.stored.length = 0
  await revive(b)
  await holds(b, 'just now')
  expect(contents(b)).toEqual(['just now'])
})

test('a relay that is mute or too slow keeps nobody waiting for more than a second, and gets it all the same', async () => {
  let isMute = true
  const [quick] = await startRelays(1)
  const [slow] = await startRelays(1, { intercept: (_, [type]) => isMute && type === 'EVENT' })
  if (quick === undefined || slow === undefined) throw new Error('no relays')
  const { pool, clock, kill, revive, until, status } = await connect([quick, slow])
  const report = pool.publish(message('x'))
  await until(() => status(quick.url).published === 1)
  await slow.until(() => slow.heard('EVENT').length === 1)
  clock.advance(1_000)
  expect((await report).verdicts.map(({ verdict }) => verdict)).toEqual(['accepted', 'timeout'])
  expect(slow.heard('EVENT')).toHaveLength(1)
  isMute = false
  await kill(slow)
  await revive(slow)
  await holds(slow, 'x')
})

test('a relay that wanted it later is asked later', async () => {
  let refusals = 1
  const [taking] = await startRelays(1)
  const [later] = await startRelays(1, {
    intercept(client, [type, event]) {
      if (type !== 'EVENT' || refusals === 0) return false
      refusals -= 1
      client.send(['OK', (event as NostrEvent).id, false, 'error: the disk is busy'])
      return true
    },
  })
  if (taking === undefined || later === undefined) throw new Error('no relays')
  const { pool, clock } = await connect([taking, later], { limits: { lateRetryMs: 5_000 } })
  expect((await pool.publish(message('x'))).verdicts).toHaveLength(2)
  clock.advance(10_000)
  await holds(later, 'x')
})

test('what it refused for good is not offered again', async () => {
  const [taking] = await startRelays(1)
  const [refusing] = await startRelays(1, {
    intercept(client, [type, event]) {
      if (type !== 'EVENT' || (event as NostrEvent).content !== 'x') return false
      client.send(['OK', (event as NostrEvent).id, false, 'blocked: never'])
      return true
    },
  })
  if (taking === undefined || refusing === undefined) throw new Error('no relays')
  const { pool, kill, revive } = await connect([taking, refusing])
  await pool.publish(message('x'))
  await kill(refusing)
  await pool.publish(message('y'))
  await revive(refusing)
  await holds(refusing, 'y')
  expect(refusing.heard('EVENT').map((frame) => (frame[1] as NostrEvent).content)).toEqual(['x', 'y'])
})

type Lose = (pool: Awaited<ReturnType<typeof connect>>, a: HostileRelay, b: HostileRelay) => Promise<void>

test.each<[string, Lose]>([
  [
    'what none took, and the publisher knows of',
    async ({ pool, clock, kill, revive }, a, b) => {
      await kill(a)
      await kill(b)
      const report = pool.publish(message('lost'))
      clock.advance(8_000)
      expect((await report).accepted).toBe(false)
      await revive(a)
    },
  ],
  [
    'frames',
    async ({ pool, kill }, _, b) => {
      await kill(b)
      expect((await pool.publish(message('lost', { kind: KIND.privateFrame }))).accepted).toBe(true)
    },
  ],
  [
    'what has expired',
    async ({ pool, clock, kill }, _, b) => {
      await kill(b)
      await pool.publish(message('lost', { tags: [['expiration', String(NOW_SECS + 5)]] }))
      clock.advance(10_000)
    },
  ],
  [
    'what a newer version has replaced',
    async ({ pool, kill }, _, b) => {
      await kill(b)
      const listing = { kind: KIND.listing, tags: [['d', 'souk']] }
      await pool.publish(message('lost', listing))
      await pool.publish(message('newer', { ...listing, created_at: NOW_SECS + 1 }))
    },
  ],
])('not offered late: %s', async (_, lose) => {
  const [a, b] = (await startRelays(2)) as [HostileRelay, HostileRelay]
  const harness = await connect([a, b])
  await lose(harness, a, b)
  // Something that is offered for sure, behind what is not.
  await harness.pool.publish(message('marker'))
  await harness.revive(b)
  await holds(b, 'marker')
  expect(contents(b)).not.toContain('lost')
})

test('so much is kept and no more: the oldest goes first', async () => {
  const [a, b] = (await startRelays(2)) as [HostileRelay, HostileRelay]
  const { pool, kill, revive } = await connect([a, b], { limits: { lateEvents: 3 } })
  await kill(b)
  for (const content of ['1', '2', '3', '4', '5']) await pool.publish(message(content))
  await revive(b)
  await holds(b, '5')
  expect(contents(b)).toEqual(['3', '4', '5'])
})

test('after its minutes an event is forgotten, and with the last one the timer', async () => {
  const [a, b] = (await startRelays(2)) as [HostileRelay, HostileRelay]
  const { pool, kill, revive, clock } = await connect([a, b], { limits: { lateMs: 20_000, pingIntervalMs: 600_000 } })
  await kill(b)
  await pool.publish(message('old'))
  clock.advance(20_000)
  await pool.publish(message('new'))
  await revive(b)
  await holds(b, 'new')
  expect(contents(b)).toEqual(['new'])
  await pool.close()
  expect(clock.pending()).toBe(0)
})
