import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { filledBytes } from '#shared/market/sealedGoods.ts'
import type { Usage } from '#shared/protocol/usage.ts'
import { veilStream } from './veilStream.ts'

function record(permille: number) {
  const shown: string[] = []
  const veiled: number[] = []
  const ends: (Usage | null)[] = []
  const stream = veilStream({ add: (text) => void shown.push(text), veil: (bytes) => void veiled.push(bytes), end: (usage) => void ends.push(usage), close() {} }, permille)
  return { stream, shown: () => shown.join(''), veiled, ends }
}

it('shows never more than its share of what was made so far, whole characters, and says of the rest how many blocks there are', () => {
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
        expect(veiled.at(-1)).toBe(filledBytes(Buffer.byteLength(made) - Buffer.byteLength(shown())))
      }
    }),
  )
})

it('shows nothing where nothing may be shown, and tells neither the length of a piece nor a count of tokens', () => {
  const { stream, shown, veiled, ends } = record(0)
  for (const piece of ['Zürich ', '🛒']) stream.add(piece)
  stream.add('x'.repeat(60))
  stream.end({ promptTokens: 1, outputTokens: 3, durationMs: 9 })
  expect([shown(), veiled, ends]).toEqual(['', [64, 64, 128], [null]])
})
