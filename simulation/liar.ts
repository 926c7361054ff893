/** A liar: says what it likes about everybody else's jobs, in all their dialects, and asks for what it never pays. */
import { sats } from '#shared/market/msat.ts'
import { channelMessageTemplate, channelOf, jobIdOf, parseChannelMessage } from '#shared/protocol/channel.ts'
import { envelopeTemplate, writeHiddenTags } from '#shared/protocol/envelope.ts'
import { tagValues, type NostrEvent } from '#shared/protocol/event.ts'
import { cancelTemplate, feedbackTemplate, hiddenFeedbackTags, type FeedbackDraft } from '#shared/protocol/feedback.ts'
import { frameTemplate, writeFrame, type Frame } from '#shared/protocol/frames.ts'
import { jobRequestTemplate } from '#shared/protocol/jobRequest.ts'
import { jobResultTemplate } from '#shared/protocol/jobResult.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { digestText } from '#shared/protocol/privateParts.ts'
import { writePrivateResult } from '#shared/protocol/privateResult.ts'
import { createStranger, type Stranger, type StrangerOptions } from './stranger.ts'

/** Invoices, results, refusals, claims and cancellations for jobs of others, and requests that it never pays for. */
export function createLiar(options: StrangerOptions): Stranger {
  const { chance } = options
  let questions = 0
  let lastResult = ''
  return createStranger('liar', options, (voice) => {
    function hearRequest(event: NostrEvent, channelId: string, prompt: string): void {
      const jobId = jobIdOf(event.id)
      switch (chance.between(0, 60)) {
        case 0:
          voice.did('invoice for a job of others')
          return voice.say(channelId, { type: 'Invoice', job_id: jobId, bolt11: voice.invoice(sats(1), `Souk ${jobId}`), amount_msats: sats(1) })
        case 1:
          voice.did('result of a job of others')
          return voice.say(channelId, { type: 'JobResult', job_id: jobId, result: 'The liar says so.' })
        case 2:
          voice.did('refusal of a job of others')
          return void voice.publish(feedbackTemplate({ requestId: event.id, customerPubkey: event.pubkey, status: 'error', text: 'The liar says no.' }, voice.nowSecs()))
        case 3:
          voice.did('cancellation of a job of others')
          return void voice.publish(cancelTemplate(event.id, voice.nowSecs()))
        case 4:
          voice.did('piece of text of a job of others')
          return voice.say(channelId, { type: 'StreamChunk', job_id: jobId, chunk: 'The liar streams.', is_final: false })
        case 5:
          voice.did('claim of a payment for a job of others')
          return voice.say(channelId, { type: 'PaymentSent', job_id: jobId, payment_id: event.id })
        case 6:
          voice.did('request that repeats that of another')
          return voice.say(channelId, { type: 'JobRequest', kind: KIND.textGeneration, prompt, max_tokens: 64 })
        case 7:
        case 8:
          return requestForNothing(channelId)
        default:
          return
      }
    }

    function requestForNothing(channelId: string): void {
      voice.did('request that is never paid')
      questions += 1
      const prompt = `Liar’s question ${questions}`
      const event = voice.publish(channelMessageTemplate(channelId, '', { type: 'JobRequest', kind: KIND.textGeneration, prompt, max_tokens: 64 }, voice.nowSecs()))
      options.time.after(chance.between(200, 5_000), () => {
        if (!voice.isActive()) return
        voice.did('claim of a payment never made')
        voice.say(channelId, { type: 'PaymentSent', job_id: jobIdOf(event.id), payment_id: '00'.repeat(32) })
      })
    }

    /** The same in NIP-90 and souk/1: in the clear, and hidden as only the provider should know how. */
    function hearJob(event: NostrEvent): void {
      const provider = tagValues(event.tags, 'p')[0]
      // Whoever offers for an open request is no liar yet.
      if (provider === undefined || provider === voice.pubkey) return
      const [requestId, customer] = [event.id, event.pubkey]
      const feedback = (said: Pick<FeedbackDraft, 'status' | 'text' | 'invoice'>, isHidden: boolean) => {
        const draft = { requestId, customerPubkey: customer, ...said }
        voice.publish(isHidden ? envelopeTemplate({ kind: KIND.jobFeedback, peer: customer, requestId, ciphertext: voice.hide(customer, writeHiddenTags(hiddenFeedbackTags(draft))) }, voice.nowSecs()) : feedbackTemplate(draft, voice.nowSecs()))
      }
      const hiddenResult = (text: string) => void voice.publish(envelopeTemplate({ kind: KIND.textGenerationResult, peer: customer, requestId, ciphertext: voice.hide(customer, text) }, voice.nowSecs()))
      const frame = (peer: string, said: Frame) => void voice.publish(frameTemplate({ peer, requestId }, voice.hide(peer, writeFrame(said)), voice.nowSecs()))
      const isHidden = chance.happens(0.5)
      switch (chance.between(0, 40)) {
        case 0:
          voice.did('NIP-90 invoice for a job of others')
          return feedback({ status: 'payment-required', text: '', invoice: { amountMsat: sats(1), bolt11: voice.invoice(sats(1), `Souk ${jobIdOf(requestId)}`) } }, isHidden)
        case 1:
          voice.did('NIP-90 refusal of a job of others')
          return feedback({ status: 'error', text: 'The liar says no.' }, isHidden)
        case 2:
          voice.did('NIP-90 result of a job of others')
          if (isHidden) return hiddenResult('The liar says so.')
          return void voice.publish(jobResultTemplate({ requestId, customerPubkey: customer, text: 'The liar says so.' }, voice.nowSecs()))
        case 3:
          voice.did('souk/1 result of a job of others')
          return hiddenResult(writePrivateResult({ text: 'The liar says so.', sha256: digestText('The liar says so.'), usage: null, receipt: null }))
        case 4:
          if (lastResult === '') return
          voice.did('result of another job')
          return void voice.publish({ kind: KIND.textGenerationResult, created_at: voice.nowSecs(), tags: [['e', requestId], ['p', customer], ...(isHidden ? [['encrypted']] : [])], content: lastResult })
        case 5:
          voice.did('NIP-90 cancellation of a job of others')
          return void voice.publish(cancelTemplate(requestId, voice.nowSecs(), KIND.textGeneration))
        case 6:
          voice.did('souk/1 cancellation of a job of others')
          return frame(provider, { type: 'cancel', seq: 1, reason: 'The liar says stop.' })
        case 7:
          voice.did('souk/1 text of a job of others')
          return void options.time.after(chance.between(0, 3_000), () => frame(customer, { type: 'delta', seq: chance.between(1, 3), text: 'The liar streams.' }))
        case 8:
          voice.did('souk/1 word that all has arrived at others')
          return void options.time.after(chance.between(0, 3_000), () => frame(provider, { type: 'ack', seq: chance.between(1, 1_000) }))
        case 9:
          voice.did('request that repeats the cipher of another')
          return void voice.publish({ kind: event.kind, created_at: voice.nowSecs(), tags: event.tags, content: event.content })
        case 10:
          voice.did('NIP-90 request that is never paid')
          questions += 1
          return void voice.publish(jobRequestTemplate({ prompt: `Liar’s question ${questions}`, model: null, maxTokens: 64, sampling: {}, stream: null, bidMsat: null, relays: [] }, provider, voice.nowSecs()))
        default:
          return
      }
    }

    function hearFeedback(event: NostrEvent): void {
      if (!chance.happens(0.02)) return
      voice.did('NIP-90 invoice of another said again')
      voice.publish({ kind: event.kind, created_at: voice.nowSecs(), tags: event.tags, content: event.content })
    }

    return {
      filters: [{ kinds: [KIND.channelMessage, KIND.textGeneration, KIND.textGenerationResult, KIND.jobFeedback] }],
      hear(event) {
        if (event.kind === KIND.textGeneration) return hearJob(event)
        if (event.kind === KIND.jobFeedback) return hearFeedback(event)
        if (event.kind === KIND.textGenerationResult) {
          lastResult = event.content
          return
        }
        const channelId = channelOf(event)
        const message = parseChannelMessage(event.content)
        if (channelId === null || !message.ok) return
        if (message.value.type === 'JobRequest') hearRequest(event, channelId, message.value.prompt)
        else if (message.value.type === 'Invoice' && chance.happens(0.02)) {
          voice.did('invoice of another said again')
          voice.say(channelId, message.value)
        }
      },
    }
  })
}
