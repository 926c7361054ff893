/** The seller's side of NIP-90 (PROTOCOL.md §4): how a sale's messages travel. Its requests are read in jobRequests.ts. */
import { frameTextLength } from '#shared/protocol/frames.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { jobResultTemplate } from '#shared/protocol/jobResult.ts'
import { dateMessage, type Delivery } from '../../delivery.ts'
import { MAX_EVENT_PLAINTEXT_BYTES } from '../../nostr/cipher.ts'
import type { Clock } from '../../ports.ts'
import type { BegunSale, SaleDialect } from '../dialect.ts'
import { reasonForCustomer, type SaleSending } from '../sale.ts'
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
  async function sendResult(sale: BegunSale, made: string, createdAt: number): Promise<Delivery | null> {
    // What the bound let through, unless the last piece was a giant one.
    const text = made.slice(0, frameTextLength(made, MAX_EVENT_PLAINTEXT_BYTES))
    const { requestId, customer } = sale.request
    const { encrypted, request } = jobRouteOf(sale)
    const { phase } = sale
    const invoice = 'invoice' in phase ? { amountMsat: phase.invoice.amountMsat, bolt11: phase.invoice.bolt11 } : {}
    const delivery = await answers.publish(
      sale,
      encrypted ? answers.seal(sale, KIND.textGenerationResult, text, createdAt) : jobResultTemplate({ requestId, customerPubkey: customer, text, request: request ?? undefined, ...invoice }, createdAt),
    )
    if (delivery !== null) void answers.sendFeedback(sale, { status: 'success', text: '' }, createdAt)
    return delivery
  }

  return {
    name: 'nip90',
    maxResultBytes: MAX_EVENT_PLAINTEXT_BYTES - LAST_PIECE_BYTES,
    listen: (inbox) => requests.listen(inbox),
    send(what: SaleSending, sale) {
      const { phase } = sale
      const createdAt = dateMessage(sale.changedAt, clock.now())
      if (what === 'invoice' && 'invoice' in phase) {
        const { amountMsat, bolt11 } = phase.invoice
        return answers.sendFeedback(sale, { status: 'payment-required', text: '', invoice: { amountMsat, bolt11 } }, createdAt)
      }
      if (what === 'result' && 'generated' in phase) return sendResult(sale, phase.generated.text, createdAt)
      return answers.sendFeedback(sale, { status: 'error', text: reasonForCustomer(sale) }, createdAt)
    },
    openStream(sale) {
      // Relays store a kind 7000: never a token on it. A second try is the same work.
      if (sale.phase.name === 'working' && sale.phase.attempt <= 1) void answers.sendFeedback(sale, { status: 'processing', text: '' }, dateMessage(sale.changedAt, clock.now()))
      return { add() {}, end() {}, close() {} }
    },
  }
}
