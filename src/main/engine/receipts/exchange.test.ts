import { expect, test, vi } from 'vitest'
import type { JobRow } from '#shared/ipc/common.ts'
import { fail, ok } from '#shared/market/result.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import type { JobKey, KeptReceipts } from '../store/receipts.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { createReceiptExchange } from './exchange.ts'

const JOB = 'job_0011223344556677'
const receipt = (role: JobKey['role'], version = '2', payments = 1): NostrEvent => ({
  id: (role === 'customer' ? 'c' : 'd').repeat(63) + version, pubkey: 'e'.repeat(64), created_at: 1_700_000_000, kind: KIND.receipt, content: '', sig: 'f'.repeat(128),
  tags: [...(version === '1' ? [] : [['version', version], ['role', role]]), ...Array.from({ length: payments }, () => ['payment', 'a'.repeat(64), '1000', 'paid'])],
})
const OURS = receipt('customer')
const THEIRS = receipt('provider')

interface Scene {
  readonly role?: JobKey['role']
  readonly own?: NostrEvent | null
  /** The seller is known to hear receipts. */
  readonly isKnown?: boolean
  /** What is handed over is what it says. */
  readonly isTheirs?: boolean
  readonly recent?: readonly Partial<KeptReceipts>[]
}

/** One exchange, with what it said and whom it hears. */
function open({ role = 'customer', own = role === 'customer' ? OURS : THEIRS, isKnown = true, isTheirs = true, recent = [] }: Scene = {}) {
  const clock = createManualClock()
  const job = { role, jobId: JOB }
  const state: { own: NostrEvent | null; other: NostrEvent | null; isKnown: boolean; isFull: boolean; hears: ((given: NostrEvent) => void) | null } = { own, other: null, isKnown, isFull: false, hears: null }
  const said = { customer: 0, provider: 0 }
  const keepForeign = vi.fn((_: JobKey, event: NostrEvent) => {
    if (state.isFull) throw new Error('database or disk is full')
    if (!isTheirs) return fail('not-theirs', 'It is not theirs.')
    state.other = event
    return ok(null)
  })
  const exchange = createReceiptExchange({
    receipts: { ofJob: () => ({ ...job, receipts: [state.own, state.other].filter((event) => event !== null) }), keepForeign, page: () => recent.map((one) => ({ role: 'customer', jobId: JOB, createdAt: clock.now(), own: OURS, other: null, ...one })) },
    row: () => ({ final: true }) as JobRow,
    customer: {
      send: () => Promise.resolve(++said.customer > 0),
      hear(_, onReceipt) {
        if (!state.isKnown) return null
        state.hears = onReceipt
        return { close: () => void (state.hears = null) }
      },
    },
    provider: { send: () => Promise.resolve(++said.provider > 0) },
    clock, log: () => {},
  })
  return { exchange, clock, state, said, job, keepForeign }
}

test('nothing is said at the end of a job; a little later it is, ever more rarely, and then no more', () => {
  const { exchange, clock, said, job, state } = open()
  exchange.made(job)
  clock.advance(9_999)
  expect(said.customer).toBe(0)
  clock.advance(1)
  expect([said.customer, state.hears !== null]).toEqual([1, true])
  clock.advance(60_000 + 600_000 + 3_600_000)
  expect(said.customer).toBe(4)
  clock.advance(86_400_000)
  expect([said.customer, state.hears, clock.pending()]).toEqual([4, null, 0])
})

test('it ends with the seller’s own, and not with its first form, nor with what is not the seller’s', () => {
  const first = open()
  first.exchange.made(first.job)
  first.clock.advance(10_000)
  first.state.hears?.(receipt('provider', '1'))
  expect(first.state.hears).not.toBe(null)
  first.state.hears?.(THEIRS)
  expect([first.state.hears, first.clock.pending(), first.state.other]).toEqual([null, 0, THEIRS])

  const other = open({ isTheirs: false })
  other.exchange.made(other.job)
  other.clock.advance(10_000)
  for (let index = 0; index < 30; index++) other.state.hears?.(THEIRS)
  expect([other.keepForeign.mock.calls.length, other.state.hears, other.clock.pending()]).toEqual([10, null, 0])
})

