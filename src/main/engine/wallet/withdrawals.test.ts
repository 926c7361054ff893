import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { msat, sats } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import { DEFAULT_LIMITS } from '../preferences.ts'
import { createSpendingReader } from '../spending/readSpending.ts'
import { createManualClock, type ManualClock } from '../testing/manualClock.ts'
import { createMemoryStore, type MemoryStore } from '../testing/memoryStore.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import type { Onchain, WithdrawOutcome, WithdrawRequest } from './onchain.ts'
import { createWithdrawals, isWithdrawal, type Withdrawals } from './withdrawals.ts'

const ADDRESS = 'bcrt1qexample'
const AMOUNT = sats(400)
const SENT: WithdrawOutcome = { state: 'sent', txId: 'ab'.repeat(32), feeMsat: sats(30) }
const UNKNOWN: WithdrawOutcome = { state: 'unknown', problem: { code: 'wallet-timeout', message: 'No answer in time.' } }
const FAILED: WithdrawOutcome = { state: 'failed', problem: { code: 'payment-failed', message: 'The withdrawal failed; nothing was spent.' } }

let clock: ManualClock
let store: MemoryStore
let asked: WithdrawRequest[]
let outcome: WithdrawOutcome
let settings: { limits: typeof DEFAULT_LIMITS; spendingStopped: boolean }
let withdrawals: Withdrawals

beforeEach(() => {
  clock = createManualClock()
  store = createMemoryStore()
  asked = []
  outcome = SENT
  settings = { limits: DEFAULT_LIMITS, spendingStopped: false }
  withdrawals = open()
})
afterEach(() => {
  withdrawals.close()
  store.close()
})

function open(): Withdrawals {
  const onchain: Pick<Onchain, 'quoteWithdrawal' | 'withdraw'> = {
    quoteWithdrawal: ({ address, amountMsat }) =>
      Promise.resolve(address === ADDRESS ? ok({ address, amountMsat, feesMsat: { fast: sats(50), medium: sats(30), slow: sats(10) }, expiresAt: clock.now() / 1_000 + 60 }) : fail('wallet-refused', 'This is no Bitcoin address on regtest.')),
    withdraw(request) {
      // The intent is on disk before the wallet is asked.
      expect(store.payments.unresolved().filter(isWithdrawal)).toHaveLength(1)
      if (request.onlyLook === true) return Promise.resolve(outcome.state === 'sent' ? outcome : UNKNOWN)
      asked.push(request)
      return Promise.resolve(outcome)
    },
  }
  const spending = createSpendingReader({ journal: store.journal, payments: store.payments, clock, settings: () => settings })
  return createWithdrawals({ onchain: onchain as Onchain, payments: store.payments, transact: store.journal.transact, spending, clock, random: nodeRandom, log: () => {}, onSent: () => {} })
}

async function quoteId(): Promise<string> {
  const quoted = await withdrawals.quote(` ${ADDRESS} `, AMOUNT)
  return quoted.ok ? quoted.value.quoteId : expect.fail(quoted.error.message)
}
function afterPause<T>(look: () => T): T {
  clock.advance(10_000)
  return look()
}
const codeOf = async (answer: ReturnType<Withdrawals['send']>) => answer.then((sent) => (sent.ok ? sent.value.state : sent.error.code))

it('sends what was quoted, once, however often it is asked for, and books amount and fee', async () => {
  const id = await quoteId()
  expect(await withdrawals.send(id, 'medium')).toEqual(ok({ state: 'sent', txId: SENT.txId, feeMsat: sats(30) }))
  expect(await withdrawals.send(id, 'medium')).toEqual(ok({ state: 'sent', txId: null, feeMsat: sats(30) }))
  expect(asked).toEqual([{ address: ADDRESS, amountMsat: AMOUNT, speed: 'medium', maxFeeMsat: sats(30), idempotencyKey: id }])
  // The wallet lists it under that hash, where reconciling finds it.
  expect(store.payments.find(createHash('sha256').update(id).digest('hex'))).toMatchObject({ state: 'settled', amountMsat: AMOUNT, feeMsat: sats(30) })
})

