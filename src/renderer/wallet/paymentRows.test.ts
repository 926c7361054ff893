import { describe, expect, it } from 'vitest'
import { makePayment } from './testing/makePayment.ts'
import { mergeRows, stateWord } from './paymentRows.ts'

describe('the rows of the history', () => {
  it('take what was fetched again in place of what was known, newest first, each once', () => {
    const old = makePayment({ paymentHash: 'a', state: 'pending', createdAt: 1 })
    const settled = makePayment({ paymentHash: 'a', state: 'settled', createdAt: 1 })
    const fresh = makePayment({ paymentHash: 'b', createdAt: 2 })
    expect(mergeRows([old], [fresh, settled])).toEqual([fresh, settled])
  })

  it('keep both sides of a payment to oneself', () => {
    const sent = makePayment({ paymentHash: 'a', direction: 'outgoing' })
    const received = makePayment({ paymentHash: 'a', direction: 'incoming' })
    expect(mergeRows([sent], [received])).toHaveLength(2)
  })

  it('say received only of money that came in', () => {
    expect(stateWord(makePayment({ direction: 'incoming', state: 'settled' }))).toBe('Received')
    expect(stateWord(makePayment({ direction: 'outgoing', state: 'settled' }))).toBe('Sent')
    expect(stateWord(makePayment({ direction: 'incoming', state: 'pending' }))).toBe('Waiting')
  })
})
