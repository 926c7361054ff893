import { describe, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { makeOffer } from '#renderer/testing/sceneData.ts'
import { expectedOffer } from './expectedOffer.ts'
import { commonModels, listOffers, type OfferQuery } from './offerRows.ts'

const NOW = 1_760_000_000_000
const { priceMsat: _price, ...unpriced } = makeOffer(NOW, { key: 'unpriced', name: 'Unpriced', pubkey: 'e'.repeat(64) })
const OFFERS = {
  dear: makeOffer(NOW, { key: 'dear', name: 'Dear', priceMsat: sats(90), models: ['qwen3:8b'], pubkey: 'a'.repeat(64), history: { done: 3, failed: 0, spentMsat: sats(270), tokensPerSecond: 20 } }),
  cheap: makeOffer(NOW, { key: 'cheap', name: 'Cheap', priceMsat: sats(9), models: ['llama3.2:3b', 'qwen3:8b'], pubkey: 'b'.repeat(64) }),
  own: makeOffer(NOW, { key: 'own', name: 'My desk', priceMsat: sats(1), own: true, pubkey: 'c'.repeat(64) }),
  away: makeOffer(NOW, { key: 'away', name: 'Away', priceMsat: sats(2), unavailable: 'It sells on mainnet.', pubkey: 'd'.repeat(64) }),
  unpriced,
}
const ALL: OfferQuery = { search: '', filters: [], model: undefined, sort: { column: 'price', descending: false } }
const keys = (query: Partial<OfferQuery>) => listOffers(OFFERS, { ...ALL, ...query }).map((offer) => offer.key)

describe('listOffers', () => {
  it('sorts by price as a number, not as a text', () => {
    expect(keys({})).toEqual(['own', 'away', 'cheap', 'dear', 'unpriced'])
  })

  it('puts what is not known last, whichever way it sorts', () => {
    expect(keys({ sort: { column: 'price', descending: true } }).at(-1)).toBe('unpriced')
    expect(keys({ sort: { column: 'speed', descending: false } })[0]).toBe('dear')
    expect(keys({ sort: { column: 'speed', descending: true } })[0]).toBe('dear')
  })

  it('finds every word of a search in name, models or key', () => {
    expect(keys({ search: 'cheap qwen' })).toEqual(['cheap'])
    expect(keys({ search: 'cheap mistral' })).toEqual([])
    expect(keys({ search: 'dddd' })).toEqual(['away'])
  })

  it('narrows by every filter that is on', () => {
    expect(keys({ filters: ['buyable'] })).not.toContain('away')
    expect(keys({ filters: ['known'] })).toEqual(['dear'])
    expect(keys({ filters: ['buyable', 'others'], model: 'qwen3:8b' })).toEqual(['cheap', 'dear'])
  })
})

describe('commonModels', () => {
  it('counts how many offer a model', () => {
    expect(commonModels(OFFERS, 2)).toEqual(['llama3.2:3b', 'qwen3:8b'])
  })
})

describe('expectedOffer', () => {
  it('is the cheapest that can be bought from somebody else', () => {
    expect(expectedOffer(OFFERS, { by: 'cheapest' })?.key).toBe('cheap')
  })

  it('is the chosen offer, and nobody when it is away', () => {
    expect(expectedOffer(OFFERS, { by: 'offer', key: 'dear' })?.key).toBe('dear')
    expect(expectedOffer(OFFERS, { by: 'offer', key: 'gone' })).toBeUndefined()
  })

  it('is the seller of a key that starts so', () => {
    expect(expectedOffer(OFFERS, { by: 'pubkey', prefix: 'aaaa' })?.key).toBe('dear')
  })
})
