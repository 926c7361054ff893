/** Whole trades by escrow on the sandbox's hold invoices: real engines, relay, mint and wallets. */
import { describe, expect, it } from 'vitest'
import { KIND } from '#shared/protocol/kinds.ts'
import type { SaleEvent } from './provider/sale.ts'
import { PLAY_MONEY } from './sandbox/mint/ledger.ts'
import { askSeller, ended, jobRow, until } from './testing/market.ts'
import { balanceOf, FEE, PRICE, pubkeyOf, purchaseEvents, saleEvents, shareMarket, TEST_MS, WAIT_MS } from './testing/sharedMarket.ts'
import type { DialectName } from '#shared/market/dialect.ts'
import type { Engine } from './engine.ts'

const { market, openBuyer, openSeller, openPeer, close } = shareMarket()
const QUESTION = 'write 30 words'
const types = (events: readonly { readonly type: string }[]) => events.map(({ type }) => type)

const ask = (buyer: Engine, seller: Engine, dialect?: DialectName, prompt = QUESTION) =>
  askSeller(buyer, pubkeyOf(seller), prompt, { settlement: 'escrow', ...(dialect === undefined ? {} : { dialect }) })

describe('a trade by escrow', { timeout: TEST_MS }, () => {
  it.each(['souk/1', 'nip90', 'channel'] as const)('in %s locks, delivers, releases and claims: the price moves once', async (dialect) => {
    const [seller, buyer] = [await openSeller(), await openBuyer()]
    const { jobId } = await ask(buyer, seller, dialect)
    const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId, WAIT_MS), ended(seller, 'provider', jobId, WAIT_MS)])
    expect(bought).toMatchObject({ state: 'done', settlement: 'escrow', dialect, movedMsat: PRICE + FEE, feeMsat: FEE })
    expect(sold).toMatchObject({ state: 'done', settlement: 'escrow', movedMsat: PRICE, outputTokens: 30 })
    expect(buyer.customer.answer(jobId).split(/\s+/)).toHaveLength(30)
    expect([await balanceOf(buyer), await balanceOf(seller)]).toEqual([PLAY_MONEY - PRICE - FEE, PLAY_MONEY + PRICE])
    expect(market().settledPayments(jobId)).toEqual([{ amountMsat: PRICE, feeMsat: FEE }])
    // Work began on the lock, and the money moved after the answer.
    expect(types(saleEvents(seller, jobId)).filter((type) => ['lockAccepted', 'workBegun', 'generated', 'released', 'paid'].includes(type))).toEqual(['lockAccepted', 'workBegun', 'generated', 'released', 'paid'])
  })
})
