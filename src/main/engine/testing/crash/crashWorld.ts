/** Souks in processes of their own that are killed at chosen points and started again, against another side that lives here. */
import { join } from 'node:path'
import { expect } from 'vitest'
import type { JobRow } from '#shared/ipc/common.ts'
import type { Standing } from '#shared/market/books.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import type { Engine } from '../../engine.ts'
import { createBooks, type Books } from '../../store/books.ts'
import { openDatabase } from '../../store/database.ts'
import { createJournal, type Journal } from '../../store/journal.ts'
import { MIGRATIONS } from '../../store/migrations.ts'
import { askSeller, ended, jobRow, openMarket, type Market } from '../market.ts'
import { CRASH_TERMS, isOver, PROMPT, TOY_TOKENS_PER_SECOND, type Plan } from './plan.ts'
import { startSouk, type SoukProcess } from './startSouk.ts'

const AT_ONCE = 2

export interface Ended {
  readonly bought: JobRow
  readonly sold: JobRow
}

export interface Run extends Partial<Ended> {
  /** How many of the deaths that were meant happened. */
  readonly deaths: number
  /** What the first process passed. */
  readonly points: readonly string[]
  /** What the books of the one that was killed say in the end. */
  readonly balances?: Standing
}

export interface CrashWorld {
  readonly market: Market
  readonly seller: Engine
  start(plan: Omit<Plan, 'sandboxFolder'>): SoukProcess
  nextFolder(): string
  /** No job of its is open any more. */
  settled(souk: SoukProcess): Promise<true>
  readJournal<T>(dataFolder: string, read: (journal: Journal, books: Books) => T): T
  /** Both journals say what the mint says, of every payment there was; of none, then there is no answer either. */
  checkMoney(run: Ended & Pick<Run, 'balances'>): void
  /** A customer in a process of its own, killed and restarted, against the seller here. */
  runCustomer(kills: readonly string[]): Promise<Run>
  /** The same for a provider, against the customer here. */
  runProvider(kills: readonly string[]): Promise<Run>
  end(): Promise<void>
}

