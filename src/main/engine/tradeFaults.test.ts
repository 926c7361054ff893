/** Trades while something breaks: the wallet, the mint, the relay, either side, the disk. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { MintFaults } from '#shared/ipc/settings.ts'
import { msat, sats } from '#shared/market/msat.ts'
import { fail } from '#shared/market/result.ts'
import type { Engine } from './engine.ts'
import type { SaleEvent } from './provider/sale.ts'
import { PLAY_MONEY } from './sandbox/mint/ledger.ts'
import type { Journal } from './store/journal.ts'
import type { Wallet } from './wallet/wallet.ts'
import { askSeller, ended, jobRow, openMarket, until, type EngineOptions, type Market } from './testing/market.ts'

const PRICE = sats(10)
const FEE = msat(10)
const QUESTION = 'write 30 words'
const QUICK = { walletTimeouts: { payMs: 800, replyMs: 2_000 } }

let market: Market
let opened: Engine[] = []
let names = 0

beforeAll(async () => {
  market = await openMarket()
})
afterEach(async () => {
  setFaults({ pay: 'ok', down: false, delayMs: 0 })
  for (const engine of opened.toReversed()) await market.close(engine)
  opened = []
  expect(market.audit().balanced).toBe(true)
})
afterAll(() => market.end())

function keep(engine: Engine): Engine {
  opened.push(engine)
  return engine
}
const openBuyer = async (options?: EngineOptions, name = `buyer${names++}`) => keep(await market.open(name, options))
const openSeller = async (options: EngineOptions = {}, name = `seller${names++}`) => keep(await market.openSeller(name, { ...options, terms: { priceMsat: PRICE } }))
const setFaults = (faults: Partial<MintFaults>) => market.sandbox.mint()?.setFaults(faults)
const pubkeyOf = (engine: Engine) => engine.keyring.identity.pubkey
const balanceOf = async ({ wallet }: Engine) => {
  const balance = await wallet.balance()
  return balance.ok ? balance.value : balance.error.message
}
const firstText = (buyer: Engine, jobId: string) =>
  until((look) => buyer.customer.watchText(jobId, look), () => (buyer.customer.answer(jobId) === '' ? null : true), () => 'no text came')
/** Nothing moved, and nobody thinks that anything did. */
async function expectUnpaid(buyer: Engine, jobId: string): Promise<void> {
  expect([buyer.journal.row('customer', jobId)?.movedMsat, market.settledPayments(jobId), await balanceOf(buyer)]).toEqual([0, [], PLAY_MONEY])
}
async function expectPaidOnce(buyer: Engine, seller: Engine, jobId: string): Promise<void> {
  const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
  expect([bought.state, bought.movedMsat, sold.state, sold.movedMsat]).toEqual(['done', PRICE + FEE, 'done', PRICE])
  expect(market.settledPayments(jobId)).toHaveLength(1)
  expect([await balanceOf(buyer), await balanceOf(seller)]).toEqual([PLAY_MONEY - PRICE - FEE, PLAY_MONEY + PRICE])
}

