/** The customer's side of the channel dialect (PROTOCOL.md §2): how a purchase's messages travel. */
import { z } from 'zod'
import { channelMessageTemplate, channelOf, jobIdOf, parseChannelMessage, type ChannelMessage } from '#shared/protocol/channel.ts'
import { MAX_CLOCK_ERROR_SECS, type NostrEvent } from '#shared/protocol/event.ts'
import { cancelTemplate, parseFeedback } from '#shared/protocol/feedback.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { dateMessage, deliver, signAndDeliver, type Delivery } from '../../delivery.ts'
import type { Cipher } from '../../nostr/cipher.ts'
import type { RelayPool } from '../../nostr/relayPool.ts'
import type { Signer } from '../../nostr/signer.ts'
import type { Clock } from '../../ports.ts'
import type { PurchaseDialect, PurchaseInbox } from '../dialect.ts'
import type { BegunPurchase } from '../purchase.ts'
import { hearReceipts, sendSettlementNote } from './settlementNotes.ts'

const routeSchema = z.object({ channelId: z.string() })

/** What one event carries, and what a provider that says nothing about its limit takes. */
const MAX_PROMPT_BYTES = 16_384

export function createChannelPurchases(options: { readonly pool: RelayPool; readonly signer: Signer; readonly cipher: Pick<Cipher, 'encrypt' | 'decrypt'>; readonly clock: Clock; readonly relayHint: () => string }): PurchaseDialect {
  const { pool, signer, cipher, clock, relayHint } = options
  const nowSecs = () => Math.floor(clock.now() / 1_000)
  const channelIdOf = ({ request }: BegunPurchase) => routeSchema.parse(request.route).channelId

  function onChannelMessage({ request }: BegunPurchase, channelId: string, event: NostrEvent, inbox: PurchaseInbox): void {
    if (channelOf(event) !== channelId) return
    const parsed = parseChannelMessage(event.content)
    if (!parsed.ok) return
    const message: ChannelMessage = parsed.value
    if (!('job_id' in message) || message.job_id !== request.jobId) return
    if (message.type === 'Invoice') inbox.onInvoice(event.pubkey, event, message.bolt11)
    else if (message.type === 'StreamChunk' && message.chunk !== '') inbox.onText(event.pubkey, message.chunk)
    else if (message.type === 'JobResult') inbox.onResult(event.pubkey, event, { text: message.result, usage: null, receipt: null, isOpen: true })
  }

  function say(purchase: BegunPurchase, message: ChannelMessage, createdAt: number): Promise<Delivery | null> {
    return signAndDeliver(pool, signer, channelMessageTemplate(channelIdOf(purchase), relayHint(), message, createdAt))
  }

  function onFeedback(event: NostrEvent, inbox: PurchaseInbox): void {
    const feedback = parseFeedback(event)
    if (feedback.ok && feedback.value.status === 'error') inbox.onRefusal(event.pubkey, event, feedback.value.text || 'no reason given')
  }

  return {
    name: 'channel',
    privacy: 'public-channel',
    maxPromptBytes: MAX_PROMPT_BYTES,
    takesOpenRequests: false,
    takesEncrypted: false,
    makeRequest({ channelId, provider, prompt, maxTokens, model, settlement }, isTaken) {
      if (channelId === null) throw new Error('A request in a channel needs one.')
      const message: ChannelMessage = { type: 'JobRequest', kind: KIND.textGeneration, prompt, max_tokens: maxTokens, target_provider: provider ?? undefined, model: model ?? undefined, payment_hash: settlement.name === 'escrow' ? (settlement.paymentHash ?? undefined) : undefined }
      // The same question within one second would be the same event: then it is dated a second later.
      for (let createdAt = nowSecs(); ; createdAt++) {
        const event = signer.sign(channelMessageTemplate(channelId, relayHint(), message, createdAt))
        const jobId = jobIdOf(event.id)
        if (!isTaken(jobId)) return { event, jobId, route: { channelId }, privacy: 'public-channel' }
      }
    },
    settlements: ['prepay', 'escrow'],
    async send(outgoing, purchase, preimage) {
      const { request } = purchase
      const createdAt = dateMessage(purchase.changedAt, clock.now())
      switch (outgoing.what) {
        case 'request':
          return deliver(pool, request.event)
        case 'cancel':
          return signAndDeliver(pool, signer, cancelTemplate(request.event.id, createdAt))
        case 'paymentSent':
          return say(purchase, { type: 'PaymentSent', job_id: request.jobId, payment_id: outgoing.paymentId }, createdAt)
        case 'locked': {
          const { paymentHash, amountMsat, expirySecs, paymentId } = outgoing
          const locked = await say(purchase, { type: 'HtlcLocked', job_id: request.jobId, payment_hash: paymentHash, amount_msats: amountMsat, expiry_secs: expirySecs }, createdAt)
          // Only with both does a reader of the original's begin.
          return locked !== null && (await say(purchase, { type: 'PaymentSent', job_id: request.jobId, payment_id: paymentId }, createdAt)) !== null ? locked : null
        }
        case 'refund':
          // A channel hides nothing, and the original has no word for it: it is said beside the channel, to a seller that hears it there.
          return sendSettlementNote({ pool, signer, cipher, clock }, { type: 'refund', bolt11: outgoing.bolt11 }, purchase)
        case 'receipt':
          return sendSettlementNote({ pool, signer, cipher, clock }, { type: 'receipt', receipt: outgoing.receipt }, purchase)
        case 'release': {
          if (preimage === null) throw new Error('the secret of a lock was not kept')
          const released = await say(purchase, { type: 'PreimageRelease', job_id: request.jobId, preimage }, createdAt)
          // The relays have it in the open; our own journal and pages all the same do not.
          return released === null ? null : { ...released, raw: released.raw.replaceAll(preimage, '…') }
        }
      }
    },
    listen(purchase, inbox) {
      const { request, provider } = purchase
      const channelId = channelIdOf(purchase)
      const authors = provider === null ? {} : { authors: [provider] }
      // An answer may be read hours later, by any clock: what binds it is the job and its author, not its date.
      const since = request.event.created_at - MAX_CLOCK_ERROR_SECS
      return pool.subscribe(
        [
          { kinds: [KIND.channelMessage], ...authors, '#e': [channelId], since },
          { kinds: [KIND.jobFeedback], ...authors, '#e': [request.event.id], since },
        ],
        {
          onEvent(event) {
            if (event.kind === KIND.jobFeedback) onFeedback(event, inbox)
            else onChannelMessage(purchase, channelId, event, inbox)
          },
          onEose: () => inbox.onCaughtUp(),
        },
      )
    },
    hearReceipts: (purchase, onReceipt) => hearReceipts({ pool, signer, cipher }, purchase, onReceipt),
    // Every request of this dialect names its provider.
    decline() {},
  }
}
