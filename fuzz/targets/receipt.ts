import type { Msat } from '#shared/market/msat.ts'
import { jobReceiptTemplate, parseJobReceipt, type JobReceipt } from '#shared/protocol/jobReceipt.ts'
import { checkReceipts } from '#shared/protocol/receiptCheck.ts'
import { writeReceiptCsv } from '#shared/protocol/receiptCsv.ts'
import { parseReceiptFile, parseTranscript, writeReceiptFile, writeTranscript } from '#shared/protocol/receiptFile.ts'
import { readReceipt } from '#shared/protocol/receiptReading.ts'
import { receiptTemplate } from '#shared/protocol/receipt.ts'
import { channelCreateEvent, VECTOR_SECS } from '../examples.ts'
import { eventTarget, jsonTarget, textTarget, valueOf } from '../target.ts'

const [id, hash] = ['c'.repeat(64), 'd'.repeat(64)]
const usage = { promptTokens: 12, outputTokens: 34, durationMs: 5_600 }
const { pubkey } = channelCreateEvent
const sold: JobReceipt = {
  role: 'provider', requestId: id, customer: id, provider: pubkey, settlement: 'metered', outcome: 'stopped', model: 'llama3.2', modelDigest: 'sha256:55', usage,
  payments: [{ paymentHash: id, amountMsat: 21_000 as Msat, fate: 'paid' }, { paymentHash: hash, amountMsat: 1 as Msat, fate: 'refunded' }],
  answerSha256: id, transcriptSha256: hash, askedAt: VECTOR_SECS, paidAt: VECTOR_SECS + 1, deliveredAt: VECTOR_SECS + 2,
}
const bought: JobReceipt = { ...sold, role: 'customer', customer: pubkey, provider: hash, settlement: 'prepay', outcome: 'failed', model: '', modelDigest: null, usage: null, payments: [], paidAt: null, deliveredAt: null }
const events = [sold, bought].map((receipt) => ({ ...channelCreateEvent, ...jobReceiptTemplate(receipt, VECTOR_SECS) }))
const first = { ...channelCreateEvent, ...receiptTemplate({ requestId: id, customer: id, sha256: id, amountMsat: 21_000 as Msat, paymentHash: id, model: 'llama3.2', usage }, VECTOR_SECS) }
const files = [writeReceiptFile([{ jobId: 'job_cc', role: 'provider', receipts: [...events, first] }, { jobId: 'job_dd', role: 'customer', receipts: [] }]), JSON.stringify(first), JSON.stringify(events)]

export const targets = [
  eventTarget('jobReceipt.parseJobReceipt', events, parseJobReceipt, {
    rewrite(output, input) {
      const read = valueOf(output)
      return read === undefined ? undefined : { ...input, ...jobReceiptTemplate(read, input.created_at) }
    },
  }),
  // What is made of it for a table must not throw either.
  eventTarget('receiptReading.readReceipt', [...events, first], (event) => {
    writeReceiptCsv([{ jobId: 'job_cc', role: 'customer', receipts: [event] }])
    return readReceipt(event)
  }),
  jsonTarget('receiptFile.parseReceiptFile', files, parseReceiptFile, {
    rewrite(output) {
      const items = valueOf(output)?.flatMap((item) => (item.ok ? [item.value] : []))
      return items === undefined || items.length === 0 || items.length !== valueOf(output)?.length ? undefined : writeReceiptFile([{ jobId: 'job_cc', role: 'provider', receipts: items }])
    },
  }),
  // Ids and signatures are taken for good here, so that what lies behind them is reached.
  jsonTarget('receiptCheck.checkReceipts', files, (text) => {
    const items = parseReceiptFile(text)
    return items.ok ? checkReceipts(items.value, { verify: () => true, transcript: { prompt: 'a', answer: 'b' }, openedHashes: [id, hash] }) : items
  }),
  textTarget('receiptFile.parseTranscript', [writeTranscript('What is 2+2?', 'Four. 🛒'), '["\\ud83d",""]'], parseTranscript, {
    rewrite(output) {
      const read = valueOf(output)
      // Half a character is written as its replacement.
      return read === undefined || !read.prompt.isWellFormed() || !read.answer.isWellFormed() ? undefined : writeTranscript(read.prompt, read.answer)
    },
  }),
]