it('stays within the limits, fee and amount together, and asks above the limit for that', async () => {
  settings = { ...settings, limits: { ...DEFAULT_LIMITS, confirmAboveMsat: sats(420) } }
  const id = await quoteId()
  expect(await codeOf(withdrawals.send(id, 'medium'))).toBe('needs-confirmation')
  expect(await codeOf(withdrawals.send(id, 'medium', sats(429)))).toBe('needs-confirmation')
  settings = { ...settings, limits: { ...settings.limits, perDayMsat: sats(429) } }
  expect(await codeOf(withdrawals.send(id, 'medium', sats(430)))).toBe('over-day-limit')
  settings = { limits: DEFAULT_LIMITS, spendingStopped: true }
  expect(await codeOf(withdrawals.send(id, 'medium', sats(430)))).toBe('spending-stopped')
  expect([asked, store.payments.unresolved()]).toEqual([[], []])
  settings = { limits: { ...DEFAULT_LIMITS, confirmAboveMsat: sats(420) }, spendingStopped: false }
  expect(await codeOf(withdrawals.send(id, 'medium', sats(430)))).toBe('sent')
})

it('takes no fee that is no longer of now, and no quote that it did not give', async () => {
  const id = await quoteId()
  clock.advance(60_000)
  expect(await codeOf(withdrawals.send(id, 'fast'))).toBe('quote-gone')
  expect(await codeOf(withdrawals.send('00000000-0000-4000-8000-000000000000', 'fast'))).toBe('quote-gone')
  expect((await withdrawals.quote('elsewhere', AMOUNT)).ok).toBe(false)
  expect(asked).toEqual([])
})

it('never calls unknown failed: it goes on asking under the same key until the wallet knows', async () => {
  outcome = UNKNOWN
  const id = await quoteId()
  expect(await codeOf(withdrawals.send(id, 'slow'))).toBe('unknown')
  expect(await codeOf(withdrawals.send(id, 'slow'))).toBe('unknown')
  await expect.poll(() => afterPause(() => asked.length)).toBeGreaterThan(2)
  expect(store.payments.unresolved()).toHaveLength(1)
  outcome = SENT
  await expect.poll(() => afterPause(() => store.payments.unresolved())).toEqual([])
  expect(await codeOf(withdrawals.send(id, 'slow'))).toBe('sent')
  expect(asked.every(({ idempotencyKey }) => idempotencyKey === id)).toBe(true)
})

it('goes on after a crash between intent and wallet, but not while spending is stopped', async () => {
  outcome = UNKNOWN
  const id = await quoteId()
  await withdrawals.send(id, 'medium')
  withdrawals.close()
  settings = { ...settings, spendingStopped: true }
  asked = []
  outcome = FAILED
  withdrawals = open()
  withdrawals.resume()
  clock.advance(30_000)
  expect(asked).toEqual([])
  settings = { ...settings, spendingStopped: false }
  await expect.poll(() => afterPause(() => store.payments.unresolved())).toEqual([])
  expect(asked).toEqual([{ address: ADDRESS, amountMsat: AMOUNT, speed: 'medium', maxFeeMsat: sats(30), idempotencyKey: id }])
  expect(await codeOf(withdrawals.send(id, 'medium'))).toBe('payment-failed')
  expect(store.payments.spending(0)).toEqual({ settledMsat: msat(0), pendingMsat: msat(0), pendingPayments: 0 })
})

it('does not call it failed after a crash because the wallet cannot be reached: it may have been sent before', async () => {
  outcome = UNKNOWN
  const id = await quoteId()
  await withdrawals.send(id, 'medium')
  withdrawals.close()
  asked = []
  outcome = { state: 'failed', problem: { code: 'wallet-unreachable', message: 'The operators do not answer.' } }
  withdrawals = open()
  withdrawals.resume()
  await expect.poll(() => afterPause(() => asked.length)).toBeGreaterThan(2)
  expect(store.payments.spending(0)).toMatchObject({ pendingMsat: sats(430), pendingPayments: 1 })
  outcome = SENT
  await expect.poll(() => afterPause(() => store.payments.unresolved())).toEqual([])
  expect(store.payments.spending(0)).toMatchObject({ settledMsat: sats(430), pendingPayments: 0 })
})

it('learns what became of what was asked for while spending is stopped, and sends nothing for that', async () => {
  outcome = UNKNOWN
  expect(await codeOf(withdrawals.send(await quoteId(), 'medium', sats(430)))).toBe('unknown')
  settings = { ...settings, spendingStopped: true }
  asked = []
  outcome = SENT
  await expect.poll(() => afterPause(() => store.payments.unresolved())).toEqual([])
  expect(asked).toEqual([])
})
