/**
 * Kill -9 at every point of a job, on either side, in real processes; then a restart on the same data, and the mint's own
 * books against both journals. Relay and mint live in this process and survive, as does the other side.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openCrashWorld, type CrashWorld, type Run } from './testing/crash/crashWorld.ts'
import { expectDone } from './testing/crash/judgeJob.ts'
import { CRASH_ALL, CRASH_SEEDS, describeKilled, killAt, killEverywhere } from './testing/crash/killEverywhere.ts'
import { PATIENCE_MS } from './testing/crash/patience.ts'
import { ended } from './testing/market.ts'

/** Far more than it takes alone: the machine may be busy with the other tests. */
const SUITE_MS = 600_000

let world: CrashWorld
const closing: CrashWorld[] = []

async function openWorld(seed: number): Promise<CrashWorld> {
  const opened = await openCrashWorld({ settlement: 'prepay', seed })
  closing.push(opened)
  return opened
}
beforeAll(async () => {
  world = await openWorld(1)
})
afterAll(async () => {
  for (const each of closing) await each.end()
}, PATIENCE_MS)

/** Resolves once the mint's own books show a payment in that state which they did not show before. */
function paymentAtMint(state: string): Promise<void> {
  const count = () => world.market.payments().filter((payment) => payment.state === state).length
  const before = count()
  return vi.waitFor(() => expect(count()).toBe(before + 1), { timeout: 30_000, interval: 20 })
}

function checkDone(kills: readonly string[], { checkMoney }: CrashWorld, { bought, sold, ...run }: Run): void {
  if (bought === undefined || sold === undefined) throw new Error(`no job after ${kills.join(', ')}`)
  expect([kills, bought.state, sold.state]).toEqual([kills, 'done', 'done'])
  checkMoney({ ...run, bought, sold })
}

/** Where a process is killed in every run; of the others at every fourth point, SOUK_CRASH=all at all of them. */
const SURELY = {
  customer: ['write asked: before', 'write asked: after', 'publish kind 5050: after', 'write invoiceAccepted: before', 'write invoiceAccepted: after', 'write payAsked: before', 'write payAsked: after', 'wallet pay: before', 'wallet pay: after, settled', 'write settled: before', 'write settled: after'],
  provider: ['write requested: before', 'write requested: after', 'wallet createInvoice: before', 'wallet createInvoice: after', 'write invoiced: before', 'write invoiced: after', 'publish kind 7000: before', 'publish kind 7000: after', 'write paid: before', 'write paid: after', 'write workBegun: after', 'write generated: before', 'write generated: after', 'publish kind 6050: before', 'publish kind 6050: after', 'write sent result: before', 'write sent result: after'],
}
const ONE_IN = CRASH_ALL ? 1 : 4

describe('money survives kill -9', () => {
  it.each(CRASH_SEEDS)('of the customer, at its durable writes, wallet calls and publishes (seed %i)', { timeout: SUITE_MS }, async (seed) => {
    const own = seed === 1 ? world : await openWorld(seed)
    const killed = await killEverywhere(own.runCustomer, (point, run) => {
      // Nothing was asked yet: the only death after which there is no job.
      if (point === 'write asked: before') expect(run.bought).toBeUndefined()
      else checkDone([point], own, run)
    }, { checkWhole: expectDone, seed, oneIn: ONE_IN, surely: SURELY.customer })
    console.log(`customer ${describeKilled(killed)}`)
    if (seed === 1) expect(killed.points).toEqual(expect.arrayContaining(SURELY.customer))
  })

  it.each(CRASH_SEEDS)('of the provider, at its durable writes, wallet calls and publishes (seed %i)', { timeout: SUITE_MS }, async (seed) => {
    const own = seed === 1 ? world : await openWorld(seed)
    const killed = await killEverywhere(own.runProvider, (point, run) => checkDone([point], own, run), { checkWhole: expectDone, seed, oneIn: ONE_IN, surely: SURELY.provider })
    console.log(`provider ${describeKilled(killed)}`)
    if (seed === 1) expect(killed.points).toEqual(expect.arrayContaining(SURELY.provider))
  })

  it('and a second time while it recovers, on either side', { timeout: SUITE_MS }, async () => {
    const asked = 'wallet pay: before'
    const answered = 'wallet pay: after, settled'
    const working = 'write workBegun: after'
    const { runCustomer, runProvider } = world
    const ofCustomer = [
      [asked, 'wallet lookup: before'],
      [asked, 'wallet lookup: after, nothing'],
      [asked, asked],
      [asked, answered],
      [asked, 'write settled: before'],
      [answered, 'wallet lookup: after, settled'],
      [answered, 'wallet lookup: before', 'wallet lookup: before'],
    ]
    const ofProvider = [
      [working, 'write workBegun: before'],
      [working, working, working],
      [working, 'write generated: before'],
      ['write paid: before', 'wallet lookup: before', 'write paid: after'],
      ['publish kind 6050: after', 'publish kind 6050: after'],
    ]
    const judge = (kills: readonly string[], run: Run) => checkDone(kills, world, run)
    const some = (cases: readonly string[][]) => cases.filter((_, index) => CRASH_ALL || index % 2 === 0)
    console.log(`customer, while it recovers, ${describeKilled(await killAt(some(ofCustomer), runCustomer, judge, true))}`)
    console.log(`provider, while it recovers, ${describeKilled(await killAt(some(ofProvider), runProvider, judge, true))}`)
  })

  const faults = [
    { pay: 'response-lost', atMint: 'settled', state: 'done', payments: 1 },
    { pay: 'timeout-then-paid', atMint: 'pending', state: 'done', payments: 1 },
    { pay: 'timeout-then-failed', atMint: 'pending', state: 'failed', payments: 0 },
  ] as const
  for (const { pay, atMint, state, payments } of faults) {
    it(`of the customer while the wallet is silent about a payment (${pay})`, { timeout: SUITE_MS }, async () => {
      world.market.sandbox.mint()?.setFaults({ pay })
      try {
        const name = world.nextName()
        const role = 'customer'
        const plan = { role, killAt: null, ask: null } as const
        const seen = paymentAtMint(atMint)
        const first = world.start(name, { ...plan, ask: world.seller.keyring.identity.pubkey })
        await seen
        await first.kill()
        const last = world.start(name, plan)
        await world.settled(last)
        await last.stop()
        const left = world.readLeft(name, role)
        const bought = left.row
        if (bought === undefined) throw new Error('no job')
        expect(bought.state).toBe(state)
        expect(world.market.settledPayments(bought.jobId)).toHaveLength(payments)
        const sold = payments === 0 ? world.seller.journal.row('provider', bought.jobId) : await ended(world.seller, 'provider', bought.jobId)
        if (sold === null) throw new Error('the seller knows no such job')
        world.checkMoney({ bought, sold, name, role, left })
      } finally {
        world.market.sandbox.mint()?.setFaults({ pay: 'ok' })
      }
    })
  }
})
