import { expect, test } from 'vitest'
import { hashOf, opensHash } from './preimage.ts'

// SHA-256 of 32 zero bytes.
const [ZEROS, HASH] = ['00'.repeat(32), '66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925']

test('a preimage opens the hash that is its SHA-256, and no other', () => {
  expect(hashOf(ZEROS)).toBe(HASH)
  expect([opensHash(ZEROS, HASH), opensHash('00'.repeat(31) + '01', HASH)]).toEqual([true, false])
})

test('what is no preimage opens nothing, whatever its hash', () => {
  for (const text of ['', '00', 'x'.repeat(64), `${ZEROS}00`]) expect(opensHash(text, HASH)).toBe(false)
  const upper = 'AB'.repeat(32)
  expect(opensHash(upper, hashOf(upper))).toBe(false)
})
