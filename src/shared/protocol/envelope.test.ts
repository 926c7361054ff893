import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { envelopeTemplate, isEncrypted, openEnvelope, parseHiddenTags, writeHiddenTags } from './envelope.ts'
import { hostileJson, hostileTags, isUnpolluted } from './testing/hostile.ts'

const codeOf = (text: string) => {
  const tags = parseHiddenTags(text)
  return tags.ok ? 'read' : tags.error.code
}

describe('hidden tags', () => {
  test('are read as they were written, and a request names nobody but its reader', () => {
    const tags = [['i', 'a "quoted"\n text', 'text'], ['param', 'max_tokens', '3'], ['encrypted-not']]
    expect(parseHiddenTags(writeHiddenTags(tags))).toEqual({ ok: true, value: tags })
    expect(envelopeTemplate({ kind: 5050, peer: 'a', ciphertext: 'x' }, 7)).toEqual({ kind: 5050, created_at: 7, tags: [['p', 'a'], ['encrypted']], content: 'x' })
    expect(isEncrypted({ tags: [['e', 'encrypted'], []] })).toBe(false)
  })

  test('take numbers and booleans as they would be spelled, and nothing deeper', () => {
    expect(parseHiddenTags('[["param","max_tokens",100],["x",true,0.5],[]]')).toEqual({ ok: true, value: [['param', 'max_tokens', '100'], ['x', 'true', '0.5'], []] })
    for (const text of ['{"0":["i"]}', '["i"]', '[["i",null]]', '[["i",["x"]]]', '[[{}]]', 'null', `[[${'"x",'.repeat(100)}"x"]]`]) expect(codeOf(text)).toBe('not-tags')
    expect(codeOf('[["i"')).toBe('not-json')
    expect(codeOf(`[${'["i"],'.repeat(200)}["i"]]`)).toBe('too-long')
    expect(codeOf(`[["i","${'x'.repeat(65_536)}"]]`)).toBe('too-long')
  })

  test('keep the outer peers, come before what else is outside, and are bounded with it', () => {
    const outer = { kind: 7000, created_at: 1, content: 'secret', tags: [['status', 'error'], ['e', 'request'], ['p', 'me'], ['encrypted']] }
    const opened = openEnvelope(outer, writeHiddenTags([['status', 'success'], ['p', 'you'], ['encrypted'], ['content', 'text'], ['content', 'more']]))
    expect(opened).toEqual({ ...outer, content: 'text', tags: [['e', 'request'], ['p', 'me'], ['status', 'success'], ['content', 'text'], ['content', 'more'], ['status', 'error']] })
    expect(openEnvelope(outer, 'plain words')).toEqual({ ...outer, content: 'plain words' })
    expect(openEnvelope({ ...outer, tags: Array.from({ length: 200 }, () => ['e', 'x']) }, '[["i"]]').tags).toHaveLength(200)
  })

  test('whatever was encrypted, opening never throws and never reaches a prototype', () => {
    fc.assert(
      fc.property(fc.oneof(hostileJson([['i', 'x'], { tags: [] }]), hostileTags(['i', 'e', '__proto__', 'encrypted', 'content']).map((tags) => JSON.stringify(tags))), (text) => {
        const opened = openEnvelope({ kind: 7000, created_at: 1, content: 'x', tags: [['e', 'request'], ['p', 'me']] }, text)
        expect(opened.tags.filter(([name]) => name === 'e' || name === 'p')).toEqual([['e', 'request'], ['p', 'me']])
        expect(isUnpolluted(opened)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})
