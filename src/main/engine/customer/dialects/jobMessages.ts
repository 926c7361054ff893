/**
 * What is the same for every job that is asked for by a kind 5050, on the customer's side (PROTOCOL.md §4, §5): a key and relays
 * of its own, its cancellation, its private frames, and how its seller's feedback is read.
 */
import { z } from 'zod'
import { ok, type Result } from '#shared/market/result.ts'
import { isEncrypted, openEnvelope } from '#shared/protocol/envelope.ts'
import { MAX_CLOCK_ERROR_SECS, type NostrEvent } from '#shared/protocol/event.ts'
import { cancelTemplate, parseFeedback, type Feedback } from '#shared/protocol/feedback.ts'
import type { Frame } from '#shared/protocol/frames.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import type { SettlementNote } from '#shared/protocol/settlementNote.ts'
import { dateMessage, deliver, signAndDeliver, type Delivery } from '../../delivery.ts'
import type { Cipher } from '../../nostr/cipher.ts'
import type { JobIdentities, JobIdentity } from '../../nostr/jobIdentity.ts'
import type { RelayPool, Subscription } from '../../nostr/relayPool.ts'
import { signFrame } from '../../nostr/signFrame.ts'
import { withOwnRelays } from '../../nostr/withOwnRelays.ts'
import type { Clock } from '../../ports.ts'
import type { PurchaseInbox } from '../dialect.ts'
import type { BegunPurchase } from '../purchase.ts'
import type { PurchaseOutgoing } from '../settlement/mode.ts'
import { chooseAnswerRelays } from './jobRelays.ts'
import { hearReceipts, sendSettlementNote } from './settlementNotes.ts'

export interface JobMessagesOptions {
  readonly pool: RelayPool
  readonly clock: Clock
  readonly identities: JobIdentities
  /** Where answers are wanted: our own relays, as others reach them. */
  readonly answerRelays: () => readonly string[]
}

export interface JobMessages {
  /** Where a seller that reads on these relays is asked to answer; none in particular when it is empty. */
  wantAnswersOn(named: readonly string[]): readonly string[]
  identityOf(purchase: BegunPurchase): JobIdentity
  /** Over which relays the job runs; our own of that use when undefined. */
  relaysOf(purchase: BegunPurchase, use: 'read' | 'write'): readonly string[] | undefined
  /** Null when no relay took it. */
  send(outgoing: PurchaseOutgoing, purchase: BegunPurchase, preimage: string | null): Promise<Delivery | null>
  hearReceipts(purchase: BegunPurchase, onReceipt: (receipt: NostrEvent) => void): Subscription
  /** Best effort, as frames are. */
  sendFrame(frame: Frame, purchase: BegunPurchase, provider: string): void
  /** Whatever of these kinds is said about the job, by its provider alone if it has one. */
  listen(purchase: BegunPurchase, kinds: readonly number[], inbox: PurchaseInbox, onEvent: (event: NostrEvent) => void): Subscription
}

/** What these dialects store of a request, to go on after a restart. */
export const jobRouteSchema = z.object({
  /** Of the key that asks. */
  nonce: z.string(),
  /** Where the seller reads, besides our own. */
  relays: z.array(z.string()),
})

/** What is paid for is looked for again while it stays away: a relay may have lost it between its store and us. */
const ASK_AGAIN_MS = 10_000

