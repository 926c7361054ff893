import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_MSAT, msat, sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import { UNLIMITED, type SpendingContext } from '../spending/judgeSpending.ts'
import { judgeInvoice, type Agreement, type InvoiceOffer } from './judgeInvoice.ts'

const NOW = 1_700_000_000
const offer: InvoiceOffer = { bolt11: 'lnbcrt…', paymentHash: 'a'.repeat(64), amountMsat: sats(10), network: 'regtest', expiresAt: NOW + 600, description: 'Souk job_0011223344556677' }
const agreed: Agreement = { jobId: 'job_0011223344556677', network: 'regtest', quotedMsat: sats(10), budgetMsat: sats(10), nowSecs: NOW }
const context: SpendingContext = { ...UNLIMITED, perJobMsat: sats(10), perDayMsat: sats(11), maxFeePermille: 10 }
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

  it('is refused when its payee could hold the money for longer than two days, in whatever mode it would be paid', () => {
    expect([codeOf({ holdBlocks: 18 }), codeOf({ holdBlocks: 288 }), codeOf({ holdBlocks: 289 }), codeOf({ holdBlocks: 2_016 })]).toEqual(['accepted', 'accepted', 'invoice-holds-too-long', 'invoice-holds-too-long'])
  })

  it('is refused for another network, without an amount, when used before, and when it is none', () => {
    expect([codeOf({ network: 'mainnet' }), codeOf({ network: 'signet' }), codeOf({ amountMsat: null }), codeOf({ amountMsat: ZERO_MSAT }), codeOf({}, {}, { hashIsKnown: true })]).toEqual([
      'invoice-wrong-network', 'invoice-wrong-network', 'invoice-no-amount', 'invoice-no-amount', 'invoice-reused',
    ])
    expect(judgeInvoice(fail('bad', 'Not bech32.'), agreed, context)).toMatchObject({ ok: false, error: { code: 'invoice-unreadable', message: expect.stringContaining('Not bech32') } })
  })

  it('above the sum for that is paid only as far as a person confirmed it', () => {
    const above = { confirmAboveMsat: sats(9) }
    expect([codeOf({}, {}, above), codeOf({}, { confirmedMsat: msat(9_999) }, above), codeOf({}, { confirmedMsat: sats(10) }, above), codeOf({ amountMsat: sats(9) }, {}, above)]).toEqual([
      'needs-confirmation', 'needs-confirmation', 'accepted', 'accepted',
    ])
  })

  it('is refused when it says that it is for another job; what else it says is its seller’s', () => {
    expect(codeOf({ description: 'Souk job_8811223344556677' })).toBe('invoice-of-other-job')
    expect(['', 'Text', 'Souk job_1', 'For Souk job_8811223344556677'].map((description) => codeOf({ description }))).toEqual(Array(4).fill('accepted'))
  })

  it('never passes what breaks a limit, whatever the amounts, and never throws at absurd ones', () => {
    const amount = fc.oneof(fc.integer({ min: 0, max: 50_000 }), fc.integer({ min: MAX_MSAT - 5, max: MAX_MSAT })).map(msat)
    fc.assert(
      fc.property(amount, amount, amount, amount, amount, amount, amount, fc.nat(1_000), (asked, quotedMsat, budgetMsat, perJobMsat, perDayMsat, settledTodayMsat, pendingMsat, maxFeePermille) => {
        const verdict = judgeInvoice(ok({ ...offer, amountMsat: asked }), { ...agreed, quotedMsat, budgetMsat }, { ...UNLIMITED, perJobMsat, perDayMsat, settledTodayMsat, pendingMsat, maxFeePermille })
        if (!verdict.ok) return
        const { amountMsat, maxFeeMsat } = verdict.value
        expect(amountMsat).toBe(asked)
        expect(amountMsat).toBeLessThanOrEqual(Math.min(quotedMsat, budgetMsat, perJobMsat))
        expect(Math.min(MAX_MSAT, settledTodayMsat + pendingMsat + amountMsat + maxFeeMsat)).toBeLessThanOrEqual(perDayMsat)
      }),
    )
  })
})
