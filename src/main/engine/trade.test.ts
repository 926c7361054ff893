/** Whole trades in one process: real engines, relay, mint and wallets; the toy behind them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { msat, sats } from '#shared/market/msat.ts'
import type { SaleTerms } from '#shared/ipc/provider.ts'
import type { ChannelMessageOf } from '#shared/protocol/channel.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import type { PurchaseEvent } from './customer/purchase.ts'
import type { Engine } from './engine.ts'
import type { SaleEvent } from './provider/sale.ts'
import { PLAY_MONEY } from './sandbox/mint/ledger.ts'
import { askSeller, ended, jobRow, openMarket, until, type EngineOptions, type Market } from './testing/market.ts'
import { openPeer, type Peer } from './testing/peer.ts'

const PRICE = sats(10)
const FEE = msat(10)
const QUESTION = 'write 30 words'
const LONG_QUESTION = 'write 3000 words'

let market: Market
let opened: { readonly close: () => Promise<void> }[] = []
let names = 0

beforeAll(async () => {
  market = await openMarket()
})
afterEach(async () => {
  market.sandbox.mint()?.setFaults({ pay: 'ok', down: false })
  for (const each of opened.toReversed()) await each.close()
  opened = []
  expect(market.audit().balanced).toBe(true)
})
afterAll(() => market.end())

function keep<T extends Engine | Peer>(made: T): T {
  opened.push({ close: () => ('journal' in made ? market.close(made) : made.close()) })
  return made
}
const openBuyer = async (options?: EngineOptions, name = `buyer${names++}`) => keep(await market.open(name, options))
const openSeller = async (terms: Partial<SaleTerms> = {}, options: EngineOptions = {}, name = `seller${names++}`) => keep(await market.openSeller(name, { ...options, terms: { priceMsat: PRICE, ...terms } }))
const pubkeyOf = (engine: Engine) => engine.keyring.identity.pubkey
const balanceOf = async ({ wallet }: Engine) => {
  const balance = await wallet.balance()
  return balance.ok ? balance.value : balance.error.message
}
const soldPrompt = (seller: Engine, jobId: string) => {
  const events = seller.journal.events('provider', jobId).map(({ body }) => body as SaleEvent)
  return events.find((event) => event.type === 'requested')?.request.prompt ?? ''
}
const firstText = (buyer: Engine, jobId: string) =>
  until((look) => buyer.customer.watchText(jobId, look), () => (buyer.customer.answer(jobId) === '' ? null : buyer.customer.answer(jobId)), () => 'no text came')
/** From here on a stop comes too late to keep the wallet from paying. */
const walletAsked = (buyer: Engine, jobId: string) =>
  jobRow(buyer, 'customer', jobId, () => buyer.journal.events('customer', jobId).some(({ body }) => (body as PurchaseEvent).type === 'payAsked'))
const idle = (seller: Engine) => until((look) => seller.provider.status.subscribe(look), () => (Object.keys(seller.provider.status.get().jobs).length === 0 ? true : null), () => JSON.stringify(seller.provider.status.get().jobs))

