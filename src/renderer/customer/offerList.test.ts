import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OfferRow } from '#shared/ipc/customer.ts'
import { sats } from '#shared/market/msat.ts'
import { makeOffer } from '#renderer/testing/sceneData.ts'
import { createOfferList } from './offerList.ts'
import type { OfferColumn, OfferQuery, Offers } from './offerRows.ts'

const NOW = 1_760_000_000_000
const { priceMsat: _price, ...unpriced } = makeOffer(NOW, { key: 'unpriced', name: 'Unpriced', pubkey: 'e'.repeat(64) })
const OFFERS: Offers = {
  dear: makeOffer(NOW, { key: 'dear', name: 'Dear', priceMsat: sats(90), models: ['qwen3:8b'], pubkey: 'a'.repeat(64), history: { done: 3, failed: 0, spentMsat: sats(270), tokensPerSecond: 20 } }),
  cheap: makeOffer(NOW, { key: 'cheap', name: 'Cheap', priceMsat: sats(9), models: ['llama3.2:3b', 'qwen3:8b'], pubkey: 'b'.repeat(64), dialects: ['channel'] }),
  own: makeOffer(NOW, { key: 'own', name: 'My desk', priceMsat: sats(1), own: true, pubkey: 'c'.repeat(64), dialects: ['nip90'] }),
  away: makeOffer(NOW, { key: 'away', name: 'Away', priceMsat: sats(2), network: 'mainnet', unavailable: 'It sells on mainnet.', pubkey: 'd'.repeat(64), lastSeenAt: NOW - 3_600_000 }),
  unpriced,
}
const ALL: OfferQuery = { search: '', filters: [], model: undefined, network: undefined, settlement: undefined, maxPriceMsat: undefined, sort: { column: 'price', descending: false } }
const keys = (rows: readonly OfferRow[]) => rows.map((offer) => offer.key)
const keysOf = (query: Partial<OfferQuery>) => keys(createOfferList().list(OFFERS, null, { ...ALL, ...query }, NOW, false).rows)

describe('the order', () => {
  it('sorts by price as a number, not as a text', () => {
    expect(keysOf({})).toEqual(['own', 'away', 'cheap', 'dear', 'unpriced'])
  })

  it('puts what is not known last, whichever way it sorts', () => {
    expect(keysOf({ sort: { column: 'price', descending: true } }).at(-1)).toBe('unpriced')
    expect(keysOf({ sort: { column: 'speed', descending: false } })[0]).toBe('dear')
    expect(keysOf({ sort: { column: 'speed', descending: true } })[0]).toBe('dear')
  })

  it('sorts by who can read, the private first', () => {
    expect(keysOf({ sort: { column: 'privacy', descending: false } })).toEqual(['away', 'dear', 'unpriced', 'own', 'cheap'])
  })
})

describe('the filters', () => {
  it('finds every word of a search in name, models or key', () => {
    expect(keysOf({ search: 'cheap qwen' })).toEqual(['cheap'])
    expect(keysOf({ search: 'cheap mistral' })).toEqual([])
    expect(keysOf({ search: 'dddd' })).toEqual(['away'])
  })

  it('narrows by every filter that is on', () => {
    expect(keysOf({ filters: ['buyable'] })).not.toContain('away')
    expect(keysOf({ filters: ['live'] })).not.toContain('away')
    expect(keysOf({ filters: ['known'] })).toEqual(['dear'])
    expect(keysOf({ filters: ['private', 'buyable'] })).toEqual(['dear', 'unpriced'])
    expect(keysOf({ filters: ['buyable', 'others'], model: 'qwen3:8b' })).toEqual(['cheap', 'dear'])
    expect(keysOf({ network: 'mainnet' })).toEqual(['away'])
    expect(keysOf({ maxPriceMsat: sats(9) })).toEqual(['own', 'away', 'cheap'])
  })

  it('counts all that there are', () => {
    expect(createOfferList().list(OFFERS, null, { ...ALL, search: 'cheap' }, NOW, false)).toMatchObject({ total: 5, waiting: 0 })
  })
})