describe('a wallet', () => {
  it('that says the payment failed ends the job with nothing paid', async () => {
    const [seller, buyer] = [await openSeller(), await openBuyer()]
    setFaults({ pay: 'fail' })
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'failed', note: expect.stringContaining('failed') })
    await expectUnpaid(buyer, jobId)
    expect(seller.journal.row('provider', jobId)?.movedMsat).toBe(0)
  })

  it('that is silent and pays later pays once, and the job is done', async () => {
    const [seller, buyer] = [await openSeller(), await openBuyer({ config: QUICK })]
    setFaults({ pay: 'timeout-then-paid' })
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    expect(await jobRow(buyer, 'customer', jobId, (row) => row.state === 'payment-unknown')).toMatchObject({ movedMsat: 0 })
    await expectPaidOnce(buyer, seller, jobId)
  })

  it('that is silent and fails later ends the job with nothing paid', async () => {
    const [seller, buyer] = [await openSeller(), await openBuyer({ config: QUICK })]
    setFaults({ pay: 'timeout-then-failed' })
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'failed' })
    await expectUnpaid(buyer, jobId)
  })

  it('whose answer is lost has paid once, and its hint is enough to go on with', async () => {
    // The patience of a real wallet's adapter: the job does not wait for it.
    const [seller, buyer] = [await openSeller(), await openBuyer()]
    setFaults({ pay: 'response-lost' })
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    await expectPaidOnce(buyer, seller, jobId)
  })

  it('that called a payment failed and settled it is believed the second, though its first word of that is lost', async () => {
    const hints = new Set<Parameters<Wallet['watch']>[0]>()
    const lookups: boolean[] = []
    const wallet = (inner: Wallet): Wallet => ({
      ...inner,
      async pay(request) {
        await inner.pay(request)
        return { state: 'failed', problem: { code: 'payment-failed', message: 'No route.' } }
      },
      lookup(...of) {
        lookups.push(true)
        return lookups.length === 1 ? Promise.resolve(fail('wallet-timeout', 'No answer.')) : inner.lookup(...of)
      },
      watch(listener) {
        hints.add(listener)
        return () => void hints.delete(listener)
      },
    })
    const [seller, buyer] = [await openSeller(), await openBuyer({ wrap: { wallet } })]
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'failed', movedMsat: 0 })
    const [payment] = await buyer.wallet.list({ offset: 0, limit: 1 }).then((listed) => (listed.ok ? listed.value : []))
    for (const hint of hints) hint({ paymentHash: payment?.paymentHash ?? '' })
    expect(await jobRow(buyer, 'customer', jobId, (row) => row.movedMsat > 0)).toMatchObject({ movedMsat: PRICE + FEE })
    expect([lookups.length, market.settledPayments(jobId).length, await balanceOf(buyer)]).toEqual([2, 1, PLAY_MONEY - PRICE - FEE])
  })

  it('that is away when it is asked to pay is asked again when it is back, and pays once', async () => {
    const [seller, buyer] = [await openSeller(), await openBuyer({ config: QUICK })]
    const goAway = buyer.jobChanged.listen((row) => {
      if (row.state === 'paying') setFaults({ down: true })
    })
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    await jobRow(buyer, 'customer', jobId, (row) => row.state === 'payment-unknown')
    goAway()
    expectUnpaidAtMint(jobId)
    setFaults({ down: false })
    await expectPaidOnce(buyer, seller, jobId)
  })

  it('that was never asked because the buyer stopped is not asked when it is back', async () => {
    const asked = { pay: 0, answeredLookups: 0 }
    const signs = new Set<() => void>()
    const wallet = (inner: Wallet): Wallet => ({
      ...inner,
      pay(request) {
        asked.pay += 1
        return inner.pay(request)
      },
      async lookup(...of) {
        const found = await inner.lookup(...of)
        if (found.ok) asked.answeredLookups += 1
        for (const sign of signs) sign()
        return found
      },
    })
    const [seller, buyer] = [await openSeller(), await openBuyer({ config: QUICK, wrap: { wallet } })]
    const goAway = buyer.jobChanged.listen((row) => {
      if (row.state === 'paying') setFaults({ down: true })
    })
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    await jobRow(buyer, 'customer', jobId, (row) => row.state === 'payment-unknown')
    goAway()
    buyer.customer.stop(jobId)
    setFaults({ down: false })
    // Looked up twice, and unknown to the wallet: it waits for the invoice to expire, and pays nothing.
    await until((look) => {
      signs.add(look)
      return () => void signs.delete(look)
    }, () => (asked.answeredLookups >= 2 ? true : null), () => JSON.stringify(asked))
    expect([asked.pay, buyer.journal.row('customer', jobId)?.final]).toEqual([1, false])
    expectUnpaidAtMint(jobId)
  })

  it('of a seller that is away makes no invoice: refused with the reason', async () => {
    const [seller, buyer] = [await openSeller({ config: { walletTimeouts: { replyMs: 300 } } }), await openBuyer()]
    setFaults({ down: true })
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'refused', note: expect.stringContaining('could not make an invoice') })
  })

  function expectUnpaidAtMint(jobId: string): void {
    expect(market.settledPayments(jobId)).toEqual([])
  }
})

