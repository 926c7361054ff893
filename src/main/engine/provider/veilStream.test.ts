import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { veilStream } from './veilStream.ts'

function record(permille: number) {
  const shown: string[] = []
  const veiled: number[] = []
  const stream = veilStream({ add: (text) => void shown.push(text), veil: (bytes) => void veiled.push(bytes), end() {}, close() {} }, permille)
  return { stream, shown: () => shown.join(''), veiled }
}

it('shows never more than its share of what was made so far, whole characters, and says of the rest how much there is', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme-composite', minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 30 }), fc.integer({ min: 0, max: 900 }), (pieces, permille) => {
      const { stream, shown, veiled } = record(permille)
      let made = ''
      for (const piece of pieces) {
        made += piece
        stream.add(piece)
        expect(shown().length).toBeLessThanOrEqual((made.length * permille) / 1_000)
        expect(made.startsWith(shown())).toBe(true)
        expect(shown().isWellFormed()).toBe(true)
        expect(veiled.at(-1)).toBe(Buffer.byteLength(made) - Buffer.byteLength(shown()))
      }
    }),
  )
})

it('shows nothing where nothing may be shown', () => {
  const { stream, shown, veiled } = record(0)
  for (const piece of ['Zürich ', '🛒']) stream.add(piece)
  expect([shown(), veiled]).toEqual(['', [8, 12]])
})
