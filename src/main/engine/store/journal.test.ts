import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JobRow } from '#shared/ipc/common.ts'
import { NO_STANDING, type Standing } from '#shared/market/books.ts'
import { msat, ZERO_MSAT } from '#shared/market/msat.ts'
import { createMemoryStore, type MemoryStore } from '../testing/memoryStore.ts'
import { createBooks } from './books.ts'
import type { JobRecord } from './journal.ts'

let store: MemoryStore
beforeEach(() => {
  store = createMemoryStore()
})
afterEach(() => store.close())

function record(jobId: string, row: Partial<JobRow> = {}, money: Partial<Omit<JobRecord, 'row'>> = {}): JobRecord {
  const base: JobRow = { jobId, role: 'customer', state: 'done', final: true, peer: 'p', dialect: 'channel', settlement: 'prepay', privacy: 'public-channel', promptPreview: '', priceMsat: ZERO_MSAT, movedMsat: ZERO_MSAT, feeMsat: ZERO_MSAT, createdAt: 1, updatedAt: 1 }
  return { row: { ...base, ...row }, pendingMsat: ZERO_MSAT, settledAt: null, paymentHash: null, standing: NO_STANDING, ...money, paymentHashes: money.paymentHashes ?? (typeof money.paymentHash === 'string' ? [money.paymentHash] : []) }
}
function put(jobId: string, row: Partial<JobRow> = {}, money: Partial<Omit<JobRecord, 'row'>> = {}): void {
  const made = record(jobId, row, money)
  store.journal.append(made.row.role, jobId, store.journal.events(made.row.role, jobId).length, [{ at: 1, body: { type: 'x' } }], made)
}
const listed = (page: Partial<Parameters<MemoryStore['journal']['list']>[0]>) => store.journal.list({ limit: 100, ...page }).map((row) => row.jobId)

