/** One's own money in a whole market: the books beside the wallet, and the limits that nothing passes. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Limits } from '#shared/ipc/settings.ts'
import { isBalanced } from '#shared/market/books.ts'
import { msat, sats } from '#shared/market/msat.ts'
import type { PurchaseEvent } from './customer/purchase.ts'
import type { Engine, EngineWraps } from './engine.ts'
import { PLAY_MONEY } from './sandbox/mint/ledger.ts'
import { askSeller, ended, openMarket, until, type Market } from './testing/market.ts'

const PRICE = sats(10)
const FEE = msat(10)
const QUESTION = 'write 5 words'
/** Locks are looked at ever more rarely. */
const WAIT_MS = 60_000

let market: Market
let seller: Engine
let buyers: Engine[] = []
let names = 0

beforeAll(async () => {
  market = await openMarket()
  seller = await market.openSeller('seller', { terms: { priceMsat: PRICE, concurrency: 4 } })
})
afterEach(async () => {
  for (const buyer of buyers) await market.close(buyer)
  buyers = []
  expect(market.audit().balanced).toBe(true)
})
afterAll(() => market.end())

async function openBuyer(limits: Partial<Limits> = {}, wrap: EngineWraps = {}, name = `buyer${names++}`): Promise<Engine> {
  const buyer = await market.open(name, { limits, wrap })
  buyers.push(buyer)
  return buyer
}
const ask = (buyer: Engine) => askSeller(buyer, seller.keyring.identity.pubkey, QUESTION)
/** Books and wallet say the same, and nothing is under way. */
const agree = (engine: Engine, expectedMsat?: number) =>
  until(
    (look) => {
      engine.account.touch()
      return engine.reconciler.last.subscribe(look)
    },
    () => {
      const last = engine.reconciler.last.get()
      const { wallet, onTheWay } = engine.books.balances()
      return last !== null && last.walletMsat === (expectedMsat ?? wallet) && wallet === last.walletMsat && onTheWay === undefined && last.unexplainedMsat === 0 ? last.walletMsat : null
    },
    () => JSON.stringify([engine.reconciler.last.get(), engine.books.list({ limit: 20 })]),
  )
const kindsOf = (engine: Engine) => new Set(engine.books.list({ limit: 200 }).map(({ kind }) => kind))

describe('the books', () => {
  it('say on both sides what the wallet says, what came in and what it went for, also after a restart', async () => {
    const name = `buyer${names++}`
    const first = await openBuyer({}, {}, name)
    await agree(first)
    await agree(seller)
    const { jobId } = await ask(first)
    await ended(first, 'customer', jobId)
    await ended(seller, 'provider', jobId)
    await agree(first, PLAY_MONEY - PRICE - FEE)
    expect(first.money.figures()).toMatchObject({ availableMsat: PLAY_MONEY - PRICE - FEE, pendingMsat: 0, lockedMsat: 0, owedToUsMsat: 0, spent: { todayMsat: PRICE, totalMsat: PRICE }, fees: { todayMsat: FEE, totalMsat: FEE }, unexplainedMsat: 0 })
    await agree(seller, PLAY_MONEY + PRICE)
    expect(seller.money.figures()).toMatchObject({ availableMsat: PLAY_MONEY + PRICE, owedByUsMsat: 0, earned: { todayMsat: PRICE, totalMsat: PRICE }, unexplainedMsat: 0 })
    for (const { moves } of [...first.books.list({ limit: 50 }), ...seller.books.list({ limit: 50 })]) expect(isBalanced(moves)).toBe(true)
    expect([kindsOf(first), kindsOf(seller)]).toEqual([new Set(['opening', 'job']), new Set(['opening', 'job'])])

    buyers = []
    await market.close(first)
    const again = await openBuyer({}, {}, name)
    await agree(again)
    expect([again.money.figures().spent.totalMsat, kindsOf(again)]).toEqual([PRICE, new Set(['opening', 'job'])])
  })

  it.each(['escrow', 'sealed'] as const)('say the same after a trade by %s, and nothing stays locked or owed', async (settlement) => {
    const buyer = await openBuyer()
    await agree(buyer)
    const hadMsat = await agree(seller)
    const { jobId } = await askSeller(buyer, seller.keyring.identity.pubkey, QUESTION, { settlement })
    await Promise.all([ended(buyer, 'customer', jobId, WAIT_MS), ended(seller, 'provider', jobId, WAIT_MS)])
    await agree(buyer, PLAY_MONEY - PRICE - FEE)
    await agree(seller, hadMsat + PRICE)
    expect([buyer.books.ofJob('customer', jobId), seller.books.ofJob('provider', jobId)]).toEqual([{ wallet: 0 - PRICE - FEE, spent: PRICE, fees: FEE }, { wallet: PRICE, earned: 0 - PRICE }])
    expect(buyer.books.list({ limit: 20 }).some(({ moves }) => (moves.locked ?? 0) > 0)).toBe(true)
    expect([kindsOf(buyer), kindsOf(seller)]).toEqual([new Set(['opening', 'job']), new Set(['opening', 'job'])])
  }, WAIT_MS)

  it('find what was received and sent by hand by its hash, once', async () => {
    const [payer, payee] = [await openBuyer(), await openBuyer()]
    await agree(payer)
    await agree(payee)
    const invoice = await payee.account.receive(sats(7), 'Lunch', 600)
    if (!invoice.ok) throw new Error(invoice.error.message)
    expect(await payer.account.send(invoice.value.bolt11, sats(1))).toMatchObject({ ok: true, value: { state: 'settled' } })
    await agree(payee, PLAY_MONEY + sats(7))
    await agree(payer, PLAY_MONEY - sats(7) - payer.money.figures().fees.totalMsat)
    expect(payee.books.list({ kinds: ['received'], limit: 9 })).toMatchObject([{ paymentHash: invoice.value.paymentHash, moves: { wallet: 7_000 } }])
    expect([kindsOf(payer), payer.books.ofPayment(invoice.value.paymentHash).outside]).toEqual([new Set(['opening', 'by-hand']), 7_000])
  })
})

