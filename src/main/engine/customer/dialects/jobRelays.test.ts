import { expect, it } from 'vitest'
import { createMemoryPool } from '../../nostr/testing/memoryPool.ts'
import { chooseAnswerRelays, chooseSellerRelays } from './jobRelays.ts'

const pool = createMemoryPool({ urls: ['wss://ours.example', 'wss://also-ours.example'] })
pool.add('wss://read.example', { read: true, write: false })
const theirs = Array.from({ length: 8 }, (_, index) => `wss://theirs${index}.example`)

it('a seller’s relays are few, each once, and none of ours among them, however it is spelled', () => {
  expect(chooseSellerRelays(pool, ['wss://OURS.example/', 'nonsense', ...theirs, 'wss://theirs0.example/'])).toEqual(theirs.slice(0, 4))
  expect(chooseSellerRelays(pool, ['wss://ours.example', 'wss://also-ours.example'])).toEqual([])
})

it('one that we only read is still the seller’s, to be written to', () => {
  expect(chooseSellerRelays(pool, ['wss://read.example'])).toEqual(['wss://read.example'])
})

it('a seller that writes where we read is told of no relay, another one of two', () => {
  const own = ['wss://ours.example', 'wss://also-ours.example', 'wss://read.example']
  expect(chooseAnswerRelays(pool, [...theirs, 'wss://Read.example/'], own)).toEqual([])
  expect(chooseAnswerRelays(pool, theirs, own)).toEqual(own.slice(0, 2))
  expect(chooseAnswerRelays(pool, [], own)).toEqual(own.slice(0, 2))
})
