import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { KIND } from '#shared/protocol/kinds.ts'
import { countLeadingZeroBits, withNonce } from '#shared/protocol/nip13.ts'
import { createManualClock, type ManualClock } from '../../testing/manualClock.ts'
import { loadNostrCrypto, type NostrCrypto } from '../crypto.ts'
import type { EventTemplate, NostrEvent } from '../relayPool.ts'
import type { Signer } from '../signer.ts'
import { startEmbeddedRelay, type EmbeddedRelay, type EmbeddedRelayOptions } from './embeddedRelay.ts'
import { connectClient, type RelayClient } from './testing/relayClient.ts'

const NOTE = 1
const NOW_SECS = 1_700_000_000
const EPHEMERAL = KIND.privateFrame
const LISTING = KIND.listing
const REPLACEABLE = KIND.walletInfo

let crypto: NostrCrypto
let alice: Signer
let bob: Signer
let clock: ManualClock
let folder: string
let relays: EmbeddedRelay[]
let clients: RelayClient[]

beforeAll(async () => {
  crypto = await loadNostrCrypto()
  alice = crypto.createSigner(new Uint8Array(32).fill(1))
  bob = crypto.createSigner(new Uint8Array(32).fill(2))
})

beforeEach(() => {
  clock = createManualClock(NOW_SECS * 1_000)
  folder = mkdtempSync(join(tmpdir(), 'souk-relay-'))
  relays = []
  clients = []
})

afterEach(async () => {
  for (const client of clients) client.close()
  await Promise.all(relays.map((relay) => relay.close()))
  expect(clock.pending()).toBe(0)
  rmSync(folder, { recursive: true })
})

async function start(options: Partial<EmbeddedRelayOptions> = {}): Promise<EmbeddedRelay> {
  const relay = await startEmbeddedRelay({ port: 0, databasePath: join(folder, 'relay.sqlite'), clock, log: () => {}, crypto, ...options })
  relays.push(relay)
  return relay
}

async function connectTo(relay: EmbeddedRelay): Promise<RelayClient> {
  const client = await connectClient(relay.url)
  clients.push(client)
  return client
}

function note(template: Partial<EventTemplate> = {}, signer = alice): NostrEvent {
  return signer.sign({ kind: NOTE, created_at: NOW_SECS, tags: [], content: '', ...template })
}

function storedRows(): unknown {
  using database = new DatabaseSync(join(folder, 'relay.sqlite'), { readOnly: true })
  return database.prepare('SELECT count(*) AS count FROM event').get()?.['count']
}

const ids = (events: readonly { readonly id: string }[]) => events.map((event) => event.id)
const isLive = (subscription: string, id?: string) => (message: readonly unknown[]) =>
  message[0] === 'EVENT' && message[1] === subscription && (id === undefined || (message[2] as NostrEvent).id === id)

