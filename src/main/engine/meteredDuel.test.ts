/** Both machines of a metered job against each other: every order, crash, stop and refusal to pay, and what each side can lose by it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { openDuel, type Duel, type DuelOptions } from './testing/meteredDuel.ts'
import { DUEL_MOST_AHEAD } from './testing/meteredDuelJob.ts'

const STEP = 20
const PROMPT_SATS = 4

/** Holds at every moment, whatever has happened. */
function expectBounded(duel: Duel): void {
  const { aheadMsat, madeTokens, paidTokens, mostPaymentsOfOne, paidMsat, receivedMsat } = duel.figures()
  expect(aheadMsat).toBeLessThanOrEqual(DUEL_MOST_AHEAD)
  expect(madeTokens).toBeLessThanOrEqual(paidTokens)
  expect(mostPaymentsOfOne).toBeLessThanOrEqual(1)
  expect(receivedMsat === 0 || paidMsat === 0 || Math.abs(receivedMsat - paidMsat) <= DUEL_MOST_AHEAD).toBe(true)
}

/** Runs it in one order, checking after every deed; `onDeed` may interfere. */
function play(options: DuelOptions, onDeed: (duel: Duel, count: number) => void = () => {}): Duel {
  const duel = openDuel(options)
  for (let count = 0; count < 5_000; count++) {
    onDeed(duel, count)
    expectBounded(duel)
    const [first] = duel.possible()
    if (first === undefined) break
    duel.do(first)
  }
  duel.finish()
  expectBounded(duel)
  return duel
}

/** What is true of every job that has ended with its answer on the customer's side. */
function expectSettled(duel: Duel): void {
  const { paidMsat, receivedMsat, customerCreditMsat, providerCreditMsat, answer, text } = duel.figures()
  expect(receivedMsat).toBe(paidMsat)
  expect([customerCreditMsat, text]).toEqual([providerCreditMsat, answer])
}

describe('two honest sides', () => {
  it.each([1, 9, 10, 19, 20, 21, 25, 40, 100, 333])('deliver %i tokens for their price, and owe what was paid beyond', (answerTokens) => {
    const duel = play({ answerTokens })
    expectSettled(duel)
    const { paidMsat, customerCreditMsat, customerState, providerState, answer } = duel.figures()
    expect([customerState, providerState, answer.length]).toEqual(['done', 'done', answerTokens])
    // The prompt is charged as 4 tokens at the most, and the backend counted 3.
    expect(paidMsat - customerCreditMsat).toBe(sats(answerTokens + 3))
  })

  it('never make the stream pause when each does at once what it has to', () => {
    const duel = openDuel({ answerTokens: 500 })
    // Everything else comes before the next token.
    for (;;) {
      const names = duel.possible()
      const next = names.find((name) => name !== 'sale work') ?? names[0]
      if (next === undefined) break
      duel.do(next)
    }
    expect(duel.finish()).toBe(0)
    expect(duel.figures().customerState).toBe('done')
  })

  it('end well in whatever order things happen', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(11), { maxLength: 400 }), fc.integer({ min: 1, max: 90 }), (order, answerTokens) => {
        const duel = openDuel({ answerTokens })
        for (const choice of order) {
          const names = duel.possible()
          const name = names[choice % Math.max(1, names.length)]
          if (name === undefined) break
          duel.do(name)
          expectBounded(duel)
        }
        duel.finish()
        expectBounded(duel)
        expectSettled(duel)
        expect(duel.figures().customerState).toBe('done')
      }),
      { numRuns: 120 },
    )
  })
})

describe('a customer that stops paying', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7])('at the payment of index %i has what it paid for, and the seller made no more', (stopAt) => {
    const duel = play({ answerTokens: 160, wallet: (index) => (index < stopAt ? 'pays' : 'fails') })
    const { receivedMsat, paidMsat, answer, text, madeTokens, customerState } = duel.figures()
    expect(receivedMsat).toBe(paidMsat)
    expect(paidMsat).toBe(stopAt === 0 ? 0 : sats(PROMPT_SATS + STEP * stopAt))
    expect(madeTokens).toBeLessThanOrEqual(stopAt * STEP)
    expect([answer, customerState]).toEqual([text, 'failed'])
    // Nothing of what was made is unpaid.
    expect(answer.length).toBeLessThanOrEqual(stopAt * STEP)
  })

  it.each([1, 3])('and whose wallet says nothing of payment %i is believed only once the wallet knows', (index) => {
    const paid = play({ answerTokens: 100, wallet: (each) => (each === index ? 'says nothing and pays' : 'pays') })
    expectSettled(paid)
    expect(paid.figures().customerState).toBe('done')
    const failed = play({ answerTokens: 100, wallet: (each) => (each === index ? 'says nothing and fails' : 'pays') })
    expectSettled(failed)
    expect(failed.figures()).toMatchObject({ customerState: 'failed', paidMsat: sats(PROMPT_SATS + STEP * index) })
  })

  it.each([23, 24, 25, 44, 45, 65])('at its cap of %i sats, fees included, never pays beyond it', (cap) => {
    const duel = play({ answerTokens: 200, budgetMsat: sats(cap) })
    const { paidMsat, customerState } = duel.figures()
    // A sat is kept for the fee of the payment that is about to be made.
    const steps = Math.floor((cap - 1 - PROMPT_SATS) / STEP)
    expect([paidMsat, customerState]).toEqual([steps === 0 ? 0 : sats(PROMPT_SATS + STEP * steps), steps === 0 ? 'refused' : 'stopped'])
    expectSettled(duel)
  })
})

