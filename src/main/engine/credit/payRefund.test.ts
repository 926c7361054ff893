import { expect, test } from 'vitest'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { ok } from '#shared/market/result.ts'
import { UNLIMITED } from '../spending/judgeSpending.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createMockWallet } from '../wallet/mock.ts'
import type { WalletProblemCode } from '../wallet/wallet.ts'
import { createRefundPayer } from './payRefund.ts'
import { decideRefund, evolveRefunds, type Refund, type RefundMessage } from './refund.ts'

const clock = createManualClock()
const HASH = 'a'.repeat(64)
const OWED = sats(10)
const intent = { bolt11: 'lnbcrt1', paymentHash: HASH, amountMsat: OWED, maxFeeMsat: sats(1), idempotencyKey: HASH, expiresAt: clock.now() / 1_000 + 600 }

/** What becomes of a refund in that state when the wallet knows of none, and does not pay it for that reason. */
async function failWith(code: WalletProblemCode, state: 'intended' | 'asked'): Promise<Refund['state'] | undefined> {
  let refunds: readonly Refund[] = [{ intent, state, feeMsat: ZERO_MSAT }]
  const wallet = {
    ...createMockWallet({ clock, random: nodeRandom }),
    lookup: () => Promise.resolve(ok(null)),
    pay: () => Promise.resolve({ state: 'failed' as const, problem: { code, message: 'Not paid.' } }),
  }
  const dispatch = (_: string, given: RefundMessage | (() => RefundMessage)) => {
    const events = decideRefund(refunds, OWED, typeof given === 'function' ? given() : given)
    refunds = events.reduce(evolveRefunds, refunds)
    return events.length > 0 ? ('changed' as const) : ('unchanged' as const)
  }
  const perform = createRefundPayer({ clock, wallet, spending: () => UNLIMITED, dispatch })
  await perform({ key: 'refund', type: state === 'asked' ? 'lookUpRefund' : 'payRefund', intent }, 'job_0011223344556677', new AbortController().signal)
  return refunds[0]?.state
}

test.each(['wallet-unreachable', 'invoice-expired', 'invalid-invoice', 'fee-too-high'] as const)('%s fails what was never asked for, and says nothing of what was, before a restart for example', async (code) => {
  expect([await failWith(code, 'intended'), await failWith(code, 'asked')]).toEqual(['failed', 'asked'])
})

test('the wallet’s own no is one, whenever it was asked', async () => {
  expect([await failWith('payment-failed', 'intended'), await failWith('payment-failed', 'asked')]).toEqual(['failed', 'failed'])
})
