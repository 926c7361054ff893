import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { msat } from '../market/msat.ts'
import { digestTranscript, jobReceiptTemplate, MAX_RECEIPT_PAYMENTS, parseJobReceipt, sumPayments, type ReceiptPayment } from './jobReceipt.ts'
import { parseReceipt } from './receipt.ts'
import { hostileTags, isUnpolluted } from './testing/hostile.ts'
import { ANSWER, ENDED_AT, HASHES, makeReceipt, PROMPT } from './testing/makeReceipt.ts'

const tagsOf = (change = {}) => jobReceiptTemplate(makeReceipt(change), ENDED_AT).tags
const parse = (tags: readonly (readonly string[])[]) => parseJobReceipt({ kind: 2506, tags })
const without = (name: string) => tagsOf().filter((tag) => tag[0] !== name)
const replaced = (name: string, ...values: string[]) => tagsOf().map((tag) => (tag[0] === name ? [name, ...values] : tag))

test('a receipt is written tag by tag as docs/protocol.md says', () => {
  const { customer, provider, answerSha256 } = makeReceipt()
  expect(jobReceiptTemplate(makeReceipt(), ENDED_AT)).toEqual({
    kind: 2506,
    created_at: ENDED_AT,
    tags: [
      ['version', '2'], ['role', 'provider'], ['job', 'job_abababababababab'], ['e', 'ab'.repeat(32)], ['p', customer], ['provider', provider],
      ['settlement', 'prepay'], ['outcome', 'done'], ['model', 'llama3.2:3b'], ['model_digest', `sha256:${'5'.repeat(64)}`], ['usage', '12', '34', '5600'],
      ['payment', HASHES[0], '10000', 'paid'], ['amount', '10000'], ['returned', '0'], ['refunded', '0'],
      ['sha256', answerSha256], ['transcript', '3885446c8540cc85cefe9ccaaf3db4900a1e2e025dec9ff3acf203eabc6054d0'],
      ['asked', String(ENDED_AT - 60)], ['paid', String(ENDED_AT - 50)], ['delivered', String(ENDED_AT - 1)],
    ],
    content: '',
  })
})

test('the transcript is the SHA-256 of prompt and answer as canonical JSON in UTF-8', () => {
  expect(digestTranscript(PROMPT, ANSWER)).toBe('3885446c8540cc85cefe9ccaaf3db4900a1e2e025dec9ff3acf203eabc6054d0')
  expect(digestTranscript('a\ud800b', '')).toBe('da87cec29bf93354707c4160b4c1cbbd697ebcbe0edd0512d3955ef9083c44ad')
  // Neither half can be moved over to the other.
  expect(digestTranscript('a', 'bc')).not.toBe(digestTranscript('ab', 'c'))
})

const PAYMENTS: readonly ReceiptPayment[] = [
  { paymentHash: HASHES[0], amountMsat: msat(7_000), fate: 'paid' },
  { paymentHash: HASHES[1], amountMsat: msat(3_001), fate: 'paid' },
  { paymentHash: 'e'.repeat(64), amountMsat: msat(500), fate: 'returned' },
  { paymentHash: 'f'.repeat(64), amountMsat: msat(40), fate: 'refunded' },
]

describe('every settlement and ending is read as it was written', () => {
  test.each([
    ['prepay', {}],
    ['metered, by several payments, one part paid back', { settlement: 'metered', payments: PAYMENTS }],
    ['escrow that returned', { settlement: 'escrow', outcome: 'returned', payments: [{ paymentHash: HASHES[0], amountMsat: msat(9), fate: 'returned' }], paidAt: null }],
    ['sealed, never opened', { settlement: 'sealed', outcome: 'expired', payments: [], paidAt: null }],
    ['a customer that knows neither model nor count, and got nothing', { role: 'customer', outcome: 'failed', model: '', modelDigest: null, usage: null, deliveredAt: null }],
  ] as const)('%s', (_, change) => {
    expect(parse(tagsOf(change))).toEqual({ ok: true, value: makeReceipt(change) })
  })

  test('with as many payments as one can list', () => {
    const payments = Array.from({ length: MAX_RECEIPT_PAYMENTS }, (_, index) => ({ paymentHash: index.toString(16).padStart(64, '0'), amountMsat: msat(1_000), fate: 'paid' as const }))
    expect(parse(tagsOf({ settlement: 'metered', payments }))).toMatchObject({ ok: true, value: { payments } })
    expect(() => tagsOf({ payments: [...payments, ...PAYMENTS] })).toThrow(RangeError)
  })

  test('sums are by fate', () => {
    expect([sumPayments(PAYMENTS, 'paid'), sumPayments(PAYMENTS, 'returned'), sumPayments(PAYMENTS, 'refunded')]).toEqual([10_001, 500, 40])
  })
})

