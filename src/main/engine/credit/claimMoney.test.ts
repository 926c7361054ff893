import { expect, test } from 'vitest'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { ok } from '#shared/market/result.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createMockWallet } from '../wallet/mock.ts'
import type { Payment } from '../wallet/wallet.ts'
import { claimedMsat, decideClaim, evolveClaims, type Claim } from './claim.ts'
import { takeLateClaim } from './claimMoney.ts'

const clock = createManualClock()
const HASH = 'a'.repeat(64)
const OWED = sats(3)
const invoice = { bolt11: 'lnbcrt1', paymentHash: HASH, amountMsat: OWED, network: 'regtest' as const, createdAt: 0, expiresAt: 3_600, description: '' }
const claimIn = (state: Claim['state']): Claim => ({ amountMsat: OWED, since: 0, invoice, state, receivedMsat: ZERO_MSAT })

/** What becomes of those claims when the wallet hints at that payment, and says that of it. */
async function hint(given: readonly Claim[], state: Payment['state'], paymentHash = HASH): Promise<{ claims: readonly Claim[]; asked: number }> {
  let claims = given
  let asked = 0
  const payment: Payment = { direction: 'incoming', paymentHash, amountMsat: OWED, feeMsat: ZERO_MSAT, state, description: '', bolt11: null, preimage: null, createdAt: 0, settledAt: null, expiresAt: null, heldUntil: null }
  const wallet = { ...createMockWallet({ clock, random: nodeRandom }), lookup: () => Promise.resolve(ok((asked += 1) > 0 ? payment : null)) }
  await takeLateClaim({ wallet, clock, dispatch: (_, message) => {
    const events = decideClaim(claims, OWED, message)
    claims = events.reduce(evolveClaims, claims)
    return events.length > 0 ? 'changed' : 'unchanged'
  } }, 'job_0011223344556677', claims, paymentHash)
  return { claims, asked }
}

test('what comes for an invoice that was given up counts, beside the one that took its place, and once', async () => {
  const next = { ...claimIn('waiting'), invoice: { ...invoice, paymentHash: 'b'.repeat(64) } }
  const { claims } = await hint([claimIn('over'), next], 'settled')
  expect([claimedMsat(claims), claims.map(({ state }) => state)]).toEqual([OWED, ['received', 'waiting']])
  expect((await hint(claims, 'settled')).asked).toBe(0)
})

test('nothing else is asked about, and nothing else counts', async () => {
  expect((await hint([claimIn('over')], 'expired')).claims).toEqual([claimIn('over')])
  expect((await hint([claimIn('waiting')], 'settled')).asked).toBe(0)
  expect((await hint([claimIn('over')], 'settled', 'c'.repeat(64))).asked).toBe(0)
})
