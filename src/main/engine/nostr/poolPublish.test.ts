import { afterEach, expect, test } from 'vitest'
import { openWebSocketWithWs } from './openWebSocket.ts'
import type { RelayPoolOptions } from './pool.ts'
import { startHostileRelay, type HostileRelay, type HostileRelayOptions } from './testing/hostileRelay.ts'
import { author, createPoolHarness, message, type PoolHarness } from './testing/poolHarness.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
})

async function startRelay(options?: HostileRelayOptions): Promise<HostileRelay> {
  const relay = await startHostileRelay(options)
  stops.push(() => relay.stop())
  return relay
}

function createHarness(options?: Partial<RelayPoolOptions>): PoolHarness {
  const harness = createPoolHarness(options)
  stops.push(() => harness.pool.close())
  return harness
}

/** A relay whose answers to events are the given ones; `$ID` in them becomes the event's id. */
function startAnswering(...answers: readonly string[]): Promise<HostileRelay> {
  return startRelay({
    intercept(client, frame) {
      if (frame[0] !== 'EVENT') return false
      for (const answer of answers) client.send(answer.replace('$ID', (frame[1] as { id: string }).id))
      return true
    },
  })
}

test('an event given while the relay is still connecting is sent once it is connected', async () => {
  const relay = await startRelay()
  const { pool, status } = createHarness()
  pool.add(relay.url)
  const event = message('early')
  expect(await pool.publish(event)).toEqual({ accepted: true, verdicts: [{ relay: relay.url, verdict: 'accepted', message: '' }] })
  expect(relay.stored).toEqual([event])
  expect(status(relay.url).published).toBe(1)
})

test.each(['pow', 'blocked', 'invalid', 'restricted', 'mute', 'error', 'auth-required'] as const)(
  'OK false with the prefix %s is that refusal',
  async (prefix) => {
    const relay = await startAnswering(`["OK","$ID",false,"${prefix}: because"]`)
    const { pool, status } = createHarness()
    pool.add(relay.url)
    const report = await pool.publish(message('x'))
    expect(report).toEqual({ accepted: false, verdicts: [{ relay: relay.url, verdict: 'refused', prefix, message: `${prefix}: because` }] })
    expect(status(relay.url).lastRefusal).toBe(`${prefix}: because`)
  },
)

test('a refusal without words gets some', async () => {
  const relay = await startAnswering('["OK","$ID",false]')
  const { pool } = createHarness()
  pool.add(relay.url)
  expect((await pool.publish(message('x'))).verdicts[0]).toMatchObject({
    verdict: 'refused',
    prefix: 'none',
    message: 'The relay refused without a known reason.',
  })
})

test.each(['["OK","$ID",false,"duplicate: have it"]', '["OK","$ID",true,"duplicate: have it"]'])(
  'a relay that has the event already has accepted it: %s',
  async (answer) => {
    const relay = await startAnswering(answer)
    const { pool } = createHarness()
    pool.add(relay.url)
    expect((await pool.publish(message('x'))).accepted).toBe(true)
  },
)

test('one relay that accepts is enough, and each verdict is told', async () => {
  const [yes, no] = [await startRelay(), await startAnswering('["OK","$ID",false,"blocked: you"]')]
  const { pool } = createHarness()
  pool.add(yes.url)
  pool.add(no.url)
  const report = await pool.publish(message('x'))
  expect(report.accepted).toBe(true)
  expect(new Map(report.verdicts.map(({ relay, verdict }) => [relay, verdict]))).toEqual(
    new Map([
      [yes.url, 'accepted'],
      [no.url, 'refused'],
    ]),
  )
})

test('an OK for another event settles nothing, and the first OK counts', async () => {
  const other = message('other')
  const relay = await startAnswering(`["OK","${other.id}",true,""]`, '["OK","$ID",false,"invalid: no"]', '["OK","$ID",true,""]')
  const { pool } = createHarness()
  pool.add(relay.url)
  expect((await pool.publish(message('x'))).verdicts).toMatchObject([{ verdict: 'refused', prefix: 'invalid' }])
})

test('a relay that says OK and keeps nothing has accepted: taken is not delivered', async () => {
  const relay = await startAnswering('["OK","$ID",true,""]')
  const { pool } = createHarness()
  pool.add(relay.url)
  expect((await pool.publish(message('x'))).accepted).toBe(true)
  expect(relay.stored).toEqual([])
})

