import { expect, test } from 'vitest'
import { createKeyedSignal } from './keyedSignal.ts'

test('it says which members came, changed and went, and nothing of those that stayed', () => {
  const signal = createKeyedSignal<{ n: number }>()
  const told: string[][] = []
  const stop = signal.subscribe((changed) => told.push([...changed]))
  const one = { n: 1 }
  signal.apply([['a', one], ['b', { n: 2 }]])
  signal.apply([['a', one], ['b', { n: 3 }], ['c', null]])
  signal.apply([['a', one]])
  signal.apply([['a', null]])
  expect(told).toEqual([['a', 'b'], ['b'], ['a']])
  expect([...signal.get()]).toEqual([['b', { n: 3 }]])
  stop()
  signal.apply([['b', null]])
  expect(told).toHaveLength(3)
})

test('a member is there when it is told of', () => {
  const signal = createKeyedSignal<number>()
  const seen: (number | undefined)[] = []
  signal.subscribe(() => seen.push(signal.get().get('a')))
  signal.apply([['a', 1]])
  signal.apply([['a', null]])
  expect(seen).toEqual([1, undefined])
})
