import { finalizeEvent, generateSecretKey, getPublicKey } from 'nostr-tools/pure'
import { expect, test } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { parseAnnouncement } from '#shared/protocol/announcement.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { parseListing, type Listing } from '#shared/protocol/nip89.ts'
import { createMemoryPool } from '../nostr/testing/memoryPool.ts'
import type { RelayPool } from '../nostr/relayPool.ts'
import type { Signer } from '../nostr/signer.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { createAnnouncer } from './announcer.ts'

const START = 1_735_364_400
const CHANNEL = 'c'.repeat(64)
const secret = generateSecretKey()
const signer: Signer = {
  pubkey: getPublicKey(secret),
  sign: (template) => finalizeEvent({ ...template, tags: template.tags.map((tag) => [...tag]) }, secret),
}
const listing: Listing = {
  listingId: 'souk',
  name: 'A seller',
  about: '',
  picture: '',
  priceMsat: sats(10),
  models: ['m'],
  capabilities: ['text-generation'],
  relays: ['wss://memory.test'],
  network: 'regtest',
  channelId: CHANNEL,
  sparkAddress: '',
  intervalSecs: 300,
}

const setUp = () => {
  const clock = createManualClock(START * 1_000)
  const pool = createMemoryPool()
  const logged: unknown[][] = []
  const announcer = createAnnouncer({ pool, signer, clock, log: (...line) => logged.push(line) })
  /** Lets publishing that is under way come to its end. */
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
  const pass = async (ms: number) => {
    clock.advance(ms)
    await settle()
  }
  const listings = () => pool.relay().accepted({ kinds: [KIND.listing] })
  return { clock, pool, announcer, logged, settle, pass, listings }
}

test('starting announces at once, as a listing and in the channel, with twice the interval to live', async () => {
  const { pool, announcer, settle, listings } = setUp()
  expect(announcer.lastAnnouncedAt.get()).toBe(null)
  announcer.start(() => listing)
  announcer.start(() => ({ ...listing, name: 'another' }))
  await settle()
  const [event, ...more] = listings()
  if (!event) throw new Error('nothing was announced')
  expect(more).toEqual([])
  expect(parseListing(event, START)).toMatchObject({ ok: true, value: { name: 'A seller', expiresAt: START + 600, announcedAt: START } })
  const [message] = pool.relay().accepted({ kinds: [KIND.channelMessage], '#e': [CHANNEL] })
  if (!message) throw new Error('nothing was said in the channel')
  expect(parseAnnouncement(message, CHANNEL, START)).toMatchObject({ ok: true, value: { pubkey: signer.pubkey, pricePerRequestMsat: 10_000 } })
  expect(announcer.lastAnnouncedAt.get()).toBe(START * 1_000)
})

test('announces again at every interval, what is offered at that time', async () => {
  const { announcer, pass, listings } = setUp()
  let current = { ...listing, channelId: null as string | null }
  announcer.start(() => current)
  await pass(0)
  await pass(299_999)
  expect(listings()).toHaveLength(1)
  current = { ...current, intervalSecs: 60 }
  await pass(1)
  await pass(60_000)
  expect(listings().map((event) => event.created_at - START)).toEqual([0, 300, 360])
})

test('changes that come together are announced once, within a second, and put the timer back', async () => {
  const { announcer, pass, listings } = setUp()
  let price = 10
  announcer.start(() => ({ ...listing, priceMsat: sats(price) }))
  await pass(100)
  for (price = 11; price < 20; price++) announcer.changed()
  await pass(999)
  expect(listings()).toHaveLength(1)
  await pass(1)
  expect(listings().map((event) => event.tags.find(([name]) => name === 'price')?.[1])).toEqual(['10000', '20000'])
  await pass(299_000)
  expect(listings()).toHaveLength(2)
  await pass(1_000)
  expect(listings()).toHaveLength(3)
})

test('every version is dated later than the one before, even within one second or when the clock stands', async () => {
  const { pool, announcer, settle, listings } = setUp()
  for (let round = 0; round < 3; round++) {
    announcer.start(() => listing)
    await settle()
    await announcer.stop()
  }
  announcer.start(() => listing)
  await settle()
  expect(listings().map((event) => event.created_at - START)).toEqual([0, 2, 4, 6])
  expect(pool.relay().stored({ kinds: [KIND.listing] })).toHaveLength(1)
})

test('stopping withdraws the listing and the announcement, ends every timer, and is then silent', async () => {
  const { clock, pool, announcer, settle, pass } = setUp()
  announcer.start(() => listing)
  await settle()
  await announcer.stop()
  expect(pool.relay().stored({ kinds: [KIND.listing, KIND.channelMessage] })).toEqual([])
  expect(pool.relay().stored({ kinds: [KIND.deletion] })).toHaveLength(1)
  expect(clock.pending()).toBe(0)
  announcer.changed()
  await pass(1_000_000)
  await announcer.stop()
  expect(pool.relay().accepted({ kinds: [KIND.listing] })).toHaveLength(1)
  expect(pool.relay().accepted({ kinds: [KIND.deletion] })).toHaveLength(1)
})

