import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createManualClock } from '#engine/testing/manualClock.ts'
import { createIpcClient } from './client.ts'
import { event, request, state, stream } from './contract.ts'
import type { Transport, TransportHandlers } from './transport.ts'
import { WIRE_VERSION, decodeWire } from './wire.ts'

const contract = {
  'sum.add': request(z.object({ a: z.number() }), z.object({ sum: z.number() })),
  'sum.count': stream(z.object({}), z.object({ n: z.number() })),
  'sum.total': state(z.object({ total: z.number() })),
  'sum.added': event(z.object({ by: z.number() })),
} as const

/** A client against a transport that the test plays. */
function setUp() {
  const clock = createManualClock()
  const attempts: { handlers: TransportHandlers; sent: unknown[]; closed: boolean }[] = []
  const transport: Transport = {
    open: (handlers) => void attempts.push({ handlers, sent: [], closed: false }),
    send: (data) => void attempts.at(-1)?.sent.push(decodeWire(data)),
    close: () => {
      const last = attempts.at(-1)
      if (last) last.closed = true
    },
  }
  const problems: string[] = []
  const client = createIpcClient(contract, transport, { after: (delayMs, run) => clock.after(delayMs, run), random: () => 1, onProblem: ({ code }) => problems.push(code) })
  const last = () => attempts.at(-1) ?? expect.fail('no attempt')
  const say = (message: object) => last().handlers.onMessage(JSON.stringify(message))
  const greet = () => {
    last().handlers.onOpen()
    say({ type: 'hello', version: WIRE_VERSION })
  }
  return { clock, attempts, client, last, say, greet, problems }
}

