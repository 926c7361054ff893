import * as fc from 'fast-check'
import { finalizeEvent } from 'nostr-tools/pure'
import { accountFromSeedWords } from 'nostr-tools/nip06'
import { expect, test } from 'vitest'
import type { EventTemplate } from './event.ts'
import { msat } from '../market/msat.ts'
import { envelopeTemplate, isEncrypted, openEnvelope, writeHiddenTags } from './envelope.ts'
import { cancelTemplate, feedbackTemplate, hiddenFeedbackTags, parseCancel, parseFeedback } from './feedback.ts'
import { hostileTags, isUnpolluted } from './testing/hostile.ts'
import identities from './vectors/identity.json' with { type: 'json' }
import vectors from './vectors/nip90.json' with { type: 'json' }

const { canonical } = vectors
const idSignedBy = (pubkey: string, template: EventTemplate) => {
  const mnemonic = identities.find((identity) => identity.pubkey === pubkey)?.mnemonic ?? ''
  return finalizeEvent({ ...template, tags: template.tags.map((tag) => [...tag]) }, accountFromSeedWords(mnemonic).privateKey).id
}
const request = { requestId: canonical.request.id, customerPubkey: canonical.request.pubkey }

test('a refusal, its absence of a text, and a cancellation are written byte for byte as in the vectors', () => {
  const error = feedbackTemplate({ ...request, status: 'error', text: 'model not found' }, canonical.error.created_at)
  expect(idSignedBy(canonical.error.pubkey, error)).toBe(canonical.error.id)
  const processing = feedbackTemplate({ ...request, status: 'processing', text: '' }, canonical.processing.created_at)
  expect(idSignedBy(canonical.processing.pubkey, processing)).toBe(canonical.processing.id)
  const cancel = cancelTemplate(request.requestId, canonical.cancel.created_at, 5050)
  expect(idSignedBy(canonical.cancel.pubkey, cancel)).toBe(canonical.cancel.id)
})

test('an invoice is written so that both forms find it, and read from either', () => {
  const bolt11 = 'lnbcrt100n1mock'
  const [, amount = '0'] = canonical.paymentRequired.tags[1] ?? []
  const relayUrl = canonical.paymentRequired.tags[2]?.[2] ?? ''
  const template = feedbackTemplate({ ...request, status: 'payment-required', text: 'pay first', invoice: { amountMsat: msat(Number(amount)), bolt11 }, relayUrl }, canonical.paymentRequired.created_at)
  expect(template.content).toBe(vectors.original.paymentRequired.content)
  // Apart from that content it is the canonical one, byte for byte.
  expect(idSignedBy(canonical.paymentRequired.pubkey, { ...template, content: '' })).toBe(canonical.paymentRequired.id)
  for (const event of [canonical.paymentRequired, vectors.original.paymentRequired, { ...canonical.error, ...template }]) {
    expect(parseFeedback(event)).toMatchObject({ ok: true, value: { status: 'payment-required', amountMsat: 10_000, bolt11 } })
  }
  expect(parseFeedback({ ...canonical.paymentRequired, tags: [['amount', '1.5', 'https://pay.test'], ...canonical.processing.tags], content: 'pay me' })).toMatchObject({ ok: true, value: { amountMsat: null, bolt11: null } })
})

test('what there is of an answer is the content of a partial', () => {
  expect(parseFeedback(canonical.partial)).toMatchObject({ ok: true, value: { status: 'partial', content: 'The answer' } })
})

test('hidden feedback reads as the plain one does, and what is hidden cannot change whom it is about', () => {
  const draft = { ...request, status: 'payment-required' as const, text: 'pay', invoice: { amountMsat: msat(10_000), bolt11: 'lnbcrt100n1mock' } }
  const envelope = envelopeTemplate({ kind: 7000, peer: request.customerPubkey, requestId: request.requestId, ciphertext: 'secret' }, 1)
  expect(envelope).toEqual({ kind: 7000, created_at: 1, tags: [['e', request.requestId], ['p', request.customerPubkey], ['encrypted']], content: 'secret' })
  const event = { ...canonical.error, ...envelope }
  expect(isEncrypted(event)).toBe(true)
  expect(parseFeedback(event)).toMatchObject({ ok: false, error: { code: 'unknown-status' } })
  const forged = [['e', 'f'.repeat(64)], ['p', 'f'.repeat(64)], ...hiddenFeedbackTags(draft), ['content', 'decoy']]
  const opened = openEnvelope(event, writeHiddenTags(forged))
  expect(isEncrypted(opened)).toBe(false)
  expect(parseFeedback(opened)).toEqual({
    ok: true,
    value: { ...request, pubkey: event.pubkey, status: 'payment-required', text: 'pay', amountMsat: 10_000, bolt11: 'lnbcrt100n1mock', step: null, content: 'lnbcrt100n1mock', createdAt: 1 },
  })
})

