import type { Msat } from '#shared/market/msat.ts'
import { frameAddress, frameTemplate, frameTextLength, MAX_FRAME_BYTES, parseFrame, writeFrame, type Frame } from '#shared/protocol/frames.ts'
import { digestText, joinParts, sliceText } from '#shared/protocol/privateParts.ts'
import { parsePrivateResult, writePrivateResult } from '#shared/protocol/privateResult.ts'
import { parseReceipt, receiptTemplate } from '#shared/protocol/receipt.ts'
import { parseSealedBody, parseSealedResult, writeSealedBody, writeSealedResult } from '#shared/protocol/sealedResult.ts'
import { channelCreateEvent, VECTOR_SECS } from '../examples.ts'
import { eventTarget, jsonTarget, textTarget, valueOf } from '../target.ts'

const id = 'c'.repeat(64)
const usage = { promptTokens: 12, outputTokens: 34, durationMs: 5_600 }
const frames: readonly Frame[] = [
  { type: 'delta', seq: 1, text: 'Hello "world"\n🛒' }, { type: 'delta', seq: 3, text: '', sealed: 1_240 }, { type: 'usage', seq: 2, usage }, { type: 'ack', seq: 0 }, { type: 'cancel', seq: 0, reason: 'enough' }, { type: 'ping', seq: 7 }, { type: 'pong', seq: 7 },
]
const receipt = { requestId: id, customer: id, sha256: id, amountMsat: 21_000 as Msat, paymentHash: id, model: 'llama3.2', usage }
const receiptEvent = { ...channelCreateEvent, ...receiptTemplate(receipt, VECTOR_SECS) }
const results = [{ text: 'Four.', sha256: id, usage, receipt: receiptEvent }, { parts: [id, 'd'.repeat(64)], sha256: id, usage: null, receipt: null }].map(writePrivateResult)
const signedFor = { commitment: id, sealedBytes: 64, paymentHash: id, amountMsat: 21_000 as Msat }
const sealed = [{ preview: 'Fo', ciphertext: `${'AAAA'.repeat(26)}AAA=` }, { ids: [id], sha256: id }].map((body) => writeSealedResult({ ...signedFor, body }))
const addressed = [id, null].map((requestId) => ({ ...channelCreateEvent, ...frameTemplate({ peer: id, requestId }, 'x', VECTOR_SECS) }))

export const targets = [
  jsonTarget('frames.parseFrame', frames.map(writeFrame), parseFrame, {
    rewrite(output) {
      const frame = valueOf(output)
      const text = frame === undefined ? '' : writeFrame(frame)
      // A lone surrogate is six characters when it is written.
      return text === '' || text.length > MAX_FRAME_BYTES ? undefined : text
    },
  }),
  eventTarget('frames.frameAddress', addressed, frameAddress, {
    rewrite: (address, input) => (address === null ? undefined : { ...input, ...frameTemplate(address, input.content, input.created_at) }),
  }),
  textTarget('frames.frameTextLength', ['Hello "world"\n🛒', '\\\u0001\ud83d€'], (text) => {
    const kept = text.slice(0, frameTextLength(text, 100))
    if (Buffer.byteLength(JSON.stringify(kept)) > 102) throw new Error('what is kept does not fit')
    return kept
  }),
  // However it is cut, the parts are the text again, and each fits.
  textTarget('privateParts.joinParts', ['Hello 🛒 '.repeat(30), '€'.repeat(41)], (text) => {
    const slices = sliceText(text, 40)
    if (slices.some((slice) => Buffer.byteLength(slice) > 40)) throw new Error('a part is too long')
    const joined = joinParts(slices, digestText(text))
    if (valueOf(joined) !== text) throw new Error('the parts are not the text')
    return joined
  }),
  jsonTarget('privateResult.parsePrivateResult', results, parsePrivateResult, {
    rewrite(output) {
      const result = valueOf(output)
      const text = result === undefined ? '' : writePrivateResult(result)
      return text === '' || text.length > 65_536 ? undefined : text
    },
  }),
  jsonTarget('sealedResult.parseSealedResult', sealed, parseSealedResult, {
    rewrite(output) {
      const result = valueOf(output)
      const text = result === undefined ? '' : writeSealedResult(result)
      return text === '' || text.length > 65_536 ? undefined : text
    },
  }),
  textTarget('sealedResult.parseSealedBody', ['AAAA.Hello 🛒', 'A.'], parseSealedBody, {
    rewrite(output) {
      const body = valueOf(output)
      return body === undefined ? undefined : writeSealedBody(body)
    },
  }),
  eventTarget('receipt.parseReceipt', [receiptEvent], parseReceipt, {
    rewrite(output, input) {
      const read = valueOf(output)
      return read === undefined ? undefined : { ...input, ...receiptTemplate(read, input.created_at) }
    },
  }),
]
