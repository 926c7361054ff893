import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createManualClock } from '#engine/testing/manualClock.ts'
import type { Handlers } from '#shared/ipc/handlers.ts'
import { applyMerge } from '#shared/ipc/mergePatch.ts'
import { STATE_WINDOW, STREAM_WINDOW, WIRE_VERSION, type ServerMessage } from '#shared/ipc/wire.ts'
import { createRouter, type RouterOptions } from './router.ts'
import { createSumHandlers, sumContract, type SumContract, type Totals } from './testing/sumContract.ts'

function setUp(options: Partial<RouterOptions> = {}) {
  const sum = createSumHandlers()
  const clock = createManualClock()
  const logged: string[] = []
  const router = createRouter(sumContract, sum.handlers, { clock, log: (_level, message, fields) => logged.push(`${message} ${JSON.stringify(fields)}`), patchIntervalMs: 30, ...options })
  const connect = () => {
    const sent: ServerMessage[] = []
    const connection = router.connect((message) => sent.push(message), { kind: 'browser' })
    connection.receive({ type: 'hello', version: WIRE_VERSION })
    const about = (id: number) => sent.filter((message) => 'id' in message && message.id === id)
    /** Waits until what is due was done, without the clock. */
    const settled = async (until: () => boolean) => {
      for (let turn = 0; turn < 10_000 && !until(); turn += 1) await setImmediate()
      expect(until()).toBe(true)
    }
    return { ...connection, sent, about, settled }
  }
  return { ...sum, clock, logged, router, connect }
}
const request = (id: number, route: string, input: unknown = {}) => ({ type: 'request', id, route, input })

