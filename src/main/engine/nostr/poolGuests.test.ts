import { afterEach, expect, test } from 'vitest'
import type { Socket } from '../ports.ts'
import { openWebSocketWithWs } from './openWebSocket.ts'
import type { RelayPoolOptions } from './pool.ts'
import { startHostileRelay, type HostileRelay, type HostileRelayOptions } from './testing/hostileRelay.ts'
import { author, createPoolHarness, message, NOW_SECS, stranger, type PoolHarness } from './testing/poolHarness.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function startRelay(options?: HostileRelayOptions): Promise<HostileRelay> {
  const relay = await startHostileRelay(options)
  stops.push(() => relay.stop())
  return relay
}

function createHarness(options: Partial<RelayPoolOptions> = {}): PoolHarness {
  const harness = createPoolHarness({ allowPrivateGuests: true, ...options })
  stops.push(() => harness.pool.close())
  return harness
}

const contents = (relay: HostileRelay) => relay.stored.map(({ content }) => content)
const questions = (relay: HostileRelay) => relay.heard('REQ').filter(([, id]) => id !== 'ping')

test('questions go to what is read, events to what is written, and both to what is named', async () => {
  const [reading, writing] = [await startRelay(), await startRelay()]
  const { pool, subscribe, until } = createHarness()
  pool.add(reading.url, { read: true, write: false })
  pool.add(writing.url, { read: false, write: true })
  const seen = subscribe()
  await until(() => seen.eoses === 1)
  expect((await pool.publish(message('to write'))).verdicts.map(({ relay }) => relay)).toEqual([writing.url])
  expect((await pool.publish(message('to named'), [reading.url])).accepted).toBe(true)
  const named = subscribe([{ kinds: [42] }], [writing.url])
  await until(() => named.events.length === 1 && seen.events.length === 1)
  expect([contents(reading), contents(writing)]).toEqual([['to named'], ['to write']])
  expect([seen.from, named.from]).toEqual([[reading.url], [writing.url]])
  expect([pool.urls(), pool.urls('read'), pool.urls('write')]).toEqual([[reading.url, writing.url], [reading.url], [writing.url]])
})

test('another use takes effect at once, on what is open too', async () => {
  const relay = await startRelay({ stored: [message('old')] })
  const { pool, subscribe, until, status } = createHarness()
  pool.add(relay.url, { read: false, write: true })
  const seen = subscribe()
  await until(() => status(relay.url).state === 'connected')
  expect(status(relay.url)).toMatchObject({ read: false, write: true, guest: false })
  pool.add(relay.url, { read: true, write: false })
  await until(() => seen.events.length === 1)
  expect((await pool.publish(message('nowhere'))).verdicts).toEqual([])
  pool.add(relay.url)
  expect(status(relay.url)).toMatchObject({ read: true, write: false })
  pool.add(relay.url, { read: false, write: false })
  await relay.until(() => relay.heard('CLOSE').some(([, id]) => id === 's1'))
  expect(relay.clients()).toHaveLength(1)
})

test('a relay that is named and not on the list is a guest: it gets what names it and nothing else', async () => {
  const [listed, guest] = [await startRelay(), await startRelay()]
  const { pool, subscribe, until, status } = createHarness()
  pool.add(listed.url)
  const everywhere = subscribe()
  const there = subscribe([{ kinds: [42], '#t': ['x'] }], [guest.url])
  await until(() => everywhere.eoses === 1 && there.eoses === 1)
  expect(status(guest.url)).toMatchObject({ guest: true, read: false, write: false, state: 'connected' })
  expect(pool.urls()).toEqual([listed.url])
  await pool.publish(message('for all'))
  await pool.publish(message('for the guest', { tags: [['t', 'x']] }), [guest.url])
  await until(() => there.events.length === 1)
  expect([contents(listed), contents(guest)]).toEqual([['for all'], ['for the guest']])
  expect(questions(guest)).toHaveLength(1)
})

test('a guest is left a minute after nobody needs it, and not while somebody does', async () => {
  const guest = await startRelay()
  const { pool, subscribe, until, clock } = createHarness()
  const seen = subscribe([{ kinds: [42] }], [guest.url])
  await until(() => seen.eoses === 1)
  await guest.until(() => guest.heard('CLOSE').length === 1)
  clock.advance(29_000)
  clock.advance(1_000)
  await guest.until(() => guest.heard('CLOSE').length === 2)
  seen.close()
  clock.advance(29_000)
  await pool.publish(message('still here'), [guest.url])
  clock.advance(1_000)
  await guest.until(() => guest.heard('CLOSE').length >= 4)
  clock.advance(28_000)
  expect(Object.keys(pool.status.get())).toEqual([guest.url])
  await guest.until(() => guest.heard('REQ').length === 4)
  clock.advance(62_000)
  await guest.until(() => guest.clients().length === 0)
  expect([pool.status.get(), clock.pending()]).toEqual([{}, 0])
})

