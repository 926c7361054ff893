import { expect, test } from 'vitest'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import { UNLIMITED } from '../spending/judgeSpending.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createMockWallet } from '../wallet/mock.ts'
import type { Payment, PayOutcome, PayRequest, WalletProblemCode } from '../wallet/wallet.ts'
import { createRefundPayer } from './payRefund.ts'
import { decideRefund, dueRefunds, evolveRefunds, type Refund, type RefundMessage } from './refund.ts'

const clock = createManualClock()
const HASH = 'a'.repeat(64)
const LATER = 'b'.repeat(64)
const OWED = sats(10)
const intent = { bolt11: 'lnbcrt1', paymentHash: HASH, amountMsat: OWED, maxFeeMsat: sats(1), idempotencyKey: HASH, expiresAt: clock.now() / 1_000 + 600 }

const refundIn = (state: Refund['state'], change: Partial<Refund> = {}): Refund => ({ intent, state, asks: state === 'intended' ? 0 : 1, doubtedAt: null, feeMsat: ZERO_MSAT, ...change })

function paymentOf(state: Payment['state'], paymentHash: string): Payment {
  return { direction: 'outgoing', paymentHash, amountMsat: OWED, feeMsat: ZERO_MSAT, state, description: '', bolt11: null, preimage: null, createdAt: 0, settledAt: null, expiresAt: null, heldUntil: null }
}

/** Performs what is due of them once, with a wallet that says that, and says which it was asked to pay, and what became of them. */
async function perform(given: readonly Refund[], lookup: (paymentHash: string) => Payment | null, outcome: PayOutcome) {
  let refunds = given
  const paid: string[] = []
  const wallet = {
    ...createMockWallet({ clock, random: nodeRandom }),
    lookup: (paymentHash: string) => Promise.resolve(ok(lookup(paymentHash))),
    pay: ({ idempotencyKey }: PayRequest) => {
      paid.push(idempotencyKey)
      return Promise.resolve(outcome)
    },
  }
  const dispatch = (_: string, message: RefundMessage | (() => RefundMessage)) => {
    const events = decideRefund(refunds, OWED, typeof message === 'function' ? message() : message)
    refunds = events.reduce(evolveRefunds, refunds)
    return events.length > 0 ? ('changed' as const) : ('unchanged' as const)
  }
  const payer = createRefundPayer({ clock, wallet, spending: () => UNLIMITED, dispatch })
  for (const effect of dueRefunds(refunds)) await payer(effect, 'job_0011223344556677', new AbortController().signal)
  return { states: refunds.map(({ state }) => state), paid }
}

const refused = (code: WalletProblemCode): PayOutcome => ({ state: 'failed', problem: { code, message: 'Not paid.' } })
const settled: PayOutcome = { state: 'settled', preimage: '1'.repeat(64), feeMsat: ZERO_MSAT }

test.each(['wallet-unreachable', 'invoice-expired', 'invalid-invoice', 'fee-too-high'] as const)('%s fails what was never asked for, and says nothing of what was, before a restart for example', async (code) => {
  expect((await perform([refundIn('intended')], () => null, refused(code))).states).toEqual(['failed'])
  expect((await perform([refundIn('asked')], () => null, refused(code))).states).toEqual(['asked'])
})

test('the wallet’s own no is doubted while the invoice can be paid, whenever it was asked', async () => {
  expect((await perform([refundIn('intended')], () => null, refused('payment-failed'))).states).toEqual(['doubted'])
  expect((await perform([refundIn('asked')], () => null, refused('payment-failed'))).states).toEqual(['doubted'])
})

test('what the wallet said no to is asked for again once that is due, under the same key, and not before', async () => {
  const failed = () => paymentOf('failed', HASH)
  expect(await perform([refundIn('doubted', { doubtedAt: clock.now() - 59_000 })], failed, settled)).toEqual({ states: ['doubted'], paid: [] })
  expect(await perform([refundIn('doubted', { doubtedAt: clock.now() - 60_000 })], failed, settled)).toEqual({ states: ['settled'], paid: [HASH] })
  expect(await perform([refundIn('doubted', { doubtedAt: clock.now() - 60_000 })], () => paymentOf('pending', HASH), settled)).toEqual({ states: ['doubted'], paid: [] })
})

test.each([
  ['settled after all', 'settled', ['settled', 'failed'], []],
  ['is under way after all', 'pending', ['failed', 'intended'], []],
  ['failed', 'failed', ['failed', 'settled'], [LATER]],
  ['is unknown', null, ['failed', 'settled'], [LATER]],
] as const)('before another invoice is paid the wallet is asked about the one before: it %s', async (_, state, states, paid) => {
  const next = refundIn('intended', { intent: { ...intent, paymentHash: LATER, idempotencyKey: LATER } })
  const found = (paymentHash: string) => (state === null || paymentHash !== HASH ? null : paymentOf(state, paymentHash))
  expect(await perform([refundIn('failed'), next], found, settled)).toEqual({ states, paid })
})

test('a wallet that does not answer about the one before is asked for no other', async () => {
  const next = refundIn('intended', { intent: { ...intent, paymentHash: LATER, idempotencyKey: LATER } })
  const wallet = { ...createMockWallet({ clock, random: nodeRandom }), lookup: () => Promise.resolve(fail('wallet-timeout' as const, 'Silence.')), pay: () => expect.unreachable('it was asked to pay') }
  const payer = createRefundPayer({ clock, wallet, spending: () => UNLIMITED, dispatch: () => expect.unreachable('something was said') })
  const [effect] = dueRefunds([refundIn('failed'), next])
  expect(effect).toBeDefined()
  if (effect !== undefined) await payer(effect, 'job_0011223344556677', new AbortController().signal)
})