describe('NIP-01', () => {
  test('a stored event is served to a later client, whole, and across a restart', async () => {
    const event = note({ content: 'line\nbreak "quoted" ü \u0000', tags: [['e', 'x', 'wss://relay', 'root'], ['empty', '']] })
    const first = await start()
    expect(await (await connectTo(first)).publish(event)).toEqual({ accepted: true, message: '' })
    await first.close()

    const second = await start()
    const client = await connectTo(second)
    expect(await client.query('a', { ids: [event.id] })).toEqual([event])
  })

  test('live events go to the subscriptions whose filters match, tags included, and to no other', async () => {
    const relay = await start()
    const [reader, writer] = [await connectTo(relay), await connectTo(relay)]
    await reader.query('right', { kinds: [NOTE], '#e': ['channel'] })
    await reader.query('wrong', { kinds: [NOTE], '#e': ['other'] }, { authors: [bob.pubkey] })
    const event = note({ tags: [['e', 'channel']] })
    await writer.publish(event)
    await reader.next(isLive('right', event.id))
    const fence = note({ content: 'fence' }, bob)
    await writer.publish(fence)
    await reader.next(isLive('wrong', fence.id))
    expect(reader.received.filter(isLive('wrong', event.id))).toEqual([])
  })

  test('every kind of filter finds what is stored, newest first, ties by lowest id, under a limit', async () => {
    const client = await connectTo(await start())
    const older = note({ created_at: NOW_SECS - 10, tags: [['t', 'x'], ['t', 'y'], ['p', 'q']] })
    const twins = [note({ content: '1', tags: [['t', 'x']] }), note({ content: '2', tags: [['t', 'x']] })].sort((a, b) => (a.id < b.id ? -1 : 1))
    const other = note({ kind: 7, created_at: NOW_SECS - 5 }, bob)
    for (const event of [older, ...twins, other]) await client.publish(event)
    const all = [...ids(twins), other.id, older.id]
    expect(ids(await client.query('s', {}))).toEqual(all)
    expect(ids(await client.query('s', { '#t': ['x'] }))).toEqual([...ids(twins), older.id])
    expect(ids(await client.query('s', { '#t': ['x', 'y'] }))).toEqual([...ids(twins), older.id])
    expect(ids(await client.query('s', { '#t': ['x'], limit: 1 }))).toEqual([twins[0]?.id])
    expect(ids(await client.query('s', { '#t': ['y'], '#p': ['q', 'r'] }))).toEqual([older.id])
    expect(ids(await client.query('s', { '#t': ['y'], '#p': ['r'] }))).toEqual([])
    expect(ids(await client.query('s', { '#T': ['x'] }))).toEqual([])
    expect(ids(await client.query('s', { authors: [bob.pubkey], kinds: [7] }))).toEqual([other.id])
    expect(ids(await client.query('s', { since: NOW_SECS - 5, until: NOW_SECS - 5 }))).toEqual([other.id])
    expect(ids(await client.query('s', { '#t': ['x'], until: NOW_SECS - 1 }))).toEqual([older.id])
    expect(ids(await client.query('s', { ids: [older.id, other.id], kinds: [NOTE] }))).toEqual([older.id])
    expect(ids(await client.query('s', { limit: 2 }, { authors: [alice.pubkey], until: NOW_SECS - 1 }, { kinds: [7] }))).toEqual(all)
    expect(ids(await client.query('s', { kinds: [] }))).toEqual([])
    expect(ids(await client.query('s', { limit: 0 }))).toEqual([])
  })

  test('an event that arrives while stored ones are being sent is delivered exactly once', async () => {
    const relay = await start()
    const [reader, writer] = [await connectTo(relay), await connectTo(relay)]
    for (let i = 0; i < 40; i += 1) await writer.publish(note({ content: `${i}`.padEnd(30_000, '.') }))
    const live = note({ content: 'live' })
    const [stored] = await Promise.all([reader.query('s', {}), writer.publish(live)])
    await reader.next(isLive('s', live.id))
    const delivered = ids(reader.received.filter(isLive('s')).map((message) => message[2] as NostrEvent))
    expect(new Set(delivered).size).toBe(41)
    expect(delivered).toHaveLength(41)
    expect(stored.length).toBeGreaterThanOrEqual(40)
  })

  test('CLOSE ends a subscription, and an id used again replaces it', async () => {
    const relay = await start()
    const client = await connectTo(relay)
    await client.query('closed', {})
    await client.query('replaced', { kinds: [NOTE] })
    await client.query('replaced', { kinds: [7] })
    client.send('CLOSE', 'closed')
    await client.publish(note())
    const seven = note({ kind: 7 })
    await client.publish(seven)
    await client.next(isLive('replaced', seven.id))
    expect(client.received.filter(([verb]) => verb === 'EVENT')).toHaveLength(1)
  })

  test('an event sent twice is accepted as a duplicate and delivered once', async () => {
    const relay = await start()
    const client = await connectTo(relay)
    await client.query('s', {})
    for (const event of [note(), note({ kind: EPHEMERAL })]) {
      expect(await client.publish(event)).toEqual({ accepted: true, message: '' })
      expect(await client.publish(event)).toEqual({ accepted: true, message: expect.stringMatching(/^duplicate: /) })
      expect(client.received.filter(isLive('s', event.id))).toHaveLength(1)
    }
  })

  test('a forged copy that comes first is refused and does not suppress the true event', async () => {
    const client = await connectTo(await start())
    for (const event of [note({ content: 'true' }), note({ content: 'true', kind: EPHEMERAL })]) {
      const refused = { accepted: false, message: expect.stringMatching(/^invalid: /) }
      expect(await client.publish({ ...event, content: 'forged' })).toEqual(refused)
      expect(await client.publish({ ...event, sig: note({ content: 'another' }).sig })).toEqual(refused)
      expect(await client.publish(event)).toEqual({ accepted: true, message: '' })
    }
  })

  test('what a client sends with its last breath is taken', async () => {
    const relay = await start()
    const [reader, leaver] = [await connectTo(relay), await connectTo(relay)]
    await reader.query('s', {})
    const events = Array.from({ length: 100 }, (_, i) => note({ content: String(i) }))
    for (const event of events) leaver.send('EVENT', event)
    leaver.socket.close()
    await Promise.all(events.map((event) => reader.next(isLive('s', event.id))))
  })

  test('ephemeral events reach subscribers and are not stored', async () => {
    const relay = await start()
    const [reader, writer] = [await connectTo(relay), await connectTo(relay)]
    await reader.query('s', { '#p': [bob.pubkey] })
    const frame = note({ kind: EPHEMERAL, tags: [['p', bob.pubkey]] })
    await writer.publish(frame)
    await reader.next(isLive('s', frame.id))
    expect(await reader.query('later', {})).toEqual([])
  })

  test.each([
    ['replaceable', REPLACEABLE, []],
    ['addressable', LISTING, [['d', 'one']]],
  ])('of %s events the newest stays, and of one date the lowest id, whatever the order', async (_name, kind, tags) => {
    const client = await connectTo(await start())
    const twins = ['a', 'b', 'c'].map((content) => note({ kind, tags, content })).sort((a, b) => (a.id < b.id ? -1 : 1))
    const [low, middle, high] = twins as [NostrEvent, NostrEvent, NostrEvent]
    const older = note({ kind, tags, created_at: NOW_SECS - 1 })
    await client.publish(middle)
    expect(await client.publish(high)).toEqual({ accepted: true, message: expect.stringMatching(/^duplicate: /) })
    await client.publish(older)
    expect(ids(await client.query('s', {}))).toEqual([middle.id])
    await client.publish(low)
    expect(ids(await client.query('s', {}))).toEqual([low.id])
    const newer = note({ kind, tags, created_at: NOW_SECS + 1 })
    await client.publish(newer)
    expect(ids(await client.query('s', {}))).toEqual([newer.id])
  })

  test('addresses differ by author, kind and d', async () => {
    const client = await connectTo(await start())
    const events = [
      note({ kind: LISTING, tags: [['d', 'one']] }), note({ kind: LISTING, tags: [['d', 'two']] }), note({ kind: LISTING }),
      note({ kind: LISTING + 1, tags: [['d', 'one']] }), note({ kind: LISTING, tags: [['d', 'one']] }, bob),
    ]
    for (const event of events) await client.publish(event)
    expect(await client.query('s', {})).toHaveLength(events.length)
  })
})

