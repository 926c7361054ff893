import { expect, it } from 'vitest'
import { nodeRandom } from '../testing/nodePorts.ts'
import { loadNostrCrypto } from './crypto.ts'
import { createJobIdentities } from './jobIdentity.ts'

it('gives every job a key of its own, and the same one again for its nonce after a restart', async () => {
  const crypto = await loadNostrCrypto()
  const secret = nodeRandom.bytes(32)
  const [first, second] = [createJobIdentities(secret, crypto, nodeRandom).create(), createJobIdentities(secret, crypto, nodeRandom).create()]
  expect(new Set([first.signer.pubkey, second.signer.pubkey, crypto.publicKey(secret)]).size).toBe(3)
  const again = createJobIdentities(secret, crypto, nodeRandom).open(first.nonce)
  expect(again.signer.pubkey).toBe(first.signer.pubkey)
  expect(again.cipher.pubkey).toBe(first.signer.pubkey)
  const sealed = second.cipher.encrypt(first.signer.pubkey, 'hello')
  if (!sealed.ok) throw new Error(sealed.error.message)
  expect(again.cipher.decrypt(second.signer.pubkey, sealed.value)).toEqual({ ok: true, value: 'hello' })
  expect(() => createJobIdentities(secret, crypto, nodeRandom).open('zz')).toThrow(RangeError)
})

it('forgets no job that it is asked for, however many there were', async () => {
  const identities = createJobIdentities(nodeRandom.bytes(32), await loadNostrCrypto(), nodeRandom)
  const first = identities.create()
  expect(identities.open(first.nonce)).toBe(first)
  for (let count = 0; count < 100; count++) identities.create()
  expect(identities.open(first.nonce)).not.toBe(first)
  expect(identities.open(first.nonce).signer.pubkey).toBe(first.signer.pubkey)
})
