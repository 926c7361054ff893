/** Two Souks on three relays of which two lie: they say OK, keep back what is true, and hand out copies that are forged, altered, repeated and mixed up. One honest relay is enough, in every dialect. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { msat, sats } from '#shared/market/msat.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { matchesAnyFilter } from '#shared/protocol/filter.ts'
import type { Engine } from './engine.ts'
import type { SaleEvent } from './provider/sale.ts'
import { startHostileRelay, type HostileRelay } from './nostr/testing/hostileRelay.ts'
import { ended, openMarket, until, type Market } from './testing/market.ts'
import { askIn, TONGUES } from './testing/spokenJob.ts'

const PRICE = sats(10)
const FEE = msat(10)
const WAIT_MS = 60_000
/** Old events that are said again with each new one. */
const REPEATED = 10

let market: Market
let liars: readonly HostileRelay[]
let seller: Engine
let buyer: Engine

/** Copies of an event that are not what its author signed, each as JSON. */
function lies(event: NostrEvent): readonly string[] {
  const json = JSON.stringify(event)
  const strange = 'f'.repeat(64)
  return [
    JSON.stringify({ ...event, sig: event.sig.replace(/.{8}$/, '00000000') }),
    JSON.stringify({ ...event, pubkey: strange }),
    JSON.stringify({ ...event, content: `${event.content} ` }),
    JSON.stringify({ ...event, tags: event.tags.map((tag) => (tag[0] === 'p' ? ['p', strange] : tag)), content: '' }),
    JSON.stringify({ ...event, kind: event.kind + 1 }),
    `${json.slice(0, -1)},"id":"${strange}"}`,
    `{"content":"",${json.slice(1, -1)},"content":"x"}`,
  ]
}

/** Says OK to everything and hands out lies alone; for the subscriptions that ask for the event, and for one that does not. */
async function startLiar(): Promise<HostileRelay> {
  const liar = await startHostileRelay({
    intercept(client, frame) {
      if (frame[0] !== 'EVENT') return false
      const event = frame[1] as NostrEvent
      client.send(['OK', event.id, true, ''])
      for (const listener of liar.clients()) {
        for (const [id, filters] of listener.subscriptions) {
          if (matchesAnyFilter(filters, event)) for (const lie of lies(event)) listener.send(`["EVENT","${id}",${lie}]`)
        }
        listener.send(['EVENT', [...listener.subscriptions.keys()].find((id) => id !== 'ping') ?? 'none', { ...event, kind: 1 }])
      }
      return true
    },
  })
  return liar
}

/** Says OK, keeps what is new to itself, and says again what it has heard before. */
async function startRepeater(): Promise<HostileRelay> {
  const heard: NostrEvent[] = []
  const repeater = await startHostileRelay({
    intercept(client, frame) {
      if (frame[0] !== 'EVENT') return false
      client.send(['OK', (frame[1] as NostrEvent).id, true, ''])
      for (const event of heard.slice(-REPEATED)) for (const each of repeater.clients()) for (const id of each.subscriptions.keys()) each.send(['EVENT', id, event])
      heard.push(frame[1] as NostrEvent)
      return true
    },
  })
  return repeater
}

beforeAll(async () => {
  market = await openMarket()
  liars = [await startLiar(), await startRepeater()]
  const config = { relays: [...liars.map(({ url }) => url), market.sandbox.relayUrl] }
  seller = await market.openSeller('seller', { config, terms: { priceMsat: PRICE } })
  buyer = await market.open('buyer', { config })
}, WAIT_MS)
afterAll(async () => {
  await market.end()
  for (const liar of liars) await liar.stop()
})

it.each(TONGUES)('a trade in %s is done, paid once, and its answer is what the seller wrote', async (tongue) => {
  const { jobId } = await askIn(tongue, buyer, seller.keyring.identity.pubkey, 'write 12 words')
  const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId, WAIT_MS), ended(seller, 'provider', jobId, WAIT_MS)])
  expect([bought.state, bought.movedMsat, sold.state, sold.movedMsat]).toEqual(['done', PRICE + FEE, 'done', PRICE])
  expect(market.settledPayments(jobId)).toHaveLength(1)
  const made = seller.journal.events('provider', jobId).map(({ body }) => body as SaleEvent).filter((event) => event.type === 'generated')
  expect(made).toHaveLength(1)
  expect(buyer.customer.answer(jobId)).toBe(made[0]?.generated.text)
  // The lies were told, and heard.
  for (const liar of liars) expect(liar.heard('EVENT').length).toBeGreaterThan(0)
  const dropped = () => buyer.pool.status.get()[liars[0]?.url ?? '']?.dropped ?? 0
  await until((look) => buyer.pool.status.subscribe(look), () => (dropped() > 0 ? true : null), () => 'no lie was dropped', WAIT_MS)
  expect(market.audit().balanced).toBe(true)
}, 2 * WAIT_MS)
