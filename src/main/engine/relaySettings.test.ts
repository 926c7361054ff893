/** Relays and privacy as a person sets them, with real engines, relays and wallets. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { KIND } from '#shared/protocol/kinds.ts'
import { parseRelayList, type RelayList } from '#shared/protocol/nip65.ts'
import type { Engine } from './engine.ts'
import { loadNostrCrypto } from './nostr/crypto.ts'
import { startEmbeddedRelay } from './nostr/embeddedRelay/embeddedRelay.ts'
import { askSeller, ended, openMarket, until, type Market } from './testing/market.ts'
import { nodeClock } from './testing/nodePorts.ts'

const BOTH = { read: true, write: true }
let market: Market
let relay: Awaited<ReturnType<typeof startEmbeddedRelay>>

beforeAll(async () => {
  market = await openMarket()
  relay = await startEmbeddedRelay({ port: 0, databasePath: join(market.folder, 'other.db'), clock: nodeClock, log: () => {}, crypto: await loadNostrCrypto() })
})
afterAll(async () => {
  await market.end()
  await relay.close()
})

/** Every relay list that comes by, as that engine sees it. */
function watchLists({ pool }: Engine) {
  const lists: RelayList[] = []
  const listeners = new Set<() => void>()
  pool.subscribe([{ kinds: [KIND.relayList] }], {
    onEvent(event) {
      const list = parseRelayList(event)
      if (list.ok) lists.push(list.value)
      for (const look of listeners) look()
    },
  })
  const watch = (look: () => void) => {
    listeners.add(look)
    return () => void listeners.delete(look)
  }
  return { lists, reaches: (count: number) => until(watch, () => (lists.length >= count ? lists.at(-1) : null) ?? null, () => JSON.stringify(lists)) }
}

const connectedTo = (engine: Engine, url: string) => until((look) => engine.pool.status.subscribe(look), () => (engine.pool.status.get()[url]?.state === 'connected' ? true : null), () => JSON.stringify(engine.pool.status.get()))

test('who sells says where it reads and writes, and again when that changes; who buys says nothing', async () => {
  const own = market.sandbox.relayUrl
  const buyer = await market.open('buyer')
  const { lists, reaches } = watchLists(buyer)
  const seller = await market.openSeller('seller')
  const { pubkey } = seller.keyring.identity
  expect(await reaches(1)).toMatchObject({ pubkey, read: [own], write: [own] })

  // Both are used from this moment on, without a restart.
  for (const engine of [buyer, seller]) {
    expect(engine.relayList.add(relay.url, BOTH).ok).toBe(true)
    await connectedTo(engine, relay.url)
  }
  expect(await reaches(2)).toMatchObject({ pubkey, read: [own, relay.url], write: [own, relay.url] })
  expect(seller.relayList.change(relay.url, { read: true, write: false }).ok).toBe(true)
  expect(await reaches(3)).toMatchObject({ pubkey, read: [own, relay.url], write: [own] })

  const { jobId } = await askSeller(buyer, pubkey, 'write 5 words')
  expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'done' })
  expect(new Set(lists.map((list) => list.pubkey))).toEqual(new Set([pubkey]))

  expect(buyer.relayList.remove(relay.url).ok).toBe(true)
  expect(buyer.pool.urls()).toEqual([own])
  await market.close(seller)
  await market.close(buyer)
})

test('who asks only privately is refused what is not, before anything is sent', async () => {
  const [seller, buyer] = [await market.openSeller('quiet'), await market.open('private')]
  buyer.preferences.update({ onlyPrivate: true })
  const { pubkey } = seller.keyring.identity
  const { jobId } = await askSeller(buyer, pubkey, 'write 5 words')
  expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'done', dialect: 'souk/1', privacy: 'private' })
  const selection = { by: 'pubkey', prefix: pubkey } as const
  expect(buyer.customer.ask({ prompt: 'in a channel', selection, dialect: 'channel' })).toMatchObject({ ok: false, error: { code: 'only-private' } })
  expect(buyer.customer.ask({ prompt: 'anyone?', selection: { by: 'open' } })).toMatchObject({ ok: false, error: { code: 'only-private' } })
  expect(buyer.threads.list()).toHaveLength(1)
  buyer.preferences.update({ onlyPrivate: false })
  expect(buyer.customer.quote({ prompt: 'in a channel', selection, dialect: 'channel' })).toMatchObject({ ok: true, value: { privacy: 'public-channel' } })
  expect(buyer.customer.ask({ prompt: 'again', selection: { by: 'open' }, private: true })).toMatchObject({ ok: false, error: { code: 'not-private' } })
  await market.close(seller)
  await market.close(buyer)
})

test('who asks where every relay wants work is told before anything is sent', async () => {
  const [seller, buyer] = [await market.openSeller('reached'), await market.open('unheard')]
  vi.spyOn(buyer.pool, 'powBits').mockReturnValue(20)
  const question = { prompt: 'anyone?', selection: { by: 'pubkey', prefix: seller.keyring.identity.pubkey } } as const
  await until((look) => buyer.customer.offers.subscribe(look), () => (buyer.customer.quote(question).ok ? true : null), () => JSON.stringify(buyer.customer.quote(question)))
  expect(buyer.customer.quote(question)).toMatchObject({ value: { problem: expect.stringMatching(/wants proof of work/) as string } })
  expect(buyer.customer.ask(question)).toMatchObject({ ok: false, error: { code: 'not-possible', message: expect.stringMatching(/wants proof of work/) as string } })
  expect(buyer.threads.list()).toEqual([])
  await market.close(seller)
  await market.close(buyer)
})
