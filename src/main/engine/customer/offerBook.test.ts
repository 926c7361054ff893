import { expect, test } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import type { Offer } from '#shared/market/offer.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { createOfferBook, DEFAULT_LIMITS } from './offerBook.ts'

const CHANNEL = 'c'.repeat(64)
const offerOf = (pubkey: string, listingId: string, announcedAt: number, fields: Partial<Offer> = {}): Offer => ({
  key: `${pubkey}:${listingId}`,
  pubkey,
  name: pubkey,
  about: '',
  models: [],
  capabilities: [],
  pricePerRequestMsat: sats(1),
  prices: [],
  dialects: ['nip90'],
  network: 'regtest',
  channelId: null,
  relays: [],
  sparkAddress: null,
  announcedAt,
  lastSeenAt: announcedAt,
  expiresAt: null,
  source: 'listing',
  ...fields,
})
const announcementOf = (pubkey: string, announcedAt: number, fields: Partial<Offer> = {}) =>
  offerOf(pubkey, `channel:${CHANNEL}`, announcedAt, { source: 'channel', channelId: CHANNEL, ...fields })
const eventOf = (id: string, content = ''): NostrEvent => ({ id, pubkey: '', created_at: 0, kind: 0, tags: [], content, sig: '' })
const bookWith = (limits = {}) => createOfferBook({ ...DEFAULT_LIMITS, ...limits })
type Book = ReturnType<typeof bookWith>
/** What is shown now. */
const shownIn = (book: Book, own = '') => {
  book.refresh(own)
  return book.offers
}
const namesIn = (book: Book) => [...shownIn(book).values()].map(({ pubkey, announcedAt }) => `${pubkey}@${announcedAt}`)

test('the newest version stays, in the place of the first, with every relay that brought one', () => {
  const book = bookWith()
  expect(book.put(offerOf('a', 'x', 10), eventOf('1'), 'wss://one')).toBe(true)
  book.put(offerOf('b', 'x', 10), eventOf('2'), 'wss://one')
  expect(book.put(offerOf('a', 'x', 12), eventOf('3', 'newest'), 'wss://two')).toBe(true)
  expect(book.put(offerOf('a', 'x', 11), eventOf('4'), 'wss://three')).toBe(false)
  expect(book.put(offerOf('a', 'x', 12), eventOf('3', 'newest'), 'wss://two')).toBe(false)
  expect(book.put(offerOf('a', 'x', 12), eventOf('3', 'newest'), 'wss://four')).toBe(true)
  expect(namesIn(book)).toEqual(['a@12', 'b@10'])
  expect(book.offers.get('a:x')).toMatchObject({ eventId: '3', seenOn: ['wss://one', 'wss://two', 'wss://four'] })
  expect([book.raw('a:x'), book.raw('c:x')]).toEqual([JSON.stringify(eventOf('3', 'newest')), null])
})

test('of the same second the lower id counts, whichever comes first', () => {
  for (const ids of [['1', '2'], ['2', '1']]) {
    const book = bookWith()
    for (const id of ids) book.put(offerOf('a', 'x', 10), eventOf(id), '')
    expect(book.raw('a:x')).toBe(JSON.stringify(eventOf('1')))
  }
})

test('a withdrawal removes versions up to its time and keeps them away, not later ones, not those of others', () => {
  const book = bookWith()
  const withdrawal = { pubkey: 'a', createdAt: 10, eventIds: [], listingIds: ['x'] }
  book.put(offerOf('a', 'x', 10), eventOf('1'), '')
  book.put(offerOf('b', 'x', 10), eventOf('2'), '')
  expect(book.withdraw(withdrawal)).toBe(true)
  expect(book.withdraw(withdrawal)).toBe(false)
  expect(book.put(offerOf('a', 'x', 10), eventOf('1'), '')).toBe(false)
  expect(namesIn(book)).toEqual(['b@10'])
  book.put(offerOf('a', 'x', 11), eventOf('3'), '')
  expect(book.withdraw(withdrawal)).toBe(false)
  expect(namesIn(book)).toEqual(['b@10', 'a@11'])
})

test('a withdrawal by event id removes what its author announced with it, and comes before the event too', () => {
  const book = bookWith()
  book.put(announcementOf('a', 10), eventOf('1'), '')
  expect(book.withdraw({ pubkey: 'b', createdAt: 11, eventIds: ['1'], listingIds: [] })).toBe(false)
  expect(book.withdraw({ pubkey: 'a', createdAt: 11, eventIds: ['1'], listingIds: [] })).toBe(true)
  book.withdraw({ pubkey: 'a', createdAt: 11, eventIds: ['2'], listingIds: [] })
  expect(book.put(announcementOf('a', 12), eventOf('2'), '')).toBe(false)
  expect(book.put(announcementOf('a', 12), eventOf('3'), '')).toBe(true)
})

