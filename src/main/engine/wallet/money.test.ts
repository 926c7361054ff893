import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JobRow, Role } from '#shared/ipc/common.ts'
import type { Reconciliation } from '#shared/ipc/wallet.ts'
import { NO_STANDING, standingOf, type Standing } from '#shared/market/books.ts'
import { msat, sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { createBooks, type Books } from '../store/books.ts'
import { createManualClock, type ManualClock } from '../testing/manualClock.ts'
import { createMemoryStore, type MemoryStore } from '../testing/memoryStore.ts'
import { availableOf, createMoney, type Money } from './money.ts'

const DAY_MS = 86_400_000
let clock: ManualClock
let store: MemoryStore
let books: Books
let money: Money
let balance: number | null
let reconciliation: Reconciliation | null

beforeEach(() => {
  clock = createManualClock()
  store = createMemoryStore()
  books = createBooks(store.database)
  balance = null
  reconciliation = null
  money = createMoney({ books, journal: store.journal, clock, balanceMsat: () => (balance === null ? null : msat(balance)), reconciliation: () => reconciliation })
})
afterEach(() => store.close())

let sequence = 0
function put(jobId: string, standing: Standing, change: Partial<JobRow> = {}, role: Role = 'customer'): void {
  const row: JobRow = { jobId, role, state: 'locked', final: false, peer: 'p', dialect: 'channel', settlement: 'escrow', privacy: 'public-channel', promptPreview: '', priceMsat: ZERO_MSAT, movedMsat: ZERO_MSAT, feeMsat: ZERO_MSAT, createdAt: 1, updatedAt: 1, ...change }
  store.journal.append(role, jobId, sequence++, [{ at: clock.now(), body: {} }], { row, pendingMsat: ZERO_MSAT, settledAt: null, paymentHash: null, paymentHashes: [], standing })
}

describe('the figures', () => {
  it('are of the books: what is under way, locked with its first end, owed, and what came and went today and in all', () => {
    put('old', standingOf({ from: 'wallet', to: 'spent', msat: sats(5) }, { from: 'wallet', to: 'fees', msat: msat(50) }), { final: true, state: 'done' })
    clock.advance(DAY_MS)
    put('lock', standingOf({ from: 'wallet', to: 'locked', msat: sats(20) }), { lockedMsat: sats(20), lockedUntil: 900 })
    put('sale', standingOf({ from: 'promised', to: 'lockedForUs', msat: sats(30) }), { lockedMsat: sats(30), lockedUntil: 700 }, 'provider')
    put('paying', standingOf({ from: 'wallet', to: 'onTheWay', msat: sats(11) }), { state: 'paying' })
    put('late', standingOf({ from: 'wallet', to: 'owedToUs', msat: sats(8) }), { state: 'owed' })
    put('debt', standingOf({ from: 'owedByUs', to: 'wallet', msat: sats(9) }), { state: 'owed' }, 'provider')
    put('sold', standingOf({ from: 'earned', to: 'wallet', msat: sats(12) }), { state: 'done', final: true }, 'provider')
    put('gone', standingOf({ from: 'wallet', to: 'lost', msat: sats(2) }), { state: 'failed', final: true })
    expect(money.figures()).toEqual({
      pendingMsat: sats(11), lockedMsat: sats(20), lockedForUsMsat: sats(30), lockedUntil: 700,
      locks: {
        'provider:sale': { jobId: 'sale', role: 'provider', state: 'locked', amountMsat: sats(30), until: 700 },
        'customer:lock': { jobId: 'lock', role: 'customer', state: 'locked', amountMsat: sats(20), until: 900 },
      },
      owedToUsMsat: sats(8), owedByUsMsat: sats(9),
      earned: { todayMsat: sats(12), totalMsat: sats(12) },
      spent: { todayMsat: 0, totalMsat: sats(5) },
      fees: { todayMsat: 0, totalMsat: 50 },
      lost: { todayMsat: sats(2), totalMsat: sats(2) },
    })
  })

  it('of today follow what is posted, and begin anew with the day', () => {
    const spentToday = () => money.figures().spent.todayMsat
    expect(spentToday()).toBe(0)
    put('one', standingOf({ from: 'wallet', to: 'spent', msat: sats(1) }))
    expect(spentToday()).toBe(sats(1))
    put('two', standingOf({ from: 'wallet', to: 'spent', msat: sats(2) }))
    expect([spentToday(), spentToday()]).toEqual([sats(3), sats(3)])
    // Taken back: what was spent is owed again.
    put('two', standingOf({ from: 'wallet', to: 'owedToUs', msat: sats(2) }))
    expect(spentToday()).toBe(sats(1))
    clock.advance(DAY_MS)
    expect([spentToday(), money.figures().spent.totalMsat]).toEqual([0, sats(1)])
    put('one', NO_STANDING)
    expect(spentToday()).toBe(0)
  })

  it('have the balance and the last comparison once there is one', () => {
    balance = sats(3)
    reconciliation = { at: 5, walletMsat: sats(3), booksMsat: 0, underWayMsat: ZERO_MSAT, expectedMsat: 0, unexplainedMsat: -7, entries: [] }
    expect(money.figures()).toMatchObject({ availableMsat: sats(3), reconciledAt: 5, unexplainedMsat: -7 })
  })
})

describe('what is available', () => {
  const cases: readonly (readonly [string, number, Standing, boolean, number])[] = [
    ['all of it, when nothing is under way', 100, { wallet: 100 }, true, 100],
    ['less what is intended and still in the wallet', 100, { wallet: 60, onTheWay: 40 }, true, 60],
    ['all that is left, when the wallet took it off', 60, { wallet: 60, onTheWay: 40 }, true, 60],
    ['less the fee cap that did not go', 65, { wallet: 60, locked: 40 }, true, 60],
    ['what came in and is not in the books yet, too', 130, { wallet: 100 }, true, 130],
    ['less all that is intended, before the books were opened', 100, { wallet: -40, onTheWay: 40 }, false, 60],
    ['never below nothing', 10, { wallet: -40, onTheWay: 40 }, false, 0],
    ['not what the books only hope for', 50, { wallet: 90 }, true, 50],
  ]
  it.each(cases)('is %s', (_, balanceMsat, standing, isOpened, available) => expect(availableOf(msat(balanceMsat), standing, isOpened)).toBe(available))
})
