import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Selection } from '#shared/ipc/customer.ts'
import { msat, sats } from '#shared/market/msat.ts'
import { NETWORKS } from '#shared/market/network.ts'
import { DIALECTS } from '#shared/market/dialect.ts'
import { endsAt, isLive, selectOffer, whyUnavailable, type ProbedOffer, type SelectionLimits } from './selection.ts'

const NOW = 1_000_000
const CHANNEL = 'c'.repeat(64)
const keyOf = (name: string) => name.repeat(64).slice(0, 64)
const offerOf = (name: string, price: number | null, fields: Partial<ProbedOffer> = {}): ProbedOffer => ({
  key: `${keyOf(name)}:souk`,
  pubkey: keyOf(name),
  name,
  about: '',
  models: [],
  capabilities: [],
  pricePerRequestMsat: price === null ? null : sats(price),
  network: 'regtest',
  channelId: CHANNEL,
  relays: [],
  sparkAddress: null,
  prices: [],
  dialects: ['channel'],
  announcedAt: NOW - 10,
  lastSeenAt: fields.announcedAt ?? NOW - 10,
  expiresAt: null,
  source: 'listing',
  ...fields,
})
const limits: SelectionLimits = { network: 'regtest', maxPriceMsat: null, nowSecs: NOW }
const choose = (offers: readonly ProbedOffer[], selection: Selection, changed: Partial<SelectionLimits> = {}) => {
  const chosen = selectOffer(offers, selection, { ...limits, ...changed })
  return chosen.ok ? chosen.value.name : `${chosen.error.code}: ${chosen.error.message}`
}
const cheapest: Selection = { by: 'cheapest' }

describe('who is chosen', () => {
  const offers = [offerOf('a', 10), offerOf('b', 5), offerOf('c', 7)]

  test('the cheapest, the first in order, the one whose key starts so, the one by its key', () => {
    expect(choose(offers, cheapest)).toBe('b')
    expect(choose(offers, { by: 'first' })).toBe('a')
    expect(choose(offers, { by: 'first' }, { maxPriceMsat: sats(7) })).toBe('b')
    expect(choose(offers, { by: 'pubkey', prefix: 'cccc' })).toBe('c')
    expect(choose(offers, { by: 'offer', key: `${keyOf('a')}:souk` })).toBe('a')
  })

  test('a price equal to the limit fits', () => {
    expect(choose(offers, cheapest, { maxPriceMsat: sats(5) })).toBe('b')
    expect(choose(offers, cheapest, { maxPriceMsat: msat(4_999) })).toMatch(/^none-fits/)
  })

  test('equal prices: the newest announcement, then the lower key', () => {
    expect(choose([offerOf('a', 5), offerOf('b', 5, { announcedAt: NOW - 5 })], cheapest)).toBe('b')
    expect(choose([offerOf('b', 5), offerOf('a', 5)], cheapest)).toBe('a')
  })

  test('a cheaper one that cannot be bought is passed over', () => {
    const impossible = [offerOf('d', 1, { network: 'mainnet' }), offerOf('e', 1, { network: null }), offerOf('f', null), offerOf('a', 1, { dialects: [] })]
    expect(choose([...impossible, offerOf('b', 5)], cheapest)).toBe('b')
  })

  test('one that is over, or of an excluded key, is passed over', () => {
    const gone = [offerOf('a', 1, { expiresAt: NOW }), offerOf('b', 1, { announcedAt: NOW - 900 }), offerOf('d', 1)]
    expect(choose([...gone, offerOf('c', 9, { announcedAt: NOW - 899 })], cheapest, { excludePubkeys: [keyOf('d')] })).toBe('c')
  })

  test('of one seller with several offers, the cheapest', () => {
    expect(choose([offerOf('a', 5, { key: 'x', name: 'dear' }), offerOf('a', 4, { name: 'cheap' })], { by: 'pubkey', prefix: 'aaaa' })).toBe('cheap')
  })
})

