import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_MSAT, msat, sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { feeCap, judgeSpending, sumMsat, UNLIMITED, type ProviderSpending, type SpendingContext, type SpendingWish } from './judgeSpending.ts'

const wish: SpendingWish = { kind: 'job', amountMsat: sats(10), maxFeeMsat: sats(1) }
const newcomer: ProviderSpending = { settledTodayMsat: ZERO_MSAT, settledEverMsat: ZERO_MSAT, pendingMsat: ZERO_MSAT, isKnown: false }
const codeOf = (context: Partial<SpendingContext>, change: Partial<SpendingWish> = {}) => {
  const verdict = judgeSpending({ ...UNLIMITED, ...context }, { ...wish, ...change })
  return verdict.ok ? 'allowed' : verdict.error.code
}

describe('a wish to spend', () => {
  const edges: readonly (readonly [string, Partial<SpendingContext>, Partial<SpendingContext>])[] = [
    ['over-job-limit', { perJobMsat: sats(10) }, { perJobMsat: msat(9_999) }],
    ['over-job-limit', { perJobMsat: sats(15), sameJobMsat: sats(5) }, { perJobMsat: sats(15), sameJobMsat: msat(5_001) }],
    ['over-day-limit', { perDayMsat: sats(11) }, { perDayMsat: msat(10_999) }],
    ['over-day-limit', { perDayMsat: sats(20), settledTodayMsat: sats(4), pendingMsat: sats(5) }, { perDayMsat: sats(20), settledTodayMsat: sats(4), pendingMsat: msat(5_001) }],
    ['over-provider-limit', { perProviderDayMsat: sats(20), provider: { ...newcomer, settledTodayMsat: sats(4), pendingMsat: sats(5) } }, { perProviderDayMsat: sats(20), provider: { ...newcomer, settledTodayMsat: msat(4_001), pendingMsat: sats(5) } }],
    ['new-provider-limit', { newProviderMsat: sats(10), provider: newcomer }, { newProviderMsat: msat(9_999), provider: newcomer }],
    ['new-provider-limit', { newProviderMsat: sats(9), provider: { ...newcomer, isKnown: true } }, { newProviderMsat: sats(19), provider: { ...newcomer, settledEverMsat: sats(5), pendingMsat: msat(4_001) } }],
    ['over-pending-limit', { maxPendingMsat: sats(16), pendingMsat: sats(5) }, { maxPendingMsat: sats(16), pendingMsat: msat(5_001) }],
    ['too-many-pending', { maxPendingPayments: 2, pendingPayments: 1 }, { maxPendingPayments: 2, pendingPayments: 2 }],
    ['needs-confirmation', { confirmAboveMsat: sats(10) }, { confirmAboveMsat: msat(9_999) }],
    ['spending-stopped', {}, { isStopped: true }],
  ]
  it.each(edges)('is refused as %s one msat beyond the limit, and not at it', (code, at, beyond) => expect([codeOf(at), codeOf(beyond)]).toEqual(['allowed', code]))

  it('may cost the fee cap, and one msat more is refused', () => {
    expect([codeOf({ maxFeePermille: 10 }), codeOf({ maxFeePermille: 10 }, { maxFeeMsat: msat(1_001) })]).toEqual(['allowed', 'over-fee-limit'])
  })

  it('is confirmed by a sum of at least its amount', () => {
    const context = { confirmAboveMsat: sats(1) }
    expect([codeOf(context, { confirmedMsat: msat(9_999) }), codeOf(context, { confirmedMsat: sats(10) })]).toEqual(['needs-confirmation', 'allowed'])
  })

  it('by hand has no job and no seller, and answers to every other limit', () => {
    const ofJobs = { perJobMsat: sats(1), newProviderMsat: ZERO_MSAT, perProviderDayMsat: ZERO_MSAT, provider: newcomer }
    expect(codeOf(ofJobs, { kind: 'by-hand' })).toBe('allowed')
    const others: readonly Partial<SpendingContext>[] = [{ isStopped: true }, { perDayMsat: sats(1) }, { maxPendingMsat: sats(1) }, { maxPendingPayments: 0 }, { confirmAboveMsat: sats(1) }]
    expect(others.map((context) => codeOf(context, { kind: 'by-hand' }))).toEqual(['spending-stopped', 'over-day-limit', 'over-pending-limit', 'too-many-pending', 'needs-confirmation'])
  })

  it('to pay back what is owed needs no confirmation, and stops with everything else', () => {
    expect([codeOf({ confirmAboveMsat: ZERO_MSAT, perJobMsat: ZERO_MSAT }, { kind: 'refund' }), codeOf({ isStopped: true }, { kind: 'refund' }), codeOf({ perDayMsat: sats(1) }, { kind: 'refund' })]).toEqual([
      'allowed', 'spending-stopped', 'over-day-limit',
    ])
  })

  it('says what to do in every refusal', () => {
    for (const [, , beyond] of edges) {
      const verdict = judgeSpending({ ...UNLIMITED, ...beyond }, wish)
      expect(verdict.ok ? '' : verdict.error.message).toMatch(/Settings|Confirm it|in the wallet/)
    }
  })

  it('never passes a limit, whatever the amounts, and never throws at absurd ones', () => {
    const amount = fc.oneof(fc.integer({ min: 0, max: 50_000 }), fc.integer({ min: MAX_MSAT - 5, max: MAX_MSAT })).map(msat)
    const provider = fc.record({ settledTodayMsat: amount, settledEverMsat: amount, pendingMsat: amount, isKnown: fc.boolean() })
    const context = fc.record({
      isStopped: fc.boolean(), settledTodayMsat: amount, pendingMsat: amount, pendingPayments: fc.nat(5), sameJobMsat: amount, provider: fc.option(provider), hashIsKnown: fc.boolean(),
      perJobMsat: amount, perDayMsat: amount, perProviderDayMsat: amount, newProviderMsat: amount, maxPendingMsat: amount, maxPendingPayments: fc.nat(5), confirmAboveMsat: amount, maxFeePermille: fc.nat(1_000),
    })
    fc.assert(
      fc.property(context, fc.constantFrom('job' as const, 'by-hand' as const, 'refund' as const), amount, amount, fc.option(amount, { nil: undefined }), (given, kind, amountMsat, maxFeeMsat, confirmedMsat) => {
        if (!judgeSpending(given, { kind, amountMsat, maxFeeMsat, confirmedMsat }).ok) return
        expect(given.isStopped).toBe(false)
        expect(Math.min(MAX_MSAT, given.settledTodayMsat + given.pendingMsat + amountMsat + maxFeeMsat)).toBeLessThanOrEqual(given.perDayMsat)
        expect(given.pendingPayments).toBeLessThan(given.maxPendingPayments)
        expect(maxFeeMsat).toBeLessThanOrEqual(feeCap(amountMsat, given.maxFeePermille))
        if (kind === 'job') expect(Math.min(MAX_MSAT, given.sameJobMsat + amountMsat)).toBeLessThanOrEqual(given.perJobMsat)
        if (kind !== 'refund' && amountMsat > given.confirmAboveMsat) expect(confirmedMsat).toBeGreaterThanOrEqual(amountMsat)
        if (kind === 'job' && given.provider !== null && !given.provider.isKnown) expect(sumMsat(given.provider.settledEverMsat, given.provider.pendingMsat, amountMsat)).toBeLessThanOrEqual(given.newProviderMsat)
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
