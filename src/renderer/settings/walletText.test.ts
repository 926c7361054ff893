import { describe, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { budgetText, holdText, needsOf, renewalText } from './walletText.ts'

describe('what stands before a wallet', () => {
  it('is nothing for play money', () => {
    expect(needsOf({ kind: 'nwc', network: 'regtest' })).toEqual([])
    expect(needsOf({ kind: 'spark', network: 'regtest' })).toEqual([])
  })
  it('is a phrase that cannot be read or lost where somebody would miss the money', () => expect(needsOf({ kind: 'nwc', network: 'signet' })).toEqual(['protected', 'backedUp']))
  it('is also limits on mainnet, and a key for Spark', () => {
    expect(needsOf({ kind: 'nwc', network: 'mainnet' })).toEqual(['protected', 'backedUp', 'limitsSet'])
    expect(needsOf({ kind: 'spark', network: 'mainnet' })).toEqual(['protected', 'backedUp', 'limitsSet', 'apiKey'])
  })
})

it('says what a wallet without hold invoices cannot', () => {
  expect(holdText(true)).toContain('can sell by escrow')
  expect(holdText(false)).toContain('no hold invoices')
})

it('says how much of a budget is used, and when it renews', () => {
  expect(budgetText({ totalMsat: sats(5_000), usedMsat: sats(1_200) })).toBe('1,200 of 5,000 sats used')
  expect(renewalText(undefined)).toBe('It does not renew.')
  expect(renewalText(Date.UTC(2026, 1, 3, 12))).toContain('2026')
})
