import fc from 'fast-check'
import { expect, test } from 'vitest'
import { committedTarget, countLeadingZeroBits, provenBits, withNonce } from '#shared/protocol/nip13.ts'
import { loadNostrCrypto } from '../crypto.ts'
import { createMiner, type MiningProgress } from './miner.ts'
import { createNonceSearch, createSearchTask } from './nonceSearch.ts'

const crypto = await loadNostrCrypto()
const signer = crypto.createSigner(new Uint8Array(32).fill(9))
const template = { kind: 5050, created_at: 1_700_000_000, tags: [['p', signer.pubkey]], content: 'Why?' }

test('the signed event has the work, commits to it, and verifies', async () => {
  const miner = createMiner({ log: () => {} })
  const progress: MiningProgress[] = []
  const mined = await miner.mine({ template, pubkey: signer.pubkey, bits: 14 }, (step) => progress.push(step))
  const event = signer.sign(mined ?? template)
  expect(countLeadingZeroBits(event.id)).toBeGreaterThanOrEqual(14)
  expect(provenBits(event)).toBe(14)
  expect(crypto.verify(event)).toBe(true)
  expect(progress[0]).toEqual({ bits: 14, hashes: 0, expectedHashes: 16_384 })
  expect(progress.at(-1)?.hashes).toBeGreaterThan(0)
  await miner.close()
})

test('the same job gives the same event, so that sending it again is sending nothing new', async () => {
  const miner = createMiner({ log: () => {} })
  const job = { template, pubkey: signer.pubkey, bits: 10 }
  const [one, two] = await Promise.all([miner.mine(job), miner.mine(job)])
  expect(one).toEqual(two)
  expect(one).not.toBeNull()
  await miner.close()
})

test('what is searched is the hash of the event, whatever its text holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.array(fc.string(), { minLength: 1, maxLength: 3 }), { maxLength: 3 }), (content, tags) => {
      const odd = { ...template, content, tags }
      const nonce = createNonceSearch(createSearchTask(odd, signer.pubkey, 4)).advance(10_000)
      const event = signer.sign(withNonce(odd, nonce ?? '', 4))
      expect(countLeadingZeroBits(event.id)).toBeGreaterThanOrEqual(4)
      expect(committedTarget(event.tags)).toBe(4)
    }),
    { numRuns: 60 },
  )
})

test('a search without end is ended by whoever asked for it, and the next one is begun', async () => {
  const miner = createMiner({ log: () => {} })
  const ending = new AbortController()
  const endless = miner.mine({ template, pubkey: signer.pubkey, bits: 200, signal: ending.signal }, ({ hashes }) => {
    if (hashes > 0) ending.abort()
  })
  const next = miner.mine({ template, pubkey: signer.pubkey, bits: 8 })
  expect(await endless).toBeNull()
  expect(await next).not.toBeNull()
  await miner.close()
})

test('closing ends what is being searched and what waits', async () => {
  const miner = createMiner({ log: () => {} })
  const begun = Promise.withResolvers<void>()
  const jobs = [miner.mine({ template, pubkey: signer.pubkey, bits: 200 }, () => begun.resolve()), miner.mine({ template, pubkey: signer.pubkey, bits: 200 })]
  await begun.promise
  await miner.close()
  expect(await Promise.all(jobs)).toEqual([null, null])
  expect(await miner.mine({ template, pubkey: signer.pubkey, bits: 1 })).toBeNull()
})

test('beyond a number of waiting jobs there is no room', async () => {
  const miner = createMiner({ log: () => {} })
  const jobs = Array.from({ length: 40 }, () => miner.mine({ template, pubkey: signer.pubkey, bits: 200 }))
  expect(await jobs[39]).toBeNull()
  await miner.close()
  expect(await Promise.all(jobs)).toEqual(jobs.map(() => null))
})

test('a thread that cannot be had is no work done, and is told to the log', async () => {
  const logged: string[] = []
  const miner = createMiner({ log: (_, text) => void logged.push(text), workerUrl: new URL('nowhere.ts', import.meta.url) })
  expect(await miner.mine({ template, pubkey: signer.pubkey, bits: 4 })).toBeNull()
  expect(logged).toEqual(['Proof of work could not be done.'])
  await miner.close()
})
