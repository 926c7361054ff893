/**
 * Kill -9 at every point of a job, on either side, in real processes; then a restart on the same data, and the mint's own
 * books against both journals. Relay and mint live in this process and survive, as does the other side.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { JobRow } from '#shared/ipc/common.ts'
import { openDatabase } from './store/database.ts'
import { createJournal, type Journal } from './store/journal.ts'
import { MIGRATIONS } from './store/migrations.ts'
import type { Engine } from './engine.ts'
import { PROMPT, TOY_TOKENS_PER_SECOND, type Plan } from './testing/crash/plan.ts'
import { startSouk, type SoukProcess } from './testing/crash/startSouk.ts'
import { askSeller, ended, openMarket, type Market } from './testing/market.ts'

const AT_ONCE = 2
/** Far more than it takes alone: the machine may be busy with the other tests. */
const SUITE_MS = 600_000

let market: Market
let seller: Engine
let buyer: Engine
const processes = new Set<SoukProcess>()
let folders = 0

beforeAll(async () => {
  market = await openMarket()
  seller = await market.openSeller('seller', { toyTokensPerSecond: TOY_TOKENS_PER_SECOND, terms: { concurrency: 4, queueLength: 500 } })
  buyer = await market.open('buyer', { limits: { invoiceTimeoutSecs: 60 } })
})
afterAll(async () => {
  for (const souk of processes) await souk.kill()
  await market.end()
})

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
function readJournal<T>(dataFolder: string, read: (journal: Journal) => T): T {
  const opened = openDatabase(join(dataFolder, 'souk.db'), MIGRATIONS, Date.now())
  if (!opened.ok) throw new Error(opened.error.message)
  expect(opened.value.quarantined).toBeNull()
  try {
    return read(createJournal(opened.value.database))
  } finally {
    opened.value.database.close()
  }
}

interface Ended {
  readonly bought: JobRow
  readonly sold: JobRow
}

/** Both journals say what the mint says, of exactly one payment, or of none and then no answer either. */
function checkMoney({ bought, sold }: Ended): void {
  const paid = market.settledPayments(bought.jobId)
  const movedMsat = paid.map(({ amountMsat, feeMsat }) => amountMsat + feeMsat)
  expect(paid.length).toBeLessThanOrEqual(1)
  expect(bought.movedMsat).toBe(movedMsat[0] ?? 0)
  expect(sold.movedMsat).toBe(paid[0]?.amountMsat ?? 0)
  if (paid.length === 0) expect(sold.state).not.toBe('done')
  expect(market.audit().balanced).toBe(true)
}

/** Resolves once the mint's own books show a payment in that state which they did not show before. */
function paymentAtMint(state: string): Promise<void> {
  const count = () => market.payments().filter((payment) => payment.state === state).length
  const before = count()
  return vi.waitFor(() => expect(count()).toBe(before + 1), { timeout: 30_000, interval: 20 })
}

interface Run extends Partial<Ended> {
  /** How many of the deaths that were meant happened. */
  readonly deaths: number
  /** What the first process passed. */
  readonly points: readonly string[]
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
    start({ role: 'customer', dataFolder, killAt, ask: isFirst ? seller.keyring.identity.pubkey : null }),
  )
  await settled(last)
  await last.stop()
  const [bought] = readJournal(dataFolder, (journal) => journal.list({ role: 'customer', limit: 2 }))
  const points = first.points()
  if (bought === undefined) return { deaths, points }
  const sold = await ended(seller, 'provider', bought.jobId)
  return { deaths, points, bought, sold }
}

/** The same for a provider, against the customer here. */
async function runProvider(kills: readonly string[]): Promise<Run> {
  const dataFolder = nextFolder()
  let asking: Promise<{ readonly jobId: string }> | null = null
  const { first, last, deaths } = await outlive(kills, (killAt) => {
    const souk = start({ role: 'provider', dataFolder, killAt, ask: null })
    asking ??= pubkeyOf(souk).then((pubkey) => askSeller(buyer, pubkey, PROMPT))
    return souk
  })
  const { jobId } = await (asking ?? Promise.reject(new Error('nobody asked')))
  const bought = await ended(buyer, 'customer', jobId, 60_000)
  await settled(last)
  await last.stop()
  const [sold, ...others] = readJournal(dataFolder, (journal) => journal.list({ role: 'provider', limit: 2 }))
  if (sold === undefined || others.length > 0) throw new Error(`${others.length} jobs more than one`)
  return { deaths, points: first.points(), bought, sold }
}

function checkDone(kills: readonly string[], { bought, sold }: Run): void {
  if (bought === undefined || sold === undefined) throw new Error(`no job after ${kills.join(', ')}`)
  expect([kills, bought.state, sold.state]).toEqual([kills, 'done', 'done'])
  checkMoney({ bought, sold })
}

