import { expect, test } from 'vitest'
import { createManualClock } from '../testing/manualClock.ts'
import { createDeadlines } from './deadlines.ts'

test('each falls due after its own delay, on one timer', () => {
  const clock = createManualClock()
  const deadlines = createDeadlines(clock, 100)
  const run: string[] = []
  deadlines.add(() => run.push('a'))
  clock.advance(60)
  deadlines.add(() => run.push('b'))
  expect(clock.pending()).toBe(1)
  clock.advance(39)
  expect(run).toEqual([])
  clock.advance(1)
  expect(run).toEqual(['a'])
  clock.advance(60)
  expect([run, clock.pending()]).toEqual([['a', 'b'], 0])
})

test('what is cancelled does not run, and the last one takes the timer with it', () => {
  const clock = createManualClock()
  const deadlines = createDeadlines(clock, 100)
  const run: string[] = []
  const cancels = ['a', 'b'].map((name) => deadlines.add(() => run.push(name)))
  cancels[0]?.()
  expect(clock.pending()).toBe(1)
  cancels[1]?.()
  expect(clock.pending()).toBe(0)
  deadlines.add(() => run.push('c'))
  clock.advance(100)
  expect(run).toEqual(['c'])
})

test('one that is added while others fall due waits its own time', () => {
  const clock = createManualClock()
  const deadlines = createDeadlines(clock, 100)
  const run: number[] = []
  deadlines.add(() => deadlines.add(() => run.push(clock.now())))
  const startMs = clock.now()
  clock.advance(500)
  expect(run).toEqual([startMs + 200])
})

test('a clock that steps back keeps nobody waiting longer than the delay', () => {
  const clock = createManualClock()
  let offsetMs = 0
  const stepping = { now: () => clock.now() + offsetMs, after: clock.after.bind(clock) }
  const deadlines = createDeadlines(stepping, 100)
  const run: string[] = []
  deadlines.add(() => run.push('a'))
  offsetMs = -3_600_000
  clock.advance(100)
  expect(run).toEqual(['a'])
})
