/** What either side of a job says in each dialect, for a peer that a test plays. */
import type { DialectName } from '#shared/market/dialect.ts'
import { sats, type Msat } from '#shared/market/msat.ts'
import { channelMessageTemplate, jobIdOf, parseChannelMessage, type ChannelMessage } from '#shared/protocol/channel.ts'
import { envelopeTemplate, isEncrypted, openEnvelope, writeHiddenTags } from '#shared/protocol/envelope.ts'
import type { EventTemplate, NostrEvent } from '#shared/protocol/event.ts'
import { feedbackTemplate, hiddenFeedbackTags, parseFeedback, type FeedbackDraft } from '#shared/protocol/feedback.ts'
import { frameTemplate, writeFrame, type Frame } from '#shared/protocol/frames.ts'
import { jobRequestTags, jobRequestTemplate } from '#shared/protocol/jobRequest.ts'
import { jobResultTemplate } from '#shared/protocol/jobResult.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { listingTemplate } from '#shared/protocol/nip89.ts'
import { digestText } from '#shared/protocol/privateParts.ts'
import { writePrivateResult } from '#shared/protocol/privateResult.ts'
import type { Question } from '../customer/quote.ts'
import type { PurchaseEvent } from '../customer/purchase.ts'
import type { Engine } from '../engine.ts'
import { createCipher } from '../nostr/cipher.ts'
import { until } from './market.ts'
import { nodeClock, nodeRandom } from './nodePorts.ts'
import type { Peer } from './peer.ts'

export const TONGUES = ['channel', 'nip90', 'nip90, hidden', 'souk/1'] as const
export type Tongue = (typeof TONGUES)[number]
export const dialectOf = (tongue: Tongue): DialectName => (tongue === 'nip90, hidden' ? 'nip90' : tongue)

/** A job as one side knows it. */
export interface SpokenJob {
  readonly tongue: Tongue
  readonly requestId: string
  readonly jobId: string
  /** Hex public key of the other side. */
  readonly to: string
  readonly channelId: string
}

/** Unix seconds; what peers date their messages with. */
export const nowSecs = () => Math.floor(nodeClock.now() / 1_000)

/** NIP-44 from a peer to somebody. */
export function seal(from: Pick<Peer, 'secretKey'>, to: string, text: string): string {
  const sealed = createCipher(from.secretKey, nodeRandom).encrypt(to, text)
  if (!sealed.ok) throw new Error(sealed.error.message)
  return sealed.value
}

/** Lists an offer that is taken in any dialect; returns its channel. */
export async function offerAll(peer: Peer, priceMsat: Msat = sats(10)): Promise<string> {
  const channelId = Buffer.from(nodeRandom.bytes(32)).toString('hex')
  await peer.publish(
    listingTemplate(
      { listingId: 'played', name: 'Played', about: '', picture: '', priceMsat, models: ['m'], dialects: ['souk/1', 'nip90', 'channel'], capabilities: [], relays: [], network: 'regtest', channelId, sparkAddress: '', intervalSecs: 300 },
      nowSecs(),
    ),
  )
  return channelId
}

/** Asks a seller that the buyer sees, in that tongue; the job as the seller knows it. */
export async function askIn(tongue: Tongue, buyer: Engine, seller: string, prompt = 'What is 2+2?', channelId = ''): Promise<SpokenJob & { readonly event: NostrEvent }> {
  const question: Question = { prompt, selection: { by: 'pubkey', prefix: seller }, dialect: dialectOf(tongue), encrypted: tongue === 'nip90, hidden' }
  await until((look) => buyer.customer.offers.subscribe(look), () => (buyer.customer.quote(question).ok ? true : null), () => `no offer of ${seller}`, 60_000)
  const asked = buyer.customer.ask(question)
  if (!asked.ok) throw new Error(asked.error.message)
  const { jobId } = asked.value
  const begun = buyer.journal.events('customer', jobId).map(({ body }) => body as PurchaseEvent).find((event) => event.type === 'asked')
  if (begun === undefined) throw new Error('it was not asked')
  const { event } = begun.request
  return { tongue, jobId, requestId: event.id, to: event.pubkey, channelId, event }
}

