import { afterEach, expect, test } from 'vitest'
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
const announced = (secs: number, pubkey = SELLER) => signed(announcementTemplate(listing, CHANNEL, pubkey, secs), pubkey)

const opened: Directory[] = []
afterEach(() => {
  for (const directory of opened.splice(0)) directory.close()
})

const setUp = (options: Partial<DirectoryOptions> = {}, stored: readonly NostrEvent[] = []) => {
  const clock = createManualClock(START * 1_000)
  const pool = createMemoryPool()
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
  const { shown } = setUp({}, [old, withoutK(START - 899, 'b'.repeat(64)), withoutK(START - 900, 'd'.repeat(64))])
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

test('an offer goes by itself when it expires, and one without expiration after 15 minutes', async () => {
  const { clock, directory, shown } = setUp({}, [listed(START), { ...vectors.original, created_at: START }])
  expect(await shown()).toHaveLength(2)
  clock.advance(600_000 - 201)
  expect(directory.offers.get().size).toBe(2)
  clock.advance(1)
  expect([...directory.offers.get().values()]).toMatchObject([{ source: 'listing', name: 'OpenAgents Compute Provider' }])
  clock.advance(300_000)
  expect(directory.offers.get().size).toBe(0)
})

test('what is over, broken, ahead of the clock or no compute is not shown, and counted in the log', async () => {
  const stored = [listed(START - 601), listed(START + 301, 'b'.repeat(64)), vectors.brokenContent, vectors.notCompute]
  const { logged, shown } = setUp({}, stored)
  expect(await shown()).toEqual([])
  expect(logged).toEqual([['debug', 'Offers refused.', { expired: 1, 'from-the-future': 1, 'not-json': 1, 'not-compute': 1 }]])
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
  const { pool, logged, shown } = setUp({ channelIds: () => [CHANNEL] })
  const job = announced(START)
  await pool.publish({ ...job, content: '{"type":"JobRequest","kind":5050,"prompt":"p","max_tokens":1}' })
  await pool.publish({ ...announced(START), content: '{"type":"ServiceAnnouncement"}' })
  expect(await shown()).toEqual([])
  await pool.publish(announced(START))
  expect(await shown()).toHaveLength(1)
  expect(logged).toEqual([['debug', 'Offers refused.', { 'bad-field': 1 }]])
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
