import { finalizeEvent, generateSecretKey, getPublicKey } from 'nostr-tools/pure'
import { expect, test } from 'vitest'
import { KIND } from '#shared/protocol/kinds.ts'
import { parseRelayList } from '#shared/protocol/nip65.ts'
import { createMemoryPool } from '../nostr/testing/memoryPool.ts'
import type { Signer } from '../nostr/signer.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { createRelayListPublisher } from './relayListPublisher.ts'

const START = 1_735_364_400
const secret = generateSecretKey()
const signer: Signer = {
  pubkey: getPublicKey(secret),
  sign: (template) => finalizeEvent({ ...template, tags: template.tags.map((tag) => [...tag]) }, secret),
}

function setUp(date = 0) {
  const clock = createManualClock(START * 1_000)
  const pool = createMemoryPool()
  let list = { read: ['wss://a.test', 'wss://b.test'], write: ['wss://a.test'] }
  let lastDate = date
  const publisher = createRelayListPublisher({ pool, signer, clock, log: () => undefined, list: () => list, lastDate: { read: () => lastDate, write: (next) => (lastDate = next) } })
  const settle = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }
  const lists = () => pool.relay().accepted({ kinds: [KIND.relayList] })
  return { clock, pool, publisher, settle, lists, use: (next: typeof list) => (list = next) }
}

test('nothing is published by who does not sell; by who does, once, and again when it changes', async () => {
  const { publisher, settle, lists, use } = setUp()
  publisher.update(false)
  await settle()
  expect(lists()).toEqual([])
  publisher.update(true)
  publisher.update(true)
  await settle()
  publisher.update(true)
  await settle()
  expect(lists()).toHaveLength(1)
  expect(lists()[0]?.tags).toEqual([['r', 'wss://a.test'], ['r', 'wss://b.test', 'read']])
  use({ read: ['wss://c.test'], write: ['wss://a.test'] })
  publisher.update(true)
  await settle()
  const newest = lists().at(-1)
  expect(newest && parseRelayList(newest)).toMatchObject({ ok: true, value: { read: ['wss://c.test'], write: ['wss://a.test'] } })
  // Within one second, so dated one later: of two with one date a relay keeps either.
  expect(lists().map(({ created_at }) => created_at)).toEqual([START, START + 1])
})

test('a change while it is being published goes out after it', async () => {
  const { publisher, settle, lists, use } = setUp()
  publisher.update(true)
  use({ read: ['wss://c.test'], write: ['wss://c.test'] })
  publisher.update(true)
  await settle()
  expect(lists().map(({ tags }) => tags)).toEqual([[['r', 'wss://a.test'], ['r', 'wss://b.test', 'read']], [['r', 'wss://c.test']]])
})

test('untaken, it is tried again while selling, and no longer', async () => {
  const { clock, pool, publisher, settle, lists } = setUp()
  pool.relay().setOnline(false)
  publisher.update(true)
  await settle()
  pool.relay().setOnline(true)
  clock.advance(30_000)
  await settle()
  expect(lists()).toHaveLength(1)
  pool.relay().setOnline(false)
  publisher.update(false)
  publisher.update(true)
  await settle()
  publisher.update(false)
  expect(clock.pending()).toBe(0)
  publisher.close()
})

test('it is dated after the last one also over a restart, but not by a clock that was wrong', async () => {
  const later = setUp(START + 5)
  later.publisher.update(true)
  await later.settle()
  expect(later.lists()[0]?.created_at).toBe(START + 6)
  const wrong = setUp(START + 86_400)
  wrong.publisher.update(true)
  await wrong.settle()
  expect(wrong.lists()[0]?.created_at).toBe(START)
})
