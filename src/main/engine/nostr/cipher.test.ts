import { encrypt as encryptNip04 } from 'nostr-tools/nip04'
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure'
import { describe, expect, it } from 'vitest'
import type { Result } from '#shared/market/result.ts'
import type { Random } from '../ports.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createCipher, MAX_EVENT_PLAINTEXT_BYTES } from './cipher.ts'

const ownKey = generateSecretKey()
const peerKey = generateSecretKey()
const own = getPublicKey(ownKey)
const peer = getPublicKey(peerKey)
const mine = createCipher(ownKey, nodeRandom)
const theirs = createCipher(peerKey, nodeRandom)
const TEXT = '{"seq":1,"type":"delta","text":"Zażółć 🎈"}'

const code = (result: Result<string>) => (result.ok ? 'ok' : result.error.code)
const sent = (result: Result<string>) => {
  if (!result.ok) throw new Error(result.error.code)
  return result.value
}

function createCountingRandom(): Random {
  let next = 0
  return { bytes: (length) => new Uint8Array(length).fill((next += 1)) }
}

describe('createCipher', () => {
  it('knows its public key, and is read by the peer alone', () => {
    expect(mine.pubkey).toBe(own)
    const payload = sent(mine.encrypt(peer, TEXT))
    expect(theirs.decrypt(own, payload)).toEqual({ ok: true, value: TEXT })
    expect(code(createCipher(generateSecretKey(), nodeRandom).decrypt(own, payload))).toBe('payload-unreadable')
  })

  it('takes its nonces from the random port, one for each message', () => {
    const [one, other] = [createCipher(ownKey, createCountingRandom()), createCipher(ownKey, createCountingRandom())]
    const first = sent(one.encrypt(peer, TEXT))
    expect(sent(other.encrypt(peer, TEXT))).toBe(first)
    expect(sent(one.encrypt(peer, TEXT))).not.toBe(first)
  })

  it('reads NIP-04 too, of any length, empty as well', () => {
    for (const message of ['', TEXT, 'é'.repeat(20_000)]) expect(mine.decrypt(peer, encryptNip04(peerKey, own, message))).toEqual({ ok: true, value: message })
  })

  it('refuses a text that is empty, or over the bound in bytes', () => {
    expect(code(mine.encrypt(peer, ''))).toBe('text-empty')
    expect(code(mine.encrypt(peer, 'x'.repeat(65_536)))).toBe('text-too-long')
    expect(code(mine.encrypt(peer, 'é'.repeat(32_768)))).toBe('text-too-long')
    const longest = 'x'.repeat(65_535)
    expect(theirs.decrypt(own, sent(mine.encrypt(peer, longest)))).toEqual({ ok: true, value: longest })
  })

  it('refuses a peer that is no public key, in both directions and both forms', () => {
    for (const stranger of ['', 'abc', peer.toUpperCase(), `${peer}00`, '0'.repeat(64), 'f'.repeat(64), 'npub1xyz']) {
      expect(code(mine.encrypt(stranger, TEXT))).toBe('invalid-peer')
      expect(code(mine.decrypt(stranger, sent(theirs.encrypt(own, TEXT))))).toBe('invalid-peer')
      expect(code(mine.decrypt(stranger, encryptNip04(peerKey, own, TEXT)))).toBe('invalid-peer')
    }
  })

  it('refuses what is damaged, endless, or no message at all', () => {
    const payload = sent(theirs.encrypt(own, TEXT))
    const legacy = encryptNip04(peerKey, own, TEXT)
    for (const bad of ['', 'hello', '?iv=', `B${payload.slice(1)}`, payload.slice(4), legacy.replace(/\?iv=.*/, '?iv='), `${legacy}?iv=${legacy}`.slice(3), 'x'.repeat(1_000_000), `${'A'.repeat(1_000_000)}?iv=${'A'.repeat(24)}`, '\ud800'.repeat(200)]) {
      expect(code(mine.decrypt(peer, bad))).toBe('payload-unreadable')
    }
  })

  it('goes on when it has met more peers than it keeps keys for', () => {
    const cipher = createCipher(ownKey, nodeRandom)
    const first = sent(theirs.encrypt(own, 'first'))
    expect(code(cipher.decrypt(peer, first))).toBe('ok')
    for (let count = 0; count < 1_002; count += 1) cipher.decrypt(getPublicKey(Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 1 : (count >> (8 * (index % 2))) & 255))), first)
    expect(cipher.decrypt(peer, first)).toEqual({ ok: true, value: 'first' })
  })

  it('names the longest text whose event is under 64 KiB', () => {
    const bytes = (length: number) => sent(mine.encrypt(peer, 'x'.repeat(length))).length
    expect(bytes(MAX_EVENT_PLAINTEXT_BYTES)).toBe(54_704)
    expect(bytes(MAX_EVENT_PLAINTEXT_BYTES + 1)).toBeGreaterThan(65_536)
  })

  it('keeps its own copy of the key, and takes no invalid one', () => {
    const key = Uint8Array.from(ownKey)
    const cipher = createCipher(key, nodeRandom)
    key.fill(0)
    expect(code(cipher.decrypt(peer, sent(theirs.encrypt(own, TEXT))))).toBe('ok')
    for (const bad of [new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(31).fill(1), new Uint8Array(33).fill(1)]) expect(() => createCipher(bad, nodeRandom)).toThrow()
  })
})
