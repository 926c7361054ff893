/**
 * A write-ahead log that was torn or damaged while nobody looked: the store opens to what was committed up to there, in order,
 * and a trade that is taken up from any such past is paid once.
 */
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Role } from '#shared/ipc/common.ts'
import type { DialectName } from '#shared/market/dialect.ts'
import { msat, sats } from '#shared/market/msat.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import type { Engine } from './engine.ts'
import { openDatabase } from './store/database.ts'
import { MIGRATIONS } from './store/migrations.ts'
import { CRASH_TERMS, isOver } from './testing/crash/plan.ts'
import { commitEnds, readHistory, type History } from './testing/tornLog.ts'
import { askSeller, ended, jobRow, openMarket, until, type Market } from './testing/market.ts'
import { createFolderSecrets } from './testing/nodePorts.ts'

interface Mode {
  readonly settlement: Settlement
  readonly dialect: DialectName
}
/** How a job may be carried and settled: a line each. */
const MODES: readonly Mode[] = [
  { settlement: 'prepay', dialect: 'channel' },
  { settlement: 'prepay', dialect: 'souk/1' },
  { settlement: 'escrow', dialect: 'channel' },
  { settlement: 'sealed', dialect: 'souk/1' },
  { settlement: 'metered', dialect: 'souk/1' },
]
const IS_WHOLE = process.env['SOUK_DISK'] === 'all'
/** Of the modes besides prepay, every so many pasts. */
const PASTS_STEP = IS_WHOLE ? 1 : 6
const PRICE = sats(10)
/** So that a metered answer of that length has three ticks. */
const TERMS = { ...CRASH_TERMS, priceMsat: PRICE }
const FEE = msat(10)
const SUITE_MS = 300_000
const STEP = IS_WHOLE ? 97 : 9_973

let market: Market
let folder: string
let names = 0
beforeAll(async () => {
  market = await openMarket()
  folder = mkdtempSync(join(tmpdir(), 'souk-torn-'))
})
afterAll(async () => {
  await market.end()
  rmSync(folder, { recursive: true, force: true })
})

const logOf = (dataFolder: string) => join(dataFolder, 'souk.db-wal')

/** What a kill -9 now would leave: copied while the engine has it open. */
function copyAsKilled(engine: Engine): string {
  const copy = join(folder, `killed${names++}`)
  mkdirSync(copy)
  for (const file of readdirSync(engine.config.dataFolder)) if (file !== 'souk.db-shm') copyFileSync(join(engine.config.dataFolder, file), join(copy, file))
  return copy
}

/** The same, with another log. */
function withLog(killed: string, log: Buffer): string {
  const copy = join(folder, `torn${names++}`)
  cpSync(killed, copy, { recursive: true })
  writeFileSync(logOf(copy), log)
  return copy
}

function historyOf(killed: string, log: Buffer): History {
  const copy = withLog(killed, log)
  const opened = openDatabase(join(copy, 'souk.db'), MIGRATIONS, 1_700_000_000_000)
  if (!opened.ok) throw new Error(opened.error.message)
  try {
    expect(opened.value.quarantined).toBeNull()
    return readHistory(opened.value.database)
  } finally {
    opened.value.database.close()
    rmSync(copy, { recursive: true })
  }
}

async function tradeOnce(mode: Mode) {
  const name = `trader${names++}`
  const seller = await market.openSeller(`seller-${name}`, { terms: TERMS })
  const buyer = await market.open(`buyer-${name}`)
  const { jobId } = await askSeller(buyer, seller.keyring.identity.pubkey, 'write 30 words', mode)
  await Promise.all([jobRow(buyer, 'customer', jobId, isOver), jobRow(seller, 'provider', jobId, isOver)])
  return { seller, buyer, jobId }
}

describe('a log that ends early, or is damaged', () => {
  it(`opens to what was committed up to there, in order, whole transactions alone`, { timeout: SUITE_MS }, async () => {
    const { seller, buyer } = await tradeOnce({ settlement: 'prepay', dialect: 'channel' })
    let cuts = 0
    let flips = 0
    for (const engine of [buyer, seller]) {
      const killed = copyAsKilled(engine)
      const log = readFileSync(logOf(killed))
      const ends = commitEnds(log)
      const pasts = ends.map((end) => historyOf(killed, log.subarray(0, end)))
      expect(ends.length).toBeGreaterThan(10)
      // Each past goes on from the one before: nothing that is seen later was written without what came before it.
      pasts.reduce((before, after) => {
        for (const [job, events] of before) expect(after.get(job)?.slice(0, events.length)).toEqual(events)
        return after
      })
      const pastAt = (offset: number): History => pasts[ends.filter((end) => end <= offset).length - 1] ?? new Map()
      for (let cut = 0; cut < log.length; cut += STEP) {
        expect(historyOf(killed, log.subarray(0, cut))).toEqual(pastAt(cut))
        cuts += 1
      }
      for (let at = 40; at < log.length; at += STEP) {
        const flipped = Buffer.from(log)
        flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at)
        const found = historyOf(killed, flipped)
        // Up to the transaction before the damage.
        expect([pastAt(at), pastAt(at - 1)]).toContainEqual(found)
        flips += 1
      }
      await market.close(engine)
    }
    console.log(`${cuts} cuts and ${flips} flipped bits of logs`)
  })
})

