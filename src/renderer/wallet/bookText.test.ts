import { describe, expect, it } from 'vitest'
import { BOOK_ENTRY_KINDS, bookEntrySchema } from '#shared/ipc/books.ts'
import { isMoneyIn, kindsOf, mergeEntries, movesOf } from './bookText.ts'

const entry = (id: number, moves: object = { wallet: -10_010, spent: 10_000, fees: 10 }) => bookEntrySchema.parse({ id, at: 1_767_606_000_000, kind: 'job', reason: 'Paid.', moves })

describe('an entry of the books', () => {
  it('says from which accounts into which, without signs, and both sides are equal', () => {
    const { from, into } = movesOf(entry(1))
    expect(from).toEqual([{ name: 'Wallet', msat: 10_010 }])
    expect(into).toEqual([{ name: 'Spent', msat: 10_000 }, { name: 'Fees', msat: 10 }])
  })

  it('says that what was earned comes from there', () => {
    expect(movesOf(entry(1, { wallet: 12_000, earned: -12_000 }))).toEqual({ from: [{ name: 'Earned', msat: 12_000 }], into: [{ name: 'Wallet', msat: 12_000 }] })
  })
})

it('tells money that came in from money that came back', () => {
  expect(isMoneyIn(entry(1, { wallet: 12_000, earned: -12_000 }))).toBe(true)
  expect(isMoneyIn(entry(1, { wallet: 12_000, outside: -12_000 }))).toBe(true)
  expect(isMoneyIn(entry(1, { wallet: 990, onTheWay: -990 }))).toBe(false)
  expect(isMoneyIn(entry(1))).toBe(false)
})

describe('the list of entries', () => {
  it('is newest first, each once, also where two pages overlap', () => {
    expect(mergeEntries([entry(5), entry(4)], [entry(6), entry(5)]).map(({ id }) => id)).toEqual([6, 5, 4])
  })

  it('has every kind of entry under one of its filters', () => {
    expect(kindsOf('all')).toBeUndefined()
    expect([...(kindsOf('job') ?? []), ...(kindsOf('by-hand') ?? []), ...(kindsOf('found') ?? [])].sort()).toEqual([...BOOK_ENTRY_KINDS].sort())
  })
})
