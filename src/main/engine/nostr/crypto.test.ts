import { finalizeEvent, getPublicKey, verifyEvent } from 'nostr-tools/pure'
import { expect, test } from 'vitest'
import { loadNostrCrypto } from './crypto.ts'
import type { NostrEvent } from './relayPool.ts'

const crypto = await loadNostrCrypto()
const secretKey = Uint8Array.from({ length: 32 }, (_, i) => i + 1)
const template = { kind: 42, created_at: 1_700_000_000, tags: [['e', 'a'.repeat(64), '', 'root']], content: 'Grüße "\n\u2028\u0001 🛒' }
const refusedKeys = {
  zero: new Uint8Array(32),
  'the group order': Buffer.from('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141', 'hex'),
  'all ones': new Uint8Array(32).fill(255),
  short: new Uint8Array(31).fill(1),
  long: new Uint8Array(33).fill(1),
}

test('signs what an independent implementation accepts, and accepts what it signs', () => {
  const ours = crypto.createSigner(secretKey).sign(template)
  expect(verifyEvent(JSON.parse(JSON.stringify(ours)))).toBe(true)
  const theirs = finalizeEvent({ ...template, tags: template.tags.map((tag) => [...tag]) }, secretKey)
  expect(crypto.verify(theirs)).toBe(true)
  expect(theirs.id).toBe(ours.id)
})

test('derives the same public key as an independent implementation', () => {
  expect(crypto.publicKey(secretKey)).toBe(getPublicKey(secretKey))
  expect(crypto.createSigner(secretKey).pubkey).toBe(getPublicKey(secretKey))
})

test('a change to any field is found, whatever marks the object carries over', () => {
  const marked = finalizeEvent({ ...template, tags: [['t', 'x']] }, secretKey)
  const flip = (hex: string) => (hex.startsWith('0') ? '1' : '0') + hex.slice(1)
  const changes: Partial<NostrEvent>[] = [
    { id: flip(marked.id) },
    { pubkey: getPublicKey(new Uint8Array(32).fill(7)) },
    { created_at: marked.created_at + 1 },
    { kind: 43 },
    { tags: [['t', 'y']] },
    { tags: [] },
    { content: 'other' },
    { sig: flip(marked.sig) },
    { sig: 'f'.repeat(128) },
    { sig: '0'.repeat(128) },
  ]
  // The spread keeps the mark under which nostr-tools calls every one of these valid.
  for (const change of changes) expect(crypto.verify({ ...marked, ...change }), JSON.stringify(change)).toBe(false)
  expect(crypto.verify(marked)).toBe(true)
})

test('ids and keys in other spellings than lower-case hex of full length are refused', () => {
  const event = crypto.createSigner(secretKey).sign(template)
  expect(crypto.verify({ ...event, id: event.id.toUpperCase() })).toBe(false)
  expect(crypto.verify({ ...event, id: '' })).toBe(false)
  expect(crypto.verify({ ...event, pubkey: event.pubkey.toUpperCase() })).toBe(false)
  expect(crypto.verify({ ...event, sig: event.sig.toUpperCase() })).toBe(false)
  expect(crypto.verify({ ...event, sig: event.sig.slice(2) })).toBe(false)
})

test('an author that is no point of the curve is refused, and the next event is still judged', () => {
  const event = crypto.createSigner(secretKey).sign(template)
  const nobody = finalizeEvent({ ...template, tags: [] }, secretKey)
  expect(crypto.verify({ ...nobody, pubkey: 'f'.repeat(64) })).toBe(false)
  expect(crypto.verify(event)).toBe(true)
})

test('an event too big for the module is refused both ways without harm to the next one', () => {
  const signer = crypto.createSigner(secretKey)
  const event = signer.sign(template)
  const bytes64K = signer.sign({ ...template, content: '\u0001'.repeat(65_536) })
  expect(crypto.verify(bytes64K)).toBe(true)
  expect(crypto.verify({ ...event, content: '\u0001'.repeat(5_000_000) })).toBe(false)
  expect(crypto.verify({ ...event, content: '\u0001'.repeat(262_144) })).toBe(false)
  expect(() => signer.sign({ ...template, content: 'x'.repeat(5_000_000) })).toThrow(RangeError)
  expect(crypto.verify(event)).toBe(true)
})

test.each([{ kind: 1.5 }, { kind: Number.NaN }, { created_at: 2 ** 53 }, { created_at: 0.1 }, { created_at: Number.POSITIVE_INFINITY }])('what could not be verified is not signed: %j', (change) => {
  const signer = crypto.createSigner(secretKey)
  expect(() => signer.sign({ ...template, ...change })).toThrow(RangeError)
  expect(crypto.verify({ ...signer.sign(template), ...change })).toBe(false)
})

test.each(Object.entries(refusedKeys))('refuses a secret key that is %s, without printing it', (_, key) => {
  expect(() => crypto.publicKey(key)).toThrow('Not a secp256k1 secret key.')
  expect(() => crypto.createSigner(key)).toThrow(RangeError)
})

test('a signer outlives the caller wiping its key, and shows nothing of it', () => {
  const passed = Uint8Array.from(secretKey)
  const signer = crypto.createSigner(passed)
  passed.fill(0)
  expect(crypto.verify(signer.sign(template))).toBe(true)
  expect(Object.keys(signer)).toEqual(['pubkey', 'sign'])
})

test('two signatures over the same event differ: the nonce is fresh', () => {
  const signer = crypto.createSigner(secretKey)
  expect(signer.sign(template).sig).not.toBe(signer.sign(template).sig)
})

test('a steady signer gives the same signature again, which is as good', async () => {
  const signer = crypto.createSigner(secretKey, true)
  const event = signer.sign(template)
  for (let count = 0; count < 3; count++) {
    crypto.createSigner(secretKey).sign(template)
    expect(crypto.createSigner(secretKey, true).sign(template)).toEqual(event)
  }
  expect((await loadNostrCrypto()).createSigner(secretKey, true).sign(template)).toEqual(event)
  expect(signer.sign({ ...template, content: 'other' }).sig.slice(0, 64)).not.toBe(event.sig.slice(0, 64))
  expect(verifyEvent(JSON.parse(JSON.stringify(event)))).toBe(true)
})
