import { describe, expect, it } from 'vitest'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { makeOffer } from '#renderer/testing/sceneData.ts'
import { askPrivacy, mayEncrypt } from './askPrivacy.ts'
import { checkOpenLimit } from './openLimit.ts'
import type { Quote } from './quoteAsker.ts'

const SOUK = makeOffer(0, { key: 'souk', dialects: ['souk/1', 'nip90'] })
const STRANGER = makeOffer(0, { key: 'stranger', dialects: ['nip90'] })
const CHANNEL = makeOffer(0, { key: 'channel', dialects: ['channel'] })
const MUTE = makeOffer(0, { key: 'mute', dialects: [] })
const quoteOf = (change: Partial<Quote>): Quote => ({ offer: SOUK, dialect: 'souk/1', privacy: 'private', settlement: 'prepay', risk: { riskMsat: sats(10), sentence: '' }, priceMsat: sats(1), maxFeeMsat: ZERO_MSAT, promptBytes: 1, turnsSent: 1, turnsCut: 0, ...change })
const say = (...args: Parameters<typeof askPrivacy>) => askPrivacy(...args)?.words.short

describe('who could read the next question', () => {
  it('is told by the seller’s best dialect before there is a quote', () => {
    expect(say(undefined, SOUK, { by: 'cheapest' }, false)).toBe('Private')
    expect(say(undefined, STRANGER, { by: 'cheapest' }, false)).toBe('Public on the relays')
    expect(say(undefined, CHANNEL, { by: 'cheapest' }, false)).toBe('Public in a channel')
    expect(say(undefined, MUTE, { by: 'cheapest' }, false)).toBeUndefined()
    expect(say(undefined, undefined, { by: 'cheapest' }, false)).toBeUndefined()
    expect(say(undefined, undefined, { by: 'open' }, false)).toBe('Public on the relays')
  })

  it('is told by the quote once there is one, whatever was expected', () => {
    expect(say(quoteOf({ offer: CHANNEL, dialect: 'channel', privacy: 'public-channel' }), SOUK, { by: 'cheapest' }, false)).toBe('Public in a channel')
    expect(say(quoteOf({ offer: undefined, dialect: 'nip90', privacy: 'public-relays' }), undefined, { by: 'open' }, false)).toBe('Public on the relays')
    expect(say(quoteOf({ dialect: 'nip90' }), SOUK, { by: 'cheapest' }, false)).toBe('Private')
  })

  it('promises nothing about the answer of a seller that is not known to encrypt', () => {
    expect(say(undefined, STRANGER, { by: 'cheapest' }, true)).toBe('Private question')
    expect(say(quoteOf({ offer: STRANGER, dialect: 'nip90' }), STRANGER, { by: 'cheapest' }, true)).toBe('Private question')
    expect(say(undefined, CHANNEL, { by: 'cheapest' }, true)).toBe('Public in a channel')
    expect([SOUK, STRANGER, CHANNEL].map(mayEncrypt)).toEqual([false, true, false])
  })
})

describe('the most that an open request may cost', () => {
  it('is an amount above zero and within the limit per job', () => {
    expect(checkOpenLimit('20', sats(100))).toBeUndefined()
    expect(checkOpenLimit('100', sats(100))).toBeUndefined()
    expect(checkOpenLimit('0.5', undefined)).toBeUndefined()
    expect(checkOpenLimit('101', sats(100))).toBe('Your limit for one job is 100 sats. Settings changes it.')
    for (const text of ['', '0', '-1', 'ten']) expect(checkOpenLimit(text, sats(100))).toContain('above zero')
  })
})
