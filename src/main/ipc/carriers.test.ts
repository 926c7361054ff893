import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { STREAM_WINDOW, WIRE_VERSION, encodeWire } from '#shared/ipc/wire.ts'
import type { IpcClient } from '#shared/ipc/client.ts'
import { startElectronBench, startWebSocketBench, waitFor, type CarrierBench } from './testing/carriers.ts'
import type { SumContract, Totals } from './testing/sumContract.ts'

const hello = encodeWire({ type: 'hello', version: WIRE_VERSION })
const add = (id: number) => encodeWire({ type: 'request', id, route: 'sum.add', input: { a: id, b: 1 } })

describe.each([
  ['WebSocket', startWebSocketBench],
  ['Electron', startElectronBench],
])('the contract over %s', (_name, start) => {
  let bench: CarrierBench
  beforeEach(async () => {
    bench = await start()
  })
  afterEach(() => bench.close())

  const open = async (): Promise<IpcClient<SumContract>> => {
    const client = bench.connectClient()
    await waitFor(() => client.connection.get() === 'open')
    return client
  }

  it('answers a request, also one made before the connection is open', async () => {
    const client = bench.connectClient()
    expect(client.connection.get()).toBe('connecting')
    expect(await client.request('sum.add', { a: 2, b: 3 })).toEqual({ ok: true, value: { sum: 5 } })
    expect(client.connection.get()).toBe('open')
  })

  it('answers a problem with its code, and a crash without its secrets', async () => {
    const client = await open()
    expect(await client.request('sum.divide', { a: 1, b: 0 })).toMatchObject({ ok: false, error: { code: 'sum.by-zero' } })
    const crash = await client.request('sum.crash', {})
    expect(crash).toMatchObject({ ok: false, error: { code: 'internal' } })
    expect(JSON.stringify(crash)).not.toContain('1234')
  })

  it('carries any text whole', async () => {
    const client = await open()
    const text = 'ü👩‍🚀\u2028\0"\\'.repeat(2_000)
    expect(await client.request('sum.echo', { text })).toEqual({ ok: true, value: { text } })
  })

  it('answers many requests at once, each its own', async () => {
    const client = await open()
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => client.request('sum.add', { a: n, b: 1 })))
    expect(answers).toEqual(Array.from({ length: 50 }, (_, n) => ({ ok: true, value: { sum: n + 1 } })))
  })

  it('answers timeout when the engine is silent, and is of use afterwards', async () => {
    const client = bench.connectClient({ requestTimeoutMs: 1_000 })
    await waitFor(() => client.connection.get() === 'open')
    const answer = client.request('sum.hang', {})
    await waitFor(() => bench.sum.seen.hanging === 1)
    bench.clock.advance(1_000)
    expect(await answer).toMatchObject({ ok: false, error: { code: 'timeout' } })
    bench.sum.releaseHanging()
    expect(await client.request('sum.add', { a: 1, b: 1 })).toMatchObject({ ok: true })
  })

  it('streams far more than the window, in order, to its end', async () => {
    const client = await open()
    const items: number[] = []
    await new Promise<void>((resolve) => {
      client.stream('sum.count', { to: 1_000 }, { onItem: ({ n }) => items.push(n), onEnd: () => resolve() })
    })
    expect(items).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 1))
  })

  it('answers requests while a stream runs as fast as it can', async () => {
    const client = await open()
    let items = 0
    const cancel = client.stream('sum.count', { to: 1e9 }, { onItem: () => (items += 1), onEnd: () => undefined })
    await waitFor(() => items > STREAM_WINDOW)
    for (let n = 0; n < 20; n += 1) expect(await client.request('sum.add', { a: n, b: 0 })).toEqual({ ok: true, value: { sum: n } })
    cancel()
    await waitFor(() => bench.sum.seen.cancelled === 1)
  })

  it('cancels a stream: the handler ends, the listener hears no more', async () => {
    const client = await open()
    let items = 0
    let ended = 0
    const cancel = client.stream('sum.waitForever', {}, { onItem: () => (items += 1), onEnd: () => (ended += 1) })
    await waitFor(() => items === 1)
    cancel()
    cancel()
    await waitFor(() => bench.sum.seen.cancelled === 1)
    expect([items, ended]).toEqual([1, 0])
  })

  it('ends a stream with the problem that ended it', async () => {
    const client = await open()
    const problem = await new Promise((resolve) => {
      client.stream('sum.countThenFail', { to: 2, how: 'problem' }, { onItem: () => undefined, onEnd: resolve })
    })
    expect(problem).toMatchObject({ code: 'sum.out-of-numbers' })
  })

  it('mirrors a state, shares one subscription, and keeps what did not change', async () => {
    const client = await open()
    bench.sum.totals.set({ totals: { a: { total: 1 }, b: { total: 2 } } })
    const seen: Totals[] = []
    const stop = client.watchState('sum.totals', (snapshot) => seen.push(snapshot))
    await waitFor(() => seen.length === 1, bench.clock)
    const late: Totals[] = []
    const stopLate = client.watchState('sum.totals', (snapshot) => late.push(snapshot))
    expect(late).toEqual(seen)
    expect(bench.sum.seen.stateSubscribers).toBe(1)
    for (let n = 1; n <= 500; n += 1) bench.sum.totals.set({ totals: { a: { total: n }, b: { total: 2 } } })
    await waitFor(() => seen.at(-1)?.totals['a']?.total === 500, bench.clock)
    expect(seen).toHaveLength(2)
    expect(seen[1]?.totals['b']).toBe(seen[0]?.totals['b'])
    stop()
    bench.sum.totals.set({ totals: {} })
    await waitFor(() => late.length === 3, bench.clock)
    expect(late.at(-1)).toEqual({ totals: {} })
    expect(seen).toHaveLength(2)
    stopLate()
    await waitFor(() => bench.sum.seen.stateSubscribers === 0)
  })

  it('mirrors two hundred changes without losing step', async () => {
    const client = await open()
    let last: Totals = { totals: {} }
    client.watchState('sum.totals', (snapshot) => {
      last = snapshot
    })
    for (let n = 1; n <= 200; n += 1) {
      bench.sum.totals.set({ totals: Object.fromEntries(Array.from({ length: n % 7 }, (_, key) => [`${(n + key) % 9}`, { total: n * key }])) })
      await waitFor(() => true, bench.clock)
      if (n % 10 === 0) await client.request('sum.add', { a: 1, b: 1 })
    }
    await waitFor(() => JSON.stringify(last) === JSON.stringify(bench.sum.totals.get()), bench.clock)
  })

  it('delivers events to who listens, until they stop', async () => {
    const client = await open()
    const heard: number[] = []
    const stop = client.onEvent('sum.added', ({ by }) => heard.push(by))
    await waitFor(() => bench.sum.eventListenerCount() === 1)
    bench.sum.emitAdded(7)
    await waitFor(() => heard.length === 1)
    stop()
    await waitFor(() => bench.sum.eventListenerCount() === 0)
    expect(heard).toEqual([7])
  })

  it('comes back after a drop: states and events anew, streams and requests ended as disconnected', async () => {
    const client = await open()
    const seen: Totals[] = []
    const heard: number[] = []
    const states: string[] = []
    client.connection.subscribe(() => states.push(client.connection.get()))
    client.watchState('sum.totals', (snapshot) => seen.push(snapshot))
    client.onEvent('sum.added', ({ by }) => heard.push(by))
    await waitFor(() => seen.length === 1 && bench.sum.eventListenerCount() === 1)
    const ended = new Promise((resolve) => {
      client.stream('sum.waitForever', {}, { onItem: () => bench.dropAll(), onEnd: resolve })
    })
    const answer = client.request('sum.hang', {})
    expect(await ended).toMatchObject({ code: 'disconnected' })
    expect(await answer).toMatchObject({ ok: false, error: { code: 'disconnected' } })
    expect(client.connection.get()).toBe('closed')
    // Nothing that a person does now is carried out later, unseen.
    expect(await client.request('sum.add', { a: 1, b: 1 })).toMatchObject({ ok: false, error: { code: 'disconnected' } })
    await waitFor(() => bench.sum.seen.stateSubscribers === 0 && bench.sum.eventListenerCount() === 0 && bench.sum.seen.cancelled === 1)
    bench.sum.totals.set({ totals: { back: { total: 1 } } })
    await waitFor(() => client.connection.get() === 'open' && seen.length === 2 && bench.sum.eventListenerCount() === 1, bench.clock)
    bench.sum.emitAdded(9)
    await waitFor(() => heard.length === 1)
    expect(seen[1]).toEqual({ totals: { back: { total: 1 } } })
    expect(states).toEqual(['closed', 'open'])
  })

  it('leaves nothing behind when a page closes', async () => {
    const client = await open()
    client.watchState('sum.totals', () => undefined)
    client.onEvent('sum.added', () => undefined)
    client.stream('sum.waitForever', {}, { onItem: () => undefined, onEnd: () => undefined })
    await waitFor(() => bench.sum.seen.stateSubscribers === 1 && bench.sum.eventListenerCount() === 1)
    client.close()
    expect(client.connection.get()).toBe('closed')
    expect(await client.request('sum.add', { a: 1, b: 1 })).toMatchObject({ ok: false, error: { code: 'disconnected' } })
    await waitFor(() => bench.connectionCount() === 0)
    expect([bench.sum.seen.stateSubscribers, bench.sum.eventListenerCount()]).toEqual([0, 0])
  })

  it.each(['', '{', 'null', '[]', '"hello"', '{"type":"request","id":1}', '{"type":"nothing"}', '{"__proto__":{"type":"hello"}}'])('refuses the malformed message %s and goes on', async (text) => {
    const page = await bench.connectRaw()
    page.send(hello)
    page.send(text)
    page.send(add(1))
    await waitFor(() => page.received.length === 3)
    expect(page.received[1]).toContain('"refused"')
    expect(page.received[2]).toContain('"sum":2')
    page.close()
  })

  it('drops a page that sends too long a message, and no other', async () => {
    const [page, client] = [await bench.connectRaw(), await open()]
    page.send(hello)
    await waitFor(() => page.received.length === 1)
    page.send(JSON.stringify({ type: 'request', id: 1, route: 'sum.echo', input: { text: 'x'.repeat(600 * 1024) } }))
    await waitFor(() => page.isClosed())
    expect(await client.request('sum.add', { a: 1, b: 1 })).toMatchObject({ ok: true })
    expect(bench.connectionCount()).toBe(1)
  })

  it('serves a page’s request long before the flood of another is through', async () => {
    const [flooder, page] = [await bench.connectRaw(), await bench.connectRaw()]
    flooder.send(hello)
    page.send(hello)
    await waitFor(() => flooder.received.length === 1 && page.received.length === 1)
    const flood = 1_500
    for (let id = 1; id <= flood; id += 1) flooder.send(add(id))
    for (let id = 1; id <= 5; id += 1) {
      page.send(add(id))
      await waitFor(() => page.received.length === id + 1)
    }
    const servedOfFlood = flooder.received.length - 1
    expect(servedOfFlood).toBeLessThan(flood / 2)
    await waitFor(() => flooder.received.length === flood + 1, bench.clock)
    flooder.close()
    page.close()
  })

  it('holds a flood to its rate', async () => {
    const limited = await start({ messagesPerTurn: 16, messagesPerSecond: 100, burst: 10, fullMessages: 50, fullChars: 1e6 })
    const page = await limited.connectRaw()
    page.send(hello)
    for (let id = 1; id <= 60; id += 1) page.send(add(id))
    await waitFor(() => page.received.length === 10)
    await waitFor(() => limited.clock.pending() > 0)
    expect(page.received).toHaveLength(10)
    limited.clock.advance(100)
    await waitFor(() => page.received.length === 20)
    await waitFor(() => page.received.length === 61, limited.clock)
    page.close()
    await limited.close()
  })
})