test('what has ended goes, and the next end is known', () => {
  const book = bookWith()
  expect(book.nextEndSecs()).toBe(null)
  book.put(offerOf('a', 'x', 10, { expiresAt: 500 }), eventOf('1'), '')
  book.put(offerOf('b', 'x', 10), eventOf('2'), '')
  expect(book.nextEndSecs()).toBe(500)
  expect(book.dropEnded(499)).toBe(false)
  expect(book.dropEnded(500)).toBe(true)
  expect([namesIn(book), book.nextEndSecs()]).toEqual([['b@10'], 86_410])
})

test('a flood stays in its bounds: the oldest go first, one seller never fills the book', () => {
  const book = bookWith({ offers: 100, offersPerSeller: 3 })
  for (let index = 0; index < 10; index++) book.put(offerOf('a', `${index}`, index), eventOf(`a${index}`), '')
  expect(namesIn(book)).toEqual(['a@7', 'a@8', 'a@9'])
  for (let index = 0; index < 500; index++) book.put(offerOf(`seller${index}`, 'x', 1_000 + index), eventOf(`b${index}`), '')
  const names = namesIn(book)
  expect(names.length).toBeLessThanOrEqual(100)
  expect(names.length).toBeGreaterThan(90)
  expect(names.at(-1)).toBe('seller499@1499')
  expect(names).not.toContain('a@9')
})

test('a flood of new keys pushes out neither who answered nor who sold us something, however old their offers are', () => {
  const book = createOfferBook({ ...DEFAULT_LIMITS, offers: 100 }, { boughtFrom: () => new Set(['b']) })
  for (const name of ['a', 'b', 'c']) book.put(offerOf(name, 'x', 10), eventOf(name), '')
  // Before its offer was made, by its clock: it answered all the same.
  book.heard('a', 5)
  for (let index = 0; index < 500; index++) book.put(offerOf(`seller${index}`, 'x', 1_000 + index), eventOf(`${index}`), '')
  const names = namesIn(book)
  expect(names.slice(0, 2)).toEqual(['a@10', 'b@10'])
  expect(names).not.toContain('c@10')
  expect(names.length).toBeLessThanOrEqual(100)
})

test('the characters kept are bounded, and counted right through replacements and removals', () => {
  const size = JSON.stringify(eventOf('1', 'x'.repeat(1_000))).length
  const book = bookWith({ rawCharacters: size * 3 })
  for (let round = 0; round < 20; round++) book.put(offerOf('a', 'x', round), eventOf('1', 'x'.repeat(1_000)), '')
  for (const pubkey of ['b', 'c']) book.put(offerOf(pubkey, 'x', 30), eventOf('1', 'x'.repeat(1_000)), '')
  expect(namesIn(book)).toEqual(['a@19', 'b@30', 'c@30'])
  book.put(offerOf('d', 'x', 31), eventOf('1', 'x'.repeat(1_000)), '')
  expect(namesIn(book)).toEqual(['b@30', 'c@30', 'd@31'])
})

test('withdrawals remembered are bounded: the oldest is forgotten first', () => {
  const book = bookWith({ withdrawals: 2 })
  for (const id of ['x', 'y', 'z']) book.withdraw({ pubkey: 'a', createdAt: 10, eventIds: [], listingIds: [id] })
  expect(['x', 'y', 'z'].map((id) => book.put(offerOf('a', id, 10), eventOf(id), ''))).toEqual([true, false, false])
})

test('a seller that lists and announces the same is shown once, with the address that only the announcement has', () => {
  const book = bookWith()
  book.put(announcementOf('a', 10, { sparkAddress: 'spark1' }), eventOf('1'), '')
  expect([...shownIn(book).keys()]).toEqual([`a:channel:${CHANNEL}`])
  book.put(offerOf('a', 'x', 10, { channelId: CHANNEL }), eventOf('2'), '')
  expect([...shownIn(book).values()]).toMatchObject([{ key: 'a:x', sparkAddress: 'spark1', source: 'listing' }])
  book.put(announcementOf('a', 11, { pricePerRequestMsat: sats(2) }), eventOf('3'), '')
  expect([...shownIn(book).keys()]).toEqual(['a:x', `a:channel:${CHANNEL}`])
  book.put(offerOf('a', 'x', 12, { channelId: CHANNEL, pricePerRequestMsat: sats(3) }), eventOf('4'), '')
  expect([...shownIn(book).values()]).toMatchObject([{ key: 'a:x', pricePerRequestMsat: 3_000 }])
})

