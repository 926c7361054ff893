import { expect, test } from 'vitest'
import { createKnownEvents } from './knownEvents.ts'
import type { NostrEvent } from './relayPool.ts'

const event = (id: string, content = ''): NostrEvent => ({ id, pubkey: '', created_at: 0, kind: 1, tags: [], content, sig: '' })

test('the number of events is bounded, and what was asked for longest ago goes first', () => {
  const known = createKnownEvents(2, 1_000_000)
  known.add(event('a'))
  known.add(event('b'))
  known.get('a')
  known.add(event('c'))
  expect(['a', 'b', 'c'].filter((id) => known.get(id) !== undefined)).toEqual(['a', 'c'])
})

test('their size is bounded, across additions, removals and repetitions', () => {
  const known = createKnownEvents(1_000, 2_000)
  for (let i = 0; i < 100; i += 1) {
    known.add(event(`${i}`, 'x'.repeat(600)))
    known.add(event(`${i}`, 'x'.repeat(600)))
  }
  const kept = Array.from({ length: 100 }, (_, i) => `${i}`).filter((id) => known.get(id) !== undefined)
  expect(kept).toEqual(['98', '99'])
})