describe.each(MODES)('a trade that is taken up from any past of its log, $settlement in $dialect', (mode) => {
  for (const role of ['customer', 'provider'] as const) {
    it(`of the ${role}: the wallet is asked, nothing is paid twice, and the job says what the mint says`, { timeout: SUITE_MS }, async () => {
      const { seller, buyer, jobId } = await tradeOnce(mode)
      const victim = role === 'customer' ? buyer : seller
      const killed = copyAsKilled(victim)
      const log = readFileSync(logOf(killed))
      await market.close(victim)
      const outcomes: string[] = []
      const paid = market.settledPayments(jobId)
      const ends = endsOfPasts(killed, log)
      for (const [index, end] of ends.entries()) {
        if (mode.settlement !== 'prepay' && index % PASTS_STEP !== 0 && index !== ends.length - 1) continue
        const past = withLog(killed, log.subarray(0, end))
        outcomes.push(mode.settlement === 'prepay' ? await takeUp(past, role, jobId) : await explain(past, role, jobId))
        expect([outcomes, market.settledPayments(jobId), market.audit().balanced]).toEqual([outcomes, paid, true])
        rmSync(past, { recursive: true })
      }
      console.log(`${mode.settlement} in ${mode.dialect}: ${outcomes.join('; ')}`)
      expect(outcomes).toContain(`${role}: forgotten`)
      expect(outcomes.filter((outcome) => outcome.endsWith('done')).length).toBeGreaterThan(mode.settlement === 'prepay' ? 3 : 0)
      await market.close(role === 'customer' ? seller : buyer)
    })
  }

  /** Of the pasts that hold the same of jobs, one. */
  function endsOfPasts(killed: string, log: Buffer): readonly number[] {
    const seen = new Map(commitEnds(log).map((end) => [JSON.stringify([...historyOf(killed, log.subarray(0, end))]), end]))
    return [...seen.values()]
  }

  /** Opens an engine on that folder: whatever it has forgotten, soon nothing of what the wallet holds is unexplained. */
  async function explain(dataFolder: string, role: Role, jobId: string): Promise<string> {
    const engine = await market.open('', { config: { dataFolder }, ports: { secrets: createFolderSecrets(dataFolder) } })
    try {
      const stateOf = () => engine.journal.row(role, jobId)?.state ?? 'forgotten'
      const before = stateOf()
      const isExplained = () => {
        const last = engine.reconciler.last.get()
        return last !== null && last.unexplainedMsat === 0 && last.walletMsat === last.booksMsat + last.expectedMsat && last.underWayMsat === 0
      }
      await until((look) => engine.reconciler.last.subscribe(look), () => (isExplained() ? true : null), () => `${before} → ${stateOf()}: ${JSON.stringify(engine.reconciler.last.get())}`, 40_000)
      return `${role}: ${before === 'forgotten' ? before : stateOf()}`
    } finally {
      await market.close(engine)
    }
  }

  /** Opens an engine on that folder, waits until its job has its money straight, and restarts it until the job has ended. */
  async function takeUp(dataFolder: string, role: Role, jobId: string): Promise<string> {
    const options = { config: { dataFolder }, ports: { secrets: createFolderSecrets(dataFolder) } }
    const engine = await market.open('', options)
    const movedMsat = role === 'customer' ? PRICE + FEE : PRICE
    let state: string
    try {
      const before = engine.journal.row(role, jobId)
      // The wallet knows of the payment whatever the store has forgotten.
      expect(await settledIn(engine)).toBe(1)
      if (before === null) return `${role}: forgotten`
      // A seller that has forgotten its invoice makes another one, which nobody pays.
      const hasInvoice = role === 'customer' || before.state !== 'asking'
      const after = await jobRow(engine, role, jobId, (row) => (hasInvoice ? row.movedMsat > 0 : row.state === 'invoiced'))
      expect(after.movedMsat).toBe(hasInvoice ? movedMsat : 0)
      if (!hasInvoice) return `${role}: invoiced again`
      // A result that came before the payment was known to be made is read after another start.
      state = await ended(engine, role, jobId, 1_000).then((row) => row.state, () => 'open')
    } finally {
      await market.close(engine)
    }
    if (state === 'open') {
      const again = await market.open('', options)
      state = (await ended(again, role, jobId)).state
      await market.close(again)
    }
    return `${role}: ${state}`
  }
})

describe('a store that is damaged beyond its log', () => {
  it('is put aside, and what its wallet did is still told', { timeout: SUITE_MS }, async () => {
    const { seller, buyer, jobId } = await tradeOnce({ settlement: 'prepay', dialect: 'channel' })
    const damaged = buyer.config.dataFolder
    await Promise.all([market.close(buyer), market.close(seller)])
    // Closed in order, all of it is in this file.
    expect(existsSync(logOf(damaged))).toBe(false)
    writeFileSync(join(damaged, 'souk.db'), 'Not what it was. '.repeat(1_000))
    const engine = await market.open('', { config: { dataFolder: damaged }, ports: { secrets: createFolderSecrets(damaged) } })
    const notice = engine.notices.current.get()['store-quarantined']
    expect(notice).toMatchObject({ level: 'warning', message: expect.stringMatching(/put aside as .+souk\.db\.damaged-.+ The wallet/) })
    expect([engine.journal.row('customer', jobId), engine.keyring.identity.pubkey, await settledIn(engine)]).toEqual([null, buyer.keyring.identity.pubkey, 1])
    expect(readdirSync(damaged).some((file) => file.startsWith('souk.db.damaged-'))).toBe(true)
    await market.close(engine)
  })
})

/** Payments that the wallet itself lists. */
async function settledIn(engine: Engine): Promise<number> {
  const listed = await engine.account.history(0, 10)
  if (!listed.ok) throw new Error(listed.error.message)
  return listed.value.rows.filter((payment) => payment.state === 'settled' && payment.amountMsat === PRICE).length
}
