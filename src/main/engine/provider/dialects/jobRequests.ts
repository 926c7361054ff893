/** Requests of kind 5050, to us by name or to everybody, and what is said of them (PROTOCOL.md §4, §5). One listener for every dialect that uses them. */
import type { Result } from '#shared/market/result.ts'
import { jobIdOf } from '#shared/protocol/channel.ts'
import { isEncrypted, openEnvelope } from '#shared/protocol/envelope.ts'
import { isTimely, MAX_MESSAGE_AGE_SECS, tagValues, type EventTemplate, type NostrEvent } from '#shared/protocol/event.ts'
import { parseCancel } from '#shared/protocol/feedback.ts'
import { parseJobRequest, type JobRequest } from '#shared/protocol/jobRequest.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { noteAddress, parseSettlementNote } from '#shared/protocol/settlementNote.ts'
import { parseZapReceipt } from '#shared/protocol/zapReceipt.ts'
import type { Cipher } from '../../nostr/cipher.ts'
import type { NostrCrypto } from '../../nostr/crypto.ts'
import type { RelayPool, Subscription } from '../../nostr/relayPool.ts'
import { createTokenBucket } from '../../nostr/tokenBucket.ts'
import type { Clock } from '../../ports.ts'
import type { SaleInbox, UnreadRequest } from '../dialect.ts'
import { createJobAllowance } from './jobAllowance.ts'
import type { ResolveInputs } from './jobInputs.ts'
import { makeJobRoute } from './jobRoute.ts'

/** Fetches the parts of a text by their ids, from that author, and checks its SHA-256. Fails with a reason for the customer. */
export type CollectParts = (ids: readonly string[], sha256: string, author: string, signal: AbortSignal) => Promise<Result<string>>

export interface JobRequestsOptions {
  readonly pool: RelayPool
  readonly clock: Clock
  /** Of the seller's own key. */
  readonly cipher: Cipher
  readonly crypto: Pick<NostrCrypto, 'verify'>
  /** Whether requests that name nobody are answered too; read when listening begins. */
  readonly openRequests: () => boolean
  /** Whether those who ask now are answered. */
  readonly isSelling: () => boolean
  /** Whether this Souk made that request itself, since nobody buys from oneself, or has heard it before. */
  readonly isKnownRequest: (requestId: string) => boolean
  readonly resolveInputs: ResolveInputs
  /** Null: prompts in parts are refused. */
  readonly collectParts: CollectParts | null
  /** Whether a request for a private stream is a sale of that dialect. */
  readonly speaksSouk1: boolean
}

export interface JobRequests {
  listen(inbox: SaleInbox): Subscription
}

const SOUK1 = 'souk/1'
/** Requests whose inputs are being fetched at once; those beyond it are refused. */
const MAX_FETCHING = 16
/** Of those, by one key. */
const MAX_FETCHING_PER_KEY = 3
/**
 * Hidden requests that are opened: each comes from a key of its own, whose agreement costs 1 to 4 ms, and anybody can make one.
 * The rate is some ten times what a seller has invoices for; the burst is what may have gathered while it was away.
 */
const OPENED_PER_SEC = 40
const OPENED_AT_ONCE = 240
/** What a customer said of its payment is read so far back: what it released while the seller was away opens the lock until that returns. */
const NOTE_AGE_SECS = 86_400

