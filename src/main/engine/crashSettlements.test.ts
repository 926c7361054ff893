/**
 * The same for the other settlement modes: kill -9 at every durable write and wallet call of either side, a restart on
 * the same data, and then the mint's books against both journals.
 */
import { afterEach, describe, expect, it } from 'vitest'
import type { Settlement } from '#shared/market/settlement.ts'
import { killEverywhere, openCrashWorld, type CrashWorld, type Run } from './testing/crash/crashWorld.ts'

const SUITE_MS = 900_000

let world: CrashWorld | null = null
afterEach(async () => {
  await world?.end()
  world = null
})

/**
 * Every durable write and every wallet call that moves money. To die at a publish or a look is to die before or after the write beside
 * it; SOUK_CRASH=all asks for those points too, and for what a seller publishes of itself, which crash.test.ts has.
 */
const isMeant = (point: string) => process.env['SOUK_CRASH'] === 'all' || !/^(publish|wallet lookup)/.test(point)

/** Ended on both sides, and every msat accounted for; a paid answer that a crash cut short may be owed, and nothing else. */
function check(settlement: Settlement, killAt: string, { bought, sold, balances = {} }: Run): void {
  if (bought === undefined || sold === undefined) throw new Error(`no job after ${killAt}`)
  const good = settlement === 'metered' ? ['done', 'stopped', 'owed'] : ['done']
  expect([killAt, good.includes(bought.state) || bought.state, good.includes(sold.state) || sold.state]).toEqual([killAt, true, true])
  world?.checkMoney({ bought, sold, balances })
}

describe.each(['escrow', 'sealed', 'metered'] as const)('%s survives kill -9', (settlement) => {
  it('of the customer, at every durable write and wallet call', { timeout: SUITE_MS }, async () => {
    world = await openCrashWorld(settlement)
    const { runCustomer } = world
    const died = await killEverywhere(runCustomer, (killAt, run) => {
      // Nothing was asked yet: the only death after which there is no job.
      if (killAt === 'write asked: before') expect(run.bought).toBeUndefined()
      else check(settlement, killAt, run)
    }, isMeant)
    console.log(`${settlement}: customer killed at ${died.length} points: ${died.join('; ')}`)
    expect(died).toEqual(expect.arrayContaining(['write asked: after', 'write payAsked: before', 'write payAsked: after', 'wallet pay: before']))
  })

  it('of the provider, at every durable write and wallet call', { timeout: SUITE_MS }, async () => {
    world = await openCrashWorld(settlement)
    const { runProvider } = world
    const died = await killEverywhere(runProvider, (killAt, run) => check(settlement, killAt, run), isMeant)
    console.log(`${settlement}: provider killed at ${died.length} points: ${died.join('; ')}`)
    expect(died).toEqual(expect.arrayContaining(['write requested: before', 'write requested: after', 'write workBegun: after', 'write generated: after']))
  })
})