describe('what is no such receipt is refused', () => {
  test.each([
    ['another kind', { kind: 1, tags: tagsOf() }, 'wrong-kind'],
    ['the first form', { kind: 2506, tags: without('version') }, 'other-version'],
    ['a version of nothing', { kind: 2506, tags: replaced('version', '1') }, 'other-version'],
    ['too many tags', { kind: 2506, tags: Array.from({ length: 2_101 }, () => ['x']) }, 'too-long'],
    ['too many payments', { kind: 2506, tags: [...tagsOf({ payments: [] }), ...Array.from({ length: 2_001 }, (_, index) => ['payment', index.toString(16).padStart(64, '0'), '0', 'paid'])] }, 'bad-field'],
    ...['role', 'job', 'e', 'p', 'provider', 'settlement', 'outcome', 'sha256', 'transcript', 'asked'].map((name) => [`no ${name}`, { kind: 2506, tags: without(name) }, 'bad-field'] as const),
    ...['version', 'role', 'e', 'p', 'amount', 'sha256', 'paid', 'model'].map((name) => [`two of ${name}`, { kind: 2506, tags: [...tagsOf(), ...tagsOf().filter((tag) => tag[0] === name)] }, 'bad-field'] as const),
    ['a job of another request', { kind: 2506, tags: replaced('job', 'job_0000000000000000') }, 'bad-field'],
    ['a settlement that is none', { kind: 2506, tags: replaced('settlement', 'gift') }, 'bad-field'],
    ['a time that is none', { kind: 2506, tags: replaced('paid', '1e9') }, 'bad-field'],
    ['a digest that could hide something', { kind: 2506, tags: replaced('model_digest', 'a b') }, 'bad-field'],
    ['a payment of nothing known', { kind: 2506, tags: replaced('payment', HASHES[0], '10000', 'gone') }, 'bad-field'],
    ['a payment without a hash', { kind: 2506, tags: replaced('payment', 'abc', '10000', 'paid') }, 'bad-field'],
    ['a payment below zero', { kind: 2506, tags: replaced('payment', HASHES[0], '-10000', 'paid') }, 'bad-field'],
    ['one payment twice', { kind: 2506, tags: [...tagsOf(), ['payment', HASHES[0], '10000', 'paid']] }, 'bad-field'],
    ['a sum that is another', { kind: 2506, tags: replaced('amount', '10001') }, 'bad-sum'],
    ['a sum left out', { kind: 2506, tags: without('refunded') }, 'bad-sum'],
    ['payments beyond all amounts', { kind: 2506, tags: replaced('payment', HASHES[0], '9007199254740991', 'paid') }, 'bad-field'],
  ] as const)('%s', (_, event, code) => expect(parseJobReceipt(event)).toMatchObject({ ok: false, error: { code } }))

  test('hostile tags neither throw nor pollute', () => {
    fc.assert(
      fc.property(hostileTags(['version', 'role', 'job', 'e', 'p', 'provider', 'payment', 'amount', '__proto__']), (hostile) => {
        const parsed = parse([...tagsOf(), ...hostile])
        if (parsed.ok) expect(isUnpolluted(parsed.value)).toBe(true)
        expect(parse([['version', '2'], ...hostile]).ok).toBe(false)
      }),
    )
  })
})

test('a reader of the first form does not take one of the second for it', () => {
  expect(parseReceipt({ kind: 2506, tags: tagsOf() })).toMatchObject({ ok: false, error: { code: 'bad-field' } })
})

test('a later version that keeps these fields is read by them', () => {
  expect(parse([...replaced('version', '3'), ['mood', 'good']])).toEqual({ ok: true, value: makeReceipt() })
})
