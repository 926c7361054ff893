import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { envelopeTemplate } from './envelope.ts'
import type { NostrEvent } from './event.ts'
import { KIND } from './kinds.ts'
import { noteAddress, parseSettlementNote, writeSettlementNote } from './settlementNote.ts'
import { hostileJson } from './testing/hostile.ts'

const ID = 'cd'.repeat(32)
const PEER = 'ab'.repeat(32)
const PREIMAGE = '01'.repeat(32)
const event: NostrEvent = { ...envelopeTemplate({ kind: KIND.settlementNote, peer: PEER, requestId: ID, ciphertext: 'sealed' }, 1_700_000_000), id: ID, pubkey: PEER, sig: ID.repeat(2) }
const refusal = (text: string) => {
  const parsed = parseSettlementNote(text)
  if (parsed.ok) throw new Error('it was read')
  expect(parsed.error.message).not.toContain(PREIMAGE.slice(0, 8))
  return parsed.error.code
}

describe('a settlement note', () => {
  test('is read as it was written, with fields that are not known', () => {
    expect(writeSettlementNote({ type: 'release', preimage: PREIMAGE })).toBe(`{"type":"release","preimage":"${PREIMAGE}"}`)
    expect(parseSettlementNote(`{"preimage":"${PREIMAGE}","later":1,"type":"release"}`)).toEqual({ ok: true, value: { type: 'release', preimage: PREIMAGE } })
  })

  test('asks for what is owed on an invoice, which is lower case, bounded, and nothing else', () => {
    const note = { type: 'refund', bolt11: 'lnbcrt100n1mock' } as const
    expect(parseSettlementNote(writeSettlementNote(note))).toEqual({ ok: true, value: note })
    for (const bolt11 of ['', 'LNBCRT1', 'https://pay.test', `ln${'a'.repeat(3_000)}`, `lnbcrt1 ${PREIMAGE}`]) expect(refusal(JSON.stringify({ type: 'refund', bolt11 }))).toBe('bad-field')
  })

  test('hands over a receipt as it was signed, of bounded size, with every field of the event and no other', () => {
    const receipt = { ...event, kind: KIND.receipt, tags: [['version', '2'], ['payment', ID, '10000', 'paid']], content: '' }
    const text = writeSettlementNote({ type: 'receipt', receipt: { ...receipt, later: 1 } as NostrEvent })
    expect(text).not.toContain('later')
    expect(parseSettlementNote(text)).toEqual({ ok: true, value: { type: 'receipt', receipt } })
    for (const bad of [null, 'x', { ...receipt, sig: undefined }, { ...receipt, id: 'x' }, { ...receipt, tags: 'x' }]) expect(refusal(JSON.stringify({ type: 'receipt', receipt: bad }))).toBe('bad-field')
    expect(refusal(JSON.stringify({ type: 'receipt', receipt: { ...receipt, tags: Array.from({ length: 400 }, () => ['payment', ID, '1', 'paid']) } }))).toBe('too-long')
  })

  test.each([
    ['', 'not-json'],
    ['[]', 'not-an-object'],
    ['{"type":"release"}', 'bad-field'],
    [`{"type":"refund","preimage":"${PREIMAGE}"}`, 'bad-field'],
    [`{"type":"release","preimage":"${PREIMAGE.slice(2)}"}`, 'bad-field'],
    [`{"type":"release","preimage":"${'AB'.repeat(32)}"}`, 'bad-field'],
    [`{"type":"release","preimage":"${PREIMAGE}","x":"${'x'.repeat(32_700)}"}`, 'too-long'],
  ])('that is %s is refused, and its secret is not quoted', (text, code) => {
    expect(refusal(text)).toBe(code)
  })

  test('whatever is written into one, nothing is thrown', () => {
    fc.assert(fc.property(hostileJson([{ type: 'release', preimage: PREIMAGE }]), (text) => void parseSettlementNote(text)))
  })
})

describe('the event of a note', () => {
  test('names its request and its reader', () => {
    expect(noteAddress(event)).toEqual({ requestId: ID, peer: PEER })
  })

  test.each([
    ['of another kind', { kind: KIND.privatePart }],
    ['that is not encrypted', { tags: event.tags.filter(([name]) => name !== 'encrypted') }],
    ['about no request', { tags: event.tags.filter(([name]) => name !== 'e') }],
    ['to nobody', { tags: event.tags.filter(([name]) => name !== 'p') }],
    ['about what is no id', { tags: [['e', 'x'], ...event.tags.filter(([name]) => name !== 'e')] }],
    ['that is too long', { content: 'x'.repeat(49_153) }],
  ])('%s is none', (_what, change) => {
    expect(noteAddress({ ...event, ...change })).toBeNull()
  })
})