test("one's own offer is marked", () => {
  const book = bookWith()
  book.put(offerOf('a', 'x', 10), eventOf('1'), '')
  expect(shownIn(book, 'a').get('a:x')?.own).toBe(true)
  book.put(offerOf('b', 'x', 10), eventOf('2'), '')
  expect(shownIn(book, 'a').get('b:x')?.own).toBe(false)
})

test('a refresh names what came, changed and went since the last one, and looks at nothing else', () => {
  const book = bookWith()
  for (const name of ['a', 'b', 'c']) book.put(offerOf(name, 'x', 10), eventOf(name), 'wss://one')
  expect([...book.refresh('')]).toEqual(['a:x', 'b:x', 'c:x'])
  expect(book.refresh('').size).toBe(0)
  const untouched = book.offers.get('c:x')
  book.put(offerOf('a', 'x', 11), eventOf('d'), 'wss://one')
  book.withdraw({ pubkey: 'b', createdAt: 11, eventIds: [], listingIds: ['x'] })
  expect([...book.refresh('')].toSorted()).toEqual(['a:x', 'b:x'])
  expect(book.offers.get('c:x')).toBe(untouched)
})

test('several offers of one seller say how many there are, also when one goes', () => {
  const book = bookWith()
  for (const id of ['x', 'y', 'z']) book.put(offerOf('a', id, 10), eventOf(id), '')
  expect([...shownIn(book).values()].map(({ sellerOffers }) => sellerOffers)).toEqual([3, 3, 3])
  book.withdraw({ pubkey: 'a', createdAt: 10, eventIds: [], listingIds: ['y'] })
  expect([...book.refresh('')].toSorted()).toEqual(['a:x', 'a:y', 'a:z'])
  expect([...book.offers.values()].map(({ sellerOffers }) => sellerOffers)).toEqual([2, 2])
})

test('a sign of life shows on every offer of that key, and on no other', () => {
  const book = bookWith()
  for (const [name, id] of [['a', 'x'], ['a', 'y'], ['b', 'x']] as const) book.put(offerOf(name, id, 100), eventOf(name + id), '')
  book.refresh('')
  expect(book.heard('a', 500)).toBe(true)
  expect(book.heard('nobody', 500)).toBe(false)
  expect([...book.refresh('')].toSorted()).toEqual(['a:x', 'a:y'])
  expect([...book.offers.values()].map(({ key, lastSeenAt }) => [key, lastSeenAt])).toEqual([['a:x', 500], ['a:y', 500], ['b:x', 100]])
  expect(book.heard('a', 400)).toBe(false)
})

test('signs of life of a busy seller are news once in half a minute', () => {
  const book = bookWith()
  book.put(offerOf('a', 'x', 100), eventOf('1'), '')
  let news = 0
  for (let at = 101; at <= 220; at++) if (book.heard('a', at)) news++
  expect(news).toBe(4)
  expect(shownIn(book).get('a:x')?.lastSeenAt).toBe(220)
})

test('an offer without expiration stays as long as its seller is heard, one with it ends in time', () => {
  const book = bookWith()
  book.put(offerOf('a', 'x', 100), eventOf('1'), '')
  book.put(offerOf('a', 'y', 100, { expiresAt: 200 }), eventOf('2'), '')
  book.heard('a', 50_000)
  expect(book.dropEnded(86_500)).toBe(true)
  expect(namesIn(book)).toEqual(['a@100'])
  expect(book.dropEnded(136_400)).toBe(true)
  expect(namesIn(book)).toEqual([])
})

test('who gave no sign of life when asked is marked, until it gives one or announces itself again', () => {
  const book = bookWith()
  const isMarked = () => shownIn(book).get('a:x')?.unanswered
  book.put(offerOf('a', 'x', 100), eventOf('1'), '')
  expect(book.markUnanswered('a', 200)).toBe(true)
  expect(book.markUnanswered('a', 210)).toBe(false)
  expect(isMarked()).toBe(true)
  expect(book.heard('a', 220)).toBe(true)
  expect(isMarked()).toBe(false)
  book.markUnanswered('a', 300)
  expect(isMarked()).toBe(true)
  book.put(offerOf('a', 'x', 301), eventOf('2'), '')
  expect(isMarked()).toBe(false)
})
