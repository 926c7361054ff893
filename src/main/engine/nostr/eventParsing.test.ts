import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { DEFAULT_PARSE_LIMITS, parseRelayMessage } from './eventParsing.ts'
import { readPrefix } from './okPrefix.ts'

const limits = DEFAULT_PARSE_LIMITS
const event = {
  id: 'a'.repeat(64),
  pubkey: 'b'.repeat(64),
  created_at: 1_700_000_000,
  kind: 42,
  tags: [['e', 'c'.repeat(64)]],
  content: 'hello',
  sig: 'd'.repeat(128),
}
const parse = (frame: unknown) => parseRelayMessage(JSON.stringify(frame), limits)
const parseEvent = (change: object) => parse(['EVENT', 's', { ...event, ...change }])

test('reads every frame of NIP-01 and NIP-42', () => {
  const id = event.id
  expect(parse(['EVENT', 's', event])).toEqual({ ok: true, value: { type: 'EVENT', subscription: 's', event } })
  expect(parse(['EOSE', 's'])).toEqual({ ok: true, value: { type: 'EOSE', subscription: 's' } })
  expect(parse(['OK', id, true])).toEqual({ ok: true, value: { type: 'OK', eventId: id, accepted: true, message: '' } })
  expect(parse(['OK', id, false, 'pow: 20'])).toMatchObject({ value: { accepted: false, message: 'pow: 20' } })
  expect(parse(['CLOSED', 's', 'error: x'])).toEqual({ ok: true, value: { type: 'CLOSED', subscription: 's', message: 'error: x' } })
  expect(parse(['NOTICE', 'hi'])).toEqual({ ok: true, value: { type: 'NOTICE', message: 'hi' } })
  expect(parse(['AUTH', 'xyz'])).toEqual({ ok: true, value: { type: 'AUTH', challenge: 'xyz' } })
})

test('the event is a fresh object with the seven fields and no more', () => {
  const text = `["EVENT","s",${JSON.stringify(event).replace('{', '{"verified":true,"__proto__":{"toJSON":1},')}]`
  const parsed = parseRelayMessage(text, limits)
  expect(parsed).toEqual({ ok: true, value: { type: 'EVENT', subscription: 's', event } })
  expect(parsed.ok && parsed.value.type === 'EVENT' && Object.getPrototypeOf(parsed.value.event)).toBe(Object.prototype)
})

test.each([
  ['id in capitals', { id: 'A'.repeat(64) }],
  ['short id', { id: 'a'.repeat(63) }],
  ['id with a line break', { id: `${'a'.repeat(64)}\n` }],
  ['id that is a number', { id: 1 }],
  ['pubkey in capitals', { pubkey: 'B'.repeat(64) }],
  ['short sig', { sig: 'd'.repeat(126) }],
  ['fractional date', { created_at: 1.5 }],
  ['negative date', { created_at: -1 }],
  ['date as text', { created_at: '1700000000' }],
  ['date beyond exact integers', { created_at: 2 ** 53 }],
  ['fractional kind', { kind: 0.5 }],
  ['kind out of range', { kind: 65_536 }],
  ['content that is null', { content: null }],
  ['missing content', { content: undefined }],
  ['tags that are an object', { tags: {} }],
  ['tag that is a text', { tags: ['e'] }],
  ['empty tag', { tags: [[]] }],
  ['tag with a number', { tags: [['e', 1]] }],
  ['tag with a nested array', { tags: [['e', ['x']]] }],
])('refuses an event with: %s', (_, change) => {
  expect(parseEvent(change)).toMatchObject({ ok: false, error: { code: 'malformed' } })
})

test.each([
  ['content', { content: 'x'.repeat(11) }],
  ['tags', { tags: [['a'], ['b'], ['c']] }],
  ['values in a tag', { tags: [['a', 'b', 'c', 'd']] }],
  ['a tag value', { tags: [['a', 'x'.repeat(11)]] }],
])('refuses an event with too much of: %s', (_, change) => {
  const tight = { maxFrameBytes: 10_000, maxTags: 2, maxTagValues: 3, maxTagValueChars: 10, maxContentChars: 10 }
  const text = (fields: object) => JSON.stringify(['EVENT', 's', { ...event, tags: [['e', 'short']], ...fields }])
  expect(parseRelayMessage(text({}), tight).ok).toBe(true)
  expect(parseRelayMessage(text(change), tight)).toMatchObject({ ok: false, error: { code: 'oversized' } })
})

