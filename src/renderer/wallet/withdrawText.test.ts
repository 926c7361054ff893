import { expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import { readWithdrawAnswer } from './withdrawText.ts'

it.each(['disconnected', 'timeout', 'protocol', 'internal'])('an answer that was lost (%s) says nothing of the money', (code) => {
  expect(readWithdrawAnswer(fail(code, 'Lost.'))).toEqual({ state: 'unknown', message: 'Lost.' })
})

it('what the wallet said is told as it said it', () => {
  expect(readWithdrawAnswer(ok({ state: 'sent', feeMsat: sats(30), txId: 'ab' }))).toEqual({ state: 'sent', feeMsat: sats(30), txId: 'ab' })
  expect(readWithdrawAnswer(ok({ state: 'unknown', message: 'Silent.' }))).toEqual({ state: 'unknown', message: 'Silent.' })
  expect(readWithdrawAnswer(fail('onchain.needs-confirmation', 'It costs.'))).toEqual({ state: 'asks', message: 'It costs.' })
})

it('a quote that is old or used up is asked for again, one that was never intended is not', () => {
  expect(readWithdrawAnswer(fail('onchain.quote-gone', 'Old.'))).toMatchObject({ state: 'failed', stale: true })
  expect(readWithdrawAnswer(fail('onchain.payment-failed', 'It failed.'))).toMatchObject({ state: 'failed', stale: true })
  expect(readWithdrawAnswer(fail('onchain.over-day-limit', 'Too much.'))).toMatchObject({ state: 'failed', stale: false })
})
