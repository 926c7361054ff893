import { afterEach, describe, expect, test } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { announcementTemplate } from '#shared/protocol/announcement.ts'
import type { EventTemplate, NostrEvent } from '#shared/protocol/event.ts'
import { deletionTemplate } from '#shared/protocol/nip09.ts'
import { listingTemplate, type Listing } from '#shared/protocol/nip89.ts'
import vectors from '#shared/protocol/vectors/handler.json' with { type: 'json' }
import { createMemoryPool } from '../nostr/testing/memoryPool.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { createDirectory, type Directory, type DirectoryOptions } from './directory.ts'

const START = 1_735_364_400
const CHANNEL = 'c'.repeat(64)
const SELLER = 'a'.repeat(64)
const KEY = `${SELLER}:souk`
const listing: Listing = {
  listingId: 'souk',
  name: 'A seller',
  about: '',
  picture: '',
  priceMsat: sats(10),
  models: ['m'],
  capabilities: [],
  relays: ['wss://memory.test'],
  network: 'regtest',
  channelId: null,
  sparkAddress: '',
  intervalSecs: 300,
}
let eventNumber = 0
const signed = (template: EventTemplate, pubkey = SELLER): NostrEvent => ({ ...template, id: String(eventNumber++).padStart(64, '0'), pubkey, sig: '' })
const listed = (secs: number, pubkey = SELLER, changes: Partial<Listing> = {}) => signed(listingTemplate({ ...listing, ...changes }, secs), pubkey)
const forged = (price: string, digit: string) => {
  const event = listed(START, digit.repeat(64))
  return { ...event, tags: event.tags.map((tag) => (tag[0] === 'price' ? ['price', price, 'per-request', 'msats'] : tag)) }
}
const announced = (secs: number, pubkey = SELLER) => signed(announcementTemplate(listing, CHANNEL, pubkey, secs), pubkey)

const opened: Directory[] = []
afterEach(() => {
  for (const directory of opened.splice(0)) directory.close()
})

const setUp = ({ cap, ...options }: Partial<DirectoryOptions> & { cap?: number } = {}, stored: readonly NostrEvent[] = []) => {
  const clock = createManualClock(START * 1_000)
  const memory = createMemoryPool()
  // A relay that hands out no more than `cap` events to a question, as most do.
  const subscribe: typeof memory.subscribe = (filters, subscriber) => memory.subscribe(filters.map((filter) => ({ ...filter, limit: Math.min(filter.limit ?? Infinity, cap ?? Infinity) })), subscriber)
  const pool = cap === undefined ? memory : { ...memory, subscribe }
  for (const event of stored) pool.relay().publish(event)
  const logged: unknown[] = []
  const directory = createDirectory({ pool, clock, log: (...line) => logged.push(line), ownPubkey: () => 'f'.repeat(64), ...options })
  opened.push(directory)
  const settle = () => pool.connected(0)
  /** What relays said by now, shown. */
  const shown = async () => {
    await settle()
    clock.advance(200)
    return [...directory.offers.get().values()]
  }
  return { clock, pool, directory, logged, settle, shown }
}

test('stored offers are there when it says that it has loaded', async () => {
  const { directory, settle } = setUp({}, [listed(START - 100), vectors.original])
  expect([directory.loaded.get(), directory.offers.get().size]).toEqual([false, 0])
  const atLoad = new Promise<number>((resolve) => directory.loaded.subscribe(() => resolve(directory.offers.get().size)))
  await settle()
  expect(directory.loaded.get()).toBe(true)
  expect(await atLoad).toBe(2)
  expect(directory.offers.get().get(KEY)).toMatchObject({ name: 'A seller', pricePerRequestMsat: 10_000, seenOn: ['wss://memory.test'], own: false })
})

test('a listing with long to live is found however old it is; one without k by its age', async () => {
  const old = listed(START - 3_000, SELLER, { intervalSecs: 3_600 })
  const withoutK = (secs: number, pubkey: string) => ({ ...vectors.original, id: pubkey, pubkey, created_at: secs })
  const { shown } = setUp({}, [old, withoutK(START - 899, 'b'.repeat(64)), withoutK(START - 901, 'd'.repeat(64))])
  expect((await shown()).map(({ pubkey }) => pubkey[0])).toEqual(['a', 'b'])
})