test('what an invoice of a metered job is for is read as it was written, and not at all when it is no number', () => {
  const step = { index: 3, promptTokens: 0, outputTokens: 200, tariff: { inputPer1kMsat: msat(1_000), outputPer1kMsat: msat(20_000) } }
  const draft = { ...request, status: 'payment-required' as const, text: '', invoice: { amountMsat: msat(4_000), bolt11: 'lnbcrt100n1mock' }, step }
  const envelope = envelopeTemplate({ kind: 7000, peer: request.customerPubkey, requestId: request.requestId, ciphertext: 'secret' }, 1)
  const read = (tags: readonly (readonly string[])[]) => parseFeedback(openEnvelope({ ...canonical.error, ...envelope }, writeHiddenTags(tags)))
  expect(read(hiddenFeedbackTags(draft))).toMatchObject({ ok: true, value: { step } })
  for (const wrong of [['tick'], ['tick', '3'], ['tick', '3', '0', '-200', '1000', '20000'], ['tick', '3', '0', '200', '1.5', '20000'], ['tick', 'x', '0', '200', '1000', '20000'], ['tick', '9999999999', '0', '200', '1', '1']]) {
    expect(read([['status', 'payment-required'], wrong])).toMatchObject({ ok: true, value: { step: null } })
  }
})

test('a request made in a channel is cancelled as a kind 42, and the relay hint is written when it is one', () => {
  expect(cancelTemplate('x', 1).tags).toEqual([['e', 'x'], ['k', '42']])
  const hinted = feedbackTemplate({ ...request, status: 'error', text: 'a\nb', relayUrl: 'wss://r.test' }, 1)
  expect(hinted.tags).toEqual([['status', 'error', 'a b'], ['e', request.requestId, 'wss://r.test'], ['p', request.customerPubkey]])
  expect(feedbackTemplate({ ...request, status: 'error', text: '', relayUrl: '' }, 1).tags[1]).toEqual(['e', request.requestId])
})

test('feedback of both dialects is read, with its author', () => {
  expect(parseFeedback(canonical.error)).toEqual({
    ok: true,
    value: { ...request, pubkey: canonical.error.pubkey, status: 'error', text: 'model not found', amountMsat: null, bolt11: null, step: null, content: '', createdAt: canonical.error.created_at },
  })
  expect(parseFeedback(vectors.original.paymentRequired)).toMatchObject({ ok: true, value: { status: 'payment-required', text: '' } })
  expect(parseFeedback(vectors.forged.invoice)).toMatchObject({ ok: true, value: { pubkey: vectors.forged.invoice.pubkey } })
})

test('feedback that says nothing, or about nothing, is refused', () => {
  const codeOf = (tags: string[][], kind = 7000) => {
    const feedback = parseFeedback({ ...canonical.error, kind, tags })
    return feedback.ok ? 'read' : feedback.error.code
  }
  expect(codeOf(canonical.error.tags, 1)).toBe('wrong-kind')
  expect(codeOf([['status', 'lost'], ['e', request.requestId]])).toBe('unknown-status')
  expect(codeOf([['e', request.requestId]])).toBe('unknown-status')
  expect(codeOf([['status', 'error'], ['e', 'short']])).toBe('no-request')
  expect(codeOf(Array.from({ length: 201 }, () => ['e']))).toBe('too-long')
})

test('a cancellation names its author and the requests; a deletion of something else is not one', () => {
  expect(parseCancel(canonical.cancel)).toEqual({
    ok: true,
    value: { pubkey: canonical.cancel.pubkey, requestIds: [request.requestId], createdAt: canonical.cancel.created_at },
  })
  const codeOf = (tags: string[][], kind = 5) => {
    const cancel = parseCancel({ ...canonical.cancel, kind, tags })
    return cancel.ok ? 'read' : cancel.error.code
  }
  expect(codeOf([['e', request.requestId]])).toBe('read')
  expect(codeOf([['e', request.requestId], ['k', '31990'], ['k', '42']])).toBe('read')
  expect(codeOf([['e', request.requestId], ['k', '1']])).toBe('not-a-request')
  expect(codeOf([['k', '42'], ['e', 'x']])).toBe('no-request')
  expect(codeOf([['e', request.requestId]], 7)).toBe('wrong-kind')
  expect(codeOf(Array.from({ length: 201 }, () => ['e']))).toBe('too-long')
})

test('whatever arrives, parsing never throws and never reaches a prototype', () => {
  fc.assert(
    fc.property(hostileTags(['status', 'amount', 'e', 'p', 'k', '__proto__']), fc.constantFrom(5, 7000), (tags, kind) => {
      const event = { ...canonical.error, kind, tags: [...tags, ['status', 'error', 'x'], ['e', request.requestId]] }
      for (const read of [parseFeedback(event), parseCancel(event)]) if (read.ok) expect(isUnpolluted(read.value)).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})
