import { describe, expect, it } from 'vitest'
import { makeRelay, makeRelays } from '#renderer/testing/sceneData.ts'
import { conditionsOf, groupRelays, paceText, sizesOf, skewText, workShare } from './relayText.ts'

const NOTHING = { minPowBits: 0, authRequired: false, paymentRequired: false, restrictedWrites: false }

describe('relays in words', () => {
  it('puts the sandbox’s own first and guests apart', () => {
    const relays = Object.fromEntries(makeRelays(0).map((relay) => [relay.url, relay]))
    const { own, guests } = groupRelays(relays)
    expect(own.map(({ url }) => url)).toEqual(['ws://127.0.0.1:7447', 'wss://archive.example', 'wss://relay.example', 'wss://slow.example/souk'])
    expect(guests.map(({ url }) => url)).toEqual(['wss://sellers.example'])
  })

  it('names what a relay asks of who writes, and says nothing where it asks nothing', () => {
    expect(conditionsOf(makeRelay({ url: 'wss://a' }))).toEqual([])
    expect(conditionsOf(makeRelay({ url: 'wss://a', limits: NOTHING }))).toEqual([])
    expect(conditionsOf(makeRelay({ url: 'wss://a', limits: { ...NOTHING, authRequired: true, paymentRequired: true, restrictedWrites: true, minPowBits: 20 } }))).toEqual(['asks who you are', 'takes paying members only', 'wants 20 bits of work for each event'])
    expect(conditionsOf(makeRelay({ url: 'wss://a', limits: { ...NOTHING, restrictedWrites: true } }))).toEqual(['chooses who may write'])
  })

  it('lists the sizes that it states', () => {
    expect(sizesOf(makeRelay({ url: 'wss://a', limits: { ...NOTHING, maxMessageBytes: 65_536, maxTags: 2_000, createdAtLowerSecs: 94_608_000, createdAtUpperSecs: 900 } }))).toEqual(['messages up to 65.5 KB', '2,000 tags', 'dates back to 1,095 days', 'dates up to 15 min ahead'])
  })

  it('fills the bar of a work as it becomes likely to be over, and never before it is', () => {
    expect(workShare(0, 65_536)).toBe(0)
    expect(workShare(65_536, 65_536)).toBeCloseTo(0.63, 2)
    expect(workShare(10 * 65_536, 65_536)).toBeLessThan(1)
    expect(workShare(1, 0)).toBe(1)
  })

  it('speaks of pace and clock only when there is something to say', () => {
    expect(paceText(0)).toBeUndefined()
    expect(paceText(2_000)).toBe('It asked us to slow down: one event per 2 s.')
    expect(skewText(undefined)).toBeUndefined()
    expect(skewText(-9)).toBeUndefined()
    expect(skewText(-90)).toBe('Its clock is 1 min 30 s behind this computer’s.')
    expect(skewText(12)).toBe('Its clock is 12 s ahead of this computer’s.')
  })
})
