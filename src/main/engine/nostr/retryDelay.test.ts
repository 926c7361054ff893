import { expect, test } from 'vitest'
import { retryDelayMs } from './retryDelay.ts'

const random = (byte: number) => ({ bytes: (length: number) => new Uint8Array(length).fill(byte) })

test('doubles to the maximum, between half and all of it', () => {
  const attempts = [0, 1, 2, 10, 5_000]
  expect(attempts.map((attempt) => retryDelayMs(attempt, 1_000, 60_000, random(0)))).toEqual([500, 1_000, 2_000, 30_000, 30_000])
  expect(attempts.map((attempt) => retryDelayMs(attempt, 1_000, 60_000, random(255)))).toEqual([1_000, 2_000, 4_000, 60_000, 60_000])
})
