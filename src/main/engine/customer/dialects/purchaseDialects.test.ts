import { expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { loadNostrCrypto } from '../../nostr/crypto.ts'
import { createJobIdentities } from '../../nostr/jobIdentity.ts'
import { createMemoryPool } from '../../nostr/testing/memoryPool.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import { nodeRandom } from '../../testing/nodePorts.ts'
import { createPurchaseDialects } from './purchaseDialects.ts'

it('what is said in the open names no relay but those that others are told of', async () => {
  const crypto = await loadNostrCrypto()
  const secret = nodeRandom.bytes(32)
  const pool = createMemoryPool()
  const dialects = createPurchaseDialects({
    pool, crypto, clock: createManualClock(), log: () => {}, signer: crypto.createSigner(secret),
    identities: createJobIdentities(secret, crypto, nodeRandom),
    answerRelays: () => ['wss://told.example'],
  })
  const open = dialects.filter(({ privacy }) => privacy !== 'private')
  for (const dialect of open) {
    const { event } = dialect.makeRequest({ provider: 'a'.repeat(64), channelId: 'b'.repeat(64), relays: ['wss://theirs.example'], prompt: 'Hi', maxTokens: 1, model: null, bidMsat: sats(1), encrypted: false }, () => false)
    expect(JSON.stringify(event).match(/wss:[^"]*/g)).toEqual(['wss://told.example'])
  }
  expect([open.length, pool.urls()[0]]).toEqual([2, 'wss://memory.test'])
})
