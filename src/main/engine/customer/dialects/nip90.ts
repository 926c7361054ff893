/** The customer's side of NIP-90 (PROTOCOL.md §4): how a purchase's messages travel. Each job is asked for by a key of its own. */
import { fail, ok } from '#shared/market/result.ts'
import { jobIdOf } from '#shared/protocol/channel.ts'
import { envelopeTemplate, isEncrypted, writeHiddenTags } from '#shared/protocol/envelope.ts'
import type { EventTemplate, NostrEvent } from '#shared/protocol/event.ts'
import { jobRequestTags, jobRequestTemplate, type JobRequestDraft } from '#shared/protocol/jobRequest.ts'
import { parseJobResult } from '#shared/protocol/jobResult.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import type { Cipher } from '../../nostr/cipher.ts'
import type { JobIdentity } from '../../nostr/jobIdentity.ts'
import { createTokenBucket } from '../../nostr/tokenBucket.ts'
import type { PurchaseDialect, PurchaseInbox, RequestDraft } from '../dialect.ts'
import { createJobMessages, openText, takeFeedback, type JobMessagesOptions } from './jobMessages.ts'
import { chooseSellerRelays } from './jobRelays.ts'

/** What a provider that says nothing about its limit takes. */
const MAX_PROMPT_BYTES = 16_384
/** Anybody may send samples to an open request; those of so many are kept apart. */
const MAX_SAMPLERS = 20
/** An answer to an open request may be hidden by a key that was never seen, which costs milliseconds to read; anybody can make one. */
const OPENED_PER_SEC = 10
const OPENED_AT_ONCE = 40
const TOO_MANY = fail('too-many', 'Too many hidden answers come at once.')
/** They carry nothing for a model, and would each be six characters of JSON. */
const CONTROL_CHARACTERS = /(?![\t\n\r])\p{Cc}/gu

export function createNip90Purchases(options: JobMessagesOptions): PurchaseDialect {
  const { pool, clock, identities } = options
  const messages = createJobMessages(options)
  const nowSecs = () => Math.floor(clock.now() / 1_000)

  function draftTemplate(draft: RequestDraft, { cipher }: JobIdentity): EventTemplate {
    const { provider, prompt, maxTokens, model, bidMsat, encrypted, settlement } = draft
    const job: JobRequestDraft = { prompt, model, maxTokens, sampling: {}, stream: null, settlement, bidMsat, relays: messages.wantAnswersOn(draft.relays) }
    if (!encrypted || provider === null) return jobRequestTemplate(job, provider, nowSecs())
    const hidden = jobRequestTags({ ...job, prompt: prompt.toWellFormed().replace(CONTROL_CHARACTERS, ' ') }, true)
    const sealed = cipher.encrypt(provider, writeHiddenTags(hidden))
    // An offer's key signed it, and a prompt of that length fits.
    if (!sealed.ok) throw new Error(sealed.error.message)
    return envelopeTemplate({ kind: KIND.textGeneration, peer: provider, ciphertext: sealed.value }, nowSecs())
  }

  function onFeedback(event: NostrEvent, cipher: Pick<Cipher, 'decrypt'>, inbox: PurchaseInbox, partials: Map<string, string>): void {
    const feedback = takeFeedback(event, cipher, inbox)
    if (feedback?.status !== 'partial') return
    // A sample: the whole so far each time, or one for all. What is neither is left to the result.
    const { content } = feedback
    const shown = partials.get(event.pubkey) ?? ''
    if (!content.startsWith(shown) || content === shown || (shown === '' && partials.size >= MAX_SAMPLERS)) return
    partials.set(event.pubkey, content)
    inbox.onText(event.pubkey, content.slice(shown.length))
  }

  function onResult(event: NostrEvent, requestId: string, cipher: Pick<Cipher, 'decrypt'>, inbox: PurchaseInbox): void {
    const result = parseJobResult(event)
    if (!result.ok || result.value.requestId !== requestId) return
    const text = isEncrypted(event) ? openText(event, cipher) : ok(result.value.content)
    if (text.ok) inbox.onResult(event.pubkey, event, { text: text.value, usage: null, receipt: null, isOpen: !isEncrypted(event) })
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
    settlements: ['prepay', 'escrow'],
    send: (outgoing, purchase, preimage) => messages.send(outgoing, purchase, preimage),
    hearReceipts: (purchase, onReceipt) => messages.hearReceipts(purchase, onReceipt),
    listen(purchase, inbox) {
      const { request, provider } = purchase
      const { cipher: own } = messages.identityOf(purchase)
      const opening = createTokenBucket(clock, OPENED_PER_SEC, OPENED_AT_ONCE)
      const cipher: Pick<Cipher, 'decrypt'> = provider === null ? { decrypt: (peer, payload) => (opening.take() ? own.decrypt(peer, payload) : TOO_MANY) } : own
      const partials = new Map<string, string>()
      return messages.listen(purchase, [KIND.jobFeedback, KIND.textGenerationResult], inbox, (event) => {
        if (event.kind === KIND.jobFeedback) onFeedback(event, cipher, inbox, partials)
        else onResult(event, request.event.id, cipher, inbox)
      })
    },
    decline(purchase, provider) {
      messages.sendFrame({ type: 'cancel', seq: 0, reason: 'Another offer was taken.' }, purchase, provider)
    },
  }
}