describe('the client', () => {
  it('sends what was asked while it connected in the order of the asking, once the engine said hello', () => {
    const { client, last, greet } = setUp()
    void client.request('sum.add', { a: 1 })
    client.stream('sum.count', {}, { onItem: () => undefined, onEnd: () => undefined })
    void client.request('sum.add', { a: 2 })
    client.watchState('sum.total', () => undefined)
    // Whoever asks on hearing that it is open comes after.
    const stop = client.connection.subscribe(() => void client.request('sum.add', { a: 3 }))
    expect(last().sent).toEqual([])
    greet()
    stop()
    expect(last().sent).toMatchObject([
      { type: 'hello', version: WIRE_VERSION },
      { type: 'request', id: 1 },
      { type: 'stream', id: 2 },
      { type: 'request', id: 3 },
      { type: 'watch', id: 4 },
      { type: 'request', id: 5 },
    ])
  })

  it('ignores whatever comes before the hello: it belongs to an earlier connection', async () => {
    const { client, say, last, greet } = setUp()
    const answer = client.request('sum.add', { a: 1 })
    last().handlers.onOpen()
    say({ type: 'answer', id: 1, ok: true, value: { sum: 666 } })
    greet()
    say({ type: 'answer', id: 1, ok: true, value: { sum: 2 } })
    expect(await answer).toEqual({ ok: true, value: { sum: 2 } })
  })

  it('keeps trying with longer pauses, up to a limit, until it succeeds', () => {
    const { clock, attempts, last, greet, client } = setUp()
    const pauses: number[] = []
    for (let n = 1; n <= 9; n += 1) {
      const from = clock.now()
      last().handlers.onClose('refused')
      while (attempts.length === n) clock.advance(50)
      pauses.push(clock.now() - from)
    }
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000])
    expect(client.connection.get()).toBe('connecting')
    greet()
    expect(client.connection.get()).toBe('open')
  })

  it('gives up a carrier that opens and never says hello', () => {
    const { clock, attempts, last } = setUp()
    last().handlers.onOpen()
    clock.advance(10_000)
    expect(attempts[0]?.closed).toBe(true)
    clock.advance(1_000)
    expect(attempts).toHaveLength(2)
  })

  it('notices a half-open connection by its missing pong, and not one that answers', () => {
    const { clock, attempts, client, greet, say } = setUp()
    greet()
    for (let n = 0; n < 5; n += 1) {
      clock.advance(20_000)
      say({ type: 'pong' })
    }
    expect(client.connection.get()).toBe('open')
    clock.advance(40_000)
    expect(attempts[0]?.closed).toBe(true)
    expect(client.connection.get()).toBe('closed')
    clock.advance(250)
    expect(attempts).toHaveLength(2)
  })

  it('takes no late word of an earlier attempt', () => {
    const { clock, attempts, client, greet, last } = setUp()
    greet()
    const [first] = attempts
    last().handlers.onClose('gone')
    clock.advance(1_000)
    greet()
    first?.handlers.onClose('gone')
    first?.handlers.onMessage(JSON.stringify({ type: 'refused', problem: { code: 'version', message: '' } }))
    expect(client.connection.get()).toBe('open')
    expect(attempts).toHaveLength(2)
  })

  it('stops for good when the engine is of another version', () => {
    const { clock, attempts, client, last, say, problems } = setUp()
    last().handlers.onOpen()
    say({ type: 'hello', version: WIRE_VERSION + 1 })
    clock.advance(60_000)
    expect(client.connection.get()).toBe('closed')
    expect(attempts).toHaveLength(1)
    expect(problems).toEqual(['version'])
  })

  it('answers protocol when the answer is not what the contract says', async () => {
    const { client, greet, say } = setUp()
    greet()
    const answer = client.request('sum.add', { a: 1 })
    say({ type: 'answer', id: 1, ok: true, value: { sum: 'two' } })
    expect(await answer).toMatchObject({ ok: false, error: { code: 'protocol' } })
  })

  it('ends a stream whose item is not what the contract says, and cancels it', () => {
    const { client, greet, say, last } = setUp()
    greet()
    const ends: (string | undefined)[] = []
    client.stream('sum.count', {}, { onItem: () => undefined, onEnd: (problem) => ends.push(problem?.code) })
    say({ type: 'item', id: 1, item: { n: 'one' } })
    say({ type: 'item', id: 1, item: { n: 2 } })
    expect(ends).toEqual(['protocol'])
    expect(last().sent.at(-1)).toEqual({ type: 'cancel', id: 1 })
  })

  it('shows no state that breaks the contract, and the next good one whole', () => {
    const { client, greet, say, problems } = setUp()
    greet()
    const seen: unknown[] = []
    client.watchState('sum.total', (snapshot) => seen.push(snapshot))
    say({ type: 'snapshot', id: 1, value: { total: 1 } })
    say({ type: 'patch', id: 1, patch: { total: 'many' } })
    say({ type: 'patch', id: 1, patch: { total: 3 } })
    expect(seen).toEqual([{ total: 1 }, { total: 3 }])
    expect(problems).toEqual(['protocol'])
  })

  it.each(['', 'null', '{"type":"answer"}', '{"type":"answer","id":"1"}'])('survives the message %s', (text) => {
    const { client, greet, last, problems } = setUp()
    greet()
    last().handlers.onMessage(text)
    last().handlers.onMessage({ not: 'text' })
    expect(client.connection.get()).toBe('open')
    expect(problems).toEqual(['protocol', 'protocol'])
  })

  it('leaves no timer behind when it closes', async () => {
    const { client, clock, greet } = setUp()
    greet()
    const answer = client.request('sum.add', { a: 1 })
    client.close()
    expect(await answer).toMatchObject({ ok: false, error: { code: 'disconnected' } })
    expect(clock.pending()).toBe(0)
  })

  it('tells a stream opened without a connection that there is none, unless it was cancelled first', async () => {
    const { client } = setUp()
    client.close()
    const ends: (string | undefined)[] = []
    client.stream('sum.count', {}, { onItem: () => undefined, onEnd: (problem) => ends.push(problem?.code) })
    client.stream('sum.count', {}, { onItem: () => undefined, onEnd: () => ends.push('cancelled') })()
    await Promise.resolve()
    expect(ends).toEqual(['disconnected'])
  })

  it('compiles only with the contract’s names and types', () => {
    const { client } = setUp()
    // @ts-expect-error no such request
    void client.request('sum.subtract', { a: 1 })
    // @ts-expect-error a stream is no request
    void client.request('sum.count', {})
    // @ts-expect-error the input is { a: number }
    void client.request('sum.add', { a: 'one' })
    // @ts-expect-error the snapshot has no such member
    client.watchState('sum.total', (snapshot) => snapshot.sum)
    client.close()
  })
})
