import { expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { parseChannelMessage } from '#shared/protocol/channel.ts'
import { createCipher } from '../../nostr/cipher.ts'
import { loadNostrCrypto } from '../../nostr/crypto.ts'
import { createMemoryPool } from '../../nostr/testing/memoryPool.ts'
import { createManualClock } from '../../testing/manualClock.ts'
import { nodeRandom } from '../../testing/nodePorts.ts'
import { createChannelSales } from './channel.ts'
import { saleMachine, type SaleRequest } from '../sale.ts'

it('carries the same word twice in a second as two pieces, in order', async () => {
  const clock = createManualClock()
  const pool = createMemoryPool()
  const signer = (await loadNostrCrypto()).createSigner(new Uint8Array(32).fill(7))
  const carrier = createChannelSales({ pool, signer, cipher: createCipher(nodeRandom.bytes(32), nodeRandom), clock, channelId: () => null, relayHint: () => 'ws://127.0.0.1:1', pieceIntervalMs: () => 0 })
  const request: SaleRequest = { jobId: 'job_0011223344556677', requestId: '0'.repeat(64), customer: 'c'.repeat(64), dialect: 'channel', privacy: 'public-channel', route: { channelId: 'd'.repeat(64) }, sampling: {}, prompt: 'x', model: 'm', maxTokens: 1, priceMsat: sats(1) }
  const [event] = saleMachine.decide(saleMachine.initial, { at: clock.now(), type: 'requested', request, refusal: null })
  if (!event) throw new Error('the request was not taken')
  const sale = saleMachine.evolve(saleMachine.initial, event)
  const arrived: string[] = []
  pool.subscribe([{ kinds: [42] }], {
    onEvent({ content }) {
      const message = parseChannelMessage(content)
      if (message.ok && message.value.type === 'StreamChunk' && message.value.chunk !== '') arrived.push(message.value.chunk)
    },
  })
  if (!sale.begun) throw new Error('the sale did not begin')
  const stream = carrier.openStream(sale, true)
  for (const text of [' very', ' very', ' good']) stream.add(text)
  stream.end(null)
  await expect.poll(() => arrived).toEqual([' very', ' very', ' good'])
})
