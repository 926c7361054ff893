import { expect, test } from 'vitest'
import { loadNostrCrypto, type NostrCrypto } from './crypto.ts'
import { rememberSignatures } from './knownSignatures.ts'
import type { NostrEvent } from './relayPool.ts'

const crypto = await loadNostrCrypto()
const secretKey = new Uint8Array(32).fill(3)
const template = { kind: 42, created_at: 1_700_000_000, tags: [['e', 'a'.repeat(64)]], content: 'hello' }
const copy = (event: NostrEvent): NostrEvent => structuredClone(event)

/** Counts what is really verified. */
function createCounting(): { readonly crypto: NostrCrypto; readonly verified: () => number } {
  let verified = 0
  const counting = { ...crypto, verify: (event: NostrEvent) => ((verified += 1), crypto.verify(event)) }
  return { crypto: rememberSignatures(counting), verified: () => verified }
}

test('what was signed here, or verified once, is known again', () => {
  const { crypto: remembering, verified } = createCounting()
  expect(remembering.verify(copy(remembering.createSigner(secretKey).sign(template)))).toBe(true)
  expect(verified()).toBe(0)
  const foreign = crypto.createSigner(secretKey).sign(template)
  for (let time = 0; time < 3; time += 1) expect(remembering.verify(copy(foreign))).toBe(true)
  expect(verified()).toBe(1)
})

test('a copy that differs in any field is not known, whatever id and signature it carries', () => {
  const remembering = rememberSignatures(crypto)
  const event = remembering.createSigner(secretKey).sign(template)
  const otherKey = remembering.createSigner(new Uint8Array(32).fill(4))
  const other = otherKey.sign({ ...template, content: 'other' })
  const changes: Partial<NostrEvent>[] = [
    { pubkey: otherKey.pubkey },
    { created_at: event.created_at + 1 },
    { kind: 43 },
    { tags: [] },
    { content: 'hello!' },
    { sig: other.sig },
    { sig: event.sig.toUpperCase() },
    { id: other.id },
    { id: other.id, sig: other.sig },
  ]
  for (const change of changes) expect(remembering.verify({ ...copy(event), ...change }), JSON.stringify(change)).toBe(false)
  const { sig: _, ...unsigned } = crypto.createSigner(secretKey).sign({ ...template, content: 'never seen' })
  expect(remembering.verify({ ...unsigned, sig: '' })).toBe(false)
  expect(remembering.verify(copy(event))).toBe(true)
})

test('what is forged is not remembered, and does not displace what is true', () => {
  const { crypto: remembering, verified } = createCounting()
  const event = remembering.createSigner(secretKey).sign(template)
  const forged = crypto.createSigner(secretKey).sign({ ...template, content: 'x' })
  for (let time = 0; time < 2_000; time += 1) expect(remembering.verify({ ...forged, content: `${time}` })).toBe(false)
  expect(verified()).toBe(2_000)
  expect(remembering.verify(copy(event))).toBe(true)
  expect(verified()).toBe(2_000)
})

test('a bounded number is remembered', () => {
  const { crypto: remembering, verified } = createCounting()
  const signer = remembering.createSigner(secretKey)
  const first = signer.sign(template)
  for (let index = 0; index < 1_024; index += 1) signer.sign({ ...template, content: `${index}` })
  expect(remembering.verify(copy(first))).toBe(true)
  expect(verified()).toBe(1)
})
