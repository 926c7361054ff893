/** What a customer is told, in every dialect, by sellers, strangers and relays that repeat, forge, alter and mix up: it pays once, and reads its own answer. */
import { describe, expect, it } from 'vitest'
import type { NostrEvent } from '#shared/protocol/event.ts'
import type { PurchaseEvent } from './customer/purchase.ts'
import type { Engine } from './engine.ts'
import type { HostileRelay } from './nostr/testing/hostileRelay.ts'
import { repeatEvent, TIMES } from './nostr/testing/repeatedEvent.ts'
import { PLAY_MONEY } from './sandbox/mint/ledger.ts'
import { ended, type EngineOptions } from './testing/market.ts'
import { nodeClock } from './testing/nodePorts.ts'
import { balanceOf, FEE, isPaid, PRICE, purchaseEvents, shareMarket, shows, TEST_MS, WAIT_MS } from './testing/sharedMarket.ts'
import { askIn, frameIn, invoiceIn, offerAll, refusalIn, resultIn, TONGUES, type SpokenJob, type Tongue } from './testing/spokenJob.ts'

const { market, openPeer, openBuyer, openLiar, newName, close } = shareMarket()

/** On the sandbox's relay and on one that checks nothing and says what the test wants. */
async function openBuyerOn(liar: HostileRelay, name?: string, options: EngineOptions = {}): Promise<Engine> {
  const buyer = await openBuyer({ ...options, config: { relays: [market().sandbox.relayUrl, liar.url] } }, name)
  await buyer.pool.connected(WAIT_MS)
  return buyer
}
const count = (buyer: Engine, jobId: string, type: PurchaseEvent['type']) => purchaseEvents(buyer, jobId).filter((event) => event.type === type).length

/** Both relays are asked for what is said in that job. */
const isListening = (liar: HostileRelay, { requestId, channelId, tongue }: SpokenJob) => liar.until(() => liar.heard('REQ').some((frame) => JSON.stringify(frame).includes(tongue === 'channel' ? channelId : requestId)))

/** A question to a seller that the test plays, and an invoice that it has signed. */
async function ask(tongue: Tongue, name?: string) {
  const [seller, liar] = [await openPeer(), await openLiar()]
  const buyer = await openBuyerOn(liar, name)
  const channelId = await offerAll(seller)
  const job = await askIn(tongue, buyer, seller.pubkey, 'What is 2+2?', channelId)
  await isListening(liar, job)
  return { seller, liar, buyer, channelId, job }
}

const rawFrame = (event: unknown) => `["EVENT","$SUB",${typeof event === 'string' ? event : JSON.stringify(event)}]`

/** What a relay can make of an event without its author's key. */
function forgeries(event: NostrEvent, stranger: NostrEvent): readonly string[] {
  const json = JSON.stringify(event)
  return [
    // Said by somebody else, under the seller's name, or under the true event's id.
    JSON.stringify({ ...stranger, pubkey: event.pubkey }),
    JSON.stringify({ ...event, content: stranger.content }),
    `${json.slice(0, -1)},"content":${JSON.stringify(stranger.content)}}`,
    `${json.slice(0, -1)},"pubkey":"${stranger.pubkey}"}`,
    JSON.stringify({ ...event, content: event.content.replace(/.$/, (last) => (last === 'x' ? 'y' : 'x')) }),
    JSON.stringify({ ...event, created_at: event.created_at + 1 }),
    JSON.stringify({ ...event, sig: `${event.sig.slice(0, -8)}00000000` }),
  ]
}

