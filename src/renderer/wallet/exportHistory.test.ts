import { describe, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { exportName, toCsv, toJson } from './exportHistory.ts'
import { makePayment } from './testing/makePayment.ts'

describe('the files', () => {
  const row = makePayment({ amountMsat: sats(12), description: 'Tea, "green"', jobId: 'job_1', settledAt: 1_767_606_001_000 })

  it('have one line a payment below the names of the columns', () => {
    const lines = toCsv([row, makePayment()]).split('\r\n')
    expect(lines[0]).toBe('\uFEFFcreated,settled,direction,state,amount_msat,fee_msat,description,payment_hash,job_id')
    expect(lines[1]).toBe(`2026-01-05T09:40:00.000Z,2026-01-05T09:40:01.000Z,incoming,settled,12000,0,"Tea, ""green""",${'ab'.repeat(32)},job_1`)
    expect(lines).toHaveLength(4)
    expect(lines[3]).toBe('')
  })

  it('hold the same as JSON, times as text', () => {
    expect(JSON.parse(toJson([row]))).toEqual([{ ...row, createdAt: '2026-01-05T09:40:00.000Z', settledAt: '2026-01-05T09:40:01.000Z' }])
  })

  it('are named by the day', () => expect(exportName('csv', new Date(2026, 0, 5, 23, 59), 'souk-payments')).toBe('souk-payments-2026-01-05.csv'))
})