test('a live offer appears, is replaced by its next version, and goes when its author deletes it', async () => {
  const { pool, shown } = setUp()
  await pool.publish(listed(START - 5))
  expect(await shown()).toMatchObject([{ key: KEY, pricePerRequestMsat: 10_000 }])
  await pool.publish(listed(START - 4, SELLER, { priceMsat: sats(7) }))
  expect(await shown()).toMatchObject([{ key: KEY, pricePerRequestMsat: 7_000, announcedAt: START - 4 }])
  await pool.publish(signed(deletionTemplate({ pubkey: SELLER, listingId: 'souk' }, START - 3), 'e'.repeat(64)))
  expect(await shown()).toHaveLength(1)
  await pool.publish(signed(deletionTemplate({ pubkey: SELLER, listingId: 'souk' }, START - 3)))
  expect(await shown()).toEqual([])
  pool.relay().deliver(listed(START - 4))
  expect(await shown()).toEqual([])
})

test('an offer goes by itself when it expires, and one without expiration a day after it was last heard of', async () => {
  const { clock, directory, shown } = setUp({}, [listed(START), { ...vectors.original, created_at: START }])
  expect(await shown()).toHaveLength(2)
  clock.advance(600_000 - 201)
  expect(directory.offers.get().size).toBe(2)
  clock.advance(1)
  expect([...directory.offers.get().values()]).toMatchObject([{ source: 'listing', name: 'OpenAgents Compute Provider' }])
  clock.advance(86_400_000 - 600_001)
  expect(directory.offers.get().size).toBe(1)
  clock.advance(1)
  expect(directory.offers.get().size).toBe(0)
})

test('what is over, broken, ahead of the clock or no compute is not shown, and counted in the log', async () => {
  const stored = [listed(START - 601), listed(START + 301, 'b'.repeat(64)), vectors.brokenContent, vectors.notCompute]
  const { directory, logged, shown } = setUp({}, [...stored, forged('1e3', 'c'), forged('-5', 'd')])
  expect(await shown()).toEqual([])
  expect(directory.refused.get()).toEqual({ 'from-the-future': 1, 'not-json': 1, 'bad-price': 2 })
  expect(logged).toEqual([['debug', 'Offers refused.', { expired: 1, 'from-the-future': 1, 'not-json': 1, 'not-compute': 1, 'bad-price': 2 }]])
})

test('announcements of the given channels are read from five minutes back, and those of a channel added later', async () => {
  const { pool, directory, shown } = setUp({ channelIds: () => [CHANNEL, 'not a channel'] }, [announced(START - 300), announced(START - 301, 'b'.repeat(64))])
  expect(await shown()).toMatchObject([{ key: `${SELLER}:channel:${CHANNEL}`, source: 'channel', channelId: CHANNEL }])
  expect(directory.loaded.get()).toBe(true)
  const other = 'd'.repeat(64)
  await pool.publish(signed(announcementTemplate(listing, other, SELLER, START)))
  expect(await shown()).toHaveLength(1)
  expect([directory.addChannel(other), directory.addChannel(other)]).toEqual([null, null])
  expect(await shown()).toHaveLength(2)
  expect(directory.addChannel('short')).toMatch(/64 hex/)
})

test('a channel added before the relays have answered does not keep it from loading', async () => {
  const { directory, settle } = setUp({ channelIds: () => [CHANNEL] })
  directory.addChannel('d'.repeat(64))
  await settle()
  expect(directory.loaded.get()).toBe(true)
})

test('what a channel carries beside announcements is passed over', async () => {
  const { pool, directory, logged, shown } = setUp({ channelIds: () => [CHANNEL] })
  const job = announced(START)
  await pool.publish({ ...job, content: '{"type":"JobRequest","kind":5050,"prompt":"p","max_tokens":1}' })
  await pool.publish({ ...announced(START), content: '{"type":"ServiceAnnouncement"}' })
  expect(await shown()).toEqual([])
  await pool.publish(announced(START))
  expect(await shown()).toHaveLength(1)
  expect(logged).toEqual([['debug', 'Offers refused.', { 'bad-field': 1 }]])
  expect(directory.refused.get()).toEqual({ 'bad-field': 1 })
})

