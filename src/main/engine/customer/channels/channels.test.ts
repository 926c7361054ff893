import { afterEach, beforeEach, expect, test } from 'vitest'
import { channelCreateTemplate } from '#shared/protocol/channelCreate.ts'
import type { EventTemplate, NostrEvent } from '#shared/protocol/event.ts'
import { channelMetadataTemplate } from '#shared/protocol/nip28.ts'
import { createMemoryPool, type MemoryPool } from '../../nostr/testing/memoryPool.ts'
import { createManualClock, type ManualClock } from '../../testing/manualClock.ts'
import { createMemoryStore, type MemoryStore } from '../../testing/memoryStore.ts'
import { createChannelBook } from './channelBook.ts'
import { createChannels, type Channels } from './channels.ts'

const START = 1_735_364_400
const OWN = 'f'.repeat(64)
const CREATOR = 'a'.repeat(64)
let eventNumber = 0
let clock: ManualClock
let pool: MemoryPool
let store: MemoryStore
let read: Set<string>
const opened: Channels[] = []

beforeEach(() => {
  clock = createManualClock(START * 1_000)
  pool = createMemoryPool()
  store = createMemoryStore()
  read = new Set()
})
afterEach(() => {
  for (const channels of opened.splice(0)) channels.close()
  expect([pool.openSubscriptions(), clock.pending()]).toEqual([0, 0])
  store.close()
})

const sign = (template: EventTemplate, pubkey: string): NostrEvent => ({ ...template, id: (eventNumber++).toString(16).padStart(64, '0'), pubkey, sig: '' })
const created = (name: string, { secs = START, pubkey = CREATOR } = {}) => sign(channelCreateTemplate({ name, about: `about ${name}`, picture: '', relays: [] }, secs), pubkey)
const renamed = (channelId: string, name: string, { secs = START, pubkey = CREATOR } = {}) => sign(channelMetadataTemplate(channelId, { name, about: '', picture: '', relays: [] }, '', secs), pubkey)
const directory = {
  addChannel: (channelId: string) => {
    if (read.size >= 3) return 'No more than 3 channels are read at a time.'
    read.add(channelId)
    return null
  },
  removeChannel: (channelId: string) => void read.delete(channelId),
}
const open = () => {
  const channels = createChannels({ pool, clock, store: store.settings, directory, publicRelays: () => ['wss://memory.test'], signer: { pubkey: OWN, sign: (template) => sign(template, OWN) } })
  opened.push(channels)
  return channels
}
const settle = async () => {
  await pool.connected(0)
  clock.advance(100)
}
const names = (channels: Channels) => [...channels.known.get().values()].map(({ name }) => name)

test('nothing is asked of the relays before somebody browses or has joined a channel, nor after', async () => {
  pool.relay().publish(created('one'))
  const channels = open()
  await settle()
  expect([pool.openSubscriptions(), names(channels), channels.loaded.get()]).toEqual([0, [], false])
  const [end, endOther] = [channels.browse(), channels.browse()]
  await settle()
  expect([pool.openSubscriptions(), names(channels), channels.loaded.get()]).toEqual([1, ['one'], true])
  end()
  end()
  expect(pool.openSubscriptions()).toBe(1)
  endOther()
  expect([pool.openSubscriptions(), channels.loaded.get()]).toEqual([0, false])
})

test('the newest description by who created the channel counts, nobody else’s, whatever comes first', async () => {
  const channel = created('Old name')
  for (const event of [renamed(channel.id, 'Newest', { secs: START - 1 }), renamed(channel.id, 'Older', { secs: START - 5 }), renamed(channel.id, 'Hijacked', { pubkey: 'b'.repeat(64) }), renamed(channel.id, 'Ahead', { secs: START + 301 })]) pool.relay().publish(event)
  const channels = open()
  channels.browse()
  await settle()
  expect(names(channels)).toEqual([])
  await pool.publish(channel)
  await settle()
  expect(channels.known.get().get(channel.id)).toEqual({ channelId: channel.id, name: 'Newest', about: '', creator: CREATOR, createdAt: START, joined: false, own: false })
  await pool.publish(renamed(channel.id, '', { secs: START + 1 }))
  await settle()
  expect(names(channels)).toEqual(['Old name'])
})

