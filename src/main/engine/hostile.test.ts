/** Peers who lie, repeat, demand and impersonate: whatever they say, not a sat moves that should not, and nobody works for nothing. */
import { describe, expect, it } from 'vitest'
import { bytesToHex } from '@noble/hashes/utils.js'
import { msat, sats, type Msat } from '#shared/market/msat.ts'
import { encodeInvoice } from '#shared/protocol/bolt11.ts'
import type { ChannelMessage } from '#shared/protocol/channel.ts'
import { feedbackTemplate } from '#shared/protocol/feedback.ts'
import { PLAY_MONEY } from './sandbox/mint/ledger.ts'
import { askSeller, ended, jobRow, until, type EngineOptions } from './testing/market.ts'
import { nodeRandom } from './testing/nodePorts.ts'
import { balanceOf, FEE, PRICE, pubkeyOf, purchaseEvents, saleEvents, shareMarket } from './testing/sharedMarket.ts'

const { openPeer, openBuyer, openSeller, close } = shareMarket()

const invoiceMessage = (jobId: string, bolt11: string, amountMsat: Msat): ChannelMessage => ({ type: 'Invoice', job_id: jobId, bolt11, amount_msats: amountMsat })

/** A question to a seller that a test plays, up to the request's arrival. */
async function askPeer(options: EngineOptions = {}) {
  const [peer, buyer] = [await openPeer(), await openBuyer(options)]
  const channelId = await peer.offer(PRICE)
  const { jobId } = await askSeller(buyer, peer.pubkey, 'What is 2+2?')
  const { event } = await peer.request(channelId)
  return { peer, buyer, channelId, jobId, request: event }
}