test('there are so many guests and no more: the one unused for longest makes room, and nobody who is in use', async () => {
  const [a, b, c] = [await startRelay(), await startRelay(), await startRelay()]
  const { pool, clock } = createHarness({ limits: { maxGuests: 2 } })
  const seen = { onEvent: () => {}, closed: [] as string[], onClosed: (_: string, reason: string) => void seen.closed.push(reason) }
  await pool.publish(message('1'), [a.url])
  clock.advance(1_000)
  await pool.publish(message('2'), [b.url])
  clock.advance(1_000)
  await pool.publish(message('3'), [a.url])
  expect((await pool.publish(message('4'), [c.url])).accepted).toBe(true)
  expect(Object.keys(pool.status.get()).toSorted()).toEqual([a.url, c.url].toSorted())
  const open = [pool.subscribe([{ kinds: [42] }], { ...seen, relays: [a.url, c.url] })]
  expect(await pool.publish(message('5'), [b.url])).toMatchObject({ accepted: false, verdicts: [{ verdict: 'unreachable', message: 'There are connections to 2 relays outside the list already.' }] })
  open.push(pool.subscribe([{ kinds: [42] }], { ...seen, relays: [b.url] }))
  await Promise.resolve()
  expect(seen.closed).toEqual(['error: There are connections to 2 relays outside the list already.'])
  for (const subscription of open) subscription.close()
  expect((await pool.publish(message('6'), [b.url])).accepted).toBe(true)
})

test('guests that are held and named by nobody for long make room, and are there again once they are named', async () => {
  const [silent, busy, other] = [await startRelay(), await startRelay(), await startRelay()]
  const { pool, clock, subscribe, until } = createHarness({ limits: { maxGuests: 2, guestHeldMs: 10_000 } })
  const overdue = subscribe([{ kinds: [42], '#t': ['overdue'] }], [silent.url])
  const running = subscribe([{ kinds: [42], '#t': ['running'] }], [busy.url])
  await until(() => overdue.eoses === 1 && running.eoses === 1)
  clock.advance(9_999)
  expect((await pool.publish(message('too soon'), [other.url])).verdicts).toMatchObject([{ verdict: 'unreachable' }])
  await pool.publish(message('still at it'), [busy.url])
  clock.advance(1)
  expect((await pool.publish(message('next'), [other.url])).accepted).toBe(true)
  await silent.until(() => silent.clients().length === 0)
  expect(Object.keys(pool.status.get()).toSorted()).toEqual([busy.url, other.url].toSorted())
  await pool.publish(message('at last', { tags: [['t', 'overdue']] }), [silent.url])
  await until(() => overdue.contents().includes('at last'))
  for (const subscription of [overdue, running]) subscription.close()
})

test('a guest that is put on the list stays, connected as it is', async () => {
  const relay = await startRelay()
  const { pool, clock, status, subscribe, until } = createHarness()
  const everywhere = subscribe()
  await pool.publish(message('as a guest'), [relay.url])
  expect(pool.add(relay.url)).toBeNull()
  await until(() => everywhere.events.length === 1)
  clock.advance(20_000)
  expect(status(relay.url)).toMatchObject({ guest: false, read: true, write: true, state: 'connected' })
  expect(pool.urls()).toEqual([relay.url])
  expect(relay.clients()).toHaveLength(1)
})

test.each(['ws://relay.example.com', 'wss://127.0.0.1:1', 'wss://localhost', 'wss://192.168.0.1', 'wss://router', 'wss://[::1]', 'wss://169.254.169.254', 'http://relay.example.com', 'nonsense'])(
  'a stranger cannot make us connect to %s',
  async (url) => {
    const opened: string[] = []
    const { pool, subscribe } = createHarness({
      allowPrivateGuests: false,
      openWebSocket(address): Socket {
        opened.push(address)
        throw new Error('not here')
      },
    })
    expect(await pool.publish(message('x'), [url])).toMatchObject({ accepted: false, verdicts: [{ verdict: 'unreachable' }] })
    const seen = subscribe([{ kinds: [42] }], [url])
    await Promise.resolve()
    expect(seen.closed).toHaveLength(1)
    expect([opened, pool.status.get()]).toEqual([[], {}])
  },
)

