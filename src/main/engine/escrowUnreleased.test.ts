/** Customers that read what was delivered on their lock and never release it, each under a key of its own: what they get in all is bounded. */
import { expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { envelopeTemplate, openEnvelope, writeHiddenTags } from '#shared/protocol/envelope.ts'
import { parseFeedback } from '#shared/protocol/feedback.ts'
import { jobRequestTags } from '#shared/protocol/jobRequest.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { createCipher } from './nostr/cipher.ts'
import { jobRow } from './testing/market.ts'
import { nodeRandom } from './testing/nodePorts.ts'
import { pubkeyOf, shareMarket, TEST_MS, WAIT_MS } from './testing/sharedMarket.ts'
import { jobOf, nowSecs, seal } from './testing/spokenJob.ts'

const { openSeller, openPeer } = shareMarket()

it('a seller works for no more of them at a time than it has places, and for those that pay first as before', { timeout: TEST_MS }, async () => {
  const seller = await openSeller()
  seller.provider.setTerms({ queueLength: 2 })
  const to = pubkeyOf(seller)
  /** Asks under a new key, and pays what is asked; the seller's job as it stands then. */
  async function ask(settlement: 'escrow' | 'prepay') {
    const peer = await openPeer()
    const paymentHash = hashOf(Buffer.from(nodeRandom.bytes(32)).toString('hex'))
    const wish = settlement === 'escrow' ? ({ name: settlement, paymentHash } as const) : ({ name: settlement } as const)
    const tags = jobRequestTags({ prompt: 'write 5 words', model: null, maxTokens: 20, sampling: {}, stream: 'souk/1', settlement: wish, bidMsat: null, relays: [] }, true)
    const event = await peer.publish(envelopeTemplate({ kind: KIND.textGeneration, peer: to, ciphertext: seal(peer, to, writeHiddenTags(tags)) }, nowSecs()))
    const { jobId } = jobOf('souk/1', event, to, '')
    const taken = await jobRow(seller, 'provider', jobId, ({ state }) => state !== 'asking', WAIT_MS)
    if (taken.state === 'refused') return taken
    const bolt11 = await peer.hear({ kinds: [KIND.jobFeedback], authors: [to], '#e': [event.id] }, (said) => {
      const text = createCipher(peer.secretKey, nodeRandom).decrypt(to, said.content)
      const feedback = text.ok ? parseFeedback(openEnvelope(said, text.value)) : text
      return feedback.ok ? feedback.value.bolt11 : null
    })
    void peer.wallet.pay({ bolt11, maxFeeMsat: sats(1), idempotencyKey: jobId, mayHold: true })
    return jobRow(seller, 'provider', jobId, ({ state }) => state === 'unlocking' || state === 'done', WAIT_MS)
  }
  for (let place = 0; place < 3; place++) expect((await ask('escrow')).state).toBe('unlocking')
  expect(await ask('escrow')).toMatchObject({ state: 'refused', note: expect.stringContaining('wait here for their release') })
  expect((await ask('prepay')).state).toBe('done')
})
