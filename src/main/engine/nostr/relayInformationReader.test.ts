import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createManualClock } from '../testing/manualClock.ts'
import { fetchInformationOverHttp, type FetchInformation } from './fetchInformation.ts'
import { DEFAULT_POOL_LIMITS } from './poolLimits.ts'
import { createRelayInformationReader } from './relayInformationReader.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** A reader of a relay on real HTTP, that answers as the test says. */
async function setUp(answer: (response: ServerResponse, request: IncomingMessage) => void, fetch: FetchInformation = fetchInformationOverHttp) {
  const asked: IncomingMessage[] = []
  let changes = 0
  let look = () => {}
  const changed = () => look()
  const server = createServer((request, response) => {
    asked.push(request)
    answer(response, request)
    changed()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const clock = createManualClock()
  const reader = createRelayInformationReader({
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/relay`,
    clock,
    random: { bytes: (length) => new Uint8Array(length).fill(255) },
    fetch,
    limits: DEFAULT_POOL_LIMITS,
    onChange() {
      changes += 1
      changed()
    },
  })
  stops.push(() => {
    reader.rest()
    server.closeAllConnections()
    server.close()
  })
  return {
    clock,
    reader,
    asked,
    changes: () => changes,
    until: (condition: () => boolean) =>
      new Promise<void>((resolve) => {
        look = () => void (condition() && resolve())
        look()
      }),
  }
}

const document = (response: ServerResponse, value: unknown) => response.writeHead(200, { 'content-type': 'application/nostr+json' }).end(JSON.stringify(value))

test.each([['over plain HTTP', fetchInformationOverHttp], ['by fetch', fetch]])('the document is asked for at the relay’s own address, as NIP-11 says, and read: %s', async (_, fetchIt) => {
  const { reader, asked, changes, until } = await setUp((response) => document(response, { name: 'r', limitation: { max_event_tags: 3 } }), fetchIt)
  expect(reader.information()).toBeNull()
  reader.refresh()
  await until(() => changes() === 1)
  expect(reader.information()).toMatchObject({ name: 'r', limitation: { maxTags: 3 } })
  expect([asked[0]?.url, asked[0]?.headers.accept]).toEqual(['/relay', 'application/nostr+json'])
})

test('it is asked once a day, and at most once at a time', async () => {
  const { reader, asked, changes, until, clock } = await setUp((response) => document(response, {}))
  for (let i = 0; i < 5; i += 1) reader.refresh()
  await until(() => changes() === 1)
  for (let i = 0; i < 5; i += 1) reader.refresh()
  clock.advance(86_399_999)
  expect(asked).toHaveLength(1)
  clock.advance(1)
  await until(() => changes() === 2)
  expect(asked).toHaveLength(2)
})

test('a failure is tried again later and later, and what was known stands', async () => {
  let fails = false
  const { reader, asked, changes, until, clock } = await setUp((response) => (fails ? response.writeHead(503).end() : document(response, { name: 'r' })))
  reader.refresh()
  await until(() => changes() === 1)
  fails = true
  clock.advance(86_400_000)
  await until(() => changes() === 2)
  for (const [index, minutes] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
    clock.advance(minutes * 60_000 - 1)
    expect(asked).toHaveLength(index + 2)
    clock.advance(1)
    await until(() => changes() === index + 3)
  }
  expect(reader.information()).toMatchObject({ name: 'r' })
})

test.each<[string, (response: ServerResponse) => void]>([
  ['is too large', (response) => document(response, { name: 'r', padding: 'x'.repeat(65_536) })],
  ['is no JSON', (response) => response.end('<html>')],
  ['is no object', (response) => response.end('[1]')],
  ['is empty', (response) => response.writeHead(204).end()],
  ['leads elsewhere', (response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()],
  ['breaks off', (response) => void response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy())],
])('a document that %s is none', async (_, answer) => {
  const { reader, changes, until, clock } = await setUp(answer)
  reader.refresh()
  await until(() => changes() === 1)
  expect(reader.information()).toBeNull()
  reader.rest()
  expect(clock.pending()).toBe(0)
})

test('an endless document is cut off where it is too long', async () => {
  let isCut = false
  const { reader, changes, until } = await setUp((response) => {
    response.on('close', () => (isCut = true))
    const pour = () => {
      if (!isCut) response.write('x'.repeat(8_192), () => setImmediate(pour))
    }
    pour()
  })
  reader.refresh()
  await until(() => changes() === 1)
  expect(reader.information()).toBeNull()
})

test('a server that says nothing is given up after ten seconds, and one that is left at once', async () => {
  const { reader, asked, changes, until, clock } = await setUp(() => {})
  reader.refresh()
  await until(() => asked.length === 1)
  clock.advance(10_000)
  await until(() => changes() === 1)
  clock.advance(60_000)
  await until(() => asked.length === 2)
  reader.rest()
  expect([changes(), clock.pending()]).toEqual([1, 0])
})

test('the Date of the answer tells how far the clocks differ, also where there is no document', async () => {
  const shown = { date: '', status: 200 }
  const { reader, changes, until, clock } = await setUp((response) => {
    response.sendDate = false
    if (shown.date !== '') response.setHeader('date', shown.date)
    response.writeHead(shown.status).end('{}')
  })
  /** It is asked a day after a good answer, a minute after a bad one. */
  const ask = async (date: string, status: number, waitMs: number) => {
    Object.assign(shown, { date, status })
    clock.advance(waitMs)
    const before = changes()
    reader.refresh()
    await until(() => changes() > before)
    return reader.clockSkewSecs()
  }
  const DAY_MS = 86_400_000
  const after = (waitMs: number, skewSecs: number) => new Date(clock.now() + waitMs + skewSecs * 1_000).toUTCString()
  const near = (skewSecs: number) => [skewSecs, skewSecs + 1]
  expect(near(3_600)).toContain(await ask(after(0, 3_600), 200, 0))
  expect(near(-120)).toContain(await ask(after(DAY_MS, -120), 404, DAY_MS))
  expect(await ask('yesterday, I think', 200, 60_000)).toBeNull()
  expect(near(5)).toContain(await ask(after(DAY_MS, 5), 200, DAY_MS))
  expect(await ask('', 200, DAY_MS)).toBeNull()
})

test('without a fetch nothing is asked and nothing is known', () => {
  const clock = createManualClock()
  const reader = createRelayInformationReader({ url: 'ws://127.0.0.1:1', clock, random: { bytes: (length) => new Uint8Array(length) }, fetch: null, limits: DEFAULT_POOL_LIMITS, onChange: () => {} })
  reader.refresh()
  expect([reader.information(), reader.clockSkewSecs(), clock.pending()]).toEqual([null, null, 0])
})
