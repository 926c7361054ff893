import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePrivateResult, writePrivateResult, type PrivateResult } from './privateResult.ts'
import { hostileJson, isUnpolluted } from './testing/hostile.ts'

const hex = (digit: string) => digit.repeat(64)
const receipt = { id: hex('a'), pubkey: hex('b'), created_at: 5, kind: 2506, tags: [['e', hex('c')]], content: '', sig: hex('d').repeat(2) }
const WHOLE: PrivateResult = { text: 'Hi "you"\n😀', sha256: hex('1'), usage: { promptTokens: 1, outputTokens: 2, durationMs: 3 }, receipt }
const IN_PARTS: PrivateResult = { parts: [hex('2'), hex('3')], sha256: hex('1'), usage: null, receipt: null }

test('a result is read as it was written, whole and in parts', () => {
  for (const result of [WHOLE, IN_PARTS]) expect(parsePrivateResult(writePrivateResult(result))).toEqual({ ok: true, value: result })
  expect(writePrivateResult(IN_PARTS)).toBe(`{"souk":1,"parts":["${hex('2')}","${hex('3')}"],"sha256":"${hex('1')}","usage":null,"receipt":null}`)
})

test('a plain answer is told from a result, also one that is JSON', () => {
  for (const text of ['Four.', '{"text":"x"}', '{"souk":"1","text":"x"}', '[1]', '']) expect(parsePrivateResult(text)).toMatchObject({ error: { code: 'not-souk' } })
})

test('a result of a later version is read by what is known of it', () => {
  const later = JSON.stringify({ souk: 2, mood: 'fine', text: 'x', sha256: hex('1'), usage: { prompt_tokens: 1 }, receipt: 'none' })
  expect(parsePrivateResult(later)).toEqual({ ok: true, value: { text: 'x', sha256: hex('1'), usage: null, receipt: null } })
})

test('a result without an answer, a digest or sensible parts is refused', () => {
  const change = (fields: object) => JSON.stringify({ ...(JSON.parse(writePrivateResult(IN_PARTS)) as object), ...fields })
  for (const fields of [{ parts: undefined }, { parts: [] }, { parts: ['x'] }, { parts: Array<string>(65).fill(hex('1')) }, { sha256: 'x' }, { sha256: undefined }, { text: 5 }]) {
    expect(parsePrivateResult(change(fields))).toMatchObject({ error: { code: 'bad-field' } })
  }
})

test('any hostile text is read or refused, and pollutes nothing', () => {
  fc.assert(
    fc.property(hostileJson([WHOLE, IN_PARTS].map((result) => JSON.parse(writePrivateResult(result)) as object)), (text) => {
      const parsed = parsePrivateResult(text)
      if (parsed.ok) expect(isUnpolluted(parsed.value)).toBe(true)
    }),
  )
})
