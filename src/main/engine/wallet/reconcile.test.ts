import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JobRow, Role } from '#shared/ipc/common.ts'
import { NO_STANDING, standingOf, type Standing } from '#shared/market/books.ts'
import { MAX_MSAT, msat, sats, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import { createBooks, type Books } from '../store/books.ts'
import { createSightings } from '../store/sightings.ts'
import { createManualClock, type ManualClock } from '../testing/manualClock.ts'
import { createMemoryStore, type MemoryStore } from '../testing/memoryStore.ts'
import { createReconciler, type Reconciler } from './reconcile.ts'
import type { Payment, PaymentDirection, Wallet, WalletProblemCode } from './wallet.ts'

const hashOf = (name: string) => Buffer.from(name).toString('hex').padEnd(64, '0')
const LOOK_MS = 30_000
const QUARTER_HOUR = 30

let clock: ManualClock
let store: MemoryStore
let books: Books
let reconciler: Reconciler
/** What the wallet really holds and did; the newest last. */
let walletMsat: number
let payments: Payment[]
let lists: number
let problem: WalletProblemCode | null
let whileAsked: () => void
let unrecorded: string[]
let sentences: string[]
let inconclusive: number
/** The machine's clock was put back by so much. */
let putBackMs: number

beforeEach(() => begin())
afterEach(() => store.close())

function begin(): void {
  clock = createManualClock()
  store = createMemoryStore()
  books = createBooks(store.database)
  walletMsat = sats(1_000)
  payments = []
  lists = 0
  problem = null
  whileAsked = () => {}
  unrecorded = []
  sentences = []
  inconclusive = 0
  putBackMs = 0
  reconciler = open()
}

function open(kind: Wallet['kind'] = 'nwc'): Reconciler {
  return createReconciler({
    wallet: {
      kind,
      network: 'regtest',
      balance: () => Promise.resolve(problem === 'wallet-timeout' ? fail('wallet-timeout', 'No answer.') : ok(msat(walletMsat))),
      list({ limit, offset }) {
        lists += 1
        whileAsked()
        return Promise.resolve(problem === null ? ok(payments.toReversed().slice(offset, offset + limit)) : fail(problem, 'No.'))
      },
    },
    books,
    sightings: createSightings(store.database),
    journal: store.journal,
    payments: store.payments,
    clock: { now: () => clock.now() - putBackMs, after: (delayMs, run) => clock.after(delayMs, run) },
    log: (_, message, fields) => sentences.push(`${message} ${JSON.stringify(fields)}`),
    onUnrecorded: (hash) => unrecorded.push(hash),
    onInconclusive: () => void (inconclusive += 1),
    onAdjusted: (sentence) => sentences.push(sentence),
  })
}

async function look(times = 1, alias = 'Mine'): Promise<void> {
  for (let time = 0; time < times; time++) {
    clock.advance(LOOK_MS)
    await reconciler.look(msat(walletMsat), alias)
  }
}

/** The wallet settles it, and its balance with it. */
function settle(name: string, direction: PaymentDirection, amountMsat: Msat, feeMsat: Msat = ZERO_MSAT): void {
  walletMsat += direction === 'incoming' ? amountMsat : -(amountMsat + feeMsat)
  payments.push(paymentOf(name, direction, amountMsat, { feeMsat }))
}
const paymentOf = (name: string, direction: PaymentDirection, amountMsat: Msat, change: Partial<Payment> = {}): Payment => ({
  direction, paymentHash: hashOf(name), amountMsat, feeMsat: ZERO_MSAT, state: 'settled', description: '', bolt11: null, preimage: null, createdAt: 0, settledAt: 0, expiresAt: null, heldUntil: null, ...change,
})

/** What a job's machine writes of it; its payment has the job's name. */
function write(jobId: string, standing: Standing, final: boolean, role: Role = 'customer', hashes: readonly string[] = [jobId]): void {
  const row: JobRow = { jobId, role, state: final ? 'done' : 'working', final, peer: 'p', dialect: 'channel', settlement: 'prepay', privacy: 'public-channel', promptPreview: '', priceMsat: ZERO_MSAT, movedMsat: ZERO_MSAT, feeMsat: ZERO_MSAT, createdAt: 1, updatedAt: 1 }
  store.journal.append(role, jobId, 0, [], { row, pendingMsat: ZERO_MSAT, settledAt: null, paymentHash: hashOf(jobId), paymentHashes: hashes.map(hashOf), standing })
}
const onTheWay = (amount: Msat) => standingOf({ from: 'wallet', to: 'onTheWay', msat: amount })
const spent = (amount: Msat, fee: Msat = ZERO_MSAT) => standingOf({ from: 'wallet', to: 'spent', msat: amount }, { from: 'wallet', to: 'fees', msat: fee })
const earned = (amount: Msat) => standingOf({ from: 'earned', to: 'wallet', msat: amount })
const kinds = () => books.list({ limit: 100 }).map(({ kind }) => kind).toReversed()
const isEven = () => expect([books.balances().wallet ?? 0, reconciler.last.get()?.unexplainedMsat, reconciler.last.get()?.expectedMsat]).toEqual([walletMsat, 0, 0])

describe('the first look', () => {
  it('opens the books with what the wallet holds; while both agree, the list is not asked for again', async () => {
    await look()
    expect([kinds(), books.balances()]).toEqual([['opening'], { wallet: sats(1_000), outside: -1_000_000 }])
    await look(3)
    expect([kinds().length, lists, inconclusive, reconciler.last.get()]).toMatchObject([1, 1, 0, { walletMsat: sats(1_000), booksMsat: sats(1_000), underWayMsat: 0, entries: [] }])
  })

  it('takes what was paid before as a part of it, and no job’s payment twice', async () => {
    write('job_old', spent(sats(10)), true)
    // Also what the books have of it otherwise.
    settle('job_old', 'outgoing', sats(9))
    settle('gift', 'incoming', sats(5))
    write('job_new', NO_STANDING, false, 'provider')
    settle('job_new', 'incoming', sats(7))
    await look()
    expect(reconciler.last.get()).toMatchObject({ expectedMsat: sats(7), unexplainedMsat: 0 })
    write('job_new', earned(sats(7)), true, 'provider')
    await look(3)
    isEven()
    expect(kinds()).toEqual(['job', 'opening', 'job'])
  })

  it('waits until nothing is under way or being booked, and until the wallet answers', async () => {
    problem = 'wallet-timeout'
    await look()
    problem = null
    whileAsked = () => {
      whileAsked = () => {}
      walletMsat -= sats(1)
      write('job_0', spent(sats(1)), true)
    }
    await look()
    expect(reconciler.last.get()).toBeNull()
    write('job_1', onTheWay(sats(11)), false)
    await look()
    expect(reconciler.last.get()).toBeNull()
    settle('job_1', 'outgoing', sats(10))
    write('job_1', spent(sats(10)), true)
    await look(2)
    isEven()
    expect(books.balances().outside).toBe(-1_000_000)
  })

  it('waits for a balance and a list of one moment: what settled in between is no part of the beginning', async () => {
    write('job_a', NO_STANDING, false, 'provider')
    whileAsked = () => {
      if (payments.length === 0) settle('job_a', 'incoming', sats(10))
    }
    await look()
    expect([kinds(), inconclusive]).toEqual([[], 0])
    await look()
    expect(books.balances()).toEqual({ wallet: sats(1_000), outside: -1_000_000 })
    write('job_a', earned(sats(10)), true, 'provider')
    await look(2)
    isEven()
    expect(kinds()).toEqual(['opening', 'job'])
  })

  it('at another wallet opens them anew; trial money is not looked at', async () => {
    await look()
    walletMsat = sats(40)
    await look(1, 'Another')
    isEven()
    expect([kinds(), sentences]).toEqual([['opening', 'adjustment'], [expect.stringContaining('960 sats less')]])
    reconciler = open('mock')
    walletMsat = sats(1)
    await look(4, 'Trial')
    expect([kinds().length, reconciler.last.get()]).toEqual([2, null])
  })
})

describe('what the wallet did and no job asked for', () => {
  beforeEach(() => look())

  it('is explained by its payment hash, once, whatever is looked at again and whoever starts anew', async () => {
    settle('gift', 'incoming', sats(5))
    settle('shop', 'outgoing', sats(3), msat(20))
    await look(2)
    reconciler = open()
    await look(3)
    isEven()
    expect(books.list({ kinds: ['elsewhere'], limit: 9 })).toMatchObject([{ paymentHash: hashOf('shop'), moves: { wallet: -3_020, outside: 3_000, fees: 20 } }])
    expect(books.list({ kinds: ['received'], limit: 9 })).toMatchObject([{ paymentHash: hashOf('gift'), moves: { wallet: 5_000, outside: -5_000 } }])
    expect([kinds().length, sentences]).toEqual([3, []])
  })

  it('is found also where it stands far back in the list: a bill may be paid long after it was made', async () => {
    for (let n = 0; n < 130; n++) settle(`paid ${n}`, 'incoming', sats(1))
    await look(1)
    const late = paymentOf('late', 'incoming', sats(9))
    payments.splice(5, 0, late)
    walletMsat += late.amountMsat
    await look(2)
    isEven()
    expect([books.list({ limit: 1 })[0]?.paymentHash, sentences]).toEqual([late.paymentHash, []])
  })

  it('is waited for while it is under way there', async () => {
    const pending = paymentOf('shop', 'outgoing', sats(100), { state: 'pending' })
    payments.push(pending)
    walletMsat -= sats(101)
    await look(5)
    expect(kinds()).toEqual(['opening'])
    payments[0] = { ...pending, state: 'settled', feeMsat: msat(500) }
    walletMsat += 500
    await look(2)
    isEven()
    expect([kinds(), sentences]).toEqual([['opening', 'elsewhere'], []])
  })

  it('is adjusted when nothing explains it and it stays, with a sentence, and a notice above a sat', async () => {
    settle('gift', 'incoming', sats(1))
    await look()
    walletMsat += sats(12)
    await look()
    expect([kinds(), reconciler.last.get()?.unexplainedMsat]).toEqual([['opening', 'received'], sats(12)])
    await look()
    isEven()
    const sentence = 'The wallet has 12 sats more than the books; nothing here explains it.'
    expect([books.list({ limit: 1 })[0], sentences]).toMatchObject([{ kind: 'adjustment', reason: sentence, moves: { wallet: 12_000, outside: -12_000 } }, [sentence]])
    walletMsat -= 400
    await look(3)
    isEven()
    expect([books.list({ limit: 1 })[0]?.reason, sentences]).toEqual(['The wallet has 0.4 sats less than the books; nothing here explains it.', [sentence]])
  })

  it('is not adjusted on the word of one moment: neither when it passes, nor when something was booked in between', async () => {
    walletMsat += sats(12)
    await look()
    walletMsat -= sats(12)
    await look(2)
    isEven()
    for (let time = 0; time < 4; time++) {
      walletMsat += sats(1)
      await look()
    }
    whileAsked = () => write(`job_${lists}`, onTheWay(msat(1)), false)
    await look(3)
    expect(kinds().filter((kind) => kind !== 'job')).toEqual(['opening'])
  })

  it('is adjusted by its sum alone where the wallet lists nothing, and not before every job had time to write its part', async () => {
    problem = 'wallet-unsupported'
    write('job_1', NO_STANDING, false, 'provider')
    settle('job_1', 'incoming', sats(5))
    await look(QUARTER_HOUR)
    write('job_1', earned(sats(5)), true, 'provider')
    await look(2)
    expect(kinds()).toEqual(['opening', 'job'])
    settle('gift', 'incoming', sats(5))
    await look(QUARTER_HOUR + 1)
    isEven()
    expect(kinds()).toEqual(['opening', 'job', 'adjustment'])
  })

  it('is posted whole or not at all: after a failure in between the next look does it, once', async () => {
    settle('gift', 'incoming', sats(5))
    settle('second', 'incoming', sats(6))
    store.database.exec(`CREATE TRIGGER full_disk BEFORE INSERT ON book_entry WHEN NEW.payment_hash = '${hashOf('gift')}' BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`)
    await look(2)
    expect([kinds(), createSightings(store.database).find(hashOf('second'), 'incoming')]).toEqual([['opening'], null])
    store.database.exec('DROP TRIGGER full_disk')
    await look(2)
    isEven()
    expect(kinds()).toEqual(['opening', 'received', 'received'])
  })
})

describe('what a wallet takes or changes afterwards', () => {
  beforeEach(() => look())

  it('is told to a person, also where it goes by another name from then on', async () => {
    reconciler = open()
    await look(1, 'Renamed')
    expect([kinds(), sentences]).toEqual([['opening'], []])
    walletMsat -= sats(50)
    reconciler = open()
    await look(1, 'Renamed again')
    isEven()
    expect([kinds(), sentences]).toEqual([['opening', 'adjustment'], [expect.stringContaining('50 sats less')]])
  })

  it('is told where it says less of a payment than before', async () => {
    settle('gift', 'incoming', sats(900))
    await look()
    walletMsat -= sats(899)
    payments = [paymentOf('gift', 'incoming', sats(1))]
    await look(2)
    isEven()
    expect(sentences).toEqual([expect.stringContaining('899 sats less')])
  })

  it('is told where it says less than a job has booked', async () => {
    write('job_1', earned(sats(900)), true, 'provider')
    settle('job_1', 'incoming', sats(900))
    await look(2)
    walletMsat -= sats(899)
    payments = [paymentOf('job_1', 'incoming', sats(1))]
    await look(2 + QUARTER_HOUR)
    isEven()
    expect([kinds(), sentences]).toEqual([['opening', 'job', 'correction'], [expect.stringContaining('899 sats less')]])
  })

  it('is compared, whatever amounts it lists', async () => {
    payments = ['a', 'b', 'c'].map((name) => paymentOf(name, 'incoming', MAX_MSAT))
    walletMsat += 5
    await look(4)
    isEven()
    expect(kinds()).toEqual(['opening', 'received', 'received', 'received', 'adjustment'])
  })

  it('is told while a withdrawal is on its way, which the books have taken off already', async () => {
    const withdrawal = { paymentHash: hashOf('withdrawal'), bolt11: 'onchain:key:slow:bcrt1q', amountMsat: sats(400), maxFeeMsat: sats(9) }
    store.payments.intend({ ...withdrawal, createdAt: clock.now() })
    store.payments.resolve(withdrawal.paymentHash, 'settled', sats(9), '', clock.now())
    payments = [paymentOf('withdrawal', 'outgoing', sats(400), { state: 'pending', feeMsat: sats(9) })]
    walletMsat -= sats(409)
    await look(2)
    isEven()
    walletMsat -= sats(300)
    await look(3)
    isEven()
    expect(sentences).toEqual([expect.stringContaining('300 sats less')])
  })

  it('is compared though the clock was put back', async () => {
    putBackMs = 86_400_000
    settle('gift', 'incoming', sats(5))
    await look()
    isEven()
    expect(kinds()).toEqual(['opening', 'received'])
  })
})

describe('payments of jobs and by hand', () => {
  beforeEach(() => look())

  it('under way are shown as such, whether the wallet has taken them off or not', async () => {
    write('job_1', onTheWay(sats(11)), false)
    await look(4)
    expect(reconciler.last.get()).toMatchObject({ underWayMsat: sats(11), unexplainedMsat: 0 })
    walletMsat -= sats(11)
    await look(4)
    expect([kinds(), reconciler.last.get()?.unexplainedMsat]).toEqual([['opening', 'job'], 0])
    walletMsat += sats(11)
    settle('job_1', 'outgoing', sats(10), msat(7))
    await look(4)
    expect(kinds()).toEqual(['opening', 'job'])
    write('job_1', spent(sats(10), msat(7)), true)
    await look(4)
    isEven()
    expect(kinds()).toEqual(['opening', 'job', 'job'])
  })

  it('are looked for again soon where a look said too little, and the wallet’s list not more often than every few seconds', async () => {
    write('job_1', NO_STANDING, false, 'provider')
    settle('job_1', 'incoming', sats(10))
    await look()
    const before = lists
    await reconciler.look(msat(walletMsat), 'Mine')
    clock.advance(4_999)
    expect([lists, inconclusive]).toEqual([before, 0])
    clock.advance(1)
    expect(inconclusive).toBe(1)
    reconciler.close()
    await look(2)
    expect([lists, inconclusive, clock.pending()]).toEqual([before, 1, 0])
  })

  it('that the wallet shows first are left to their machines, which are told', async () => {
    write('job_1', NO_STANDING, false, 'provider')
    settle('job_1', 'incoming', sats(10))
    await look()
    expect([kinds(), unrecorded, reconciler.last.get()]).toMatchObject([['opening'], [hashOf('job_1')], { expectedMsat: sats(10), unexplainedMsat: 0 }])
    write('job_1', earned(sats(10)), true, 'provider')
    await look(QUARTER_HOUR + 5)
    isEven()
    expect([kinds(), sentences]).toEqual([['opening', 'job'], []])
  })

  it('that settled late, after the job had ended, are written for it when it does not do so, and taken back when it does after all', async () => {
    write('job_1', onTheWay(sats(11)), false)
    write('job_1', NO_STANDING, true)
    settle('job_1', 'outgoing', sats(10))
    await look(QUARTER_HOUR)
    expect([kinds(), unrecorded]).toEqual([['opening', 'job', 'job'], [hashOf('job_1')]])
    await look(2)
    isEven()
    expect(books.list({ limit: 1 })).toMatchObject([{ kind: 'correction', role: 'customer', jobId: 'job_1', moves: { wallet: -10_000, outside: 10_000 } }])
    write('job_1', spent(sats(10)), true)
    await look(QUARTER_HOUR + 4)
    isEven()
    expect([books.ofJob('customer', 'job_1'), sentences]).toEqual([{ wallet: -10_000, spent: 10_000 }, [expect.stringContaining('10 sats less of a job'), expect.stringContaining('10 sats more of a job')]])
  })

  it('with another fee than was booked are put right', async () => {
    write('job_1', onTheWay(sats(11)), false)
    settle('job_1', 'outgoing', sats(10), msat(7))
    write('job_1', spent(sats(10), msat(2)), true)
    await look(QUARTER_HOUR + 3)
    isEven()
    expect([books.list({ limit: 1 }), books.ofJob('customer', 'job_1')]).toMatchObject([[{ kind: 'fee', moves: { wallet: -5, fees: 5 } }], { fees: 7 }])
  })

  it('of which a job had many are held against all of them together', async () => {
    settle('tick_1', 'outgoing', sats(2))
    settle('tick_2', 'outgoing', sats(3))
    write('job_1', spent(sats(5)), true, 'customer', ['tick_1', 'tick_2'])
    await look(QUARTER_HOUR + 3)
    isEven()
    expect(kinds()).toEqual(['opening', 'job'])
  })

  it('of which one stands far back in the list are not corrected for what was not read', async () => {
    write('job_1', spent(sats(5)), true, 'customer', ['tick_1', 'tick_2'])
    settle('tick_1', 'outgoing', sats(2))
    await look()
    for (let n = 0; n < 60; n++) settle(`gift ${n}`, 'incoming', sats(1))
    await look()
    payments.splice(1, 0, paymentOf('tick_2', 'outgoing', sats(3)))
    walletMsat -= sats(3)
    await look(QUARTER_HOUR + 5)
    isEven()
    expect(kinds().filter((kind) => kind === 'correction' || kind === 'adjustment')).toEqual([])
  })

  it('sent by hand are known, from the intent on', async () => {
    const payment = { paymentHash: hashOf('hand'), bolt11: 'lnbcrt1', amountMsat: sats(10), maxFeeMsat: sats(1), createdAt: 1 }
    store.payments.intend(payment)
    settle('hand', 'outgoing', sats(10), msat(4))
    await look(4)
    expect(kinds()).toEqual(['opening', 'by-hand'])
    store.payments.resolve(payment.paymentHash, 'settled', msat(4), '', 2)
    await look(2)
    isEven()
    expect(kinds()).toEqual(['opening', 'by-hand', 'by-hand'])
  })
})

describe('whatever happens in whatever order', () => {
  it('nothing is posted twice, nothing is adjusted, and in the end both agree', async () => {
    type Step = () => void
    const jobs = fc.array(fc.record({ kind: fc.constantFrom('buy', 'fail', 'sell', 'gift', 'elsewhere', 'hand', 'lock'), amount: fc.integer({ min: 1, max: 40_000 }).map(msat), fee: fc.nat(300).map(msat) }), { minLength: 1, maxLength: 7 })
    const plan = (kind: string, name: string, amount: Msat, fee: Msat): Step[] => {
      const reserve = msat(amount + 1_000)
      const byHand = { paymentHash: hashOf(name), bolt11: 'lnbcrt1', amountMsat: amount, maxFeeMsat: msat(1_000), createdAt: 1 }
      switch (kind) {
        case 'buy':
          return [() => write(name, onTheWay(reserve), false), () => settle(name, 'outgoing', amount, fee), () => write(name, standingOf({ from: 'wallet', to: 'owedToUs', msat: amount }, { from: 'wallet', to: 'fees', msat: fee }), false), () => write(name, spent(amount, fee), true)]
        case 'fail':
          return [() => write(name, onTheWay(reserve), false), () => void (walletMsat -= reserve), () => void (walletMsat += reserve), () => write(name, NO_STANDING, true)]
        case 'sell':
          return [() => write(name, NO_STANDING, false, 'provider'), () => settle(name, 'incoming', amount), () => write(name, standingOf({ from: 'owedByUs', to: 'wallet', msat: amount }), false, 'provider'), () => write(name, earned(amount), true, 'provider')]
        case 'lock':
          return [() => write(name, onTheWay(reserve), false), () => void (walletMsat -= amount), () => write(name, standingOf({ from: 'wallet', to: 'locked', msat: amount }), false), () => void (walletMsat += amount), () => write(name, NO_STANDING, true)]
        case 'gift':
          return [() => settle(name, 'incoming', amount)]
        case 'elsewhere':
          return [() => settle(name, 'outgoing', amount, fee)]
        default:
          return [() => void store.payments.intend(byHand), () => settle(name, 'outgoing', amount, fee), () => store.payments.resolve(hashOf(name), 'settled', fee, '', 2)]
      }
    }
    await fc.assert(
      fc.asyncProperty(jobs, fc.infiniteStream(fc.nat(1_000)), fc.infiniteStream(fc.boolean()), async (wanted, choices, looks) => {
        store.close()
        begin()
        walletMsat = sats(1_000_000)
        await look()
        const queues = wanted.map(({ kind, amount, fee }, index) => plan(kind, `job ${index}`, amount, fee))
        while (queues.some((queue) => queue.length > 0)) {
          const waiting = queues.filter((queue) => queue.length > 0)
          const next = waiting[(choices.next().value ?? 0) % waiting.length]?.shift()
          // In the middle of a look as well as between two.
          if (looks.next().value === true) whileAsked = () => {
            whileAsked = () => {}
            next?.()
          }
          else next?.()
          await look(1 + ((choices.next().value ?? 0) % 3))
          whileAsked()
        }
        await look(3)
        isEven()
        expect(sentences).toEqual([])
        expect(kinds().filter((kind) => kind === 'adjustment' || kind === 'correction' || kind === 'fee')).toEqual([])
        expect([kinds().filter((kind) => kind === 'received').length, kinds().filter((kind) => kind === 'elsewhere').length]).toEqual([wanted.filter(({ kind }) => kind === 'gift').length, wanted.filter(({ kind }) => kind === 'elsewhere').length])
      }),
      { numRuns: 80 },
    )
  })
})