describe('NIP-09', () => {
  test('deletes own events by id and by address up to its date, and nobody else’s', async () => {
    const client = await connectTo(await start())
    const mine = note({ content: 'mine' })
    const theirs = note({ content: 'theirs' }, bob)
    const listing = note({ kind: LISTING, tags: [['d', 'x:y']] })
    const replaced = note({ kind: REPLACEABLE })
    const theirListing = note({ kind: LISTING, tags: [['d', 'x:y']] }, bob)
    const deletion = note({
      kind: KIND.deletion,
      tags: [
        ['e', mine.id], ['e', theirs.id], ['a', `${LISTING}:${alice.pubkey}:x:y`],
        ['a', `${REPLACEABLE}:${alice.pubkey}:`], ['a', `${LISTING}:${bob.pubkey}:x:y`],
      ],
    })
    for (const event of [mine, theirs, listing, replaced, theirListing, deletion]) expect((await client.publish(event)).accepted).toBe(true)
    expect(new Set(ids(await client.query('s', {})))).toEqual(new Set([theirs.id, theirListing.id, deletion.id]))
  })

  test('what was deleted, or is deleted before it arrives, is refused; a newer version is not', async () => {
    const client = await connectTo(await start())
    const early = note({ content: 'early' })
    const listing = note({ kind: LISTING, tags: [['d', 'x']] })
    await client.publish(listing)
    await client.publish(note({ kind: KIND.deletion, tags: [['e', early.id], ['a', `${LISTING}:${alice.pubkey}:x`]] }))
    for (const event of [early, listing]) {
      expect(await client.publish(event)).toEqual({ accepted: false, message: expect.stringMatching(/^blocked: /) })
    }
    expect((await client.publish(note({ kind: LISTING, tags: [['d', 'x']], created_at: NOW_SECS + 1 }))).accepted).toBe(true)
  })

  test('a deletion cannot be deleted, and is delivered live', async () => {
    const client = await connectTo(await start())
    await client.query('live', { kinds: [KIND.deletion] })
    const deletion = note({ kind: KIND.deletion, tags: [['e', '0'.repeat(64)]] })
    await client.publish(deletion)
    await client.next(isLive('live', deletion.id))
    await client.publish(note({ kind: KIND.deletion, tags: [['e', deletion.id]] }))
    expect(ids(await client.query('s', { ids: [deletion.id] }))).toEqual([deletion.id])
  })
})

