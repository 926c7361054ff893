import { expect, test } from 'vitest'
import { createManualClock } from './manualClock.ts'

test('runs timers in order of their time, each seeing its own time, including those set on the way', () => {
  const clock = createManualClock(1000)
  const seen: [string, number][] = []
  clock.after(20, () => seen.push(['late', clock.now()]))
  clock.after(10, () => {
    seen.push(['early', clock.now()])
    clock.after(5, () => seen.push(['nested', clock.now()]))
  })
  clock.advance(30)
  expect(seen).toEqual([
    ['early', 1010],
    ['nested', 1015],
    ['late', 1020],
  ])
  expect(clock.now()).toBe(1030)
  expect(clock.pending()).toBe(0)
})

test('a cancelled timer never runs', () => {
  const clock = createManualClock()
  let ran = false
  const cancel = clock.after(10, () => (ran = true))
  cancel()
  clock.advance(100)
  expect(ran).toBe(false)
})
