import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { msat } from '../market/msat.ts'
import { hostileJson, hostileTags, isUnpolluted } from './testing/hostile.ts'
import type { NostrEvent } from './event.ts'
import { KIND } from './kinds.ts'
import { listingTemplate, parseListing, type Listing } from './nip89.ts'
import vectors from './vectors/handler.json' with { type: 'json' }

const NOW = 1_735_364_400
const PUBKEY = vectors.original.pubkey
const CHANNEL = 'a4b4e338d10f508da7c92fe049343d7610e4be9d8f57397d759fadde12b0f29f'

const read = (event: NostrEvent) => {
  const offer = parseListing(event, NOW)
  if (!offer.ok) throw new Error(offer.error.message)
  return offer.value
}
const refusal = (event: NostrEvent) => {
  const offer = parseListing(event, NOW)
  if (offer.ok) throw new Error('it was read')
  expect(offer.error.message).toMatch(/^[A-Z].{15,}\.$/)
  return offer.error.code
}
const withTags = (...tags: string[][]): NostrEvent => ({ ...vectors.canonicalOnly, tags: [['k', '5050'], ...tags] })

describe('the vectors', () => {
  test("the original's listing is read, without d and k", () => {
    expect(read(vectors.original)).toEqual({
      key: `${PUBKEY}:`,
      pubkey: PUBKEY,
      name: 'OpenAgents Compute Provider',
      about: 'NIP-90 text generation service with Lightning payments',
      models: ['llama3.2', 'qwen3:30b'],
      capabilities: ['text-generation'],
      pricePerRequestMsat: 10_000,
      prices: [{ unit: 'per-request', msat: 10_000, model: null }],
      dialects: ['channel'],
      network: 'regtest',
      channelId: CHANNEL,
      relays: ['wss://relay.damus.io'],
      sparkAddress: null,
      announcedAt: 1_735_364_318,
      lastSeenAt: 1_735_364_318,
      expiresAt: null,
      source: 'listing',
    })
  })

  test('its other price form is read too', () => {
    expect(read(vectors.originalNoModelPrice)).toMatchObject({ pricePerRequestMsat: 10_000, network: 'regtest', models: [], relays: [] })
  })

  test('a canonical listing is read: what it does not say is null', () => {
    expect(read(vectors.canonicalOnly)).toMatchObject({ key: `${PUBKEY}:abc`, name: 'A DVM', about: 'text', pricePerRequestMsat: null, network: null, channelId: null })
  })

  test("Python's literals are read", () => {
    expect(read(vectors.pythonBooleans)).toMatchObject({ key: `${PUBKEY}:z`, name: 'p' })
    expect(read({ ...vectors.pythonBooleans, content: '{"name":"True \\"None","about":None,"x":[True,False]}' })).toMatchObject({ name: 'True "None', about: '' })
  })

  test('what is not compute, and what is broken, is refused', () => {
    expect(refusal(vectors.notCompute)).toBe('not-compute')
    expect(refusal(vectors.brokenContent)).toBe('not-json')
  })
})

const listing: Listing = {
  listingId: 'souk',
  name: 'A seller',
  about: 'Answers',
  picture: '',
  priceMsat: msat(10_000),
  models: ['llama3.2', 'qwen3:30b'],
  capabilities: ['text-generation'],
  relays: ['wss://one.test', 'wss://two.test'],
  network: 'regtest',
  channelId: CHANNEL,
  sparkAddress: '',
  intervalSecs: 300,
}
const published = (wanted: Listing, createdAt = NOW): NostrEvent => ({ ...listingTemplate(wanted, createdAt), id: 'id', pubkey: PUBKEY, sig: '' })

test('a listing is written as the union that both strict readers accept', () => {
  expect(listingTemplate(listing, NOW)).toEqual({
    kind: 31990,
    created_at: NOW,
    tags: [
      ['d', 'souk'],
      ['k', '5050'],
      ['t', 'llm'],
      ['handler', 'compute_provider'],
      ['capability', 'text-generation'],
      ['price', '10000', 'per-request', 'msats'],
      ['relay', 'wss://one.test'],
      ['relay', 'wss://two.test'],
      ['network', 'regtest'],
      ['channel', CHANNEL],
      ['model', 'llama3.2'],
      ['model', 'qwen3:30b'],
      ['expiration', String(NOW + 600)],
    ],
    content: '{"name":"A seller","about":"Answers","description":"Answers"}',
  })
  const pictured = listingTemplate({ ...listing, channelId: null, picture: 'https://p.test/a.png' }, NOW)
  expect(pictured.tags.some(([name]) => name === 'channel')).toBe(false)
  expect(JSON.parse(pictured.content)).toMatchObject({ picture: 'https://p.test/a.png' })
})