test('a seller that is not known to hear receipts is sent nothing, until it is', () => {
  const { exchange, clock, said, job, state } = open({ isKnown: false })
  exchange.made(job)
  clock.advance(10_000)
  expect([said.customer, state.hears]).toEqual([0, null])
  state.isKnown = true
  clock.advance(60_000)
  expect([said.customer, state.hears !== null]).toEqual([1, true])
})

test('one with so many payments that no note holds it is not sent', () => {
  const { exchange, clock, said, job } = open({ own: receipt('customer', '2', 400) })
  exchange.made(job)
  clock.advance(86_400_000)
  expect([said.customer, clock.pending()]).toEqual([0, 0])
})

test('after a start it goes on with what ended within a week and lacks the seller’s', () => {
  const weekAgo = createManualClock().now() - 7 * 86_400_000 - 1
  for (const [recent, count] of [[{}, 1], [{ other: receipt('provider', '1') }, 1], [{ other: THEIRS }, 0], [{ role: 'provider' }, 0], [{ own: null }, 0], [{ createdAt: weekAgo }, 0]] as const) {
    const { exchange, clock, said } = open({ recent: [recent] })
    exchange.resume()
    clock.advance(10_000)
    expect(said.customer).toBe(count)
    exchange.close()
    expect(clock.pending()).toBe(0)
  }
})

test('a seller answers what is news or was said just now, and no more often than so many times', () => {
  const { exchange, clock, said } = open({ role: 'provider' })
  const now = () => clock.now() / 1_000
  exchange.heard(JOB, OURS, now() - 86_400)
  expect(said.provider).toBe(1)
  // Stored by a relay, and known: an earlier run has answered it.
  exchange.heard(JOB, OURS, now() - 86_400)
  expect(said.provider).toBe(1)
  for (let index = 0; index < 30; index++) exchange.heard(JOB, OURS, now())
  expect(said.provider).toBe(9)
})

test('a seller whose own receipt is not there yet answers once it is', () => {
  const { exchange, clock, said, state, job } = open({ role: 'provider', own: null })
  exchange.heard(JOB, OURS, clock.now() / 1_000)
  expect(said.provider).toBe(0)
  state.own = THEIRS
  exchange.made(job)
  exchange.made(job)
  expect(said.provider).toBe(1)
})

test('what is not the customer’s is not answered, and a store that takes no writes ends nothing', () => {
  const stranger = open({ role: 'provider', isTheirs: false })
  stranger.exchange.heard(JOB, OURS, stranger.clock.now() / 1_000)
  expect(stranger.said.provider).toBe(0)

  const { exchange, clock, state, job, said } = open()
  state.isFull = true
  exchange.made(job)
  clock.advance(10_000)
  state.hears?.(THEIRS)
  expect(state.hears).not.toBe(null)
  state.isFull = false
  clock.advance(60_000)
  state.hears?.(THEIRS)
  expect([said.customer, state.other]).toEqual([2, THEIRS])
})

test('asked for now, it is asked for at once, and that is over when it is here, or nobody can be asked', async () => {
  const { exchange, clock, said, job, state } = open()
  exchange.made(job)
  let isOver = false
  const over = exchange.now(JOB).then(() => (isOver = true))
  clock.advance(0)
  await Promise.resolve()
  expect([said.customer, isOver]).toEqual([1, false])
  state.hears?.(THEIRS)
  await over
  expect([state.hears, clock.pending()]).toEqual([null, 0])
  // It is here: nobody is asked again.
  await exchange.now(JOB)
  expect([said.customer, clock.pending()]).toEqual([1, 0])

  const deaf = open({ isKnown: false })
  const asked = deaf.exchange.now(JOB)
  deaf.clock.advance(0)
  await asked
  expect(deaf.said.customer).toBe(0)
  const unsigned = open({ own: null })
  await unsigned.exchange.now(JOB)
  expect(unsigned.clock.pending()).toBe(0)
})
