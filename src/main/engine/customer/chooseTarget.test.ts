import { expect, test } from 'vitest'
import type { DialectName, Privacy } from '#shared/market/dialect.ts'
import { sats } from '#shared/market/msat.ts'
import { DEFAULT_LIMITS } from '../preferences.ts'
import { createTargetChooser, type Wish } from './chooseTarget.ts'
import type { PurchaseDialect } from './dialect.ts'
import type { SeenOffer } from './offerBook.ts'

const NOW = 1_000_000
const speak = (name: DialectName, privacy: Privacy, more: Partial<PurchaseDialect> = {}): PurchaseDialect => ({
  name,
  privacy,
  maxPromptBytes: 1_000,
  takesOpenRequests: false,
  takesEncrypted: false, settlements: ['prepay'],
  makeRequest: () => expect.unreachable('nothing is sent here'),
  send: () => expect.unreachable('nothing is sent here'),
  listen: () => expect.unreachable('nothing is sent here'),
  decline: () => undefined,
  ...more,
})
const DIALECTS = [speak('souk/1', 'private'), speak('channel', 'public-channel'), speak('nip90', 'public-relays', { takesOpenRequests: true, takesEncrypted: true })]
const offerOf = (name: string, price: number, dialects: readonly DialectName[]): SeenOffer => ({
  key: name,
  pubkey: name.repeat(64),
  name,
  about: '',
  models: [],
  capabilities: [],
  pricePerRequestMsat: sats(price),
  prices: [],
  dialects,
  network: 'regtest',
  channelId: 'c'.repeat(64),
  relays: [],
  sparkAddress: null,
  announcedAt: NOW,
  lastSeenAt: NOW,
  expiresAt: null,
  source: 'listing',
  eventId: 'e'.repeat(64),
  seenOn: [],
  own: false,
  unanswered: false,
  sellerOffers: 1,
})
const CHANNEL = offerOf('a', 1, ['channel'])
const STRANGER = offerOf('b', 2, ['nip90'])
const SOUK = offerOf('d', 9, ['souk/1', 'nip90', 'channel'])

/** "seller dialect privacy", or the code of the refusal. */
function choose(wish: Wish, { offers = [CHANNEL, STRANGER, SOUK], onlyPrivate = false, dialects = DIALECTS }: { offers?: readonly SeenOffer[]; onlyPrivate?: boolean; dialects?: readonly PurchaseDialect[] } = {}): string {
  const chosen = createTargetChooser({ offers: () => offers, dialects, network: 'regtest', nowSecs: () => NOW, ownPubkey: 'f'.repeat(64), limits: () => DEFAULT_LIMITS, onlyPrivate: () => onlyPrivate, canSettle: ({ offer, dialect }, settlement) => dialect.settlements.includes(settlement) && (offer?.settlements ?? ['prepay']).includes(settlement) })(wish)
  return chosen.ok ? `${chosen.value.offer?.name ?? 'anyone'} ${chosen.value.dialect.name} ${chosen.value.privacy}` : chosen.error.code
}

test('of several sellers, one that can be settled as it is wished', () => {
  const dialects = DIALECTS.map((dialect) => (dialect.name === 'souk/1' ? { ...dialect, settlements: ['prepay', 'sealed'] as const } : dialect))
  const offers = [CHANNEL, { ...SOUK, pricePerRequestMsat: sats(3) }, { ...SOUK, key: 'e', pubkey: 'e'.repeat(64), name: 'e', settlements: ['prepay', 'sealed'] as const }]
  const wish = { selection: { by: 'cheapest' } } as const
  expect(choose(wish, { offers, dialects })).toBe('a channel public-channel')
  expect(choose({ ...wish, settlement: 'sealed' }, { offers, dialects })).toBe('e souk/1 private')
  expect(choose({ ...wish, settlement: 'metered' }, { offers, dialects })).toBe('a channel public-channel')
})

