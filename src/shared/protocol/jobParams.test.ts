import { expect, test } from 'vitest'
import { jobParamTags, parseJobParams } from './jobParams.ts'

test.each([0, 0.7, 1, 0.30000000000000004, 0.000001, 1e-7, 1.25e-7, 1.2345678901234e-7, 1e-20])('a number of %d is written in the spelling that readers take', (temperature) => {
  const tags = jobParamTags({ model: null, maxTokens: null, sampling: { temperature }, stream: null })
  expect(parseJobParams(tags)).toMatchObject({ ok: true, value: { sampling: { temperature } } })
})

test('how long a tick the customer takes is a number of its own, and not below the smallest', () => {
  const metered = (tickTokens?: number) => jobParamTags({ model: null, maxTokens: null, sampling: {}, stream: null, settlement: { name: 'metered', ...(tickTokens === undefined ? {} : { tickTokens }) } })
  expect(parseJobParams(metered(300))).toMatchObject({ ok: true, value: { settlement: { name: 'metered', tickTokens: 300 } } })
  expect(parseJobParams(metered())).toMatchObject({ ok: true, value: { settlement: { name: 'metered' } } })
  expect(parseJobParams(metered(15))).toMatchObject({ ok: false, error: { code: 'bad-param' } })
})
