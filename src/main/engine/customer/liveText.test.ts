import { expect, test } from 'vitest'
import { createManualClock } from '../testing/manualClock.ts'
import { createLiveText } from './liveText.ts'

const JOB = 'job_1'

function open() {
  const clock = createManualClock()
  const stored: string[] = []
  const shown: string[] = []
  const live = createLiveText(clock)
  live.watch(JOB, (change) => shown.push(change.type === 'text' ? change.text : `=${change.text}`))
  return { clock, stored, shown, live, add: (text: string) => live.add(JOB, text, (gathered) => stored.push(gathered)) }
}

test('the first piece is stored at once, later ones once a second, and every piece is shown as it comes', () => {
  const { clock, stored, shown, live, add } = open()
  for (const text of ['a', 'b', 'c']) add(text)
  expect([stored, shown, live.waiting(JOB)]).toEqual([['a'], ['a', 'b', 'c'], 'bc'])
  clock.advance(999)
  expect(stored).toEqual(['a'])
  clock.advance(1)
  expect([stored, live.waiting(JOB)]).toEqual([['a', 'bc'], ''])
  expect(clock.pending()).toBe(0)
})

test('a flush stores what waits, once', () => {
  const { clock, stored, live, add } = open()
  add('a')
  add('b')
  live.flush(JOB)
  live.flush(JOB)
  clock.advance(5_000)
  expect(stored).toEqual(['a', 'b'])
})

test('the whole text replaces what waits', () => {
  const { clock, stored, shown, live, add } = open()
  add('a')
  add('b')
  live.replace(JOB, 'whole')
  clock.advance(5_000)
  expect([stored, shown.at(-1), live.waiting(JOB)]).toEqual([['a'], '=whole', ''])
})

test('of a job that has ended nothing is kept', () => {
  const { clock, stored, live, add } = open()
  add('a')
  add('b')
  live.forget(JOB)
  expect([live.waiting(JOB), clock.pending()]).toEqual(['', 0])
  // As of a job that it never heard of, the first piece is stored at once.
  add('c')
  expect(stored).toEqual(['a', 'c'])
})

test('closing stores what waits of every job and leaves no timer', () => {
  const { clock, stored, live, add } = open()
  add('a')
  add('b')
  const other: string[] = []
  for (const text of ['x', 'y']) live.add('job_2', text, (gathered) => other.push(gathered))
  live.close()
  expect([stored, other, clock.pending()]).toEqual([['a', 'b'], ['x', 'y'], 0])
})

test('a watcher hears its own job alone, until it leaves', () => {
  const { shown, live, add } = open()
  const other: string[] = []
  const leave = live.watch('job_2', () => other.push('heard'))
  add('a')
  expect([shown, other]).toEqual([['a'], []])
  leave()
  live.add('job_2', 'x', () => {})
  expect(other).toEqual([])
})
