import { expect, test } from 'vitest'
import { createManualClock } from '../testing/manualClock.ts'
import { createTokenBucket } from './tokenBucket.ts'

test('gives a burst, then its rate, and never more than a burst after a pause', () => {
  const clock = createManualClock()
  const bucket = createTokenBucket(clock, 10, 3)
  const takeAll = () => {
    let taken = 0
    while (bucket.take()) taken += 1
    return taken
  }
  expect(takeAll()).toBe(3)
  clock.advance(200)
  expect(takeAll()).toBe(2)
  clock.advance(60_000)
  expect(takeAll()).toBe(3)
})

test('a debt is paid off before anything is given again', () => {
  const clock = createManualClock()
  const bucket = createTokenBucket(clock, 10, 3)
  bucket.charge(8)
  expect(bucket.take()).toBe(false)
  clock.advance(500)
  expect(bucket.take()).toBe(false)
  clock.advance(100)
  expect(bucket.take()).toBe(true)
})

test('a clock that steps back takes nothing away and goes on from there', () => {
  let nowMs = 10_000
  const bucket = createTokenBucket({ now: () => nowMs, after: () => () => {} }, 1, 1)
  nowMs = 1_000
  expect(bucket.take()).toBe(true)
  nowMs = 2_000
  expect(bucket.take()).toBe(true)
})
