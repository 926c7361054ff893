import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fail, ok, type Result } from '../market/result.ts'
import { addMuted, EMPTY_MUTE_LIST, mergeMuteLists, mutedEventIds, mutedPubkeys, muteListTemplate, parseMuteList, removeMuted, writePrivateTags, type MuteList } from './nip51.ts'
import { hostileJson, hostileTags, isUnpolluted } from './testing/hostile.ts'

const [ONE, OTHER, THIRD] = ['1'.repeat(64), '2'.repeat(64), '3'.repeat(64)]
const THREAD = 'e'.repeat(64)
/** Stands for encryption: what is between the brackets. */
const open = (content: string): Result<string> => (content.startsWith('<') ? ok(content.slice(1, -1)) : fail('payload-unreadable', ''))
const event = (tags: readonly (readonly string[])[], content = '', kind = 10_000) => ({ id: '', pubkey: ONE, created_at: 100, kind, tags, content, sig: '' })

test('a list is written with its private part encrypted, and read back in full', () => {
  const list: MuteList = { publicTags: [['p', ONE, 'wss://hint'], ['word', 'casino']], privateTags: [['p', OTHER], ['e', THREAD], ['t', 'nsfw'], ['later', 'x', 'y']] }
  const template = muteListTemplate(list.publicTags, `<${writePrivateTags(list)}>`, 100)
  expect(template).toMatchObject({ kind: 10_000, created_at: 100, tags: list.publicTags })
  expect(parseMuteList(event(template.tags, template.content), open)).toEqual({ ok: true, value: list })
  expect([mutedPubkeys(list), mutedEventIds(list)]).toEqual([[ONE, OTHER], [THREAD]])
})

test('muting adds one private entry, unmuting removes every one, and nothing else changes', () => {
  const list: MuteList = { publicTags: [['p', ONE], ['word', 'w']], privateTags: [['t', 'x'], ['p', OTHER, 'hint'], ['p', OTHER]] }
  expect([addMuted(list, ONE), removeMuted(list, THIRD)]).toEqual([list, list])
  expect([addMuted(list, ONE) === list, removeMuted(list, THIRD) === list]).toEqual([true, true])
  expect(addMuted(list, THIRD)).toEqual({ ...list, privateTags: [...list.privateTags, ['p', THIRD]] })
  expect(removeMuted(list, OTHER)).toEqual({ publicTags: list.publicTags, privateTags: [['t', 'x']] })
  expect(removeMuted(list, ONE)).toEqual({ publicTags: [['word', 'w']], privateTags: list.privateTags })
  expect(removeMuted(addMuted(EMPTY_MUTE_LIST, ONE), ONE)).toEqual(EMPTY_MUTE_LIST)
})

test('of two versions that do not know of each other, every entry stays, once', () => {
  const merged = mergeMuteLists({ publicTags: [['p', ONE]], privateTags: [['p', OTHER]] }, { publicTags: [['p', OTHER], ['word', 'w']], privateTags: [['p', ONE, 'hint'], ['p', THIRD]] })
  expect(merged).toEqual({ publicTags: [['p', ONE], ['word', 'w']], privateTags: [['p', OTHER], ['p', THIRD]] })
})

test('nothing encrypted, and an encrypted nothing, is an empty private part', () => {
  for (const content of ['', '<>', '<[]>']) expect(parseMuteList(event([['p', ONE]], content), open)).toMatchObject({ ok: true, value: { privateTags: [] } })
})

test('a list that cannot be read in full is refused, so that nobody writes it back without the rest', () => {
  const code = (tags: readonly (readonly string[])[], content = '', kind?: number) => {
    const read = parseMuteList(event(tags, content, kind), open)
    return read.ok ? 'ok' : read.error.code
  }
  expect(code([], '', 10_001)).toBe('wrong-kind')
  expect(code([], 'cipher')).toBe('payload-unreadable')
  for (const content of ['<{}>', '<{"p":1}>', '<[["p",1]]>', '<["p"]>', '<null>', '<[["p">']) expect(code([], content)).toBe('unreadable')
  const many = Array.from({ length: 1_001 }, () => ['p', ONE])
  expect([code(many), code([], `<${JSON.stringify(many)}>`), code([['word', 'w'.repeat(2_001)]])]).toEqual(['too-long', 'unreadable', 'too-long'])
})

test('whatever arrives, parsing never throws, and what is read can be written and read again', () => {
  fc.assert(
    fc.property(hostileTags(['p', 'e', 'word']), fc.oneof(hostileJson([{ p: 1 }]), hostileTags(['p', 'e']).map((tags) => JSON.stringify(tags))), (tags, text) => {
      const read = parseMuteList(event(tags, `<${text}>`), open)
      if (!read.ok) return
      expect(isUnpolluted(read.value)).toBe(true)
      for (const key of [...mutedPubkeys(read.value), ...mutedEventIds(read.value)]) expect(key).toMatch(/^[0-9a-f]{64}$/)
      expect(parseMuteList(event(read.value.publicTags, `<${writePrivateTags(read.value)}>`), open)).toEqual(read)
    }),
    { numRuns: 2_000 },
  )
})
