/** Trades by escrow while the sandbox's mint misbehaves: it ends on both sides, and what moves moves once. */
import { afterEach, describe, expect, it } from 'vitest'
import { NO_FAULTS } from '#shared/ipc/mintFaults.ts'
import type { MintFaults } from '#shared/ipc/settings.ts'
import type { Engine } from './engine.ts'
import { PLAY_MONEY } from './sandbox/mint/ledger.ts'
import { askSeller, ended, jobRow } from './testing/market.ts'
import { balanceOf, FEE, PRICE, pubkeyOf, saleEvents, shareMarket, TEST_MS, WAIT_MS } from './testing/sharedMarket.ts'

const { market, openBuyer, openSeller } = shareMarket()
const setFaults = (faults: Partial<MintFaults>) => market().sandbox.mint()?.setFaults({ ...NO_FAULTS, ...faults })
afterEach(() => setFaults({}))

async function trade(faults: Partial<MintFaults>): Promise<{ readonly seller: Engine; readonly buyer: Engine; readonly jobId: string }> {
  const options = { config: { walletTimeouts: { payMs: 5_000, replyMs: 2_000 } } }
  const [seller, buyer] = [await openSeller(options), await openBuyer(options)]
  await Promise.all([seller.account.refresh(), buyer.account.refresh()])
  setFaults(faults)
  const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'write 30 words', { settlement: 'escrow' })
  return { seller, buyer, jobId }
}
const bothEnd = async (seller: Engine, buyer: Engine, jobId: string) => {
  const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId, WAIT_MS), ended(seller, 'provider', jobId, WAIT_MS)])
  return [bought.state, sold.state]
}

describe('the price is paid once, and the answer is there', { timeout: TEST_MS }, () => {
  it.each<[string, Partial<MintFaults>]>([
    ['a payment is slow', { pay: 'timeout-then-paid' }],
    ['the answer to a payment is lost', { pay: 'response-lost' }],
    ['settling is slow', { hold: 'slow' }],
    ['the answer to settling is lost', { hold: 'response-lost' }],
    ['everything is said twice', { messages: 'doubled' }],
    ['everything is announced late and in the wrong order', { messages: 'reordered' }],
    ['nothing is announced', { messages: 'unannounced' }],
  ])('while %s', async (_what, faults) => {
    const { seller, buyer, jobId } = await trade(faults)
    expect(await bothEnd(seller, buyer, jobId)).toEqual(['done', 'done'])
    setFaults({})
    expect([await balanceOf(buyer), await balanceOf(seller)]).toEqual([PLAY_MONEY - PRICE - FEE, PLAY_MONEY + PRICE])
    expect(market().settledPayments(jobId)).toEqual([{ amountMsat: PRICE, feeMsat: FEE }])
    expect(saleEvents(seller, jobId).filter(({ type }) => type === 'workBegun')).toHaveLength(1)
  })

  it.each<[string, Partial<MintFaults>]>([
    ['refuses to settle', { hold: 'fail' }],
    ['hears nothing of settling', { hold: 'request-lost' }],
  ])('once the mint no longer %s: until then it is claimed again, and nothing else is done', async (_what, faults) => {
    const { seller, buyer, jobId } = await trade(faults)
    await jobRow(seller, 'provider', jobId, ({ note }) => note === 'Released. The wallet is taking it.', WAIT_MS)
    expect([await balanceOf(seller), buyer.journal.row('customer', jobId)?.movedMsat]).toEqual([PLAY_MONEY, 0])
    setFaults({})
    expect(await bothEnd(seller, buyer, jobId)).toEqual(['done', 'done'])
    expect(market().settledPayments(jobId)).toEqual([{ amountMsat: PRICE, feeMsat: FEE }])
  })
})

describe('nothing is paid, and nothing is done for it', { timeout: TEST_MS }, () => {
  it.each<[string, Partial<MintFaults>]>([
    ['a payment is refused', { pay: 'fail' }],
    ['a payment fails late', { pay: 'timeout-then-failed' }],
    ['a payment that was called failed is locked after all', { pay: 'failed-then-paid' }],
  ])('when %s', async (_what, faults) => {
    const { seller, buyer, jobId } = await trade(faults)
    const [bought, sold] = await bothEnd(seller, buyer, jobId)
    expect(['failed', 'returned']).toContain(bought)
    expect(['stopped', 'expired', 'returned']).toContain(sold)
    setFaults({})
    expect([await balanceOf(buyer), await balanceOf(seller)]).toEqual([PLAY_MONEY, PLAY_MONEY])
    expect(saleEvents(seller, jobId).map(({ type }) => type)).not.toContain('workBegun')
  })
})