test('a public wss:// address is connected to, and an address on the list whatever it is', async () => {
  const relay = await startRelay()
  const open = openWebSocketWithWs()
  const opened: string[] = []
  const { pool } = createHarness({
    allowPrivateGuests: false,
    openWebSocket(address, handlers) {
      opened.push(address)
      return open(relay.url, handlers)
    },
  })
  expect((await pool.publish(message('x'), ['wss://Relay.Example.com/'])).accepted).toBe(true)
  pool.add(relay.url)
  expect((await pool.publish(message('y'), [relay.url])).accepted).toBe(true)
  expect(opened).toEqual(['wss://relay.example.com', relay.url])
})

test('who answers a challenge is asked for each relay, guest or not, and another one answers once that has changed', async () => {
  const challenge: HostileRelayOptions = {
    intercept(client, frame) {
      if (frame[0] === 'EVENT') client.send(['AUTH', 'who?'])
      if (frame[0] === 'AUTH') client.send(['OK', (frame[1] as { id: string }).id, true, ''])
      return frame[0] === 'AUTH'
    },
  }
  const [listed, guest] = [await startRelay(challenge), await startRelay(challenge)]
  let own = stranger
  const { pool } = createHarness({ authenticate: (_, isGuest) => (isGuest ? stranger : own) })
  pool.add(listed.url)
  await pool.publish(message('x'), [listed.url, guest.url])
  const names = (relay: HostileRelay) => relay.heard('AUTH').map((frame) => (frame[1] as { pubkey: string }).pubkey)
  await listed.until(() => names(listed).length === 1)
  await guest.until(() => names(guest).length === 1)
  own = author
  pool.reauthenticate()
  await listed.until(() => names(listed).length === 2)
  pool.reauthenticate()
  await pool.publish(message('y'), [guest.url])
  await guest.until(() => names(guest).length === 2)
  expect([names(listed), names(guest)]).toEqual([[stranger.pubkey, author.pubkey], [stranger.pubkey, stranger.pubkey]])
})

test('what a stranger named is looked up on the public internet alone, and asked over HTTP only once it is a connected relay', async () => {
  const guest = await startRelay()
  const opened: [string, boolean | undefined][] = []
  const fetched: string[] = []
  const open = openWebSocketWithWs()
  const { pool, until, subscribe } = createHarness({
    allowPrivateGuests: false,
    openWebSocket(url, handlers, options) {
      opened.push([url, options?.publicOnly])
      return open(url.startsWith('wss://relay') ? guest.url : 'ws://127.0.0.1:1', handlers)
    },
    fetch(input) {
      fetched.push(input)
      return Promise.reject(new Error('none'))
    },
  })
  pool.add('wss://mine.example')
  const seen = subscribe([{ kinds: [42] }], ['wss://relay.example', 'wss://intranet.example/reboot'])
  await until(() => seen.eoses === 1)
  expect(opened).toEqual([['wss://mine.example', false], ['wss://relay.example', true], ['wss://intranet.example/reboot', true]])
  expect(fetched).toEqual(['https://mine.example', 'https://relay.example'])
})

test('a relay that a stranger named gets no work done for it, whatever it wants; one of the list does', async () => {
  const guest = await startRelay()
  const document = () => new Response(JSON.stringify({ limitation: { min_pow_difficulty: 20 } }))
  const { pool, until, subscribe, status } = createHarness({ fetch: () => Promise.resolve(document()) })
  const seen = subscribe([{ kinds: [42] }], [guest.url])
  await until(() => seen.eoses === 1 && status(guest.url).limits?.minPowBits === 20)
  expect(pool.powBits([guest.url])).toBe(0)
  expect((await pool.publish(message('hi'), [guest.url])).verdicts).toMatchObject([{ verdict: 'refused', prefix: 'pow' }])
  pool.add(guest.url)
  expect(pool.powBits([guest.url])).toBe(20)
})

test('what time it is, relays that a stranger named do not say', async () => {
  const relay = await startRelay()
  const open = openWebSocketWithWs()
  const { pool, until, subscribe, status } = createHarness({
    openWebSocket: (_, handlers) => open(relay.url, handlers),
    fetch: () => Promise.resolve(new Response('{}', { headers: { date: new Date((NOW_SECS + 3_600) * 1_000).toUTCString() } })),
  })
  const seen = subscribe([{ kinds: [42] }], ['wss://relay.example'])
  await until(() => seen.eoses === 1 && status('wss://relay.example').clockSkewSecs !== null)
  expect(pool.clockSkewSecs()).toBeNull()
  pool.add('wss://relay.example')
  expect(pool.clockSkewSecs()).toBeGreaterThan(3_500)
})