test('stopping while an announcement is on its way withdraws it after it', async () => {
  const memory = createMemoryPool()
  const arrived: string[] = []
  let open = () => {}
  const gate = new Promise<void>((resolve) => (open = resolve))
  const slow: RelayPool = {
    ...memory,
    async publish(event) {
      await gate
      arrived.push(String(event.kind))
      return memory.publish(event)
    },
  }
  const announcer = createAnnouncer({ pool: slow, signer, clock: createManualClock(START * 1_000), log: () => {} })
  announcer.start(() => ({ ...listing, channelId: null }))
  await Promise.resolve()
  await Promise.resolve()
  const stopped = announcer.stop()
  open()
  await stopped
  expect(arrived).toEqual([String(KIND.listing), String(KIND.deletion)])
  expect(memory.relay().stored({ kinds: [KIND.listing] })).toEqual([])
})

test('stopped before it could speak, it says nothing at all', async () => {
  const { pool, announcer } = setUp()
  announcer.start(() => listing)
  await announcer.stop()
  expect(pool.relay().accepted()).toEqual([])
})

test('every listing that was announced under another name is withdrawn too', async () => {
  const { pool, announcer, pass } = setUp()
  let listingId = 'one'
  announcer.start(() => ({ ...listing, listingId }))
  await pass(0)
  listingId = 'two'
  announcer.changed()
  await pass(1_000)
  await announcer.stop()
  expect(pool.relay().accepted({ kinds: [KIND.deletion] }).map(({ tags }) => tags[0]?.[1])).toEqual([
    `31990:${signer.pubkey}:one`,
    `31990:${signer.pubkey}:two`,
  ])
})

test('a relay that comes back hears of us within seconds, one that flaps not every time', async () => {
  const { pool, announcer, pass, listings } = setUp()
  announcer.start(() => listing)
  await pass(10_000)
  pool.relay().setOnline(false)
  await pass(2_000)
  pool.relay().setOnline(true)
  await pass(1_000)
  expect(listings()).toHaveLength(2)
  for (let round = 0; round < 20; round++) {
    pool.relay().setOnline(false)
    pool.relay().setOnline(true)
    await pass(100)
  }
  expect(listings()).toHaveLength(2)
  await pass(3_000)
  expect(listings()).toHaveLength(3)
})

test('started before a relay is connected, it announces a second after one is', async () => {
  const { pool, announcer, pass, listings } = setUp()
  pool.relay().setOnline(false)
  announcer.start(() => listing)
  await pass(500)
  expect(announcer.problem.get()).toMatch(/^No relay can be reached/)
  pool.relay().setOnline(true)
  await pass(1_000)
  expect(listings()).toHaveLength(1)
  expect(announcer.problem.get()).toBe(null)
})

test('a refusal is shown with the reason and tried again', async () => {
  const { pool, announcer, logged, pass, listings } = setUp()
  pool.relay().refuse(() => 'blocked: pay first')
  announcer.start(() => listing)
  await pass(0)
  expect(announcer.problem.get()).toBe('No relay took the announcement. wss://memory.test says: blocked: pay first')
  expect(announcer.lastAnnouncedAt.get()).toBe(null)
  expect(logged.map(([level]) => level)).toEqual(['warn'])
  pool.relay().refuse(null)
  await pass(30_000)
  expect(listings()).toHaveLength(1)
  expect(announcer.problem.get()).toBe(null)
})

test('without any relay it says so, and a relay added later hears of us', async () => {
  const { pool, announcer, pass } = setUp()
  pool.remove('wss://memory.test')
  announcer.start(() => listing)
  await pass(0)
  expect(announcer.problem.get()).toBe('There is no relay to announce on. Add one in Settings.')
  pool.add('wss://other.test')
  await pass(1_000)
  expect(pool.relay('wss://other.test').stored({ kinds: [KIND.listing] })).toHaveLength(1)
  await announcer.stop()
  expect(announcer.problem.get()).toBe(null)
})

test('started again within the second in which it withdrew, it is taken all the same', async () => {
  const { clock, pool, settle, listings } = setUp()
  let kept = 0
  const lastDate = { read: () => kept, write: (createdAt: number) => void (kept = createdAt) }
  const open = () => createAnnouncer({ pool, signer, clock, log: () => {}, lastDate })
  const first = open()
  first.start(() => listing)
  await settle()
  await first.stop()
  const second = open()
  second.start(() => listing)
  await settle()
  expect([second.problem.get(), pool.relay().stored({ kinds: [KIND.listing] })]).toEqual([null, [listings().at(-1)]])
  await second.stop()
})