describe('NIP-13', () => {
  test('takes an event only with the work it asks for, and says so in its document', async () => {
    const relay = await start({ limits: { minPowBits: 6 } })
    const client = await connectTo(relay)
    const worked = (targetBits: number) => {
      for (let nonce = 0; ; nonce += 1) {
        const event = alice.sign(withNonce({ kind: NOTE, created_at: NOW_SECS, tags: [], content: '' }, String(nonce), targetBits))
        if (countLeadingZeroBits(event.id) >= 6) return event
      }
    }
    expect(await client.publish(worked(6))).toEqual({ accepted: true, message: '' })
    // Luck is no work: the commitment counts.
    expect(await client.publish(worked(5))).toEqual({ accepted: false, message: 'pow: this relay wants 6 bits of work, and the event has 5' })
    const document = await fetch(relay.url.replace('ws', 'http'), { headers: { accept: 'application/nostr+json' } })
    expect(await document.json()).toMatchObject({ limitation: { min_pow_difficulty: 6, restricted_writes: true } })
  })
})

describe('NIP-11 and the loopback guard', () => {
  const get = (relay: EmbeddedRelay, headers: Record<string, string>) =>
    new Promise<{ status: number | undefined; type: string | undefined; body: string }>((resolve, reject) => {
      request({ host: '127.0.0.1', port: relay.port, headers, agent: false }, (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => void (body += part))
        response.on('end', () => resolve({ status: response.statusCode, type: response.headers['content-type'], body }))
      }).on('error', reject).end()
    })

  test('tells its limits to who asks for the information document', async () => {
    const relay = await start({ limits: { maxSubscriptions: 7 } })
    const { status, type, body } = await get(relay, { accept: 'application/nostr+json' })
    expect({ status, type }).toEqual({ status: 200, type: 'application/nostr+json' })
    expect(JSON.parse(body)).toMatchObject({ supported_nips: [1, 9, 11, 13, 40, 42], limitation: { max_subscriptions: 7, auth_required: false } })
    expect((await get(relay, {})).type).toBe('text/plain')
  })

  test.each([
    ['a rebound name', (relay: EmbeddedRelay) => ({ host: `evil.example:${relay.port}` })],
    ['another port', (relay: EmbeddedRelay) => ({ host: `127.0.0.1:${relay.port + 1}` })],
    ['a page of another site', () => ({ origin: 'https://evil.example' })],
  ])('refuses %s, over HTTP and WebSocket', async (_name, headersFor) => {
    const relay = await start()
    const headers = headersFor(relay)
    expect((await get(relay, headers)).status).toBe(403)
    await expect(connectClient(relay.url, { headers })).rejects.toThrow('403')
  })

  test('answers to localhost and to a page of this machine', async () => {
    const relay = await start()
    const client = await connectClient(relay.url, { headers: { host: `localhost:${relay.port}`, origin: 'http://127.0.0.1:5173' } })
    clients.push(client)
    expect(await client.query('s', {})).toEqual([])
  })

  test('listens on loopback only, and says when the port is taken', async () => {
    const relay = await start()
    expect(relay.url).toBe(`ws://127.0.0.1:${relay.port}`)
    await expect(start({ port: relay.port, databasePath: join(folder, 'second.sqlite') })).rejects.toThrow(/Port \d+ on 127\.0\.0\.1 is in use/)
  })
})

describe('NIP-40', () => {
  test('an expired event is neither taken nor served, and a timer removes it', async () => {
    const client = await connectTo(await start())
    const brief = note({ tags: [['expiration', String(NOW_SECS + 30)]] })
    expect((await client.publish(brief)).accepted).toBe(true)
    expect(await client.publish(note({ tags: [['expiration', String(NOW_SECS)]] }))).toEqual({ accepted: false, message: 'invalid: the event has expired' })
    expect((await client.publish(note({ tags: [['expiration', 'soon']] }))).accepted).toBe(false)
    expect(ids(await client.query('s', {}))).toEqual([brief.id])
    clock.advance(30_000)
    expect(await client.query('s', {})).toEqual([])
    expect((await client.publish(brief)).message).toBe('invalid: the event has expired')
    expect(storedRows()).toBe(1)
    clock.advance(30_000)
    expect(storedRows()).toBe(0)
  })
})

