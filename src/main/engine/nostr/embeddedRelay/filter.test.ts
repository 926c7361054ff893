import { expect, test } from 'vitest'
import { parseFilter } from './filter.ts'

test.each(['constructor', 'toString', 'hasOwnProperty', '__proto__', 'search', '#ab', '#'])('a filter that names %s is refused, not taken as one for everything', (name) => {
  expect(parseFilter(JSON.parse(`{"kinds":[42],${JSON.stringify(name)}:["x"]}`))).toMatchObject({ ok: false, error: { code: 'invalid' } })
  expect(parseFilter(JSON.parse(`{${JSON.stringify(name)}:{}}`))).toMatchObject({ ok: false })
})

test('every condition that is named is kept', () => {
  const id = 'a'.repeat(64)
  const filter = { ids: [id], authors: [id, id], kinds: [42], since: 0, until: 5, limit: 0, '#e': [id], '#E': [] }
  expect(parseFilter(filter)).toEqual({
    ok: true,
    value: { ids: new Set([id]), authors: new Set([id]), kinds: new Set([42]), since: 0, until: 5, limit: 0, tags: [{ name: 'e', values: new Set([id]) }, { name: 'E', values: new Set() }] },
  })
})

test('a list too long to be meant is refused unread', () => {
  const refused = parseFilter({ kinds: Array.from({ length: 30_000 }, () => -1) })
  expect(refused.ok ? null : refused.error.message).toBe('filter kinds lists more than 5000 values')
})
