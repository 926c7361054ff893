import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { msat } from '../market/msat.ts'
import { findReceiptFault, parseReceipt, receiptTemplate, type Receipt } from './receipt.ts'
import { hostileTags, isUnpolluted } from './testing/hostile.ts'

const hex = (digit: string) => digit.repeat(64)
const RECEIPT: Receipt = { requestId: hex('1'), customer: hex('2'), sha256: hex('3'), amountMsat: msat(10_000), paymentHash: hex('4'), model: 'souk-toy', usage: { promptTokens: 1, outputTokens: 2, durationMs: 3 } }
const job = { requestId: hex('1'), customer: hex('2'), sha256: hex('3'), payments: [{ paymentHash: hex('4'), amountMsat: msat(10_000) }] }

test('a receipt is read as it was written, with and without usage', () => {
  expect(receiptTemplate(RECEIPT, 9)).toEqual({
    kind: 2506,
    created_at: 9,
    tags: [['e', hex('1')], ['p', hex('2')], ['sha256', hex('3')], ['amount', '10000'], ['payment_hash', hex('4')], ['model', 'souk-toy'], ['usage', '1', '2', '3']],
    content: '',
  })
  for (const receipt of [RECEIPT, { ...RECEIPT, usage: null }]) expect(parseReceipt(receiptTemplate(receipt, 9))).toEqual({ ok: true, value: receipt })
})

test('what is no receipt is refused', () => {
  const { tags } = receiptTemplate(RECEIPT, 9)
  expect(parseReceipt({ kind: 1, tags })).toMatchObject({ error: { code: 'wrong-kind' } })
  expect(parseReceipt({ kind: 2506, tags: tags.slice(1) })).toMatchObject({ error: { code: 'bad-field' } })
  expect(parseReceipt({ kind: 2506, tags: Array.from({ length: 51 }, () => ['x']) })).toMatchObject({ error: { code: 'too-long' } })
  fc.assert(
    fc.property(hostileTags(['e', 'p', 'sha256', 'amount', 'payment_hash', 'model', 'usage']), (hostile) => {
      const parsed = parseReceipt({ kind: 2506, tags: hostile })
      if (parsed.ok) expect(isUnpolluted(parsed.value)).toBe(true)
    }),
  )
})

test('a receipt is about one job, one answer and one payment', () => {
  expect(findReceiptFault(RECEIPT, job)).toBeNull()
  expect(findReceiptFault(RECEIPT, { ...job, requestId: hex('9') })).toContain('another job')
  expect(findReceiptFault(RECEIPT, { ...job, customer: hex('9') })).toContain('another job')
  expect(findReceiptFault(RECEIPT, { ...job, sha256: hex('9') })).toContain('another answer')
  expect(findReceiptFault(RECEIPT, { ...job, payments: [] })).toContain('another payment')
  expect(findReceiptFault(RECEIPT, { ...job, payments: [{ paymentHash: hex('4'), amountMsat: msat(9_999) }] })).toContain('another amount')
})
