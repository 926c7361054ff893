import { expect, test } from 'vitest'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createCipher } from './cipher.ts'
import { createSteadyCipher } from './steadyCipher.ts'

const aliceKey = new Uint8Array(32).fill(1)
const alice = createSteadyCipher(aliceKey, nodeRandom)
const bob = createCipher(new Uint8Array(32).fill(2), nodeRandom)
const carol = createCipher(new Uint8Array(32).fill(3), nodeRandom)
const nonceOf = (payload: string) => Buffer.from(payload, 'base64').subarray(1, 33).toString('hex')
const value = <T>(result: { ok: true; value: T } | { ok: false }) => {
  if (!result.ok) throw new Error('it failed')
  return result.value
}

test('the same text to the same peer is the same payload, also after a restart, and is read by that peer', () => {
  const first = value(alice.encryptSteadily(bob.pubkey, 'once more'))
  expect(value(alice.encryptSteadily(bob.pubkey, 'once more'))).toBe(first)
  expect(value(createSteadyCipher(aliceKey, nodeRandom).encryptSteadily(bob.pubkey, 'once more'))).toBe(first)
  expect(bob.decrypt(alice.pubkey, first)).toEqual({ ok: true, value: 'once more' })
})

test('no nonce serves two texts or two peers, and none is left over for what is encrypted otherwise', () => {
  const nonces = [
    value(alice.encryptSteadily(bob.pubkey, 'a')),
    value(alice.encryptSteadily(bob.pubkey, 'b')),
    value(alice.encryptSteadily(carol.pubkey, 'a')),
    value(alice.encrypt(bob.pubkey, 'a')),
    value(alice.encrypt(bob.pubkey, 'a')),
  ].map(nonceOf)
  expect(new Set(nonces).size).toBe(nonces.length)
})

test('what cannot be encrypted is a problem, and the next message is none the worse', () => {
  expect(alice.encryptSteadily('no key', 'x')).toMatchObject({ error: { code: 'invalid-peer' } })
  expect(alice.encryptSteadily(bob.pubkey, '')).toMatchObject({ error: { code: 'text-empty' } })
  expect(bob.decrypt(alice.pubkey, value(alice.encrypt(bob.pubkey, 'x')))).toEqual({ ok: true, value: 'x' })
})
