import { expect, test } from 'vitest'
import { standingOf, type Account } from '#shared/market/books.ts'
import { sats, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import type { PurchaseLook } from '../customer/settlement/mode.ts'
import type { Claim } from './claim.ts'
import { lookWithClaims } from './purchaseClaims.ts'

const paidTo = (to: Account, change: Partial<PurchaseLook> = {}): PurchaseLook => ({
  state: 'failed', note: 'It is over.', final: true, priceMsat: sats(10), paidMsat: sats(10), feeMsat: ZERO_MSAT, settledAt: 0, pendingMsat: ZERO_MSAT, paymentHashes: [],
  standing: standingOf({ from: 'wallet', to, msat: sats(10) }), lockedMsat: ZERO_MSAT, lockedUntil: null, owedMsat: ZERO_MSAT, refused: null, invoices: [], isListening: false, ...change,
})
const received = (receivedMsat: Msat): Claim => ({ amountMsat: receivedMsat, since: 0, invoice: null, state: 'received', receivedMsat })

test.each([
  ['what was never delivered', paidTo('lost'), false, 10_000],
  ['the rest of what was delivered', paidTo('owedToUs', { state: 'done' }), true, 10_000],
  ['what was paid before a stop, and nothing came of', paidTo('spent', { state: 'stopped' }), false, 10_000],
  ['not what was paid before a stop and began to come', paidTo('spent', { state: 'stopped' }), true, 0],
  ['not what bought an answer', paidTo('spent', { state: 'done' }), true, 0],
  ['not while something may still come', paidTo('owedToUs', { state: 'owed', final: false }), false, 0],
  ['no more than a mode says: with the sealed answer its deposit is earned', paidTo('lost', { claimableMsat: ZERO_MSAT }), false, 0],
] as const)('is asked back: %s', (_, look, hasAnswer, claimableMsat) => {
  expect(lookWithClaims(look, [], hasAnswer)).toMatchObject({ claimableMsat })
})

test.each(['lost', 'spent', 'owedToUs'] as const)('what comes back of what was %s leaves it, and what comes beyond it is a refund', (account) => {
  const state = account === 'spent' ? 'stopped' : 'failed'
  expect(lookWithClaims(paidTo(account, { state }), [received(sats(4))], false)).toMatchObject({ claimableMsat: sats(6), standing: { wallet: -6_000, [account]: 6_000 } })
  const { standing } = lookWithClaims(paidTo(account, { state }), [received(sats(10)), received(sats(1))], false)
  expect(Object.entries(standing).filter(([, value]) => value !== 0)).toEqual(expect.arrayContaining([['wallet', 1_000], ['refunds', -1_000]]))
  expect(standing[account] ?? 0).toBe(0)
})
