/** The seller's side of the channel dialect (PROTOCOL.md §2): how a sale's messages travel. */
import { channelMessageTemplate, channelOf, jobIdOf, parseChannelMessage, type ChannelMessage } from '#shared/protocol/channel.ts'
import { isTimely, MAX_MESSAGE_AGE_SECS, type EventTemplate, type NostrEvent } from '#shared/protocol/event.ts'
import { feedbackTemplate, parseCancel } from '#shared/protocol/feedback.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { dateMessage, signAndDeliver, type Delivery } from '../delivery.ts'
import type { RelayPool, Subscription } from '../nostr/relayPool.ts'
import type { Signer } from '../nostr/signer.ts'
import type { Clock } from '../ports.ts'
import type { Sale, SaleSending } from './sale.ts'

export interface SaleInbox {
  onRequest(request: { readonly event: NostrEvent; readonly channelId: string; readonly jobId: string; readonly kind: number; readonly prompt: string; readonly maxTokens: number; readonly model: string | null }): void
  /** Somebody says that a job was paid: a hint to look, with who said it. */
  onPaymentClaim(jobId: string, from: string, eventId: string): void
  onCancel(requestId: string, from: string, eventId: string): void
}

export interface ChannelSales {
  /** Listens to a channel from five minutes back, and to cancellations. */
  listen(channelId: string, inbox: SaleInbox): Subscription
  /** Publishes what a sale has to say now; null when no relay took it. */
  send(what: SaleSending, sale: Sale): Promise<Delivery | null>
  /** One piece of the answer, the `sequence`th from 0. Best effort: the result carries everything. */
  sendText(sale: Sale, piece: { readonly text: string; readonly isFinal: boolean; readonly sequence: number }): void
}

export function createChannelSales(options: { readonly pool: RelayPool; readonly signer: Signer; readonly clock: Clock; readonly relayHint: () => string }): ChannelSales {
  const { pool, signer, clock, relayHint } = options
  const nowSecs = () => Math.floor(clock.now() / 1_000)

  function template(sale: Sale & { begun: true }, message: ChannelMessage, createdAt: number): EventTemplate {
    return channelMessageTemplate(sale.request.channelId, relayHint(), message, createdAt)
  }

  function templateFor(what: SaleSending, sale: Sale & { begun: true }): EventTemplate {
    const { request, phase } = sale
    const createdAt = dateMessage(sale.changedAt, clock.now())
    if (what === 'invoice' && 'invoice' in phase) {
      const { bolt11, amountMsat, paymentHash } = phase.invoice
      return template(sale, { type: 'Invoice', job_id: request.jobId, bolt11, amount_msats: amountMsat, payment_hash: paymentHash }, createdAt)
    }
    if (what === 'result' && 'generated' in phase) {
      return template(sale, { type: 'JobResult', job_id: request.jobId, result: phase.generated.text }, createdAt)
    }
    const text = 'reason' in phase ? phase.reason : ''
    return feedbackTemplate({ requestId: request.requestId, customerPubkey: request.customer, status: 'error', text }, createdAt)
  }

  function onChannelMessage(event: NostrEvent, channelId: string, inbox: SaleInbox): void {
    if (!isTimely(event.created_at, nowSecs()) || channelOf(event) !== channelId) return
    const message = parseChannelMessage(event.content)
    if (!message.ok) return
    if (message.value.type === 'PaymentSent') {
      inbox.onPaymentClaim(message.value.job_id, event.pubkey, event.id)
      return
    }
    if (message.value.type !== 'JobRequest') return
    const { kind, prompt, max_tokens: maxTokens, target_provider: target, model } = message.value
    if (target !== undefined && target !== signer.pubkey) return
    inbox.onRequest({ event, channelId, jobId: jobIdOf(event.id), kind, prompt, maxTokens, model: model ?? null })
  }

  return {
    listen(channelId, inbox) {
      // Older ones are not taken any more (PROTOCOL.md §1).
      const since = nowSecs() - MAX_MESSAGE_AGE_SECS
      return pool.subscribe(
        [
          { kinds: [KIND.channelMessage], '#e': [channelId], since },
          { kinds: [KIND.deletion], '#k': [String(KIND.channelMessage)], since },
        ],
        {
          onEvent(event) {
            if (event.kind === KIND.channelMessage) {
              onChannelMessage(event, channelId, inbox)
              return
            }
            const cancel = parseCancel(event)
            if (!cancel.ok) return
            for (const requestId of cancel.value.requestIds) inbox.onCancel(requestId, event.pubkey, event.id)
          },
        },
      )
    },
    send: (what, sale) => (sale.begun ? signAndDeliver(pool, signer, templateFor(what, sale)) : Promise.resolve(null)),
    sendText(sale, { text, isFinal, sequence }) {
      if (!sale.begun) return
      const message: ChannelMessage = { type: 'StreamChunk', job_id: sale.request.jobId, chunk: text, is_final: isFinal, seq: sequence }
      void pool.publish(signer.sign(template(sale, message, nowSecs())))
    },
  }
}
