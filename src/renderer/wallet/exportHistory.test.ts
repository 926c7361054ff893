import { describe, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { csvCell, exportName, toCsv, toJson } from './exportHistory.ts'
import { makePayment } from './testing/makePayment.ts'

describe('a CSV cell', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['two\r\nlines', '"two\r\nlines"'],
    [' padded ', '" padded "'],
    ['a;b', '"a;b"'],
  ])('writes %j as %j', (text, cell) => expect(csvCell(text)).toBe(cell))

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', ' =1', '\t=1', '\r=1', '=HYPERLINK("http://evil","x")'])('never lets a spreadsheet run %j', (text) => {
    expect(csvCell(text).replace(/^"/, '')).toMatch(/^'/)
  })

  it('leaves numbers as they are', () => expect(csvCell(-5)).toBe('-5'))
})

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

  it('are named by the day', () => expect(exportName('csv', new Date(2026, 0, 5, 23, 59))).toBe('souk-payments-2026-01-05.csv'))
})
