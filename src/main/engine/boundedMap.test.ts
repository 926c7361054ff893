import { expect, it } from 'vitest'
import { setBounded } from './boundedMap.ts'

it('drops what has been there for longest, and nothing while there is room', () => {
  const map = new Map<string, number>()
  for (const [key, value] of [['a', 1], ['b', 2], ['a', 3]] as const) setBounded(map, key, value, 2)
  expect([...map]).toEqual([['a', 3], ['b', 2]])
  setBounded(map, 'c', 4, 2)
  expect([...map]).toEqual([['b', 2], ['c', 4]])
})
