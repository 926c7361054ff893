/** How a job that was asked for by a kind 5050 is answered (PROTOCOL.md §4): to whom, on which relays, hidden or plain. */
import { z } from 'zod'
import type { Json } from '#shared/market/dialect.ts'
import { envelopeTemplate, writeHiddenTags } from '#shared/protocol/envelope.ts'
import type { EventTemplate, NostrEvent } from '#shared/protocol/event.ts'
import { feedbackTemplate, hiddenFeedbackTags, type FeedbackDraft } from '#shared/protocol/feedback.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { writeSettlementNote } from '#shared/protocol/settlementNote.ts'
import { signedEventSchema } from '#shared/protocol/signedEvent.ts'
import { dateMessage, signAndDeliver, type Delivery } from '../../delivery.ts'
import type { Cipher } from '../../nostr/cipher.ts'
import type { RelayPool } from '../../nostr/relayPool.ts'
import type { Signer } from '../../nostr/signer.ts'
import { withOwnRelays } from '../../nostr/withOwnRelays.ts'
import type { Clock } from '../../ports.ts'
import type { BegunSale } from '../sale.ts'
import type { SaleOutgoing } from '../settlement/mode.ts'

const routeSchema = z.object({
  encrypted: z.boolean(),
  /** Where the customer wants the answers too. */
  relays: z.array(z.string()),
  /** A plain request in the canonical form, which its result quotes; null: the result names it by its id. */
  request: signedEventSchema.nullable(),
})
export type JobRoute = z.output<typeof routeSchema>

/** A longer one would take the room of the answer. */
const MAX_QUOTED_CHARACTERS = 4_096

/** The route of a request as it was read. The original's form has no `i`, and its readers take the id alone. */
export function makeJobRoute(event: NostrEvent, encrypted: boolean, relays: readonly string[]): Json {
  const isQuoted = !encrypted && event.tags.some(([name]) => name === 'i') && JSON.stringify(event).length <= MAX_QUOTED_CHARACTERS
  return { encrypted, relays: [...relays], request: isQuoted ? { ...event, tags: event.tags.map((tag) => [...tag]) } : null }
}

export function jobRouteOf({ request }: BegunSale): JobRoute {
  return routeSchema.parse(request.route)
}

/** Where its answers go: our own write relays, and those that the request names; undefined when it names none. */
export function answerRelaysOf(pool: Pick<RelayPool, 'urls'>, sale: BegunSale): readonly string[] | undefined {
  return withOwnRelays(pool, 'write', jobRouteOf(sale).relays)
}

export interface JobAnswersOptions {
  readonly pool: RelayPool
  readonly clock: Clock
  readonly signer: Signer
  /** Of the signer's own key. */
  readonly cipher: Cipher
}

type Said = Pick<FeedbackDraft, 'status' | 'text' | 'invoice' | 'step'>

export interface JobAnswers {
  /** Publishes what a sale has to say that is not its result: the invoice, or what became of the job; null when no relay took it. */
  send(outgoing: Exclude<SaleOutgoing, { what: 'result' | 'sealed' }>, sale: BegunSale): Promise<Delivery | null>
  /** Hands over what was signed of the job at its end, hidden however it was asked for; null when no relay took it. */
  sendReceipt(receipt: NostrEvent, sale: BegunSale): Promise<Delivery | null>
  /** Work has begun; of a second try, which is the same work, nothing is said. Best effort. */
  sayBegun(sale: BegunSale): void
  /** Publishes a kind 7000 as the request was made; null when no relay took it. */
  sendFeedback(sale: BegunSale, said: Said, createdAt: number): Promise<Delivery | null>
  /** Signs and publishes, to our own relays and to those that the request names. */
  publish(sale: BegunSale, template: EventTemplate): Promise<Delivery | null>
  /** An envelope around a text for the sale's customer. An empty text stays empty: NIP-44 has none. */
  seal(sale: BegunSale, kind: number, text: string, createdAt: number): EventTemplate
}

function sealFor(cipher: Pick<Cipher, 'encrypt'>, { request }: BegunSale, kind: number, text: string, createdAt: number): EventTemplate {
  const sealed = text === '' ? { ok: true as const, value: '' } : cipher.encrypt(request.customer, text)
  // The customer's key signed the request, and the length is the dialect's to bound.
  if (!sealed.ok) throw new Error(sealed.error.message)
  return envelopeTemplate({ kind, peer: request.customer, requestId: request.requestId, ciphertext: sealed.value }, createdAt)
}

/** What was signed of a job at its end, for its customer alone, however the job was asked for. */
export function receiptNote(cipher: Pick<Cipher, 'encrypt'>, receipt: NostrEvent, sale: BegunSale, nowMs: number): EventTemplate {
  return sealFor(cipher, sale, KIND.settlementNote, writeSettlementNote({ type: 'receipt', receipt }), dateMessage(sale.changedAt, nowMs))
}

export function createJobAnswers({ pool, clock, signer, cipher }: JobAnswersOptions): JobAnswers {
  const seal = (sale: BegunSale, kind: number, text: string, createdAt: number) => sealFor(cipher, sale, kind, text, createdAt)

  function publish(sale: BegunSale, template: EventTemplate): Promise<Delivery | null> {
    return signAndDeliver(pool, signer, template, answerRelaysOf(pool, sale))
  }

  function sendFeedback(sale: BegunSale, said: Said, createdAt: number): Promise<Delivery | null> {
    const draft: FeedbackDraft = { requestId: sale.request.requestId, customerPubkey: sale.request.customer, ...said }
    const template = jobRouteOf(sale).encrypted ? seal(sale, KIND.jobFeedback, writeHiddenTags(hiddenFeedbackTags(draft)), createdAt) : feedbackTemplate(draft, createdAt)
    return publish(sale, template)
  }

  return {
    publish,
    seal,
    sendFeedback,
    send(outgoing, sale) {
      const createdAt = dateMessage(sale.changedAt, clock.now())
      if (outgoing.what !== 'invoice') return sendFeedback(sale, { status: outgoing.isPause === true ? 'processing' : 'error', text: outgoing.reason }, createdAt)
      const { amountMsat, bolt11 } = outgoing.invoice
      const step = outgoing.step === undefined ? {} : { step: { index: outgoing.index, ...outgoing.step } }
      return sendFeedback(sale, { status: 'payment-required', text: '', invoice: { amountMsat, bolt11 }, ...step }, createdAt)
    },
    sendReceipt: (receipt, sale) => publish(sale, receiptNote(cipher, receipt, sale, clock.now())),
    sayBegun(sale) {
      if ((sale.phase.name === 'working' || sale.phase.name === 'metering') && sale.phase.attempt <= 1) void sendFeedback(sale, { status: 'processing', text: '' }, dateMessage(sale.changedAt, clock.now()))
    },
  }
}
