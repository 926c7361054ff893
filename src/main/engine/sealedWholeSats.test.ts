/** A wallet that knows whole sats alone cannot ask for a part of one: nothing is made under seal that could not be paid for. */
import { expect, it } from 'vitest'
import { msat, sats } from '#shared/market/msat.ts'
import { envelopeTemplate, writeHiddenTags } from '#shared/protocol/envelope.ts'
import { jobRequestTags } from '#shared/protocol/jobRequest.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { jobRow } from './testing/market.ts'
import { nodeClock } from './testing/nodePorts.ts'
import { pubkeyOf, saleEvents, shareMarket, TEST_MS, WAIT_MS } from './testing/sharedMarket.ts'
import { jobOf, nowSecs, seal } from './testing/spokenJob.ts'
import { createStandInSpark } from './wallet/spark/testing/standInSpark.ts'

const { openSeller, openPeer } = shareMarket()

it('on Spark, sealed answers are sold at prices of whole sats alone', { timeout: TEST_MS }, async () => {
  const spark = createStandInSpark({ clock: nodeClock })
  const seller = await openSeller({ config: { wallet: { kind: 'spark', network: 'regtest' } }, ports: { startSparkThread: spark.startThread } })
  spark.ofPhrase(await seller.keyring.revealPhrase(), 'seller')
  await seller.account.refresh()
  const to = pubkeyOf(seller)
  async function ask() {
    const peer = await openPeer()
    const tags = jobRequestTags({ prompt: 'write 30 words', model: null, maxTokens: 200, sampling: {}, stream: 'souk/1', settlement: { name: 'sealed' }, bidMsat: null, relays: [] }, true)
    const event = await peer.publish(envelopeTemplate({ kind: KIND.textGeneration, peer: to, ciphertext: seal(peer, to, writeHiddenTags(tags)) }, nowSecs()))
    const { jobId } = jobOf('souk/1', event, to, '')
    return jobRow(seller, 'provider', jobId, ({ state, jobId: id }) => state === 'refused' || saleEvents(seller, id).some(({ type }) => type === 'invoiced'), WAIT_MS)
  }
  seller.provider.setTerms({ priceMsat: msat(2_500) })
  expect(seller.provider.spokenSettlements()).not.toContain('sealed')
  expect(await ask()).toMatchObject({ state: 'refused', note: expect.stringContaining('sealed is not taken') })
  seller.provider.setTerms({ priceMsat: sats(2) })
  expect(seller.provider.spokenSettlements()).toContain('sealed')
  expect(await ask()).toMatchObject({ state: 'sealed' })
})