/** Twice at once. */
async function share<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await run(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** Every point that an undisturbed run passes. Returns those at which something really died. */
async function killEverywhere(run: (kills: readonly string[]) => Promise<Run>, check: (killAt: string, run: Run) => void): Promise<readonly string[]> {
  const { points, bought, sold } = await run([])
  expect([bought?.state, sold?.state]).toEqual(['done', 'done'])
  const died: string[] = []
  await share(points, async (point) => {
    const ran = await run([point])
    if (ran.deaths > 0) died.push(point)
    check(point, ran)
  })
  return died
}

describe('money survives kill -9', () => {
  it('of the customer, at every durable write, wallet call and publish', { timeout: SUITE_MS }, async () => {
    const died = await killEverywhere(runCustomer, (killAt, run) => {
      // Nothing was asked yet: the only death after which there is no job.
      if (killAt === 'write asked: before') expect(run.bought).toBeUndefined()
      else checkDone([killAt], run)
    })
    console.log(`customer killed at ${died.length} points: ${died.join('; ')}`)
    expect(died).toEqual(expect.arrayContaining(['write asked: before', 'write asked: after', 'publish kind 5050: after', 'write invoiceAccepted: before', 'write invoiceAccepted: after', 'write payAsked: before', 'write payAsked: after', 'wallet pay: before', 'wallet pay: after, settled', 'write settled: before', 'write settled: after']))
  })

  it('of the provider, at every durable write, wallet call and publish', { timeout: SUITE_MS }, async () => {
    const died = await killEverywhere(runProvider, (killAt, run) => checkDone([killAt], run))
    console.log(`provider killed at ${died.length} points: ${died.join('; ')}`)
    expect(died).toEqual(expect.arrayContaining(['write requested: before', 'write requested: after', 'wallet createInvoice: before', 'wallet createInvoice: after', 'write invoiced: before', 'write invoiced: after', 'publish kind 7000: before', 'publish kind 7000: after', 'write paid: before', 'write paid: after', 'write workBegun: after', 'write generated: before', 'write generated: after', 'publish kind 6050: before', 'publish kind 6050: after', 'write sent result: before', 'write sent result: after']))
  })

  it('and a second time while it recovers, on either side', { timeout: SUITE_MS }, async () => {
    const asked = 'wallet pay: before'
    const answered = 'wallet pay: after, settled'
    const working = 'write workBegun: after'
    const cases: readonly (readonly [(kills: readonly string[]) => Promise<Run>, readonly string[]])[] = [
      [runCustomer, [asked, 'wallet lookup: before']],
      [runCustomer, [asked, 'wallet lookup: after, nothing']],
      [runCustomer, [asked, asked]],
      [runCustomer, [asked, answered]],
      [runCustomer, [asked, 'write settled: before']],
      [runCustomer, [answered, 'wallet lookup: after, settled']],
      [runCustomer, [answered, 'wallet lookup: before', 'wallet lookup: before']],
      [runProvider, [working, 'write workBegun: before']],
      [runProvider, [working, working, working]],
      [runProvider, [working, 'write generated: before']],
      [runProvider, ['write paid: before', 'wallet lookup: before', 'write paid: after']],
      [runProvider, ['publish kind 6050: after', 'publish kind 6050: after']],
    ]
    let deaths = 0
    await share(cases, async ([run, kills]) => {
      const ran = await run(kills)
      deaths += ran.deaths
      expect([kills, ran.deaths]).toEqual([kills, kills.length])
      checkDone(kills, ran)
    })
    console.log(`killed ${deaths} times while recovering`)
  })

  const faults = [
    { pay: 'response-lost', atMint: 'settled', state: 'done', payments: 1 },
    { pay: 'timeout-then-paid', atMint: 'pending', state: 'done', payments: 1 },
    { pay: 'timeout-then-failed', atMint: 'pending', state: 'failed', payments: 0 },
  ] as const
  for (const { pay, atMint, state, payments } of faults) {
    it(`of the customer while the wallet is silent about a payment (${pay})`, { timeout: SUITE_MS }, async () => {
      market.sandbox.mint()?.setFaults({ pay })
      try {
        const dataFolder = nextFolder()
        const plan = { role: 'customer', dataFolder, killAt: null, ask: null } as const
        const seen = paymentAtMint(atMint)
        const first = start({ ...plan, ask: seller.keyring.identity.pubkey })
        await seen
        await first.kill()
        const last = start(plan)
        await settled(last)
        await last.stop()
        const [bought] = readJournal(dataFolder, (journal) => journal.list({ role: 'customer', limit: 2 }))
        if (bought === undefined) throw new Error('no job')
        expect(bought.state).toBe(state)
        expect(market.settledPayments(bought.jobId)).toHaveLength(payments)
        const sold = payments === 0 ? seller.journal.row('provider', bought.jobId) : await ended(seller, 'provider', bought.jobId)
        if (sold === null) throw new Error('the seller knows no such job')
        checkMoney({ bought, sold })
      } finally {
        market.sandbox.mint()?.setFaults({ pay: 'ok' })
      }
    })
  }
})
