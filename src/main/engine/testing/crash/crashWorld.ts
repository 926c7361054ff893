/** Souks in processes of their own that are killed at chosen points and started again, against another side that lives here. */
import { expect } from 'vitest'
import type { JobRow, Role } from '#shared/ipc/common.ts'
import type { DialectName } from '#shared/market/dialect.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import type { Engine } from '../../engine.ts'
import { ended, jobRow, openMarket, type Market } from '../market.ts'
import { seededNumbers } from '../seededNumbers.ts'
import { askVictim } from './askVictim.ts'
import { useSandboxMoney, useSparkMoney, type CrashMoney, type CrashWallet, type Paid } from './crashMoney.ts'
import { readLeftBehind, type LeftBehind } from './leftBehind.ts'
import { PATIENCE_MS } from './patience.ts'
import { CRASH_TERMS, isOver, TOY_TOKENS_PER_SECOND, type Plan } from './plan.ts'
import { startSouk, type SoukProcess } from './startSouk.ts'
import { withoutHoldInvoices } from './withoutHoldInvoices.ts'

export interface CrashWorldOptions {
  readonly settlement: Settlement
  readonly wallet?: CrashWallet
  readonly dialect?: DialectName
  /** Sellers' wallets make no hold invoices: money is locked at their address. */
  readonly onlyAtAddress?: boolean
  /** Sealed: what sellers want paid ahead, in parts per thousand. */
  readonly depositPermille?: number
  /** 1: as fast as ever. Another: another pace of the model, other tempers of the wallets. */
  readonly seed?: number
}

export interface Ended {
  readonly bought: JobRow
  readonly sold: JobRow
}

export interface Run extends Partial<Ended> {
  /** Which process it was, and what it left. */
  readonly name: string
  readonly role: Role
  readonly left: LeftBehind
  /** How many of the deaths that were meant happened. */
  readonly deaths: number
  /** What the first process passed. */
  readonly points: readonly string[]
  /** From the start of the last process until its job had ended, as far as it knew. */
  readonly recoveryMs: number
  /** The beginning of that: until its store was open. Longer than usual where the machine has other things to do. */
  readonly openMs: number
}

export interface CrashWorld {
  readonly market: Market
  readonly seller: Engine
  start(name: string, plan: Pick<Plan, 'role' | 'killAt' | 'ask'>): SoukProcess
  nextName(): string
  /** No job of its is open any more. */
  settled(souk: SoukProcess): Promise<true>
  readLeft(name: string, role: Role): LeftBehind
  /** Both sides' books say what was really paid, in one payment or, metered, in as many as there were; of none, then there is no answer either. */
  checkMoney(run: Ended & Pick<Run, 'name' | 'role' | 'left'>): void
  /** A customer in a process of its own, killed and restarted, against the seller here. */
  runCustomer(kills: readonly string[]): Promise<Run>
  /** The same for a provider, against the customer here. */
  runProvider(kills: readonly string[]): Promise<Run>
  end(): Promise<void>
}