describe('the router', () => {
  it('answers a request with a value', async () => {
    const page = setUp().connect()
    page.receive(request(1, 'sum.add', { a: 2, b: 3 }))
    await page.settled(() => page.about(1).length > 0)
    expect(page.about(1)).toEqual([{ type: 'answer', id: 1, ok: true, value: { sum: 5 } }])
  })

  it('answers a problem with a code of its domain', async () => {
    const page = setUp().connect()
    page.receive(request(1, 'sum.divide', { a: 2, b: 0 }))
    await page.settled(() => page.about(1).length > 0)
    expect(page.about(1)).toEqual([{ type: 'problem', id: 1, problem: { code: 'sum.by-zero', message: 'Nothing can be divided by zero. Choose another divisor.' } }])
  })

  it('says of a handler that throws only that it failed, and the rest to the log', async () => {
    const { connect, logged } = setUp()
    const page = connect()
    page.receive(request(1, 'sum.crash'))
    await page.settled(() => page.about(1).length > 0)
    expect(page.about(1)).toMatchObject([{ type: 'problem', problem: { code: 'internal' } }])
    expect(JSON.stringify(page.sent)).not.toContain('1234')
    expect(logged.join()).toContain('1234')
  })

  it('does not hand on an answer that breaks its schema, nor its value to the log', async () => {
    const { connect, logged } = setUp()
    const page = connect()
    page.receive(request(1, 'sum.lie'))
    await page.settled(() => page.about(1).length > 0)
    expect(page.about(1)).toMatchObject([{ type: 'problem', problem: { code: 'internal' } }])
    expect(logged.join()).toContain('sum.lie')
    expect(logged.join()).not.toContain('secret')
  })

  it('refuses an input that breaks its schema, naming the place and not the value', () => {
    const page = setUp().connect()
    page.receive(request(1, 'sum.add', { a: 'secret', b: 1 }))
    expect(page.about(1)).toMatchObject([{ type: 'problem', problem: { code: 'invalid-input', message: expect.stringContaining('a: ') } }])
    expect(JSON.stringify(page.sent)).not.toContain('secret')
  })

  it.each(['sum.unknown', 'sum.count', 'toString', '__proto__', 'constructor'])('refuses the request %s, which is no request of the contract', (route) => {
    const page = setUp().connect()
    page.receive(request(1, route))
    expect(page.about(1)).toMatchObject([{ type: 'problem', problem: { code: 'unknown-route' } }])
  })

  it.each([undefined, null, 'text', 7, [], {}, { type: 'request' }, { type: 'request', id: -1, route: 'sum.add' }, { type: 'request', id: 1, route: 'x'.repeat(1_000) }, { type: 'credit', id: 1, count: 1e9 }, { type: '__proto__' }])(
    'refuses what is no message: %j',
    (raw) => {
      const page = setUp().connect()
      page.receive(raw)
      expect(page.sent.slice(1)).toMatchObject([{ type: 'refused', problem: { code: 'protocol' } }])
    },
  )

  it('refuses everything before the hello, and another version', () => {
    const { router } = setUp()
    const sent: ServerMessage[] = []
    const connection = router.connect((message) => sent.push(message), { kind: 'browser' })
    connection.receive(request(1, 'sum.add', { a: 1, b: 1 }))
    connection.receive({ type: 'hello', version: WIRE_VERSION + 1 })
    connection.receive(request(2, 'sum.add', { a: 1, b: 1 }))
    expect(sent.map((message) => message.type === 'refused' && message.problem.code)).toEqual(['protocol', 'version', 'protocol'])
  })

  it('refuses an id that was used', async () => {
    const page = setUp().connect()
    page.receive(request(5, 'sum.add', { a: 1, b: 1 }))
    page.receive(request(5, 'sum.add', { a: 1, b: 1 }))
    await page.settled(() => page.about(5).length > 0)
    expect(page.about(5)).toHaveLength(1)
    expect(page.sent.some((message) => message.type === 'refused')).toBe(true)
  })

  it('lets no more requests be under way than the limit, and again when they ended', async () => {
    const { connect, releaseHanging } = setUp({ maxRequests: 2 })
    const page = connect()
    for (const id of [1, 2, 3]) page.receive(request(id, 'sum.hang'))
    expect(page.about(3)).toMatchObject([{ type: 'problem', problem: { code: 'busy' } }])
    // A cancelled request still runs, and still counts.
    page.receive({ type: 'cancel', id: 1 })
    page.receive(request(4, 'sum.hang'))
    expect(page.about(4)).toMatchObject([{ type: 'problem', problem: { code: 'busy' } }])
    releaseHanging()
    await page.settled(() => page.about(2).length > 0)
    expect(page.about(1)).toEqual([])
    page.receive(request(5, 'sum.add', { a: 1, b: 1 }))
    await page.settled(() => page.about(5).length > 0)
    expect(page.about(5)).toMatchObject([{ type: 'answer' }])
  })

  it('refuses at creation handlers that are not the contract’s', () => {
    const { handlers } = createSumHandlers()
    const options = { clock: createManualClock(), log: () => undefined }
    const missing: Handlers<SumContract> = { ...handlers, events: JSON.parse('{}') }
    expect(() => createRouter(sumContract, missing, options)).toThrow(/event: sum.added/)
    const extra = { ...handlers, requests: { ...handlers.requests, 'sum.other': handlers.requests['sum.add'] } }
    expect(() => createRouter(sumContract, extra, options)).toThrow(/request: sum.other/)
  })
})

