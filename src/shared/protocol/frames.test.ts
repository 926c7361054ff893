import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { frameAddress, frameTemplate, frameTextLength, MAX_DELTA_BYTES, MAX_FRAME_BYTES, MAX_SEQ, parseFrame, writeFrame, type Frame } from './frames.ts'
import { hostileJson, hostileTags, isUnpolluted } from './testing/hostile.ts'

const KEY = 'ab'.repeat(32)
const ID = 'cd'.repeat(32)
const FRAMES: readonly Frame[] = [
  { type: 'delta', seq: 1, text: 'Hello' },
  { type: 'usage', seq: 2, usage: { promptTokens: 3, outputTokens: 4, durationMs: 5 } },
  { type: 'ack', seq: 0 },
  { type: 'cancel', seq: 0, reason: 'enough' },
  { type: 'ping', seq: 7 },
  { type: 'pong', seq: 7 },
]
const refusal = (text: string) => {
  const parsed = parseFrame(text)
  if (parsed.ok) throw new Error('it was read')
  expect(parsed.error.message).toMatch(/^[A-Z].{15,}\.$/)
  return parsed.error.code
}

describe('a frame', () => {
  test('of every type is read as it was written', () => {
    for (const frame of FRAMES) expect(parseFrame(writeFrame(frame))).toEqual({ ok: true, value: frame })
  })

  test('is written with its number and type first, and nothing that is empty', () => {
    expect(FRAMES.map(writeFrame)).toEqual([
      '{"seq":1,"type":"delta","text":"Hello"}',
      '{"seq":2,"type":"usage","prompt_tokens":3,"output_tokens":4,"duration_ms":5}',
      '{"seq":0,"type":"ack"}',
      '{"seq":0,"type":"cancel","reason":"enough"}',
      '{"seq":7,"type":"ping"}',
      '{"seq":7,"type":"pong"}',
    ])
    expect(writeFrame({ type: 'cancel', seq: 0, reason: '' })).toBe('{"seq":0,"type":"cancel"}')
  })

  test('may have fields that are not known, and leave out a number that says nothing', () => {
    expect(parseFrame('{"type":"delta","later":{"a":1},"seq":9,"text":"x"}')).toEqual({ ok: true, value: { type: 'delta', seq: 9, text: 'x' } })
    expect(parseFrame('{"type":"cancel"}')).toEqual({ ok: true, value: { type: 'cancel', seq: 0, reason: '' } })
    expect(parseFrame('{"type":"ping"}')).toEqual({ ok: true, value: { type: 'ping', seq: 0 } })
  })

  test('that cannot be read is refused with its code', () => {
    expect(refusal('no')).toBe('not-json')
    expect(refusal('[1]')).toBe('not-an-object')
    expect(refusal('{"seq":1,"type":"thought","text":"x"}')).toBe('unknown-type')
    expect(refusal('{"seq":1,"type":["delta"],"text":"x"}')).toBe('unknown-type')
    for (const seq of ['0', '-1', '1.5', String(MAX_SEQ + 1), '"1"', 'null']) expect(refusal(`{"seq":${seq},"type":"delta","text":"x"}`)).toBe('bad-field')
    expect(refusal('{"seq":1,"type":"usage","prompt_tokens":-1,"output_tokens":4,"duration_ms":5}')).toBe('bad-field')
    expect(refusal(JSON.stringify({ seq: 1, type: 'delta', text: 'x'.repeat(MAX_FRAME_BYTES) }))).toBe('too-long')
  })

  test('of any hostile text is read or refused, and pollutes nothing', () => {
    fc.assert(
      fc.property(hostileJson(FRAMES.map((frame) => JSON.parse(writeFrame(frame)) as object)), (text) => {
        const parsed = parseFrame(text)
        if (parsed.ok) expect([isUnpolluted(parsed.value), parsed.value.seq >= 0 && parsed.value.seq <= MAX_SEQ]).toEqual([true, true])
      }),
    )
  })
})

describe('the event around it', () => {
  test('says to whom and about what', () => {
    const about = frameTemplate({ peer: KEY, requestId: ID }, 'x', 5)
    expect(about).toEqual({ kind: 25_050, created_at: 5, tags: [['p', KEY], ['e', ID]], content: 'x' })
    expect(frameAddress(about)).toEqual({ peer: KEY, requestId: ID })
    expect(frameAddress(frameTemplate({ peer: KEY, requestId: null }, 'x', 5))).toEqual({ peer: KEY, requestId: null })
  })

  test('that does not is none', () => {
    expect(frameAddress({ kind: 25_050, tags: [] })).toBeNull()
    expect(frameAddress({ kind: 25_050, tags: [['p', KEY], ['e', 'x']] })).toBeNull()
    expect(frameAddress({ kind: 25_051, tags: [['p', KEY]] })).toBeNull()
    expect(frameAddress({ kind: 25_050, tags: [['p', KEY], ...Array.from({ length: 20 }, () => ['x'])] })).toBeNull()
    fc.assert(
      fc.property(hostileTags(['p', 'e']), (tags) => {
        const address = frameAddress({ kind: 25_050, tags })
        if (address !== null) expect(address.peer).toMatch(/^[0-9a-f]{64}$/)
      }),
    )
  })
})

test('what a delta takes of a text fits into a frame, cuts no character, and is as much as fits', () => {
  const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.string({ unit: 'grapheme-composite', maxLength: 80 }), fc.constantFrom('\u0000', '\ud800', '"', '\\', 'é', '€', '😀').map((unit) => unit.repeat(60)))
  fc.assert(
    fc.property(texts, fc.integer({ min: 6, max: 200 }), (text, maxBytes) => {
      const length = frameTextLength(text, maxBytes)
      const taken = text.slice(0, length)
      expect(Buffer.byteLength(JSON.stringify(taken)) - 2).toBeLessThanOrEqual(maxBytes)
      if (text.isWellFormed()) expect(taken.isWellFormed()).toBe(true)
      if (length < text.length) expect(length).toBeGreaterThan(0)
    }),
  )
  expect(frameTextLength('x'.repeat(100_000))).toBe(MAX_DELTA_BYTES)
  const largest = writeFrame({ type: 'delta', seq: MAX_SEQ, text: '\u0000'.repeat(frameTextLength('\u0000'.repeat(9_000))) })
  expect(Buffer.byteLength(largest)).toBeLessThanOrEqual(MAX_FRAME_BYTES)
  expect(parseFrame(largest)).toMatchObject({ ok: true })
})
