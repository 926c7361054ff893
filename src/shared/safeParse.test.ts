import { expect, test } from 'vitest'
import { z } from 'zod'
import { safeParse } from './safeParse.ts'

const trap = { length: { toString: 0 } }

test.each([
  ['a text', z.string().max(5), trap],
  ['a list', z.array(z.string()).max(5), trap],
  ['a field', z.object({ name: z.string().min(1) }), { name: trap }],
])('%s with a length that cannot be compared is refused, not thrown', (_, schema, value) => {
  const parsed = safeParse(schema, value)
  expect([parsed.success, parsed.error?.issues.length]).toEqual([false, 1])
})

test('what fits is as the schema gives it', () => {
  expect(safeParse(z.object({ name: z.string().max(5) }), { name: 'Ann', more: 1 })).toEqual({ success: true, data: { name: 'Ann' } })
})
