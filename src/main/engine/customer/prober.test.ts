import { expect, test } from 'vitest'
import { createManualClock } from '../testing/manualClock.ts'
import type { SeenOffer } from './offerBook.ts'
import { createProber } from './prober.ts'

const SELLER = 'a'.repeat(64)
const KEY = `${SELLER}:souk`

function open(secsAgo: number) {
  const clock = createManualClock()
  const startMs = clock.now()
  const offer: SeenOffer = {
    key: KEY, pubkey: SELLER, name: 'A seller', about: '', models: [], capabilities: [], pricePerRequestMsat: null, prices: [], dialects: ['souk/1'], network: null,
    channelId: null, relays: [], sparkAddress: null, announcedAt: 0, lastSeenAt: startMs / 1_000 - secsAgo, expiresAt: null, source: 'listing', eventId: '', seenOn: [],
    own: false, unanswered: false, sellerOffers: 1,
  }
  const offers = new Map<string, SeenOffer>([[KEY, offer]])
  const asked: number[] = []
  let timers = 0
  const counting = { ...clock, after: (delayMs: number, run: () => void) => clock.after(delayMs, () => ((timers += 1), run())) }
  const prober = createProber({ clock: counting, probe: () => asked.push((clock.now() - startMs) / 1_000), offers: () => offers, onUnanswered() {} })
  return { clock, asked, prober, timers: () => timers }
}

test('who is looked at is asked when the time has come, not by a tick of the clock', () => {
  const { clock, asked, prober, timers } = open(50)
  clock.advance(1_000)
  prober.want([KEY])
  const before = timers()
  clock.advance(8_999)
  expect([asked, timers() - before]).toEqual([[], 0])
  clock.advance(1)
  expect([asked, timers() - before]).toEqual([[10], 1])
  // Asked once more when the first stays without an answer.
  clock.advance(8_000)
  expect(asked).toEqual([10, 18])
})

test('who comes into sight is asked within a second, however often the sight changes', () => {
  const { clock, asked, prober } = open(100)
  clock.advance(5_000)
  for (let count = 0; count < 10; count += 1) {
    prober.want([])
    prober.want([KEY])
    clock.advance(100)
  }
  expect(asked).toHaveLength(1)
  expect(asked[0]).toBeLessThanOrEqual(6)
})

test('while nobody is to be asked the market is walked four times a minute, and that is all', () => {
  const { clock, asked, timers } = open(10)
  clock.advance(600_000)
  expect(asked).toEqual([])
  expect(timers()).toBeLessThanOrEqual(42)
})

test('it leaves no timer behind when it closes', () => {
  const { clock, asked, prober } = open(100)
  prober.want([KEY])
  clock.advance(1_000)
  expect(asked).toHaveLength(1)
  prober.close()
  prober.want([KEY])
  expect(clock.pending()).toBe(0)
})
