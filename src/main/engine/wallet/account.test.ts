import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Limits } from '#shared/ipc/settings.ts'
import { msat, sats } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import { DEFAULT_LIMITS } from '../preferences.ts'
import { createSpendingReader } from '../spending/readSpending.ts'
import { createManualClock, type ManualClock } from '../testing/manualClock.ts'
import { createMemoryStore, type MemoryStore } from '../testing/memoryStore.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createAccount, type Account } from './account.ts'
import { createMockWallet } from './mock.ts'
import type { Payment, PayOutcome, Wallet } from './wallet.ts'

const AMOUNT = sats(10)
const FEE_CAP = sats(1)
const settled: PayOutcome = { state: 'settled', preimage: '1'.repeat(64), feeMsat: msat(10) }
const unknown: PayOutcome = { state: 'unknown', problem: { code: 'wallet-timeout', message: 'No answer in time.' } }
const failed: PayOutcome = { state: 'failed', problem: { code: 'payment-failed', message: 'No route.' } }

let clock: ManualClock
let store: MemoryStore
let account: Account
let paid: string[]
let answer: (value: PayOutcome) => void
let known: Map<string, Payment['state']>
let lookups: number
let hint: (paymentHash: string) => void
let isWalletThere: boolean
let isDiskFull: boolean

beforeEach(() => {
  clock = createManualClock()
  store = createMemoryStore()
  paid = []
  known = new Map()
  lookups = 0
  isWalletThere = true
  isDiskFull = false
  settings = { limits: DEFAULT_LIMITS, spendingStopped: false }
  account = open()
})
afterEach(() => {
  account.close()
  store.close()
})