describe('a seller', () => {
  function strangeInvoice(network: 'mainnet' | 'regtest', amountMsat: Msat): string {
    const createdAt = Math.floor(Date.now() / 1_000)
    return encodeInvoice(
      { network, amountMsat, paymentHash: bytesToHex(nodeRandom.bytes(32)), paymentSecret: bytesToHex(nodeRandom.bytes(32)), description: '', createdAt, expirySecs: 600 },
      nodeRandom.bytes(32),
    )
  }

  it('that sends an invoice for another network is not paid', async () => {
    const { peer, buyer, channelId, jobId } = await askPeer()
    await peer.say(channelId, invoiceMessage(jobId, strangeInvoice('mainnet', PRICE), PRICE))
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'refused', movedMsat: 0, note: expect.stringContaining('for mainnet') })
    expect(await balanceOf(buyer)).toBe(PLAY_MONEY)
  })

  it('that asks for more than it offered is not paid, whatever it says beside the invoice', async () => {
    const { peer, buyer, channelId, jobId } = await askPeer()
    const { bolt11 } = await peer.invoice(msat(PRICE + 1))
    await peer.say(channelId, invoiceMessage(jobId, bolt11, PRICE))
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'refused', movedMsat: 0, note: expect.stringContaining('the offer said 10') })
    expect([await balanceOf(buyer), await balanceOf(peer)]).toEqual([PLAY_MONEY, PLAY_MONEY])
  })

  it('is not paid over a limit that was lowered while its invoice was on the way', async () => {
    const { peer, buyer, channelId, jobId } = await askPeer()
    buyer.preferences.update({ limits: { perJobMsat: sats(9) } })
    const { bolt11 } = await peer.invoice(PRICE)
    await peer.say(channelId, invoiceMessage(jobId, bolt11, PRICE))
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'refused', movedMsat: 0, note: expect.stringContaining('limit per job is 9') })
  })

  it('that sends what is no invoice is not paid', async () => {
    const { peer, buyer, channelId, jobId } = await askPeer()
    await peer.say(channelId, invoiceMessage(jobId, 'lnbcrt1notaninvoice', PRICE))
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'refused', movedMsat: 0, note: expect.stringContaining('cannot be read') })
  })

  it('is paid one invoice a job, however many it sends', async () => {
    const { peer, buyer, channelId, jobId } = await askPeer()
    const [first, second] = [await peer.invoice(PRICE), await peer.invoice(PRICE)]
    await peer.say(channelId, invoiceMessage(jobId, first.bolt11, PRICE))
    await peer.say(channelId, invoiceMessage(jobId, second.bolt11, PRICE))
    await peer.hearChannel(channelId, (message) => (message.type === 'PaymentSent' ? message : null))
    await peer.say(channelId, { type: 'JobResult', job_id: jobId, result: '4' })
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'done', movedMsat: PRICE + FEE })
    const unpaid = await peer.wallet.lookup(second.paymentHash, 'incoming')
    expect(unpaid).toMatchObject({ value: { state: 'pending' } })
    expect([await balanceOf(buyer), await balanceOf(peer)]).toEqual([PLAY_MONEY - PRICE - FEE, PLAY_MONEY + PRICE])
  })

  it('cannot have one invoice count for two jobs, nor one that was paid by hand', async () => {
    const { peer, buyer, channelId, jobId } = await askPeer()
    const { bolt11 } = await peer.invoice(PRICE)
    await peer.say(channelId, invoiceMessage(jobId, bolt11, PRICE))
    await jobRow(buyer, 'customer', jobId, (row) => row.movedMsat > 0)
    const next = async (text: string) => {
      const { jobId: nextId } = await askSeller(buyer, peer.pubkey, text)
      return nextId
    }
    const second = await next('Again?')
    await peer.say(channelId, invoiceMessage(second, bolt11, PRICE))
    expect(await ended(buyer, 'customer', second)).toMatchObject({ state: 'refused', movedMsat: 0, note: expect.stringContaining('used before') })

    const byHand = await peer.invoice(PRICE)
    expect(await buyer.account.send(byHand.bolt11, sats(1))).toMatchObject({ ok: true, value: { state: 'settled' } })
    const third = await next('And by hand?')
    await peer.say(channelId, invoiceMessage(third, byHand.bolt11, PRICE))
    expect(await ended(buyer, 'customer', third)).toMatchObject({ state: 'refused', movedMsat: 0, note: expect.stringContaining('used before') })
    // What belongs to a job is not paid by hand either.
    expect(await buyer.account.send(bolt11, sats(1))).toMatchObject({ ok: false, error: { code: 'own-invoice' } })
  })

  it('that answers before it is paid is not listened to', async () => {
    const { peer, buyer, channelId, jobId } = await askPeer()
    await peer.say(channelId, { type: 'StreamChunk', job_id: jobId, chunk: 'free', is_final: false })
    await peer.say(channelId, { type: 'JobResult', job_id: jobId, result: 'free' })
    const { bolt11 } = await peer.invoice(PRICE)
    await peer.say(channelId, invoiceMessage(jobId, bolt11, PRICE))
    await jobRow(buyer, 'customer', jobId, (row) => row.movedMsat > 0)
    expect(buyer.customer.answer(jobId)).toBe('')
    expect(purchaseEvents(buyer, jobId).map((event) => event.type)).not.toContain('resultReceived')
  })

  it('that takes the money and reports trouble owes it: the job stays open, with its words', async () => {
    const { peer, buyer, channelId, jobId, request } = await askPeer()
    const { bolt11 } = await peer.invoice(PRICE)
    await peer.say(channelId, invoiceMessage(jobId, bolt11, PRICE))
    await jobRow(buyer, 'customer', jobId, (row) => row.movedMsat > 0)
    const complaint = (text: string) => peer.publish(feedbackTemplate({ requestId: request.id, customerPubkey: pubkeyOf(buyer), status: 'error', text }, Math.floor(Date.now() / 1_000)))
    await complaint('The model burned down.')
    expect(await jobRow(buyer, 'customer', jobId, (row) => row.state === 'owed')).toMatchObject({ final: false, movedMsat: PRICE + FEE, note: expect.stringContaining('burned down') })
    for (let count = 0; count < 10; count++) await complaint(`Again ${count}`)
    await peer.say(channelId, { type: 'JobResult', job_id: jobId, result: '4' })
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'done' })
    expect(purchaseEvents(buyer, jobId).filter((event) => event.type === 'refusalReceived').length).toBeLessThanOrEqual(5)
  })
})

describe('a stranger', () => {
  it('is not heard in a job between two others: not its invoice, its refusal, its text or its result', async () => {
    const { peer, buyer, channelId, jobId, request } = await askPeer()
    const stranger = await openPeer()
    const trap = await stranger.invoice(PRICE)
    await stranger.say(channelId, invoiceMessage(jobId, trap.bolt11, PRICE))
    await stranger.publish(feedbackTemplate({ requestId: request.id, customerPubkey: pubkeyOf(buyer), status: 'error', text: 'Go away.' }, Math.floor(Date.now() / 1_000)))
    const { bolt11 } = await peer.invoice(PRICE)
    await peer.say(channelId, invoiceMessage(jobId, bolt11, PRICE))
    await jobRow(buyer, 'customer', jobId, (row) => row.movedMsat > 0)
    await stranger.say(channelId, { type: 'StreamChunk', job_id: jobId, chunk: 'spam', is_final: false })
    await stranger.say(channelId, { type: 'JobResult', job_id: jobId, result: 'Five.' })
    await peer.say(channelId, { type: 'JobResult', job_id: jobId, result: 'Four.' })
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'done', movedMsat: PRICE + FEE })
    expect(buyer.customer.answer(jobId)).toBe('Four.')
    expect([await balanceOf(stranger), await balanceOf(peer)]).toEqual([PLAY_MONEY, PLAY_MONEY + PRICE])
  })
})