export function createJobMessages({ pool, clock, identities, answerRelays }: JobMessagesOptions): JobMessages {
  const routeOf = ({ request }: BegunPurchase) => jobRouteSchema.parse(request.route)
  const identityOf = (purchase: BegunPurchase) => identities.open(routeOf(purchase).nonce)
  const relaysOf = (purchase: BegunPurchase, use: 'read' | 'write') => withOwnRelays(pool, use, routeOf(purchase).relays)

  const sendNote = (note: SettlementNote, purchase: BegunPurchase) => sendSettlementNote({ pool, clock, ...identityOf(purchase) }, note, purchase, relaysOf(purchase, 'write'))

  return {
    wantAnswersOn: (named) => chooseAnswerRelays(pool, named, answerRelays()),
    identityOf,
    relaysOf,
    send(outgoing, purchase, preimage) {
      const { event } = purchase.request
      const relays = relaysOf(purchase, 'write')
      switch (outgoing.what) {
        case 'request':
          return deliver(pool, event, relays)
        case 'cancel':
          return signAndDeliver(pool, identityOf(purchase).signer, cancelTemplate(event.id, dateMessage(purchase.changedAt, clock.now()), KIND.textGeneration), relays)
        case 'paymentSent':
          // These dialects have no word for it: a provider looks at its own wallet.
          return Promise.resolve({ eventId: event.id, raw: '', verdicts: [] })
        case 'locked':
          throw new Error('Nothing is locked at an address in this dialect.')
        case 'release':
          if (preimage === null) throw new Error('the secret of a lock was not kept')
          return sendNote({ type: 'release', preimage }, purchase)
        case 'refund':
          return sendNote({ type: 'refund', bolt11: outgoing.bolt11 }, purchase)
        case 'receipt':
          return sendNote({ type: 'receipt', receipt: outgoing.receipt }, purchase)
      }
    },
    hearReceipts: (purchase, onReceipt) => hearReceipts({ pool, ...identityOf(purchase) }, purchase, onReceipt, relaysOf(purchase, 'read')),
    sendFrame(frame, purchase, provider) {
      const event = signFrame(identityOf(purchase), clock, frame, { peer: provider, requestId: purchase.request.event.id })
      if (event !== null) void pool.publish(event, relaysOf(purchase, 'write'))
    },
    listen(purchase, kinds, inbox, onEvent) {
      const { provider, request } = purchase
      const relays = relaysOf(purchase, 'read')
      // An answer may be read hours later, by any clock: what binds it is the job and its author, not its date.
      const since = request.event.created_at - MAX_CLOCK_ERROR_SECS
      return pool.subscribe([{ kinds, ...(provider === null ? {} : { authors: [provider] }), '#e': [request.event.id], since }], {
        ...(relays === undefined ? {} : { relays }),
        askAgainMs: ASK_AGAIN_MS,
        onEvent,
        onEose: () => inbox.onCaughtUp(),
      })
    },
  }
}

/** What a hidden event holds. Empty is no ciphertext, and the answer of a job that was stopped at once. */
export function openText(event: NostrEvent, cipher: Pick<Cipher, 'decrypt'>): Result<string> {
  return event.content === '' ? ok('') : cipher.decrypt(event.pubkey, event.content)
}

/** Reads a kind 7000 and hands on what it asks for or refuses. Null when it cannot be read: of one that cannot be opened, what it shows is. */
export function takeFeedback(event: NostrEvent, cipher: Pick<Cipher, 'decrypt'>, inbox: PurchaseInbox): Feedback | null {
  const hidden = isEncrypted(event) ? openText(event, cipher) : null
  const feedback = parseFeedback(hidden?.ok === true ? openEnvelope(event, hidden.value) : event)
  if (!feedback.ok) return null
  const { status, bolt11, text, step } = feedback.value
  if (status === 'payment-required' && bolt11 !== null) inbox.onInvoice(event.pubkey, event, bolt11, step?.index, step ?? undefined)
  else if (status === 'payment-required') inbox.onRefusal(event.pubkey, event, 'it wants to be paid, and gives no Lightning invoice')
  else if (status === 'error') inbox.onRefusal(event.pubkey, event, text || 'no reason given')
  else if (status === 'processing' && text !== '') inbox.onPause?.(event.pubkey, event, text)
  else if (status === 'cancelled') inbox.onRefusal(event.pubkey, event, text || 'it cancelled the job')
  return feedback.value
}