describe('why nobody is chosen', () => {
  test('nobody is live, or only oneself', () => {
    expect(choose([], cheapest)).toMatch(/^no-sellers: No seller is live\./)
    expect(choose([offerOf('a', 1)], { by: 'first' }, { excludePubkeys: [keyOf('a')] })).toBe('excluded: The only live offer is your own.')
    expect(choose([offerOf('a', 1)], { by: 'pubkey', prefix: 'aaaa' }, { excludePubkeys: [keyOf('a')] })).toBe('excluded: This offer is your own.')
  })

  test('all ask more', () => {
    const offers = [offerOf('a', 10), offerOf('b', 12), offerOf('c', 10.5), offerOf('d', 11)]
    expect(choose(offers, cheapest, { maxPriceMsat: sats(5) })).toBe('none-fits: 4 sellers are live, none under 5 sats. The cheapest asks 10 sats.')
    expect(choose(offers.slice(0, 1), { by: 'pubkey', prefix: 'aaaa' }, { maxPriceMsat: sats(5) })).toBe('none-fits: 1 seller is live, not under 5 sats. It asks 10 sats.')
  })

  test('each for a reason of its own, each seller counted once', () => {
    const offers = [
      offerOf('a', 10),
      offerOf('a', 10, { key: 'other', network: 'mainnet' }),
      offerOf('b', 1, { network: 'mainnet' }),
      offerOf('c', 1, { network: 'signet' }),
      offerOf('d', null),
      offerOf('e', 1, { dialects: [] }),
      offerOf('f', 1, { network: null }),
    ]
    expect(choose(offers, cheapest, { maxPriceMsat: sats(5) })).toBe(
      'none-fits: 6 sellers are live, but none fits: 2 are not on regtest, 1 names no network, 1 states no price, 1 names no way to send a job, 1 asks more than 5 sats. It asks 10 sats.',
    )
  })

  test('a prefix of two sellers is refused, even when only one of them fits', () => {
    const offers = [offerOf('ab', 5), offerOf('abac', 5, { network: 'mainnet' })]
    expect(choose(offers, { by: 'pubkey', prefix: 'aba' })).toBe('ambiguous: 2 sellers have a key that starts with aba: abababababab, abacabacabac. Give more of the key.')
    expect(choose(offers, { by: 'pubkey', prefix: 'abab' })).toBe('ab')
  })

  test('what is named is not there', () => {
    expect(choose([offerOf('a', 1)], { by: 'pubkey', prefix: 'beef' })).toBe('not-found: No live seller has a key that starts with beef.')
    expect(choose([offerOf('a', 1, { expiresAt: NOW })], { by: 'offer', key: `${keyOf('a')}:souk` })).toBe('not-found: This offer is no longer live. Choose another seller.')
  })
})

test('an offer that cannot be bought from here says why', () => {
  expect(whyUnavailable(offerOf('a', 1), 'regtest')).toBe(null)
  expect(whyUnavailable(offerOf('a', 1), 'mainnet')).toBe('It is paid on regtest, and this wallet is on mainnet.')
  expect(whyUnavailable(offerOf('a', 1, { network: null }), 'regtest')).toMatch(/network/)
  expect(whyUnavailable(offerOf('a', null), 'regtest')).toMatch(/price/)
  expect(whyUnavailable(offerOf('a', null, { prices: [{ unit: 'per-1k-output-tokens', msat: sats(1), model: null }] }), 'regtest')).toMatch(/by the token only/)
  expect(whyUnavailable(offerOf('a', 1, { dialects: [] }), 'regtest')).toMatch(/no way to send/)
  expect(whyUnavailable(offerOf('a', 1, { dialects: ['nip90'], channelId: null }), 'regtest')).toBe(null)
})

