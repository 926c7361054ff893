/**
 * The customer's side of souk/1 (PROTOCOL.md §5): each job is asked for by a key of its own, and everything is encrypted. A
 * seller that does not know the dialect answers in NIP-90, and is understood too.
 */
import { z } from 'zod'
import { jobIdOf } from '#shared/protocol/channel.ts'
import { envelopeTemplate, isEncrypted, openEnvelope, writeHiddenTags } from '#shared/protocol/envelope.ts'
import { MAX_CLOCK_ERROR_SECS, type NostrEvent } from '#shared/protocol/event.ts'
import { cancelTemplate, parseFeedback } from '#shared/protocol/feedback.ts'
import type { Frame } from '#shared/protocol/frames.ts'
import { jobRequestTags, type JobRequestDraft } from '#shared/protocol/jobRequest.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { digestText, MAX_PART_BYTES, MAX_PRIVATE_TEXT_BYTES } from '#shared/protocol/privateParts.ts'
import { dateMessage, deliver, signAndDeliver, type Delivery } from '../../delivery.ts'
import type { NostrCrypto } from '../../nostr/crypto.ts'
import type { JobIdentities, JobIdentity } from '../../nostr/jobIdentity.ts'
import { createTextCollector, publishParts, sealText } from '../../nostr/privateTexts.ts'
import type { RelayPool } from '../../nostr/relayPool.ts'
import { signFrame } from '../../nostr/signFrame.ts'
import { withOwnRelays } from '../../nostr/withOwnRelays.ts'
import type { Clock, Log } from '../../ports.ts'
import type { BegunPurchase, PurchaseDialect, PurchaseInbox, RequestDraft } from '../dialect.ts'
import { chooseAnswerRelays, chooseSellerRelays } from './jobRelays.ts'
import { createPrivateAnswers } from './privateAnswers.ts'
import { createPrivateFrames } from './privateFrames.ts'

export interface PrivatePurchasesOptions {
  readonly pool: RelayPool
  readonly clock: Clock
  readonly log: Log
  readonly crypto: Pick<NostrCrypto, 'verify'>
  readonly identities: JobIdentities
  /** Where answers are wanted: our own relays, as others reach them. */
  readonly answerRelays: () => readonly string[]
}

const routeSchema = z.object({
  /** Of the key that asks. */
  nonce: z.string(),
  /** Where the seller reads, besides our own. */
  relays: z.array(z.string()),
  /** A prompt that goes in parts: they are made from it again, the same, after a restart. Null when the request holds it. */
  longPrompt: z.string().nullable(),
})

/** What is paid for is looked for again while it stays away: a relay may have lost it between its store and us. */
const ASK_AGAIN_MS = 10_000