describe('following the market', () => {
  it('puts what changed where it belongs now, brings in what came and takes out what went', () => {
    const list = createOfferList()
    list.list(OFFERS, null, ALL, NOW, false)
    const { away: _away, ...left } = OFFERS
    const moved = makeOffer(NOW, { ...OFFERS['dear'], key: 'dear', priceMsat: sats(3) })
    const fresh = makeOffer(NOW, { key: 'fresh', priceMsat: sats(5) })
    const { rows, total } = list.list({ ...left, dear: moved, fresh }, ['dear', 'fresh', 'away'], ALL, NOW, false)
    expect(keys(rows)).toEqual(['own', 'dear', 'fresh', 'cheap', 'unpriced'])
    expect([rows[1], total]).toEqual([moved, 5])
  })

  it('lets time pass: who was live is not for ever', () => {
    const list = createOfferList()
    const query: OfferQuery = { ...ALL, filters: ['live'] }
    expect(list.list(OFFERS, null, query, NOW, false).rows).toHaveLength(4)
    expect(list.list(OFFERS, null, query, NOW + 3_600_000, false).rows).toHaveLength(0)
  })

  it('held, keeps every row in its place with its newest values, and counts what waits', () => {
    const list = createOfferList()
    list.list(OFFERS, null, ALL, NOW, false)
    const { away: _away, ...left } = OFFERS
    const changed = { ...left, own: makeOffer(NOW, { key: 'own', own: true, priceMsat: sats(500) }), fresh: makeOffer(NOW, { key: 'fresh', priceMsat: sats(1) }) }
    const held = list.list(changed, null, ALL, NOW, true)
    expect(keys(held.rows)).toEqual(['own', 'away', 'cheap', 'dear', 'unpriced'])
    expect([held.rows[0]?.priceMsat, held.rows[1]?.unavailable, held.waiting]).toEqual([500_000, 'This offer has just gone.', 2])
    expect(keys(list.list(changed, null, ALL, NOW, false).rows)).toEqual(['fresh', 'cheap', 'dear', 'own', 'unpriced'])
  })

  it('held or not, a new question is answered', () => {
    const list = createOfferList()
    list.list(OFFERS, null, ALL, NOW, true)
    expect(keys(list.list(OFFERS, null, { ...ALL, search: 'cheap' }, NOW, true).rows)).toEqual(['cheap'])
  })

  it('counts how many offer a model, as the offers come and go', () => {
    const list = createOfferList()
    list.list(OFFERS, null, ALL, NOW, false)
    expect(list.commonModels(2)).toEqual(['llama3.2:3b', 'qwen3:8b'])
    const { cheap: _cheap, ...left } = OFFERS
    list.list({ ...left, new: makeOffer(NOW, { key: 'new', models: ['phi'] }) }, null, ALL, NOW, false)
    expect(list.commonModels(9)).toEqual(['llama3.2:3b', 'phi', 'qwen3:8b'])
    list.list({}, null, ALL, NOW, false)
    expect(list.commonModels(9)).toEqual([])
  })

  it('whatever changes, shows what it would have shown at first sight', () => {
    const columns = ['name', 'price', 'seen', 'history', 'speed', 'models', 'privacy', 'network'] satisfies OfferColumn[]
    const offer = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      name: fc.constantFrom('x', 'y', 'Z'),
      priceMsat: fc.constantFrom(sats(1), sats(2), sats(3)),
      models: fc.subarray(['m', 'n', 'o']),
      dialects: fc.subarray(['souk/1' as const, 'nip90' as const, 'channel' as const]),
    })
    const step = fc.record({ changes: fc.array(fc.tuple(offer, fc.boolean()), { maxLength: 4 }), held: fc.boolean() })
    const asking = fc.record({ column: fc.constantFrom(...columns), descending: fc.boolean(), search: fc.constantFrom('', 'x', 'm'), model: fc.option(fc.constantFrom('m', 'n'), { nil: undefined }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 10 }), asking, (steps, { column, descending, search, model }) => {
        const query = { ...ALL, search, model, sort: { column, descending } }
        const list = createOfferList()
        let offers: Offers = {}
        const touched = new Set<string>()
        for (const { changes, held } of steps) {
          for (const [change, stays] of changes) {
            touched.add(change.key)
            const { [change.key]: _, ...others } = offers
            offers = stays ? { ...others, [change.key]: makeOffer(NOW, change) } : others
          }
          list.list(offers, touched, query, NOW, held)
          touched.clear()
        }
        expect(list.list(offers, [], query, NOW, false)).toEqual(createOfferList().list(offers, null, query, NOW, false))
        expect(list.commonModels(9)).toEqual(((fresh) => (fresh.list(offers, null, query, NOW, false), fresh.commonModels(9)))(createOfferList()))
      }),
      { numRuns: 500 },
    )
  })
})
