/**
 * Kill -9 at every durable write and wallet call of either side of a job, a restart on the same data, and then the mint's books
 * against both journals: for the settlement modes besides prepay (crash.test.ts).
 */
import { afterAll, describe, expect, it } from 'vitest'
import type { Settlement } from '#shared/market/settlement.ts'
import { killEverywhere, openCrashWorld, type CrashWorld, type Run } from './crashWorld.ts'

const SUITE_MS = 900_000

/**
 * Every durable write and every wallet call that moves money. To die at a publish or a look is to die before or after the write beside
 * it; SOUK_CRASH=all asks for those points too, and for what a seller publishes of itself, which crash.test.ts has.
 */
const isMeant = (point: string) => process.env['SOUK_CRASH'] === 'all' || !/^(publish|wallet lookup)/.test(point)

/** Ended on both sides, and every msat accounted for; a paid answer that a crash cut short may be owed, and nothing else. */
function check(world: CrashWorld, settlement: Settlement, killAt: string, { bought, sold, balances = {} }: Run): void {
  if (bought === undefined || sold === undefined) throw new Error(`no job after ${killAt}`)
  const good = settlement === 'metered' ? ['done', 'stopped', 'owed'] : ['done']
  expect([killAt, good.includes(bought.state) || bought.state, good.includes(sold.state) || sold.state]).toEqual([killAt, true, true])
  world.checkMoney({ bought, sold, balances })
}

/** The suite of one mode: a test file each, so that they run side by side. */
export function describeCrashes(settlement: Exclude<Settlement, 'prepay'>): void {
  describe(`${settlement} survives kill -9`, () => {
    const worlds: CrashWorld[] = []
    const openWorld = async () => {
      const world = await openCrashWorld(settlement)
      worlds.push(world)
      return world
    }
    afterAll(async () => {
      for (const world of worlds) await world.end()
    })

    it('of the customer, at every durable write and wallet call', { timeout: SUITE_MS }, async () => {
      const world = await openWorld()
      const died = await killEverywhere((kills) => world.runCustomer(kills), (killAt, run) => {
        // Nothing was asked yet: the only death after which there is no job.
        if (killAt === 'write asked: before') expect(run.bought).toBeUndefined()
        else check(world, settlement, killAt, run)
      }, isMeant)
      console.log(`${settlement}: customer killed at ${died.length} points: ${died.join('; ')}`)
      expect(died).toEqual(expect.arrayContaining(['write asked: after', 'write payAsked: before', 'write payAsked: after', 'wallet pay: before']))
    })

    it('of the provider, at every durable write and wallet call', { timeout: SUITE_MS }, async () => {
      const world = await openWorld()
      const died = await killEverywhere((kills) => world.runProvider(kills), (killAt, run) => check(world, settlement, killAt, run), isMeant)
      console.log(`${settlement}: provider killed at ${died.length} points: ${died.join('; ')}`)
      expect(died).toEqual(expect.arrayContaining(['write requested: before', 'write requested: after', 'write workBegun: after', 'write generated: after']))
    })
  })
}