describe('in the middle of an answer', () => {
  it('the seller goes away and comes back: what was paid for is delivered, once', async () => {
    const [seller, buyer] = [await openSeller({ toyTokensPerSecond: 60 }, 'coming-seller'), await openBuyer()]
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'write 300 words')
    await firstText(buyer, jobId)
    opened = opened.filter((engine) => engine !== seller)
    await market.close(seller)
    expect(buyer.journal.row('customer', jobId)?.final).toBe(false)
    const back = await openSeller({}, 'coming-seller')
    await expectPaidOnce(buyer, back, jobId)
    expect(buyer.customer.answer(jobId).split(/\s+/)).toHaveLength(300)
  })

  it('the buyer goes away and comes back: it reads the whole answer, and no piece twice', async () => {
    const [seller, buyer] = [await openSeller({ toyTokensPerSecond: 200 }), await openBuyer({}, 'coming-buyer')]
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'write 300 words')
    await firstText(buyer, jobId)
    opened = opened.filter((engine) => engine !== buyer)
    await market.close(buyer)
    const back = await openBuyer({}, 'coming-buyer')
    const shown = new Set<string>()
    back.customer.watchText(jobId, () => shown.add(back.customer.answer(jobId)))
    await expectPaidOnce(back, seller, jobId)
    const whole = back.customer.answer(jobId)
    expect(whole.split(/\s+/)).toHaveLength(300)
    // Whatever was shown on the way was a beginning of it, never a jumble of stored pieces.
    for (const text of shown) expect(whole.startsWith(text)).toBe(true)
  })

  it('the relay and the mint go away: another Souk takes their place, and the answer arrives', async () => {
    const [seller, buyer] = [await openSeller({ toyTokensPerSecond: 100 }), await openBuyer()]
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'write 100 words')
    await firstText(buyer, jobId)
    await market.stopSandbox()
    const done = ended(buyer, 'customer', jobId, 40_000)
    expect(await done).toMatchObject({ state: 'done', movedMsat: PRICE + FEE })
    expect(await ended(seller, 'provider', jobId)).toMatchObject({ state: 'done' })
    expect(market.settledPayments(jobId)).toHaveLength(1)
    expect(buyer.customer.answer(jobId).split(/\s+/)).toHaveLength(100)
    for (const engine of opened.toReversed()) await market.close(engine)
    opened = []
    await market.startSandbox()
  }, 60_000)
})

describe('a disk that is full', () => {
  /** The buyer's writes of a job, in order. */
  const WRITES = ['asked', 'sent', 'invoiceAccepted', 'payAsked', 'settled'] as const
  for (const refused of WRITES) {
    it(`when "${refused}" is to be written: no money moves without it, it is said, and it works again afterwards`, async () => {
      let full = true
      const journal = (inner: Journal): Journal => ({
        ...inner,
        append(role, jobId, from, events, record) {
          if (full && events.some(({ body }) => JSON.stringify(body).includes(`"type":"${refused}"`))) throw new Error('database or disk is full')
          inner.append(role, jobId, from, events, record)
        },
      })
      const [seller, buyer] = [await openSeller(), await openBuyer({ wrap: { journal } })]
      const failed = until((look) => buyer.notices.current.subscribe(look), () => buyer.notices.current.get()['store-failed'] ?? null, () => 'no notice')
      if (refused === 'asked') {
        await expect(askSeller(buyer, pubkeyOf(seller), QUESTION)).rejects.toThrow('takes no writes')
        expect([buyer.threads.list(), buyer.journal.list({ limit: 1 })]).toEqual([[], []])
        full = false
      }
      const { jobId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
      expect((await failed).message).toContain('disk is full')
      if (refused === 'invoiceAccepted' || refused === 'payAsked') await expectUnpaid(buyer, jobId)
      full = false
      await expectPaidOnce(buyer, seller, jobId)
      expect(buyer.notices.current.get()['store-failed']).toBeUndefined()
    })
  }

  for (const refused of ['invoiced', 'paid', 'workBegun', 'generated']) {
    it(`of the seller when "${refused}" is to be written: what was paid is delivered afterwards, once`, async () => {
      let full = true
      const journal = (inner: Journal): Journal => ({
        ...inner,
        append(role, jobId, from, events, record) {
          if (full && events.some(({ body }) => JSON.stringify(body).includes(`"type":"${refused}"`))) throw new Error('database or disk is full')
          inner.append(role, jobId, from, events, record)
        },
      })
      const [seller, buyer] = [await openSeller({ wrap: { journal } }), await openBuyer()]
      const { jobId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
      await until((look) => seller.notices.current.subscribe(look), () => seller.notices.current.get()['store-failed'] ?? null, () => 'no notice')
      expect(seller.journal.row('provider', jobId)?.final).toBe(false)
      full = false
      await expectPaidOnce(buyer, seller, jobId)
      // Nothing was skipped: each step was written before the one that follows from it.
      const written = seller.journal.events('provider', jobId).map(({ body }) => (body as SaleEvent).type)
      expect(written.filter((type) => ['invoiced', 'paid', 'workBegun', 'generated'].includes(type)).filter((type, index, all) => all.indexOf(type) === index)).toEqual(['invoiced', 'paid', 'workBegun', 'generated'])
    })
  }
})
