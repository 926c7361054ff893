import * as fc from 'fast-check'
import { accountFromSeedWords } from 'nostr-tools/nip06'
import { finalizeEvent, verifyEvent } from 'nostr-tools/pure'
import { describe, expect, test } from 'vitest'
import { msat } from '../market/msat.ts'
import type { SettlementWish } from '../market/settlement.ts'
import { openEnvelope, writeHiddenTags } from './envelope.ts'
import { parseCancel } from './feedback.ts'
import { jobRequestTags, jobRequestTemplate, MAX_TAG_VALUE_BYTES, parseJobRequest, type JobRequestDraft } from './jobRequest.ts'
import { hostileTags, hostileText, isUnpolluted } from './testing/hostile.ts'
import identities from './vectors/identity.json' with { type: 'json' }
import vectors from './vectors/nip90.json' with { type: 'json' }

const { canonical, original, promptType } = vectors
const customer = accountFromSeedWords(identities.find(({ pubkey }) => pubkey === canonical.request.pubkey)?.mnemonic ?? '')
const idOf = (template: ReturnType<typeof jobRequestTemplate>) => finalizeEvent({ ...template, tags: template.tags.map((tag) => [...tag]) }, customer.privateKey).id
const nothing = { model: null, maxTokens: null, sampling: {}, stream: null, settlement: { name: 'prepay' }, bidMsat: null, relays: [], parts: null, refusal: null, inputs: [] }
const draft: JobRequestDraft = { prompt: 'What is 2+2?', model: null, maxTokens: null, sampling: {}, stream: null, bidMsat: null, relays: [] }
const provider = 'e8bcf3823669444d0b49ad45d65088635d9fd8500a75b5f20b59abefa56a144f'
const read = (tags: readonly (readonly string[])[], content = '') => parseJobRequest({ tags, content })
const input = (value: string, type = 'text', relay: string | null = null) => ({ value, type, relay })

describe('the vectors', () => {
  test('are signed by the keys that they name', () => {
    for (const event of [...Object.values(canonical), ...Object.values(original), promptType.request, vectors.forged.invoice]) expect(verifyEvent(structuredClone(event))).toBe(true)
    expect(customer.publicKey).toBe(canonical.request.pubkey)
  })

  test('the canonical request is written byte for byte, and its prompt in the content besides', () => {
    const asked = { ...draft, model: 'llama3.2', maxTokens: 100, sampling: { topK: 50 }, bidMsat: msat(21_000), relays: ['wss://relay.damus.io'] }
    const template = jobRequestTemplate(asked, provider, canonical.request.created_at)
    expect(template.content).toBe('What is 2+2?')
    expect(idOf({ ...template, content: '' })).toBe(canonical.request.id)
    expect(parseJobRequest(canonical.request)).toEqual({ ...nothing, inputs: [input('What is 2+2?')], model: 'llama3.2', maxTokens: 100, sampling: { topK: 50 }, bidMsat: 21_000, relays: ['wss://relay.damus.io'] })
    expect(parseJobRequest(template)).toEqual(parseJobRequest(canonical.request))
  })

  test('both other forms are read', () => {
    expect(parseJobRequest(original.request)).toEqual({ ...nothing, inputs: [input('What is 2+2?')], maxTokens: 256 })
    expect(parseJobRequest(promptType.request)).toEqual({ ...nothing, inputs: [input('What is 2+2?')], sampling: { topP: 0.7 } })
    expect(parseCancel(canonical.cancel)).toMatchObject({ ok: true, value: { requestIds: [canonical.request.id] } })
  })
})

describe('what is written', () => {
  test('a prompt that is too long for a tag is in the content alone, unless it is hidden', () => {
    for (const [prompt, fits] of [['x'.repeat(MAX_TAG_VALUE_BYTES), true], ['é'.repeat(MAX_TAG_VALUE_BYTES / 2 + 1), false]] as const) {
      const template = jobRequestTemplate({ ...draft, prompt }, null, 1)
      expect(template.tags).toEqual(fits ? [['i', prompt, 'text']] : [])
      expect(template.content).toBe(prompt)
      expect(jobRequestTags({ ...draft, prompt }, true)).toEqual([['i', prompt, 'text']])
    }
  })

  test('reads back as it was asked for, plain and hidden', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 1_500 }).map((each) => each.toWellFormed())
    const sampling = fc.record({ temperature: fc.constantFrom(0, 0.7, 2), topK: fc.nat(1_000), topP: fc.constantFrom(0, 0.9, 1), repeatPenalty: fc.constantFrom(0.5, 1, 1.1), seed: fc.nat() }, { requiredKeys: [] })
    const settlements = fc.constantFrom<SettlementWish>({ name: 'prepay' }, { name: 'escrow', paymentHash: 'e'.repeat(64) }, { name: 'sealed' }, { name: 'metered' }, { name: 'metered', tickTokens: 100 })
    fc.assert(
      fc.property(text, sampling, fc.option(fc.integer({ min: 1, max: 100_000 })), fc.option(fc.nat().map(msat)), fc.boolean(), settlements, (prompt, asked, maxTokens, bidMsat, hidden, settlement) => {
        const job = { ...draft, prompt, sampling: asked, maxTokens, bidMsat, stream: hidden ? 'souk/1' : null, settlement, relays: ['wss://a.test'] }
        const template = hidden ? openEnvelope({ kind: 5050, created_at: 1, tags: [['p', provider]], content: 'secret' }, writeHiddenTags(jobRequestTags(job, true))) : jobRequestTemplate(job, provider, 1)
        const { prompt: _, ...wanted } = job
        expect(parseJobRequest(template)).toEqual({ ...wanted, parts: null, refusal: null, inputs: [input(prompt)] })
      }),
      { numRuns: 500 },
    )
  })

  test('a prompt in parts is named by ids and digest, and by nothing else', () => {
    const parts = { ids: ['a'.repeat(64), 'b'.repeat(64)], sha256: 'c'.repeat(64) }
    const tags = jobRequestTags({ ...draft, prompt: '', parts }, true)
    expect(tags).toEqual([['part', parts.ids[0]], ['part', parts.ids[1]], ['sha256', parts.sha256]])
    expect(read([...tags, ['i', 'decoy']])).toEqual({ ...nothing, parts })
  })
})