describe.each(TONGUES)('a customer that asked in %s', (tongue) => {
  it(`pays once and reads once what is repeated ×${TIMES}, from another relay, with decoy ids, after a restart and five minutes later`, async () => {
    const name = newName('again')
    const { seller, liar, buyer, job } = await ask(tongue, name)
    const { bolt11 } = await seller.invoice(PRICE)
    const invoice = await seller.publish(invoiceIn(job, seller, bolt11, PRICE))
    repeatEvent(liar, invoice)
    await isPaid(buyer, job.jobId)
    await close(buyer)

    const late = 301_000
    const again = await openBuyerOn(liar, name, { ports: { clock: { now: () => nodeClock.now() + late, after: nodeClock.after } } })
    await isListening(liar, job)
    const result = await seller.publish(resultIn(job, seller, 'Four.'))
    repeatEvent(liar, invoice)
    repeatEvent(liar, result)
    expect(await ended(again, 'customer', job.jobId, WAIT_MS)).toMatchObject({ state: 'done', movedMsat: PRICE + FEE })
    repeatEvent(liar, result)
    expect(again.customer.answer(job.jobId)).toBe('Four.')
    for (const type of ['invoiceAccepted', 'payAsked', 'settled', 'resultReceived', 'ended'] as const) expect([type, count(again, job.jobId, type)]).toEqual([type, 1])
    expect(await balanceOf(seller)).toBe(PLAY_MONEY + PRICE)
  }, TEST_MS)

  it('believes no forged author, no forged signature that comes first, no altered copy and no key that is named twice', async () => {
    const { seller, liar, buyer, job } = await ask(tongue)
    const stranger = await openPeer()
    const trap = await stranger.invoice(PRICE)
    const told = (honest: NostrEvent, lie: NostrEvent) => {
      for (const forged of forgeries(honest, lie)) liar.sendRaw(rawFrame(forged))
      liar.deliver(honest)
    }
    // Published by nobody but the liar: the forgeries are there first.
    const { bolt11 } = await seller.invoice(PRICE)
    told(seller.sign(invoiceIn(job, seller, bolt11, PRICE)), stranger.sign(invoiceIn(job, stranger, trap.bolt11, PRICE)))
    await isPaid(buyer, job.jobId)
    told(seller.sign(resultIn(job, seller, 'Four.')), stranger.sign(resultIn(job, stranger, 'Five.')))
    expect(await ended(buyer, 'customer', job.jobId, WAIT_MS)).toMatchObject({ state: 'done', movedMsat: PRICE + FEE })
    expect(buyer.customer.answer(job.jobId)).toBe('Four.')
    expect([await balanceOf(seller), await balanceOf(stranger)]).toEqual([PLAY_MONEY + PRICE, PLAY_MONEY])
  }, TEST_MS)

  it('hears no third party: not its invoice, its refusal, its text or its result', async () => {
    const { seller, liar, buyer, job } = await ask(tongue)
    const stranger = await openPeer()
    const trap = await stranger.invoice(PRICE)
    liar.deliver(stranger.sign(invoiceIn(job, stranger, trap.bolt11, PRICE)))
    liar.deliver(stranger.sign(refusalIn(job, stranger, 'Go away.')))
    const { bolt11 } = await seller.invoice(PRICE)
    liar.deliver(seller.sign(invoiceIn(job, seller, bolt11, PRICE)))
    await isPaid(buyer, job.jobId)
    liar.deliver(stranger.sign(refusalIn(job, stranger, 'The money is gone.')))
    liar.deliver(stranger.sign(frameIn(job, stranger, { type: 'delta', seq: 1, text: 'spam' })))
    liar.deliver(stranger.sign(resultIn(job, stranger, 'Five.')))
    liar.deliver(seller.sign(resultIn(job, seller, 'Four.')))
    expect(await ended(buyer, 'customer', job.jobId, WAIT_MS)).toMatchObject({ state: 'done', movedMsat: PRICE + FEE, peer: seller.pubkey })
    expect([buyer.customer.answer(job.jobId), await balanceOf(seller), await balanceOf(stranger)]).toEqual(['Four.', PLAY_MONEY + PRICE, PLAY_MONEY])
    expect(count(buyer, job.jobId, 'refusalReceived')).toBe(0)
  }, TEST_MS)

  it('takes for a job neither the invoice nor the result of another one with the same seller', async () => {
    const { seller, liar, buyer, channelId, job: one } = await ask(tongue)
    const other = await askIn(tongue, buyer, seller.pubkey, 'And 3+3?', channelId)
    await isListening(liar, other)
    const invoices = [await seller.invoice(PRICE), await seller.invoice(PRICE)] as const
    const [ofOne, ofOther] = [seller.sign(invoiceIn(one, seller, invoices[0].bolt11, PRICE)), seller.sign(invoiceIn(other, seller, invoices[1].bolt11, PRICE))]
    // Another job's event, and its words under the seller's own signature.
    const mix = (event: NostrEvent, into: NostrEvent) => [{ ...into, content: event.content }, seller.sign({ ...into, content: event.content })]
    const isHidden = tongue === 'nip90, hidden' || tongue === 'souk/1'
    liar.deliver(ofOther)
    await isPaid(buyer, other.jobId)
    if (isHidden) for (const mixed of mix(ofOther, ofOne)) liar.deliver(mixed)
    const result = seller.sign(resultIn(other, seller, 'Six.'))
    liar.deliver(result)
    expect(await ended(buyer, 'customer', other.jobId, WAIT_MS)).toMatchObject({ state: 'done' })
    expect(buyer.journal.row('customer', one.jobId)).toMatchObject({ state: 'asking', movedMsat: 0 })

    liar.deliver(ofOne)
    await isPaid(buyer, one.jobId)
    const own = seller.sign(resultIn(one, seller, 'Four.'))
    liar.deliver(result)
    if (isHidden) for (const mixed of mix(result, own)) liar.deliver(mixed)
    liar.deliver(own)
    expect(await ended(buyer, 'customer', one.jobId, WAIT_MS)).toMatchObject({ state: 'done', movedMsat: PRICE + FEE })
    expect([buyer.customer.answer(one.jobId), buyer.customer.answer(other.jobId)]).toEqual(['Four.', 'Six.'])
    expect(await balanceOf(seller)).toBe(PLAY_MONEY + 2 * PRICE)
  }, TEST_MS)
})

