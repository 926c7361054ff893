/** Whole sealed trades (PROTOCOL.md §6) in one process: real engines, relay, mint and wallets; the toy behind them. */
import { describe, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import type { SaleTerms } from '#shared/ipc/provider.ts'
import type { Engine } from './engine.ts'
import { PLAY_MONEY } from './sandbox/mint/ledger.ts'
import { jobRow, until, type EngineOptions } from './testing/market.ts'
import { balanceOf, FEE, PRICE, pubkeyOf, purchaseEvents, saleEvents, shareMarket, TEST_MS, WAIT_MS } from './testing/sharedMarket.ts'
import type { Wallet } from './wallet/wallet.ts'

const { market, newName, openBuyer, close } = shareMarket()

const sellers: Engine[] = []
async function openSeller(terms: Partial<SaleTerms> = {}, options: EngineOptions = {}, name = newName('sealer')): Promise<Engine> {
  const seller = await market().openSeller(name, { ...options, terms: { priceMsat: PRICE, ...terms } })
  sellers.push(seller)
  return seller
}

/** Asks for a sealed answer as soon as that is possible. */
async function ask(buyer: Engine, seller: Engine, prompt = 'write 60 words'): Promise<string> {
  const question = { prompt, selection: { by: 'pubkey' as const, prefix: pubkeyOf(seller) }, settlement: 'sealed' as const }
  await until((look) => buyer.customer.offers.subscribe(look), () => (buyer.customer.quote(question).ok ? true : null), () => JSON.stringify(buyer.customer.quote(question)), WAIT_MS)
  const asked = buyer.customer.ask(question)
  if (!asked.ok) throw new Error(asked.error.message)
  return asked.value.jobId
}
const ended = (engine: Engine, role: 'customer' | 'provider', jobId: string) => jobRow(engine, role, jobId, (row) => row.final, WAIT_MS)

describe('a sealed trade', () => {
  it('shows the beginning, is paid once, and opens to the text that was signed for', { timeout: TEST_MS }, async () => {
    const [seller, buyer] = [await openSeller({}, { toyTokensPerSecond: 200 }), await openBuyer()]
    const jobId = await ask(buyer, seller)
    const pieces: string[] = []
    const veils: number[] = []
    buyer.customer.watchText(jobId, (change) => change.type === 'text' && pieces.push(change.text))
    buyer.customer.watchVeil(jobId, (bytes) => veils.push(bytes))
    const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
    expect([bought.state, bought.settlement, bought.movedMsat, sold.state, sold.movedMsat]).toEqual(['done', 'sealed', PRICE + FEE, 'done', PRICE])
    const made = saleEvents(seller, jobId).find((event) => event.type === 'generated')?.generated.text ?? ''
    expect(buyer.customer.answer(jobId)).toBe(made)
    const streamed = pieces.join('')
    expect(made.startsWith(streamed)).toBe(true)
    expect(streamed.length).toBeGreaterThan(0)
    expect(streamed.length).toBeLessThanOrEqual(made.length * 0.3)
    expect(veils.at(-1)).toBeGreaterThan(0)
    expect(veils).toEqual(veils.toSorted((a, b) => a - b))
    expect(market().settledPayments(jobId)).toHaveLength(1)
    expect([await balanceOf(buyer), await balanceOf(seller)]).toEqual([PLAY_MONEY - PRICE - FEE, PLAY_MONEY + PRICE])
    const order = purchaseEvents(buyer, jobId).map(({ type }) => type)
    expect(order.indexOf('sealedReceived')).toBeLessThan(order.indexOf('payAsked'))
  })

  it('takes a deposit first where the offer says so', { timeout: TEST_MS }, async () => {
    const [seller, buyer] = [await openSeller({ depositPermille: 250 }), await openBuyer()]
    const jobId = await ask(buyer, seller)
    const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
    expect([bought.state, sold.state, sold.movedMsat, bought.movedMsat - bought.feeMsat]).toEqual(['done', 'done', PRICE, PRICE])
    expect(market().settledPayments(jobId).map(({ amountMsat }) => amountMsat).toSorted((a, b) => a - b)).toEqual([sats(2), sats(8)])
  })

  it('is opened at the next start where the wallet had said that opening it failed, though its deposit was paid', { timeout: TEST_MS }, async () => {
    /** Pays, says of what may be held that it failed, and hints at nothing. */
    const lying = (inner: Wallet): Wallet => ({
      ...inner,
      async pay(request) {
        const outcome = await inner.pay(request)
        return request.mayHold === true ? { state: 'failed', problem: { code: 'payment-failed', message: 'No route.' } } : outcome
      },
      watch: () => () => {},
    })
    const name = newName('buyer')
    const [seller, buyer] = [await openSeller({ depositPermille: 250 }), await openBuyer({ wrap: { wallet: lying } }, name)]
    const jobId = await ask(buyer, seller)
    const [failed, sold] = await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
    expect([failed.state, failed.movedMsat - failed.feeMsat, sold.state, sold.movedMsat]).toEqual(['failed', sats(2), 'done', PRICE])
    await close(buyer)
    const again = await openBuyer({}, name)
    const opened = await jobRow(again, 'customer', jobId, (row) => row.state === 'done', WAIT_MS)
    const made = saleEvents(seller, jobId).findLast((event) => event.type === 'generated')?.generated.text
    expect([opened.final, opened.movedMsat - opened.feeMsat, again.customer.answer(jobId)]).toEqual([true, PRICE, made])
    expect([market().settledPayments(jobId).length, await balanceOf(again)]).toEqual([2, PLAY_MONEY - opened.movedMsat])
  })
})
