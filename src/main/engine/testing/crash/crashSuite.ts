/**
 * Kill -9 at durable writes and wallet calls of either side of a job, a restart on the same data, and then the books of
 * whoever keeps the money against both journals: for the settlement modes besides prepay (crash.test.ts), and for all over Spark.
 */
import { afterAll, describe, expect, it } from 'vitest'
import type { Role } from '#shared/ipc/common.ts'
import type { Settlement } from '#shared/market/settlement.ts'
import { openCrashWorld, type CrashWorld, type CrashWorldOptions, type Run } from './crashWorld.ts'
import { expectDone } from './judgeJob.ts'
import { CRASH_ALL, CRASH_SEEDS, describeKilled, killAt, killEverywhere, type Killed } from './killEverywhere.ts'
import { PATIENCE_MS } from './patience.ts'

const SUITE_MS = 900_000

export interface CrashSuite extends Omit<CrashWorldOptions, 'seed'> {
  /** The deaths of which one process is to die, for each role: with seed 1 these alone, unless SOUK_CRASH=all asks for every point. Left out: every point that is meant, with every seed. */
  readonly sample?: Readonly<Record<Role, readonly (readonly string[])[]>>
  /** The point from which on it is killed, for each role; from the beginning when left out. */
  readonly since?: Readonly<Record<Role, string>>
  /** Where a process has to have died when it is killed at every point. */
  readonly surely?: Readonly<Record<Role, readonly string[]>>
}

/**
 * Every durable write and every wallet call that moves money, or every fifth of them, which is enough for every day; with other seeds every third. To die at a publish or a look is to die before or after the write beside
 * it; SOUK_CRASH=all asks for all of them, for those points too, and for what a seller publishes of itself, which crash.test.ts has.
 */
const isMeant = (point: string) => CRASH_ALL || !/^(publish|wallet lookup)/.test(point)

const SURELY: Readonly<Record<Role, readonly string[]>> = {
  customer: ['write asked: after', 'write payAsked: before', 'write payAsked: after'],
  provider: ['write requested: before', 'write requested: after', 'write workBegun: after', 'write generated: after'],
}

/** Ended on both sides, and every msat accounted for; a paid answer that a crash cut short may be owed, and nothing else. */
function check(world: CrashWorld, settlement: Settlement, kills: readonly string[], run: Run): void {
  const { bought, sold, name, role, left } = run
  // Nothing was asked yet: the only deaths after which there is no job.
  if (role === 'customer' && !run.points.includes('write asked: after')) return expect(bought).toBeUndefined()
  if (bought === undefined || sold === undefined) throw new Error(`no job after ${kills.join(', ')}`)
  const good = settlement === 'metered' ? ['done', 'stopped', 'owed'] : ['done']
  expect([kills, good.includes(bought.state) || bought.state, good.includes(sold.state) || sold.state]).toEqual([kills, true, true])
  world.checkMoney({ bought, sold, name, role, left })
}

/** The suite of one mode: a test file each, so that they run side by side. */
export function describeCrashes({ sample, since, surely = SURELY, ...options }: CrashSuite): void {
  const { settlement, wallet, onlyAtAddress = false, depositPermille = 0, payback = false } = options
  const title = `${settlement}${wallet === 'spark' ? ' over Spark' : ''}${onlyAtAddress ? ' at an address' : ''}${depositPermille > 0 ? ' with a deposit' : ''}${payback ? ' paid back' : ''}`
  describe.each(CRASH_SEEDS)(`${title} survives kill -9 (seed %i)`, (seed) => {
    const worlds: CrashWorld[] = []
    afterAll(async () => {
      for (const world of worlds) await world.end()
    }, PATIENCE_MS)

    const few = CRASH_ALL || seed !== 1 ? undefined : sample

    it.each(['customer', 'provider'] as const)('of the %s, at its durable writes and wallet calls', { timeout: SUITE_MS }, async (role) => {
      const world = await openCrashWorld({ ...options, seed })
      worlds.push(world)
      const run = role === 'customer' ? world.runCustomer : world.runProvider
      const judge = (kills: readonly string[], ran: Run) => check(world, settlement, kills, ran)
      const killed: Killed = few === undefined ? await killEverywhere(run, (point, ran) => judge([point], ran), { checkWhole: expectDone, ...(since === undefined ? {} : { since: since[role] }), isMeant, oneIn: CRASH_ALL ? 1 : seed === 1 ? 5 : 3, surely: surely[role], seed }) : await killAt(few[role], run, judge, true)
      console.log(`${title}, seed ${seed}: ${role} ${describeKilled(killed)}`)
      if (seed === 1 && few === undefined) expect(killed.points).toEqual(expect.arrayContaining([...surely[role]]))
    })
  })
}
