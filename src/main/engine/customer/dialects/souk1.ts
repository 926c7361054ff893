/**
 * The customer's side of souk/1 (PROTOCOL.md §5): each job is asked for by a key of its own, and everything is encrypted. A
 * seller that does not know the dialect answers in NIP-90, and is understood too.
 */
import { z } from 'zod'
import { jobIdOf } from '#shared/protocol/channel.ts'
import { envelopeTemplate, isEncrypted, writeHiddenTags } from '#shared/protocol/envelope.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { jobRequestTags, type JobRequestDraft } from '#shared/protocol/jobRequest.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { digestText, MAX_PART_BYTES, MAX_PRIVATE_TEXT_BYTES } from '#shared/protocol/privateParts.ts'
import { deliver } from '../../delivery.ts'
import type { NostrCrypto } from '../../nostr/crypto.ts'
import type { JobIdentity } from '../../nostr/jobIdentity.ts'
import { createTextCollector, publishParts, sealText } from '../../nostr/privateTexts.ts'
import type { Log } from '../../ports.ts'
import type { PurchaseDialect, RequestDraft } from '../dialect.ts'
import { lookAt, type BegunPurchase } from '../purchase.ts'
import { createJobMessages, jobRouteSchema, takeFeedback, type JobMessagesOptions } from './jobMessages.ts'
import { chooseSellerRelays } from './jobRelays.ts'
import { createPrivateAnswers } from './privateAnswers.ts'
import { createPrivateFrames } from './privateFrames.ts'

export interface PrivatePurchasesOptions extends JobMessagesOptions {
  readonly log: Log
  readonly crypto: Pick<NostrCrypto, 'verify'>
}

const routeSchema = jobRouteSchema.extend({
  /** A prompt that goes in parts: they are made from it again, the same, after a restart. Null when the request holds it. */
  longPrompt: z.string().nullable(),
})

export function createPrivatePurchases(options: PrivatePurchasesOptions): PurchaseDialect {
  const { pool, clock, log, crypto, identities } = options
  const messages = createJobMessages(options)

  /** The signed parts of a prompt: the same each time. */
  function partsOf(prompt: string, provider: string, { signer, cipher }: JobIdentity, createdAt: number): readonly NostrEvent[] {
    const sealed = sealText(prompt, provider, cipher, createdAt)
    // An offer's key signed it.
    if (!sealed.ok) throw new Error(sealed.error.message)
    return sealed.value.map((part) => signer.sign(part))
  }

  function draftRequest(draft: RequestDraft, provider: string, identity: JobIdentity): { readonly event: NostrEvent; readonly longPrompt: string | null } {
    const createdAt = Math.floor(clock.now() / 1_000)
    const prompt = draft.prompt.toWellFormed()
    const { model, maxTokens, bidMsat, settlement } = draft
    const job: JobRequestDraft = { prompt, model, maxTokens, sampling: {}, stream: 'souk/1', settlement, bidMsat, relays: messages.wantAnswersOn(draft.relays) }
    const short = writeHiddenTags(jobRequestTags(job, true))
    const isLong = Buffer.byteLength(short) > MAX_PART_BYTES
    const inParts = () => ({ ids: partsOf(prompt, provider, identity, createdAt).map(({ id }) => id), sha256: digestText(prompt) })
    const sealed = identity.cipher.encrypt(provider, isLong ? writeHiddenTags(jobRequestTags({ ...job, prompt: '', parts: inParts() }, true)) : short)
    if (!sealed.ok) throw new Error(sealed.error.message)
    const event = identity.signer.sign(envelopeTemplate({ kind: KIND.textGeneration, peer: provider, ciphertext: sealed.value }, createdAt))
    return { event, longPrompt: isLong ? prompt : null }
  }

  /** False when a part is on no relay. */
  async function sendParts(purchase: BegunPurchase): Promise<boolean> {
    const { longPrompt } = routeSchema.parse(purchase.request.route)
    if (longPrompt === null) return true
    const parts = partsOf(longPrompt, providerOf(purchase), messages.identityOf(purchase), purchase.request.event.created_at)
    return (await publishParts(parts, (part) => deliver(pool, part, messages.relaysOf(purchase, 'write')))) !== null
  }

  return {
    name: 'souk/1',
    privacy: 'private',
    maxPromptBytes: MAX_PRIVATE_TEXT_BYTES,
    takesOpenRequests: false,
    takesEncrypted: false,
    makeRequest(draft, isTaken) {
      if (draft.provider === null) throw new Error('A private request is to somebody.')
      for (;;) {
        const identity = identities.create()
        const { event, longPrompt } = draftRequest(draft, draft.provider, identity)
        const jobId = jobIdOf(event.id)
        if (!isTaken(jobId)) return { event, jobId, route: { nonce: identity.nonce, relays: chooseSellerRelays(pool, draft.relays), longPrompt }, privacy: 'private' }
      }
    },
    settlements: ['prepay', 'escrow', 'sealed', 'metered'],
    async send(outgoing, purchase, preimage) {
      // Whoever reads the request finds its parts.
      if (outgoing.what === 'request' && !(await sendParts(purchase))) return null
      // The frame is heard at once, and the deletion also by a seller that is away, or knows no frames.
      if (outgoing.what === 'cancel') messages.sendFrame({ type: 'cancel', seq: 0, reason: '' }, purchase, providerOf(purchase))
      return messages.send(outgoing, purchase, preimage)
    },
    hearReceipts: (purchase, onReceipt) => messages.hearReceipts(purchase, onReceipt),
    listen(purchase, inbox) {
      const provider = providerOf(purchase)
      const identity = messages.identityOf(purchase)
      const collect = createTextCollector({ pool, cipher: identity.cipher, clock })
      const answers = createPrivateAnswers({ purchase, provider, identity, relays: messages.relaysOf(purchase, 'read'), collect, clock, crypto, log, inbox })
      const frames = createPrivateFrames({
        provider,
        cipher: identity.cipher,
        clock,
        intervalMs: () => pool.frameIntervalMs(messages.relaysOf(purchase, 'write')),
        heard: framesHeard(purchase),
        onText: (text, upTo) => inbox.onText(provider, text, upTo),
        onVeiled: (bytes) => inbox.onVeiled?.(provider, bytes),
        send: (frame) => messages.sendFrame(frame, purchase, provider),
      })
      const subscription = messages.listen(purchase, [KIND.jobFeedback, KIND.textGenerationResult, KIND.privateFrame], inbox, (event) => {
        if (event.pubkey !== provider) return
        if (event.kind === KIND.privateFrame) {
          frames.take(event)
        } else if (event.kind === KIND.jobFeedback) {
          const feedback = takeFeedback(event, identity.cipher, answers.inbox)
          if (feedback !== null && !isEncrypted(event)) log('warn', 'a seller answered a private request in the clear', { seller: provider, kind: event.kind })
        } else {
          answers.take(event)
        }
      })
      return {
        close() {
          subscription.close()
          answers.close()
          frames.close()
        },
      }
    },
    // Every request of this dialect names its provider.
    decline() {},
  }
}

/** Of a stream that may have begun: how much is stored of it. Undefined: it has not, or nobody waits for it, or nothing was counted. */
function framesHeard(purchase: BegunPurchase): number | undefined {
  const { isListening, paymentHashes } = lookAt(purchase)
  if (!isListening) return undefined
  return purchase.frames ?? (paymentHashes.length > 0 && purchase.text === '' ? 0 : undefined)
}

function providerOf({ request }: BegunPurchase): string {
  if (request.provider === null) throw new Error('A private request is to somebody.')
  return request.provider
}
