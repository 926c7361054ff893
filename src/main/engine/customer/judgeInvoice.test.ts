import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_MSAT, msat, sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import { feeCap, judgeInvoice, sumMsat, type Agreement, type InvoiceOffer, type SpendingContext } from './judgeInvoice.ts'

const NOW = 1_700_000_000
const offer: InvoiceOffer = { bolt11: 'lnbcrt…', paymentHash: 'a'.repeat(64), amountMsat: sats(10), network: 'regtest', expiresAt: NOW + 600, description: 'Souk job_0011223344556677' }
const agreed: Agreement = { jobId: 'job_0011223344556677', network: 'regtest', quotedMsat: sats(10), budgetMsat: sats(10), nowSecs: NOW }
const context: SpendingContext = { settledTodayMsat: ZERO_MSAT, pendingMsat: ZERO_MSAT, perJobMsat: sats(10), perDayMsat: sats(11), maxFeePermille: 10, hashIsKnown: false }
const codeOf = (change: Partial<InvoiceOffer>, agreedChange: Partial<Agreement> = {}, contextChange: Partial<SpendingContext> = {}) => {
  const verdict = judgeInvoice(ok({ ...offer, ...change }), { ...agreed, ...agreedChange }, { ...context, ...contextChange })
  return verdict.ok ? 'accepted' : verdict.error.code
}

describe('an invoice', () => {
  it('is accepted at exactly every limit, with the hash as its idempotency key', () => {
    expect(judgeInvoice(ok(offer), agreed, context)).toEqual(ok({ bolt11: offer.bolt11, paymentHash: offer.paymentHash, amountMsat: 10_000, maxFeeMsat: 1_000, idempotencyKey: offer.paymentHash, expiresAt: offer.expiresAt }))
    expect(codeOf({ amountMsat: sats(9) })).toBe('accepted')
  })

  it('is refused one msat or one second beyond each of them', () => {
    expect(codeOf({ amountMsat: msat(10_001) })).toBe('invoice-over-quote')
    expect(codeOf({}, { budgetMsat: msat(9_999) })).toBe('invoice-over-budget')
    expect(codeOf({}, {}, { perJobMsat: msat(9_999) })).toBe('over-job-limit')
    expect(codeOf({}, {}, { perDayMsat: msat(10_999) })).toBe('over-day-limit')
    expect(codeOf({}, {}, { settledTodayMsat: msat(1) })).toBe('over-day-limit')
    expect(codeOf({}, {}, { pendingMsat: msat(1) })).toBe('over-day-limit')
    expect([codeOf({ expiresAt: NOW + 5 }), codeOf({ expiresAt: NOW + 4 })]).toEqual(['accepted', 'invoice-expired'])
    expect([codeOf({ expiresAt: NOW + 7 * 86_400 }), codeOf({ expiresAt: NOW + 7 * 86_400 + 1 })]).toEqual(['accepted', 'invoice-absurd-expiry'])
  })

  it('is refused for another network, without an amount, when used before, and when it is none', () => {
    expect([codeOf({ network: 'mainnet' }), codeOf({ network: 'signet' }), codeOf({ amountMsat: null }), codeOf({ amountMsat: ZERO_MSAT }), codeOf({}, {}, { hashIsKnown: true })]).toEqual([
      'invoice-wrong-network', 'invoice-wrong-network', 'invoice-no-amount', 'invoice-no-amount', 'invoice-reused',
    ])
    expect(judgeInvoice(fail('bad', 'Not bech32.'), agreed, context)).toMatchObject({ ok: false, error: { code: 'invoice-unreadable', message: expect.stringContaining('Not bech32') } })
  })

  it('is refused when it says that it is for another job; what else it says is its seller’s', () => {
    expect(codeOf({ description: 'Souk job_8811223344556677' })).toBe('invoice-of-other-job')
    expect(['', 'Text', 'Souk job_1', 'For Souk job_8811223344556677'].map((description) => codeOf({ description }))).toEqual(Array(4).fill('accepted'))
  })

  it('never passes what breaks a limit, whatever the amounts, and never throws at absurd ones', () => {
    const amount = fc.oneof(fc.integer({ min: 0, max: 50_000 }), fc.integer({ min: MAX_MSAT - 5, max: MAX_MSAT })).map(msat)
    fc.assert(
      fc.property(amount, amount, amount, amount, amount, amount, amount, fc.nat(1_000), (asked, quotedMsat, budgetMsat, perJobMsat, perDayMsat, settledTodayMsat, pendingMsat, maxFeePermille) => {
        const verdict = judgeInvoice(ok({ ...offer, amountMsat: asked }), { ...agreed, quotedMsat, budgetMsat }, { perJobMsat, perDayMsat, settledTodayMsat, pendingMsat, maxFeePermille, hashIsKnown: false })
        if (!verdict.ok) return
        const { amountMsat, maxFeeMsat } = verdict.value
        expect(amountMsat).toBe(asked)
        expect(amountMsat).toBeLessThanOrEqual(Math.min(quotedMsat, budgetMsat, perJobMsat))
        expect(Math.min(MAX_MSAT, settledTodayMsat + pendingMsat + amountMsat + maxFeeMsat)).toBeLessThanOrEqual(perDayMsat)
      }),
    )
  })
})

describe('the fee cap', () => {
  it('is a share of the amount rounded up, at least one sat, and an amount itself', () => {
    expect([feeCap(ZERO_MSAT, 10), feeCap(sats(10), 10), feeCap(sats(1_000), 10), feeCap(msat(100_001), 10), feeCap(sats(10), 0)]).toEqual([1_000, 1_000, 10_000, 1_001, 1_000])
    expect(feeCap(MAX_MSAT, 1_000)).toBe(MAX_MSAT)
    expect(sumMsat(MAX_MSAT, MAX_MSAT)).toBe(MAX_MSAT)
  })
})
