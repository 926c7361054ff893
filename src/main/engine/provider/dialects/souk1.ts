/**
 * The seller's side of souk/1 (PROTOCOL.md §5): the answer streams in private frames, and the stored result repairs what they
 * lose. Its requests are read in jobRequests.ts, what customers say in frames in frameInbox.ts.
 */
import { KIND } from '#shared/protocol/kinds.ts'
import { boundPrivateText, digestText, MAX_PART_BYTES, MAX_PRIVATE_TEXT_BYTES } from '#shared/protocol/privateParts.ts'
import { writePrivateResult, type PrivateResult } from '#shared/protocol/privateResult.ts'
import { receiptTemplate } from '#shared/protocol/receipt.ts'
import { writeSealedBody, writeSealedResult, type SealedResult } from '#shared/protocol/sealedResult.ts'
import { dateMessage, type Delivery } from '../../delivery.ts'
import { publishParts, sealText } from '../../nostr/privateTexts.ts'
import type { PublishReport, RelayPool } from '../../nostr/relayPool.ts'
import type { Signer } from '../../nostr/signer.ts'
import type { SteadyCipher } from '../../nostr/steadyCipher.ts'
import type { Clock } from '../../ports.ts'
import type { SaleDialect } from '../dialect.ts'
import type { BegunSale } from '../sale.ts'
import type { SaleOutgoing } from '../settlement/mode.ts'
import type { FrameInbox } from './frameInbox.ts'
import { createFrameSender, type FrameFate } from './frameSender.ts'
import { answerRelaysOf, type JobAnswers } from './jobRoute.ts'

export interface PrivateSalesOptions {
  readonly pool: RelayPool
  readonly clock: Clock
  /** The seller's own key, whose signatures repeat themselves: what they are in is published again after a crash. */
  readonly receiptSigner: Signer
  readonly cipher: SteadyCipher
  readonly answers: JobAnswers
  readonly frames: FrameInbox
}

/** The piece that goes beyond the bound is delivered too. */
const LAST_PIECE_BYTES = 65_536

export function createPrivateSales({ pool, clock, receiptSigner, cipher, answers, frames }: PrivateSalesOptions): SaleDialect {
  async function sendResult({ generated, payments }: SaleOutgoing & { what: 'result' }, sale: BegunSale): Promise<Delivery | null> {
    const { request } = sale
    const createdAt = dateMessage(sale.changedAt, clock.now())
    const { usage } = generated
    const text = boundPrivateText(generated.text)
    const sha256 = digestText(text)
    const [payment] = payments
    const about = { requestId: request.requestId, customer: request.customer, sha256, model: request.model, usage }
    const receipt = payment === undefined ? null : receiptSigner.sign(receiptTemplate({ ...about, amountMsat: payment.amountMsat, paymentHash: payment.paymentHash }, createdAt))
    const publish = (result: PrivateResult) => answers.publish(sale, answers.seal(sale, KIND.textGenerationResult, writePrivateResult(result), createdAt))
    const whole: PrivateResult = { text, sha256, usage, receipt }
    if (Buffer.byteLength(writePrivateResult(whole)) <= MAX_PART_BYTES) return publish(whole)
    const parts = await sendParts(sale, text, createdAt)
    return parts === null ? null : publish({ parts, sha256, usage, receipt })
  }

  /** The signed event is the commitment, to the whole text and to what is handed over. A receipt would tell the digest of what is not paid for. */
  async function sendSealed({ goods }: SaleOutgoing & { what: 'sealed' }, sale: BegunSale): Promise<Delivery | null> {
    const createdAt = dateMessage(sale.changedAt, clock.now())
    const { preview, ciphertext, commitment, sealedBytes, paymentHash, amountMsat } = goods
    const publish = (body: SealedResult['body']) => answers.publish(sale, answers.seal(sale, KIND.textGenerationResult, writeSealedResult({ commitment, sealedBytes, paymentHash, amountMsat, body }), createdAt))
    const whole = { preview, ciphertext }
    if (Buffer.byteLength(writeSealedResult({ commitment, sealedBytes, paymentHash, amountMsat, body: whole })) <= MAX_PART_BYTES) return publish(whole)
    const text = writeSealedBody(whole)
    const ids = await sendParts(sale, text, createdAt)
    return ids === null ? null : publish({ ids, sha256: digestText(text) })
  }

  /** Their ids, once relays have them all; null when one is on none. */
  function sendParts(sale: BegunSale, text: string, createdAt: number): Promise<readonly string[] | null> {
    const sealed = sealText(text, sale.request.customer, cipher, createdAt)
    // The customer's key signed the request.
    if (!sealed.ok) throw new Error(sealed.error.message)
    return publishParts(sealed.value, (part) => answers.publish(sale, part))
  }

  return {
    name: 'souk/1',
    maxResultBytes: MAX_PRIVATE_TEXT_BYTES - LAST_PIECE_BYTES,
    listen: (inbox) => frames.listen(inbox),
    settlements: ['prepay', 'escrow', 'sealed', 'metered'],
    send(outgoing, sale) {
      if (outgoing.what === 'sealed') return sendSealed(outgoing, sale)
      return outgoing.what === 'result' ? sendResult(outgoing, sale) : answers.send(outgoing, sale)
    },
    sendReceipt: (receipt, sale) => answers.sendReceipt(receipt, sale),
    openStream(sale, streams) {
      const { requestId, customer } = sale.request
      answers.sayBegun(sale)
      if (!streams) return { add() {}, end() {}, close() {} }
      const relays = answerRelaysOf(pool, sale)
      const sender = createFrameSender({
        clock,
        intervalMs: () => pool.frameIntervalMs(relays),
        send: async (frame) => fateOf(await frames.send(frame, { peer: customer, requestId, relays })),
      })
      const forget = frames.hear(requestId, customer, (seq) => sender.acknowledge(seq))
      return {
        add: (text) => sender.add(text),
        veil: (bytes) => sender.veil(bytes),
        end(usage) {
          sender.end(usage)
          forget()
        },
        close() {
          sender.close()
          forget()
        },
      }
    },
  }
}

function fateOf(report: PublishReport | null): FrameFate {
  if (report?.accepted === true) return 'taken'
  const isLimited = report?.verdicts.some((verdict) => verdict.verdict === 'refused' && verdict.prefix === 'rate-limited') ?? false
  return isLimited ? 'limited' : 'lost'
}