describe('a stream', () => {
  const open = (id: number, route: string, input: unknown = {}) => ({ type: 'stream', id, route, input })

  it('sends its items in order, then its end', async () => {
    const page = setUp().connect()
    page.receive(open(1, 'sum.count', { to: 3 }))
    await page.settled(() => page.about(1).some(({ type }) => type === 'end'))
    expect(page.about(1)).toEqual([...[1, 2, 3].map((n) => ({ type: 'item', id: 1, item: { n } })), { type: 'end', id: 1 }])
  })

  it('is not asked for more than the page has room for', async () => {
    const { connect, seen } = setUp()
    const page = connect()
    page.receive(open(1, 'sum.count', { to: 1_000_000 }))
    await page.settled(() => page.about(1).length === STREAM_WINDOW)
    for (let turn = 0; turn < 100; turn += 1) await setImmediate()
    expect(seen.produced).toBe(STREAM_WINDOW)
    page.receive({ type: 'credit', id: 1, count: 5 })
    await page.settled(() => page.about(1).length === STREAM_WINDOW + 5)
    for (let turn = 0; turn < 100; turn += 1) await setImmediate()
    expect(seen.produced).toBe(STREAM_WINDOW + 5)
    // Room never grows past the window, however often it is granted.
    for (let grant = 0; grant < 1_000; grant += 1) page.receive({ type: 'credit', id: 1, count: STREAM_WINDOW })
    for (let turn = 0; turn < 100; turn += 1) await setImmediate()
    expect(seen.produced).toBe(2 * STREAM_WINDOW + 5)
    page.close()
  })

  it('lets others in between, however fast it is', async () => {
    const page = setUp().connect()
    page.receive(open(1, 'sum.count', { to: 1_000_000 }))
    page.receive(request(2, 'sum.add', { a: 1, b: 1 }))
    await page.settled(() => page.about(2).length > 0)
    expect(page.about(1).length).toBeLessThan(STREAM_WINDOW)
    page.close()
  })

  it('stops when cancelled, and sends nothing more', async () => {
    const { connect, seen } = setUp()
    const page = connect()
    page.receive(open(1, 'sum.waitForever'))
    page.receive(open(2, 'sum.count', { to: 1_000_000 }))
    await page.settled(() => page.about(1).length === 1 && page.about(2).length === STREAM_WINDOW)
    page.receive({ type: 'cancel', id: 1 })
    page.receive({ type: 'cancel', id: 2 })
    await page.settled(() => seen.cancelled === 2)
    expect(page.about(1)).toHaveLength(1)
    expect(page.about(2)).toHaveLength(STREAM_WINDOW)
  })

  it.each([
    ['problem', 'sum.out-of-numbers'],
    ['crash', 'internal'],
    ['lie', 'internal'],
  ])('ends with a problem when its handler ends by %s', async (how, code) => {
    const page = setUp().connect()
    page.receive(open(1, 'sum.countThenFail', { to: 2, how }))
    await page.settled(() => page.about(1).length === 3)
    expect(page.about(1).at(-1)).toMatchObject({ type: 'end', problem: { code } })
    expect(JSON.stringify(page.sent)).not.toContain('1234')
  })

  it('is refused past the limit, also when those before were cancelled and still run', () => {
    const page = setUp({ maxStreams: 1 }).connect()
    page.receive(open(1, 'sum.waitForever'))
    page.receive({ type: 'cancel', id: 1 })
    page.receive(open(2, 'sum.waitForever'))
    expect(page.about(2)).toMatchObject([{ type: 'end', problem: { code: 'busy' } }])
    page.close()
  })
})

