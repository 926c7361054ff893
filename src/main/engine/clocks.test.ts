/** Clocks that are a quarter of an hour off, or jump as far in the middle of a job. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { msat, sats } from '#shared/market/msat.ts'
import type { Engine } from './engine.ts'
import { openWebSocketWithWs } from './nostr/openWebSocket.ts'
import type { Clock } from './ports.ts'
import type { SaleEvent } from './provider/sale.ts'
import { ended, openMarket, until, type EngineOptions, type Market } from './testing/market.ts'
import { nodeClock } from './testing/nodePorts.ts'
import { askIn, TONGUES } from './testing/spokenJob.ts'

const PRICE = sats(10)
const FEE = msat(10)
const QUARTER_HOUR_MS = 900_000
/** Far more than it takes: the machine may be busy. */
const WAIT_MS = 60_000
const TEST_MS = 120_000

let market: Market
let opened: Engine[] = []
let names = 0

beforeAll(async () => {
  market = await openMarket()
})
afterEach(async () => {
  for (const engine of opened.toReversed()) await market.close(engine)
  opened = []
  expect(market.audit().balanced).toBe(true)
})
afterAll(() => market.end())

/** Real time, as wrong as it is told. */
function createWrongClock(offMs = 0): Clock & { jump(ms: number): void } {
  let off = offMs
  return { now: () => nodeClock.now() + off, after: nodeClock.after, jump: (ms) => void (off += ms) }
}

const RELAY = 'wss://relay.test'
/** The sandbox's relay under another name: relays of this machine are not asked for the time. */
function onFarRelay(clock: Clock): EngineOptions {
  const near = (url: string) => (url.includes('relay.test') ? market.sandbox.relayUrl : url)
  const open = openWebSocketWithWs()
  return {
    ports: {
      clock,
      openWebSocket: (url, handlers) => open(near(url), handlers),
      fetch: (url, init) => fetch(typeof url === 'string' ? url.replace(/^https?:\/\/relay\.test/, market.sandbox.relayUrl.replace('ws', 'http')) : url, init),
    },
    config: { relays: [RELAY] },
  }
}
async function openBuyer(clock: Clock, options: EngineOptions = {}): Promise<Engine> {
  const buyer = await market.open(`buyer${names++}`, { ...onFarRelay(clock), ...options })
  opened.push(buyer)
  return buyer
}
async function openSeller(clock: Clock, options: EngineOptions = {}): Promise<Engine> {
  const seller = await market.openSeller(`seller${names++}`, { ...onFarRelay(clock), ...options, terms: { priceMsat: PRICE } })
  opened.push(seller)
  return seller
}
const pubkeyOf = (engine: Engine) => engine.keyring.identity.pubkey
const clockNotice = (engine: Engine) => until((look) => engine.notices.current.subscribe(look), () => engine.notices.current.get()['clock-off']?.message ?? null, () => 'no notice', WAIT_MS)

async function expectDone(buyer: Engine, seller: Engine, jobId: string): Promise<void> {
  const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId, WAIT_MS), ended(seller, 'provider', jobId, WAIT_MS)])
  expect([bought.state, bought.movedMsat, sold.state, sold.movedMsat]).toEqual(['done', PRICE + FEE, 'done', PRICE])
  expect(market.settledPayments(jobId)).toHaveLength(1)
  const made = seller.journal.events('provider', jobId).map(({ body }) => body as SaleEvent).filter((event) => event.type === 'generated')
  expect(made).toHaveLength(1)
  expect(buyer.customer.answer(jobId)).toBe(made[0]?.generated.text)
}

describe.each([
  { off: QUARTER_HOUR_MS, words: '15 minutes ahead of' },
  { off: -QUARTER_HOUR_MS, words: '15 minutes behind' },
])('a clock that is $words the others’', ({ off, words }) => {
  it('of the customer is named in a notice and in the job, and nothing is paid', async () => {
    const [seller, buyer] = [await openSeller(nodeClock), await openBuyer(createWrongClock(off), { limits: { invoiceTimeoutSecs: 5 } })]
    expect(await clockNotice(buyer)).toContain(words)
    // By this clock every listing has expired, or is dated ahead: nobody in particular can be asked.
    expect(buyer.customer.quote({ prompt: 'x', selection: { by: 'pubkey', prefix: pubkeyOf(seller) } }).ok).toBe(false)
    const asked = buyer.customer.ask({ prompt: 'What is 2+2?', selection: { by: 'open' }, maxPriceMsat: PRICE })
    if (!asked.ok) throw new Error(asked.error.message)
    const { jobId } = asked.value
    const row = await ended(buyer, 'customer', jobId, WAIT_MS)
    expect([row.state, row.movedMsat, market.settledPayments(jobId)]).toEqual(['expired', 0, []])
    expect(row.note).toContain(words)
    expect(seller.journal.row('provider', jobId)).toBeNull()
  }, TEST_MS)

  it('of the seller is named in its notice, and its customers pay nothing', async () => {
    const [seller, buyer] = [await openSeller(createWrongClock(off)), await openBuyer(nodeClock)]
    expect(await clockNotice(seller)).toContain(words)
    // Its listing is dated ahead of everybody, or expired: nobody is offered what cannot be had.
    expect(buyer.customer.quote({ prompt: 'x', selection: { by: 'pubkey', prefix: pubkeyOf(seller) } }).ok).toBe(false)
  }, TEST_MS)
})

describe.each(TONGUES)('a job in %s', (tongue) => {
  // Further behind, a wallet refuses what by its own clock has expired.
  it.each([120, -10])('is done when the customer’s clock is %i seconds ahead of the seller’s', async (secs) => {
    const [seller, buyer] = [await openSeller(nodeClock), await openBuyer(createWrongClock(secs * 1_000))]
    const { jobId } = await askIn(tongue, buyer, pubkeyOf(seller), 'write 12 words')
    await expectDone(buyer, seller, jobId)
  }, TEST_MS)

  it.each(['customer', 'seller'].flatMap((whose) => [[whose, 15], [whose, -15]] as const))('is done once, to the msat, when the %s’s clock jumps by %i minutes in the middle', async (whose, minutes) => {
    const [sellersClock, buyersClock] = [createWrongClock(), createWrongClock()]
    const [seller, buyer] = [await openSeller(sellersClock, { toyTokensPerSecond: 60 }), await openBuyer(buyersClock)]
    const { jobId } = await askIn(tongue, buyer, pubkeyOf(seller), 'write 60 words')
    await until((look) => seller.jobChanged.listen(look), () => (seller.journal.row('provider', jobId)?.state === 'working' ? true : null), () => 'no work', WAIT_MS)
    await until((look) => buyer.jobChanged.listen(look), () => ((buyer.journal.row('customer', jobId)?.movedMsat ?? 0) > 0 ? true : null), () => 'not paid', WAIT_MS)
    ;(whose === 'seller' ? sellersClock : buyersClock).jump(minutes * 60_000)
    await expectDone(buyer, seller, jobId)
  }, TEST_MS)
})
