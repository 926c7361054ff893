import { expect, test } from 'vitest'
import { msat, sats } from '#shared/market/msat.ts'
import { fail, ok, type Result } from '#shared/market/result.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { lookRepeatedly } from './lookRepeatedly.ts'
import type { Payment, WalletProblem } from './wallet.ts'

const HASH = 'a'.repeat(64)
const MAX_MS = 3_000
type Answer = Result<Payment | null, WalletProblem>
const seen = (state: Payment['state']): Answer =>
  ok({ direction: 'incoming', paymentHash: HASH, amountMsat: sats(10), feeMsat: msat(10), state, description: '', bolt11: null, preimage: null, createdAt: 0, settledAt: null, expiresAt: null, heldUntil: null })
const silent = () => new Promise<Answer>(() => {})

function open(answers: readonly (() => Answer | Promise<Answer>)[], isEnough: (found: Payment | null) => boolean = () => false) {
  const clock = createManualClock()
  const listeners = new Set<(hint: { readonly paymentHash: string }) => void>()
  const [startMs, asked] = [clock.now(), [] as number[]]
  const taken: (Payment['state'] | null)[] = []
  const wallet = {
    async lookup() {
      asked.push(clock.now() - startMs)
      return (answers[asked.length - 1] ?? answers.at(-1) ?? silent)()
    },
    watch(listener: (hint: { readonly paymentHash: string }) => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  const stopping = new AbortController()
  const looking = lookRepeatedly({ wallet, clock }, { paymentHash: HASH, direction: 'incoming', maxMs: MAX_MS }, stopping.signal, (found) => {
    taken.push(found?.state ?? null)
    return isEnough(found)
  })
  const quiet = () => new Promise<void>((resolve) => setImmediate(resolve))
  const pass = async (ms: number) => {
    await quiet()
    for (let passed = 0; passed < ms; passed += 250) {
      clock.advance(250)
      await quiet()
    }
  }
  const hint = async (paymentHash = HASH) => {
    for (const listener of listeners) listener({ paymentHash })
    await quiet()
  }
  const end = async () => {
    stopping.abort()
    await looking
    expect([clock.pending(), listeners.size]).toEqual([0, 0])
  }
  return { asked, taken, looking, pass, hint, end, listening: () => listeners.size }
}

test('it is asked for at once, and ever more rarely, down to the bound', async () => {
  const { asked, taken, pass, end } = open([() => ok(null), () => fail('wallet-timeout', 'No answer.'), () => seen('pending')])
  await pass(12_000)
  expect(asked).toEqual([0, 1_000, 2_500, 4_750, 7_750, 10_750])
  expect(taken).toEqual([null, 'pending', 'pending', 'pending', 'pending'])
  await end()
})

test('a hint at it is followed at once, also while an answer is awaited; one at another payment is not', async () => {
  const { asked, taken, pass, hint, end } = open([silent, () => seen('pending')])
  await pass(0)
  await hint('b'.repeat(64))
  expect(asked).toEqual([0])
  await hint()
  expect([asked, taken]).toEqual([[0, 0], ['pending']])
  await pass(500)
  await hint()
  expect(asked).toEqual([0, 0, 500])
  await end()
})

test('it ends with what is enough, or when nobody waits, whatever the wallet does', async () => {
  const enough = open([() => seen('pending'), () => seen('settled')], (found) => found?.state === 'settled')
  await enough.pass(1_000)
  await enough.looking
  expect(enough.taken).toEqual(['pending', 'settled'])
  await enough.end()
  const left = open([silent])
  await left.pass(0)
  await left.end()
  expect(left.taken).toEqual([])
})

test('a wallet that throws is nobody’s to wait for, and is listened to no more', async () => {
  const { looking, listening } = open([() => Promise.reject(new Error('Broken.'))])
  await expect(looking).rejects.toThrow('Broken.')
  expect(listening()).toBe(0)
})
