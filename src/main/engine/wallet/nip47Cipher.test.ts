import { decrypt, encrypt } from 'nostr-tools/nip04'
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure'
import { describe, expect, it } from 'vitest'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createNip47Cipher } from './nip47Cipher.ts'

const ownKey = generateSecretKey()
const peerKey = generateSecretKey()
const own = getPublicKey(ownKey)
const peer = getPublicKey(peerKey)
const text = '{"method":"get_balance","note":"Zażółć 🎈"}'

describe('the cipher of wallet messages', () => {
  it('writes NIP-04 that others read, and reads theirs, of any length', () => {
    for (const message of [text, '', 'x'.repeat(16), 'é'.repeat(20_000)]) {
      expect(decrypt(peerKey, own, createNip47Cipher(ownKey, nodeRandom).encrypt(peer, message, 'nip04'))).toBe(message)
      expect(createNip47Cipher(ownKey, nodeRandom).decrypt(peer, encrypt(peerKey, own, message))).toBe(message)
    }
  })

  it('reads NIP-44 without being told', () => {
    const sent = createNip47Cipher(peerKey, nodeRandom).encrypt(own, text, 'nip44_v2')
    expect(sent).not.toContain('?iv=')
    expect(createNip47Cipher(ownKey, nodeRandom).decrypt(peer, sent)).toBe(text)
  })

  it('throws on what is damaged, not for it, or no message at all', () => {
    const cipher = createNip47Cipher(ownKey, nodeRandom)
    const sent = createNip47Cipher(peerKey, nodeRandom).encrypt(own, text, 'nip04')
    for (const payload of [`A${sent.slice(9)}`, sent.replace(/\?iv=.*/, '?iv='), '?iv=', 'hello', 'x'.repeat(90_001)]) expect(() => cipher.decrypt(peer, payload)).toThrow()
  })
})
