import { expect, test } from 'vitest'
import { rankBidder } from './bidderRank.ts'

test('who answered or is listed comes before strangers, and they before who took money for nothing', () => {
  const rank = (done: number, failed: number, isListed = false, owes = false) => rankBidder({ history: done + failed === 0 ? null : { done, failed }, isListed, owes })
  expect([rank(1, 0), rank(2, 2), rank(0, 0, true)]).toEqual([1, 1, 1])
  expect(rank(0, 0)).toBe(0)
  expect([rank(0, 1), rank(1, 2, true), rank(9, 0, true, true)]).toEqual([-1, -1, -1])
})