test('a mute relay has no verdict but the timeout', async () => {
  const relay = await startRelay({ intercept: () => true })
  const { pool, clock } = createHarness()
  pool.add(relay.url)
  const report = pool.publish(message('x'))
  await relay.until(() => relay.heard('EVENT').length === 1)
  clock.advance(8_000)
  expect(await report).toMatchObject({ accepted: false, verdicts: [{ relay: relay.url, verdict: 'timeout' }] })
})

test('nobody waits for a relay that is down when another has accepted', async () => {
  const [up, down] = [await startRelay(), await startRelay()]
  await down.stop()
  const { pool, until, status } = createHarness()
  pool.add(down.url)
  await until(() => status(down.url).state === 'waiting')
  pool.add(up.url)
  const report = await pool.publish(message('x'))
  expect(report.accepted).toBe(true)
  expect(report.verdicts).toContainEqual({ relay: down.url, verdict: 'unreachable', message: 'Nothing answers at this address.' })
})

test('an event whose relay went away unanswered is sent again when it is back in time', async () => {
  let mute = true
  const relay = await startRelay({
    intercept(client, frame) {
      if (!mute || frame[0] !== 'EVENT') return false
      mute = false
      client.drop()
      return true
    },
  })
  const { pool, clock, until, status } = createHarness()
  pool.add(relay.url)
  const report = pool.publish(message('x'))
  await until(() => status(relay.url).state === 'waiting')
  clock.advance(1_000)
  expect((await report).accepted).toBe(true)
  expect(relay.heard('EVENT')).toHaveLength(2)
})

test('an event for a relay that does not come in time is unreachable, and is not sent afterwards', async () => {
  const relay = await startRelay()
  await relay.stop()
  const { pool, clock, until, status } = createHarness()
  pool.add(relay.url)
  const report = pool.publish(message('late'))
  await until(() => status(relay.url).state === 'waiting')
  clock.advance(8_000)
  expect(await report).toMatchObject({ accepted: false, verdicts: [{ verdict: 'unreachable' }] })
  await relay.start()
  clock.advance(60_000)
  await until(() => status(relay.url).state === 'connected')
  expect((await pool.publish(message('in time'))).accepted).toBe(true)
  expect(relay.stored.map(({ content }) => content)).toEqual(['in time'])
})

test('without relays, or with strangers only, the report says so at once', async () => {
  const { pool } = createHarness()
  expect(await pool.publish(message('x'))).toEqual({ accepted: false, verdicts: [] })
  expect(await pool.publish(message('x'), ['ws://127.0.0.1:9'])).toEqual({
    accepted: false,
    verdicts: [{ relay: 'ws://127.0.0.1:9', verdict: 'unreachable', message: 'This relay is not in the list, and not at a public wss:// address.' }],
  })
})

test('only the named relays get the event', async () => {
  const [one, two] = [await startRelay(), await startRelay()]
  const { pool } = createHarness()
  pool.add(one.url)
  pool.add(two.url)
  await pool.publish(message('for two'), [`${two.url}/`])
  await pool.publish(message('for both'))
  expect(one.stored.map(({ content }) => content)).toEqual(['for both'])
  expect(two.stored.map(({ content }) => content)).toEqual(['for two', 'for both'])
})

test('ephemeral events are published like others', async () => {
  const relay = await startRelay()
  const { pool, subscribe, until } = createHarness()
  pool.add(relay.url)
  const seen = subscribe([{ kinds: [25_050] }])
  await until(() => seen.eoses === 1)
  expect((await pool.publish(message('frame', { kind: 25_050 }))).accepted).toBe(true)
  await until(() => seen.events.length === 1)
})

test('a relay to which too much is waiting takes no more', async () => {
  const relay = await startRelay({ intercept: () => true })
  const { pool, clock } = createHarness({ limits: { outboxEvents: 2 } })
  pool.add(relay.url)
  const reports = ['a', 'b', 'c'].map((content) => pool.publish(message(content)))
  expect(await reports[2]).toMatchObject({
    accepted: false,
    verdicts: [{ verdict: 'unreachable', message: 'Too much is waiting to be sent to this relay.' }],
  })
  clock.advance(8_000)
  await Promise.all(reports)
})

