import { expect, test } from 'vitest'
import { medianSkew, readClockComplaint } from './clockSkew.ts'

const NOW = 1_700_000_000

test.each([
  ['invalid: created_at is more than 900 seconds ahead; check the clock', -900],
  ['invalid: event created_at field is too far off from the current time, it lies in the future', -900],
  ['invalid: created_at too late', -900],
  ['invalid: created_at too early', 60],
  ['invalid: ephemeral event expired', 60],
  ['invalid: an ephemeral event may be at most 60 seconds old', 60],
  ['invalid: the event is too old (created_at)', 60],
  ['invalid: bad signature', null],
  ['blocked: you are too old', null],
  ['', null],
])('%s says %j', (message, skew) => {
  expect(readClockComplaint(message, NOW, NOW, null)).toBe(skew)
})

test('a complaint about an event that was not dated now says nothing of the clock', () => {
  const message = 'invalid: created_at is too far in the future'
  expect(readClockComplaint(message, NOW + 3_600, NOW, null)).toBeNull()
  expect(readClockComplaint(message, NOW - 31, NOW, null)).toBeNull()
  expect(readClockComplaint(message, NOW + 30, NOW, null)).toBe(-900)
})

test('the median is the middle one, or what lies between the middle two', () => {
  expect(medianSkew([])).toBeNull()
  expect(medianSkew([7])).toBe(7)
  expect(medianSkew([-900, 1, 100_000])).toBe(1)
  expect(medianSkew([4, -2])).toBe(1)
})
