/**
 * A disk that fails at the Nth write of a job's life, on either side, in every way it can: no effect runs whose events are not on
 * disk, new spending is refused in words, and once the disk is well (or after a restart on it) the job goes on, no msat is paid
 * twice, and the books say what the mint says. `SOUK_DISK=all` takes every fault at every write, both ways of mending; without it
 * some of them, in turn.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Role } from '#shared/ipc/common.ts'
import type { DialectName } from '#shared/market/dialect.ts'
import { msat, sats } from '#shared/market/msat.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import type { Engine, EngineWraps } from '../engine.ts'
import { PLAY_MONEY } from '../sandbox/mint/ledger.ts'
import { CRASH_TERMS, isOver } from './crash/plan.ts'
import { createDiskWitness, type DiskWitness } from './diskWitness.ts'
import { createFaultyDisk, DISK_FAULTS, type DiskFault, type FaultyDisk } from './faultyDisk.ts'
import { ended, jobRow, openMarket, until, type EngineOptions, type Market } from './market.ts'

/** How a job may be carried and settled. */
export interface DiskMode {
  readonly settlement: Settlement
  readonly dialect: DialectName
}
const MENDINGS = ['well again', 'restarted'] as const
const IS_WHOLE = process.env['SOUK_DISK'] === 'all'
const AT_ONCE = 4
/** A suite that finds so many says enough. */
const MAX_PROBLEMS = 5
const SUITE_MS = IS_WHOLE ? 3_600_000 : 300_000

const PRICE = sats(10)
const FEE = msat(10)
const QUESTION = 'write 30 words'
/** So that a metered answer of that length has three ticks. */
const TERMS = { ...CRASH_TERMS, priceMsat: PRICE }
/** Far longer than the disk is ill, and than anything takes alone: the machine may be busy with the other tests. */
const LIMITS = { invoiceTimeoutSecs: 120 }
const PATIENCE_MS = 60_000

let market: Market
let seller: Engine
let buyer: Engine
let names = 0

const pubkeyOf = (engine: Engine) => engine.keyring.identity.pubkey

/** An engine whose disk can be made to fail, and which is watched. */
interface Victim {
  readonly disk: FaultyDisk
  readonly witness: DiskWitness
  /** The next time that the disk refuses a write. */
  readonly failed: Promise<void>
  engine: Engine
  restart(): Promise<void>
  end(): Promise<void>
}

async function openVictim(role: Role): Promise<Victim> {
  const name = `victim${names++}`
  const failed = Promise.withResolvers<void>()
  const disk = createFaultyDisk(() => failed.resolve())
  const witness = createDiskWitness(join(market.dataFolder(name), 'souk.db'))
  const options: EngineOptions = { wrap: { ...witness.wrap, database: disk.wrap } satisfies EngineWraps, limits: LIMITS }
  const open = () => (role === 'provider' ? market.openSeller(name, { ...options, terms: TERMS }) : market.open(name, options))
  const victim: Victim = {
    disk,
    witness,
    failed: failed.promise,
    engine: await open(),
    async restart() {
      await market.close(victim.engine)
      disk.mend()
      victim.engine = await open()
    },
    async end() {
      await market.close(victim.engine)
      witness.close()
    },
  }
  return victim
}

interface Case {
  readonly mode: DiskMode
  readonly role: Role
  readonly write: number
  readonly fault: DiskFault
  readonly mending: (typeof MENDINGS)[number]
}
const nameCase = ({ mode, role, write, fault, mending }: Case) => `${mode.settlement} in ${mode.dialect}, ${role}, write ${write}, ${fault}, ${mending}`