export function createPrivatePurchases({ pool, clock, log, crypto, identities, answerRelays }: PrivatePurchasesOptions): PurchaseDialect {
  const nowSecs = () => Math.floor(clock.now() / 1_000)
  const routeOf = ({ request }: BegunPurchase) => routeSchema.parse(request.route)

  function relaysOf(purchase: BegunPurchase, use: 'read' | 'write'): readonly string[] | undefined {
    return withOwnRelays(pool, use, routeOf(purchase).relays)
  }

  /** The signed parts of a prompt: the same each time. */
  function partsOf(prompt: string, provider: string, { signer, cipher }: JobIdentity, createdAt: number): readonly NostrEvent[] {
    const sealed = sealText(prompt, provider, cipher, createdAt)
    // An offer's key signed it.
    if (!sealed.ok) throw new Error(sealed.error.message)
    return sealed.value.map((part) => signer.sign(part))
  }

  function draftRequest(draft: RequestDraft, provider: string, identity: JobIdentity): { readonly event: NostrEvent; readonly longPrompt: string | null } {
    const createdAt = nowSecs()
    const prompt = draft.prompt.toWellFormed()
    const { model, maxTokens, bidMsat } = draft
    const job: JobRequestDraft = { prompt, model, maxTokens, sampling: {}, stream: 'souk/1', bidMsat, relays: chooseAnswerRelays(pool, draft.relays, answerRelays()) }
    const short = writeHiddenTags(jobRequestTags(job, true))
    const isLong = Buffer.byteLength(short) > MAX_PART_BYTES
    const inParts = () => ({ ids: partsOf(prompt, provider, identity, createdAt).map(({ id }) => id), sha256: digestText(prompt) })
    const sealed = identity.cipher.encrypt(provider, isLong ? writeHiddenTags(jobRequestTags({ ...job, prompt: '', parts: inParts() }, true)) : short)
    if (!sealed.ok) throw new Error(sealed.error.message)
    const event = identity.signer.sign(envelopeTemplate({ kind: KIND.textGeneration, peer: provider, ciphertext: sealed.value }, createdAt))
    return { event, longPrompt: isLong ? prompt : null }
  }

  async function sendRequest(purchase: BegunPurchase, provider: string, identity: JobIdentity): Promise<Delivery | null> {
    const { event } = purchase.request
    const { longPrompt } = routeOf(purchase)
    const relays = relaysOf(purchase, 'write')
    // Whoever reads the request finds its parts.
    const parts = longPrompt === null ? [] : partsOf(longPrompt, provider, identity, event.created_at)
    const ids = await publishParts(parts, (part) => deliver(pool, part, relays))
    return ids === null ? null : deliver(pool, event, relays)
  }

  function sendFrame(frame: Frame, purchase: BegunPurchase, provider: string, identity: JobIdentity): void {
    const event = signFrame(identity, clock, frame, { peer: provider, requestId: purchase.request.event.id })
    if (event !== null) void pool.publish(event, relaysOf(purchase, 'write'))
  }

  function onFeedback(event: NostrEvent, { cipher }: JobIdentity, inbox: PurchaseInbox): void {
    const hidden = isEncrypted(event) ? cipher.decrypt(event.pubkey, event.content) : null
    if (hidden?.ok === false) return
    const feedback = parseFeedback(hidden === null ? event : openEnvelope(event, hidden.value))
    if (!feedback.ok) return
    const { status, bolt11, text } = feedback.value
    if (hidden === null) log('warn', 'a seller answered a private request in the clear', { seller: event.pubkey, kind: event.kind })
    if (status === 'payment-required' && bolt11 !== null) inbox.onInvoice(event.pubkey, event, bolt11)
    else if (status === 'payment-required') inbox.onRefusal(event.pubkey, event, 'it wants to be paid, and gives no Lightning invoice')
    else if (status === 'error' || status === 'cancelled') inbox.onRefusal(event.pubkey, event, text || 'no reason given')
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
    async send(what, purchase) {
      const { request } = purchase
      const provider = providerOf(purchase)
      const identity = identities.open(routeOf(purchase).nonce)
      switch (what) {
        case 'request':
          return sendRequest(purchase, provider, identity)
        case 'cancel':
          // The frame is heard at once, and the deletion also by a seller that is away, or knows no frames.
          sendFrame({ type: 'cancel', seq: 0, reason: '' }, purchase, provider, identity)
          return signAndDeliver(pool, identity.signer, cancelTemplate(request.event.id, dateMessage(purchase.changedAt, clock.now()), KIND.textGeneration), relaysOf(purchase, 'write'))
        case 'paymentSent':
          // This dialect has no word for it: a provider looks at its own wallet.
          return { eventId: request.event.id, raw: '', verdicts: [] }
      }
    },
    listen(purchase, inbox) {
      const provider = providerOf(purchase)
      const identity = identities.open(routeOf(purchase).nonce)
      const relays = relaysOf(purchase, 'read')
      const requestId = purchase.request.event.id
      const collect = createTextCollector({ pool, cipher: identity.cipher, clock })
      const answers = createPrivateAnswers({ purchase, provider, identity, relays, collect, clock, crypto, log, inbox })
      const frames = createPrivateFrames({
        provider,
        cipher: identity.cipher,
        clock,
        intervalMs: () => pool.frameIntervalMs(relaysOf(purchase, 'write')),
        onText: (text) => inbox.onText(provider, text),
        send: (frame) => sendFrame(frame, purchase, provider, identity),
      })
      // An answer may be read hours later, by any clock: what binds it is the job and its author, not its date.
      const since = purchase.request.event.created_at - MAX_CLOCK_ERROR_SECS
      const subscription = pool.subscribe([{ kinds: [KIND.jobFeedback, KIND.textGenerationResult, KIND.privateFrame], authors: [provider], '#e': [requestId], since }], {
        ...(relays === undefined ? {} : { relays }),
        askAgainMs: ASK_AGAIN_MS,
        onEvent(event) {
          if (event.pubkey !== provider) return
          if (event.kind === KIND.privateFrame) frames.take(event)
          else if (event.kind === KIND.jobFeedback) onFeedback(event, identity, answers.inbox)
          else answers.take(event)
        },
        onEose: () => inbox.onCaughtUp(),
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

function providerOf({ request }: BegunPurchase): string {
  if (request.provider === null) throw new Error('A private request is to somebody.')
  return request.provider
}
