import { describe, expect, it } from 'vitest'
import { createCoalescer } from './coalesce.ts'

function makeClock() {
  let now = 0
  let due: { at: number; run: () => void } | undefined
  return {
    now: () => now,
    after: (delayMs: number, run: () => void) => {
      due = { at: now + delayMs, run }
      return () => (due = undefined)
    },
    advance(milliseconds: number) {
      now += milliseconds
      if (!due || due.at > now) return
      const { run } = due
      due = undefined
      run()
    },
  }
}

function setUp() {
  const clock = makeClock()
  const shown: string[] = []
  const coalescer = createCoalescer({ intervalMs: 40, onText: (text) => shown.push(text), now: clock.now, after: clock.after })
  return { clock, shown, coalescer }
}

describe('createCoalescer', () => {
  it('shows the first piece at once', () => {
    const { shown, coalescer } = setUp()
    coalescer.append('a')
    expect(shown).toEqual(['a'])
  })

  it('shows the pieces of one interval together', () => {
    const { clock, shown, coalescer } = setUp()
    coalescer.append('a')
    for (const piece of ['b', 'c', 'd']) coalescer.append(piece)
    expect(shown).toEqual(['a'])
    clock.advance(39)
    expect(shown).toEqual(['a'])
    clock.advance(1)
    expect(shown).toEqual(['a', 'abcd'])
  })

  it('renders at most once an interval, however fast the text comes', () => {
    const { clock, shown, coalescer } = setUp()
    for (let n = 0; n < 1_000; n++) {
      coalescer.append('x')
      clock.advance(1)
    }
    coalescer.flush()
    expect(shown.length).toBeLessThanOrEqual(1_000 / 40 + 2)
    expect(shown.at(-1)).toHaveLength(1_000)
  })

  it('puts a replacement in place of everything so far', () => {
    const { shown, coalescer } = setUp()
    coalescer.append('wrong')
    coalescer.replace('right')
    coalescer.flush()
    expect(shown.at(-1)).toBe('right')
  })

  it('shows nothing after it was stopped', () => {
    const { clock, shown, coalescer } = setUp()
    coalescer.append('a')
    coalescer.append('b')
    coalescer.stop()
    clock.advance(1_000)
    expect(shown).toEqual(['a'])
  })

  it('does not show the same text twice', () => {
    const { shown, coalescer } = setUp()
    coalescer.append('a')
    coalescer.flush()
    coalescer.flush()
    expect(shown).toEqual(['a'])
  })
})
