import * as fc from 'fast-check'
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { boundPrivateText, digestText, joinParts, MAX_PART_BYTES, MAX_PRIVATE_TEXT_BYTES, partTemplate, sliceText } from './privateParts.ts'
import { MAX_PARTS } from './jobRequest.ts'

test('a text is cut without cutting a character, and is whole again with its digest', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 120 }), fc.integer({ min: 4, max: 40 }), (text, maxBytes) => {
      const slices = sliceText(text, maxBytes)
      for (const slice of slices) {
        expect(slice).not.toBe('')
        expect(Buffer.byteLength(slice)).toBeLessThanOrEqual(maxBytes)
        expect(slice.isWellFormed()).toBe(true)
      }
      expect(joinParts(slices, digestText(text))).toEqual({ ok: true, value: text })
    }),
  )
})

test('a whole mebibyte is cut into parts that one request can name', () => {
  for (const unit of ['x', 'é', '€', '😀']) {
    const text = unit.repeat(MAX_PRIVATE_TEXT_BYTES / Buffer.byteLength(unit) - 1)
    const slices = sliceText(text)
    expect(slices.length).toBeLessThanOrEqual(MAX_PARTS)
    expect(joinParts(slices, digestText(text)).ok).toBe(true)
  }
})

test('the digest is SHA-256 of the UTF-8', () => {
  expect(digestText('häß€😀')).toBe(createHash('sha256').update('häß€😀').digest('hex'))
})

test('parts that do not add up, or to too much, are refused', () => {
  const digest = digestText('abc')
  expect(joinParts(['ab', 'c'], digest).ok).toBe(true)
  expect(joinParts(['c', 'ab'], digest)).toMatchObject({ error: { code: 'wrong-digest' } })
  expect(joinParts(['ab'], digest)).toMatchObject({ error: { code: 'wrong-digest' } })
  const long = 'x'.repeat(MAX_PRIVATE_TEXT_BYTES + 1)
  expect(joinParts([long], digestText(long))).toMatchObject({ error: { code: 'too-long' } })
})

test('an answer is bounded and made well-formed before it is cut', () => {
  expect(boundPrivateText('a\ud800b')).toBe('a\ufffdb')
  expect(boundPrivateText('')).toBe('')
  expect(boundPrivateText('€'.repeat(400_000))).toBe('€'.repeat(349_525))
})

test('a part names its reader and nothing else', () => {
  expect(partTemplate('ab'.repeat(32), 'secret', 7)).toEqual({ kind: 2505, created_at: 7, tags: [['p', 'ab'.repeat(32)], ['encrypted']], content: 'secret' })
  expect(MAX_PART_BYTES).toBeLessThan(65_536 / 1.4)
})
