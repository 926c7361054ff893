import { describe, expect, it } from 'vitest'
import { fail, ok } from '#shared/market/result.ts'
import { sats } from '#shared/market/msat.ts'
import { followOutcome, readPayAnswer } from './sendOutcome.ts'
import { makePayment } from './testing/makePayment.ts'

const paymentHash = 'ab'.repeat(32)

describe('the outcome of a payment', () => {
  it.each(['disconnected', 'timeout', 'protocol', 'internal'])('is unknown when the answer was lost (%s), never failed', (code) => {
    expect(readPayAnswer(fail(code, 'Lost.'))).toEqual({ state: 'unknown', message: 'Lost.' })
  })

  it('is what the wallet said', () => {
    expect(readPayAnswer(ok({ state: 'settled', feeMsat: sats(1), paymentHash }))).toEqual({ state: 'settled', feeMsat: sats(1) })
    expect(readPayAnswer(ok({ state: 'unknown', message: 'Silent.', paymentHash }))).toEqual({ state: 'unknown', message: 'Silent.' })
    expect(readPayAnswer(fail('wallet.no-route', 'No route.'))).toEqual({ state: 'failed', message: 'No route.', again: true })
  })

  it('offers no second try of what can only end the same', () => {
    expect(readPayAnswer(fail('wallet.already-paid', 'Paid.'))).toMatchObject({ again: false })
    expect(readPayAnswer(fail('wallet.expired', 'Late.'))).toMatchObject({ again: false })
  })

  it('asks for the sum above the limit for that: nothing was paid', () => {
    const asks = readPayAnswer(fail('wallet.needs-confirmation', 'This costs 800 sats, and you want to be asked above 500.'))
    expect(asks).toEqual({ state: 'asks', message: 'This costs 800 sats, and you want to be asked above 500.' })
    expect(followOutcome(asks, makePayment({ direction: 'outgoing', state: 'settled' }))).toBe(asks)
  })

  it('becomes known by a later look, and stays as it was while that says nothing new', () => {
    const unknown = { state: 'unknown', message: 'Silent.' } as const
    expect(followOutcome(unknown, undefined)).toBe(unknown)
    expect(followOutcome(unknown, makePayment({ direction: 'outgoing', state: 'pending' }))).toBe(unknown)
    expect(followOutcome(unknown, makePayment({ direction: 'outgoing', state: 'settled', feeMsat: sats(2) }))).toEqual({ state: 'settled', feeMsat: sats(2) })
    expect(followOutcome(unknown, makePayment({ direction: 'outgoing', state: 'failed' }))).toMatchObject({ state: 'failed' })
  })

  it('is not taken back by a later look', () => {
    const settled = { state: 'settled', feeMsat: sats(1) } as const
    expect(followOutcome(settled, makePayment({ state: 'failed' }))).toBe(settled)
  })
})