describe('NIP-42', () => {
  const answer = (relay: EmbeddedRelay, challenge: unknown, template: Partial<EventTemplate> = {}) =>
    note({ kind: KIND.relayAuth, tags: [['relay', relay.url], ['challenge', String(challenge)]], ...template })
  const challengeOf = async (client: RelayClient) => (await client.next(([verb]) => verb === 'AUTH'))[1]
  const authenticate = async (client: RelayClient, event: NostrEvent) => {
    client.send('AUTH', event)
    const [, , accepted, message] = await client.next(([verb, id]) => verb === 'OK' && id === event.id)
    return { accepted, message }
  }

  test('nothing requires an answer unless said', async () => {
    const client = await connectTo(await start())
    await challengeOf(client)
    expect((await client.publish(note())).accepted).toBe(true)
  })

  test('with requireAuth, serves only who has proven a key', async () => {
    const relay = await start({ requireAuth: true })
    const client = await connectTo(relay)
    const event = note()
    expect((await client.publish(event)).message).toMatch(/^auth-required: /)
    await expect(client.query('s', {})).rejects.toThrow(/^auth-required: /)
    expect(await authenticate(client, answer(relay, await challengeOf(client)))).toEqual({ accepted: true, message: '' })
    expect((await client.publish(event)).accepted).toBe(true)
    expect(ids(await client.query('s', {}))).toEqual([event.id])
  })

  test('refuses another connection’s challenge, another relay, an old date, another kind and a forgery', async () => {
    const relay = await start({ requireAuth: true })
    const [client, other] = [await connectTo(relay), await connectTo(relay)]
    const challenge = await challengeOf(client)
    const wrong = [
      answer(relay, await challengeOf(other)),
      answer(relay, challenge, { tags: [['relay', 'wss://relay.example'], ['challenge', String(challenge)]] }),
      answer(relay, challenge, { created_at: NOW_SECS - 601 }),
      answer(relay, challenge, { kind: NOTE }),
      { ...answer(relay, challenge), pubkey: bob.pubkey },
    ]
    for (const event of wrong) expect(await authenticate(client, event)).toEqual({ accepted: false, message: expect.stringMatching(/^invalid: /) })
    expect((await client.publish(note())).accepted).toBe(false)
  })

  test('an answer sent as an event is refused, so that nobody can read it', async () => {
    const relay = await start()
    const client = await connectTo(relay)
    expect((await client.publish(answer(relay, await challengeOf(client)))).message).toMatch(/^invalid: /)
  })
})

