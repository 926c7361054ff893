/** The wallet's routes over a real engine: what they answer fits the contract, and says what the books say. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Engine } from '#engine/engine.ts'
import { createFaultyDisk } from '#engine/testing/faultyDisk.ts'
import { askSeller, ended, openMarket, until, type Market } from '#engine/testing/market.ts'
import { walletRoutes } from '#shared/ipc/wallet.ts'
import { msat, sats } from '#shared/market/msat.ts'
import { walletHandlers } from './walletHandlers.ts'

let market: Market
let buyer: Engine
let seller: Engine
let handlers: ReturnType<typeof walletHandlers>

beforeAll(async () => {
  market = await openMarket()
  seller = await market.openSeller('seller', { terms: { priceMsat: sats(10) } })
  buyer = await market.open('buyer')
  handlers = walletHandlers(buyer)
  await until((look) => buyer.reconciler.last.subscribe(look), () => buyer.reconciler.last.get(), () => 'the books were never opened')
})
afterAll(() => market.end())

const status = () => walletRoutes['wallet.status'].snapshot.parse(handlers.states['wallet.status'].get())
function entries(input: { before?: number; limit: number }) {
  const answered = handlers.requests['wallet.entries']({ before: undefined, kinds: undefined, ...input })
  return walletRoutes['wallet.entries'].output.parse(answered.value)
}

it('show a purchase in the balance, in the flows and in the books, which page without a gap', async () => {
  const before = status()
  const { jobId } = await askSeller(buyer, seller.keyring.identity.pubkey, 'write 5 words')
  await ended(buyer, 'customer', jobId)
  const after = await until((look) => {
    buyer.account.touch()
    return handlers.states['wallet.status'].subscribe(look)
  }, () => (status().balanceMsat === before.balanceMsat ? null : status()), () => JSON.stringify(status()))
  expect(after).toMatchObject({ pendingMsat: 0, lockedMsat: 0, locks: {}, spent: { todayMsat: sats(10), totalMsat: sats(10) }, earned: { totalMsat: 0 }, spendingStopped: false })
  expect((before.availableMsat ?? 0) - (after.availableMsat ?? 0)).toBe(sats(10) + after.fees.totalMsat)

  const all = entries({ limit: 200 })
  expect([all.more, all.rows.filter((row) => row.jobId === jobId).length, all.rows.at(-1)?.kind]).toEqual([false, all.rows.length - 1, 'opening'])
  const first = entries({ limit: 2 })
  const rest = entries({ limit: 200, before: first.rows.at(-1)?.id ?? 0 })
  expect([first.more, [...first.rows, ...rest.rows]]).toEqual([true, all.rows])
})

it('explain how wallet and books compare', async () => {
  const last = await until((look) => {
    buyer.account.touch()
    return buyer.reconciler.last.subscribe(look)
  }, () => {
    const explained = walletRoutes['wallet.explain'].output.parse(handlers.requests['wallet.explain']().value)
    return explained.last?.walletMsat === explained.last?.booksMsat ? explained : null
  }, () => JSON.stringify(buyer.reconciler.last.get()))
  expect(last).toMatchObject({ last: { underWayMsat: 0, expectedMsat: 0, unexplainedMsat: 0 }, explained: [{ kind: 'opening' }] })
})

it('stop spending at once, pay nothing above the sum for that unconfirmed, and say both', async () => {
  const invoice = await seller.account.receive(sats(600), '', 600)
  if (!invoice.ok) throw new Error(invoice.error.message)
  const { bolt11 } = invoice.value
  const pay = (confirmedMsat?: number) => handlers.requests['wallet.pay']({ bolt11, maxFeeMsat: sats(6), confirmedMsat: confirmedMsat === undefined ? undefined : msat(confirmedMsat) })
  expect(await pay()).toMatchObject({ ok: false, error: { code: 'needs-confirmation', message: expect.stringContaining('600 sats') } })
  handlers.requests['wallet.stopSpending']({ stopped: true })
  expect([status().spendingStopped, buyer.preferences.settings.get().spendingStopped]).toEqual([true, true])
  expect(await pay(sats(600))).toMatchObject({ ok: false, error: { code: 'spending-stopped' } })
  handlers.requests['wallet.stopSpending']({ stopped: false })
  expect(await pay(sats(600))).toMatchObject({ ok: true, value: { state: 'settled' } })
})

it('stop spending at once though the disk keeps nothing, and say that it is not kept', async () => {
  const disk = createFaultyDisk()
  const careful = await market.open('careful', { wrap: { database: disk.wrap } })
  const stop = (stopped: boolean) => [walletHandlers(careful).requests['wallet.stopSpending']({ stopped }), careful.preferences.settings.get().spendingStopped]
  disk.failAt(1, 'full')
  expect(stop(true)).toMatchObject([{ ok: false, error: { code: 'store-failed', message: expect.stringContaining('Spending is stopped, but') } }, true])
  // Not the other way round.
  expect(stop(false)).toMatchObject([{ ok: false, error: { code: 'store-failed', message: expect.stringContaining('stays stopped') } }, true])
  disk.mend()
  expect(stop(true)).toEqual([{ ok: true, value: {} }, true])
})