describe('the frames of a private answer', () => {
  it(`repeated ×${TIMES}, from another relay, and those of another job, add nothing`, async () => {
    const { seller, liar, buyer, channelId, job: one } = await ask('souk/1')
    const other = await askIn('souk/1', buyer, seller.pubkey, 'And 3+3?', channelId)
    await isListening(liar, other)
    for (const job of [one, other]) {
      const { bolt11 } = await seller.invoice(PRICE)
      liar.deliver(seller.sign(invoiceIn(job, seller, bolt11, PRICE)))
      await isPaid(buyer, job.jobId)
    }
    const first = seller.sign(frameIn(one, seller, { type: 'delta', seq: 1, text: 'Fo' }))
    liar.deliver(seller.sign(frameIn(other, seller, { type: 'delta', seq: 1, text: 'S' })))
    await shows(buyer, other.jobId, 'S')
    for (let time = 0; time < TIMES; time++) liar.deliver(first)
    await shows(buyer, one.jobId, 'Fo')
    const ofOther = seller.sign(frameIn(other, seller, { type: 'delta', seq: 2, text: 'ix.' }))
    // The seller's own signature over words that were sealed for another job, under their name and under this one's.
    liar.deliver(ofOther)
    liar.deliver(seller.sign({ ...ofOther, tags: first.tags }))
    liar.deliver(seller.sign({ ...ofOther, tags: [['p', one.to], ['e', other.requestId]] }))
    for (const seq of [1, 1, 2]) liar.deliver(seller.sign(frameIn(one, seller, { type: 'delta', seq, text: seq === 1 ? 'XX' : 'ur.' })))
    await Promise.all([shows(buyer, one.jobId, 'Four.'), shows(buyer, other.jobId, 'Six.')])
    for (const [job, text] of [[one, 'Four.'], [other, 'Six.']] as const) {
      liar.deliver(seller.sign(resultIn(job, seller, text)))
      expect(await ended(buyer, 'customer', job.jobId, WAIT_MS)).toMatchObject({ state: 'done' })
      expect(buyer.customer.answer(job.jobId)).toBe(text)
    }
  }, TEST_MS)
})
