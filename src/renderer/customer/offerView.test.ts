import { describe, expect, it } from 'vitest'
import { createManualClock } from '#engine/testing/manualClock.ts'
import type { OfferRow } from '#shared/ipc/customer.ts'
import { sats } from '#shared/market/msat.ts'
import { linkEngine } from '#renderer/state/client.ts'
import { createFakeEngine } from '#renderer/testing/fakeEngine.ts'
import { makeOffer } from '#renderer/testing/sceneData.ts'
import type { OfferQuery } from './offerRows.ts'
import { createOfferView, PAGE_UPDATE_MS } from './offerView.ts'

const ALL: OfferQuery = { search: '', filters: [], model: undefined, network: undefined, settlement: undefined, maxPriceMsat: undefined, sort: { column: 'price', descending: false } }

function setUp(count = 3) {
  const clock = createManualClock()
  const offerOf = (n: number, price = n + 1): OfferRow => makeOffer(clock.now(), { key: `offer-${n}`, priceMsat: sats(price) })
  const offers = Object.fromEntries(Array.from({ length: count }, (_, n) => [`offer-${n}`, offerOf(n)]))
  const engine = createFakeEngine({ 'customer.offers': { offers, loaded: true, refused: {} } })
  /** Nobody is idle until a test says so, or the time for it is up. */
  const idle = new Set<() => void>()
  const whenIdle = (timeoutMs: number, run: () => void) => {
    const cancel = clock.after(timeoutMs, finish)
    function finish() {
      idle.delete(finish)
      cancel()
      run()
    }
    idle.add(finish)
    return () => {
      idle.delete(finish)
      cancel()
    }
  }
  const view = createOfferView(linkEngine(engine.client).states, ALL, { now: clock.now, after: clock.after, whenIdle })
  let shown = 0
  const leave = view.subscribe(() => (shown += 1))
  clock.advance(0)
  const change = (changes: Record<string, OfferRow>) => engine.setState('customer.offers', { offers: { ...engine.getState('customer.offers')?.offers, ...changes }, loaded: true, refused: { 'too-long': 1 } })
  const beIdle = () => idle.forEach((run) => run())
  return { clock, view, offerOf, change, beIdle, leave, shown: () => shown, keys: () => view.get().rows?.map(({ key }) => key) }
}

describe('createOfferView', () => {
  it('shows what is there at once, with the models offered most', () => {
    const { view, keys } = setUp()
    expect(keys()).toEqual(['offer-0', 'offer-1', 'offer-2'])
    expect(view.get()).toMatchObject({ total: 3, loaded: true, models: ['llama3.2:3b'] })
  })

  it('takes a thousand changes a second in at most five looks, none while the page is busy, and the last one whole', () => {
    const { clock, change, offerOf, beIdle, shown, view } = setUp()
    const before = shown()
    for (let n = 0; n < 1_000; n++) {
      change({ [`offer-${n % 3}`]: offerOf(n % 3, n + 1) })
      clock.advance(1)
      if (n % 10 === 0) beIdle()
    }
    clock.advance(PAGE_UPDATE_MS)
    beIdle()
    expect(shown() - before).toBeGreaterThanOrEqual(4)
    expect(shown() - before).toBeLessThanOrEqual(6)
    expect(view.get().rows?.map(({ priceMsat }) => priceMsat)).toEqual([sats(998), sats(999), sats(1_000)])
  })

  it('waits for a busy page no longer than a second', () => {
    const { clock, change, offerOf, view } = setUp()
    clock.advance(1_000)
    change({ 'offer-9': offerOf(9) })
    clock.advance(999)
    expect(view.get().total).toBe(3)
    clock.advance(1)
    expect(view.get()).toMatchObject({ total: 4, refused: { 'too-long': 1 } })
  })

  it('moves nothing while it is held, and lets in what waits when it is told to, or no longer held', () => {
    const { clock, change, offerOf, beIdle, keys, view } = setUp()
    view.hold(true)
    change({ 'offer-0': offerOf(0, 100) })
    clock.advance(PAGE_UPDATE_MS)
    beIdle()
    expect(keys()).toEqual(['offer-0', 'offer-1', 'offer-2'])
    change({ 'offer-9': offerOf(9) })
    clock.advance(PAGE_UPDATE_MS)
    beIdle()
    expect(view.get().waiting).toBe(1)
    view.letIn()
    expect(keys()).toEqual(['offer-1', 'offer-2', 'offer-9', 'offer-0'])
    change({ 'offer-4': offerOf(4) })
    view.hold(false)
    clock.advance(PAGE_UPDATE_MS)
    beIdle()
    expect(keys()).toContain('offer-4')
  })

  it('is not held against a market that is just arriving', () => {
    const { clock, change, offerOf, beIdle, view } = setUp()
    view.hold(true)
    change(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`offer-${n + 3}`, offerOf(n + 3)])))
    clock.advance(PAGE_UPDATE_MS)
    beIdle()
    expect(view.get()).toMatchObject({ waiting: 0, total: 103 })
  })

  it('answers a new question before anything else, and follows nothing after the last one left', () => {
    const { clock, change, offerOf, keys, leave, view } = setUp()
    change({ 'offer-7': offerOf(7, 1) })
    view.ask({ ...ALL, maxPriceMsat: sats(2) })
    clock.advance(0)
    expect(keys()).toEqual(['offer-0', 'offer-7', 'offer-1'])
    change({ 'offer-9': offerOf(9) })
    leave()
    expect(clock.pending()).toBe(0)
  })
})
