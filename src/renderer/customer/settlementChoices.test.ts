import { describe, expect, it } from 'vitest'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { SETTLEMENTS } from '#shared/market/settlement.ts'
import { chooseSettlement } from '#engine/customer/chooseSettlement.ts'
import { makeOffer } from '#renderer/testing/sceneData.ts'
import { autoSentence, expectedSettlement, settlementsOf, whyNot } from './settlementChoices.ts'
import { keepWish } from './settlementWishes.ts'

const ALL = makeOffer(0, { key: 'all', settlements: [...SETTLEMENTS], prices: [{ unit: 'per-1k-output-tokens', msat: sats(20) }] })
const CHEAPEST = { by: 'cheapest' } as const
const AUTO = { settlement: 'auto', trustMsat: sats(20) } as const

describe('why a question cannot be settled so', () => {
  it('is said of what the seller does not take, of its dialects, and of token prices', () => {
    expect(SETTLEMENTS.map((settlement) => whyNot(settlement, ALL, CHEAPEST))).toEqual([undefined, undefined, undefined, undefined])
    expect(SETTLEMENTS.map((settlement) => whyNot(settlement, makeOffer(0, { key: 'plain' }), CHEAPEST))).toEqual([undefined, ...Array(3).fill('This seller does not take it.')])
    const inPublic = { ...ALL, dialects: ['nip90' as const] }
    expect(SETTLEMENTS.map((settlement) => whyNot(settlement, inPublic, CHEAPEST))).toEqual([undefined, undefined, ...Array(2).fill('It takes a seller that speaks souk/1.')])
    const ofOneModel = { ...ALL, prices: [{ unit: 'per-1k-output-tokens' as const, msat: sats(20), model: 'llama3.2:3b' }] }
    expect(whyNot('metered', ofOneModel, CHEAPEST)).toBe('This seller names no price for tokens.')
  })

  it('is nothing while nobody is there, and all but paying ahead for an open request', () => {
    expect(SETTLEMENTS.map((settlement) => whyNot(settlement, undefined, CHEAPEST))).toEqual([undefined, undefined, undefined, undefined])
    expect(SETTLEMENTS.map((settlement) => whyNot(settlement, undefined, { by: 'open' }))).toEqual([undefined, ...Array(3).fill('An open request is paid ahead.')])
  })
})

describe('what it will probably be', () => {
  it.each(['auto', ...SETTLEMENTS] as const)('is for %s what the engine would choose, of any price and trust', (wish) => {
    for (const settlements of [[...SETTLEMENTS], ['prepay'], ['escrow', 'sealed'], ['sealed', 'metered'], ['metered']] as const) {
      for (const [priceMsat, trustMsat] of [[sats(5), sats(20)], [sats(30), sats(20)], [sats(5), ZERO_MSAT]] as const) {
        const offer = { ...ALL, settlements: [...settlements], priceMsat }
        const engine = chooseSettlement({ preferred: wish, possible: settlements, priceMsat, trustMsat })
        if (engine.ok) expect(expectedSettlement(wish, offer, CHEAPEST, { settlement: 'auto', trustMsat })).toBe(engine.value)
      }
    }
  })

  it('follows Settings before the thread’s own wish is made, and is not guessed before they are here', () => {
    expect(expectedSettlement('auto', ALL, CHEAPEST, { settlement: 'sealed', trustMsat: sats(20) })).toBe('sealed')
    expect(expectedSettlement('auto', ALL, CHEAPEST, undefined)).toBeUndefined()
    expect(expectedSettlement('auto', undefined, CHEAPEST, AUTO)).toBeUndefined()
    expect(expectedSettlement('auto', undefined, { by: 'open' }, AUTO)).toBe('prepay')
  })

  it('is told in words', () => {
    expect(autoSentence(AUTO)).toBe('Up to 20 sats are paid ahead; more, in the safest way that the seller takes.')
    expect(autoSentence({ settlement: 'auto', trustMsat: ZERO_MSAT })).toBe('In the safest way that the seller takes.')
    expect(autoSentence({ settlement: 'escrow', trustMsat: sats(20) })).toBe('As Settings say: in escrow.')
    expect(settlementsOf({})).toEqual(['prepay'])
  })
})

describe('the wishes of threads', () => {
  it('keep the newest two hundred, and none that is left to Settings', () => {
    let wishes: ReturnType<typeof keepWish> = {}
    for (let n = 0; n < 250; n++) wishes = keepWish(wishes, `t${n}`, 'escrow')
    expect(Object.keys(wishes)).toHaveLength(200)
    expect(wishes['t249']).toBe('escrow')
    expect(wishes['t49']).toBeUndefined()
    expect(keepWish(wishes, 't249', 'auto')['t249']).toBeUndefined()
  })
})
