/** The seller's side of NIP-90 (PROTOCOL.md §4): how a sale's messages travel. Its requests are read in jobRequests.ts. */
import { frameTextLength } from '#shared/protocol/frames.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { jobResultTemplate } from '#shared/protocol/jobResult.ts'
import { dateMessage, type Delivery } from '../../delivery.ts'
import { MAX_EVENT_PLAINTEXT_BYTES } from '../../nostr/cipher.ts'
import type { Clock } from '../../ports.ts'
import type { SaleDialect } from '../dialect.ts'
import type { BegunSale } from '../sale.ts'
import type { SaleOutgoing } from '../settlement/mode.ts'
import { jobRouteOf, type JobAnswers } from './jobRoute.ts'
import type { JobRequests } from './jobRequests.ts'

export interface Nip90SalesOptions {
  readonly clock: Clock
  readonly requests: JobRequests
  readonly answers: JobAnswers
}

/** The piece that goes beyond the bound is delivered too. */
const LAST_PIECE_BYTES = 1_024

export function createNip90Sales({ clock, requests, answers }: Nip90SalesOptions): SaleDialect {
  async function sendResult({ generated, payments }: SaleOutgoing & { what: 'result' }, sale: BegunSale): Promise<Delivery | null> {
    const createdAt = dateMessage(sale.changedAt, clock.now())
    const { text: made } = generated
    // What the bound let through, unless the last piece was a giant one.
    const text = made.slice(0, frameTextLength(made, MAX_EVENT_PLAINTEXT_BYTES))
    const { requestId, customer } = sale.request
    const { encrypted, request } = jobRouteOf(sale)
    const [{ amountMsat, bolt11 } = { amountMsat: undefined, bolt11: null }] = payments
    const delivery = await answers.publish(
      sale,
      encrypted ? answers.seal(sale, KIND.textGenerationResult, text, createdAt) : jobResultTemplate({ requestId, customerPubkey: customer, text, request: request ?? undefined, ...(bolt11 === null ? {} : { amountMsat, bolt11 }) }, createdAt),
    )
    if (delivery !== null) void answers.sendFeedback(sale, { status: 'success', text: '' }, createdAt)
    return delivery
  }

  return {
    name: 'nip90',
    maxResultBytes: MAX_EVENT_PLAINTEXT_BYTES - LAST_PIECE_BYTES,
    listen: (inbox) => requests.listen(inbox),
    settlements: ['prepay', 'escrow'],
    send(outgoing, sale) {
      if (outgoing.what === 'sealed') throw new Error('Nothing is sealed in this dialect.')
      return outgoing.what === 'result' ? sendResult(outgoing, sale) : answers.send(outgoing, sale)
    },
    sendReceipt: (receipt, sale) => answers.sendReceipt(receipt, sale),
    openStream(sale) {
      answers.sayBegun(sale)
      // Relays store a kind 7000: never a token on it.
      return { add() {}, end() {}, close() {} }
    },
  }
}
