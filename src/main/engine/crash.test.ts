/**
 * Kill -9 at every point of a job, on either side, in real processes; then a restart on the same data, and the mint's own
 * books against both journals. Relay and mint live in this process and survive, as does the other side.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { killEverywhere, openCrashWorld, share, type CrashWorld, type Run } from './testing/crash/crashWorld.ts'
import { ended } from './testing/market.ts'

/** Far more than it takes alone: the machine may be busy with the other tests. */
const SUITE_MS = 600_000

let world: CrashWorld

beforeAll(async () => {
  world = await openCrashWorld('prepay')
})
afterAll(() => world.end())

const runCustomer = (kills: readonly string[]) => world.runCustomer(kills)
const runProvider = (kills: readonly string[]) => world.runProvider(kills)

/** Resolves once the mint's own books show a payment in that state which they did not show before. */
function paymentAtMint(state: string): Promise<void> {
  const count = () => world.market.payments().filter((payment) => payment.state === state).length
  const before = count()
  return vi.waitFor(() => expect(count()).toBe(before + 1), { timeout: 30_000, interval: 20 })
}

function checkDone(kills: readonly string[], { bought, sold, balances = {} }: Run): void {
  if (bought === undefined || sold === undefined) throw new Error(`no job after ${kills.join(', ')}`)
  expect([kills, bought.state, sold.state]).toEqual([kills, 'done', 'done'])
  world.checkMoney({ bought, sold, balances })
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
      world.market.sandbox.mint()?.setFaults({ pay })
      try {
        const dataFolder = world.nextFolder()
        const plan = { role: 'customer', dataFolder, killAt: null, settlement: 'prepay', ask: null } as const
        const seen = paymentAtMint(atMint)
        const first = world.start({ ...plan, ask: world.seller.keyring.identity.pubkey })
        await seen
        await first.kill()
        const last = world.start(plan)
        await world.settled(last)
        await last.stop()
        const [bought] = world.readJournal(dataFolder, (journal) => journal.list({ role: 'customer', limit: 2 }))
        if (bought === undefined) throw new Error('no job')
        expect(bought.state).toBe(state)
        expect(world.market.settledPayments(bought.jobId)).toHaveLength(payments)
        const sold = payments === 0 ? world.seller.journal.row('provider', bought.jobId) : await ended(world.seller, 'provider', bought.jobId)
        if (sold === null) throw new Error('the seller knows no such job')
        world.checkMoney({ bought, sold })
      } finally {
        world.market.sandbox.mint()?.setFaults({ pay: 'ok' })
      }
    })
  }
})
