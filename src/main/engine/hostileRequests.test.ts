/** What a seller is told, in every dialect, by customers, strangers and relays that repeat, steal and forge: one job for one request, and no work without money. */
import { describe, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { cancelTemplate } from '#shared/protocol/feedback.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import type { Engine } from './engine.ts'
import type { HostileRelay } from './nostr/testing/hostileRelay.ts'
import { repeatEvent, TIMES } from './nostr/testing/repeatedEvent.ts'
import type { SaleEvent } from './provider/sale.ts'
import { ended, jobRow, type EngineOptions } from './testing/market.ts'
import { nodeClock } from './testing/nodePorts.ts'
import type { Peer } from './testing/peer.ts'
import { PRICE, pubkeyOf, saleEvents, shareMarket, TEST_MS, WAIT_MS } from './testing/sharedMarket.ts'
import { frameIn, inChannel, jobOf, nowSecs, readInvoice, requestIn, TONGUES, type SpokenJob, type Tongue } from './testing/spokenJob.ts'

const LATE_SECS = 301

const { market, openPeer, openSeller, openLiar, newName, close } = shareMarket()

/** A seller on the sandbox's relay and on one that checks nothing and says what the test wants. */
async function openSellerOn(liar: HostileRelay, name?: string, ports: EngineOptions['ports'] = {}): Promise<Engine> {
  const seller = await openSeller({ ports, config: { relays: [market().sandbox.relayUrl, liar.url] } }, name)
  const channelId = seller.provider.status.get().channelId ?? ''
  await liar.until(() => liar.heard('REQ').some((frame) => JSON.stringify(frame).includes(channelId)))
  return seller
}
async function open(name?: string) {
  const liar = await openLiar()
  const [seller, customer] = [await openSellerOn(liar, name), await openPeer()]
  return { liar, seller, customer, to: pubkeyOf(seller), channelId: seller.provider.status.get().channelId ?? '' }
}
const count = (seller: Engine, jobId: string, type: SaleEvent['type']) => saleEvents(seller, jobId).filter((event) => event.type === type).length
const jobs = (seller: Engine) => seller.journal.list({ role: 'provider', limit: 100 }).length
const isDone = (seller: Engine, jobId: string) => ended(seller, 'provider', jobId, WAIT_MS)

const invoiceFor = (job: SpokenJob, customer: Peer) => customer.hear({ kinds: [KIND.channelMessage, KIND.jobFeedback], authors: [job.to] }, (event) => readInvoice(job, customer, event))
async function pay(job: SpokenJob, customer: Peer): Promise<void> {
  const bolt11 = await invoiceFor(job, customer)
  expect(await customer.wallet.pay({ bolt11, maxFeeMsat: sats(1), idempotencyKey: job.jobId })).toMatchObject({ state: 'settled' })
}
/** All that the liar said before was read once the seller knows of this: it comes last on the same connection. */
async function readAll(liar: HostileRelay, seller: Engine, customer: Peer, createdAt = nowSecs()): Promise<void> {
  const last = customer.sign(requestIn('nip90', customer, pubkeyOf(seller), '', newName('the last of '), createdAt))
  liar.deliver(last)
  await jobRow(seller, 'provider', `job_${last.id.slice(0, 16)}`, () => true, WAIT_MS)
}
const cancelOf = (tongue: Tongue, { requestId }: SpokenJob) => cancelTemplate(requestId, nowSecs(), tongue === 'channel' ? KIND.channelMessage : KIND.textGeneration)

describe.each(TONGUES)('a seller that is asked in %s', (tongue) => {
  it(`has one job for a request that is repeated ×${TIMES}, from another relay, with decoy ids, after a restart and five minutes later, and none for one that it first hears then`, async () => {
    const name = newName('again')
    const { liar, seller, customer, to, channelId } = await open(name)
    const request = await customer.publish(requestIn(tongue, customer, to, channelId, 'write 3 words'))
    const job = jobOf(tongue, request, to, channelId)
    repeatEvent(liar, request)
    await pay(job, customer)
    expect(await isDone(seller, job.jobId)).toMatchObject({ state: 'done', movedMsat: PRICE })
    repeatEvent(liar, request)
    await readAll(liar, seller, customer)
    expect(jobs(seller)).toBe(2)
    await close(seller)

    // Captured, and said now for the first time: it is five minutes old.
    const captured = customer.sign(requestIn(tongue, customer, to, channelId, 'write 4 words'))
    for (let time = 0; time < TIMES; time++) liar.deliver(captured)
    const late = await openSellerOn(liar, name, { clock: { now: () => nodeClock.now() + LATE_SECS * 1_000, after: nodeClock.after } })
    repeatEvent(liar, request)
    repeatEvent(liar, captured)
    // Also by a relay that heeds no filter.
    for (let time = 0; time < 20; time++) liar.sendRaw(`["EVENT","$SUB",${JSON.stringify(captured)}]`)
    await readAll(liar, late, customer, nowSecs() + LATE_SECS)
    expect(jobs(late)).toBe(3)
    expect(late.journal.row('provider', jobOf(tongue, captured, to, channelId).jobId)).toBeNull()
    for (const type of ['requested', 'invoiced', 'paid', 'workBegun', 'generated'] as const) expect([type, count(late, job.jobId, type)]).toEqual([type, 1])
    expect(market().settledPayments(job.jobId)).toHaveLength(1)
  }, TEST_MS)

  it('works for no forged request, none for somebody else, and none that was stolen', async () => {
    const { liar, seller, customer, to, channelId } = await open()
    const [stranger, other] = [await openPeer(), await openPeer()]
    const request = customer.sign(requestIn(tongue, customer, to, channelId, 'write 3 words'))
    const foreign = stranger.sign(requestIn(tongue, stranger, other.pubkey, channelId, 'write 5 words'))
    liar.deliver({ ...request, pubkey: stranger.pubkey })
    liar.deliver({ ...request, sig: `${request.sig.slice(0, -8)}00000000` })
    liar.deliver({ ...request, content: `${request.content}x` })
    liar.deliver(foreign)
    liar.sendRaw(`["EVENT","$SUB",${JSON.stringify(foreign)}]`)
    // A kind that nobody asked for, under every subscription.
    liar.sendRaw(`["EVENT","$SUB",${JSON.stringify(customer.sign({ ...request, kind: 1 }))}]`)
    // What is encrypted is for this seller from that customer: under another's name it cannot be read.
    const isHidden = tongue === 'nip90, hidden' || tongue === 'souk/1'
    if (isHidden) liar.deliver(stranger.sign(request))
    await readAll(liar, seller, customer)
    expect(jobs(seller)).toBe(1)
    liar.deliver(request)
    const job = jobOf(tongue, request, to, channelId)
    await pay(job, customer)
    expect(await isDone(seller, job.jobId)).toMatchObject({ state: 'done', movedMsat: PRICE })
  }, TEST_MS)

  it('lets nobody else cancel or claim a job, and a cancellation of one job ends no other, however often it comes', async () => {
    const { liar, seller, customer, to, channelId } = await open()
    const stranger = await openPeer()
    const ask = async (prompt: string) => jobOf(tongue, await customer.publish(requestIn(tongue, customer, to, channelId, prompt)), to, channelId)
    const [one, two] = [await ask('write 3 words'), await ask('write 4 words')]
    for (const { jobId } of [one, two]) await jobRow(seller, 'provider', jobId, ({ state }) => state === 'invoiced', WAIT_MS)

    liar.deliver(stranger.sign(cancelOf(tongue, one)))
    liar.deliver(stranger.sign(frameIn(one, stranger, { type: 'cancel', seq: 0, reason: 'mischief' })))
    const cancel = customer.sign(cancelOf(tongue, two))
    repeatEvent(liar, cancel)
    const frame = customer.sign(frameIn(two, customer, { type: 'cancel', seq: 0, reason: '' }))
    repeatEvent(liar, frame)
    // The words of one cancellation under another's name, or about another job.
    liar.deliver(stranger.sign({ ...frame, tags: [['p', to], ['e', one.requestId]] }))
    liar.deliver({ ...frame, tags: [['p', to], ['e', one.requestId]] })
    if (tongue === 'channel') for (const job of [one, two]) repeatEvent(liar, stranger.sign(inChannel(job, { type: 'PaymentSent', job_id: job.jobId, payment_id: 'mine' })))
    await readAll(liar, seller, customer)
    expect([count(seller, one.jobId, 'withdrawn'), count(seller, two.jobId, 'withdrawn'), count(seller, one.jobId, 'paymentClaimed')]).toEqual([0, 1, 0])
    await pay(one, customer)
    expect(await isDone(seller, one.jobId)).toMatchObject({ state: 'done', movedMsat: PRICE })
    expect([market().settledPayments(one.jobId), market().settledPayments(two.jobId)].map(({ length }) => length)).toEqual([1, 0])
  }, TEST_MS)
})

it(`acknowledgements that are repeated ×${TIMES}, forged or a stranger’s move no stream: the answer arrives whole`, async () => {
  const { liar, seller, customer, to, channelId } = await open()
  const stranger = await openPeer()
  const request = await customer.publish(requestIn('souk/1', customer, to, channelId, 'write 40 words'))
  const job = jobOf('souk/1', request, to, channelId)
  const ack = customer.sign(frameIn(job, customer, { type: 'ack', seq: 2_147_483_647 }))
  for (let time = 0; time < TIMES; time++) liar.deliver(ack)
  liar.deliver(stranger.sign(frameIn(job, stranger, { type: 'ack', seq: 1 })))
  const result = customer.hear({ kinds: [KIND.textGenerationResult], authors: [to], '#e': [request.id] }, (event) => event)
  await pay(job, customer)
  for (let time = 0; time < TIMES; time++) liar.deliver(ack)
  expect((await result).pubkey).toBe(to)
  expect(await isDone(seller, job.jobId)).toMatchObject({ state: 'done', movedMsat: PRICE })
  expect([count(seller, job.jobId, 'generated'), count(seller, job.jobId, 'workBegun')]).toEqual([1, 1])
}, TEST_MS)
