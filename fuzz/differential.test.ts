import { verifyEvent } from 'nostr-tools/pure'
import { describe, expect, test } from 'vitest'
import { loadNostrCrypto } from '#engine/nostr/crypto.ts'
import { BROKEN_SIGNATURES, hashOf, PUBKEY, signId } from './differential/signatures.ts'
import { readFound } from './found.ts'
import { DEFAULT_SEED, runTarget } from './run.ts'
import { agree, targets } from './targets/differential.ts'

const crypto = await loadNostrCrypto()

/** BIP-340's test vectors (github.com/bitcoin/bips, bip-0340/test-vectors.csv), as far as an event can express them: its message is its own hash. */
describe("BIP-340's vectors", () => {
  test.each([
    ['0000000000000000000000000000000000000000000000000000000000000003', 'f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9'],
    ['b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfef', 'dff1d77f2a671c5f36183726db2341be58feae1da2deced843240f7b502ba659'],
    ['c90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b14e5c9', 'dd308afec5777e13121fa72b9cc1b7cc0139715309b086c960e18fd969774eb8'],
    ['0b432b2677937381aef05bb02a66ecd012773062cf3fa2549e44f58ed2401710', '25d1dff95105f5253c4022f628a996ad3a0d95fbf21d468a1b33f8c160d8f517'],
  ])('rows 0 to 3: the key %s is %s, and signs', (secret, pubkey) => {
    const secretKey = Uint8Array.from(Buffer.from(secret, 'hex'))
    const event = crypto.createSigner(secretKey).sign({ kind: 1, created_at: 1, tags: [], content: 'x' })
    expect(event.pubkey).toBe(pubkey)
    expect([crypto.verify(event), verifyEvent({ ...event, tags: [] })]).toEqual([true, true])
  })

  test.each([
    ['row 5: not on the curve', 'eefdea4cdb677750a420fee807eacf21eb9898ae79b9768766e4faa04a2d4a34'],
    ['row 14: exceeds the field size', 'fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30'],
  ])('public key of %s', (_, pubkey) => {
    const event = { id: hashOf(`[0,"${pubkey}",1,1,[],"x"]`), pubkey, created_at: 1, kind: 1, tags: [], content: 'x', sig: signId('a'.repeat(64)) }
    expect([crypto.verify(event), verifyEvent({ ...event, tags: [] })]).toEqual([false, false])
  })

  const id = hashOf(`[0,"${PUBKEY}",1,1,[],"x"]`)
  const event = { id, pubkey: PUBKEY, created_at: 1, kind: 1, tags: [], content: 'x', sig: signId(id) }

  test('rows 6 to 13 begin from an event that is right', () => {
    expect([crypto.verify(event), verifyEvent({ ...event, tags: [] })]).toEqual([true, true])
  })

  test.each(Object.entries(BROKEN_SIGNATURES))('rows 6 to 13 and more: %s', (_, breakSignature) => {
    const sig = breakSignature(id)
    expect(sig).toMatch(/^[0-9a-f]{128}$/)
    expect([crypto.verify({ ...event, sig }), verifyEvent({ ...event, tags: [], sig })]).toEqual([false, false])
  })
})

const CASES = 2_000
/** Signatures in JavaScript take milliseconds, on a busy machine tens of them. */
const TIMEOUT_MS = 180_000

test.each(targets.map((target) => [target.name, target] as const))(
  `%s: the verdicts are the same for ${CASES} mutants, and some of each are accepted and refused`,
  (_, target) => {
    const { failures, outcomes } = runTarget(target, { seed: DEFAULT_SEED, cases: CASES, found: readFound() })
    expect(failures).toEqual([])
    expect(outcomes.get('both accept')).toBeGreaterThan(20)
    // Of templates that the types allow, none can be refused.
    if (target.name !== 'differential.sign') expect(outcomes.get('both refuse')).toBeGreaterThan(20)
  },
  TIMEOUT_MS,
)

test('two verdicts that differ are a failure, and one of ours that is stricter only by a rule that is named', () => {
  expect(() => agree(true, false, 'a rule')).toThrow('ours says true, nostr-tools false')
  expect(() => agree(false, true, null)).toThrow('ours says false, nostr-tools true')
  expect(() => agree('a', 'b', 'a rule')).toThrow('ours says a')
  expect(agree(false, true, 'a rule')).toEqual({ ok: false, outcome: 'only ours refuses: a rule' })
})
