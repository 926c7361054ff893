/** How soon the page sees what the wallet has, whatever else goes on. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { ok } from '#shared/market/result.ts'
import { createSpendingReader } from '../spending/readSpending.ts'
import { DEFAULT_LIMITS } from '../preferences.ts'
import { createManualClock, type ManualClock } from '../testing/manualClock.ts'
import { createMemoryStore, type MemoryStore } from '../testing/memoryStore.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createAccount, type Account } from './account.ts'
import { createMockWallet } from './mock.ts'
import type { Wallet } from './wallet.ts'

let clock: ManualClock
let store: MemoryStore
let account: Account
let balanceSats: number
let asked: number
let whileAsked: () => Promise<void>

beforeEach(async () => {
  clock = createManualClock()
  store = createMemoryStore()
  balanceSats = 1_000
  asked = 0
  whileAsked = () => Promise.resolve()
  const mock = createMockWallet({ clock, random: nodeRandom })
  const wallet: Wallet = {
    ...mock,
    async balance() {
      asked += 1
      const told = ok(sats(balanceSats))
      await whileAsked()
      return told
    },
  }
  const spending = createSpendingReader({ journal: store.journal, payments: store.payments, clock, settings: () => ({ limits: DEFAULT_LIMITS, spendingStopped: false }) })
  account = createAccount({ wallet, payments: store.payments, clock, log: () => {}, transact: store.journal.transact, spending, isOwnHash: () => false })
  await quiet()
})
afterEach(() => {
  account.close()
  expect(clock.pending()).toBe(0)
  store.close()
})
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve()
}

it('the balance is asked for while payments come one upon another, and not once for each', async () => {
  const before = asked
  for (let payment = 0; payment < 100; payment++) {
    balanceSats -= 1
    account.touch()
    clock.advance(100)
    await quiet()
  }
  expect(asked - before).toBeGreaterThan(5)
  expect(asked - before).toBeLessThan(20)
  expect(account.status.get().balanceMsat).toBeLessThanOrEqual(sats(balanceSats + 12))
})

it('a payment that settles while the balance is asked for is not missed, however long the answer takes', async () => {
  for (const answerMs of [50, 1_000]) {
    whileAsked = async () => {
      whileAsked = () => Promise.resolve()
      balanceSats -= 100
      account.touch()
      clock.advance(answerMs)
      await quiet()
    }
    await account.refresh()
    clock.advance(1_000)
    await quiet()
    expect(account.status.get().balanceMsat).toBe(sats(balanceSats))
  }
})