test('a channel that is joined is read, also after a restart, by its name before any relay has answered', async () => {
  const channel = created('Compute')
  pool.relay().publish(channel)
  const channels = open()
  expect(channels.join(channel.id)).toEqual({ ok: true, value: null })
  expect([...read]).toEqual([channel.id])
  expect(channels.known.get().get(channel.id)).toMatchObject({ name: '', joined: true, creator: null })
  await settle()
  expect(channels.known.get().get(channel.id)).toMatchObject({ name: 'Compute', about: 'about Compute', creator: CREATOR })
  channels.close()
  read.clear()
  pool.relay().setOnline(false)
  const again = open()
  expect([[...read], names(again)]).toEqual([[channel.id], ['Compute']])
  expect(again.join(channel.id)).toEqual({ ok: true, value: null })
})

test('one that is left is read no longer, and stays in the list while somebody browses', async () => {
  const channel = created('Compute')
  pool.relay().publish(channel)
  const channels = open()
  channels.browse()
  await settle()
  channels.join(channel.id)
  expect(channels.leave(channel.id)).toEqual({ ok: true, value: null })
  expect([read.size, channels.known.get().get(channel.id)?.joined]).toEqual([0, false])
  expect(channels.leave(channel.id)).toMatchObject({ ok: false, error: { code: 'not-joined' } })
  channels.close()
  open()
  expect(read.size).toBe(0)
})

test('what cannot be joined says why, and is not kept', () => {
  const channels = open()
  expect(channels.join('short')).toMatchObject({ ok: false, error: { code: 'not-possible', message: expect.stringContaining('64 hex') } })
  for (const digit of ['1', '2', '3']) expect(channels.join(digit.repeat(64)).ok).toBe(true)
  expect(channels.join('4'.repeat(64))).toMatchObject({ ok: false, error: { code: 'not-possible', message: expect.stringContaining('No more than 3') } })
  expect(channels.known.get().size).toBe(3)
})

test('a new channel is published with where it is found, and joined', async () => {
  const channels = open()
  const made = await channels.create(' My\u202e channel\n', 'For tests')
  const [event] = pool.relay().stored({ kinds: [40] })
  expect(made).toEqual({ ok: true, value: { channelId: event?.id } })
  expect(JSON.parse(event?.content ?? '')).toEqual({ name: 'My channel', about: 'For tests', picture: '', relays: ['wss://memory.test'] })
  expect(channels.known.get().get(event?.id ?? '')).toMatchObject({ name: 'My channel', joined: true, own: true })
  expect([...read]).toEqual([event?.id])
})

test('without a name, or a relay that takes it, there is no new channel', async () => {
  const channels = open()
  expect(await channels.create(' \u200b ', '')).toMatchObject({ ok: false, error: { code: 'no-name' } })
  pool.relay().refuse(() => 'blocked: no')
  expect(await channels.create('x', '')).toMatchObject({ ok: false, error: { code: 'no-relay' } })
  expect([channels.known.get().size, read.size]).toEqual([0, 0])
})

test('what is broken, nameless or ahead of the clock is passed over', async () => {
  for (const event of [created(''), { ...created('x'), content: 'hello' }, { ...created('x'), content: '{"name":{}}' }, created('ahead', { secs: START + 301 })]) pool.relay().publish(event)
  const channels = open()
  channels.browse()
  await settle()
  expect(channels.known.get().size).toBe(0)
})

test('a flood of channels drives out the oldest, nobody’s own share of another’s, and none that is kept', () => {
  const book = createChannelBook((channelId) => channelId === 'kept', { channels: 5, channelsPerAuthor: 3, updates: 2 })
  const channel = (channelId: string, pubkey: string, createdAt: number) => ({ channelId, pubkey, createdAt, name: channelId, about: '', picture: '', relays: [] })
  book.put(channel('kept', 'me', 0))
  for (let index = 0; index < 10; index += 1) book.put(channel(`s${index}`, 'spammer', 100 + index))
  expect(book.list().map(({ channelId }) => channelId)).toEqual(['kept', 's7', 's8', 's9'])
  expect(book.put(channel('old', 'spammer', 1))).toBe(false)
  for (let index = 0; index < 4; index += 1) book.put(channel(`o${index}`, `other${index}`, 200 + index))
  expect(book.list().map(({ channelId }) => channelId)).toEqual(['kept', 'o0', 'o1', 'o2', 'o3'])
  for (const channelId of ['x', 'y', 'o1']) book.putUpdate({ ...channel(channelId, 'other1', 1), name: `new ${channelId}` })
  expect([book.get('o1')?.name, book.get('gone')]).toEqual(['new o1', null])
})
