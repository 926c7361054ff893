/** The customer's side of the channel dialect (PROTOCOL.md §2): how a purchase's messages travel. */
import { channelMessageTemplate, channelOf, jobIdOf, parseChannelMessage, type ChannelMessage } from '#shared/protocol/channel.ts'
import { MAX_MESSAGE_AHEAD_SECS, type NostrEvent } from '#shared/protocol/event.ts'
import { cancelTemplate, parseFeedback } from '#shared/protocol/feedback.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { dateMessage, deliver, signAndDeliver, type Delivery } from '../delivery.ts'
import type { RelayPool, Subscription } from '../nostr/relayPool.ts'
import type { Signer } from '../nostr/signer.ts'
import type { Clock } from '../ports.ts'
import type { Purchase, PurchaseRequest, PurchaseSending } from './purchase.ts'

export interface RequestDraft {
  readonly channelId: string
  readonly provider: string
  readonly prompt: string
  readonly maxTokens: number
  readonly model: string | null
}

/** What the bound provider says; everybody else is not heard. */
export interface PurchaseInbox {
  onInvoice(from: string, event: NostrEvent, bolt11: string): void
  onText(from: string, text: string): void
  onResult(from: string, event: NostrEvent, text: string): void
  onRefusal(from: string, event: NostrEvent, reason: string): void
  /** What the relays had stored has been handed over: from here on, what comes is new, in the order in which it is said. */
  onCaughtUp(): void
}

export interface ChannelPurchases {
  /**
   * Signs the request whose id names the job. The same question within one second would be the same event, and so the
   * same job: then it is dated a second later, until `isTaken` says that the job is new.
   */
  makeRequest(draft: RequestDraft, isTaken: (jobId: string) => boolean): { readonly event: NostrEvent; readonly jobId: string }
  send(what: PurchaseSending, purchase: Purchase): Promise<Delivery | null>
  listen(request: PurchaseRequest, inbox: PurchaseInbox): Subscription
}

export function createChannelPurchases(options: { readonly pool: RelayPool; readonly signer: Signer; readonly clock: Clock; readonly relayHint: () => string }): ChannelPurchases {
  const { pool, signer, clock, relayHint } = options
  const nowSecs = () => Math.floor(clock.now() / 1_000)

  function onChannelMessage(request: PurchaseRequest, event: NostrEvent, inbox: PurchaseInbox): void {
    if (channelOf(event) !== request.channelId) return
    const parsed = parseChannelMessage(event.content)
    if (!parsed.ok) return
    const message: ChannelMessage = parsed.value
    if (!('job_id' in message) || message.job_id !== request.jobId) return
    if (message.type === 'Invoice') inbox.onInvoice(event.pubkey, event, message.bolt11)
    else if (message.type === 'StreamChunk' && message.chunk !== '') inbox.onText(event.pubkey, message.chunk)
    else if (message.type === 'JobResult') inbox.onResult(event.pubkey, event, message.result)
  }

  function onFeedback(event: NostrEvent, inbox: PurchaseInbox): void {
    const feedback = parseFeedback(event)
    if (feedback.ok && feedback.value.status === 'error') inbox.onRefusal(event.pubkey, event, feedback.value.text || 'no reason given')
  }

  return {
    makeRequest({ channelId, provider, prompt, maxTokens, model }, isTaken) {
      const message: ChannelMessage = { type: 'JobRequest', kind: KIND.textGeneration, prompt, max_tokens: maxTokens, target_provider: provider, model: model ?? undefined }
      for (let createdAt = nowSecs(); ; createdAt++) {
        const event = signer.sign(channelMessageTemplate(channelId, relayHint(), message, createdAt))
        const jobId = jobIdOf(event.id)
        if (!isTaken(jobId)) return { event, jobId }
      }
    },
    send(what, purchase) {
      if (!purchase.begun) return Promise.resolve(null)
      const { request, phase } = purchase
      const createdAt = dateMessage(purchase.changedAt, clock.now())
      switch (what) {
        case 'request':
          return deliver(pool, request.event)
        case 'cancel':
          return signAndDeliver(pool, signer, cancelTemplate(request.event.id, createdAt))
        case 'paymentSent': {
          if (phase.name !== 'reading') return Promise.resolve(null)
          const message: ChannelMessage = { type: 'PaymentSent', job_id: request.jobId, payment_id: phase.intent.paymentHash }
          return signAndDeliver(pool, signer, channelMessageTemplate(request.channelId, relayHint(), message, createdAt))
        }
      }
    },
    listen(request, inbox) {
      // An answer may be read hours later: what binds it is the job and its author, not its age.
      const since = request.event.created_at - MAX_MESSAGE_AHEAD_SECS
      return pool.subscribe(
        [
          { kinds: [KIND.channelMessage], authors: [request.provider], '#e': [request.channelId], since },
          { kinds: [KIND.jobFeedback], authors: [request.provider], '#e': [request.event.id], since },
        ],
        {
          onEvent(event) {
            if (event.created_at > nowSecs() + MAX_MESSAGE_AHEAD_SECS) return
            if (event.kind === KIND.jobFeedback) onFeedback(event, inbox)
            else onChannelMessage(request, event, inbox)
          },
          onEose: () => inbox.onCaughtUp(),
        },
      )
    },
  }
}