describe('a trade', () => {
  it('moves the price and the fee once, streams the answer in order, and is told alike on both sides', async () => {
    const [seller, buyer] = [await openSeller({}, { toyTokensPerSecond: 300 }), await openBuyer()]
    const { jobId, threadId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    let streamed = ''
    let pieces = 0
    const replaced: [string, boolean][] = []
    buyer.customer.watchText(jobId, (change) => {
      if (change.type === 'replace') {
        replaced.push([change.text, jobId in buyer.customer.jobs.get()])
        return
      }
      streamed += change.text
      pieces += 1
    })
    const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
    expect(bought).toMatchObject({ state: 'done', movedMsat: PRICE + FEE, feeMsat: FEE, peer: pubkeyOf(seller) })
    expect(sold).toMatchObject({ state: 'done', movedMsat: PRICE, outputTokens: 30, dialect: 'souk/1', privacy: 'private' })
    // The seller knows the key of one job.
    expect(sold.peer).not.toBe(pubkeyOf(buyer))
    expect(buyer.customer.answer(jobId).split(/\s+/)).toHaveLength(30)
    expect(streamed).toBe(buyer.customer.answer(jobId))
    // Once, and while the job is still among those that run.
    expect(replaced).toEqual([[streamed, true]])
    expect(pieces).toBeGreaterThan(1)
    expect([await balanceOf(buyer), await balanceOf(seller)]).toEqual([PLAY_MONEY - PRICE - FEE, PLAY_MONEY + PRICE])
    expect(market.settledPayments(jobId)).toEqual([{ amountMsat: PRICE, feeMsat: FEE }])
    expect(buyer.threads.turns(threadId)).toMatchObject([{ jobId, prompt: QUESTION, turnsCut: 0 }])
    expect(seller.provider.earnings(0)).toEqual({ earnedMsat: PRICE, jobs: 1 })
  })

  it('is stopped before payment with nothing moved', async () => {
    const [peer, buyer] = [keep(await openPeer(market)), await openBuyer()]
    const channelId = await peer.offer()
    const { jobId } = await askSeller(buyer, peer.pubkey, QUESTION)
    const { event } = await peer.request(channelId)
    expect(buyer.customer.stop(jobId)).toMatchObject({ ok: true })
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'stopped', movedMsat: 0 })
    await peer.hear({ kinds: [KIND.deletion], '#e': [event.id] }, (cancel) => cancel)
    // An invoice that comes now finds nobody.
    const { bolt11, amountMsat } = await peer.invoice(PRICE)
    await peer.say(channelId, { type: 'Invoice', job_id: jobId, bolt11, amount_msats: amountMsat })
    expect([await balanceOf(buyer), buyer.journal.row('customer', jobId)?.state]).toEqual([PLAY_MONEY, 'stopped'])
  })

  it('is stopped while the payment is on its way: the price is spent once, and both sides say so', async () => {
    const [seller, buyer] = [await openSeller(), await openBuyer()]
    market.sandbox.mint()?.setFaults({ pay: 'timeout-then-paid' })
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    await walletAsked(buyer, jobId)
    expect(buyer.customer.stop(jobId)).toMatchObject({ ok: true })
    const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
    expect([bought.state, bought.movedMsat, sold.movedMsat]).toEqual(['stopped', PRICE + FEE, PRICE])
    expect(['stopped', 'done']).toContain(sold.state)
    expect(market.settledPayments(jobId)).toHaveLength(1)
  })

  it('is stopped while a payment is on its way that fails: nothing is spent', async () => {
    const [seller, buyer] = [await openSeller(), await openBuyer({ config: { walletTimeouts: { payMs: 1_000 } } })]
    market.sandbox.mint()?.setFaults({ pay: 'timeout-then-failed' })
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    await walletAsked(buyer, jobId)
    buyer.customer.stop(jobId)
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'stopped', movedMsat: 0 })
    expect(await balanceOf(buyer)).toBe(PLAY_MONEY)
  })

  it('is stopped in the middle: what arrived is kept, the seller stops working and delivers what was made', async () => {
    const [seller, buyer, watcher] = [await openSeller({ concurrency: 1 }, { toyTokensPerSecond: 100 }), await openBuyer(), keep(await openPeer(market))]
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), LONG_QUESTION, { dialect: 'channel' })
    await firstText(buyer, jobId)
    buyer.customer.stop(jobId)
    const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
    expect([bought.state, bought.movedMsat, sold.state, sold.movedMsat]).toEqual(['stopped', PRICE + FEE, 'stopped', PRICE])
    const channelId = String(seller.provider.status.get().channelId)
    const delivered = await watcher.hearChannel(channelId, (message) => (message.type === 'JobResult' && message.job_id === jobId ? message.result : null))
    expect(delivered.split(' ').length).toBeLessThan(3_000)
    expect(buyer.customer.answer(jobId)).not.toBe('')
    expect(delivered.startsWith(buyer.customer.answer(jobId))).toBe(true)
    await idle(seller)
    // Its one place is free again.
    const next = await askSeller(buyer, pubkeyOf(seller), 'What is 2+2?')
    expect(await ended(buyer, 'customer', next.jobId)).toMatchObject({ state: 'done' })
  })

  it('goes to the cheaper of two sellers', async () => {
    const [dear, cheap, buyer] = [await openSeller({ priceMsat: sats(12) }), await openSeller({ priceMsat: sats(7) }), await openBuyer()]
    await until((look) => buyer.customer.offers.subscribe(look), () => ([dear, cheap].every((seller) => [...buyer.customer.offers.get().values()].some((offer) => offer.pubkey === pubkeyOf(seller))) ? true : null), () => 'both offers')
    const asked = buyer.customer.ask({ prompt: QUESTION, selection: { by: 'cheapest' } })
    if (!asked.ok) throw new Error(asked.error.message)
    expect(await ended(buyer, 'customer', asked.value.jobId)).toMatchObject({ state: 'done', peer: pubkeyOf(cheap), priceMsat: sats(7) })
    expect(dear.journal.list({ limit: 1 })).toEqual([])
  })

  it('is there after a restart, with its answer, on both sides', async () => {
    const [seller, buyer] = [await openSeller({}, {}, 'lasting-seller'), await openBuyer({}, 'lasting-buyer')]
    const { jobId, threadId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
    const before = { row: buyer.journal.row('customer', jobId), answer: buyer.customer.answer(jobId), thread: buyer.threads.get(threadId), sold: seller.journal.row('provider', jobId) }
    await market.close(buyer)
    await market.close(seller)
    const [sellerAgain, buyerAgain] = [await openSeller({}, {}, 'lasting-seller'), await openBuyer({}, 'lasting-buyer')]
    expect({ row: buyerAgain.journal.row('customer', jobId), answer: buyerAgain.customer.answer(jobId), thread: buyerAgain.threads.get(threadId), sold: sellerAgain.journal.row('provider', jobId) }).toEqual(before)
    expect([pubkeyOf(buyerAgain), buyerAgain.customer.jobs.get()]).toEqual([pubkeyOf(buyer), {}])
    // The seller reads the last five minutes again: the same request is the same job.
    const next = await askSeller(buyerAgain, pubkeyOf(sellerAgain), QUESTION)
    await ended(buyerAgain, 'customer', next.jobId)
    expect(sellerAgain.journal.list({ role: 'provider', limit: 10 })).toHaveLength(2)
    expect(market.settledPayments(jobId)).toHaveLength(1)
  })

  it('carries the conversation into a follow-up, and says when it had to be cut', async () => {
    const [seller, buyer] = [await openSeller({ maxTokens: 4_096 }, { toyTokensPerSecond: 50_000 }), await openBuyer({ limits: { maxTokens: 4_096 } })]
    const first = await askSeller(buyer, pubkeyOf(seller), 'What is 6*7?')
    await ended(buyer, 'customer', first.jobId)
    const { threadId } = first
    const second = await askSeller(buyer, pubkeyOf(seller), LONG_QUESTION, { threadId })
    await ended(buyer, 'customer', second.jobId)
    expect(soldPrompt(seller, second.jobId)).toContain('What is 6*7?')
    expect(soldPrompt(seller, second.jobId)).toContain('42')
    const third = await askSeller(buyer, pubkeyOf(seller), 'And then?', { threadId })
    await ended(buyer, 'customer', third.jobId)
    expect(soldPrompt(seller, third.jobId)).toBe('And then?')
    expect(buyer.threads.turns(threadId).map((turn) => turn.turnsCut)).toEqual([0, 0, 2])
    expect(buyer.journal.row('customer', second.jobId)?.promptPreview).toBe(LONG_QUESTION)
  })
})