describe('either side that stops, at every deed of a job', () => {
  const deeds = countDeeds({ answerTokens: 50 })
  it.each(Array.from({ length: deeds }, (_, deed) => deed))('ends it at deed %i with no more than a tick in between, and both books alike', (deed) => {
    for (const stop of ['stop', 'cancelSale'] as const) {
      const duel = play({ answerTokens: 50 }, (now, count) => count === deed && now[stop]())
      const { receivedMsat, paidMsat, customerState, providerCreditMsat, answer } = duel.figures()
      expect(receivedMsat).toBe(paidMsat)
      // Paid after the seller had cancelled: all of it is owed.
      if (customerState === 'failed') expect([stop, providerCreditMsat, answer]).toEqual(['cancelSale', paidMsat, ''])
      else if (paidMsat > 0) expectSettled(duel)
      expect(['stopped', 'done', 'refused', 'expired', 'failed']).toContain(customerState)
    }
  })
})

describe('a crash at every deed of a job', () => {
  const deeds = countDeeds({ answerTokens: 50 })
  it.each(Array.from({ length: deeds }, (_, deed) => deed))('%i: the customer goes on paying and reading, to the end', (deed) => {
    const duel = play({ answerTokens: 50 }, (now, count) => count === deed && now.crash('customer'))
    expectSettled(duel)
    expect(duel.figures()).toMatchObject({ customerState: 'done', providerState: 'done', madeTokens: 50 })
  })

  it.each(Array.from({ length: deeds }, (_, deed) => deed))('%i: nothing is paid twice, charged twice or begun anew', (deed) => {
    for (const side of ['customer', 'provider'] as const) {
      const duel = play({ answerTokens: 50 }, (now, count) => count === deed && now.crash(side))
      const { receivedMsat, paidMsat, answer, text } = duel.figures()
      expect(receivedMsat).toBe(paidMsat)
      expect(text).toBe(answer)
      expectSettled(duel)
    }
  })

  it('of the customer, again and again, in any order: it has the whole answer for its price', () => {
    const deed = fc.oneof({ weight: 10, arbitrary: fc.nat(11) }, { weight: 1, arbitrary: fc.constant('crash' as const) })
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 300 }), (order) => {
        const duel = openDuel({ answerTokens: 60, wallet: (index) => (index === 1 ? 'says nothing and pays' : 'pays') })
        for (const choice of order) {
          const names = duel.possible()
          if (choice === 'crash') duel.crash('customer')
          else duel.do(names[choice % Math.max(1, names.length)] ?? '')
          expectBounded(duel)
        }
        duel.finish()
        expectSettled(duel)
        expect(duel.figures()).toMatchObject({ customerState: 'done', madeTokens: 60 })
      }),
      { numRuns: 120 },
    )
  })

  it('of both, again and again, in any order', () => {
    const deed = fc.oneof({ weight: 20, arbitrary: fc.nat(11) }, { weight: 1, arbitrary: fc.constantFrom('customer' as const, 'provider' as const) })
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 300 }), (order) => {
        const duel = openDuel({ answerTokens: 60, wallet: (index) => (index === 1 ? 'says nothing and pays' : 'pays') })
        for (const choice of order) {
          const names = duel.possible()
          if (typeof choice === 'string') duel.crash(choice)
          else duel.do(names[choice % Math.max(1, names.length)] ?? '')
          expectBounded(duel)
        }
        duel.finish()
        expectSettled(duel)
      }),
      { numRuns: 120 },
    )
  })
})

function countDeeds(options: DuelOptions): number {
  let deeds = 0
  play(options, () => (deeds += 1))
  return deeds
}