export async function openCrashWorld(settlement: Settlement): Promise<CrashWorld> {
  const market = await openMarket()
  const seller = await market.openSeller('seller', { toyTokensPerSecond: TOY_TOKENS_PER_SECOND, terms: { concurrency: 4, queueLength: 500, ...CRASH_TERMS } })
  // Nobody pays so many new sellers in a day by the limits that a person begins with.
  const buyer = await market.open('buyer', { limits: { invoiceTimeoutSecs: 60 } })
  const processes = new Set<SoukProcess>()
  let folders = 0

  function start(plan: Omit<Plan, 'sandboxFolder'>): SoukProcess {
    const souk = startSouk({ ...plan, sandboxFolder: market.sandboxFolder })
    processes.add(souk)
    void souk.killed.then(() => processes.delete(souk), () => processes.delete(souk))
    return souk
  }

  const nextFolder = () => join(market.folder, `victim${folders++}`)
  const pubkeyOf = (souk: SoukProcess) => souk.hear((report) => (report.type === 'identity' ? report.pubkey : null), 'its identity')
  const settled = (souk: SoukProcess) => souk.hear((report) => (report.type === 'settled' ? true : null), 'the end of its jobs')

  /** What an ended process left on disk. */
  function readJournal<T>(dataFolder: string, read: (journal: Journal, books: Books) => T): T {
    const opened = openDatabase(join(dataFolder, 'souk.db'), MIGRATIONS, Date.now())
    if (!opened.ok) throw new Error(opened.error.message)
    expect(opened.value.quarantined).toBeNull()
    try {
      return read(createJournal(opened.value.database), createBooks(opened.value.database))
    } finally {
      opened.value.database.close()
    }
  }

  /** Both journals say what the mint says, of exactly one payment, or of none and then no answer either. */
  function checkMoney({ bought, sold, balances = {} }: Ended & Pick<Run, 'balances'>): void {
    const paid = market.settledPayments(bought.jobId)
    if (settlement !== 'metered') expect(paid.length).toBeLessThanOrEqual(1)
    expect(bought.movedMsat).toBe(paid.reduce((sum, { amountMsat, feeMsat }) => sum + amountMsat + feeMsat, 0))
    expect(sold.movedMsat).toBe(paid.reduce((sum, { amountMsat }) => sum + amountMsat, 0))
    if (paid.length === 0) expect(sold.state).not.toBe('done')
    expect(market.audit().balanced).toBe(true)
    // Nothing of an ended job is on its way or in a lock any more.
    expect([balances.onTheWay, balances.locked, balances.lockedForUs, balances.promised]).toEqual([undefined, undefined, undefined, undefined])
  }

  /** Runs a Souk on one folder, killed at each of the points in turn and started again; resolves with the last one, which lives. */
  async function outlive(kills: readonly string[], begin: (killAt: string | null, isFirst: boolean) => SoukProcess) {
    let souk = begin(kills[0] ?? null, true)
    const first = souk
    let deaths = 0
    for (const [index] of kills.entries()) {
      const killed = await Promise.race([souk.killed, settled(souk).then(() => false, () => souk.killed)])
      if (!killed) break
      deaths += 1
      souk = begin(kills[index + 1] ?? null, false)
    }
    return { first, last: souk, deaths }
  }

  /** A customer in a process of its own, killed and restarted, against the seller here. */
  async function runCustomer(kills: readonly string[]): Promise<Run> {
    const dataFolder = nextFolder()
    const { first, last, deaths } = await outlive(kills, (killAt, isFirst) =>
      start({ role: 'customer', dataFolder, killAt, settlement, ask: isFirst ? seller.keyring.identity.pubkey : null }),
    )
    await settled(last)
    await last.stop()
    const { rows: [bought], balances } = readJournal(dataFolder, (journal, books) => ({ rows: journal.list({ role: 'customer', limit: 2 }), balances: books.balances() }))
    const points = first.points()
    if (bought === undefined) return { deaths, points, balances }
    const sold = await jobRow(seller, 'provider', bought.jobId, isOver)
    return { deaths, points, bought, sold, balances }
  }

  /** The same for a provider, against the customer here. */
  async function runProvider(kills: readonly string[]): Promise<Run> {
    const dataFolder = nextFolder()
    let asking: Promise<{ readonly jobId: string }> | null = null
    const { first, last, deaths } = await outlive(kills, (killAt) => {
      const souk = start({ role: 'provider', dataFolder, killAt, settlement, ask: null })
      asking ??= pubkeyOf(souk).then((pubkey) => askSeller(buyer, pubkey, PROMPT, { settlement }))
      return souk
    })
    const { jobId } = await (asking ?? Promise.reject(new Error('nobody asked')))
    const bought = await ended(buyer, 'customer', jobId, 60_000)
    // What was paid while it was away is found by its own wallet, in time.
    await last.hear((report) => (report.type === 'settled' && report.movedMsat === sumPaid(jobId) ? true : null), 'everything that was paid')
    await last.stop()
    const { rows: [sold, ...others], balances } = readJournal(dataFolder, (journal, books) => ({ rows: journal.list({ role: 'provider', limit: 2 }), balances: books.balances() }))
    if (sold === undefined || others.length > 0) throw new Error(`${others.length} jobs more than one`)
    return { deaths, points: first.points(), bought, sold, balances }
  }

  function sumPaid(jobId: string): number {
    return market.settledPayments(jobId).reduce((sum, { amountMsat }) => sum + amountMsat, 0)
  }

  return {
    market, seller, start, nextFolder, settled, readJournal, checkMoney, runCustomer, runProvider,
    async end() {
      for (const souk of processes) await souk.kill()
      await market.end()
    },
  }
}

/** Twice at once. */
export async function share<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await run(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** Every point that an undisturbed run passes. Returns those at which something really died. */
export async function killEverywhere(run: (kills: readonly string[]) => Promise<Run>, check: (killAt: string, run: Run) => void, isMeant: (point: string) => boolean = () => true): Promise<readonly string[]> {
  const { points, bought, sold } = await run([])
  expect([bought?.state, sold?.state]).toEqual(['done', 'done'])
  const died: string[] = []
  await share(points.filter(isMeant), async (point) => {
    const ran = await run([point])
    if (ran.deaths > 0) died.push(point)
    check(point, ran)
  })
  return died
}