test('updates come at most five times a second, the last one complete', async () => {
  const { clock, pool, directory, settle } = setUp()
  await settle()
  clock.advance(1_000)
  let updates = 0
  directory.offers.subscribe(() => updates++)
  for (let index = 0; index < 500; index++) {
    clock.advance(2)
    await pool.publish(listed(START, String(index).padStart(64, '0')))
    await settle()
  }
  clock.advance(200)
  expect(directory.offers.get().size).toBe(500)
  expect(updates).toBeGreaterThanOrEqual(5)
  expect(updates).toBeLessThanOrEqual(7)
})

test('a flood of listings stays in its bounds', async () => {
  const { pool, shown } = setUp({ limits: { offers: 50 } })
  for (let index = 0; index < 300; index++) pool.relay().deliver(listed(START + index, String(index).padStart(64, '0')))
  expect((await shown()).length).toBeLessThanOrEqual(50)
})

test("one's own offer is marked as own", async () => {
  const { shown } = setUp({ ownPubkey: () => SELLER }, [listed(START)])
  expect(await shown()).toMatchObject([{ own: true }])
})

test('discovery listens for its time and returns what is live then; closing ends it at once and stops every timer', async () => {
  const { clock, pool, directory, settle } = setUp()
  const found = directory.discover(5)
  clock.advance(4_900)
  await pool.publish(listed(START))
  await settle()
  clock.advance(100)
  expect([...(await found).keys()]).toEqual([KEY])
  const cut = directory.discover(60)
  await pool.publish(listed(START + 5))
  directory.close()
  expect((await cut).size).toBe(1)
  expect((await directory.discover(60)).size).toBe(1)
  expect([clock.pending(), pool.openSubscriptions()]).toEqual([0, 0])
  expect(directory.addChannel(CHANNEL)).toMatch(/closed/)
})

test('an offer made while the relay was away is there when it is back', async () => {
  const { pool, shown } = setUp()
  expect(await shown()).toEqual([])
  pool.relay().setOnline(false)
  pool.relay().publish(listed(START))
  expect(await shown()).toEqual([])
  pool.relay().setOnline(true)
  expect(await shown()).toHaveLength(1)
})

test('a change names the keys that changed, and what did not change is the same object', async () => {
  const other = 'b'.repeat(64)
  const { pool, directory, shown } = setUp({}, [listed(START), listed(START, other)])
  await shown()
  const before = directory.offers.get().get(`${other}:souk`)
  const told: string[][] = []
  directory.offers.subscribe((keys) => told.push([...keys]))
  await pool.publish(listed(START + 1))
  await shown()
  expect(told).toEqual([[KEY]])
  expect(directory.offers.get().get(`${other}:souk`)).toBe(before)
})

test('the event of an offer is kept, and given when it is asked for', async () => {
  const event = listed(START)
  const { directory, shown } = setUp({}, [event])
  await shown()
  expect(JSON.parse(directory.raw(KEY) ?? '')).toEqual(event)
  expect(directory.raw('nobody:souk')).toBe(null)
})

test('more than a relay hands out at once is read in pages, to the last', async () => {
  const stored = Array.from({ length: 1_300 }, (_, n) => listed(START - 100 - Math.floor(n / 3), n.toString(16).padStart(64, '0'), { intervalSecs: 3_600 }))
  const { directory, pool, clock, settle } = setUp({ cap: 100 }, stored)
  await settle()
  for (let n = 0; n < 100 && pool.openSubscriptions() > 1; n++) await pool.connected(0)
  clock.advance(200)
  expect(directory.offers.get().size).toBe(1_300)
  expect(pool.openSubscriptions()).toBe(1)
})

test('a seller is heard by any message of its key, at no time ahead of our clock', async () => {
  const { clock, directory, shown } = setUp({}, [listed(START - 100)])
  expect(await shown()).toMatchObject([{ lastSeenAt: START - 100 }])
  clock.advance(50_000)
  directory.heard(SELLER, clock.now() + 1_000_000)
  expect(await shown()).toMatchObject([{ lastSeenAt: START + 50 }])
})