describe('a state', () => {
  const totalsOf = (n: number): Totals => ({ totals: { a: { total: n }, b: { total: 7 } } })
  const watch = (id: number) => ({ type: 'watch', id, route: 'sum.totals' })

  it('sends a snapshot at once, then one patch for many changes', () => {
    const { connect, totals, clock } = setUp()
    totals.set(totalsOf(0))
    const page = connect()
    page.receive(watch(1))
    expect(page.about(1)).toEqual([{ type: 'snapshot', id: 1, value: totalsOf(0) }])
    for (let n = 1; n <= 1_000; n += 1) totals.set(totalsOf(n))
    clock.advance(29)
    expect(page.about(1)).toHaveLength(1)
    clock.advance(1)
    expect(page.about(1).slice(1)).toEqual([{ type: 'patch', id: 1, patch: { totals: { a: { total: 1_000 } } } }])
  })

  it('sends nothing when it changed back', () => {
    const { connect, totals, clock } = setUp()
    totals.set(totalsOf(0))
    const page = connect()
    page.receive(watch(1))
    totals.set(totalsOf(1))
    totals.set(totalsOf(0))
    clock.advance(1_000)
    expect(page.about(1)).toHaveLength(1)
  })

  it('waits for a page that takes nothing, then catches up in one patch', () => {
    const { connect, totals, clock } = setUp()
    totals.set(totalsOf(0))
    const page = connect()
    page.receive(watch(1))
    for (let n = 1; n <= 100; n += 1) {
      totals.set(totalsOf(n))
      clock.advance(100)
    }
    expect(page.about(1)).toHaveLength(STATE_WINDOW)
    page.receive({ type: 'credit', id: 1, count: 1 })
    clock.advance(100)
    expect(page.about(1)).toHaveLength(STATE_WINDOW + 1)
    let mirrored: unknown
    for (const message of page.about(1)) mirrored = message.type === 'snapshot' ? message.value : applyMerge(mirrored, message.type === 'patch' ? message.patch : {})
    expect(mirrored).toEqual(totalsOf(100))
  })

  it('is not sent while it breaks its schema, and is whole again afterwards', () => {
    const { connect, totals, clock, logged } = setUp()
    totals.set(totalsOf(0))
    const page = connect()
    page.receive(watch(1))
    totals.set(JSON.parse('{"totals":{"a":{"total":"many"}}}'))
    clock.advance(100)
    expect(page.about(1)).toHaveLength(1)
    expect(logged.join()).toContain('sum.totals')
    totals.set(totalsOf(3))
    clock.advance(100)
    expect(page.about(1)).toHaveLength(2)
  })

  it('is refused past the limit of subscriptions', () => {
    const page = setUp({ maxSubscriptions: 2 }).connect()
    page.receive(watch(1))
    page.receive({ type: 'listen', id: 2, route: 'sum.added' })
    page.receive(watch(3))
    expect(page.about(3)).toMatchObject([{ type: 'end', problem: { code: 'busy' } }])
    page.receive({ type: 'cancel', id: 2 })
    page.receive(watch(4))
    expect(page.about(4)).toMatchObject([{ type: 'snapshot' }])
  })
})

describe('an event', () => {
  it('reaches the pages that listen, until they cancel', () => {
    const { connect, emitAdded } = setUp()
    const [page, other] = [connect(), connect()]
    page.receive({ type: 'listen', id: 1, route: 'sum.added' })
    emitAdded(1)
    page.receive({ type: 'cancel', id: 1 })
    emitAdded(2)
    expect(page.about(1)).toEqual([{ type: 'event', id: 1, payload: { by: 1 } }])
    expect(other.sent).toHaveLength(1)
  })
})

describe('closing a connection', () => {
  it('leaves nothing registered and sends nothing more', async () => {
    const { connect, seen, totals, clock, router, eventListenerCount, emitAdded, releaseHanging } = setUp()
    const page = connect()
    page.receive({ type: 'watch', id: 1, route: 'sum.totals' })
    page.receive({ type: 'listen', id: 2, route: 'sum.added' })
    page.receive({ type: 'stream', id: 3, route: 'sum.waitForever', input: {} })
    page.receive(request(4, 'sum.hang'))
    await page.settled(() => page.about(3).length === 1)
    totals.set({ totals: { a: { total: 1 } } })
    expect([seen.stateSubscribers, eventListenerCount(), clock.pending(), router.connectionCount()]).toEqual([1, 1, 1, 1])
    const before = page.sent.length
    page.close()
    expect([seen.stateSubscribers, eventListenerCount(), clock.pending(), router.connectionCount()]).toEqual([0, 0, 0, 0])
    emitAdded(1)
    releaseHanging()
    page.receive(request(5, 'sum.add', { a: 1, b: 1 }))
    await page.settled(() => seen.cancelled === 1)
    for (let turn = 0; turn < 20; turn += 1) await setImmediate()
    expect(page.sent).toHaveLength(before)
  })
})
