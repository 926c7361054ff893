import { expect, test } from 'vitest'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createMockWallet } from '../wallet/mock.ts'
import type { Payment, Wallet } from '../wallet/wallet.ts'
import type { SaleMessage } from './sale.ts'
import { createSaleMoney } from './saleMoney.ts'

const JOB = 'job_0011223344556677'
const HASH = 'a'.repeat(64)
const DAY_MS = 86_400_000
const held: Payment = { direction: 'incoming', paymentHash: HASH, amountMsat: sats(1), feeMsat: ZERO_MSAT, state: 'held', description: '', bolt11: null, preimage: null, createdAt: 0, settledAt: null, expiresAt: null, heldUntil: null }

test('what a stranger locks for weeks, and is not wanted, costs the wallet a question every ten minutes and none once it is back', async () => {
  const clock = createManualClock()
  const told: SaleMessage[] = []
  let asked = 0
  let found: Payment = held
  let hint: (told: { readonly paymentHash: string }) => void = () => {}
  const wallet: Wallet = {
    ...createMockWallet({ clock, random: nodeRandom }),
    cancelHold: () => Promise.resolve(fail('wallet-unsupported', 'It returns by itself.')),
    lookup() {
      asked += 1
      return Promise.resolve(ok(found))
    },
    watch(listener) {
      hint = listener
      return () => {}
    },
  }
  const money = createSaleMoney({ clock, log: () => {}, wallet, preimages: { keep: () => {}, find: () => null }, dispatch: (_, message) => (told.push(message), 'changed') })
  const given = money.giveBack(JOB, HASH, new AbortController().signal)
  /** Whatever became of the last answer is done once the loop waits again. */
  const pass = async (ms: number, stepMs: number) => {
    for (let passed = 0; passed < ms; passed += stepMs) {
      await new Promise(setImmediate)
      clock.advance(stepMs)
    }
    await new Promise(setImmediate)
  }
  await pass(20_000, 500)
  // Most are back within a moment.
  expect(asked).toBeGreaterThanOrEqual(5)
  await pass(DAY_MS, 60_000)
  expect(asked).toBeLessThan(DAY_MS / 600_000 + 30)
  expect(told).toEqual([])
  found = { ...held, state: 'expired' }
  hint({ paymentHash: HASH })
  await given
  expect(told).toMatchObject([{ type: 'lockReturned', paymentHash: HASH }])
})