describe('asking for signs of life', () => {
  const speaking = (secs: number, pubkey = SELLER) => listed(secs, pubkey, { dialects: ['souk/1'], intervalSecs: 3_600 })
  const asking = async (stored: readonly NostrEvent[]) => {
    const asked: string[] = []
    const all = setUp({ probe: ({ pubkey }) => asked.push(pubkey) }, stored)
    await all.shown()
    return { ...all, asked }
  }

  test('asks those that are looked at and were not heard for a minute, and nobody else', async () => {
    const [late, fresh, deaf] = ['b', 'c', 'd'].map((digit) => digit.repeat(64)) as [string, string, string]
    const { clock, directory, asked } = await asking([speaking(START - 100), speaking(START - 100, late), speaking(START - 10, fresh), listed(START - 100, deaf)])
    clock.advance(5_000)
    expect(asked).toEqual([])
    directory.wanted([KEY, `${fresh}:souk`, `${deaf}:souk`, 'nobody:souk'])
    clock.advance(2_000)
    expect(asked).toEqual([SELLER])
    directory.heard(SELLER, clock.now())
    clock.advance(20_000)
    expect(asked).toEqual([SELLER])
  })

  test('asks twice before it says that nobody answered, then ever more rarely; an answer ends that', async () => {
    const { clock, directory, asked, shown } = await asking([speaking(START - 100)])
    directory.wanted([KEY])
    clock.advance(10_000)
    expect(await shown()).toMatchObject([{ unanswered: false }])
    clock.advance(10_000)
    expect(await shown()).toMatchObject([{ unanswered: true }])
    expect(asked).toHaveLength(2)
    clock.advance(3_600_000 - 400_000)
    expect(asked.length).toBeLessThan(10)
    directory.heard(SELLER, clock.now())
    expect(await shown()).toMatchObject([{ unanswered: false }])
  })

  test('asks those that are about to be no longer called live, although nobody looks', async () => {
    const { clock, asked } = await asking([speaking(START - 700)])
    clock.advance(60_000)
    expect(asked).toEqual([])
    clock.advance(65_000)
    expect(asked).toEqual([SELLER])
  })

  test('asks no more than its share a minute, however many are looked at', async () => {
    const pubkeys = Array.from({ length: 150 }, (_, n) => n.toString(16).padStart(64, 'e'))
    const { clock, directory, asked } = await asking(pubkeys.map((pubkey) => speaking(START - 100, pubkey)))
    directory.wanted(pubkeys.map((pubkey) => `${pubkey}:souk`))
    clock.advance(120_000)
    expect(asked.length).toBeGreaterThan(60)
    expect(asked.length).toBeLessThanOrEqual(91)
  })

  test('asks nothing of oneself', async () => {
    const asked: string[] = []
    const { clock, directory, shown } = setUp({ ownPubkey: () => SELLER, probe: ({ pubkey }) => asked.push(pubkey) }, [speaking(START - 100)])
    await shown()
    directory.wanted([KEY])
    clock.advance(5_000)
    expect(asked).toEqual([])
  })
})

test('whoever is hidden is not shown, kept all the same, and back when that ends', async () => {
  const muted = new Set<string>()
  const listeners = new Set<() => void>()
  const hide = (change: () => unknown) => {
    change()
    for (const listener of listeners) listener()
  }
  const hidden = {
    includes: (pubkey: string, eventId: string) => muted.has(pubkey) || muted.has(eventId),
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  const listing = listed(START)
  const { directory, shown } = setUp({ hidden }, [listing, listed(START, 'b'.repeat(64))])
  const names = async () => (await shown()).map(({ pubkey }) => pubkey.slice(0, 1)).join('')
  expect(await names()).toMatch(/^(ab|ba)$/)
  hide(() => muted.add(SELLER))
  expect(await names()).toBe('b')
  hide(() => muted.delete(SELLER))
  expect(await names()).toMatch(/^(ab|ba)$/)
  hide(() => muted.add(listing.id))
  expect(await names()).toBe('b')
  directory.close()
  expect(listeners.size).toBe(0)
})

test('a channel that is left is read no longer', async () => {
  const { pool, directory, shown } = setUp({ channelIds: () => [CHANNEL] })
  directory.addChannel('d'.repeat(64))
  directory.removeChannel(CHANNEL)
  await pool.publish(announced(START))
  expect(await shown()).toEqual([])
  directory.removeChannel('d'.repeat(64))
  directory.removeChannel('d'.repeat(64))
  expect([pool.openSubscriptions(), directory.loaded.get()]).toEqual([1, true])
  directory.addChannel(CHANNEL)
  expect(await shown()).toHaveLength(1)
  directory.removeChannel(CHANNEL)
  expect(await shown()).toEqual([])
})
