import { openEnvelope, parseHiddenTags, writeHiddenTags } from '#shared/protocol/envelope.ts'
import { jobParamTags, parseJobParams } from '#shared/protocol/jobParams.ts'
import { jobRequestTags, jobRequestTemplate, parseJobRequest } from '#shared/protocol/jobRequest.ts'
import { jobResultTemplate, parseJobResult } from '#shared/protocol/jobResult.ts'
import type { Msat } from '#shared/market/msat.ts'
import { eventsOfKind, jobEvents, VECTOR_SECS } from '../examples.ts'
import { eventTarget, jsonTarget, valueOf } from '../target.ts'

const sampling = { temperature: 0.7, topK: 40, topP: 0.9, repeatPenalty: 1.1, seed: 42 }
const draft = { prompt: 'What is 2+2?', model: 'llama3.2', maxTokens: 512, sampling, stream: 'souk/1', bidMsat: 5_000 as Msat, relays: ['wss://relay.example'] }
const parts = { ids: ['a'.repeat(64), 'b'.repeat(64)], sha256: 'c'.repeat(64) }
const requests = [
  ...eventsOfKind(5_050),
  ...jobEvents.slice(0, 1).flatMap((event) => [jobRequestTemplate(draft, event.pubkey, VECTOR_SECS), { ...jobRequestTemplate(draft, null, VECTOR_SECS), tags: jobRequestTags({ ...draft, prompt: '', parts }, true) }].map((template) => ({ ...event, ...template }))),
]
const hidden = requests.map(({ tags }) => writeHiddenTags(tags))

export const targets = [
  eventTarget('jobRequest.parseJobRequest', requests, parseJobRequest, {
    rewrite(request, input) {
      const [first, second] = request.inputs
      // What a draft can say: one text, or parts.
      if (request.refusal !== null || second !== undefined || (first !== undefined && (first.type !== 'text' || first.relay !== null))) return undefined
      return { ...input, tags: jobRequestTags({ ...request, prompt: first?.value ?? '' }, true), content: '' }
    },
  }),
  eventTarget('jobParams.parseJobParams', requests, ({ tags }) => parseJobParams(tags), {
    rewrite(output, input) {
      const params = valueOf(output)
      return params === undefined ? undefined : { ...input, tags: jobParamTags(params) }
    },
  }),
  eventTarget('jobResult.parseJobResult', eventsOfKind(6_050), parseJobResult, {
    rewrite(output, input) {
      const result = valueOf(output)
      if (result === undefined || result.customerPubkey === null) return undefined
      const { requestId, customerPubkey, content, amountMsat } = result
      return { ...input, ...jobResultTemplate({ requestId, customerPubkey, text: content, amountMsat: amountMsat ?? undefined }, input.created_at) }
    },
  }),
  jsonTarget('envelope.parseHiddenTags', hidden, parseHiddenTags, {
    rewrite(output) {
      const tags = valueOf(output)
      const text = tags === undefined ? '' : writeHiddenTags(tags)
      // A lone surrogate is six characters when it is written.
      return text === '' || text.length > 65_536 ? undefined : text
    },
  }),
  eventTarget('envelope.openEnvelope', requests.map((event, index) => ({ ...event, tags: [['e', 'd'.repeat(64)], ['p', event.pubkey], ['encrypted']], content: hidden[index] ?? '' })), (event) => openEnvelope(event, event.content)),
]
