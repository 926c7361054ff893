import { beforeAll, expect, it } from 'vitest'
import { frameAddress, frameTemplate, parseFrame, writeFrame, type Frame } from '#shared/protocol/frames.ts'
import { createCipher } from '../nostr/cipher.ts'
import { loadNostrCrypto, type NostrCrypto } from '../nostr/crypto.ts'
import { createMemoryPool } from '../nostr/testing/memoryPool.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createPinger } from './pinger.ts'

const SELLER = new Uint8Array(32).fill(3)
const RELAY = 'wss://memory.test'

let crypto: NostrCrypto
beforeAll(async () => {
  crypto = await loadNostrCrypto()
})

function open() {
  const [pool, clock] = [createMemoryPool(), createManualClock()]
  const heard: (readonly [string, number])[] = []
  const pinger = createPinger({ pool, crypto, random: nodeRandom, clock, onPong: (pubkey, atMs) => heard.push([pubkey, atMs]) })
  const pubkey = crypto.publicKey(SELLER)
  const pings = () => pool.relay().accepted({ kinds: [25_050], '#p': [pubkey] })
  const answer = async (frame: Frame, secret = SELLER, to = pings().at(-1)?.pubkey ?? '') => {
    const sealed = createCipher(secret, nodeRandom).encrypt(to, writeFrame(frame))
    if (!sealed.ok) throw new Error(sealed.error.message)
    await pool.publish(crypto.createSigner(secret).sign(frameTemplate({ peer: to, requestId: null }, sealed.value, Math.floor(clock.now() / 1_000))))
    await pool.publish(crypto.createSigner(secret).sign({ kind: 1, created_at: 1, tags: [], content: 'later' }))
  }
  return { pool, clock, heard, pinger, pubkey, pings, answer, offer: { pubkey, relays: [], seenOn: [RELAY] } }
}

it('asks in frames of a new key each time, and hears the answer once', async () => {
  const { pool, clock, heard, pinger, pubkey, pings, answer, offer } = open()
  pinger.ping(offer)
  pinger.ping(offer)
  const [first, second] = pings()
  if (first === undefined || second === undefined) throw new Error('nothing was asked')
  expect(first.pubkey).not.toBe(second.pubkey)
  expect(frameAddress(first)).toEqual({ peer: pubkey, requestId: null })
  const text = createCipher(SELLER, nodeRandom).decrypt(first.pubkey, first.content)
  expect(text.ok ? parseFrame(text.value) : text).toEqual({ ok: true, value: { type: 'ping', seq: 1 } })
  await answer({ type: 'pong', seq: 1 })
  await answer({ type: 'pong', seq: 1 })
  expect(heard).toEqual([[pubkey, clock.now()]])
  clock.advance(8_000)
  expect([pool.openSubscriptions(), clock.pending()]).toEqual([0, 0])
})

it('believes the seller alone, and a pong alone', async () => {
  const { heard, pinger, answer, offer } = open()
  pinger.ping(offer)
  await answer({ type: 'ping', seq: 1 })
  await answer({ type: 'pong', seq: 1 }, new Uint8Array(32).fill(4))
  expect(heard).toEqual([])
})

it('asks on relays of its own alone, wherever the offer says that its seller reads', () => {
  const { pool, pinger, pings, offer } = open()
  const asked: unknown[] = []
  const { subscribe, publish } = pool
  pool.subscribe = (filters, options) => (asked.push(options.relays), subscribe(filters, options))
  pool.publish = (event, relays) => (asked.push(relays), publish(event, relays))
  pinger.ping({ ...offer, relays: ['wss://tracker.example/you', RELAY] })
  pinger.ping({ ...offer, seenOn: [], relays: ['wss://tracker.example/you'] })
  expect(asked).toEqual([[RELAY], [RELAY]])
  expect(pings()).toHaveLength(1)
})

it('asks so many at once, and nobody of whom it knows no relay or whose key is none', () => {
  const { pool, clock, pinger, pings, offer } = open()
  pinger.ping({ ...offer, seenOn: [] })
  pinger.ping({ ...offer, pubkey: 'f'.repeat(64) })
  expect(pings()).toEqual([])
  for (let count = 0; count < 60; count++) pinger.ping(offer)
  expect(pings()).toHaveLength(40)
  pinger.close()
  expect([pool.openSubscriptions(), clock.pending()]).toEqual([0, 0])
})
