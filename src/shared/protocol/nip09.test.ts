import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { deletionTemplate, parseDeletion } from './nip09.ts'
import { hostileTags } from './testing/hostile.ts'

const SELLER = 'ab'.repeat(32)
const [LISTING, ANNOUNCEMENT] = ['1'.repeat(64), '2'.repeat(64)]
const signed = (tags: readonly (readonly string[])[], kind = 5) => ({ id: '', pubkey: SELLER, created_at: 100, kind, tags, content: '', sig: '' })

test('a withdrawal names the address and the events, and is read back', () => {
  const template = deletionTemplate({ pubkey: SELLER, listingId: 'souk:1', eventId: LISTING, announcementIds: [ANNOUNCEMENT] }, 100)
  expect(template).toEqual({
    kind: 5,
    created_at: 100,
    tags: [['a', `31990:${SELLER}:souk:1`], ['e', LISTING], ['e', ANNOUNCEMENT], ['k', '31990'], ['k', '42']],
    content: '',
  })
  expect(parseDeletion(signed(template.tags))).toEqual({
    ok: true,
    value: { pubkey: SELLER, createdAt: 100, eventIds: [LISTING, ANNOUNCEMENT], listingIds: ['souk:1'] },
  })
})

test('what belongs to others, and what is no id, is passed over', () => {
  const tags = [['a', `31990:${'cd'.repeat(32)}:x`], ['a', `30023:${SELLER}:x`], ['a'], ['e', 'short'], ['e']]
  expect(parseDeletion(signed(tags))).toMatchObject({ ok: true, value: { eventIds: [], listingIds: [] } })
  expect(parseDeletion(signed([], 1))).toMatchObject({ ok: false, error: { code: 'wrong-kind' } })
})

test('whatever arrives, parsing never throws and is bounded', () => {
  fc.assert(
    fc.property(hostileTags(['a', 'e', 'k']), (tags) => {
      expect(parseDeletion(signed(tags)).ok).toBe(true)
    }),
    { numRuns: 2_000 },
  )
  const many = parseDeletion(signed(Array.from({ length: 5_000 }, () => ['e', LISTING])))
  expect(many.ok && many.value.eventIds.length).toBe(500)
})