export function createJobRequests(options: JobRequestsOptions): JobRequests {
  const { pool, clock, cipher, crypto, openRequests, isSelling, isKnownRequest, resolveInputs, collectParts, speaksSouk1 } = options
  const nowSecs = () => Math.floor(clock.now() / 1_000)
  const opening = createTokenBucket(clock, OPENED_PER_SEC, OPENED_AT_ONCE)
  const allowanceOf = createJobAllowance(clock)

  /** The request as if it had been plain; null when it is not for us, or not to be read. */
  function open(event: NostrEvent): EventTemplate | null {
    const named = tagValues(event.tags, 'p')
    if (named.length > 0 && !named.includes(cipher.pubkey)) return null
    if (!isEncrypted(event)) return named.length > 0 || openRequests() ? event : null
    if (named.length === 0 || !opening.take()) return null
    const text = cipher.decrypt(event.pubkey, event.content)
    return text.ok ? openEnvelope(event, text.value) : null
  }

  function listen(inbox: SaleInbox): Subscription {
    const closing = new AbortController()
    /** Who asked, for each request that is being fetched. */
    const fetching: string[] = []

    function read(event: NostrEvent, job: JobRequest, encrypted: boolean): UnreadRequest {
      return {
        dialect: encrypted && speaksSouk1 && job.stream === SOUK1 ? SOUK1 : 'nip90',
        privacy: encrypted ? 'private' : 'public-relays',
        requestId: event.id,
        jobId: jobIdOf(event.id),
        customer: event.pubkey,
        open: tagValues(event.tags, 'p').length === 0,
        route: makeJobRoute(event, encrypted, job.relays),
        kind: event.kind,
        maxTokens: job.maxTokens,
        model: job.model,
        sampling: job.sampling,
        // What is paid as it comes has no price that a bid could be held against: the customer stops where it wants.
        bidMsat: job.settlement.name === 'metered' ? null : job.bidMsat,
        settlement: job.settlement,
      }
    }

    /** Why nothing is fetched for it; null when it is. */
    function whyNotFetched(unread: UnreadRequest, job: JobRequest): string | null {
      if (job.parts !== null && collectParts === null) return 'Prompts in parts are not taken here.'
      if (fetching.length >= MAX_FETCHING) return 'Too many requests have inputs to be fetched. Try again in a moment.'
      if (fetching.filter((customer) => customer === unread.customer).length >= MAX_FETCHING_PER_KEY) return 'Too many requests of one key have inputs to be fetched. Try again in a moment.'
      return inbox.mayTake(unread)
    }

    function onRequest(event: NostrEvent): void {
      // Before anything is decrypted, or fetched.
      if (!isSelling() || !isTimely(event.created_at, nowSecs()) || isKnownRequest(event.id)) return
      const opened = open(event)
      if (opened === null) return
      const job = parseJobRequest(opened)
      const unread = read(event, job, isEncrypted(event))
      const refuse = (refusal: string) => inbox.onRequest({ ...unread, prompt: '', refusal })
      if (job.refusal !== null) return refuse(job.refusal)
      if (job.parts === null && job.inputs.every(({ type }) => type === 'text')) {
        return inbox.onRequest({ ...unread, prompt: job.inputs.map(({ value }) => value).join('\n\n'), refusal: null })
      }
      const reason = whyNotFetched(unread, job)
      if (reason !== null) return refuse(reason)
      fetching.push(event.pubkey)
      const fetched = job.parts !== null && collectParts !== null ? collectParts(job.parts.ids, job.parts.sha256, event.pubkey, closing.signal) : resolveInputs(job.inputs, closing.signal)
      void fetched.then((prompt) => {
        fetching.splice(fetching.indexOf(event.pubkey), 1)
        if (closing.signal.aborted) return
        if (prompt.ok) inbox.onRequest({ ...unread, prompt: prompt.value, refusal: null })
        else refuse(prompt.error.message)
      })
    }

    /** A zap is no payment of our invoice: a reason to look at the own wallet, no more. */
    function onZap(event: NostrEvent): void {
      const zap = parseZapReceipt(event)
      if (!zap.ok || !isTimely(event.created_at, nowSecs()) || !crypto.verify(zap.value.request)) return
      for (const requestId of zap.value.eventIds) inbox.onPaymentClaim(jobIdOf(requestId), zap.value.request.pubkey, event.id)
    }

    /** However late: what opens a lock does so until the lock returns. Nothing of a stranger's is decrypted, and of a customer's no more than it has to say. */
    function onNote(event: NostrEvent): void {
      const address = noteAddress(event)
      if (address?.peer !== cipher.pubkey || !inbox.isCustomer(address.requestId, event.pubkey) || !allowanceOf(address.requestId).take()) return
      const text = cipher.decrypt(event.pubkey, event.content)
      const note = text.ok ? parseSettlementNote(text.value) : text
      if (!note.ok) return
      const jobId = jobIdOf(address.requestId)
      switch (note.value.type) {
        case 'release':
          return inbox.onRelease(jobId, event.pubkey, event.id, note.value.preimage)
        case 'refund':
          return inbox.onRefundWish?.(jobId, event.pubkey, event.id, note.value.bolt11)
        case 'receipt':
          return inbox.onReceipt?.(jobId, event.pubkey, note.value.receipt, event.created_at)
      }
    }

    // Older ones are not taken any more (PROTOCOL.md §1).
    const since = nowSecs() - MAX_MESSAGE_AGE_SECS
    const ours = { '#p': [cipher.pubkey], since }
    const subscription = pool.subscribe(
      [
        openRequests() ? { kinds: [KIND.textGeneration], since } : { kinds: [KIND.textGeneration], ...ours },
        { kinds: [KIND.deletion], '#k': [String(KIND.textGeneration)], since },
        { kinds: [KIND.zapReceipt], ...ours },
        { kinds: [KIND.settlementNote], '#p': [cipher.pubkey], since: nowSecs() - NOTE_AGE_SECS },
      ],
      {
        onEvent(event) {
          if (event.kind === KIND.textGeneration) return onRequest(event)
          if (event.kind === KIND.zapReceipt) return onZap(event)
          if (event.kind === KIND.settlementNote) return onNote(event)
          const cancel = parseCancel(event)
          if (cancel.ok) for (const requestId of cancel.value.requestIds) inbox.onCancel(requestId, event.pubkey, event.id)
        },
      },
    )
    return {
      close() {
        closing.abort()
        subscription.close()
      },
    }
  }

  return { listen }
}
