import fc from 'fast-check'
import { expect, test } from 'vitest'
import { committedTarget, countLeadingZeroBits, expectedHashes, provenBits, withNonce } from './nip13.ts'

test.each([
  // NIP-13's own example, then each side of a digit's border.
  ['000000000e9d97a1ab09fc381030b346cdd7a142ad57e6df0b46dc9bef6c7e2d', 36],
  ['f'.repeat(64), 0],
  ['7'.padEnd(64, '0'), 1],
  ['3'.padEnd(64, '0'), 2],
  ['1'.padEnd(64, '0'), 3],
  ['0f'.padEnd(64, '0'), 4],
  ['002f'.padEnd(64, '0'), 10],
  ['0'.repeat(64), 256],
  ['', 0],
  ['00zz', 8],
])('%s has %i leading zero bits', (id, bits) => {
  expect(countLeadingZeroBits(id)).toBe(bits)
})

test('counting agrees with the number that the id is', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (value) => {
      const bits = value === 0n ? 256 : 256 - value.toString(2).length
      expect(countLeadingZeroBits(value.toString(16).padStart(64, '0'))).toBe(bits)
    }),
  )
})

test('a commitment is a whole number up to 256, or it is none', () => {
  const target = (...values: string[]) => committedTarget([['p', 'x'], ['nonce', ...values]])
  expect(target('776797', '20')).toBe(20)
  expect(target('1', '256')).toBe(256)
  expect([target('1'), target('1', ''), target('1', '-3'), target('1', '257'), target('1', '2e1'), target(), committedTarget([])]).toEqual(Array.from({ length: 7 }, () => null))
})

test('luck beyond the commitment proves nothing, and a commitment beyond the id neither', () => {
  const id = '000f'.padEnd(64, '0')
  expect(provenBits({ id, tags: [] })).toBe(12)
  expect(provenBits({ id, tags: [['nonce', '1', '8']] })).toBe(8)
  expect(provenBits({ id, tags: [['nonce', '1', '30']] })).toBe(12)
})

test('a nonce takes the place of an older one and leaves everything else', () => {
  const template = { kind: 1, created_at: 5, tags: [['nonce', 'old', '1'], ['p', 'x']], content: 'c' }
  expect(withNonce(template, '42', 16)).toEqual({ kind: 1, created_at: 5, tags: [['p', 'x'], ['nonce', '42', '16']], content: 'c' })
  expect(expectedHashes(10)).toBe(1_024)
})