test('the size of a frame is judged in bytes and before parsing', () => {
  const tight = { ...limits, maxFrameBytes: 100 }
  expect(parseRelayMessage(`["NOTICE","${'x'.repeat(87)}"]`, tight).ok).toBe(true)
  expect(parseRelayMessage(`["NOTICE","${'x'.repeat(88)}"]`, tight)).toMatchObject({ error: { code: 'oversized' } })
  expect(parseRelayMessage(`["NOTICE","${'€'.repeat(30)}"]`, tight)).toMatchObject({ error: { code: 'oversized' } })
  expect(parseRelayMessage('{'.repeat(101), tight)).toMatchObject({ error: { code: 'oversized' } })
})

test('nesting as deep as a frame allows is refused, not a crash', () => {
  expect(parseRelayMessage('['.repeat(limits.maxFrameBytes), limits).ok).toBe(false)
  const half = limits.maxFrameBytes / 2 - 20
  expect(parseRelayMessage(`["EVENT","s",${'['.repeat(half)}${']'.repeat(half)}]`, limits).ok).toBe(false)
})

test.each([['null'], ['1'], ['"EVENT"'], ['{}'], ['[]'], ['[1]'], ['["EVENT"]'], ['["EVENT","s"]'], ['["EVENT","s",null]'], ['["EVENT","s",[]]'], ['["EOSE"]']])(
  'refuses %s',
  (text) => {
    expect(parseRelayMessage(text, limits)).toMatchObject({ ok: false, error: { code: 'malformed' } })
  },
)

test.each([
  [['OK', 'short', true]],
  [['OK', event.id, 'true']],
  [['OK', event.id]],
  [['CLOSED', 7]],
  [['EOSE', 's'.repeat(65)]],
  [['EVENT', '', event]],
  [['AUTH']],
  [['AUTH', 'x'.repeat(1025)]],
])('refuses %j', (frame) => {
  expect(parse(frame)).toMatchObject({ ok: false, error: { code: 'malformed' } })
})

test('a frame of an unknown type is no fault of the relay', () => {
  expect(parse(['COUNT', 's', { count: 1 }])).toMatchObject({ ok: false, error: { code: 'unsupported' } })
})

test('the words of a relay are bounded to one plain line', () => {
  expect(parse(['NOTICE', 'a\u001b[31m\nb\u202ec'])).toMatchObject({ value: { message: 'a [31m b c' } })
  const long = parse(['NOTICE', 'x'.repeat(5000)])
  expect(long.ok && long.value.type === 'NOTICE' && long.value.message.length).toBe(300)
  expect(parse(['NOTICE', { a: 1 }])).toMatchObject({ value: { message: '' } })
})

test('no text and no JSON makes it throw', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseRelayMessage(text, limits)))
  const type = fc.constantFrom('EVENT', 'EOSE', 'OK', 'CLOSED', 'NOTICE', 'AUTH')
  fc.assert(fc.property(type, fc.array(fc.jsonValue()), (name, rest) => void parse([name, ...rest])))
})

test.each([
  ['duplicate: have it', 'duplicate', 'never'],
  ['pow: difficulty 20', 'pow', 'never'],
  ['blocked: you', 'blocked', 'never'],
  ['rate-limited: slow down', 'rate-limited', 'later'],
  ['invalid: bad', 'invalid', 'never'],
  ['restricted: members', 'restricted', 'never'],
  ['mute: shh', 'mute', 'never'],
  ['error: disk', 'error', 'later'],
  ['auth-required: who', 'auth-required', 'authenticated'],
  ['toString: x', 'none', 'later'],
  ['just no', 'none', 'later'],
  ['', 'none', 'later'],
])('the reason "%s" has prefix %s and is retried: %s', (reason, prefix, retry) => {
  expect(readPrefix(reason)).toMatchObject({ prefix, retry })
})
