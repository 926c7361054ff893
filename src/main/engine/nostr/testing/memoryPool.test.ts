import { expect, test } from 'vitest'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { createMemoryNetwork, createMemoryPool } from './memoryPool.ts'

const makeEvent = (id: string, fields: Partial<NostrEvent> = {}): NostrEvent => ({
  id,
  pubkey: 'author',
  created_at: 100,
  kind: 1,
  tags: [],
  content: '',
  sig: '',
  ...fields,
})
const collect = () => {
  const ids: string[] = []
  return { ids, onEvent: (event: NostrEvent) => void ids.push(event.id) }
}

test('two pools on one network meet: stored events, then EOSE, then live ones, each once', async () => {
  const network = createMemoryNetwork()
  const urls = ['wss://a.test', 'wss://b.test']
  const [writer, reader] = [createMemoryPool({ network, urls }), createMemoryPool({ network, urls })]
  await writer.publish(makeEvent('stored'))
  const seen = collect()
  reader.subscribe([{ kinds: [1] }], { ...seen, onEose: () => seen.ids.push('EOSE') })
  expect(seen.ids).toEqual([])
  await reader.connected(0)
  expect((await writer.publish(makeEvent('live'))).verdicts).toHaveLength(2)
  await writer.publish(makeEvent('other', { kind: 2 }))
  expect(seen.ids).toEqual(['stored', 'EOSE', 'live'])
})

test('replaces addressable events, deletes by address and by id, and keeps a deleted one away', async () => {
  const pool = createMemoryPool()
  const listing = (id: string, createdAt: number) => makeEvent(id, { kind: KIND.listing, created_at: createdAt, tags: [['d', 'x']] })
  await pool.publish(listing('first', 100))
  await pool.publish(listing('second', 101))
  expect((await pool.publish(listing('late', 99))).accepted).toBe(false)
  expect(pool.relay().stored().map(({ id }) => id)).toEqual(['second'])
  await pool.publish(makeEvent('note'))
  await pool.publish(makeEvent('foreign', { kind: KIND.deletion, pubkey: 'other', tags: [['e', 'note']] }))
  const address = `${KIND.listing}:author:x`
  await pool.publish(makeEvent('gone', { kind: KIND.deletion, created_at: 102, tags: [['a', address]] }))
  expect(pool.relay().stored({ kinds: [1, KIND.listing] }).map(({ id }) => id)).toEqual(['note'])
  expect((await pool.publish(listing('back', 102))).accepted).toBe(false)
  expect((await pool.publish(listing('new', 103))).accepted).toBe(true)
})

test('an ephemeral event reaches who listens and nobody later', async () => {
  const pool = createMemoryPool()
  const [early, late] = [collect(), collect()]
  pool.subscribe([{}], early)
  await pool.publish(makeEvent('frame', { kind: KIND.privateFrame }))
  pool.subscribe([{}], late)
  await pool.connected(0)
  expect([early.ids, late.ids]).toEqual([['frame'], []])
})

test('a pulled plug is unreachable and shown; what was missed comes when it is back', async () => {
  const network = createMemoryNetwork()
  const [writer, reader] = [createMemoryPool({ network, urls: ['wss://a.test'] }), createMemoryPool({ network, urls: ['wss://a.test'] })]
  const seen = collect()
  reader.subscribe([{}], seen)
  await reader.connected(0)
  network('wss://a.test').setOnline(false)
  expect(reader.status.get()['wss://a.test']?.state).toBe('waiting')
  expect(await writer.publish(makeEvent('lost'))).toMatchObject({ accepted: false, verdicts: [{ verdict: 'unreachable' }] })
  network('wss://a.test').publish(makeEvent('missed'))
  await reader.connected(0)
  expect(seen.ids).toEqual([])
  network('wss://a.test').setOnline(true)
  await reader.connected(0)
  expect(seen.ids).toEqual(['missed'])
  expect(reader.status.get()['wss://a.test']?.state).toBe('connected')
})

test('a refusal is a verdict with its prefix, and a closed subscription hears nothing', async () => {
  const pool = createMemoryPool()
  const seen = collect()
  const subscription = pool.subscribe([{}], seen)
  pool.relay().refuse(({ kind }) => (kind === 2 ? 'blocked: not here' : null))
  expect((await pool.publish(makeEvent('no', { kind: 2 }))).verdicts).toEqual([
    { relay: 'wss://memory.test', verdict: 'refused', prefix: 'blocked', message: 'blocked: not here' },
  ])
  subscription.close()
  await pool.publish(makeEvent('after'))
  expect(seen.ids).toEqual([])
  expect(pool.openSubscriptions()).toBe(0)
  await pool.close()
  expect(pool.urls()).toEqual([])
})

test('relays are read and written as they are used, and one that is named joins as a guest', async () => {
  const network = createMemoryNetwork()
  const pool = createMemoryPool({ network, urls: [] })
  const [everywhere, there] = [collect(), collect()]
  pool.add('wss://read.test', { read: true, write: false })
  pool.add('wss://write.test', { read: false, write: true })
  pool.subscribe([{}], everywhere)
  pool.subscribe([{}], { ...there, relays: ['wss://guest.test'] })
  await pool.publish(makeEvent('mine'))
  network('wss://read.test').publish(makeEvent('read'))
  await pool.publish(makeEvent('to the guest'), ['wss://guest.test'])
  await pool.connected(0)
  expect([everywhere.ids, there.ids]).toEqual([['read'], ['to the guest']])
  expect(network('wss://write.test').stored().map(({ id }) => id)).toEqual(['mine'])
  expect([pool.urls(), pool.urls('write')]).toEqual([['wss://read.test', 'wss://write.test'], ['wss://write.test']])
  expect(pool.status.get()['wss://guest.test']).toMatchObject({ guest: true, read: false, write: false })
  pool.add('wss://guest.test')
  await pool.connected(0)
  expect(pool.status.get()['wss://guest.test']).toMatchObject({ guest: false, read: true, write: true })
})
