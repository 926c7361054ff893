import { expect, test } from 'vitest'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { SETTLEMENTS, type Settlement } from '#shared/market/settlement.ts'
import { chooseSettlement, describeRisk } from './chooseSettlement.ts'

const PRICE = sats(15)
const riskOf = (settlement: Settlement, depositMsat = ZERO_MSAT, release: 'auto' | 'ask' = 'auto') => describeRisk(settlement, { priceMsat: PRICE, tickMsat: sats(6), depositMsat, release })

// docs/money.md, "Who can lose how much". What is sealed may be another text than was signed for, and open to nothing.
test('what is at risk is the most that a seller can take and hand over no text for', () => {
  expect(SETTLEMENTS.map((settlement) => riskOf(settlement).riskMsat)).toEqual([PRICE, ZERO_MSAT, PRICE, sats(6)])
  expect(riskOf('sealed', sats(2)).riskMsat).toBe(PRICE)
})

test('the sentence names what is paid first, and what opens the answer after that', () => {
  expect(riskOf('sealed').sentence).toBe('You see the beginning, and pay 15 sats to open the rest, good or bad: paying opens it, in one step.')
  expect(riskOf('sealed', sats(2)).sentence).toBe('You see the beginning, and pay 13 sats to open the rest, good or bad: paying opens it, in one step. A deposit of 2 sats is paid first.')
  expect([riskOf('escrow').sentence, riskOf('escrow', ZERO_MSAT, 'ask').sentence]).toEqual([expect.stringContaining('once you have the answer, good or bad;'), expect.stringContaining('once you have the answer and release them;')])
  expect(riskOf('metered').sentence).toContain('at most 6 sats are ever ahead')
})

test('what a person prefers is taken or refused; left to the app, small sums go ahead and larger ones the safest way there is', () => {
  const choose = (preferred: Settlement | 'auto', possible: readonly Settlement[], trustMsat = sats(1)) => chooseSettlement({ preferred, possible, priceMsat: PRICE, trustMsat })
  expect(choose('sealed', ['prepay', 'escrow'])).toMatchObject({ ok: false, error: { code: 'settlement-not-possible', message: expect.stringContaining('Possible: prepay, escrow.') } })
  expect(choose('sealed', SETTLEMENTS)).toEqual({ ok: true, value: 'sealed' })
  expect(choose('auto', SETTLEMENTS)).toEqual({ ok: true, value: 'escrow' })
  expect(choose('auto', ['prepay', 'metered'])).toEqual({ ok: true, value: 'metered' })
  expect(choose('auto', SETTLEMENTS, PRICE)).toEqual({ ok: true, value: 'prepay' })
  expect(choose('auto', [])).toMatchObject({ ok: false })
})