/** A request of the peer's to that seller. */
export function requestIn(tongue: Tongue, from: Peer, seller: string, channelId: string, prompt: string, createdAt = nowSecs()): EventTemplate {
  const draft = { prompt, model: null, maxTokens: 20, sampling: {}, stream: tongue === 'souk/1' ? ('souk/1' as const) : null, bidMsat: null, relays: [] }
  switch (tongue) {
    case 'channel':
      return channelMessageTemplate(channelId, '', { type: 'JobRequest', kind: KIND.textGeneration, prompt, max_tokens: 20, target_provider: seller }, createdAt)
    case 'nip90':
      return jobRequestTemplate(draft, seller, createdAt)
    case 'nip90, hidden':
    case 'souk/1':
      return envelopeTemplate({ kind: KIND.textGeneration, peer: seller, ciphertext: seal(from, seller, writeHiddenTags(jobRequestTags(draft, true))) }, createdAt)
  }
}

/** The job as its customer knows it. */
export const jobOf = (tongue: Tongue, request: NostrEvent, seller: string, channelId: string): SpokenJob => ({ tongue, requestId: request.id, jobId: jobIdOf(request.id), to: seller, channelId })

export function invoiceIn(job: SpokenJob, from: Peer, bolt11: string, amountMsat: Msat): EventTemplate {
  if (job.tongue === 'channel') return inChannel(job, { type: 'Invoice', job_id: job.jobId, bolt11, amount_msats: amountMsat })
  return feedback(job, from, { status: 'payment-required', text: '', invoice: { amountMsat, bolt11 } })
}

export function refusalIn(job: SpokenJob, from: Peer, text: string): EventTemplate {
  return feedback(job, from, { status: 'error', text })
}

export function resultIn(job: SpokenJob, from: Peer, text: string): EventTemplate {
  switch (job.tongue) {
    case 'channel':
      return inChannel(job, { type: 'JobResult', job_id: job.jobId, result: text })
    case 'nip90':
      return jobResultTemplate({ requestId: job.requestId, customerPubkey: job.to, text }, nowSecs())
    case 'nip90, hidden':
      return hidden(job, KIND.textGenerationResult, seal(from, job.to, text))
    case 'souk/1':
      return hidden(job, KIND.textGenerationResult, seal(from, job.to, writePrivateResult({ text, sha256: digestText(text), usage: null, receipt: null })))
  }
}

export function frameIn(job: SpokenJob, from: Peer, frame: Frame): EventTemplate {
  return frameTemplate({ peer: job.to, requestId: job.requestId }, seal(from, job.to, writeFrame(frame)), nowSecs())
}

/** The invoice that an event holds for that customer. */
export function readInvoice(job: SpokenJob, customer: Peer, event: NostrEvent): string | null {
  if (event.kind === KIND.channelMessage) {
    const message = parseChannelMessage(event.content)
    return message.ok && message.value.type === 'Invoice' && message.value.job_id === job.jobId ? message.value.bolt11 : null
  }
  const text = isEncrypted(event) ? createCipher(customer.secretKey, nodeRandom).decrypt(event.pubkey, event.content) : null
  const said = parseFeedback(text === null || !text.ok ? event : openEnvelope(event, text.value))
  return said.ok && said.value.requestId === job.requestId ? said.value.bolt11 : null
}

export const inChannel = ({ channelId }: SpokenJob, message: ChannelMessage) => channelMessageTemplate(channelId, '', message, nowSecs())

const hidden = ({ requestId, to }: SpokenJob, kind: number, ciphertext: string) => envelopeTemplate({ kind, peer: to, requestId, ciphertext }, nowSecs())

function feedback(job: SpokenJob, from: Peer, said: Pick<FeedbackDraft, 'status' | 'text' | 'invoice'>): EventTemplate {
  const draft: FeedbackDraft = { requestId: job.requestId, customerPubkey: job.to, ...said }
  const isHidden = job.tongue === 'nip90, hidden' || job.tongue === 'souk/1'
  return isHidden ? hidden(job, KIND.jobFeedback, seal(from, job.to, writeHiddenTags(hiddenFeedbackTags(draft)))) : feedbackTemplate(draft, nowSecs())
}