describe('what is read', () => {
  test.each([
    ['model', 'llama3.2', { model: 'llama3.2' }],
    ['max_tokens', '1', { maxTokens: 1 }],
    ['max-tokens', ' 9 ', { maxTokens: 9 }],
    ['temperature', '0', { sampling: { temperature: 0 } }],
    ['top_k', '40', { sampling: { topK: 40 } }],
    ['top-k', '40', { sampling: { topK: 40 } }],
    ['top_p', '0.5', { sampling: { topP: 0.5 } }],
    ['top-p', '1.0', { sampling: { topP: 1 } }],
    ['frequency_penalty', '1.0', { sampling: { repeatPenalty: 1 } }],
    ['seed', '42', { sampling: { seed: 42 } }],
    ['stream', 'souk/1', { stream: 'souk/1' }],
    ['a stranger', 'x', {}],
  ])('the parameter %s', (name, value, wanted) => {
    expect(read([['param', name, value]])).toEqual({ ...nothing, ...wanted })
  })

  test.each([
    ['max_tokens', '0'], ['max_tokens', '1.5'], ['max_tokens', '-1'], ['max_tokens', 'many'], ['max_tokens', ''], ['max_tokens', '9999999999'],
    ['temperature', '2.01'], ['temperature', '1e1'], ['temperature', 'NaN'], ['top-k', '-1'], ['top-p', '1.1'], ['frequency_penalty', '0'], ['seed', '-5'], ['seed', '0x10'], ['model', ''],
  ])('the parameter %s of "%s" is refused by name, not bent', (name, value) => {
    expect(read([['i', 'x'], ['param', name, value]])).toEqual({ ...nothing, refusal: expect.stringContaining(`parameter ${name} `) })
  })

  test('the first of two spellings counts', () => {
    expect(read([['param', 'top_k', '1'], ['param', 'top-k', '2']]).sampling).toEqual({ topK: 1 })
  })

  test('inputs of every type, in order; the content where they hold nothing', () => {
    const id = 'a'.repeat(64)
    expect(read([['i', 'one'], ['i', 'two', 'prompt'], ['i', id, 'job', 'wss://r.test'], ['i', id, 'event', 'nowhere'], ['i', 'https://x.test/', 'url'], ['i']], 'x').inputs).toEqual([
      input('one'), input('two'), input(id, 'job', 'wss://r.test'), input(id, 'event'), input('https://x.test/', 'url'),
    ])
    expect(read([['i', '', 'text']], 'x').inputs).toEqual([input('x')])
    expect(read([]).inputs).toEqual([])
  })

  test.each<[string, string[][], RegExp]>([
    ['an input of a type that we do not know', [['i', 'x', 'audio']], /type audio/],
    ['a job without an id', [['i', 'x', 'job']], /type job/],
    ['an address without end', [['i', `https://x.test/${'x'.repeat(2_000)}`, 'url']], /address/],
    ['a bid that is none', [['bid', '0.5']], /bid/],
    ['an output that is no text', [['output', 'image/png']], /image\/png/],
    ['parts without a digest', [['part', 'a'.repeat(64)]], /digest/],
    ['a part without an id', [['part', 'x'], ['sha256', 'a'.repeat(64)]], /digest/],
    ['too many parts', [...Array.from({ length: 65 }, () => ['part', 'a'.repeat(64)]), ['sha256', 'a'.repeat(64)]], /64 parts/],
    ['too many tags', Array.from({ length: 201 }, () => ['i', 'x']), /200 tags/],
  ])('%s is refused with a reason', (_, tags, reason) => {
    const request = read(tags)
    expect(request.refusal).toMatch(reason)
    expect({ ...request, inputs: [] }).toEqual({ ...nothing, refusal: request.refusal })
  })

  test('text is what is made here; a bid of nothing is one; eight relays are enough', () => {
    expect(read([['output', 'text/markdown'], ['bid', '0']])).toEqual({ ...nothing, bidMsat: 0 })
    const urls = Array.from({ length: 20 }, (_, index) => `wss://r${index % 10}.test`)
    expect(read([['relays', 'https://x.test', ...urls]]).relays).toEqual([...new Set(urls)].slice(0, 8))
  })

  test('whatever arrives, reading never throws, never reaches a prototype, and keeps its bounds', () => {
    fc.assert(
      fc.property(hostileTags(['i', 'param', 'bid', 'relays', 'output', 'part', 'sha256', '__proto__']), hostileText(), (tags, content) => {
        const request = read(tags.map((tag) => (tag[0] === 'param' ? ['param', ['__proto__', 'top_k', 'model', 'seed'][tag.length % 4] ?? '', ...tag.slice(1)] : tag)), content)
        expect(isUnpolluted(request)).toBe(true)
        expect(isUnpolluted(request.sampling)).toBe(true)
        expect(request.relays.length).toBeLessThanOrEqual(8)
      }),
      { numRuns: 2_000 },
    )
  })
})
