import { expect, test } from 'vitest'
import { msat, sats } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { createSettlementSeeker } from './seekSettlement.ts'
import type { Payment, WalletProblem } from './wallet.ts'

const HASH = 'a'.repeat(64)
type Answer = Result<Payment | null, WalletProblem>
const lost: Answer = fail('wallet-timeout', 'No answer.')
const seen = (state: Payment['state']): Answer =>
  ok({ direction: 'outgoing', paymentHash: HASH, amountMsat: sats(10), feeMsat: msat(10), state, description: '', bolt11: null, preimage: null, createdAt: 0, settledAt: null, expiresAt: null, heldUntil: null })

function open(answers: readonly (Answer | Promise<Answer>)[]) {
  const clock = createManualClock()
  const listeners = new Set<(hint: { readonly paymentHash: string }) => void>()
  const asked: number[] = []
  const startMs = clock.now()
  const wallet = {
    lookup() {
      asked.push((clock.now() - startMs) / 1_000)
      return Promise.resolve(answers[asked.length - 1] ?? answers.at(-1) ?? lost)
    },
    watch(listener: (hint: { readonly paymentHash: string }) => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  const taken: Payment[] = []
  const seeker = createSettlementSeeker({ wallet, clock })
  const pass = async (secs: number) => {
    await quiet()
    for (let second = 0; second < secs; second += 1) {
      clock.advance(1_000)
      await quiet()
    }
  }
  return {
    clock, asked, taken, seeker, listeners, pass,
    hint: (paymentHash = HASH) => {
      for (const listener of new Set(listeners)) listener({ paymentHash })
    },
    seek: (take: (payment: Payment) => boolean = (payment) => taken.push(payment) > 0) => seeker.seek(HASH, take),
  }
}

async function quiet(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
}

test('an answer that is lost, or behind, is asked for again, until the payment is settled', async () => {
  const { asked, taken, seek, pass, clock, listeners } = open([lost, seen('failed'), seen('settled')])
  const search = seek()
  await pass(6)
  await search
  expect([asked, taken.map(({ state }) => state)]).toEqual([[0, 2, 6], ['settled']])
  expect([clock.pending(), listeners.size]).toEqual([0, 0])
})

test('what the store does not take is brought again', async () => {
  const { asked, seek, pass } = open([seen('settled')])
  let isDiskFull = true
  const search = seek(() => !isDiskFull)
  await pass(1)
  isDiskFull = false
  await pass(1)
  await search
  expect(asked).toEqual([0, 2])
})

test('a payment that stays failed is let go in the end', async () => {
  const { asked, taken, seek, pass, clock, listeners } = open([seen('failed')])
  const search = seek()
  await pass(510)
  await search
  expect(asked).toEqual([0, 2, 6, 14, 30, 62, 126, 254, 510])
  expect([taken, clock.pending(), listeners.size]).toEqual([[], 0, 0])
})

test('a hint begins the search anew, and never a second one beside it', async () => {
  const { asked, seek, pass, hint } = open([seen('failed')])
  const search = seek()
  void seek()
  await pass(20)
  hint('b'.repeat(64))
  await quiet()
  expect(asked).toEqual([0, 2, 6, 14])
  hint()
  await pass(6)
  expect(asked).toEqual([0, 2, 6, 14, 20, 22, 26])
  await pass(600)
  await search
  expect(asked).toHaveLength(4 + 9)
})

test('a hint while the wallet is asked makes it be asked at once again', async () => {
  let answer: (value: Answer) => void = () => {}
  const { asked, taken, seek, hint } = open([new Promise<Answer>((resolve) => (answer = resolve)), seen('settled')])
  const search = seek()
  hint()
  answer(seen('failed'))
  await search
  expect([asked, taken.length]).toEqual([[0, 0], 1])
})

test('once closed it asks no more, takes nothing and leaves no timer', async () => {
  let answer: (value: Answer) => void = () => {}
  const { asked, taken, seek, seeker, pass, clock, listeners } = open([lost, new Promise<Answer>((resolve) => (answer = resolve))])
  const search = seek()
  await pass(2)
  seeker.close()
  answer(seen('settled'))
  await search
  await seek()
  expect([asked.length, taken, clock.pending(), listeners.size]).toEqual([2, [], 0, 0])
})
