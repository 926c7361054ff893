import { expect, test } from 'vitest'
import type { NostrEvent } from './event.ts'
import { matchesAnyFilter, matchesFilter } from './filter.ts'

const event: NostrEvent = { id: 'i', pubkey: 'a', created_at: 100, kind: 42, tags: [['e', 'x', 'wss://r', 'root'], ['p']], content: '', sig: '' }

test('matches on each condition and fails on each', () => {
  expect(matchesFilter({}, event)).toBe(true)
  expect(matchesFilter({ ids: ['i'], authors: ['a'], kinds: [42], since: 100, until: 100, '#e': ['y', 'x'], limit: 0 }, event)).toBe(true)
  expect(matchesFilter({ ids: ['j'] }, event)).toBe(false)
  expect(matchesFilter({ authors: ['b'] }, event)).toBe(false)
  expect(matchesFilter({ kinds: [40] }, event)).toBe(false)
  expect(matchesFilter({ since: 101 }, event)).toBe(false)
  expect(matchesFilter({ until: 99 }, event)).toBe(false)
  expect(matchesFilter({ '#e': ['y'] }, event)).toBe(false)
  expect(matchesFilter({ '#e': [] }, event)).toBe(false)
})

test('a tag without a value, and a value further along, match nothing', () => {
  expect(matchesFilter({ '#p': ['undefined', ''] }, event)).toBe(false)
  expect(matchesFilter({ '#e': ['root'] }, event)).toBe(false)
})

test('one matching filter of several is enough, and none is none', () => {
  expect(matchesAnyFilter([{ kinds: [1] }, { kinds: [42] }], event)).toBe(true)
  expect(matchesAnyFilter([], event)).toBe(false)
})
