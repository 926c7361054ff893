import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JobRow, Role } from '#shared/ipc/common.ts'
import { ACCOUNTS, isBalanced, movementBetween, NO_STANDING, standingOf, type Account, type Standing } from '#shared/market/books.ts'
import { msat, sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { createMemoryStore, type MemoryStore } from '../testing/memoryStore.ts'
import { createBooks, type Books } from './books.ts'
import { openDatabase } from './database.ts'
import { createJournal } from './journal.ts'
import { MIGRATIONS } from './migrations.ts'

let store: MemoryStore
let books: Books
beforeEach(() => {
  store = createMemoryStore()
  books = createBooks(store.database)
})
afterEach(() => store.close())

function put(jobId: string, standing: Standing, change: Partial<JobRow> = {}, role: Role = 'customer'): void {
  const row: JobRow = { jobId, role, state: 'paying', final: false, peer: 'p', dialect: 'channel', settlement: 'prepay', privacy: 'public-channel', promptPreview: '', priceMsat: ZERO_MSAT, movedMsat: ZERO_MSAT, feeMsat: ZERO_MSAT, createdAt: 1, updatedAt: 1, ...change }
  const sequence = store.journal.events(role, jobId).length
  store.journal.append(role, jobId, sequence, [{ at: sequence, body: {} }], { row, pendingMsat: ZERO_MSAT, settledAt: null, paymentHash: null, paymentHashes: [], standing })
}
const everything = () => books.list({ limit: 10_000 })
const sum = (standings: readonly Standing[]): Standing => movementBetween(NO_STANDING, Object.fromEntries(ACCOUNTS.map((account) => [account, standings.reduce((total, each) => total + (each[account] ?? 0), 0)])))

describe('the books', () => {
  it('follow every sequence of standings of jobs: each entry sums to nothing, a job’s to where it stands, the balances to all', () => {
    const moves = fc.array(fc.record({ from: fc.constantFrom(...ACCOUNTS), to: fc.constantFrom(...ACCOUNTS), msat: fc.nat(1_000_000).map(msat) }), { maxLength: 3 })
    const steps = fc.array(fc.record({ job: fc.constantFrom('a', 'b', 'c'), role: fc.constantFrom<Role>('customer', 'provider'), standing: moves.map((each) => standingOf(...each)) }), { maxLength: 12 })
    fc.assert(
      fc.property(steps, (taken) => {
        store.close()
        store = createMemoryStore()
        books = createBooks(store.database)
        const last = new Map<string, { role: Role; job: string; standing: Standing }>()
        for (const step of taken) {
          put(step.job, step.standing, {}, step.role)
          last.set(`${step.role} ${step.job}`, step)
        }
        for (const { moves: lines } of everything()) expect(isBalanced(lines)).toBe(true)
        for (const { role, job, standing } of last.values()) expect(books.ofJob(role, job)).toEqual(standing)
        expect(books.balances()).toEqual(sum([...last.values()].map(({ standing }) => standing)))
        expect(books.balances()).toEqual(sum(everything().map(({ moves: lines }) => lines)))
      }),
      { numRuns: 60 },
    )
  })

  it('take nothing that does not sum to nothing, and nothing twice', () => {
    const { database } = store
    expect(() => books.post({ at: 1, kind: 'received', reason: '', movement: { wallet: 5, outside: -4 } })).toThrow(/sum to zero/)
    const insert = (lines: string, entry: string) => () => database.exec(`BEGIN; ${lines}; ${entry}; COMMIT`)
    const entry = (id: number) => `INSERT INTO book_entry (id, at, kind, reason) VALUES (${id}, 1, 'received', '')`
    const refused: readonly (readonly [() => void, RegExp])[] = [
      [insert(`INSERT INTO book_line VALUES (1, 'wallet', 5), (1, 'outside', -4)`, entry(1)), /sum to nothing/],
      [insert('SELECT 1', entry(1)), /sum to nothing/],
      [insert(`INSERT INTO book_line VALUES (1, 'wallet', 5), (1, 'outside', -5)`, 'SELECT 1'), /FOREIGN KEY/],
      [insert(`INSERT INTO book_line VALUES (1, 'nowhere', 5), (1, 'outside', -5)`, entry(1)), /CHECK/],
    ]
    for (const [attempt, reason] of refused) {
      expect(attempt).toThrow(reason)
      if (database.isTransaction) database.exec('ROLLBACK')
    }
    expect([books.version(), books.balances()]).toEqual([0, {}])
    expect(books.post({ at: 1, kind: 'received', reason: 'Received.', movement: NO_STANDING })).toBeNull()
  })

  it('are only added to', () => {
    put('job_1', standingOf({ from: 'wallet', to: 'spent', msat: msat(5) }))
    const before = everything()
    for (const change of [
      'UPDATE book_entry SET reason = 0', 'DELETE FROM book_entry', 'UPDATE book_line SET msat = msat * 2', 'DELETE FROM book_line',
      `INSERT INTO book_line VALUES (1, 'fees', 1)`, `INSERT OR REPLACE INTO book_entry (id, at, kind, reason) VALUES (1, 2, 'received', '')`,
    ]) {
      expect(() => store.database.exec(change), change).toThrow(/only added to|whole once|written once/)
    }
    expect(everything()).toEqual(before)
  })

  it('undo what a transaction posted when it fails, whole', () => {
    expect(() =>
      store.journal.transact(() => {
        put('job_1', standingOf({ from: 'wallet', to: 'onTheWay', msat: msat(5) }))
        throw new Error('no')
      }),
    ).toThrow('no')
    expect([everything(), books.balances(), store.journal.row('customer', 'job_1')]).toEqual([[], {}, null])
  })

  it('say in words what happened, and page newest first', () => {
    put('job_1', standingOf({ from: 'wallet', to: 'onTheWay', msat: sats(11) }))
    put('job_1', standingOf({ from: 'wallet', to: 'owedToUs', msat: sats(10) }, { from: 'wallet', to: 'fees', msat: msat(10) }))
    put('job_1', standingOf({ from: 'wallet', to: 'owedToUs', msat: sats(10) }, { from: 'wallet', to: 'fees', msat: msat(10) }))
    put('job_1', standingOf({ from: 'wallet', to: 'spent', msat: sats(10) }, { from: 'wallet', to: 'fees', msat: msat(10) }))
    const [last, middle] = books.list({ limit: 2 })
    expect([last, middle]).toMatchObject([
      { id: 3, kind: 'job', role: 'customer', jobId: 'job_1', reason: 'The answer is there: what was owed is spent.', moves: { owedToUs: -10_000, spent: 10_000 } },
      { id: 2, reason: 'Paid. The answer is owed.', moves: { wallet: 990, onTheWay: -11_000, owedToUs: 10_000, fees: 10 } },
    ])
    expect(books.list({ before: 2, limit: 5 })).toMatchObject([{ id: 1, at: 0 }])
    expect(books.movedSince(3)).toEqual({ owedToUs: -10_000, spent: 10_000 })
  })

  it('keep a payment by hand from its intent to its end, and back when it failed', () => {
    const payment = { paymentHash: 'a'.repeat(64), bolt11: 'lnbcrt1', amountMsat: sats(10), maxFeeMsat: sats(1), createdAt: 1 }
    store.payments.intend(payment)
    store.payments.intend(payment)
    expect(books.balances()).toEqual({ wallet: -11_000, onTheWay: 11_000 })
    store.payments.resolve(payment.paymentHash, 'unknown', ZERO_MSAT, '', 2)
    store.payments.resolve(payment.paymentHash, 'failed', ZERO_MSAT, '', 3)
    expect(books.balances()).toEqual({})
    store.payments.intend(payment)
    store.payments.resolve(payment.paymentHash, 'settled', msat(7), '', 4)
    expect([books.balances(), books.ofPayment(payment.paymentHash), books.version()]).toEqual([{ wallet: -10_007, outside: 10_000, fees: 7 }, { wallet: -10_007, outside: 10_000, fees: 7 }, 4])
  })

  it('keep their jobs: what moved and came back is not forgotten either', () => {
    put('job_1', standingOf({ from: 'promised', to: 'lockedForUs', msat: msat(5) }), {}, 'provider')
    put('job_1', NO_STANDING, { state: 'returned', final: true }, 'provider')
    put('job_2', NO_STANDING, { state: 'refused', final: true }, 'provider')
    store.journal.forgetUnpaid('provider', 0)
    expect(store.journal.list({ limit: 10 }).map(({ jobId }) => jobId)).toEqual(['job_1'])
  })
})

describe('payments of jobs', () => {
  const hash = (digit: string) => digit.repeat(64)

  it('are known by every hash a job ever had, in the direction in which they go', () => {
    const standing = standingOf({ from: 'wallet', to: 'spent', msat: msat(5) })
    const row: JobRow = { jobId: 'job_1', role: 'customer', state: 'done', final: true, peer: 'p', dialect: 'channel', settlement: 'metered', privacy: 'public-channel', promptPreview: '', priceMsat: ZERO_MSAT, movedMsat: ZERO_MSAT, feeMsat: ZERO_MSAT, createdAt: 1, updatedAt: 1 }
    const record = { row, pendingMsat: ZERO_MSAT, settledAt: null, standing }
    store.journal.append('customer', 'job_1', 0, [], { ...record, paymentHash: hash('a'), paymentHashes: [hash('a')] })
    store.journal.append('customer', 'job_1', 0, [], { ...record, paymentHash: hash('b'), paymentHashes: [hash('a'), hash('b')], refundHashes: [hash('c')] })
    expect(['a', 'b', 'c', 'd'].map((digit) => store.journal.jobOfPayment(hash(digit)))).toEqual(['job_1', 'job_1', 'job_1', null])
    expect(store.journal.ownerOfPayment(hash('a'), 'outgoing')).toEqual({ role: 'customer', jobId: 'job_1', final: true, standing })
    expect([store.journal.ownerOfPayment(hash('a'), 'incoming'), store.journal.ownerOfPayment(hash('c'), 'incoming')?.jobId]).toEqual([null, 'job_1'])
  })

  it('lists what is locked, the first to return first', () => {
    const lock = (lockedUntil: number) => ({ lockedMsat: msat(5), lockedUntil })
    put('job_1', NO_STANDING, { state: 'locked', ...lock(30) })
    put('job_2', NO_STANDING, { state: 'locked', ...lock(20) }, 'provider')
    put('job_3', NO_STANDING, { state: 'returned', final: true, ...lock(10) })
    put('job_4', NO_STANDING)
    expect(store.journal.locked(5).map(({ jobId }) => jobId)).toEqual(['job_2', 'job_1'])
  })
})

describe('a store from before there were books', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'souk-books-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('is carried over: jobs and payments stand in them as far as their rows tell, and go on from there', () => {
    const open = (migrations = MIGRATIONS) => {
      const opened = openDatabase(join(folder, 'souk.db'), migrations, 1)
      if (!opened.ok) throw new Error(opened.error.message)
      return opened.value.database
    }
    const old = open(MIGRATIONS.filter(({ number }) => number < 6))
    const job = old.prepare(`INSERT INTO job (role, job_id, state, final, peer, payment_hash, created_at, updated_at, settled_at, moved_msat, pending_msat, row) VALUES (?, ?, ?, ?, 'p', ?, 1, 9, ?, ?, ?, ?)`)
    job.run('customer', 'job_done', 'done', 1, 'a'.repeat(64), 5, 10_010, 0, '{"feeMsat":10}')
    job.run('customer', 'job_owed', 'owed', 0, 'b'.repeat(64), 6, 20_000, 0, '{"feeMsat":0}')
    job.run('customer', 'job_lost', 'failed', 1, 'c'.repeat(64), 7, 1_000, 0, 'damaged')
    job.run('customer', 'job_paying', 'paying', 0, 'd'.repeat(64), null, 0, 500, '{}')
    job.run('customer', 'job_refused', 'refused', 1, null, null, 0, 0, '{}')
    job.run('provider', 'job_sold', 'done', 1, 'e'.repeat(64), 8, 7_000, 0, '{}')
    job.run('provider', 'job_working', 'working', 0, 'f'.repeat(64), 8, 3_000, 0, '{}')
    const payment = old.prepare(`INSERT INTO sent_payment VALUES (?, 'lnbcrt1', 100, 10, ?, ?, '', 1, 2)`)
    for (const [hash, state, fee] of [['1', 'settled', 4], ['2', 'unknown', 0], ['3', 'failed', 0]] as const) payment.run(hash.repeat(64), state, fee)
    old.close()

    const database = open()
    const carried = createBooks(database)
    expect(carried.balances()).toEqual({
      wallet: -10_010 - 20_000 - 1_000 - 500 + 7_000 + 3_000 - 104 - 110,
      spent: 10_000, fees: 14, owedToUs: 20_000, lost: 1_000, onTheWay: 610, earned: -7_000, owedByUs: -3_000, outside: 100,
    } satisfies Partial<Record<Account, number>>)
    for (const entry of carried.list({ limit: 100 })) expect([entry.kind, isBalanced(entry.moves)]).toEqual(['carried-over', true])
    expect(carried.list({ limit: 100 })).toHaveLength(8)
    expect(carried.movedSince(8)).toMatchObject({ earned: -7_000 })
    const journal = createJournal(database)
    expect(journal.ownerOfPayment('b'.repeat(64), 'outgoing')).toMatchObject({ jobId: 'job_owed', standing: { owedToUs: 20_000 } })
    const row: JobRow = { jobId: 'job_owed', role: 'customer', state: 'done', final: true, peer: 'p', dialect: 'channel', settlement: 'prepay', privacy: 'public-channel', promptPreview: '', priceMsat: ZERO_MSAT, movedMsat: msat(20_000), feeMsat: ZERO_MSAT, createdAt: 1, updatedAt: 10 }
    journal.append('customer', 'job_owed', 0, [], { row, pendingMsat: ZERO_MSAT, settledAt: 6, paymentHash: null, paymentHashes: [], standing: standingOf({ from: 'wallet', to: 'spent', msat: msat(20_000) }) })
    expect(carried.list({ limit: 1 })).toMatchObject([{ moves: { owedToUs: -20_000, spent: 20_000 } }])
    database.close()
  })
})
