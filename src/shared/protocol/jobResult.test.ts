import * as fc from 'fast-check'
import { accountFromSeedWords } from 'nostr-tools/nip06'
import { finalizeEvent } from 'nostr-tools/pure'
import { expect, test } from 'vitest'
import { msat } from '../market/msat.ts'
import type { EventTemplate } from './event.ts'
import { jobResultTemplate, parseJobResult } from './jobResult.ts'
import { hostileJson, hostileTags, isUnpolluted } from './testing/hostile.ts'
import identities from './vectors/identity.json' with { type: 'json' }
import vectors from './vectors/nip90.json' with { type: 'json' }

const { canonical, original } = vectors
const provider = accountFromSeedWords(identities.find(({ pubkey }) => pubkey === canonical.result.pubkey)?.mnemonic ?? '')
const idOf = (template: EventTemplate) => finalizeEvent({ ...template, tags: template.tags.map((tag) => [...tag]) }, provider.privateKey).id
const customerPubkey = canonical.request.pubkey

test('the canonical result is written byte for byte and read back', () => {
  const template = jobResultTemplate(
    { requestId: canonical.request.id, customerPubkey, text: '4', request: canonical.request, amountMsat: msat(10_000), bolt11: 'lnbcrt100n1mock', relayUrl: 'wss://relay.damus.io' },
    canonical.result.created_at,
  )
  expect(idOf(template)).toBe(canonical.result.id)
  expect(parseJobResult(canonical.result)).toEqual({
    ok: true,
    value: { pubkey: provider.publicKey, requestId: canonical.request.id, customerPubkey, content: '4', amountMsat: 10_000, createdAt: canonical.result.created_at },
  })
})

test('a result that names its request by the id says the same as the original one', () => {
  const template = jobResultTemplate({ requestId: original.request.id, customerPubkey, text: '4' }, original.result.created_at)
  const sorted = (tags: readonly (readonly string[])[]) => [...tags].sort(([a = ''], [b = '']) => a.localeCompare(b))
  expect(sorted(template.tags)).toEqual(sorted(original.result.tags))
  expect(idOf({ ...template, tags: original.result.tags })).toBe(original.result.id)
  expect(parseJobResult(original.result)).toMatchObject({ ok: true, value: { requestId: original.request.id, content: '4', amountMsat: null } })
})

test('an input that relays would refuse in a tag is not quoted beside the request', () => {
  const request = { ...canonical.request, tags: [['i', 'x'.repeat(1_025)], ['i', 'short']] }
  const { tags } = jobResultTemplate({ requestId: request.id, customerPubkey, text: '4', request }, 1)
  expect(tags.filter(([name]) => name === 'i')).toEqual([['i', 'short']])
})

test('a result of nothing, of two things, or of another kind is refused', () => {
  const id = 'a'.repeat(64)
  const other = 'b'.repeat(64)
  const codeOf = (tags: string[][], kind = 6050) => {
    const result = parseJobResult({ ...canonical.result, kind, tags })
    return result.ok ? result.value.requestId : result.error.code
  }
  expect(codeOf([['e', id]])).toBe(id)
  expect(codeOf([['request', id]])).toBe(id)
  expect(codeOf([['request', `{"id":"${id}"}`], ['e', other], ['e', id]])).toBe(id)
  expect(codeOf([['request', '{"id":5}'], ['e', id]])).toBe(id)
  expect(codeOf([['request', other], ['e', id]])).toBe('other-request')
  expect(codeOf([['e', 'short'], ['request', '{"id":"short"}']])).toBe('no-request')
  expect(codeOf([['e', id]], 6051)).toBe('wrong-kind')
  expect(codeOf(Array.from({ length: 201 }, () => ['e', id]))).toBe('too-long')
})

test('whatever arrives, reading never throws and never reaches a prototype', () => {
  fc.assert(
    fc.property(hostileTags(['request', 'e', 'p', 'amount', '__proto__']), hostileJson([canonical.request]), (tags, json) => {
      const result = parseJobResult({ ...canonical.result, tags: [...tags, ['request', json], ['e', canonical.request.id]] })
      if (result.ok) expect(isUnpolluted(result.value)).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})
