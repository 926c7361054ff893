import { expect, it } from 'vitest'
import type { JobRow } from '#shared/ipc/common.ts'
import { DEFAULT_LIMITS } from '../preferences.ts'
import { standingOf, sumStandings } from '#shared/market/books.ts'
import { msat, sats, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { createMemoryStore } from '../testing/memoryStore.ts'
import { judgeSpending } from './judgeSpending.ts'
import { createSpendingReader } from './readSpending.ts'

const NOON = new Date(2026, 0, 5, 12).getTime()
const OWED = sats(10)

it('what paying back has cost in fees counts for the day, and stops it; what went back was never ours', () => {
  const clock = createManualClock(NOON)
  const store = createMemoryStore()
  const read = createSpendingReader({ ...store, settings: () => ({ limits: { ...DEFAULT_LIMITS, perDayMsat: sats(15) }, spendingStopped: false }), clock })
  const nobody = { paymentHash: null, jobId: null, provider: null }
  const mayPayBack = () => judgeSpending(read(nobody), { kind: 'refund', amountMsat: OWED, maxFeeMsat: sats(1) }).ok
  const row = (jobId: string): JobRow => ({ jobId, role: 'provider', state: 'returned', final: true, peer: 'p', dialect: 'channel', settlement: 'prepay', privacy: 'public-channel', promptPreview: '', priceMsat: OWED, movedMsat: OWED, feeMsat: ZERO_MSAT, createdAt: 1, updatedAt: 1 })
  /** Paid after it was cancelled, and paid back. */
  const payBack = (jobId: string, feeMsat: Msat) => {
    const paid = standingOf({ from: 'owedByUs', to: 'wallet', msat: OWED })
    const standings = [paid, sumStandings(paid, standingOf({ from: 'wallet', to: 'owedByUs', msat: OWED }, { from: 'wallet', to: 'fees', msat: feeMsat }))]
    standings.forEach((standing, index) => store.journal.append('provider', jobId, index, [{ at: clock.now(), body: {} }], { row: row(jobId), pendingMsat: ZERO_MSAT, settledAt: clock.now(), paymentHash: null, paymentHashes: [], standing }))
  }

  expect([read(nobody).settledTodayMsat, mayPayBack()]).toEqual([0, true])
  payBack('job_1', sats(1))
  payBack('job_2', sats(3))
  expect([read(nobody).settledTodayMsat, mayPayBack()]).toEqual([sats(4), true])
  expect(() => store.journal.transact(() => {
    payBack('job_3', sats(9))
    read(nobody)
    throw new Error('disk I/O error')
  })).toThrow('I/O')
  expect(read(nobody).settledTodayMsat).toBe(sats(4))
  payBack('job_3', msat(1))
  expect([read(nobody).settledTodayMsat, mayPayBack()]).toEqual([4_001, false])
  clock.advance(12 * 3_600_000)
  expect([read(nobody).settledTodayMsat, mayPayBack()]).toEqual([0, true])
  store.close()
})
