import { extract, expand } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { assert, property, uint8Array } from 'fast-check'
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure'
import { describe, expect, it } from 'vitest'
import { deriveJobKey, JOB_NONCE_BYTES } from './jobKey.ts'

const bytes32 = uint8Array({ minLength: 32, maxLength: 32 })

describe('deriveJobKey', () => {
  it('gives a valid key for any secret and nonce, the same each time', () => {
    assert(
      property(bytes32, bytes32, (secret, nonce) => {
        const key = deriveJobKey(secret, nonce)
        expect(key).toHaveLength(32)
        expect(getPublicKey(key)).toMatch(/^[0-9a-f]{64}$/)
        expect(deriveJobKey(secret, nonce)).toEqual(key)
      }),
      { numRuns: 50 },
    )
  })

  it('is HKDF-SHA256 with the nonce as salt, brought into the range of keys', () => {
    const [secret, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    const derived = BigInt(`0x${Buffer.from(expand(sha256, extract(sha256, secret, nonce), new TextEncoder().encode('souk/1 job key'), 48)).toString('hex')}`)
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const key = Buffer.from(deriveJobKey(secret, nonce)).toString('hex')
    expect(BigInt(`0x${key}`)).toBe((derived % (order - 1n)) + 1n)
    // A key that was handed out must be found again by every later version: jobs in the store hang on it.
    expect(key).toBe('bbea0ff22c3c739c9287f843107adc542af5e991ab1cc5c0cee041c43a671ffe')
  })

  it('gives every job and every identity another key, and never the identity itself', () => {
    const [one, other] = [generateSecretKey(), generateSecretKey()]
    const nonces = Array.from({ length: 50 }, (_, index) => new Uint8Array(32).fill(index))
    const keys = [one, other].flatMap((secret) => [secret, ...nonces.map((nonce) => deriveJobKey(secret, nonce))]).map((key) => Buffer.from(key).toString('hex'))
    expect(new Set(keys).size).toBe(102)
  })

  it('takes no shorter and no longer nonce', () => {
    for (const length of [0, JOB_NONCE_BYTES - 1, JOB_NONCE_BYTES + 1]) expect(() => deriveJobKey(generateSecretKey(), new Uint8Array(length))).toThrow(RangeError)
  })
})