describe('limits', () => {
  it('are not passed by two questions at once', async () => {
    const buyer = await openBuyer({ perDayMsat: sats(15) })
    const asked = [await ask(buyer), await ask(buyer)]
    const rows = await Promise.all(asked.map(({ jobId }) => ended(buyer, 'customer', jobId)))
    expect(rows.map(({ state }) => state).toSorted()).toEqual(['done', 'refused'])
    expect(rows.find(({ state }) => state === 'refused')?.note).toMatch(/your limit is 15/)
    await agree(buyer, PLAY_MONEY - PRICE - FEE)
  })

  it('let a seller that never finished a job have little, and one that did more', async () => {
    const buyer = await openBuyer()
    const first = await ask(buyer)
    expect(await ended(buyer, 'customer', first.jobId)).toMatchObject({ state: 'done' })
    buyer.preferences.update({ limits: { newProviderMsat: sats(9) } })
    const second = await ask(buyer)
    expect(await ended(buyer, 'customer', second.jobId)).toMatchObject({ state: 'done' })
    const stranger = await openBuyer({ newProviderMsat: sats(9) })
    await expect(ask(stranger)).rejects.toThrow(/has finished no job for you yet, and would have got 10 sats; your limit for a new one is 9/)
  })

  it('above which a person confirms are told before it is asked, and nothing goes out unconfirmed', async () => {
    const buyer = await openBuyer({ confirmAboveMsat: sats(9) })
    const question = { prompt: QUESTION, selection: { by: 'pubkey' as const, prefix: seller.keyring.identity.pubkey } }
    const quote = await until((look) => buyer.customer.offers.subscribe(look), () => {
      const quoted = buyer.customer.quote(question)
      return quoted.ok ? quoted.value : null
    }, () => 'no offer')
    expect([quote.confirmMsat, quote.problem]).toEqual([PRICE, null])
    expect(buyer.customer.ask(question)).toMatchObject({ ok: false, error: { code: 'needs-confirmation', message: expect.stringContaining('10 sats') } })
    const asked = buyer.customer.ask({ ...question, confirmedMsat: PRICE })
    if (!asked.ok) throw new Error(asked.error.message)
    expect(await ended(buyer, 'customer', asked.value.jobId)).toMatchObject({ state: 'done' })
  })
})

describe('the kill switch', () => {
  it('thrown between the intent and the wallet keeps the wallet from being asked, and gives back what was intended', async () => {
    let paid = 0
    const stops: { now: () => void } = { now: () => {} }
    const buyer = await openBuyer({}, {
      wallet: (wallet) => ({
        ...wallet,
        pay(request) {
          paid += 1
          return wallet.pay(request)
        },
      }),
      journal: (journal) => ({
        ...journal,
        append(...append) {
          journal.append(...append)
          if (append[3].some(({ body }) => (body as PurchaseEvent).type === 'invoiceAccepted')) stops.now()
        },
      }),
    })
    await agree(buyer)
    stops.now = () => buyer.preferences.update({ spendingStopped: true })
    const { jobId } = await ask(buyer)
    const row = await ended(buyer, 'customer', jobId)
    expect([row.state, row.note, paid]).toEqual(['failed', expect.stringMatching(/^Spending is stopped\. Nothing was paid\./), 0])
    await agree(buyer, PLAY_MONEY)
    expect(buyer.books.ofJob('customer', jobId)).toEqual({})
    stops.now = () => {}
    const refused = buyer.customer.ask({ prompt: QUESTION, selection: { by: 'pubkey', prefix: seller.keyring.identity.pubkey } })
    expect(refused).toMatchObject({ ok: false, error: { message: expect.stringContaining('Spending is stopped') } })
    buyer.preferences.update({ spendingStopped: false })
    const again = await ask(buyer)
    expect(await ended(buyer, 'customer', again.jobId)).toMatchObject({ state: 'done' })
    expect(paid).toBe(1)
  })
})
