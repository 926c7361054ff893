import { expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { priceWords } from './CostLine.tsx'

const offer = { priceMsat: sats(15), prices: [{ unit: 'per-1k-input-tokens' as const, msat: sats(1) }, { unit: 'per-1k-output-tokens' as const, msat: sats(20) }] }

it('before a question, says what it would cost in the way that it would be settled', () => {
  expect(priceWords(offer, 'prepay')).toBe('15 sats an answer')
  expect(priceWords(offer, undefined)).toBe('15 sats an answer')
  expect(priceWords(offer, 'metered')).toBe('20 sats for 1,000 tokens of answer, paid as it comes')
})

it('says nothing rather than a price of something else', () => {
  expect(priceWords({ priceMsat: sats(15) }, 'metered')).toBe('')
  expect(priceWords({ priceMsat: undefined }, 'escrow')).toBe('')
})