function open(): Account {
  const mock = createMockWallet({ clock, random: nodeRandom })
  const listeners = new Set<(hint: { readonly paymentHash: string }) => void>()
  hint = (paymentHash) => {
    for (const listener of new Set(listeners)) listener({ paymentHash })
  }
  const wallet: Wallet = {
    ...mock,
    pay({ idempotencyKey }) {
      paid.push(idempotencyKey)
      return new Promise((resolve) => {
        answer = resolve
      })
    },
    lookup(paymentHash) {
      lookups += 1
      if (!isWalletThere) return Promise.resolve(fail('wallet-timeout', 'No answer.'))
      const state = known.get(paymentHash)
      return Promise.resolve(ok(state === undefined ? null : { direction: 'outgoing', paymentHash, amountMsat: AMOUNT, feeMsat: msat(10), state, description: '', bolt11: null, preimage: null, createdAt: 0, settledAt: null, expiresAt: null, heldUntil: null }))
    },
    watch(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  const payments = {
    ...store.payments,
    intend(payment: Parameters<typeof store.payments.intend>[0]) {
      if (isDiskFull) throw new Error('database or disk is full')
      return store.payments.intend(payment)
    },
    resolve(...resolved: Parameters<typeof store.payments.resolve>) {
      if (isDiskFull) throw new Error('database or disk is full')
      store.payments.resolve(...resolved)
    },
  }
  const spending = createSpendingReader({ journal: store.journal, payments, clock, settings: () => settings })
  return createAccount({ wallet, payments, clock, log: () => {}, transact: store.journal.transact, spending, isOwnHash: (paymentHash) => paymentHash === ownHash })
}
let ownHash = ''
let settings: { limits: Limits; spendingStopped: boolean }

async function invoice(): Promise<{ readonly bolt11: string; readonly paymentHash: string }> {
  const made = await createMockWallet({ clock, random: nodeRandom }).createInvoice({ amountMsat: AMOUNT, description: '', expirySecs: 600 })
  if (!made.ok) throw new Error(made.error.message)
  return made.value
}
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve()
}

describe('sending by hand', () => {
  it('stores the intent before the wallet is asked, and counts it as pending until the wallet knows', async () => {
    const { bolt11, paymentHash } = await invoice()
    const sending = account.send(bolt11, FEE_CAP)
    expect([paid, store.payments.find(paymentHash)?.state, account.pendingMsat()]).toEqual([[paymentHash], 'intended', AMOUNT + FEE_CAP])
    answer(settled)
    expect(await sending).toEqual({ ok: true, value: { state: 'settled', feeMsat: 10, paymentHash } })
    expect([store.payments.find(paymentHash)?.state, account.pendingMsat()]).toEqual(['settled', 0])
  })

  it('pays once, however often it is pressed, while it is under way and afterwards', async () => {
    const { bolt11 } = await invoice()
    const first = account.send(bolt11, FEE_CAP)
    expect(await account.send(bolt11, FEE_CAP)).toMatchObject({ ok: true, value: { state: 'unknown', message: expect.stringContaining('already under way') } })
    answer(settled)
    await first
    expect(await account.send(bolt11, FEE_CAP)).toMatchObject({ ok: false, error: { code: 'already-paid' } })
    expect(paid).toHaveLength(1)
  })

  it('may be tried again after the wallet said that it failed', async () => {
    const { bolt11, paymentHash } = await invoice()
    const first = account.send(bolt11, FEE_CAP)
    answer(failed)
    expect(await first).toMatchObject({ ok: false, error: { code: 'payment-failed' } })
    const second = account.send(bolt11, FEE_CAP)
    answer(settled)
    expect(await second).toMatchObject({ ok: true })
    expect([paid.length, store.payments.find(paymentHash)?.state]).toEqual([2, 'settled'])
  })

  it('follows an unknown outcome up until the wallet knows, at its hint at once, and never pays again', async () => {
    const { bolt11, paymentHash } = await invoice()
    const sending = account.send(bolt11, FEE_CAP)
    answer(unknown)
    expect(await sending).toMatchObject({ ok: true, value: { state: 'unknown' } })
    await quiet()
    expect(store.payments.find(paymentHash)?.state).toBe('unknown')
    expect(await account.send(bolt11, FEE_CAP)).toMatchObject({ value: { state: 'unknown' } })
    known.set(paymentHash, 'settled')
    hint(paymentHash)
    await quiet()
    expect([store.payments.find(paymentHash)?.state, account.pendingMsat(), paid.length]).toEqual(['settled', 0, 1])
  })

  it('calls what the wallet never heard of failed only well after the invoice has expired', async () => {
    const { bolt11, paymentHash } = await invoice()
    const sending = account.send(bolt11, FEE_CAP)
    answer(unknown)
    await sending
    for (let seconds = 0; seconds < 715; seconds += 5) {
      clock.advance(5_000)
      await quiet()
    }
    expect(store.payments.find(paymentHash)?.state).toBe('unknown')
    isWalletThere = false
    clock.advance(60_000)
    await quiet()
    expect(store.payments.find(paymentHash)?.state).toBe('unknown')
    isWalletThere = true
    clock.advance(5_000)
    await quiet()
    expect(store.payments.find(paymentHash)?.state).toBe('failed')
  })

  it('is followed up after a restart, also when the wallet was asked and nothing more is known', async () => {
    const { bolt11, paymentHash } = await invoice()
    void account.send(bolt11, FEE_CAP)
    account.close()
    known.set(paymentHash, 'settled')
    account = open()
    account.resume()
    await quiet()
    expect([store.payments.find(paymentHash)?.state, paid.length]).toEqual(['settled', 1])
  })

  it('is not done when its intent cannot be stored', async () => {
    isDiskFull = true
    const { bolt11 } = await invoice()
    expect(await account.send(bolt11, FEE_CAP)).toMatchObject({ ok: false, error: { code: 'store-failed' } })
    expect(paid).toEqual([])
  })

  it('has its outcome written as soon as the disk takes it', async () => {
    const { bolt11, paymentHash } = await invoice()
    const sending = account.send(bolt11, FEE_CAP)
    isDiskFull = true
    known.set(paymentHash, 'settled')
    answer(settled)
    expect(await sending).toMatchObject({ ok: true, value: { state: 'settled' } })
    await quiet()
    expect(store.payments.find(paymentHash)?.state).toBe('intended')
    isDiskFull = false
    clock.advance(5_000)
    await quiet()
    expect(store.payments.find(paymentHash)?.state).toBe('settled')
  })

  it('is booked as paid when the wallet first said that it failed', async () => {
    const { bolt11, paymentHash } = await invoice()
    const sending = account.send(bolt11, FEE_CAP)
    answer(failed)
    await sending
    known.set(paymentHash, 'settled')
    hint(paymentHash)
    await quiet()
    expect(store.payments.find(paymentHash)?.state).toBe('settled')
    expect(await account.send(bolt11, FEE_CAP)).toMatchObject({ ok: false, error: { code: 'already-paid' } })
  })

  it('stays paid once it is, whatever the wallet says to a second try of the same invoice', async () => {
    const { bolt11, paymentHash } = await invoice()
    void account.send(bolt11, FEE_CAP)
    answer(failed)
    await quiet()
    // Hinted at and not known yet; meanwhile a person tries again.
    hint(paymentHash)
    await quiet()
    const second = account.send(bolt11, FEE_CAP)
    known.set(paymentHash, 'settled')
    clock.advance(5_000)
    await quiet()
    answer(failed)
    expect([await second, store.payments.find(paymentHash)]).toMatchObject([{ ok: true, value: { state: 'settled', feeMsat: 10 } }, { state: 'settled', feeMsat: 10 }])
  })

  it('is booked so also when the wallet did not answer at once, and the disk was full', async () => {
    const { bolt11, paymentHash } = await invoice()
    const sending = account.send(bolt11, FEE_CAP)
    answer(failed)
    await sending
    known.set(paymentHash, 'settled')
    isWalletThere = false
    hint(paymentHash)
    await quiet()
    isWalletThere = true
    isDiskFull = true
    clock.advance(2_000)
    await quiet()
    expect(store.payments.find(paymentHash)?.state).toBe('failed')
    isDiskFull = false
    clock.advance(4_000)
    await quiet()
    expect(store.payments.find(paymentHash)?.state).toBe('settled')
  })

  it('refuses what is no invoice, has expired, or belongs to a job', async () => {
    const { bolt11, paymentHash } = await invoice()
    ownHash = paymentHash
    expect(await account.send(bolt11, FEE_CAP)).toMatchObject({ ok: false, error: { code: 'own-invoice' } })
    ownHash = ''
    clock.advance(600_000)
    expect(await account.send(bolt11, FEE_CAP)).toMatchObject({ ok: false, error: { code: 'expired' } })
    expect(await account.send('lnbcrt1', FEE_CAP)).toMatchObject({ ok: false })
    expect(paid).toEqual([])
  })

  it('stays within the day’s limit, also when two are sent at once, and counts what is under way', async () => {
    settings = { ...settings, limits: { ...DEFAULT_LIMITS, perDayMsat: sats(20) } }
    const [one, other] = [await invoice(), await invoice()]
    const first = account.send(one.bolt11, FEE_CAP)
    expect(await account.send(other.bolt11, FEE_CAP)).toMatchObject({ ok: false, error: { code: 'over-day-limit' } })
    answer(settled)
    await first
    expect(await account.send(other.bolt11, FEE_CAP)).toMatchObject({ ok: false, error: { code: 'over-day-limit' } })
    expect([paid, store.payments.find(other.paymentHash)]).toEqual([[one.paymentHash], null])
  })

  it('is confirmed above the sum for that, and says the sum', async () => {
    settings = { ...settings, limits: { ...DEFAULT_LIMITS, confirmAboveMsat: sats(9) } }
    const { bolt11, paymentHash } = await invoice()
    expect(await account.send(bolt11, FEE_CAP, sats(9))).toMatchObject({ ok: false, error: { code: 'needs-confirmation', message: expect.stringContaining('10 sats') } })
    void account.send(bolt11, FEE_CAP, AMOUNT)
    expect(paid).toEqual([paymentHash])
  })

  it('pays nothing new while spending is stopped; what is under way is followed up', async () => {
    const [one, other] = [await invoice(), await invoice()]
    const sending = account.send(one.bolt11, FEE_CAP)
    answer(unknown)
    await sending
    settings = { ...settings, spendingStopped: true }
    expect(await account.send(other.bolt11, FEE_CAP)).toMatchObject({ ok: false, error: { code: 'spending-stopped', message: expect.stringContaining('Nothing was paid') } })
    known.set(one.paymentHash, 'settled')
    hint(one.paymentHash)
    await quiet()
    expect([paid, store.payments.find(one.paymentHash)?.state]).toEqual([[one.paymentHash], 'settled'])
  })

  it('leaves no timer behind when it closes', async () => {
    const { bolt11 } = await invoice()
    const sending = account.send(bolt11, FEE_CAP)
    answer(unknown)
    await sending
    await quiet()
    account.close()
    await quiet()
    expect(clock.pending()).toBe(0)
    const before = lookups
    clock.advance(60_000)
    await quiet()
    expect(lookups).toBe(before)
  })
})