test('what is written is read back', () => {
  const { name, about, models, capabilities, relays, network, channelId } = listing
  const said = { name, about, models, capabilities, relays, network, channelId, pricePerRequestMsat: 10_000, prices: [{ unit: 'per-request', msat: 10_000, model: null }], dialects: ['nip90', 'channel'] }
  const known = { key: `${PUBKEY}:souk`, pubkey: PUBKEY, announcedAt: NOW, lastSeenAt: NOW, expiresAt: NOW + 600, sparkAddress: null, source: 'listing' }
  expect(read(published(listing))).toEqual({ ...said, ...known })
})

test('a listing ends with its expiration, and one dated ahead of us is refused', () => {
  expect(refusal(published(listing, NOW - 600))).toBe('expired')
  expect(read(published(listing, NOW - 599)).expiresAt).toBe(NOW + 1)
  expect(read(withTags(['expiration', 'never'])).expiresAt).toBe(null)
  expect(refusal(published(listing, NOW + 301))).toBe('from-the-future')
  expect(read(published(listing, NOW + 300))).toMatchObject({ announcedAt: NOW + 300, lastSeenAt: NOW })
  expect(refusal({ ...published(listing), created_at: NOW - 7 * 86_400 })).toBe('expired')
  expect(read(withTags(['expiration', '999999999999'])).expiresAt).toBe(vectors.canonicalOnly.created_at + 7 * 86_400)
})

test('only a price of one request in msat is a price; of several the highest', () => {
  const price = (...tags: string[][]) => read(withTags(...tags.map((tag) => ['price', ...tag]))).pricePerRequestMsat
  expect(price(['5', 'per-request', 'msat'])).toBe(5)
  expect(price(['0', 'msats'])).toBe(0)
  expect(price(['10', 'per-request', 'sats'])).toBe(null)
  expect(price(['10', 'per-1k-output-tokens', 'msats', 'llama3.2'])).toBe(null)
  expect(price(['10', 'per-request', 'msats', 'llama3.2'])).toBe(null)
  expect(price([])).toBe(null)
  expect(price(['7', 'msats'], ['9', 'per-request', 'msats'], ['8', 'msats'])).toBe(9)
})

test('of models that each have a price of their own, the highest is that of one request', () => {
  const price = (...tags: string[][]) => read(withTags(['model', 'a'], ['model', 'b'], ...tags)).pricePerRequestMsat
  expect(price(['price', '5', 'per-request', 'msats', 'a'])).toBe(null)
  expect(price(['price', '5', 'per-request', 'msats', 'a'], ['price', '8', 'per-request', 'msats', 'b'])).toBe(8)
  expect(price(['price', '5', 'per-request', 'msats', 'a'], ['price', '8', 'per-request', 'msats', 'b'], ['price', '6', 'msats'])).toBe(6)
})

test('prices of models and of tokens are read, one for each, and written', () => {
  const prices = [
    { unit: 'per-request', msat: msat(5), model: 'a' },
    { unit: 'per-1k-input-tokens', msat: msat(1), model: null },
    { unit: 'per-1k-output-tokens', msat: msat(20), model: 'a' },
  ] as const
  const written = published({ ...listing, modelPrices: prices })
  expect(written.tags.filter(([name]) => name === 'price').slice(1)).toEqual([
    ['price', '5', 'per-request', 'msats', 'a'],
    ['price', '1', 'per-1k-input-tokens', 'msats'],
    ['price', '20', 'per-1k-output-tokens', 'msats', 'a'],
  ])
  expect(read(written).prices.slice(1)).toEqual(prices)
  const twice = withTags(['price', '7', 'per-1k-input-tokens', 'msats'], ['price', '9', 'per-1k-input-tokens', 'msat'], ['price', '1', 'per-request', 'msats', 'a\u202eb'], ['price', '1', 'per-hour', 'msats'])
  expect(read(twice).prices).toEqual([{ unit: 'per-1k-input-tokens', msat: 9, model: null }])
})

