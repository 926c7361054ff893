import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestTranscript } from './jobReceipt.ts'
import { digestText } from './privateParts.ts'
import { parseReceiptFile, parseTranscript, writeReceiptFile, writeTranscript } from './receiptFile.ts'
import { hostileJson } from './testing/hostile.ts'
import { ANSWER, PROMPT, signReceipt } from './testing/makeReceipt.ts'

const sold = signReceipt()
const bought = signReceipt({ role: 'customer' })
const bundle = writeReceiptFile([{ jobId: 'job_abababababababab', role: 'customer', receipts: [bought, sold] }])

describe('a file of receipts is read', () => {
  test.each([
    ['one alone', JSON.stringify(sold), [sold]],
    ['spaced, after a byte order mark', `\uFEFF ${JSON.stringify(sold, null, 2)}\n`, [sold]],
    ['a list', JSON.stringify([sold, bought]), [sold, bought]],
    ['an export', bundle, [bought, sold]],
    ['an export of a later version', bundle.replace('"souk_receipts":1', '"souk_receipts":2,"more":true'), [bought, sold]],
    ['one job of an export', JSON.stringify({ job: 'job_x', role: 'customer', receipts: [sold] }), [sold]],
    ['a list of jobs', JSON.stringify([{ receipts: [sold] }, { receipts: [bought] }]), [sold, bought]],
  ] as const)('%s', (_, text, events) => {
    expect(parseReceiptFile(text)).toEqual({ ok: true, value: events.map((value) => ({ ok: true, value })) })
  })

  test('with what is no receipt marked in its place', () => {
    expect(parseReceiptFile(JSON.stringify([sold, { ...bought, kind: 1 }, 'receipt', { ...sold, sig: 'AB' }, null]))).toMatchObject({
      value: [{ ok: true }, { ok: false, error: { code: 'bad-receipt', message: expect.stringContaining('kind') } }, { ok: false }, { ok: false }, { ok: false }],
    })
  })

  test('and fields that are no part of an event are left behind', () => {
    expect(parseReceiptFile(JSON.stringify({ ...sold, verified: true }))).toEqual({ ok: true, value: [{ ok: true, value: sold }] })
  })
})

describe('a file without receipts is refused', () => {
  test.each([
    ['nothing', '', 'not-json'],
    ['words', 'a receipt', 'not-json'],
    ['one cut off', bundle.slice(0, -9), 'not-json'],
    ['a number', '2506', 'no-receipts'],
    ['null', 'null', 'no-receipts'],
    ['an empty list', '[]', 'no-receipts'],
    ['some other object', '{"kind":2506}', 'no-receipts'],
    ['an export of no job', writeReceiptFile([]), 'no-receipts'],
    ['more than can be held', ' '.repeat(64 * 1_048_576 + 1), 'too-long'],
    ['more receipts than are read', `[${'0,'.repeat(100_000)}0]`, 'too-long'],
  ] as const)('%s', (_, text, code) => expect(parseReceiptFile(text)).toMatchObject({ ok: false, error: { code } }))

  test('whatever it holds, reading it ends', () => {
    fc.assert(fc.property(hostileJson([sold, { souk_receipts: 1, jobs: [{ receipts: [bought] }] }]), (text) => void parseReceiptFile(text)))
  })
})

describe('a transcript', () => {
  test('is the text whose SHA-256 the receipts hold, with a line’s end', () => {
    const text = writeTranscript(PROMPT, ANSWER)
    expect(text).toBe('["What is 2+2?","Four. 🛒"]\n')
    expect(digestText(text.trimEnd())).toBe(digestTranscript(PROMPT, ANSWER))
    expect(parseTranscript(text)).toEqual({ ok: true, value: { prompt: PROMPT, answer: ANSWER } })
    expect(parseTranscript('\uFEFF[ "What is 2+2?",\n "Four. \\ud83d\\uded2" ]')).toEqual(parseTranscript(text))
  })

  test.each([
    ['no JSON', 'Four.', 'not-json'],
    ['one text', '["Four."]', 'not-a-transcript'],
    ['three', '["a","b","c"]', 'not-a-transcript'],
    ['an object', '{"prompt":"a","answer":"b"}', 'not-a-transcript'],
    ['a number', '["a",1]', 'not-a-transcript'],
    ['too much', ' '.repeat(16 * 1_048_576 + 1), 'too-long'],
  ])('%s is none', (_, text, code) => expect(parseTranscript(text)).toMatchObject({ ok: false, error: { code } }))
})
