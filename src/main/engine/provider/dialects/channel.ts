/** The seller's side of the channel dialect (PROTOCOL.md §2): how a sale's messages travel. */
import { z } from 'zod'
import { channelMessageTemplate, channelOf, jobIdOf, parseChannelMessage, type ChannelMessage } from '#shared/protocol/channel.ts'
import { isTimely, MAX_MESSAGE_AGE_SECS, type EventTemplate, type NostrEvent } from '#shared/protocol/event.ts'
import { feedbackTemplate, parseCancel } from '#shared/protocol/feedback.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { dateMessage, signAndDeliver } from '../../delivery.ts'
import type { Cipher } from '../../nostr/cipher.ts'
import type { RelayPool } from '../../nostr/relayPool.ts'
import type { Signer } from '../../nostr/signer.ts'
import type { Clock } from '../../ports.ts'
import type { SaleDialect, SaleInbox } from '../dialect.ts'
import type { BegunSale } from '../sale.ts'
import type { SaleOutgoing } from '../settlement/mode.ts'
import { receiptNote } from './jobRoute.ts'
import { createTextCoalescer } from './textCoalescer.ts'

export interface ChannelSalesOptions {
  readonly pool: RelayPool
  readonly signer: Signer
  /** Of the signer's key. */
  readonly cipher: Pick<Cipher, 'encrypt'>
  readonly clock: Clock
  /** The channel that is listened to; null: none. */
  readonly channelId: () => string | null
  readonly relayHint: () => string
  /** Least time between two pieces of an answer. */
  readonly pieceIntervalMs: () => number
}

const routeSchema = z.object({ channelId: z.string() })

/** What opens a lock is read so far back: no lock of a channel's lasts for longer. */
const RELEASE_AGE_SECS = 7_200
/** One event carries the whole result (64 KiB with everything around it). */
const MAX_RESULT_BYTES = 48 * 1_024

export function createChannelSales({ pool, signer, cipher, clock, channelId, relayHint, pieceIntervalMs }: ChannelSalesOptions): SaleDialect {
  const nowSecs = () => Math.floor(clock.now() / 1_000)

  function template({ request }: BegunSale, message: ChannelMessage, createdAt: number): EventTemplate {
    return channelMessageTemplate(routeSchema.parse(request.route).channelId, relayHint(), message, createdAt)
  }

  function templateFor(outgoing: SaleOutgoing, sale: BegunSale): EventTemplate {
    const { request } = sale
    const createdAt = dateMessage(sale.changedAt, clock.now())
    switch (outgoing.what) {
      case 'invoice': {
        const { bolt11, amountMsat, paymentHash } = outgoing.invoice
        return template(sale, { type: 'Invoice', job_id: request.jobId, bolt11, amount_msats: amountMsat, payment_hash: paymentHash }, createdAt)
      }
      case 'result':
        return template(sale, { type: 'JobResult', job_id: request.jobId, result: outgoing.generated.text }, createdAt)
      case 'refusal':
      case 'trouble':
        return feedbackTemplate({ requestId: request.requestId, customerPubkey: request.customer, status: 'error', text: outgoing.reason }, createdAt)
      case 'sealed':
        throw new Error('Nothing is sealed in this dialect.')
    }
  }

  function onChannelMessage(event: NostrEvent, channel: string, inbox: SaleInbox): void {
    if (channelOf(event) !== channel) return
    const message = parseChannelMessage(event.content)
    if (!message.ok) return
    if (message.value.type === 'PreimageRelease') {
      // However old: what opens a lock does so until the lock returns, also for a seller that was away.
      inbox.onRelease(message.value.job_id, event.pubkey, event.id, message.value.preimage)
      return
    }
    if (!isTimely(event.created_at, nowSecs())) return
    if (message.value.type === 'PaymentSent') {
      inbox.onPaymentClaim(message.value.job_id, event.pubkey, event.id)
      return
    }
    if (message.value.type === 'HtlcLocked') {
      const { job_id: jobId, payment_hash: paymentHash, amount_msats: amountMsat, expiry_secs: expirySecs } = message.value
      inbox.onLockClaim(jobId, event.pubkey, event.id, { paymentHash, amountMsat, expirySecs })
      return
    }
    if (message.value.type !== 'JobRequest') return
    const { kind, prompt, max_tokens: maxTokens, target_provider: target, model, payment_hash: paymentHash } = message.value
    if (target !== undefined && target !== signer.pubkey) return
    inbox.onRequest({
      dialect: 'channel',
      privacy: 'public-channel',
      requestId: event.id,
      jobId: jobIdOf(event.id),
      customer: event.pubkey,
      // In a channel, who asks without a name still asks the few that are there, and gets their reasons.
      open: false,
      route: { channelId: channel },
      kind,
      prompt,
      maxTokens,
      model: model ?? null,
      sampling: {},
      bidMsat: null,
      // Who says no hash may still lock at our address, as the original does, or pay the invoice.
      settlement: { name: 'escrow', paymentHash: paymentHash ?? null },
      refusal: null,
    })
  }

  return {
    name: 'channel',
    maxResultBytes: MAX_RESULT_BYTES,
    listen(inbox) {
      const channel = channelId()
      if (channel === null) return { close() {} }
      // Older ones are not taken any more (PROTOCOL.md §1).
      const since = nowSecs() - MAX_MESSAGE_AGE_SECS
      return pool.subscribe(
        [
          // Of jobs that it was away from, what was released meanwhile is among these.
          { kinds: [KIND.channelMessage], '#e': [channel], since: nowSecs() - RELEASE_AGE_SECS },
          { kinds: [KIND.deletion], '#k': [String(KIND.channelMessage)], since },
        ],
        {
          onEvent(event) {
            if (event.kind === KIND.channelMessage) {
              onChannelMessage(event, channel, inbox)
              return
            }
            const cancel = parseCancel(event)
            if (!cancel.ok) return
            for (const requestId of cancel.value.requestIds) inbox.onCancel(requestId, event.pubkey, event.id)
          },
        },
      )
    },
    settlements: ['prepay', 'escrow'],
    send: (outgoing, sale) => signAndDeliver(pool, signer, templateFor(outgoing, sale)),
    /** Beside the channel, and to its customer alone. */
    sendReceipt: (receipt, sale) => signAndDeliver(pool, signer, receiptNote(cipher, receipt, sale, clock.now())),
    openStream(sale, streams) {
      if (!streams) return { add() {}, end() {}, close() {} }
      let sequence = 0
      const send = (text: string, isFinal: boolean) => {
        const message: ChannelMessage = { type: 'StreamChunk', job_id: sale.request.jobId, chunk: text, is_final: isFinal, seq: sequence++ }
        void pool.publish(signer.sign(template(sale, message, nowSecs())))
      }
      const out = createTextCoalescer(clock, pieceIntervalMs(), (text) => send(text, false))
      return {
        add: (text) => out.add(text),
        end() {
          out.flush()
          send('', true)
        },
        close: () => out.close(),
      }
    },
  }
}
