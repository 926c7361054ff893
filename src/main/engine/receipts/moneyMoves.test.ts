import { expect, it } from 'vitest'
import { msat } from '#shared/market/msat.ts'
import { factsOfSale } from './saleFacts.ts'
import { isWorthAReceipt } from './receiptFacts.ts'
import { gatherPayments } from './moneyMoves.ts'

const [HASH, REQUEST, CUSTOMER, SELLER] = ['1', '2', '3', '4'].map((digit) => digit.repeat(64)) as [string, string, string, string]
const price = msat(10_000)

it('what was locked and went back is told, and what was only offered is not, though the wallet gave that up too', () => {
  const offered = { type: 'offered', paymentHash: HASH, amountMsat: price } as const
  const returned = { type: 'returned', paymentHash: HASH } as const
  expect(gatherPayments([offered, { type: 'locked', paymentHash: HASH, amountMsat: null }, returned]).payments).toEqual([{ paymentHash: HASH, amountMsat: price, fate: 'returned' }])
  expect(gatherPayments([offered, returned]).payments).toEqual([])
})

it('a customer that asks by escrow, locks nothing and cancels has nothing signed by its seller', () => {
  const request = { jobId: 'job_2222222222222222', requestId: REQUEST, customer: CUSTOMER, dialect: 'channel', prompt: 'x', model: 'm', settlement: { name: 'escrow', paymentHash: HASH, hold: true, holdSecs: 780 } }
  const bodies = [
    { type: 'requested', request },
    { type: 'invoiced', invoice: { paymentHash: HASH, amountMsat: price } },
    { type: 'withdrawn', outcome: 'stopped', reason: 'The customer cancelled it.', publicReason: null },
    { type: 'lockReturned', paymentHash: HASH },
    { type: 'closed', outcome: 'stopped', reason: 'The customer cancelled it.' },
  ]
  const facts = factsOfSale(bodies.map((body, index) => ({ at: index, body })), SELLER)
  expect(facts && isWorthAReceipt(facts)).toBe(false)
})