test('an offer ends with its expiration, else a day after its seller was last seen', () => {
  expect(endsAt(offerOf('a', 1, { expiresAt: NOW + 7_000 }))).toBe(NOW + 7_000)
  expect(endsAt(offerOf('a', 1, { lastSeenAt: NOW - 5 }))).toBe(NOW - 5 + 86_400)
})

test('live is who was seen less than fifteen minutes ago and left no question unanswered, however long the offer lasts', () => {
  expect(isLive(offerOf('a', 1, { announcedAt: NOW - 899 }), NOW)).toBe(true)
  expect(isLive(offerOf('a', 1, { announcedAt: NOW - 900 }), NOW)).toBe(false)
  expect(isLive(offerOf('a', 1, { announcedAt: NOW - 5_000, expiresAt: NOW + 7_000 }), NOW)).toBe(false)
  expect(isLive(offerOf('a', 1, { announcedAt: NOW - 5_000, lastSeenAt: NOW - 3, expiresAt: NOW + 7_000 }), NOW)).toBe(true)
  expect(isLive(offerOf('a', 1, { expiresAt: NOW }), NOW)).toBe(false)
  expect(isLive(offerOf('a', 1, { unanswered: true }), NOW)).toBe(false)
})

test('one that was not seen lately is chosen when no live one fits, and when it is named', () => {
  const quiet = offerOf('a', 1, { announcedAt: NOW - 2_000 })
  const silent = offerOf('b', 2, { unanswered: true })
  expect(choose([quiet, silent, offerOf('c', 9)], cheapest)).toBe('c')
  expect(choose([quiet, silent, offerOf('c', 9)], cheapest, { maxPriceMsat: sats(5) })).toBe('a')
  expect(choose([quiet, silent, offerOf('c', 9)], { by: 'pubkey', prefix: 'bbbb' })).toBe('b')
  expect(choose([quiet], cheapest, { maxPriceMsat: sats(0.5) })).toBe('none-fits: 1 seller is listed, not under 0.5 sats. It asks 1 sats.')
})

test('whatever the offers: what is chosen fits and no fitting one is cheaper, and a refusal has a sentence', () => {
  const anyOffer = fc
    .record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      price: fc.option(fc.nat(20)),
      network: fc.option(fc.constantFrom(...NETWORKS)),
      dialects: fc.subarray([...DIALECTS]),
      announcedAt: fc.integer({ min: NOW - 1_000, max: NOW }),
      expiresAt: fc.option(fc.integer({ min: NOW - 10, max: NOW + 10 })),
    })
    .map(({ name, price, ...fields }) => offerOf(name, price, fields))
  fc.assert(
    fc.property(fc.array(anyOffer, { maxLength: 8 }), fc.option(fc.nat(20)), (offers, limit) => {
      const maxPriceMsat = limit === null ? null : sats(limit)
      const fits = (offer: ProbedOffer) =>
        endsAt(offer) > NOW && whyUnavailable(offer, 'regtest') === null && (offer.pricePerRequestMsat ?? 0) <= (maxPriceMsat ?? Infinity) && offer.pubkey !== keyOf('d')
      const chosen = selectOffer(offers, cheapest, { ...limits, maxPriceMsat, excludePubkeys: [keyOf('d')] })
      if (!chosen.ok) {
        expect(offers.some(fits)).toBe(false)
        expect(chosen.error.message).toMatch(/^[A-Z1-9].*\.$/)
        return
      }
      expect(fits(chosen.value)).toBe(true)
      if (!isLive(chosen.value, NOW)) expect(offers.some((offer) => fits(offer) && isLive(offer, NOW))).toBe(false)
      const rivals = offers.filter((offer) => fits(offer) && isLive(offer, NOW) === isLive(chosen.value, NOW))
      for (const offer of rivals) expect(chosen.value.pricePerRequestMsat).toBeLessThanOrEqual(offer.pricePerRequestMsat ?? 0)
    }),
    { numRuns: 2_000 },
  )
})
