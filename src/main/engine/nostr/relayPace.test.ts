import { expect, test } from 'vitest'
import { createManualClock } from '../testing/manualClock.ts'
import { createRelayPace } from './relayPace.ts'

function setUp(initialMs = 0) {
  const clock = createManualClock()
  const changes: number[] = []
  return { clock, changes, pace: createRelayPace(clock, initialMs, (intervalMs) => changes.push(intervalMs)) }
}

test('a relay that never complains is never waited for', () => {
  const { pace } = setUp()
  for (let i = 0; i < 1_000; i += 1) {
    pace.sent()
    pace.succeeded()
  }
  expect([pace.waitMs(), pace.intervalMs()]).toEqual([0, 0])
})

test('each complaint doubles the interval, to ten seconds and no more', () => {
  const { clock, pace, changes } = setUp()
  for (let i = 0; i < 10; i += 1) {
    pace.sent()
    pace.limited(clock.now())
    clock.advance(20_000)
  }
  expect(changes).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000])
})

test('what was on its way when it slowed down does not slow it down again', () => {
  const { clock, pace } = setUp()
  const sentAtMs = clock.now()
  clock.advance(50)
  for (let i = 0; i < 100; i += 1) pace.limited(sentAtMs)
  expect(pace.intervalMs()).toBe(100)
  expect(pace.waitMs()).toBe(100)
  clock.advance(100)
  expect(pace.waitMs()).toBe(0)
})

test('after a rest, successes bring it back slowly, down to none', () => {
  const { clock, pace } = setUp(1_000)
  pace.limited(null)
  expect(pace.intervalMs()).toBe(2_000)
  pace.succeeded()
  clock.advance(9_000)
  pace.succeeded()
  expect(pace.intervalMs()).toBe(2_000)
  clock.advance(1_000)
  pace.succeeded()
  expect(pace.intervalMs()).toBe(1_800)
  for (let i = 0; i < 60; i += 1) pace.succeeded()
  expect(pace.intervalMs()).toBe(0)
})

test('a clock that steps back makes nobody wait longer than one interval', () => {
  let nowMs = 1_000_000
  const pace = createRelayPace({ now: () => nowMs, after: () => () => {} }, 500, () => {})
  pace.sent()
  nowMs -= 900_000
  expect(pace.waitMs()).toBe(500)
})