test('while the socket is full, events wait for it to drain', async () => {
  const relay = await startRelay()
  const open = openWebSocketWithWs()
  let bufferedAmount = 2_000_000
  const { pool, clock, until, subscribe } = createHarness({
    openWebSocket(url, handlers) {
      const socket = open(url, handlers)
      return {
        get bufferedAmount() {
          return bufferedAmount
        },
        send: (text) => socket.send(text),
        close: () => socket.close(),
      }
    },
  })
  const seen = subscribe()
  pool.add(relay.url)
  await until(() => seen.eoses === 1)
  const report = pool.publish(message('x'))
  clock.advance(1_000)
  bufferedAmount = 0
  const sentSoFar = subscribe()
  await until(() => sentSoFar.eoses === 1)
  expect(relay.stored).toEqual([])
  clock.advance(50)
  expect((await report).accepted).toBe(true)
})

/** A relay that does nothing for anyone who has not answered its challenge. */
function startPrivateRelay(accepts: boolean): Promise<HostileRelay> {
  const known = new WeakSet<object>()
  return startRelay({
    stored: [message('for members')],
    intercept(client, frame) {
      if (frame[0] === 'AUTH') {
        if (accepts) known.add(client)
        client.send(['OK', (frame[1] as { id: string }).id, accepts, accepts ? '' : 'restricted: not you'])
        return true
      }
      if (known.has(client) || frame[0] === 'CLOSE') return false
      client.send(['AUTH', 'challenge'])
      if (frame[0] === 'EVENT') client.send(['OK', (frame[1] as { id: string }).id, false, 'auth-required: who are you?'])
      if (frame[0] === 'REQ') client.send(['CLOSED', frame[1], 'auth-required: who are you?'])
      return true
    },
  })
}

test('a challenge is answered in the given name, and what was refused before is asked for again', async () => {
  const relay = await startPrivateRelay(true)
  const { pool, subscribe, until } = createHarness({ authenticate: () => author })
  const seen = subscribe()
  pool.add(relay.url)
  expect((await pool.publish(message('from a member'))).accepted).toBe(true)
  await until(() => seen.events.length === 2 && seen.eoses === 1)
  expect(seen.closed).toEqual([])
  expect(relay.heard('AUTH')[0]?.[1]).toMatchObject({
    kind: 22_242,
    pubkey: author.pubkey,
    tags: [
      ['relay', relay.url],
      ['challenge', 'challenge'],
    ],
  })
  expect(relay.heard('AUTH').length).toBeLessThanOrEqual(3)
})

test('a stream of challenges is no stream of signatures', async () => {
  const relay = await startRelay()
  let signed = 0
  const signer = {
    pubkey: author.pubkey,
    sign(...template: Parameters<typeof author.sign>) {
      signed += 1
      return author.sign(...template)
    },
  }
  const { pool, subscribe, until } = createHarness({ authenticate: () => signer })
  const seen = subscribe()
  pool.add(relay.url)
  await until(() => seen.eoses === 1)
  for (let i = 0; i < 100; i += 1) relay.sendRaw(`["AUTH","${i}"]`)
  relay.deliver(message('marker'))
  await until(() => seen.events.length === 1)
  expect(signed).toBe(3)
})

test('without a name the refusal stands, and nothing is told', async () => {
  const relay = await startPrivateRelay(true)
  const { pool, subscribe, until } = createHarness()
  const seen = subscribe()
  pool.add(relay.url)
  expect((await pool.publish(message('x'))).verdicts).toMatchObject([{ verdict: 'refused', prefix: 'auth-required' }])
  await until(() => seen.closed.length === 1)
  expect(relay.heard('AUTH')).toEqual([])
})

test('a name that the relay does not accept ends in the refusal', async () => {
  const relay = await startPrivateRelay(false)
  const { pool, subscribe, until } = createHarness({ authenticate: () => author })
  const seen = subscribe()
  pool.add(relay.url)
  expect((await pool.publish(message('x'))).verdicts).toMatchObject([{ verdict: 'refused' }])
  await until(() => seen.closed.length >= 1)
  expect(seen.events).toEqual([])
})