test('a cap is held against the price of a request, but for what is paid as it comes', () => {
  const capped = { selection: { by: 'offer', key: 'd' }, maxPriceMsat: sats(5) } as const
  expect(choose(capped)).not.toBe('d souk/1 private')
  expect(choose({ ...capped, settlement: 'escrow' })).not.toBe('d souk/1 private')
  expect(choose({ ...capped, settlement: 'metered' })).toBe('d souk/1 private')
})

test('the best dialect that both speak, and who can read it then', () => {
  expect(choose({ selection: { by: 'cheapest' } })).toBe('a channel public-channel')
  expect(choose({ selection: { by: 'offer', key: 'b' } })).toBe('b nip90 public-relays')
  expect(choose({ selection: { by: 'offer', key: 'd' } })).toBe('d souk/1 private')
  expect(choose({ selection: { by: 'offer', key: 'd' }, dialect: 'channel' })).toBe('d channel public-channel')
  expect(choose({ selection: { by: 'cheapest' }, dialect: 'nip90' })).toBe('b nip90 public-relays')
  expect(choose({ selection: { by: 'offer', key: 'a' }, dialect: 'nip90' })).toBe('no-dialect')
})

test('in nip90 a seller with Souk is asked encrypted unless told otherwise, another one only when told so', () => {
  expect(choose({ selection: { by: 'offer', key: 'd' }, dialect: 'nip90' })).toBe('d nip90 private')
  expect(choose({ selection: { by: 'offer', key: 'd' }, dialect: 'nip90', encrypted: false })).toBe('d nip90 public-relays')
  expect(choose({ selection: { by: 'offer', key: 'b' }, encrypted: true })).toBe('b nip90 private')
  expect(choose({ selection: { by: 'offer', key: 'a' }, encrypted: true })).toBe('a channel public-channel')
  // A channel hides nothing, so who wants it hidden is not asked there while there is another way.
  const both = offerOf('g', 3, ['nip90', 'channel'])
  expect(choose({ selection: { by: 'offer', key: 'g' } }, { offers: [both] })).toBe('g channel public-channel')
  expect(choose({ selection: { by: 'offer', key: 'g' }, encrypted: true }, { offers: [both] })).toBe('g nip90 private')
})

test('who asks only privately gets the cheapest that can be asked so, or a reason', () => {
  expect(choose({ selection: { by: 'cheapest' } }, { onlyPrivate: true })).toBe('d souk/1 private')
  expect(choose({ selection: { by: 'offer', key: 'd' } }, { onlyPrivate: true, dialects: DIALECTS.slice(1) })).toBe('d nip90 private')
  expect(choose({ selection: { by: 'offer', key: 'a' } }, { onlyPrivate: true })).toBe('only-private')
  expect(choose({ selection: { by: 'cheapest' } }, { onlyPrivate: true, offers: [CHANNEL, STRANGER] })).toBe('only-private')
  expect(choose({ selection: { by: 'open' } }, { onlyPrivate: true })).toBe('only-private')
  expect(choose({ selection: { by: 'offer', key: 'b' }, encrypted: true }, { onlyPrivate: true })).toBe('b nip90 private')
  // Nobody at all is another matter.
  expect(choose({ selection: { by: 'cheapest' } }, { onlyPrivate: true, offers: [] })).toBe('no-sellers')
})

test('what was said to be private is asked privately or not at all', () => {
  expect(choose({ selection: { by: 'cheapest' }, private: true })).toBe('d souk/1 private')
  expect(choose({ selection: { by: 'offer', key: 'b' }, private: true })).toBe('not-private')
  expect(choose({ selection: { by: 'open' }, private: true })).toBe('not-private')
})

test('an open request has no seller, costs at most the limit, and can be read by anyone', () => {
  expect(choose({ selection: { by: 'open' } })).toBe('anyone nip90 public-relays')
  expect(choose({ selection: { by: 'open' }, encrypted: true })).toBe('anyone nip90 public-relays')
  expect(choose({ selection: { by: 'open' }, dialect: 'channel' })).toBe('no-dialect')
})