describe('a customer', () => {
  /** A request to a seller of ours, by a customer that a test plays, up to the invoice. */
  async function requestJob() {
    const [seller, peer] = [await openSeller(), await openPeer()]
    const channelId = String(seller.provider.status.get().channelId)
    const request = await peer.say(channelId, { type: 'JobRequest', kind: 5050, prompt: 'What is 2+2?', max_tokens: 20, target_provider: pubkeyOf(seller) })
    const jobId = `job_${request.id.slice(0, 16)}`
    const bolt11 = await peer.hearChannel(channelId, (message) => (message.type === 'Invoice' && message.job_id === jobId ? message.bolt11 : null))
    return { seller, peer, channelId, request, jobId, bolt11 }
  }

  it('that claims to have paid gets no work, and its claims fill no journal', async () => {
    const { seller, peer, channelId, jobId } = await requestJob()
    for (let count = 0; count < 5; count++) await peer.say(channelId, { type: 'PaymentSent', job_id: jobId, payment_id: `paid ${count}` })
    await until((look) => seller.jobChanged.listen(look), () => (saleEvents(seller, jobId).some((event) => event.type === 'paymentClaimed') ? true : null), () => 'no claim')
    // What it asks for next is answered after all of its claims were read.
    const { id } = await peer.say(channelId, { type: 'JobRequest', kind: 1, prompt: 'x', max_tokens: 1, target_provider: pubkeyOf(seller) })
    await jobRow(seller, 'provider', `job_${id.slice(0, 16)}`, (row) => row.final)
    expect(seller.journal.row('provider', jobId)).toMatchObject({ state: 'invoiced', movedMsat: 0 })
    expect(saleEvents(seller, jobId).map((event) => event.type)).toEqual(['requested', 'invoiced', 'sent', 'paymentClaimed'])
  })

  it('that pays without saying so gets its answer: the seller believes its own wallet', async () => {
    const { seller, peer, channelId, jobId, bolt11 } = await requestJob()
    expect(await peer.wallet.pay({ bolt11, maxFeeMsat: sats(1), idempotencyKey: 'k' })).toMatchObject({ state: 'settled' })
    const result = await peer.hearChannel(channelId, (message) => (message.type === 'JobResult' && message.job_id === jobId ? message.result : null))
    expect(result).toContain('4')
    expect(await ended(seller, 'provider', jobId)).toMatchObject({ state: 'done', movedMsat: PRICE })
  })

  it('that says the same request again has one job and one invoice, also after the seller restarts', async () => {
    const { seller, peer, channelId, request, jobId } = await requestJob()
    await peer.publish(request).catch(() => {})
    await close(seller)
    const name = seller.config.dataFolder.split('/').at(-1) ?? ''
    const back = await openSeller({}, name)
    const other = await peer.say(channelId, { type: 'JobRequest', kind: 5050, prompt: 'Another', max_tokens: 5, target_provider: pubkeyOf(back) })
    await jobRow(back, 'provider', `job_${other.id.slice(0, 16)}`, (row) => row.state === 'invoiced')
    expect(back.journal.list({ role: 'provider', limit: 10 })).toHaveLength(2)
    expect(saleEvents(back, jobId).filter((event) => event.type === 'invoiced')).toHaveLength(1)
  })

  it('cannot cancel or claim the job of another', async () => {
    const { seller, peer, channelId, request, jobId, bolt11 } = await requestJob()
    const stranger = await openPeer()
    await stranger.publish({ kind: 5, created_at: Math.floor(Date.now() / 1_000), tags: [['e', request.id], ['k', '42']], content: '' })
    await stranger.say(channelId, { type: 'PaymentSent', job_id: jobId, payment_id: 'mine' })
    expect(await peer.wallet.pay({ bolt11, maxFeeMsat: sats(1), idempotencyKey: 'k' })).toMatchObject({ state: 'settled' })
    expect(await ended(seller, 'provider', jobId)).toMatchObject({ state: 'done' })
    expect(saleEvents(seller, jobId).map((event) => event.type)).not.toContain('paymentClaimed')
  })

  it('that cancels and pays all the same is owed its money, and told so', async () => {
    const { seller, peer, request, jobId, bolt11 } = await requestJob()
    await peer.publish({ kind: 5, created_at: Math.floor(Date.now() / 1_000), tags: [['e', request.id], ['k', '42']], content: '' })
    await jobRow(seller, 'provider', jobId, (row) => row.state === 'stopped')
    expect(await peer.wallet.pay({ bolt11, maxFeeMsat: sats(1), idempotencyKey: 'k' })).toMatchObject({ state: 'settled' })
    expect(await jobRow(seller, 'provider', jobId, (row) => row.state === 'owed')).toMatchObject({ movedMsat: PRICE, final: false })
    await peer.hear({ kinds: [7000], '#e': [request.id] }, (event) => event)
  })
})