describe('the same question', () => {
  it('asked twice within a second is two jobs, each paid once', async () => {
    const [seller, buyer] = [await openSeller(), await openBuyer()]
    const first = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    const second = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    expect(second.jobId).not.toBe(first.jobId)
    const rows = await Promise.all([first, second].map(({ jobId }) => ended(buyer, 'customer', jobId)))
    expect(rows.map((row) => row.state)).toEqual(['done', 'done'])
    expect(await balanceOf(buyer)).toBe(PLAY_MONEY - 2 * (PRICE + FEE))
  })
})

describe('a refusal reaches the customer with its reason, and costs nothing', () => {
  it('of a prompt that is too long', async () => {
    const [seller, buyer] = [await openSeller({ maxPromptBytes: 64 }), await openBuyer()]
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'x'.repeat(65))
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'refused', movedMsat: 0, note: expect.stringContaining('too long: 65 bytes, at most 64') })
  })

  it('of a request when the queue is full, until there is room again', async () => {
    const [seller, buyer, other] = [await openSeller({ concurrency: 1, queueLength: 0 }, { toyTokensPerSecond: 50 }), await openBuyer(), await openBuyer()]
    const blocking = await askSeller(other, pubkeyOf(seller), LONG_QUESTION)
    await firstText(other, blocking.jobId)
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'What is 2+2?')
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'refused', movedMsat: 0, note: expect.stringContaining('queue is full: 1 paid jobs wait') })
    other.customer.stop(blocking.jobId)
    await ended(seller, 'provider', blocking.jobId)
    const again = await askSeller(buyer, pubkeyOf(seller), 'What is 2+2?')
    expect(await ended(buyer, 'customer', again.jobId)).toMatchObject({ state: 'done' })
  })

  it('of an unknown model, of another kind of job, and of one request too many from one key', async () => {
    const [seller, peer] = [await openSeller({ maxOpenPerCustomer: 1 }), keep(await openPeer(market))]
    const channelId = String(seller.provider.status.get().channelId)
    const ask: ChannelMessageOf<'JobRequest'> = { type: 'JobRequest', kind: 5050, prompt: 'Hi', max_tokens: 10, target_provider: pubkeyOf(seller), model: undefined }
    const reasonFor = async (message: ChannelMessageOf<'JobRequest'>) => {
      const { id } = await peer.say(channelId, message)
      return peer.hear({ kinds: [KIND.jobFeedback], '#e': [id] }, (event) => event.tags.find((tag) => tag[0] === 'status')?.[2] ?? null)
    }
    expect(await reasonFor({ ...ask, model: 'gpt-9' })).toContain('gpt-9 is not offered. Offered: souk-toy')
    expect(await reasonFor({ ...ask, kind: 5100 })).toContain('kind 5050 only')
    await peer.say(channelId, ask)
    await peer.hearChannel(channelId, (message) => (message.type === 'Invoice' ? message : null))
    expect(await reasonFor({ ...ask, prompt: 'Again' })).toContain('at most 1')
  })

  it('of what the buyer may not spend today, with what is still pending counted', async () => {
    const [seller, buyer] = [await openSeller(), await openBuyer({ limits: { perDayMsat: sats(15) } })]
    market.sandbox.mint()?.setFaults({ pay: 'timeout-then-paid' })
    await askSeller(buyer, pubkeyOf(seller), QUESTION)
    // Nothing is pending before the first invoice: both questions go out.
    const second = await askSeller(buyer, pubkeyOf(seller), 'Another?')
    const jobs = buyer.journal.list({ role: 'customer', limit: 2 }).map((row) => row.jobId)
    const rows = await Promise.all(jobs.map((jobId) => ended(buyer, 'customer', jobId)))
    expect(rows.map((row) => row.state).toSorted()).toEqual(['done', 'refused'])
    expect(rows.find((row) => row.state === 'refused')).toMatchObject({ movedMsat: 0, note: expect.stringContaining('your limit is 15') })
    expect(await balanceOf(buyer)).toBe(PLAY_MONEY - PRICE - FEE)
    expect(buyer.customer.ask({ prompt: 'Third?', selection: { by: 'pubkey', prefix: pubkeyOf(seller) } })).toMatchObject({ ok: false, error: { message: expect.stringContaining('your limit is 15') } })
    expect(second.jobId).not.toBe('')
  })
})
