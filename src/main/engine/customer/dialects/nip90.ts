/** The customer's side of NIP-90 (PROTOCOL.md §4): how a purchase's messages travel. Each job is asked for by a key of its own. */
import { z } from 'zod'
import { fail } from '#shared/market/result.ts'
import { jobIdOf } from '#shared/protocol/channel.ts'
import { envelopeTemplate, isEncrypted, openEnvelope, writeHiddenTags } from '#shared/protocol/envelope.ts'
import { MAX_CLOCK_ERROR_SECS, type EventTemplate, type NostrEvent } from '#shared/protocol/event.ts'
import { cancelTemplate, parseFeedback } from '#shared/protocol/feedback.ts'
import { jobRequestTags, jobRequestTemplate, type JobRequestDraft } from '#shared/protocol/jobRequest.ts'
import { parseJobResult } from '#shared/protocol/jobResult.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { dateMessage, deliver, signAndDeliver } from '../../delivery.ts'
import type { Cipher } from '../../nostr/cipher.ts'
import type { JobIdentities, JobIdentity } from '../../nostr/jobIdentity.ts'
import type { RelayPool } from '../../nostr/relayPool.ts'
import { signFrame } from '../../nostr/signFrame.ts'
import { createTokenBucket } from '../../nostr/tokenBucket.ts'
import { withOwnRelays } from '../../nostr/withOwnRelays.ts'
import type { Clock } from '../../ports.ts'
import type { BegunPurchase, PurchaseDialect, PurchaseInbox, RequestDraft } from '../dialect.ts'
import { chooseAnswerRelays, chooseSellerRelays } from './jobRelays.ts'

export interface Nip90PurchasesOptions {
  readonly pool: RelayPool
  readonly clock: Clock
  readonly identities: JobIdentities
  /** Where answers are wanted: our own relays, as others reach them. */
  readonly answerRelays: () => readonly string[]
}

const routeSchema = z.object({
  /** Of the key that asks. */
  nonce: z.string(),
  /** Where the seller reads, besides our own. */
  relays: z.array(z.string()),
})

/** What a provider that says nothing about its limit takes. */
const MAX_PROMPT_BYTES = 16_384
/** What is paid for is looked for again while it stays away: a relay may have lost it between its store and us. */
const ASK_AGAIN_MS = 10_000
/** Anybody may send samples to an open request; those of so many are kept apart. */
const MAX_SAMPLERS = 20
/** An answer to an open request may be hidden by a key that was never seen, which costs milliseconds to read; anybody can make one. */
const OPENED_PER_SEC = 10
const OPENED_AT_ONCE = 40
const TOO_MANY = fail('too-many', 'Too many hidden answers come at once.')
/** They carry nothing for a model, and would each be six characters of JSON. */
const CONTROL_CHARACTERS = /(?![\t\n\r])\p{Cc}/gu