export async function openCrashWorld({ settlement, wallet = 'sandbox', dialect, onlyAtAddress = false, depositPermille = 0, seed = 1 }: CrashWorldOptions): Promise<CrashWorld> {
  const market = await openMarket()
  const money: CrashMoney = wallet === 'spark' ? await useSparkMoney(seed) : useSandboxMoney(market)
  const toyTokensPerSecond = seed === 1 ? TOY_TOKENS_PER_SECOND : 200 + Math.floor(seededNumbers(seed)() * 800)
  const seller = await market.openSeller('seller', { ...money.options, ...(onlyAtAddress ? { wrap: { wallet: withoutHoldInvoices } } : {}), toyTokensPerSecond, terms: { concurrency: 4, queueLength: 500, depositPermille, ...CRASH_TERMS } })
  // Nobody pays so many new sellers in a day by the limits that a person begins with.
  const buyer = await market.open('buyer', { ...money.options, limits: { invoiceTimeoutSecs: 60 } })
  await money.enter(seller, 'seller')
  await money.enter(buyer, 'buyer')
  const processes = new Set<SoukProcess>()
  let names = 0

  function start(name: string, plan: Pick<Plan, 'role' | 'killAt' | 'ask'>): SoukProcess {
    const souk = startSouk({ ...plan, ...money.plan(name), dataFolder: market.dataFolder(name), settlement, dialect, onlyAtAddress, depositPermille, toyTokensPerSecond, sandboxFolder: market.sandboxFolder })
    processes.add(souk)
    void souk.killed.then(() => processes.delete(souk), () => processes.delete(souk))
    return souk
  }

  const nextName = () => `victim${names++}`
  const pubkeyOf = (souk: SoukProcess) => souk.hear((report) => (report.type === 'identity' ? report.pubkey : null), 'its identity')
  const settled = (souk: SoukProcess) => souk.hear((report) => (report.type === 'settled' ? true : null), 'the end of its jobs')
  const readLeft = (name: string, role: Role) => readLeftBehind(market.dataFolder(name), role)
  const paidBy = (jobId: string, name: string, role: Role) => money.paid(jobId, name, role === 'customer' ? 'outgoing' : 'incoming')

  function checkMoney({ bought, sold, name, role, left }: Ended & Pick<Run, 'name' | 'role' | 'left'>): void {
    const paid = paidBy(bought.jobId, name, role)
    // Once; metered, once for each tick; with a deposit, once for that besides.
    if (settlement === 'metered') expect(bought.metered?.payments ?? 0).toBe(paid.length)
    else expect(paid.length).toBeLessThanOrEqual(depositPermille > 0 ? 2 : 1)
    if (depositPermille > 0 && sold.state === 'done') expect(paid.length).toBe(2)
    expect(bought.movedMsat).toBe(costOf(paid))
    expect(sold.movedMsat).toBe(gainOf(paid))
    if (paid.length === 0) expect(sold.state).not.toBe('done')
    expect(money.violations()).toEqual([])
    // What the killed one's books say is what moved, and nothing of an ended job is on its way or in a lock any more.
    const { onTheWay, locked, lockedForUs, promised } = left.balances
    expect([onTheWay, locked, lockedForUs, promised, left.unexplained]).toEqual([undefined, undefined, undefined, undefined, []])
    const movedMsat = role === 'customer' ? 0 - costOf(paid) : gainOf(paid)
    expect(left.ofJob.wallet ?? 0).toBe(movedMsat)
    const balance = money.balance(name)
    if (balance !== null) expect(balance.nowMsat).toBe(balance.beganMsat + movedMsat)
    const other = role === 'customer' ? seller.books.ofJob('provider', bought.jobId) : buyer.books.ofJob('customer', bought.jobId)
    expect(other.wallet ?? 0).toBe(role === 'customer' ? gainOf(paid) : 0 - costOf(paid))
  }

  /** Runs a Souk on one folder, killed at each of the points in turn and started again; resolves with the last one, which lives. */
  async function outlive(kills: readonly string[], begin: (killAt: string | null, isFirst: boolean) => SoukProcess) {
    let souk = begin(kills[0] ?? null, true)
    const first = souk
    let deaths = 0
    let startedAt = performance.now()
    const hasRunFor = () => performance.now() - startedAt
    for (const [index] of kills.entries()) {
      const killed = await Promise.race([souk.killed, settled(souk).then(() => false, () => souk.killed)])
      if (!killed) break
      deaths += 1
      startedAt = performance.now()
      souk = begin(kills[index + 1] ?? null, false)
    }
    const last = souk
    const opening = pubkeyOf(last).then(hasRunFor)
    const recovering = settled(last).then(hasRunFor)
    // Whoever waits for more than that hears of it there.
    for (const time of [opening, recovering]) time.catch(() => {})
    return { last, deaths, points: first.points, measure: async () => ({ recoveryMs: await recovering, openMs: await opening }) }
  }

  /** A customer in a process of its own, killed and restarted, against the seller here. */
  async function runCustomer(kills: readonly string[]): Promise<Run> {
    const name = nextName()
    const role = 'customer'
    const { last, deaths, points, measure } = await outlive(kills, (killAt, isFirst) => start(name, { role, killAt, ask: isFirst ? seller.keyring.identity.pubkey : null }))
    const times = await measure()
    await last.stop()
    const left = readLeft(name, role)
    const run = { name, role, left, deaths, points: points(), ...times } as const
    if (left.row === undefined) return run
    return { ...run, bought: left.row, sold: await jobRow(seller, 'provider', left.row.jobId, isOver, PATIENCE_MS) }
  }

  /** The same for a provider, against the customer here. */
  async function runProvider(kills: readonly string[]): Promise<Run> {
    const name = nextName()
    const role = 'provider'
    let asking: Promise<{ readonly jobId: string }> | null = null
    const { last, deaths, points, measure } = await outlive(kills, (killAt) => {
      const souk = start(name, { role, killAt, ask: null })
      asking ??= pubkeyOf(souk).then((pubkey) => askVictim(buyer, pubkey, { settlement, dialect, onlyAtAddress }))
      return souk
    })
    const { jobId } = await (asking ?? Promise.reject(new Error('nobody asked')))
    const bought = await ended(buyer, 'customer', jobId, PATIENCE_MS)
    // What was paid while it was away is found by its own wallet, in time.
    await last.hear((report) => (report.type === 'settled' && report.movedMsat === gainOf(paidBy(jobId, name, role)) ? true : null), 'everything that was paid')
    const times = await measure()
    await last.stop()
    const left = readLeft(name, role)
    if (left.row === undefined) throw new Error('the seller knows no such job')
    return { name, role, left, deaths, points: points(), ...times, bought, sold: left.row }
  }

  return {
    market, seller, start, nextName, settled, readLeft, checkMoney, runCustomer, runProvider,
    async end() {
      for (const souk of processes) await souk.kill()
      await market.end()
      await money.end()
    },
  }
}

function costOf(paid: readonly Paid[]): number {
  return paid.reduce((sum, { amountMsat, feeMsat }) => sum + amountMsat + feeMsat, 0)
}

function gainOf(paid: readonly Paid[]): number {
  return paid.reduce((sum, { amountMsat }) => sum + amountMsat, 0)
}
