import { describe, expect, it } from 'vitest'
import { sats, msat } from '#shared/market/msat.ts'
import { canGiveCredit, debtorOf, depositFor, depositListed, judgeCredit } from './credit.ts'

describe('a deposit', () => {
  it('is its share of the price in whole sats, and leaves something that opens the answer', () => {
    expect([0, 1, 99, 100, 250, 999, 1_000].map((permille) => depositFor(sats(10), permille))).toEqual([0, 0, 0, sats(1), sats(2), sats(9), sats(9)])
    expect([depositFor(sats(1), 1_000), depositFor(msat(1), 1_000), depositFor(msat(2_500), 1_000)]).toEqual([0, 0, sats(1)])
  })

  it('is listed where there is one', () => {
    expect([depositListed({ priceMsat: sats(10), depositPermille: 250 }), depositListed({ priceMsat: sats(10), depositPermille: 0 })]).toEqual([{ depositMsat: sats(2) }, {}])
  })
})

describe('credit', () => {
  it('is given up to its limit, and then it says what to do', () => {
    expect(judgeCredit(sats(10), sats(40), sats(50), ['prepay', 'sealed'])).toEqual({ ok: true, value: null })
    expect(judgeCredit(sats(10), msat(sats(40) + 1), sats(50), ['prepay', 'escrow', 'sealed'])).toMatchObject({ error: { code: 'credit-used-up', message: 'Sealed answers worth 40.001 sats are unpaid here, and at most 50 sats may be. Pay first: ask again, settled by prepay or escrow.' } })
    expect(judgeCredit(sats(10), sats(50), sats(50), ['sealed'])).toMatchObject({ error: { message: expect.stringContaining('Ask again once some are paid.') } })
  })

  it('is offered only where one answer is within it: a deposit helps', () => {
    const terms = { priceMsat: sats(10), depositPermille: 0, creditMsat: sats(5) }
    expect([canGiveCredit(terms), canGiveCredit({ ...terms, depositPermille: 500 })]).toEqual([false, true])
  })

  it('is one account for all keys that are made for a job, and each lasting key’s own', () => {
    expect([debtorOf('souk/1', 'a'), debtorOf('nip90', 'a')]).toEqual([null, 'a'])
  })
})
