import { describe, expect, test } from 'vitest'
import { compareRounds, judge, median, percentile, subtractRounds, summarize } from './statistics.ts'

describe('percentile', () => {
  test('is the middle value, or the mean of the two middle ones', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 3, 2])).toBe(2.5)
  })

  test('interpolates between ranks and reaches both ends', () => {
    expect(percentile([10, 20, 30, 40, 50], 0.1)).toBeCloseTo(14)
    expect(percentile([10, 20, 30, 40, 50], 0)).toBe(10)
    expect(percentile([10, 20, 30, 40, 50], 1)).toBe(50)
  })

  test('sorts by size, not by spelling, and leaves the values as they were', () => {
    const values = [10, 9, 100]
    expect(median(values)).toBe(10)
    expect(values).toEqual([10, 9, 100])
  })

  test('refuses no values and shares outside 0 to 1', () => {
    expect(() => median([])).toThrow(RangeError)
    expect(() => percentile([1], 1.1)).toThrow(RangeError)
    expect(() => percentile([1], Number.NaN)).toThrow(RangeError)
  })
})

test('a summary counts its values and gives their ends', () => {
  expect(summarize([5, 1, 3])).toMatchObject({ count: 3, median: 3, min: 1, max: 5 })
})

describe('a comparison by rounds', () => {
  test('is the median of each round’s own ratio, whatever the rounds’ speed', () => {
    expect(compareRounds([[8], [20], [600]], [[2], [10], [200]])).toMatchObject({ count: 3, median: 3, min: 2, max: 4 })
  })

  test('takes the medians of a round, not its extremes', () => {
    expect(compareRounds([[6, 6, 1_000]], [[2, 2, 0.1]]).median).toBe(3)
  })

  test('subtracts at a percentile', () => {
    expect(subtractRounds([[1, 5, 9]], [[1, 2, 3]], 0.5).median).toBe(3)
    expect(subtractRounds([[1, 5, 9]], [[1, 2, 3]], 1).median).toBe(6)
  })

  test('leaves out a round in which one side has nothing', () => {
    expect(compareRounds([[4], []], [[2], [2]]).count).toBe(1)
  })
})

describe('a verdict', () => {
  test('is met at the target itself', () => {
    expect(judge(4, { bound: 'at most', value: 4 }).isMet).toBe(true)
    expect(judge(5, { bound: 'at least', value: 5 }).isMet).toBe(true)
  })

  test('says by how much a target is missed, whichever way it bounds', () => {
    expect(judge(5, { bound: 'at most', value: 4 })).toEqual({ isMet: false, missedBy: 1, missedPercent: 25 })
    expect(judge(4, { bound: 'at least', value: 5 })).toEqual({ isMet: false, missedBy: 1, missedPercent: 20 })
  })
})