describe('the journal', () => {
  it('keeps events in order, each once, and never takes two of one place', () => {
    put('job_1')
    store.journal.append('customer', 'job_1', 1, [{ at: 2, body: { n: 1 } }, { at: 3, body: { n: 2 } }], record('job_1'))
    expect(store.journal.events('customer', 'job_1')).toEqual([{ at: 1, body: { type: 'x' } }, { at: 2, body: { n: 1 } }, { at: 3, body: { n: 2 } }])
    expect(() => store.journal.append('customer', 'job_1', 2, [{ at: 4, body: {} }], record('job_1'))).toThrow(/UNIQUE/)
    expect(store.journal.events('provider', 'job_1')).toEqual([])
  })

  it('undoes the whole of a transaction that fails', () => {
    expect(() =>
      store.journal.transact(() => {
        put('job_1')
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(store.journal.row('customer', 'job_1')).toBeNull()
    expect(store.journal.events('customer', 'job_1')).toEqual([])
  })

  it('goes on from what is stored, and not from what it stored in a transaction that failed, in whatever order they come', () => {
    const standing = (wallet: number) => ({ standing: { wallet, earned: -wallet } })
    const open = (wallet: number, hash: string) => put('job_1', { state: 'paying', final: false }, { ...standing(wallet), paymentHash: hash })
    const transact = store.journal.transact
    transact(() => open(1, 'a'))
    expect(() => transact(() => {
      open(5, 'b')
      throw new Error('database or disk is full')
    })).toThrow('full')
    transact(() => open(2, 'b'), 'with the next')
    expect(() => transact(() => {
      put('job_1', {}, standing(7))
      throw new Error('disk I/O error')
    })).toThrow('I/O')
    store.database.exec('BEGIN')
    open(9, 'c')
    store.database.exec('ROLLBACK')
    transact(() => put('job_1', {}, standing(3)))
    const books = createBooks(store.database)
    expect([books.list({ limit: 9 }).map(({ moves }) => moves.wallet), books.balances().wallet]).toEqual([[1, 1, 1], 3])
    expect(['a', 'b', 'c'].map((hash) => store.journal.jobOfPayment(hash))).toEqual(['job_1', 'job_1', null])
    expect(store.journal.events('customer', 'job_1')).toHaveLength(3)
  })

  it('keeps the events of jobs apart, however many there are, and those of a forgotten one go with it', () => {
    for (const jobId of ['job_1', 'job_2', 'job_3']) put(jobId, { createdAt: Number(jobId.at(-1)) })
    const last = 1_048_575
    store.journal.append('customer', 'job_2', last, [{ at: 2, body: 'last' }], record('job_2', { createdAt: 2 }))
    expect(() => store.journal.append('customer', 'job_2', last + 1, [{ at: 3, body: 'of the next job?' }], record('job_2'))).toThrow(RangeError)
    expect(['job_1', 'job_2', 'job_3'].map((jobId) => store.journal.events('customer', jobId).length)).toEqual([1, 2, 1])
    store.journal.forgetUnpaid('customer', 1)
    expect(store.database.prepare('SELECT job_id FROM job_event').all()).toEqual([{ job_id: 'job_3' }])
  })

  it('stores a job that changed as one that was so from the beginning, whichever of its columns changed', () => {
    const changes: readonly (readonly [Partial<JobRow>, Partial<Omit<JobRecord, 'row'>>])[] = [
      [{ state: 'paying', final: false, note: 'n' }, {}], [{ final: false, updatedAt: 7 }, { paymentHash: 'h' }], [{ final: false, movedMsat: msat(3), peer: 'q' }, { paymentHash: 'h' }],
      [{ final: false }, { pendingMsat: msat(4) }], [{ final: false }, { pendingMsat: msat(5), standing: { wallet: -5, onTheWay: 5 } }], [{ final: false }, { settledAt: 8 }], [{ final: true }, { settledAt: 8 }], [{ updatedAt: 9 }, {}], [{}, {}],
    ]
    const columns = (jobId: string) => ({ ...store.database.prepare(`SELECT * FROM job WHERE job_id = ?`).get(jobId), number: 0, job_id: '', row: { ...store.journal.row('customer', jobId), jobId: '' } })
    // What a journal's own transactions stored it remembers; what others did it reads.
    for (const own of [true, false]) {
      const putIn = (...of: Parameters<typeof put>) => (own ? store.journal.transact(() => put(...of)) : put(...of))
      changes.forEach(([row, money], number) => {
        putIn(`job_changed_${own}`, row, money)
        putIn(`job_${number}_${own}`, row, money)
        expect(columns(`job_changed_${own}`)).toEqual(columns(`job_${number}_${own}`))
      })
    }
    expect(store.database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  })

  it('lists newest first, page by page without a gap or a repetition, also among jobs of one moment', () => {
    for (const [jobId, createdAt] of [['job_a', 1], ['job_b', 2], ['job_c', 2], ['job_d', 2], ['job_e', 3]] as const) put(jobId, { createdAt })
    const pages: string[][] = []
    let before: { createdAt: number; jobId: string } | undefined
    do {
      const rows = store.journal.list({ limit: 2, before })
      pages.push(rows.map((row) => row.jobId))
      const last = rows.at(-1)
      before = last && { createdAt: last.createdAt, jobId: last.jobId }
    } while (before !== undefined)
    expect(pages).toEqual([['job_e', 'job_d'], ['job_c', 'job_b'], ['job_a'], []])
  })

  it('lists by role and state', () => {
    put('job_1')
    put('job_1', { role: 'provider' })
    put('job_2', { state: 'failed' })
    expect(listed({ role: 'provider' })).toEqual(['job_1'])
    expect(listed({ state: 'failed' })).toEqual(['job_2'])
    expect(listed({ role: 'customer', state: 'done' })).toEqual(['job_1'])
  })

  it('lists by settlement, what was stored before there were several as paid ahead', () => {
    put('job_1')
    put('job_2', { settlement: 'escrow' })
    put('job_3', { settlement: 'escrow', state: 'locked' })
    store.database.exec(`UPDATE job SET row = json_remove(row, '$.settlement') WHERE job_id = 'job_1'`)
    expect(listed({ settlement: 'prepay' })).toEqual(['job_1'])
    expect(listed({ settlement: 'escrow' })).toEqual(['job_3', 'job_2'])
    expect(listed({ settlement: 'escrow', state: 'locked' })).toEqual(['job_3'])
    expect(listed({ settlement: 'metered' })).toEqual([])
  })

  it('lists what is owed, to us or by us', () => {
    put('job_1')
    put('job_2', { state: 'owed', owedMsat: msat(5) })
    put('job_3', { state: 'failed', claimableMsat: msat(5) })
    put('job_4', { state: 'failed', claimableMsat: ZERO_MSAT, paidBackMsat: msat(5) })
    put('job_5', { state: 'stopped', claimableMsat: msat(5) })
    put('job_6', { role: 'provider', state: 'owed', owedMsat: msat(5) })
    put('job_7', { role: 'provider' })
    expect(listed({ owed: 'to-us' })).toEqual(['job_5', 'job_3', 'job_2'])
    expect(listed({ owed: 'by-us' })).toEqual(['job_6'])
    expect(listed({ owed: 'to-us', state: 'failed' })).toEqual(['job_3'])
    expect(listed({ owed: 'by-us', role: 'customer' })).toEqual([])
  })

  it('finds what a person reads in a row, taking every character as itself', () => {
    put('job_1', { promptPreview: 'What is 100% of "it"?' })
    put('job_2', { promptPreview: 'snake_case \\ back' })
    put('job_3', { peerName: 'Ada', model: 'souk-toy', note: 'The queue was full.' })
    expect([listed({ search: '100%' }), listed({ search: '%' }), listed({ search: '_case' }), listed({ search: '\\ b' }), listed({ search: '"it"' })]).toEqual([['job_1'], ['job_1'], ['job_2'], ['job_2'], ['job_1']])
    expect([listed({ search: 'ada' }), listed({ search: 'souk-t' }), listed({ search: 'queue was' }), listed({ search: 'job_3' })]).toEqual([['job_3'], ['job_3'], ['job_3'], ['job_3']])
    // Names of fields are not what a person searches for.
    expect([listed({ search: 'promptPreview' }), listed({ search: 'movedMsat' }), listed({ search: '{' })]).toEqual([[], [], []])
  })

  it('sums what settled since a time and everything that is pending, for one role', () => {
    put('job_1', { movedMsat: msat(10) }, { settledAt: 99 })
    put('job_2', { movedMsat: msat(20) }, { settledAt: 100 })
    put('job_3', {}, { pendingMsat: msat(5) })
    put('job_4', { role: 'provider', movedMsat: msat(40) }, { settledAt: 100, pendingMsat: msat(7) })
    expect(store.journal.spending('customer', 100)).toEqual({ settledMsat: 20, pendingMsat: 5, pendingPayments: 1 })
    expect(store.journal.spending('provider', 0)).toEqual({ settledMsat: 40, pendingMsat: 7, pendingPayments: 1 })
    expect(store.journal.settledTotal('customer')).toEqual({ amountMsat: 30, jobs: 2 })
  })

  it('tells what was earned as the books do: nothing for what is paid and still owed', () => {
    const sold = (jobId: string, settledAt: number, standing: Standing) => put(jobId, { role: 'provider', movedMsat: msat(40) }, { settledAt, standing })
    sold('job_1', 99, { wallet: 40, earned: -40 })
    sold('job_2', 100, { wallet: 40, owedByUs: -40 })
    sold('job_3', 101, { wallet: 40, earned: -30, owedByUs: -10 })
    put('job_4', { movedMsat: msat(20) }, { settledAt: 100, standing: { wallet: -20, spent: 20 } })
    expect(store.journal.earned(100)).toEqual([{ at: 101, amountMsat: 30 }])
    expect(createBooks(store.database).balances().earned).toBe(-70)
  })

  it('stops counting as pending what is settled', () => {
    put('job_1', { final: false }, { pendingMsat: msat(11) })
    expect(store.journal.openJobs('customer')).toEqual(['job_1'])
    put('job_1', { movedMsat: msat(10) }, { settledAt: 5 })
    expect(store.journal.spending('customer', 0)).toEqual({ settledMsat: 10, pendingMsat: 0, pendingPayments: 0 })
    expect(store.journal.openJobs('customer')).toEqual([])
  })

  it('sums what one job and one provider have had and may still get', () => {
    put('job_1', { peer: 'a', movedMsat: msat(10) }, { settledAt: 99, pendingMsat: msat(3) })
    put('job_2', { peer: 'a', state: 'failed', movedMsat: msat(20) }, { settledAt: 100 })
    put('job_3', { peer: 'b', state: 'paying', final: false }, { pendingMsat: msat(5) })
    put('job_4', { role: 'provider', peer: 'b', movedMsat: msat(40) }, { settledAt: 100 })
    expect([store.journal.spendingOfJob('job_1'), store.journal.spendingOfJob('job_3'), store.journal.spendingOfJob('job_4')]).toEqual([13, 5, 0])
    expect(store.journal.spendingWith('a', 100)).toEqual({ settledTodayMsat: 20, settledEverMsat: 30, pendingMsat: 3, isKnown: true })
    expect(store.journal.spendingWith('b', 0)).toEqual({ settledTodayMsat: 0, settledEverMsat: 0, pendingMsat: 5, isKnown: false })
  })

  it('knows a payment hash, and the history with a peer', () => {
    put('job_1', { peer: 'a', movedMsat: msat(3), tokensPerSecond: 20 }, { settledAt: 1, paymentHash: 'h' })
    put('job_4', { peer: 'a', tokensPerSecond: 40 })
    put('job_2', { peer: 'a', state: 'refused' })
    put('job_3', { peer: 'b', state: 'stopped' })
    expect([store.journal.jobOfPayment('h'), store.journal.jobOfPayment('other')]).toEqual(['job_1', null])
    expect(Object.fromEntries(store.journal.peerHistory('customer'))).toEqual({ a: { done: 2, failed: 1, movedMsat: 3, tokensPerSecond: 30 }, b: { done: 0, failed: 0, movedMsat: 0, tokensPerSecond: null } })
    expect([...store.journal.peerHistory('customer', 'b').keys()]).toEqual(['b'])
    expect(store.journal.peerHistory('customer', 'nobody').size).toBe(0)
  })

  it('leaves a row that cannot be read out of a list instead of showing none', () => {
    put('job_1')
    put('job_2')
    store.database.exec(`UPDATE job SET row = '{"jobId":' WHERE job_id = 'job_1'`)
    expect(listed({})).toEqual(['job_2'])
    expect(store.journal.row('customer', 'job_1')).toBeNull()
  })

  it('forgets the oldest jobs that came to nothing, and never one that moved money or is open', () => {
    for (const [jobId, createdAt] of [['job_1', 1], ['job_2', 2], ['job_3', 3]] as const) put(jobId, { createdAt, role: 'provider', state: 'refused' })
    put('job_paid', { createdAt: 0, role: 'provider', movedMsat: msat(1) }, { settledAt: 1 })
    put('job_open', { createdAt: 0, role: 'provider', final: false })
    put('job_bought', { createdAt: 0 })
    store.journal.forgetUnpaid('provider', 1)
    expect(listed({}).toSorted()).toEqual(['job_3', 'job_bought', 'job_open', 'job_paid'])
    expect(store.journal.events('provider', 'job_1')).toEqual([])
    expect(store.journal.events('provider', 'job_3')).toHaveLength(1)
  })

  it('sums what is on credit: of who asks by a key for each job together, of others by their key, while it is open and a while after', () => {
    const onCredit = { role: 'provider', creditMsat: msat(10), updatedAt: 100 } as const
    put('job_1', { ...onCredit, dialect: 'souk/1', peer: 'a', state: 'expired' })
    put('job_2', { ...onCredit, dialect: 'souk/1', peer: 'b', state: 'sealed', final: false, updatedAt: 1 })
    put('job_3', { ...onCredit, dialect: 'souk/1', peer: 'c', state: 'expired', updatedAt: 99 })
    put('job_4', { ...onCredit, dialect: 'nip90', peer: 'a', state: 'working', final: false })
    put('job_5', { role: 'provider', dialect: 'souk/1', peer: 'a', state: 'done' })
    expect([store.journal.creditGiven(null, 100), store.journal.creditGiven(null, 99), store.journal.creditGiven('a', 100), store.journal.creditGiven('z', 0)]).toEqual([20, 30, 20, 0])
    // Whoever floods us with other requests does not make us forget it.
    store.journal.forgetUnpaid('provider', 0, 100)
    expect(listed({}).toSorted()).toEqual(['job_1', 'job_2', 'job_4'])
  })

  it('names the ended jobs whose payment was said to have failed', () => {
    put('job_1', { state: 'failed', updatedAt: 100 }, { paymentHash: 'a' })
    put('job_2', { state: 'failed', updatedAt: 99 }, { paymentHash: 'b' })
    put('job_3', { updatedAt: 100 }, { paymentHash: 'c', settledAt: 100 })
    put('job_4', { state: 'paying', final: false, updatedAt: 100 }, { paymentHash: 'd' })
    put('job_5', { state: 'refused', updatedAt: 100 })
    expect(store.journal.endedUnsettled('customer', 100)).toEqual(['job_1'])
  })
})