describe('limits', () => {
  test.each<[string, Partial<EventTemplate>]>([
    ['an event of more than 64 KiB', { content: 'x'.repeat(65_536) }],
    ['a first value of a single-letter tag over 1024 bytes', { tags: [['i', 'ü'.repeat(513), 'text']] }],
    ['an ephemeral event older than 60 s', { kind: EPHEMERAL, created_at: NOW_SECS - 61 }],
    ['a date more than 900 s ahead', { created_at: NOW_SECS + 901 }],
  ])('refuses %s', async (_name, template) => {
    const client = await connectTo(await start())
    expect(await client.publish(note(template))).toEqual({ accepted: false, message: expect.stringMatching(/^invalid: /) })
  })

  test.each<[string, Partial<EventTemplate>]>([
    ['a first value of 1024 bytes, and longer ones elsewhere', { tags: [['i', 'ü'.repeat(512), 'x'.repeat(2_000)], ['param', 'x'.repeat(2_000)]] }],
    ['an ephemeral event of 60 s', { kind: EPHEMERAL, created_at: NOW_SECS - 60 }],
    ['a date 900 s ahead', { created_at: NOW_SECS + 900 }],
    ['an event just under 64 KiB', { content: 'x'.repeat(65_000) }],
  ])('takes %s', async (_name, template) => {
    const client = await connectTo(await start())
    expect(await client.publish(note(template))).toEqual({ accepted: true, message: '' })
  })

  test('bounds subscriptions, filters and values, with CLOSED and the reason', async () => {
    const client = await connectTo(await start({ limits: { maxSubscriptions: 1, maxFilters: 2, maxFilterValues: 3 } }))
    await client.query('one', {})
    await expect(client.query('two', {})).rejects.toThrow(/^restricted: /)
    await client.query('one', { kinds: [1] })
    await expect(client.query('one', {}, {}, {})).rejects.toThrow(/^invalid: .*filters/)
    await expect(client.query('one', { kinds: [1, 2] }, { '#e': ['a', 'b'] })).rejects.toThrow(/^invalid: .*values/)
  })

  test.each([[{ search: 'x' }], [{ '#long': ['x'] }], [{ ids: ['abc'] }], [{ kinds: 'x' }], [{ since: -1 }], [{ '#e': [1] }], ['x'], [null]])(
    'refuses the filter %j with CLOSED', async (filter) => {
      const client = await connectTo(await start())
      await expect(client.query('s', filter)).rejects.toThrow(/^invalid: filter/)
    },
  )

  test('answers what it cannot read with NOTICE, or with OK when an id is named', async () => {
    const client = await connectTo(await start())
    for (const message of ['x', '{}', '[]', '["EVENT"]', '["EVENT",{}]', '["REQ"]', '["REQ",""]', '["CLOSE",1]', '["COUNT","s",{}]']) {
      const from = client.received.length
      client.socket.send(message)
      await client.next((message) => message[0] === 'NOTICE' && client.received.indexOf(message) >= from)
    }
    expect((await client.publish({ ...note(), id: 'short' })).message).toMatch(/^invalid: /)
    expect((await client.publish({ ...note(), tags: [['e', 1]] })).message).toMatch(/^invalid: /)
    expect((await client.publish({ id: note().id })).message).toMatch(/^invalid: /)
    expect((await client.publish(note({ content: '\ud800' }))).message).toMatch(/^invalid: /)
    await expect(client.query('s')).rejects.toThrow(/^invalid: /)
  })

  test('a message over the limit closes the connection and nothing else', async () => {
    const relay = await start()
    const [flooder, other] = [await connectTo(relay), await connectTo(relay)]
    flooder.socket.send('x'.repeat(200_000))
    const [code] = (await once(flooder.socket, 'close')) as [number]
    expect(code).toBe(1009)
    expect((await other.publish(note())).accepted).toBe(true)
  })

  test('too many events are refused until time has passed', async () => {
    const client = await connectTo(await start({ limits: { eventsPerSec: 1, eventBurst: 2, requestsPerSec: 1, requestBurst: 1 } }))
    const events = ['1', '2', '3'].map((content) => note({ content })) as [NostrEvent, NostrEvent, NostrEvent]
    expect((await client.publish(events[0])).accepted).toBe(true)
    expect((await client.publish(events[1])).accepted).toBe(true)
    expect((await client.publish(events[2])).message).toMatch(/^rate-limited: /)
    await client.query('s', {})
    await expect(client.query('t', {})).rejects.toThrow(/^rate-limited: /)
    clock.advance(1_000)
    expect((await client.publish(events[2])).accepted).toBe(true)
  })

  test('takes no more connections than its bound', async () => {
    const relay = await start({ limits: { maxConnections: 1 } })
    const first = await connectTo(relay)
    await expect(connectClient(relay.url)).rejects.toThrow('503')
    first.close()
    await once(first.socket, 'close')
  })
})

