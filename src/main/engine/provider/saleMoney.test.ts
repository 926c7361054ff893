import { expect, test } from 'vitest'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import { createManualClock, type ManualClock } from '../testing/manualClock.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createMockWallet } from '../wallet/mock.ts'
import type { Payment, Wallet } from '../wallet/wallet.ts'
import type { SaleMessage } from './sale.ts'
import { createSaleMoney } from './saleMoney.ts'

const JOB = 'job_0011223344556677'
const HASH = 'a'.repeat(64)
const DAY_MS = 86_400_000
const held: Payment = { direction: 'incoming', paymentHash: HASH, amountMsat: sats(1), feeMsat: ZERO_MSAT, state: 'held', description: '', bolt11: null, preimage: null, createdAt: 0, settledAt: null, expiresAt: null, heldUntil: null }

/** Whatever became of the last answer is done once the loop waits again. */
async function pass(clock: ManualClock, ms: number, stepMs: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await new Promise(setImmediate)
    clock.advance(stepMs)
  }
  await new Promise(setImmediate)
}

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
  await pass(clock, 20_000, 500)
  // Most are back within a moment.
  expect(asked).toBeGreaterThanOrEqual(5)
  await pass(clock, DAY_MS, 60_000)
  expect(asked).toBeLessThan(DAY_MS / 600_000 + 30)
  expect(told).toEqual([])
  found = { ...held, state: 'expired' }
  hint({ paymentHash: HASH })
  await given
  expect(told).toMatchObject([{ type: 'lockReturned', paymentHash: HASH }])
})

test('what is locked after it was given up goes back, also where the wallet takes an invoice back only once somebody has paid it', async () => {
  const clock = createManualClock()
  const told: SaleMessage[] = []
  let found: Payment = { ...held, state: 'pending' }
  const wallet: Wallet = {
    ...createMockWallet({ clock, random: nodeRandom }),
    cancelHold() {
      if (found.state !== 'held') return Promise.resolve(fail('wallet-unsupported', 'It ends when it expires.'))
      found = { ...held, state: 'failed' }
      return Promise.resolve(ok(null))
    },
    lookup: () => Promise.resolve(ok(found)),
  }
  const money = createSaleMoney({ clock, log: () => {}, wallet, preimages: { keep: () => {}, find: () => null }, dispatch: (_, message) => (told.push(message), 'changed') })
  const given = money.giveBack(JOB, HASH, new AbortController().signal)
  await pass(clock, 20_000, 500)
  found = held
  await pass(clock, 60_000, 1_000)
  await given
  expect(told).toMatchObject([{ type: 'lockReturned', paymentHash: HASH }])
})

test('what a wallet said it takes, and did not, is claimed again while it is locked', async () => {
  const clock = createManualClock()
  const told: SaleMessage[] = []
  let claims = 0
  const wallet: Wallet = {
    ...createMockWallet({ clock, random: nodeRandom }),
    settleHold: () => ((claims += 1), Promise.resolve(ok(null))),
    lookup: () => Promise.resolve(ok(claims < 2 ? held : { ...held, state: 'settled' as const })),
  }
  const money = createSaleMoney({ clock, log: () => {}, wallet, preimages: { keep: () => {}, find: () => 'b'.repeat(64) }, dispatch: (_, message) => (told.push(message), 'changed') })
  const first = money.claim(JOB, HASH, new AbortController().signal)
  await pass(clock, 30_000, 500)
  expect([claims, told]).toEqual([1, []])
  await pass(clock, 60_000, 500)
  await first
  // As the reactor does with what ended and moved nothing.
  await money.claim(JOB, HASH, new AbortController().signal)
  expect([claims, told]).toMatchObject([2, [{ type: 'paymentSeen', paymentHash: HASH, settledMsat: held.amountMsat }]])
})