test('a price in msat that is no number of msat refuses the listing; one in another currency is passed over', () => {
  for (const amount of ['1.5', '-1', '1e3', '9999999999999999', '', ' 5', '0x10', '99999999999999999999']) expect(refusal(withTags(['price', amount, 'msats']))).toBe('bad-price')
  expect(refusal(withTags(['price', 'free', 'per-1k-output-tokens', 'msats']))).toBe('bad-price')
  expect(read(withTags(['price', '1.5', 'per-request', 'usd'])).prices).toEqual([])
})

test('the dialects are those that it names; naming none, that of its kind and that of its channel', () => {
  const dialects = (...tags: string[][]) => read(withTags(...tags)).dialects
  expect(dialects()).toEqual(['nip90'])
  expect(dialects(['channel', CHANNEL])).toEqual(['nip90', 'channel'])
  expect(dialects(['dialect', 'channel'], ['dialect', 'souk/1'], ['dialect', 'esperanto'])).toEqual(['souk/1'])
  expect(dialects(['dialect', 'channel'], ['channel', CHANNEL])).toEqual(['channel'])
  expect(dialects(['dialect', 'esperanto'])).toEqual([])
  expect(read({ ...withTags(), tags: [['handler', 'compute_provider']] }).dialects).toEqual([])
  expect(read(published({ ...listing, dialects: ['souk/1', 'nip90'] })).dialects).toEqual(['souk/1', 'nip90'])
})

test('what cannot be read in a tag is as if it were not there', () => {
  const offer = read(
    withTags(['network', 'Mainnet'], ['channel', 'nope'], ['relay', 'https://x'], ['relay', 'wss://a'], ['relay', 'wss://a'], ['model', 'a\u202eb'], ['model'], ['model', 'm'], ['model', 'm']),
  )
  expect(offer).toMatchObject({ network: null, channelId: null, relays: ['wss://a'], models: ['m'], key: `${PUBKEY}:` })
})

test('texts are cleaned and bounded, a seller without a name is called by its key, empty content is allowed', () => {
  const content = JSON.stringify({ name: ` \u202e${'n'.repeat(200)}`, about: 7, description: 'line\none' })
  expect(read({ ...withTags(), content })).toMatchObject({ name: 'n'.repeat(80), about: 'line one' })
  expect(read({ ...withTags(), content: '' })).toMatchObject({ name: `Seller ${PUBKEY.slice(0, 8)}`, about: '' })
  expect(read({ ...withTags(), content: '{"name":"\\u200b"}' }).name).toBe(`Seller ${PUBKEY.slice(0, 8)}`)
})

test('a giant listing is refused', () => {
  expect(refusal({ ...withTags(), content: JSON.stringify({ name: 'n'.repeat(20_000) }) })).toBe('too-long')
  expect(refusal(withTags(...Array.from({ length: 600 }, () => ['t', 'x'])))).toBe('too-long')
  expect(refusal(withTags(['d', 'd'.repeat(201)]))).toBe('too-long')
  expect(read(withTags(...Array.from({ length: 400 }, (_, index) => ['model', `m${index}`]))).models).toHaveLength(200)
})

test('another kind is refused', () => {
  expect(refusal({ ...vectors.original, kind: 1 })).toBe('wrong-kind')
  expect(refusal({ ...vectors.original, kind: KIND.channelMessage })).toBe('wrong-kind')
})

describe('whatever arrives', () => {
  const NAMES = ['d', 'k', 'handler', 'price', 'network', 'channel', 'relay', 'model', 'capability', 'expiration', '__proto__']

  test('parsing never throws, keeps its bounds and never reaches a prototype', () => {
    fc.assert(
      fc.property(hostileTags(NAMES), hostileJson([{ name: 'n', about: 'a', description: 'd' }]), (tags, content) => {
        const offer = parseListing({ ...vectors.canonicalOnly, tags: [['k', '5050'], ...tags], content }, NOW)
        if (!offer.ok) return
        expect(isUnpolluted(offer.value)).toBe(true)
        expect(offer.value.name.length).toBeGreaterThan(0)
        expect(offer.value.name.length + offer.value.about.length).toBeLessThanOrEqual(2 * 580)
      }),
      { numRuns: 2_000 },
    )
  })

  test('content made to be slow is answered at once', () => {
    const started = performance.now()
    for (const content of ['"'.repeat(16_384), '"\\'.repeat(8_192), '\\"'.repeat(8_192), `{"a":"${'\\"'.repeat(8_000)}`, 'True'.repeat(4_000), '{"name":'.repeat(2_000)]) {
      expect(parseListing({ ...withTags(), content }, NOW).ok).toBe(false)
    }
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})
