import { expect, test } from 'vitest'
import { msat } from '../market/msat.ts'
import { writeReceiptCsv } from './receiptCsv.ts'
import { receiptTemplate } from './receipt.ts'
import { customer, ENDED_AT, HASHES, seller, signReceipt } from './testing/makeReceipt.ts'

const JOB = 'job_abababababababab'
/** Every cell by the name of its column; the cells here hold no quotes or commas. */
function rowsOf(csv: string): readonly Record<string, string | undefined>[] {
  const [names, ...lines] = csv.replace('\uFEFF', '').trimEnd().split('\r\n').map((line) => line.split(','))
  return lines.map((cells) => Object.fromEntries((names ?? []).map((name, index) => [name, cells[index]])))
}

test('a job is a line, made of one’s own receipt, wherever it stands', () => {
  const [sold, bought] = [signReceipt(), signReceipt({ role: 'customer', model: '', usage: null, modelDigest: null })]
  const csv = writeReceiptCsv([{ jobId: JOB, role: 'provider', receipts: [bought, sold] }, { jobId: JOB, role: 'customer', receipts: [bought] }])
  expect(csv.split('\r\n')[0]).toBe('\uFEFFjob_id,role,settlement,outcome,asked,paid,delivered,ended,paid_msat,returned_msat,refunded_msat,payment_hashes,model,model_digest,prompt_tokens,output_tokens,duration_ms,answer_sha256,transcript_sha256,request_id,customer,provider,signed_by,receipt_id,receipts_kept,both_signed')
  expect(rowsOf(csv)).toMatchObject([
    { job_id: JOB, role: 'provider', signed_by: 'provider', settlement: 'prepay', outcome: 'done', asked: '2026-01-05T09:40:00.000Z', ended: '2026-01-05T09:41:00.000Z', paid_msat: '10000', returned_msat: '0', payment_hashes: HASHES[0], model: 'llama3.2:3b', output_tokens: '34', customer: customer.pubkey, provider: seller.pubkey, receipt_id: sold.id, receipts_kept: '2', both_signed: 'yes' },
    { role: 'customer', signed_by: 'customer', model: '', output_tokens: '', receipt_id: bought.id, receipts_kept: '1', both_signed: 'no' },
  ])
})

test('several payments are one cell, and their sums are by what became of them', () => {
  const payments = [{ paymentHash: HASHES[0], amountMsat: msat(7_000), fate: 'paid' as const }, { paymentHash: HASHES[1], amountMsat: msat(40), fate: 'refunded' as const }]
  expect(rowsOf(writeReceiptCsv([{ jobId: JOB, role: 'provider', receipts: [signReceipt({ payments })] }]))).toMatchObject([{ paid_msat: '7000', refunded_msat: '40', payment_hashes: HASHES.join(' ') }])
})

test('the other side’s receipt of the first form is a line when it is all there is, and what is none is no line', () => {
  const withAnswer = seller.sign(receiptTemplate({ requestId: 'ab'.repeat(32), customer: customer.pubkey, sha256: '3'.repeat(64), amountMsat: msat(10_000), paymentHash: HASHES[0], model: 'x', usage: null }, ENDED_AT))
  const nothing = seller.sign({ kind: 2506, created_at: Number.MAX_SAFE_INTEGER, tags: [], content: '' })
  expect(rowsOf(writeReceiptCsv([{ jobId: JOB, role: 'customer', receipts: [nothing, withAnswer] }, { jobId: JOB, role: 'provider', receipts: [nothing] }, { jobId: JOB, role: 'provider', receipts: [] }]))).toMatchObject([{ job_id: JOB, role: 'customer', settlement: '', asked: '', paid_msat: '10000', both_signed: 'no' }])
})

test('no cell can be a formula, whatever a seller calls its model', () => {
  for (const model of ['=HYPERLINK("http://evil","x")', '+1', '-1', '@SUM(A1)', '\tx', '=1,"2"']) {
    const csv = writeReceiptCsv([{ jobId: JOB, role: 'provider', receipts: [signReceipt({ model })] }])
    expect(csv).not.toMatch(/(^|,|\r\n)"?[=+@\t-]/)
    expect(csv.trimEnd().split('\r\n')).toHaveLength(2)
  }
})