export function createNip90Purchases({ pool, clock, identities, answerRelays }: Nip90PurchasesOptions): PurchaseDialect {
  const nowSecs = () => Math.floor(clock.now() / 1_000)
  const routeOf = ({ request }: BegunPurchase) => routeSchema.parse(request.route)
  const identityOf = (purchase: BegunPurchase) => identities.open(routeOf(purchase).nonce)

  function relaysOf(purchase: BegunPurchase, use: 'read' | 'write'): readonly string[] | undefined {
    return withOwnRelays(pool, use, routeOf(purchase).relays)
  }

  function draftTemplate(draft: RequestDraft, { cipher }: JobIdentity): EventTemplate {
    const { provider, prompt, maxTokens, model, bidMsat, encrypted } = draft
    const job: JobRequestDraft = { prompt, model, maxTokens, sampling: {}, stream: null, bidMsat, relays: chooseAnswerRelays(pool, draft.relays, answerRelays()) }
    if (!encrypted || provider === null) return jobRequestTemplate(job, provider, nowSecs())
    const hidden = jobRequestTags({ ...job, prompt: prompt.toWellFormed().replace(CONTROL_CHARACTERS, ' ') }, true)
    const sealed = cipher.encrypt(provider, writeHiddenTags(hidden))
    // An offer's key signed it, and a prompt of that length fits.
    if (!sealed.ok) throw new Error(sealed.error.message)
    return envelopeTemplate({ kind: KIND.textGeneration, peer: provider, ciphertext: sealed.value }, nowSecs())
  }

  function open(event: NostrEvent, cipher: Pick<Cipher, 'decrypt'>): string | null {
    if (event.content === '') return ''
    const text = cipher.decrypt(event.pubkey, event.content)
    return text.ok ? text.value : null
  }

  function onFeedback(event: NostrEvent, cipher: Pick<Cipher, 'decrypt'>, inbox: PurchaseInbox, partials: Map<string, string>): void {
    const text = isEncrypted(event) ? open(event, cipher) : null
    const feedback = parseFeedback(text === null ? event : openEnvelope(event, text))
    if (!feedback.ok) return
    const { status, bolt11, content } = feedback.value
    const reason = feedback.value.text
    switch (status) {
      case 'payment-required':
        if (bolt11 !== null) inbox.onInvoice(event.pubkey, event, bolt11)
        else inbox.onRefusal(event.pubkey, event, 'it wants to be paid, and gives no Lightning invoice')
        return
      case 'partial': {
        // A sample: the whole so far each time, or one for all. What is neither is left to the result.
        const shown = partials.get(event.pubkey) ?? ''
        if (!content.startsWith(shown) || content === shown || (shown === '' && partials.size >= MAX_SAMPLERS)) return
        partials.set(event.pubkey, content)
        inbox.onText(event.pubkey, content.slice(shown.length))
        return
      }
      case 'error':
        inbox.onRefusal(event.pubkey, event, reason || 'no reason given')
        return
      case 'cancelled':
        inbox.onRefusal(event.pubkey, event, reason || 'it cancelled the job')
        return
      case 'processing':
      case 'success':
    }
  }

  function onResult(event: NostrEvent, requestId: string, cipher: Pick<Cipher, 'decrypt'>, inbox: PurchaseInbox): void {
    const result = parseJobResult(event)
    if (!result.ok || result.value.requestId !== requestId) return
    const text = isEncrypted(event) ? open(event, cipher) : result.value.content
    if (text !== null) inbox.onResult(event.pubkey, event, { text, usage: null, receipt: null, isOpen: !isEncrypted(event) })
  }

  return {
    name: 'nip90',
    privacy: 'public-relays',
    maxPromptBytes: MAX_PROMPT_BYTES,
    takesOpenRequests: true,
    takesEncrypted: true,
    makeRequest(draft, isTaken) {
      for (;;) {
        const identity = identities.create()
        const event = identity.signer.sign(draftTemplate(draft, identity))
        const jobId = jobIdOf(event.id)
        if (isTaken(jobId)) continue
        return { event, jobId, route: { nonce: identity.nonce, relays: chooseSellerRelays(pool, draft.relays) }, privacy: isEncrypted(event) ? 'private' : 'public-relays' }
      }
    },
    send(what, purchase) {
      const { request } = purchase
      const relays = relaysOf(purchase, 'write')
      switch (what) {
        case 'request':
          return deliver(pool, request.event, relays)
        case 'cancel':
          return signAndDeliver(pool, identityOf(purchase).signer, cancelTemplate(request.event.id, dateMessage(purchase.changedAt, clock.now()), KIND.textGeneration), relays)
        case 'paymentSent':
          // This dialect has no word for it: a provider looks at its own wallet.
          return Promise.resolve({ eventId: request.event.id, raw: '', verdicts: [] })
      }
    },
    listen(purchase, inbox) {
      const { request, provider } = purchase
      const { cipher: own } = identityOf(purchase)
      const opening = createTokenBucket(clock, OPENED_PER_SEC, OPENED_AT_ONCE)
      const cipher: Pick<Cipher, 'decrypt'> = provider === null ? { decrypt: (peer, payload) => (opening.take() ? own.decrypt(peer, payload) : TOO_MANY) } : own
      const partials = new Map<string, string>()
      const authors = provider === null ? {} : { authors: [provider] }
      const relays = relaysOf(purchase, 'read')
      // An answer may be read hours later, by any clock: what binds it is the job and its author, not its date.
      const since = request.event.created_at - MAX_CLOCK_ERROR_SECS
      return pool.subscribe([{ kinds: [KIND.jobFeedback, KIND.textGenerationResult], ...authors, '#e': [request.event.id], since }], {
        ...(relays === undefined ? {} : { relays }),
        askAgainMs: ASK_AGAIN_MS,
        onEvent(event) {
          if (event.kind === KIND.jobFeedback) onFeedback(event, cipher, inbox, partials)
          else onResult(event, request.event.id, cipher, inbox)
        },
        onEose: () => inbox.onCaughtUp(),
      })
    },
    decline(purchase, provider) {
      const event = signFrame(identityOf(purchase), clock, { type: 'cancel', seq: 0, reason: 'Another offer was taken.' }, { peer: provider, requestId: purchase.request.event.id })
      if (event !== null) void pool.publish(event, relaysOf(purchase, 'write'))
    },
  }
}
