import { createCipher } from '#engine/nostr/cipher.ts'
import { createNip47Cipher } from '#engine/wallet/nip47Cipher.ts'
import { textTarget, valueOf } from '../target.ts'

const peer = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
const secretKey = new Uint8Array(32).fill(7)
// One nonce for all: what is fuzzed is reading, and the same seed must make the same cases.
const random = { bytes: (length: number) => new Uint8Array(length).fill(9) }
const cipher = createCipher(secretKey, random)
const payloads = ['x', '{"seq":0,"type":"delta","text":"hello"}', 'long '.repeat(2_000)].flatMap((text) => valueOf(cipher.encrypt(peer, text)) ?? [])
const legacy = createNip47Cipher(secretKey, random).encrypt(peer, '{"result_type":"get_info"}', 'nip04')

export const targets = [
  textTarget('cipher.decrypt', [...payloads, legacy], (payload) => cipher.decrypt(peer, payload)),
  textTarget('cipher.peer', [peer, peer.toUpperCase(), '0'.repeat(64)], (other) => cipher.decrypt(other, payloads[0] ?? '')),
  // Any text comes back as it went, but for lone surrogates, which UTF-8 cannot hold.
  textTarget('cipher.encrypt', ['hello', '{"seq":1}'], (text) => {
    const encrypted = cipher.encrypt(peer, text)
    if (!encrypted.ok) return encrypted
    if (valueOf(cipher.decrypt(peer, encrypted.value)) !== text.toWellFormed()) throw new Error('another text comes back')
    return encrypted
  }),
]
