import { describe, expect, it } from 'vitest'
import type { Selection } from '#shared/ipc/customer.ts'
import { sats } from '#shared/market/msat.ts'
import { makeOffer } from '#renderer/testing/sceneData.ts'
import { expectedOffer } from './expectedOffer.ts'
import { cheapestBuyable, isLive } from './offerRows.ts'
import { refusedText } from './refusedText.ts'
import { seenWords } from './seenText.ts'
import type { SettlementWish } from './settlementChoices.ts'

const NOW = 1_760_000_000_000
const MINUTE = 60_000
const { priceMsat: _price, ...unpriced } = makeOffer(NOW, { key: 'unpriced', pubkey: 'e'.repeat(64) })
const OFFERS = {
  dear: makeOffer(NOW, { key: 'dear', priceMsat: sats(90), pubkey: 'a'.repeat(64) }),
  cheap: makeOffer(NOW, { key: 'cheap', priceMsat: sats(9), pubkey: 'b'.repeat(64) }),
  own: makeOffer(NOW, { key: 'own', priceMsat: sats(1), own: true, pubkey: 'c'.repeat(64) }),
  away: makeOffer(NOW, { key: 'away', priceMsat: sats(2), unavailable: 'It sells on mainnet.', pubkey: 'd'.repeat(64) }),
  silent: makeOffer(NOW, { key: 'silent', priceMsat: sats(3), unanswered: true, pubkey: 'f'.repeat(64) }),
  unpriced,
}

describe('isLive', () => {
  it('is true of who was seen less than fifteen minutes ago, answers, and whose offer is not over', () => {
    const live = (change: object) => isLive(makeOffer(NOW, { key: 'a', ...change }), NOW)
    expect(live({ lastSeenAt: NOW - 15 * MINUTE + 1 })).toBe(true)
    expect(live({ lastSeenAt: NOW - 15 * MINUTE })).toBe(false)
    expect(live({ unanswered: true })).toBe(false)
    expect(live({ expiresAt: NOW })).toBe(false)
  })
})

describe('cheapestBuyable', () => {
  it('passes over one’s own, those that cannot be bought, and, while a live one is there, the silent', () => {
    expect(cheapestBuyable(OFFERS, NOW)?.key).toBe('cheap')
    expect(cheapestBuyable({ silent: OFFERS.silent, own: OFFERS.own }, NOW)?.key).toBe('silent')
    expect(cheapestBuyable({ own: OFFERS.own, unpriced }, NOW)).toBeUndefined()
  })

  it('of equal prices takes the newest announcement', () => {
    const rival = makeOffer(NOW, { key: 'rival', priceMsat: sats(9), announcedAt: NOW - 1 })
    expect(cheapestBuyable({ ...OFFERS, rival }, NOW)?.key).toBe('rival')
    expect(cheapestBuyable({ rival, ...OFFERS }, NOW)?.key).toBe('rival')
  })
})

describe('expectedOffer', () => {
  const expectedKey = (selection: Selection, settlement: SettlementWish = 'auto', settings?: Parameters<typeof expectedOffer>[3], offers = OFFERS) => expectedOffer(offers, { selection, settlement }, NOW, settings)?.key

  it('is the cheapest that can be bought from somebody else', () => {
    expect(expectedKey({ by: 'cheapest' })).toBe('cheap')
  })

  it('is the cheapest that settles as it is wished, there or in Settings; the cheapest of all when none does', () => {
    const offers = { ...OFFERS, dear: { ...OFFERS.dear, settlements: ['prepay' as const, 'escrow' as const] } }
    expect(expectedKey({ by: 'cheapest' }, 'escrow', undefined, offers)).toBe('dear')
    expect(expectedKey({ by: 'cheapest' }, 'auto', { onlyPrivate: false, settlement: 'escrow' }, offers)).toBe('dear')
    expect(expectedKey({ by: 'cheapest' }, 'prepay', { onlyPrivate: false, settlement: 'escrow' }, offers)).toBe('cheap')
    expect(expectedKey({ by: 'cheapest' }, 'metered', undefined, offers)).toBe('cheap')
  })

  it('is the chosen offer, and nobody when it is away', () => {
    expect(expectedKey({ by: 'offer', key: 'dear' })).toBe('dear')
    expect(expectedKey({ by: 'offer', key: 'dear' }, 'sealed')).toBe('dear')
    expect(expectedKey({ by: 'offer', key: 'gone' })).toBeUndefined()
  })

  it('is the seller of a key that starts so, and nobody in particular for an open request', () => {
    expect(expectedKey({ by: 'pubkey', prefix: 'aaaa' })).toBe('dear')
    expect(expectedKey({ by: 'open' })).toBeUndefined()
  })
})

describe('seenWords', () => {
  it('says since when', () => {
    const words = (change: object) => seenWords(makeOffer(NOW, { key: 'a', ...change }), NOW)
    expect(words({ lastSeenAt: NOW - 12_000 })).toEqual({ live: true, short: '12 s ago', long: 'live, seen 12 s ago' })
    expect(words({ lastSeenAt: NOW - 20 * MINUTE })).toEqual({ live: false, short: '20 min ago', long: 'not seen for 20 min' })
    expect(words({ lastSeenAt: NOW - 5 * MINUTE, unanswered: true })).toEqual({ live: false, short: 'silent', long: 'does not answer, not seen for 5 min' })
    expect(words({ lastSeenAt: NOW - 30 * 60 * MINUTE }).long).toBe('not seen since yesterday')
  })
})

describe('refusedText', () => {
  it('counts what could not be read by its reason, the most frequent first', () => {
    expect(refusedText({})).toBe(null)
    expect(refusedText({ 'too-long': 1 })).toBe('1 listing could not be read: 1 too large.')
    expect(refusedText({ 'too-long': 1, 'not-json': 1_200, 'not-an-object': 34, 'never-heard-of': 2 })).toBe('1,237 listings could not be read: 1,234 broken content, 2 otherwise broken, 1 too large.')
  })
})
