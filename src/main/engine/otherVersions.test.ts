/** Peers of another version: the original's words without what was added since, and words that are not known here yet. */
import { describe, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import type { EventTemplate, NostrEvent } from '#shared/protocol/event.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { digestText } from '#shared/protocol/privateParts.ts'
import { PLAY_MONEY } from './sandbox/mint/ledger.ts'
import { ended } from './testing/market.ts'
import type { Peer } from './testing/peer.ts'
import { balanceOf, FEE, isPaid, PRICE, pubkeyOf, shareMarket, shows, TEST_MS, WAIT_MS } from './testing/sharedMarket.ts'
import { askIn, frameIn, invoiceIn, nowSecs, offerAll, resultIn, seal, TONGUES, type SpokenJob } from './testing/spokenJob.ts'

const { market, openPeer, openBuyer, openSeller } = shareMarket()

describe('the original, which knows a channel without our additions', () => {
  /** A kind 42 as it writes it, byte for byte. */
  const original = (channelId: string, content: string): EventTemplate => ({ kind: 42, created_at: nowSecs(), tags: [['e', channelId, market().sandbox.relayUrl, 'root']], content })

  it('sells: an invoice without its hash, chunks without numbers, a result', async () => {
    const [seller, buyer] = [await openPeer(), await openBuyer()]
    const channelId = await seller.offer(PRICE)
    const { jobId } = await askIn('channel', buyer, seller.pubkey, 'What is 2+2?', channelId)
    const { bolt11 } = await seller.invoice(PRICE)
    await seller.publish(original(channelId, `{"type":"Invoice","job_id":"${jobId}","bolt11":"${bolt11}","amount_msats":${PRICE}}`))
    await isPaid(buyer, jobId)
    await seller.publish(original(channelId, `{"type":"StreamChunk","job_id":"${jobId}","chunk":"Four","is_final":false}`))
    await shows(buyer, jobId, 'Four')
    await seller.publish(original(channelId, `{"type":"StreamChunk","job_id":"${jobId}","chunk":".","is_final":true}`))
    await seller.publish(original(channelId, `{"type":"JobResult","job_id":"${jobId}","result":"Four."}`))
    expect(await ended(buyer, 'customer', jobId, WAIT_MS)).toMatchObject({ state: 'done', movedMsat: PRICE + FEE })
    expect([buyer.customer.answer(jobId), await balanceOf(seller)]).toEqual(['Four.', PLAY_MONEY + PRICE])
  }, TEST_MS)

  it('buys: a request that names neither a model nor a provider, and a claim to have paid', async () => {
    const [seller, customer] = [await openSeller(), await openPeer()]
    const channelId = String(seller.provider.status.get().channelId)
    const request = await customer.publish(original(channelId, '{"type":"JobRequest","kind":5050,"prompt":"What is 2+2?","max_tokens":100}'))
    const jobId = `job_${request.id.slice(0, 16)}`
    const invoice = await customer.hearChannel(channelId, (said) => (said.type === 'Invoice' && said.job_id === jobId ? said : null))
    expect(await customer.wallet.pay({ bolt11: invoice.bolt11, maxFeeMsat: sats(1), idempotencyKey: 'k' })).toMatchObject({ state: 'settled' })
    await customer.publish(original(channelId, `{"type":"PaymentSent","job_id":"${jobId}","payment_id":"whatever"}`))
    const isFinal = customer.hearChannel(channelId, (said) => (said.type === 'StreamChunk' && said.job_id === jobId && said.is_final ? true : null))
    const result = await customer.hear({ kinds: [42], '#e': [channelId], authors: [pubkeyOf(seller)] }, ({ content }) => (content.includes('"JobResult"') && content.includes(jobId) ? content : null))
    expect(await isFinal).toBe(true)
    // What its strict reader knows, in its order.
    expect(result).toMatch(new RegExp(`^\\{"type":"JobResult","job_id":"${jobId}","result":".*4.*"\\}$`))
    expect(await ended(seller, 'provider', jobId, WAIT_MS)).toMatchObject({ state: 'done', movedMsat: PRICE })
  }, TEST_MS)
})

/** The same with fields and tags that nobody has thought of yet. */
function ofTheFuture(job: SpokenJob, seller: Peer, template: EventTemplate): EventTemplate {
  const tags = [...template.tags, ['future', 'x', 'y'], ['v', '9']]
  if (template.kind === KIND.channelMessage) return { ...template, tags, content: JSON.stringify({ version: 9, ...JSON.parse(template.content), future: { deep: [1, { x: null }] } }) }
  if (job.tongue !== 'souk/1' || template.kind !== KIND.textGenerationResult) return { ...template, tags }
  const text = 'Four.'
  return { ...template, tags, content: seal(seller, job.to, JSON.stringify({ souk: 9, text, sha256: digestText(text), usage: { tokens: 'many', of: 'another shape' }, receipt: { kind: 'new' }, future: [[]] })) }
}

describe.each(TONGUES)('a seller of a later version, asked in %s', (tongue) => {
  it('is understood: unknown fields, tags, types and statuses are passed over', async () => {
    const [seller, buyer] = [await openPeer(), await openBuyer()]
    const channelId = await offerAll(seller)
    const job = await askIn(tongue, buyer, seller.pubkey, 'What is 2+2?', channelId)
    const say = (template: EventTemplate): Promise<NostrEvent> => seller.publish(ofTheFuture(job, seller, template))
    const unknown = async () => {
      if (tongue === 'channel') {
        for (const content of [`{"type":"Negotiation","job_id":"${job.jobId}","offer":{}}`, `{"type":9,"job_id":"${job.jobId}"}`]) await seller.publish({ ...resultIn(job, seller, ''), content })
      } else {
        const status = JSON.stringify([['status', 'reconsidering', 'a word'], ['future', 'x']])
        await seller.publish(tongue === 'nip90' ? { kind: KIND.jobFeedback, created_at: nowSecs(), tags: [['e', job.requestId], ['p', job.to], ['status', 'reconsidering']], content: '' } : { ...invoiceIn(job, seller, '', PRICE), content: seal(seller, job.to, status) })
      }
    }
    await unknown()
    const { bolt11 } = await seller.invoice(PRICE)
    await say(invoiceIn(job, seller, bolt11, PRICE))
    await isPaid(buyer, job.jobId)
    await unknown()
    if (tongue === 'souk/1') {
      const frame = (text: string) => seller.publish({ ...frameIn(job, seller, { type: 'ping', seq: 0 }), content: seal(seller, job.to, text) })
      for (const text of ['{"seq":1,"type":"image","data":"…"}', '{"type":"hello","version":9}', '[1]', '"delta"', '{"seq":1,"type":["delta"],"text":"no"}']) await frame(text)
      await frame('{"seq":1,"type":"delta","text":"Fo","style":{"bold":true},"version":9}')
      await shows(buyer, job.jobId, 'Fo')
    }
    await say(resultIn(job, seller, 'Four.'))
    expect(await ended(buyer, 'customer', job.jobId, WAIT_MS)).toMatchObject({ state: 'done', movedMsat: PRICE + FEE })
    expect([buyer.customer.answer(job.jobId), await balanceOf(seller)]).toEqual(['Four.', PLAY_MONEY + PRICE])
  }, TEST_MS)
})
