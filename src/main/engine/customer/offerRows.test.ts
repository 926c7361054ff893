import { expect, test } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { createKeyedSignal } from '../keyedSignal.ts'
import type { PeerHistory } from '../store/journal.ts'
import type { SeenOffer } from './offerBook.ts'
import { createOfferRows } from './offerRows.ts'

const offerOf = (name: string, fields: Partial<SeenOffer> = {}): SeenOffer => ({
  key: `${name}:souk`,
  pubkey: name,
  name,
  about: '',
  models: ['m'],
  capabilities: [],
  pricePerRequestMsat: sats(5),
  prices: [{ unit: 'per-request', msat: sats(5), model: null }],
  dialects: ['souk/1'],
  network: 'regtest',
  channelId: null,
  relays: [],
  sparkAddress: null,
  announcedAt: 100,
  lastSeenAt: 120,
  expiresAt: null,
  source: 'listing',
  eventId: 'e',
  seenOn: ['wss://one'],
  own: false,
  unanswered: false,
  sellerOffers: 1,
  ...fields,
})

function setUp(...stored: readonly SeenOffer[]) {
  const offers = createKeyedSignal<SeenOffer>()
  offers.apply(stored.map((offer) => [offer.key, offer]))
  const past = new Map<string, PeerHistory>([['known', { done: 3, failed: 1, movedMsat: sats(15), tokensPerSecond: 21 }]])
  const house: { pubkey: string | null } = { pubkey: null }
  const rows = createOfferRows({ offers, network: 'regtest', housePubkey: () => house.pubkey, history: { all: () => new Map(past), of: (peer) => past.get(peer) ?? null } })
  const told: string[][] = []
  rows.rows.subscribe((changed) => told.push([...changed]))
  return { offers, past, house, rows, told, row: (name: string) => rows.rows.get().get(`${name}:souk`) }
}

test('a row says what the offer says, in milliseconds, and leaves out what it does not', () => {
  const { row } = setUp(offerOf('a', { sellerOffers: 2 }))
  expect(row('a')).toEqual({
    key: 'a:souk',
    pubkey: 'a',
    name: 'a',
    about: '',
    models: ['m'],
    priceMsat: 5_000,
    network: 'regtest',
    dialects: ['souk/1'],
    relays: ['wss://one'],
    announcedAt: 100_000,
    lastSeenAt: 120_000,
    source: 'listing',
    sellerOffers: 2,
    own: false,
    house: false,
    history: { done: 0, failed: 0, spentMsat: 0 },
  })
})

test('how its jobs can be settled is told as the offer says it', () => {
  expect(setUp(offerOf('a', { settlements: ['prepay', 'sealed'] })).row('a')?.settlements).toEqual(['prepay', 'sealed'])
  expect(setUp(offerOf('a', {})).row('a')?.settlements).toBeUndefined()
})

test('prices beside the one of a request are told, and so is silence', () => {
  const prices = [
    { unit: 'per-request', msat: sats(5), model: null },
    { unit: 'per-request', msat: sats(7), model: 'm' },
    { unit: 'per-1k-output-tokens', msat: sats(1), model: null },
  ] as const
  expect(setUp(offerOf('a', { prices, unanswered: true })).row('a')).toMatchObject({
    prices: [{ unit: 'per-request', msat: 7_000, model: 'm' }, { unit: 'per-1k-output-tokens', msat: 1_000 }],
    unanswered: true,
  })
})

test('why it cannot be bought: one’s own, another network, no dialect of ours', () => {
  const { row } = setUp(offerOf('a', { own: true }), offerOf('b', { network: 'mainnet' }), offerOf('c', { dialects: [] }), offerOf('d', { dialects: ['nip90'] }))
  expect([row('a')?.unavailable, row('b')?.unavailable, row('c')?.unavailable, row('d')?.unavailable]).toEqual([
    'This is your own offer.',
    expect.stringContaining('mainnet'),
    expect.stringContaining('no way to send'),
    undefined,
  ])
})

test('only what changed is described again', () => {
  const { offers, rows, told, row } = setUp(offerOf('a'), offerOf('b'), offerOf('c'))
  const before = row('b')
  offers.apply([['a:souk', offerOf('a', { name: 'A' })], ['c:souk', null]])
  expect(told).toEqual([['a:souk', 'c:souk']])
  expect(row('b')).toBe(before)
  expect([row('a')?.name, row('c')]).toEqual(['A', undefined])
  rows.close()
  offers.apply([['b:souk', null]])
  expect(row('b')).toBe(before)
})

test('a job that ended shows on the offers of its seller, and nowhere else', () => {
  const { past, rows, told, row } = setUp(offerOf('known'), offerOf('known', { key: 'known:second' }), offerOf('b'))
  expect(row('known')?.history).toEqual({ done: 3, failed: 1, spentMsat: 15_000, tokensPerSecond: 21 })
  past.set('known', { done: 4, failed: 1, movedMsat: sats(20), tokensPerSecond: null })
  rows.jobEnded('known')
  expect(told).toEqual([['known:souk', 'known:second']])
  expect(row('known')?.history).toEqual({ done: 4, failed: 1, spentMsat: 20_000 })
  past.delete('known')
  rows.jobEnded('known')
  expect(row('known')?.history).toEqual({ done: 0, failed: 0, spentMsat: 0 })
})

test('the house is known as soon as the sandbox names it, also on a row that was there before', () => {
  const { offers, house, row } = setUp(offerOf('a'), offerOf('b'))
  house.pubkey = 'a'
  offers.apply([['b:souk', offerOf('b', { name: 'B' })]])
  expect([row('a')?.house, row('b')?.house]).toEqual([true, false])
})