describe('one client never stalls another', () => {
  test('a flood of invalid signatures waits its turn', async () => {
    const relay = await start()
    const [flooder, other] = [await connectTo(relay), await connectTo(relay)]
    const valid = note()
    const forged = Array.from({ length: 1_500 }, (_, i) => ({ ...valid, id: i.toString(16).padStart(64, '0') }))
    for (const event of forged) flooder.send('EVENT', event)
    await other.publish(note({ content: 'through' }))
    const answered = () => flooder.received.filter(([verb]) => verb === 'OK').length
    expect(answered()).toBeLessThan(forged.length / 2)
    await flooder.next(([verb, id]) => verb === 'OK' && id === forged.at(-1)?.id)
    expect(answered()).toBe(forged.length)
  })

  test('who forges has little checked, on however many connections, until a true event clears it; others publish as before', async () => {
    const relay = await start({ limits: { suspectEventsPerSec: 1, suspectEventBurst: 5 } })
    const forge = () => ({ ...note(), sig: '0'.repeat(128) })
    const [first, second, honest] = [await connectTo(relay), await connectTo(relay), await connectTo(relay)]
    const answers: string[] = []
    for (const client of [first, second]) for (let i = 0; i < 6; i += 1) answers.push(String((await client.publish(forge())).message).replace(/:.*/, ''))
    expect(answers).toEqual([...Array.from({ length: 7 }, () => 'invalid'), ...Array.from({ length: 5 }, () => 'rate-limited')])
    for (let i = 0; i < 10; i += 1) expect((await honest.publish(note())).accepted).toBe(true)
    expect((await second.publish(note())).message).toMatch(/^rate-limited: too many events with a wrong/)
    clock.advance(1_000)
    for (let i = 0; i < 10; i += 1) expect((await second.publish(note({ content: `true ${i}` }))).accepted).toBe(true)
    expect((await first.publish(note())).message).toMatch(/^rate-limited/)
  })

  test('a subscriber that does not read is disconnected and the others get everything', async () => {
    const relay = await start({ limits: { maxBufferedBytes: 1_000_000 } })
    const [deaf, reader, writer] = [await connectTo(relay), await connectTo(relay), await connectTo(relay)]
    await deaf.query('s', { limit: 0 })
    await reader.query('s', { limit: 0 })
    deaf.socket.pause()
    const large = Array.from({ length: 200 }, (_, i) => note({ kind: EPHEMERAL, content: `${i}`.padEnd(60_000, '.') }))
    for (const event of large) expect((await writer.publish(event)).accepted).toBe(true)
    const last = large.at(-1)
    await reader.next(isLive('s', last?.id))
    deaf.socket.resume()
    await once(deaf.socket, 'close')
    expect(deaf.received.filter(isLive('s')).length).toBeLessThan(large.length)
    expect(reader.received.filter(isLive('s'))).toHaveLength(large.length)
  })

  test('stored events wait for a reader that pauses, without being held in memory or lost', async () => {
    const relay = await start({ limits: { maxBufferedBytes: 1_000_000 } })
    const [slow, writer] = [await connectTo(relay), await connectTo(relay)]
    for (let i = 0; i < 200; i += 1) await writer.publish(note({ content: `${i}`.padEnd(60_000, '.') }))
    slow.socket.pause()
    const stored = slow.query('s', {})
    await writer.query('fence', { limit: 1 })
    slow.socket.resume()
    expect(await stored).toHaveLength(200)
  })
})

describe('store', () => {
  test('keeps to its bound by dropping the longest held regular events', async () => {
    const client = await connectTo(await start({ limits: { maxStoredEvents: 100 } }))
    const listing = note({ kind: LISTING })
    await client.publish(listing)
    const notes = Array.from({ length: 101 }, (_, i) => note({ content: String(i) }))
    for (const event of notes) await client.publish(event)
    const kept = new Set(ids(await client.query('s', {})))
    expect(kept.size).toBeLessThanOrEqual(100)
    expect(kept.has(listing.id)).toBe(true)
    expect(kept.has(notes.at(-1)?.id ?? '')).toBe(true)
    expect(kept.has(notes[0]?.id ?? '')).toBe(false)
  })

  test('keeps to its bound in bytes', async () => {
    const client = await connectTo(await start({ limits: { maxStoredBytes: 2_000_000 } }))
    for (let i = 0; i < 60; i += 1) await client.publish(note({ content: `${i}`.padEnd(60_000, '.') }))
    expect(await client.query('before', {})).toHaveLength(60)
    clock.advance(60_000)
    const kept = await client.query('after', {})
    expect(kept.length).toBeLessThan(35)
  })

  test('a damaged store is put aside, and the relay starts with an empty one', async () => {
    writeFileSync(join(folder, 'relay.sqlite'), 'not a database, and long enough to be looked at '.repeat(40))
    const client = await connectTo(await start())
    expect((await client.publish(note())).accepted).toBe(true)
    expect((await readdir(folder)).some((name) => name.includes('damaged'))).toBe(true)
  })
})

test('closing disconnects everybody, also a peer that never said anything, and may be asked twice', async () => {
  const relay = await start()
  const client = await connectTo(relay)
  const silent = connect(relay.port, '127.0.0.1')
  silent.on('error', () => {})
  await once(silent, 'connect')
  const closed = Promise.all([once(client.socket, 'close'), once(silent, 'close')])
  silent.resume()
  await Promise.all([relay.close(), relay.close()])
  await closed
})