/** Runs a job over a disk that fails there. False: the job has no such write. */
async function runCase(each: Case): Promise<boolean> {
  const { mode, role, write, fault, mending } = each
  const victim = await openVictim(role)
  const { disk, witness } = victim
  try {
    const sides = () => (role === 'provider' ? { selling: victim.engine, buying: buyer } : { selling: seller, buying: victim.engine })
    await askable(sides().buying, pubkeyOf(sides().selling), mode)
    disk.failAt(write, fault)
    let asked = await ask(sides().buying, pubkeyOf(sides().selling), mode)
    if (asked !== null) {
      const jobId = asked
      await Promise.race([victim.failed, bothEnded(sides(), jobId)])
      if (disk.failures() === 0) return false
    }
    if (fault !== 'unreported') await expectRefusal(victim, mode, role)
    if (mending === 'restarted') await victim.restart()
    else disk.mend()
    asked ??= await ask(sides().buying, pubkeyOf(sides().selling), mode)
    if (asked === null) throw new Error('refused on a disk that is well')
    await expectPaidOnce(sides().buying, sides().selling, asked, mode)
    await expectEqualBooks(victim.engine, role, asked)
    expect([nameCase(each), witness.violations, victim.engine.notices.current.get()['store-failed']]).toEqual([nameCase(each), [], undefined])
    expect(witness.looks()).toBeGreaterThan(0)
    expectWhole(victim.engine, role, asked)
    return true
  } catch (error) {
    throw new Error(`${nameCase(each)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  } finally {
    await victim.end()
  }
}

function bothEnded({ buying, selling }: { readonly buying: Engine; readonly selling: Engine }, jobId: string): Promise<void> {
  return new Promise((resolve) => {
    const open = new Set<Role>(['customer', 'provider'])
    for (const engine of [buying, selling]) {
      engine.jobChanged.listen((row) => {
        if (row.jobId === jobId && isOver(row)) open.delete(row.role)
        if (open.size === 0) resolve()
      })
    }
  })
}

/** Its offer is there. */
async function askable(buying: Engine, sellerPubkey: string, mode: DiskMode): Promise<void> {
  const quote = () => buying.customer.quote({ prompt: QUESTION, selection: { by: 'pubkey', prefix: sellerPubkey }, ...mode })
  await until((look) => buying.customer.offers.subscribe(look), () => (quote().ok ? true : null), () => JSON.stringify(quote()), PATIENCE_MS)
}

/** The job's id; null when the store refused the question. */
async function ask(buying: Engine, sellerPubkey: string, mode: DiskMode): Promise<string | null> {
  await askable(buying, sellerPubkey, mode)
  const asked = buying.customer.ask({ prompt: QUESTION, selection: { by: 'pubkey', prefix: sellerPubkey }, ...mode })
  if (asked.ok) return asked.value.jobId
  expect(asked.error).toMatchObject({ code: 'store-failed', message: expect.stringContaining('Check the disk') })
  return null
}

/** While the disk is ill: nothing is asked, nothing is paid by hand, and the reason is shown with what to do. */
async function expectRefusal({ engine }: Victim, mode: DiskMode, role: Role): Promise<void> {
  if (role === 'customer') {
    const jobs = engine.journal.list({ limit: 100 }).length
    expect(await ask(engine, pubkeyOf(seller), mode)).toBeNull()
    expect(engine.journal.list({ limit: 100 })).toHaveLength(jobs)
    const invoice = await seller.account.receive(sats(1), 'by hand', 600)
    if (!invoice.ok) throw new Error(invoice.error.message)
    expect(await engine.account.send(invoice.value.bolt11, sats(1))).toMatchObject({ ok: false, error: { code: 'store-failed', message: expect.stringContaining('nothing was paid') } })
    expect(engine.account.pendingMsat()).toBe(0)
  }
  const notice = await until((look) => engine.notices.current.subscribe(look), () => engine.notices.current.get()['store-failed'] ?? null, () => 'no notice', PATIENCE_MS)
  expect(notice).toMatchObject({ level: 'danger', message: expect.stringMatching(/takes no writes: (database or disk is full|disk I\/O error|attempt to write a readonly database|cannot start a transaction within a transaction)\. Nothing new is bought or sold until it does\. Check the disk\./) })
}

async function expectPaidOnce(buying: Engine, selling: Engine, jobId: string, { settlement }: DiskMode): Promise<void> {
  if (settlement === 'metered') return expectPaidByTheTick(buying, selling, jobId)
  const [bought, sold] = await Promise.all([ended(buying, 'customer', jobId, PATIENCE_MS), ended(selling, 'provider', jobId, PATIENCE_MS)])
  expect([bought.state, bought.movedMsat, sold.state, sold.movedMsat]).toEqual(['done', PRICE + FEE, 'done', PRICE])
  expect(market.settledPayments(jobId)).toHaveLength(1)
}

/** An answer that the disk cut short may be stopped, or owed for what was paid of it; each side has written every payment that the mint settled. */
async function expectPaidByTheTick(buying: Engine, selling: Engine, jobId: string): Promise<void> {
  const paid = () => market.settledPayments(jobId)
  const sum = (part: (payment: { readonly amountMsat: number; readonly feeMsat: number }) => number) => paid().reduce((total, payment) => total + part(payment), 0)
  const [bought, sold] = await Promise.all([
    jobRow(buying, 'customer', jobId, (row) => isOver(row) && row.movedMsat === sum(({ amountMsat, feeMsat }) => amountMsat + feeMsat), PATIENCE_MS),
    jobRow(selling, 'provider', jobId, (row) => isOver(row) && row.movedMsat === sum(({ amountMsat }) => amountMsat), PATIENCE_MS),
  ])
  expect(['done', 'stopped', 'owed']).toContain(bought.state)
  expect(['done', 'stopped', 'owed']).toContain(sold.state)
  const answer = buying.customer.answer(jobId).split(/\s+/).filter((word) => word !== '').length
  if (bought.state === 'done' && sold.state === 'done') expect([answer, paid().length > 1]).toEqual([30, true])
}

/** To the msat what the mint holds for that wallet; nothing of a job that is over is under way or locked any more, and nothing had to be adjusted. */
async function expectEqualBooks(engine: Engine, role: Role, jobId: string): Promise<void> {
  const paid = () => market.settledPayments(jobId).reduce((total, { amountMsat, feeMsat }) => total + amountMsat + (role === 'customer' ? feeMsat : 0), 0)
  const look = (ready: () => void) => {
    const forget = [engine.reconciler.last.subscribe(ready), engine.jobChanged.listen(ready)]
    return () => forget.forEach((each) => each())
  }
  const figures = () => {
    const { wallet = 0, onTheWay = 0, locked = 0, lockedForUs = 0, promised = 0 } = engine.books.balances()
    return [wallet, engine.books.ofJob(role, jobId).wallet ?? 0, onTheWay, locked, lockedForUs, promised]
  }
  // A tick that was paid when the seller had stopped is written a little later, too.
  const expected = () => (role === 'customer' ? [PLAY_MONEY - paid(), 0 - paid(), 0, 0, 0, 0] : [PLAY_MONEY + paid(), paid(), 0, 0, 0, 0])
  await until(look, () => (JSON.stringify(figures()) === JSON.stringify(expected()) ? true : null), () => `the books stand at ${figures().join(', ')} and not at ${expected().join(', ')}`, PATIENCE_MS)
  const before = paid()
  const told = await engine.wallet.balance()
  if (!told.ok) throw new Error(told.error.message)
  if (paid() !== before) return expectEqualBooks(engine, role, jobId)
  expect([engine.journal.row(role, jobId)?.movedMsat, told.value]).toEqual([before, expected()[0]])
  expect(engine.books.list({ kinds: ['adjustment', 'correction'], limit: 10 })).toEqual([])
}

/** The history on disk has no gap, and its last row is the one that is shown. */
function expectWhole(engine: Engine, role: Role, jobId: string): void {
  const database = new DatabaseSync(join(engine.config.dataFolder, 'souk.db'), { readOnly: true })
  const sequences = database.prepare('SELECT sequence FROM job_event WHERE role = ? AND job_id = ? ORDER BY sequence').all(role, jobId).map((row) => Number(row['sequence']))
  database.close()
  expect(sequences).toEqual(sequences.map((_, index) => index))
  const row = engine.journal.row(role, jobId)
  expect(row !== null && isOver(row)).toBe(true)
}

/** Write after write, without end: who runs into the end of the job's life stops. What was there first has one of all cases at each write, the others one at every third. */
function* planCases(mode: DiskMode, role: Role): Generator<Case, never> {
  const all = DISK_FAULTS.flatMap((fault) => MENDINGS.map((mending) => ({ fault, mending })))
  for (let write = 1; ; write++) {
    for (const [index, { fault, mending }] of all.entries()) {
      const isSampled = (mode.settlement === 'prepay' || write % 3 === 1) && index === (write * 5 + mode.settlement.length) % all.length
      if (IS_WHOLE || isSampled) yield { mode, role, write, fault, mending }
    }
  }
}

/** The suite of one mode, for the file that it is in. */
export function describeFailingDisk(...modes: readonly DiskMode[]): void {
  beforeAll(async () => {
    market = await openMarket()
    seller = await market.openSeller('seller', { terms: { ...TERMS, concurrency: 8, queueLength: 500 } })
    buyer = await market.open('buyer', { limits: { ...LIMITS, perDayMsat: sats(10_000_000) } })
  })
  afterAll(() => market.end(), PATIENCE_MS)

  describe.each(modes)('a disk that fails at the Nth write of a job, $settlement in $dialect', (mode) => {
    for (const role of ['customer', 'provider'] as const) {
      it(`of the ${role}: nothing runs that is not on disk, spending is refused, nothing is lost or paid twice`, { timeout: SUITE_MS }, async () => {
        const problems: string[] = []
        let cases = 0
        let last = 0
        const planned = planCases(mode, role)
        await Promise.all(Array.from({ length: AT_ONCE }, async () => {
          for (const each of planned) {
            try {
              if (!(await runCase(each))) return
              cases += 1
              last = Math.max(last, each.write)
            } catch (error) {
              problems.push(error instanceof Error ? error.message : String(error))
              if (problems.length >= MAX_PROBLEMS) return
            }
          }
        }))
        expect(problems).toEqual([])
        expect(market.audit().balanced).toBe(true)
        expect(last).toBeGreaterThan(5)
        console.log(`${mode.settlement} in ${mode.dialect}, ${role}: ${cases} cases over ${last} writes`)
      })
    }
  })
}
