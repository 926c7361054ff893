import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRelayList, relayListTemplate } from './nip65.ts'
import { hostileTags } from './testing/hostile.ts'

const AUTHOR = 'ab'.repeat(32)
const signed = (tags: readonly (readonly string[])[], kind = 10_002) => ({ id: '', pubkey: AUTHOR, created_at: 100, kind, tags, content: '', sig: '' })

test('a list is written with markers where they are needed, and read back', () => {
  const template = relayListTemplate({ write: ['wss://both', 'wss://out'], read: ['wss://in', 'wss://both'] }, 100)
  expect(template).toEqual({ kind: 10_002, created_at: 100, tags: [['r', 'wss://both'], ['r', 'wss://out', 'write'], ['r', 'wss://in', 'read']], content: '' })
  expect(parseRelayList(signed(template.tags))).toEqual({ ok: true, value: { pubkey: AUTHOR, createdAt: 100, write: ['wss://both', 'wss://out'], read: ['wss://both', 'wss://in'] } })
})

test('what is no address, and a marker that nobody knows, is passed over', () => {
  const tags = [['r', 'https://relay'], ['r', 'wss://me:secret@relay'], ['r'], ['x', 'wss://x'], ['r', 'wss://a', 'both'], ['r', 'wss://b', ''], ['r', 'wss://b']]
  expect(parseRelayList(signed(tags))).toMatchObject({ ok: true, value: { write: ['wss://b'], read: ['wss://b'] } })
  expect(parseRelayList(signed([], 3))).toMatchObject({ ok: false, error: { code: 'wrong-kind' } })
})

test('whatever arrives, parsing never throws and is bounded', () => {
  fc.assert(
    fc.property(hostileTags(['r']), (tags) => {
      expect(parseRelayList(signed(tags)).ok).toBe(true)
    }),
    { numRuns: 2_000 },
  )
  const many = parseRelayList(signed(Array.from({ length: 5_000 }, (_, index) => ['r', `wss://relay${index}.example`])))
  expect(many.ok && [many.value.write.length, many.value.read.length]).toEqual([20, 20])
})
