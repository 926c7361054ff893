import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_MSAT, msat, sats, ZERO_MSAT, type Msat } from './msat.ts'
import { mostAhead, mostForJob, mostPromptTokens, priceOfStep, priceOfTokens, settleAnswer, stepTokens, tariffOf, unusedTokens, type Tariff } from './tariff.ts'

const TARIFF: Tariff = { inputPer1kMsat: sats(1), outputPer1kMsat: sats(20) }

describe('a tariff', () => {
  it('is what an offer says whatever the model; input without a price is free, and without one for output there is none', () => {
    const price = (unit: 'per-1k-input-tokens' | 'per-1k-output-tokens', model: string | null = null) => ({ unit, msat: sats(3), model })
    expect(tariffOf([price('per-1k-output-tokens'), price('per-1k-input-tokens')])).toEqual({ inputPer1kMsat: sats(3), outputPer1kMsat: sats(3) })
    expect(tariffOf([price('per-1k-output-tokens')])).toEqual({ inputPer1kMsat: 0, outputPer1kMsat: sats(3) })
    expect([tariffOf([price('per-1k-input-tokens')]), tariffOf([price('per-1k-output-tokens', 'one')])]).toEqual([null, null])
  })

  it.each([
    [0, 0, 0],
    [1, 0, 1_000],
    [0, 1, 1_000],
    [0, 50, 1_000],
    [0, 51, 2_000],
    [1_000, 200, 5_000],
  ])('makes of %i tokens read and %i written whole sats, rounded up: %i msat', (promptTokens, outputTokens, price) => {
    expect(priceOfTokens(TARIFF, { promptTokens, outputTokens })).toBe(price)
  })

  it('is computed exactly, and stops at the largest amount', () => {
    expect(priceOfTokens({ inputPer1kMsat: ZERO_MSAT, outputPer1kMsat: MAX_MSAT }, { promptTokens: 0, outputTokens: 131_072 })).toBe(MAX_MSAT)
    expect(priceOfTokens({ inputPer1kMsat: ZERO_MSAT, outputPer1kMsat: msat(60_000_000_001) }, { promptTokens: 0, outputTokens: 131_071 })).toBe(7_864_260_001_000)
  })
})

describe('steps', () => {
  it('are two thirds of a tick, and half of one may be unused when the next is paid', () => {
    expect([300, 16, 3, 1].map((tick) => [stepTokens(tick), unusedTokens(stepTokens(tick))])).toEqual([[200, 100], [10, 5], [2, 1], [1, 0]])
    fc.assert(fc.property(fc.integer({ min: 1, max: 1_000_000 }), (tick) => stepTokens(tick) + unusedTokens(stepTokens(tick)) <= tick))
  })

  it('cost together what their tokens cost together, whatever each is rounded to', () => {
    const anyTariff = fc.record({ inputPer1kMsat: fc.nat(5_000_000).map(msat), outputPer1kMsat: fc.integer({ min: 100_000, max: 5_000_000 }).map(msat) })
    fc.assert(
      fc.property(anyTariff, fc.nat(5_000), fc.integer({ min: 16, max: 2_000 }), fc.integer({ min: 1, max: 20 }), (tariff, promptTokens, tick, count) => {
        const step = stepTokens(tick)
        let before = { promptTokens: 0, outputTokens: 0, paidMsat: ZERO_MSAT }
        for (let index = 0; index < count; index++) {
          const next = { promptTokens: index === 0 ? promptTokens : 0, outputTokens: step }
          const price = priceOfStep(tariff, before, next)
          expect(price % 1_000).toBe(0)
          before = { promptTokens, outputTokens: before.outputTokens + step, paidMsat: msat(before.paidMsat + price) }
        }
        expect(before.paidMsat).toBe(priceOfTokens(tariff, before))
        expect(before.paidMsat).toBeLessThanOrEqual(mostForJob(tariff, promptTokens, count * step, tick))
        // With half of the step before the last still unused, no more than a tick is ahead.
        const used = before.outputTokens - step - unusedTokens(step)
        if (count > 1) expect(before.paidMsat - priceOfTokens(tariff, { promptTokens, outputTokens: used })).toBeLessThanOrEqual(mostAhead(tariff, promptTokens, tick))
      }),
    )
  })

  it('cost together no more than is said before, however little each is worth', () => {
    const anyTariff = fc.record({ inputPer1kMsat: fc.nat(2_000_000).map(msat), outputPer1kMsat: fc.nat(20_000).map(msat) })
    fc.assert(
      fc.property(anyTariff, fc.nat(5_000), fc.integer({ min: 16, max: 500 }), fc.integer({ min: 1, max: 4_000 }), (tariff, promptTokens, tick, maxTokens) => {
        let before = { promptTokens: 0, outputTokens: 0, paidMsat: ZERO_MSAT }
        while (before.outputTokens < maxTokens) {
          const next = { promptTokens: promptTokens - before.promptTokens, outputTokens: Math.min(stepTokens(tick), maxTokens - before.outputTokens) }
          before = { promptTokens, outputTokens: before.outputTokens + next.outputTokens, paidMsat: msat(before.paidMsat + priceOfStep(tariff, before, next)) }
        }
        expect(mostForJob(tariff, promptTokens, maxTokens, tick)).toBe(before.paidMsat)
      }),
    )
  })

  it('cost a sat at the least', () => {
    expect(priceOfStep({ inputPer1kMsat: ZERO_MSAT, outputPer1kMsat: msat(1) }, { promptTokens: 0, outputTokens: 200, paidMsat: sats(1) }, { promptTokens: 0, outputTokens: 200 })).toBe(1_000)
  })
})

describe('settling an answer', () => {
  const settle = (change: Partial<Parameters<typeof settleAnswer>[1]>) => settleAnswer(TARIFF, { paidMsat: sats(9), promptTokens: 10, usage: { promptTokens: 4, outputTokens: 200 }, answerBytes: 1_000, ...change })

  it('charges what was counted, and owes the rest', () => {
    expect(settle({})).toEqual({ costMsat: 5_000, creditMsat: 4_000 })
  })
  it('charges no more tokens than there are bytes, nor more of a prompt than was agreed, nor more than was paid', () => {
    expect(settle({ answerBytes: 50 })).toEqual({ costMsat: 2_000, creditMsat: 7_000 })
    expect(settle({ usage: { promptTokens: 1_000_000, outputTokens: 1 } })).toEqual({ costMsat: 1_000, creditMsat: 8_000 })
    expect(settle({ usage: { promptTokens: 4, outputTokens: 900 } })).toEqual({ costMsat: 9_000, creditMsat: 0 })
  })
  it('charges nothing where nothing was answered', () => {
    expect(settle({ usage: { promptTokens: 4, outputTokens: 0 } })).toEqual({ costMsat: 0, creditMsat: 9_000 })
  })
})

it('a prompt is charged as a token for three bytes at the most', () => {
  expect([0, 1, 3, 4].map(mostPromptTokens)).toEqual([0, 1, 1, 2])
  const noPrompt: Msat = mostAhead(TARIFF, 0, 300)
  expect([noPrompt, mostAhead(TARIFF, 10_000, 300)]).toEqual([6_000, 14_000])
})
