import { finalizeEvent, generateSecretKey, getPublicKey } from 'nostr-tools/pure'
import { expect, test } from 'vitest'
import { relayListTemplate } from '#shared/protocol/nip65.ts'
import { createMemoryPool } from '../nostr/testing/memoryPool.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { createPeerRelays } from './peerRelays.ts'

const START = 1_735_364_400
const secret = generateSecretKey()
const pubkey = getPublicKey(secret)
const listOf = (read: readonly string[], write: readonly string[], createdAt: number) => {
  const template = relayListTemplate({ read, write }, createdAt)
  return finalizeEvent({ ...template, tags: template.tags.map((tag) => [...tag]) }, secret)
}
const settle = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}
const setUp = () => {
  const clock = createManualClock(START * 1_000)
  const pool = createMemoryPool()
  return { clock, pool, peers: createPeerRelays({ pool, clock }) }
}

test('the first question asks, a later one knows where that seller reads: the newest list counts, its write relays do not', async () => {
  const { pool, peers } = setUp()
  pool.relay().publish(listOf(['wss://old.test'], [], START - 100))
  pool.relay().publish(listOf(['wss://reads.test', 'wss://both.test'], ['wss://both.test', 'wss://writes.test'], START))
  expect(peers.of(pubkey)).toEqual([])
  await settle()
  expect(peers.of(pubkey).toSorted()).toEqual(['wss://both.test', 'wss://reads.test'])
  expect(pool.openSubscriptions()).toBe(0)
})

test('who has no list is not asked about again at once; who has one is asked again after an hour, and a list of an older date changes nothing', async () => {
  const { clock, pool, peers } = setUp()
  peers.of(pubkey)
  await settle()
  pool.relay().publish(listOf(['wss://reads.test'], [], START))
  peers.of(pubkey)
  await settle()
  expect(peers.of(pubkey)).toEqual([])
  clock.advance(301_000)
  peers.of(pubkey)
  await settle()
  expect(peers.of(pubkey)).toEqual(['wss://reads.test'])
  pool.relay().publish(listOf(['wss://moved.test'], [], START + 10))
  expect(peers.of(pubkey)).toEqual(['wss://reads.test'])
  clock.advance(3_601_000)
  expect(peers.of(pubkey)).toEqual(['wss://reads.test'])
  await settle()
  expect(peers.of(pubkey)).toEqual(['wss://moved.test'])
})

test('a list with a hundred relays is followed to four of them, and never more than eight questions are open', async () => {
  const { pool, peers } = setUp()
  pool.relay().publish(listOf(Array.from({ length: 100 }, (_, n) => `wss://r${n}.test`), [], START))
  peers.of(pubkey)
  for (let n = 0; n < 50; n++) peers.of(n.toString(16).padStart(64, '0'))
  expect(pool.openSubscriptions()).toBe(8)
  await settle()
  expect(peers.of(pubkey)).toHaveLength(4)
  peers.close()
  expect(pool.openSubscriptions()).toBe(0)
})

test('somebody else’s list under that key’s question is not believed', async () => {
  const { pool, peers } = setUp()
  const other = generateSecretKey()
  const template = relayListTemplate({ read: ['wss://trap.test'], write: [] }, START)
  const forged = finalizeEvent({ ...template, tags: template.tags.map((tag) => [...tag]) }, other)
  pool.relay().stored = () => [forged]
  peers.of(pubkey)
  await settle()
  expect(peers.of(pubkey)).toEqual([])
})
