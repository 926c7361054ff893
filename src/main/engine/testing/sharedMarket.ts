/** What the tests of one file share: a market that is open while they run, and what each of them opens in it, closed when it ends. */
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { msat, sats } from '#shared/market/msat.ts'
import type { PurchaseEvent } from '../customer/purchase.ts'
import type { Engine } from '../engine.ts'
import { startHostileRelay, type HostileRelay } from '../nostr/testing/hostileRelay.ts'
import type { SaleEvent } from '../provider/sale.ts'
import { jobRow, openMarket, until, type EngineOptions, type Market } from './market.ts'
import { openPeer, type Peer } from './peer.ts'

/** What every seller asks for a job, and what the mint takes for the payment. */
export const PRICE = sats(10)
export const FEE = msat(10)
/** Far more than it takes: the machine may be busy. */
export const WAIT_MS = 60_000
export const TEST_MS = 120_000

export interface SharedMarket {
  /** Only while a test runs. */
  readonly market: () => Market
  /** One that nobody in this market has yet. */
  readonly newName: (kind: string) => string
  readonly openPeer: () => Promise<Peer>
  readonly openBuyer: (options?: EngineOptions, name?: string) => Promise<Engine>
  readonly openSeller: (options?: EngineOptions, name?: string) => Promise<Engine>
  /** A relay that checks nothing and says what the test wants. */
  readonly openLiar: () => Promise<HostileRelay>
  /** Closes it before the test ends. */
  readonly close: (engine: Engine) => Promise<void>
}

/** To be called once, outside the tests. After each of them the mint's books must balance. */
export function shareMarket(): SharedMarket {
  let opened: Market | null = null
  let names = 0
  /** How to close what a test has opened, in that order. */
  const closings = new Map<object, () => Promise<void>>()

  const market = () => {
    if (opened === null) throw new Error('The market is open only while a test runs.')
    return opened
  }
  const newName = (kind: string) => `${kind}${names++}`
  function keep<T extends object>(made: T, close: () => Promise<void>): T {
    closings.set(made, close)
    return made
  }
  const keepEngine = (engine: Engine) => keep(engine, () => market().close(engine))

  beforeAll(async () => {
    opened = await openMarket()
  })
  afterEach(async () => {
    for (const close of [...closings.values()].toReversed()) await close()
    closings.clear()
    expect(market().audit().balanced).toBe(true)
  })
  afterAll(() => opened?.end())

  return {
    market,
    newName,
    async openPeer() {
      const peer = await openPeer(market())
      return keep(peer, () => peer.close())
    },
    openBuyer: async (options, name = newName('buyer')) => keepEngine(await market().open(name, options)),
    openSeller: async (options, name = newName('seller')) => keepEngine(await market().openSeller(name, { ...options, terms: { priceMsat: PRICE } })),
    async openLiar() {
      const liar = await startHostileRelay()
      return keep(liar, () => liar.stop())
    },
    async close(engine) {
      closings.delete(engine)
      await market().close(engine)
    },
  }
}

export const pubkeyOf = (engine: Engine) => engine.keyring.identity.pubkey
export const purchaseEvents = (buyer: Engine, jobId: string) => buyer.journal.events('customer', jobId).map(({ body }) => body as PurchaseEvent)
export const saleEvents = (seller: Engine, jobId: string) => seller.journal.events('provider', jobId).map(({ body }) => body as SaleEvent)

/** In msat; the wallet's words when it does not say. */
export async function balanceOf({ wallet }: Pick<Engine, 'wallet'>): Promise<number | string> {
  const balance = await wallet.balance()
  return balance.ok ? balance.value : balance.error.message
}

/** The customer's job once its payment is booked. */
export const isPaid = (buyer: Engine, jobId: string) => jobRow(buyer, 'customer', jobId, ({ movedMsat }) => movedMsat > 0, WAIT_MS)

/** Resolves when exactly that text is what the customer sees. */
export const shows = (buyer: Engine, jobId: string, text: string) =>
  until((look) => buyer.customer.watchText(jobId, look), () => (buyer.customer.answer(jobId) === text ? true : null), () => buyer.customer.answer(jobId), WAIT_MS)
