/** Souks in processes of their own that are killed at chosen points and started again, against another side that lives here. */
import type { JobRow, Role } from '#shared/ipc/common.ts'
import type { DialectName } from '#shared/market/dialect.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import type { Engine } from '../../engine.ts'
import { ended, jobRow, openMarket, type Market } from '../market.ts'
import { seededNumbers } from '../seededNumbers.ts'
import { askVictim } from './askVictim.ts'
import { useSandboxMoney, useSparkMoney, type CrashMoney, type CrashWallet } from './crashMoney.ts'
import { createJobJudge, gainOf, type Ended, type JudgedJob } from './judgeJob.ts'
import type { Survival } from './killEverywhere.ts'
import { readLeftBehind, type LeftBehind } from './leftBehind.ts'
import { outlive, pubkeyOf, settled } from './outlive.ts'
import { PATIENCE_MS } from './patience.ts'
import { CRASH_TERMS, isOver, isPaidBack, OWING, TOY_TOKENS_PER_SECOND, type Plan } from './plan.ts'
import { startSouk, type SoukProcess } from './startSouk.ts'
import { claimWhatIsOwed } from './wishes.ts'
import { withoutHoldInvoices } from './withoutHoldInvoices.ts'

export interface CrashWorldOptions {
  readonly settlement: Settlement
  readonly wallet?: CrashWallet
  readonly dialect?: DialectName
  /** Sellers' wallets make no hold invoices: money is locked at their address. */
  readonly onlyAtAddress?: boolean
  /** Sealed: what sellers want paid ahead, in parts per thousand. */
  readonly depositPermille?: number
  /** Metered: more is paid than the answer needs, and it is over once the rest is back. */
  readonly payback?: boolean
  /** 1: as fast as ever. Another: another pace of the model, other tempers of the wallets. */
  readonly seed?: number
}

export interface Run extends Survival, Partial<Ended>, Pick<JudgedJob, 'name' | 'role' | 'left'> {}

export interface CrashWorld {
  readonly market: Market
  readonly seller: Engine
  start(name: string, plan: Pick<Plan, 'role' | 'killAt' | 'ask'>): SoukProcess
  nextName(): string
  /** No job of its is open any more. */
  settled(souk: SoukProcess): Promise<true>
  readLeft(name: string, role: Role): LeftBehind
  checkMoney(job: JudgedJob): void
  /** A customer in a process of its own, killed and restarted, against the seller here. */
  runCustomer(kills: readonly string[]): Promise<Run>
  /** The same for a provider, against the customer here. */
  runProvider(kills: readonly string[]): Promise<Run>
  end(): Promise<void>
}

export async function openCrashWorld({ settlement, wallet = 'sandbox', dialect, onlyAtAddress = false, depositPermille = 0, payback = false, seed = 1 }: CrashWorldOptions): Promise<CrashWorld> {
  const market = await openMarket()
  const money: CrashMoney = wallet === 'spark' ? await useSparkMoney(seed) : useSandboxMoney(market)
  const toyTokensPerSecond = seed === 1 ? TOY_TOKENS_PER_SECOND : 200 + Math.floor(seededNumbers(seed)() * 800)
  const terms = { concurrency: 4, queueLength: 500, depositPermille, ...CRASH_TERMS, ...(payback ? { tickTokens: OWING.tickTokens } : {}) }
  const seller = await market.openSeller('seller', { ...money.options, ...(onlyAtAddress ? { wrap: { wallet: withoutHoldInvoices } } : {}), toyTokensPerSecond, terms })
  // Nobody pays so many new sellers in a day by the limits that a person begins with.
  const buyer = await market.open('buyer', { ...money.options, limits: { invoiceTimeoutSecs: 60 } })
  await money.enter(seller, 'seller')
  await money.enter(buyer, 'buyer')
  if (payback) claimWhatIsOwed(buyer)
  const hasEnded = payback ? isPaidBack : isOver
  const checkMoney = createJobJudge({ settlement, depositPermille, payback, money, ofOther: (jobId, role) => (role === 'customer' ? buyer : seller).books.ofJob(role, jobId) })
  const processes = new Set<SoukProcess>()
  let names = 0

  function start(name: string, plan: Pick<Plan, 'role' | 'killAt' | 'ask'>): SoukProcess {
    const souk = startSouk({ ...plan, ...money.plan(name), dataFolder: market.dataFolder(name), settlement, dialect, onlyAtAddress, depositPermille, payback, toyTokensPerSecond, sandboxFolder: market.sandboxFolder })
    processes.add(souk)
    void souk.killed.then(() => processes.delete(souk), () => processes.delete(souk))
    return souk
  }

  const nextName = () => `victim${names++}`
  const readLeft = (name: string, role: Role) => readLeftBehind(market.dataFolder(name), role)

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
    return { ...run, bought: left.row, sold: await jobRow(seller, 'provider', left.row.jobId, hasEnded, PATIENCE_MS) }
  }

  /** The same for a provider, against the customer here. */
  async function runProvider(kills: readonly string[]): Promise<Run> {
    const name = nextName()
    const role = 'provider'
    let asking: Promise<{ readonly jobId: string }> | null = null
    const { last, deaths, points, measure } = await outlive(kills, (killAt) => {
      const souk = start(name, { role, killAt, ask: null })
      asking ??= pubkeyOf(souk).then((pubkey) => askVictim(buyer, pubkey, { settlement, dialect, onlyAtAddress, payback }))
      return souk
    })
    const { jobId } = await (asking ?? Promise.reject(new Error('nobody asked')))
    const bought: JobRow = await (payback ? jobRow(buyer, 'customer', jobId, isPaidBack, PATIENCE_MS) : ended(buyer, 'customer', jobId, PATIENCE_MS))
    // What was paid while it was away is found by its own wallet, in time.
    const description = `Souk ${bought.jobId}`
    const isAllThere = (movedMsat: number) => movedMsat === gainOf(money.paid(description, name, 'incoming'))
    await last.hear((report) => (report.type === 'settled' && isAllThere(report.movedMsat) ? true : null), 'everything that was paid')
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
