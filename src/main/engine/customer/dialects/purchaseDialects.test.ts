import { expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { openEnvelope } from '#shared/protocol/envelope.ts'
import { parseJobRequest } from '#shared/protocol/jobRequest.ts'
import { createCipher } from '../../nostr/cipher.ts'
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
    pool, crypto, clock: createManualClock(), log: () => {}, signer: crypto.createSigner(secret), cipher: createCipher(secret, nodeRandom),
    identities: createJobIdentities(secret, crypto, nodeRandom),
    answerRelays: () => ['wss://told.example'],
  })
  const open = dialects.filter(({ privacy }) => privacy !== 'private')
  for (const dialect of open) {
    const { event } = dialect.makeRequest({ provider: 'a'.repeat(64), channelId: 'b'.repeat(64), relays: ['wss://theirs.example'], prompt: 'Hi', maxTokens: 1, model: null, bidMsat: sats(1), encrypted: false, settlement: { name: 'prepay' } }, () => false)
    expect(JSON.stringify(event).match(/wss:[^"]*/g)).toEqual(['wss://told.example'])
  }
  expect([open.length, pool.urls()[0]]).toEqual([2, 'wss://memory.test'])
})

it('a seller that writes where we read is told of no relay of ours, and held to none of its own beside them', async () => {
  const crypto = await loadNostrCrypto()
  const secret = nodeRandom.bytes(32)
  const pool = createMemoryPool()
  const identities = createJobIdentities(secret, crypto, nodeRandom)
  const sellerSecret = nodeRandom.bytes(32)
  const options = { pool, crypto, clock: createManualClock(), log: () => {}, signer: crypto.createSigner(secret), cipher: createCipher(secret, nodeRandom), identities, answerRelays: () => ['wss://memory.test', 'wss://second.test', 'wss://third.test'] }
  const cipher = createCipher(sellerSecret, nodeRandom)
  const requests = (relays: readonly string[]) =>
    createPurchaseDialects(options).filter(({ name }) => name !== 'channel').map((dialect) => {
      const { event, route } = dialect.makeRequest({ provider: crypto.publicKey(sellerSecret), channelId: null, relays, prompt: 'Hi', maxTokens: 1, model: null, bidMsat: sats(1), encrypted: true, settlement: { name: 'prepay' } }, () => false)
      const hidden = cipher.decrypt(event.pubkey, event.content)
      const request = parseJobRequest(openEnvelope(event, hidden.ok ? hidden.value : ''))
      return [request.relays, (route as { readonly relays: unknown }).relays]
    })
  expect(requests(['wss://theirs.test', 'wss://memory.test/'])).toEqual([[[], ['wss://theirs.test']], [[], ['wss://theirs.test']]])
  expect(requests(['wss://theirs.test'])).toEqual([0, 1].map(() => [['wss://memory.test', 'wss://second.test'], ['wss://theirs.test']]))
})
