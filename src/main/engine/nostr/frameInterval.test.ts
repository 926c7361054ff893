import { expect, test } from 'vitest'
import { chooseFrameInterval, type FrameConditions } from './frameInterval.ts'

const quick: FrameConditions = { isLoopback: false, latencyMs: 20, paceMs: 0, unanswered: 0, maxMs: 2_000 }

test.each([
  ['a relay on this machine', { isLoopback: true, latencyMs: null }, 16],
  ['a relay that answers at once', { latencyMs: 3 }, 16],
  ['a quick relay', { latencyMs: 40 }, 40],
  ['a relay farther away', { latencyMs: 51 }, 100],
  ['a relay that has not answered yet', { latencyMs: null }, 100],
  ['what the relay has taught', { paceMs: 300 }, 300],
  ['a pace that is no stream', { paceMs: 2_001 }, null],
  ['a few frames under way', { latencyMs: null, unanswered: 32 }, 100],
])('%s', (_, conditions, intervalMs) => {
  expect(chooseFrameInterval({ ...quick, ...conditions })).toBe(intervalMs)
})

test('the more frames are unanswered, the fewer follow, but there is a stream still', () => {
  const intervals = [64, 128, 512, 100_000].map((unanswered) => chooseFrameInterval({ ...quick, unanswered }))
  expect(intervals).toEqual([40, 80, 320, 2_000])
})
