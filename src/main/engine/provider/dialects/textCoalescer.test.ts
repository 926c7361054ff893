import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../testing/manualClock.ts'
import { createTextCoalescer, splitText } from './textCoalescer.ts'

function open(intervalMs = 100) {
  const clock = createManualClock()
  const sent: string[] = []
  return { clock, sent, coalescer: createTextCoalescer(clock, intervalMs, (text) => sent.push(text)) }
}

describe('text that is made faster than it is sent', () => {
  it('goes out at once the first time, and then once per interval', () => {
    const { clock, sent, coalescer } = open()
    coalescer.add('a')
    expect(sent).toEqual(['a'])
    coalescer.add('b')
    clock.advance(50)
    coalescer.add('c')
    clock.advance(49)
    expect(sent).toEqual(['a'])
    clock.advance(1)
    expect(sent).toEqual(['a', 'bc'])
    clock.advance(100)
    coalescer.add('d')
    expect(sent).toEqual(['a', 'bc', 'd'])
  })

  it('does not wait for the interval when a message would grow too long', () => {
    const { sent, coalescer } = open()
    coalescer.add('a')
    coalescer.add('b'.repeat(5_000))
    expect(sent.map((text) => text.length)).toEqual([1, 4_096, 904])
  })

  it('is all sent by a flush, once, with nothing left for the timer', () => {
    const { clock, sent, coalescer } = open()
    coalescer.add('a')
    coalescer.add('b')
    coalescer.flush()
    coalescer.flush()
    clock.advance(1_000)
    expect(sent).toEqual(['a', 'b'])
    expect(clock.pending()).toBe(0)
  })

  it('is dropped by a close, with its timer', () => {
    const { clock, sent, coalescer } = open()
    coalescer.add('a')
    coalescer.add('b')
    coalescer.close()
    expect(clock.pending()).toBe(0)
    expect(sent).toEqual(['a'])
  })

  it('arrives whole and in order, however it came', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.nat(200))), (pieces) => {
        const { clock, sent, coalescer } = open()
        for (const [text, pauseMs] of pieces) {
          coalescer.add(text)
          clock.advance(pauseMs)
        }
        coalescer.flush()
        expect(sent.join('')).toBe(pieces.map(([text]) => text).join(''))
        expect(sent).not.toContain('')
      }),
    )
  })
})

describe('a text cut to size', () => {
  it('never cuts a character in two', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-composite', maxLength: 60 }), fc.integer({ min: 2, max: 9 }), (text, max) => {
        const pieces = splitText(text, max)
        expect(pieces.join('')).toBe(text)
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(max)
          expect(piece.isWellFormed()).toBe(true)
        }
      }),
    )
  })
})
