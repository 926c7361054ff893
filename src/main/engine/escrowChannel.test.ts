/**
 * Escrow as the first implementation speaks it (PROTOCOL.md §2): locked at the seller's Spark address, in a channel. Its customer
 * and its provider are played here word by word, each against a whole engine of ours, over a Spark of the tests' own.
 */
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { sats, type Msat } from '#shared/market/msat.ts'
import { jobIdOf, type ChannelMessage, type ChannelMessageOf, type ChannelMessageType } from '#shared/protocol/channel.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { parseFeedback } from '#shared/protocol/feedback.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import vectors from '#shared/protocol/vectors/channel.json' with { type: 'json' }
import type { Engine } from './engine.ts'
import { askSeller, ended, jobRow, until, type EngineOptions } from './testing/market.ts'
import { nodeClock, nodeRandom } from './testing/nodePorts.ts'
import type { Peer } from './testing/peer.ts'
import { PRICE, pubkeyOf, saleEvents, shareMarket, TEST_MS, WAIT_MS } from './testing/sharedMarket.ts'
import { createStandInSpark, type StandInSpark } from './wallet/spark/testing/standInSpark.ts'
import type { Wallet } from './wallet/wallet.ts'

const { market, openBuyer, openSeller, openPeer, newName, close } = shareMarket()
const FUNDS = 10_000
const QUESTION = 'write 30 words'

/** Engines and operators go by one clock, which a test may set ahead. */
let spark: StandInSpark
let ahead = 0
const clock = { now: () => nodeClock.now() + ahead, after: nodeClock.after }
beforeEach(() => {
  ahead = 0
  spark = createStandInSpark({ clock: nodeClock })
})
function passTime(ms: number): void {
  ahead += ms
  spark.advance(ms)
}

const onSpark = () => ({ config: { wallet: { kind: 'spark', network: 'regtest' } }, ports: { startSparkThread: spark.startThread, clock } }) as const
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

async function openSparkSeller(options: EngineOptions = {}, name?: string): Promise<Engine & { readonly address: string; readonly channelId: string }> {
  const seller = await openSeller({ ...onSpark(), ...options }, name)
  const { address } = spark.ofPhrase(await seller.keyring.revealPhrase(), 'seller')
  await seller.account.refresh()
  return Object.assign(seller, { address, channelId: String(seller.provider.status.get().channelId) })
}

/** Somebody with a program of the original's, and a Spark wallet. */
async function openOriginal(): Promise<Peer & { readonly spark: Wallet; readonly address: string }> {
  const name = newName('original')
  const wallet = spark.wallet(name, { clock: nodeClock, folder: market().dataFolder(name) })
  spark.of(name).fund(FUNDS)
  return Object.assign(await openPeer(), { spark: wallet, address: spark.of(name).address })
}

/** The next of that type about that job, from that key, and the event that it came in. */
function hearFrom<Type extends ChannelMessageType>(peer: Peer, channelId: string, from: string, type: Type, jobId: string): Promise<{ readonly said: ChannelMessageOf<Type>; readonly event: NostrEvent }> {
  return peer.hearChannel(channelId, (message, event) => (message.type === type && event.pubkey === from && 'job_id' in message && message.job_id === jobId ? { said: message as ChannelMessageOf<Type>, event } : null))
}

/** Fields, their order and their types are those of the vectors; ours come after them, and no reader of the original's minds. */
function expectOriginal({ content, kind, tags }: NostrEvent, channelId: string, ours: readonly string[] = []): void {
  expect({ kind, channel: tags[0]?.slice(0, 2), marker: tags[0]?.[3] }).toEqual({ kind: 42, channel: ['e', channelId], marker: 'root' })
  const said = JSON.parse(content) as Record<string, unknown>
  expect(JSON.stringify(said)).toBe(content)
  const shapeOf = (message: object) => Object.entries(message).map(([key, value]) => (key === 'type' ? value : `${key}: ${typeof value}`))
  const spelled = shapeOf(Object.fromEntries(Object.entries(said).filter(([key]) => !ours.includes(key))))
  expect(vectors.messages.map(({ json }) => shapeOf(JSON.parse(json) as object))).toContainEqual(spelled)
  expect(Object.keys(said).slice(-ours.length || Infinity)).toEqual(ours)
}

interface OriginalJob {
  readonly jobId: string
  readonly secret: string
  readonly hash: string
  readonly invoice: ChannelMessageOf<'Invoice'>
}

/** Asks as the original's customer does, and has its invoice. */
async function request(customer: Peer, seller: Engine & { readonly channelId: string }): Promise<OriginalJob> {
  const asked = await customer.say(seller.channelId, { type: 'JobRequest', kind: 5050, prompt: QUESTION, max_tokens: 100, target_provider: pubkeyOf(seller) })
  const jobId = jobIdOf(asked.id)
  const { said, event } = await hearFrom(customer, seller.channelId, pubkeyOf(seller), 'Invoice', jobId)
  expectOriginal(event, seller.channelId)
  const secret = hex(nodeRandom.bytes(32))
  return { jobId, secret, hash: hashOf(secret), invoice: said }
}

async function lock(customer: { readonly spark: Wallet }, address: string, hash: string, amountMsat: Msat = PRICE, expirySecs = 3_600): Promise<string> {
  const transfer = randomUUID()
  expect(await customer.spark.lock({ address, paymentHash: hash, amountMsat, maxFeeMsat: sats(1), expirySecs, idempotencyKey: transfer })).toEqual({ state: 'held' })
  return transfer
}

async function announce(customer: Peer, channelId: string, jobId: string, hash: string, transfer: string, amountMsat: Msat = PRICE, expirySecs = 3_600): Promise<void> {
  await customer.say(channelId, { type: 'HtlcLocked', job_id: jobId, payment_hash: hash, amount_msats: amountMsat, expiry_secs: expirySecs })
  await customer.say(channelId, { type: 'PaymentSent', job_id: jobId, payment_id: transfer })
}

const types = (seller: Engine, jobId: string) => saleEvents(seller, jobId).map(({ type }) => type)
const hasWorked = (seller: Engine, jobId: string) => types(seller, jobId).includes('workBegun')
/** Resolves once the seller has written that. */
const wrote = (seller: Engine, jobId: string, type: string) => jobRow(seller, 'provider', jobId, () => types(seller, jobId).includes(type as never), WAIT_MS)
/** Resolves once the seller's wallet has been looked at so many times more. */
async function looksAgain(seller: Engine & { readonly handle: { calls(): readonly string[] } }, times: number): Promise<void> {
  const lists = () => seller.handle.calls().filter((call) => call === 'listPayments').length
  const before = lists()
  await until((look) => nodeTimer(look), () => (lists() >= before + times ? true : null), () => `${lists() - before} looks`, WAIT_MS)
}
function nodeTimer(look: () => void): () => void {
  const timer = setInterval(look, 20)
  return () => clearInterval(timer)
}

describe('the original’s customer', { timeout: TEST_MS }, () => {
  it('locks at our address, gets its answer, releases, and is paid for once: message by message as the vectors have it', async () => {
    const [seller, customer] = [await openSparkSeller(), await openOriginal()]
    const { jobId, secret, hash, invoice } = await request(customer, seller)
    expect(invoice).toMatchObject({ job_id: jobId, amount_msats: PRICE })
    await announce(customer, seller.channelId, jobId, hash, await lock(customer, seller.address, hash))
    const { said, event } = await hearFrom(customer, seller.channelId, pubkeyOf(seller), 'JobResult', jobId)
    expectOriginal(event, seller.channelId)
    expect(said.result.split(/\s+/)).toHaveLength(30)
    // Delivered, and nothing taken yet.
    expect(spark.audit().balancesSats['seller']).toBe(0)
    const released = await customer.say(seller.channelId, { type: 'PreimageRelease', job_id: jobId, preimage: secret })
    expectOriginal(released, seller.channelId)
    expect(await ended(seller, 'provider', jobId, WAIT_MS)).toMatchObject({ state: 'done', settlement: 'escrow', movedMsat: PRICE })
    const { violations, balancesSats, settlements, lockedSats } = spark.audit()
    expect({ violations, seller: sats(balancesSats['seller'] ?? 0), moved: settlements.get(hash), lockedSats }).toEqual({ violations: [], seller: PRICE, moved: 1, lockedSats: 0 })
    expect(types(seller, jobId).filter((type) => ['lockAnnounced', 'lockAccepted', 'workBegun', 'generated', 'released', 'paid'].includes(type))).toEqual(['lockAnnounced', 'lockAccepted', 'workBegun', 'generated', 'released', 'paid'])
    const streamed = await customer.hearChannel(seller.channelId, (message, chunk) => (message.type === 'StreamChunk' && message.is_final && message.job_id === jobId ? chunk : null))
    expectOriginal(streamed, seller.channelId, ['seq'])
  })

  it('that says HtlcLocked without a lock gets no work; once it is really locked, it does', async () => {
    const [seller, customer] = [await openSparkSeller(), await openOriginal()]
    const handle = spark.ofPhrase(await seller.keyring.revealPhrase(), 'seller')
    const { jobId, secret, hash } = await request(customer, seller)
    await announce(customer, seller.channelId, jobId, hash, randomUUID())
    await wrote(seller, jobId, 'lockAnnounced')
    await looksAgain(Object.assign(seller, { handle }), 6)
    expect(hasWorked(seller, jobId)).toBe(false)
    expect(seller.journal.row('provider', jobId)).toMatchObject({ state: 'invoiced', movedMsat: 0 })
    await lock(customer, seller.address, hash)
    await hearFrom(customer, seller.channelId, pubkeyOf(seller), 'JobResult', jobId)
    await customer.say(seller.channelId, { type: 'PreimageRelease', job_id: jobId, preimage: secret })
    expect(await ended(seller, 'provider', jobId, WAIT_MS)).toMatchObject({ state: 'done', movedMsat: PRICE })
  })

  it.each([
    ['too little', sats(9), 3_600, 'Only 9 sats are locked; the price is 10.'],
    ['for too short a time', PRICE, 300, /^It is locked for \d+ more seconds; this job needs 780\.$/],
  ] as const)('that locks %s gets no work and hears why; the lock returns, and both books say so', async (_what, amountMsat, expirySecs, reason) => {
    const [seller, customer] = [await openSparkSeller(), await openOriginal()]
    const { jobId, hash } = await request(customer, seller)
    await announce(customer, seller.channelId, jobId, hash, await lock(customer, seller.address, hash, amountMsat, expirySecs), amountMsat, expirySecs)
    const heard = await customer.hear({ kinds: [KIND.jobFeedback], authors: [pubkeyOf(seller)] }, (event) => {
      const feedback = parseFeedback(event)
      return feedback.ok && feedback.value.status === 'error' ? feedback.value.text : null
    })
    expect(heard).toMatch(/What was locked goes back to you; nothing was taken\.$/)
    passTime((expirySecs + 200) * 1_000)
    expect(await ended(seller, 'provider', jobId, WAIT_MS)).toMatchObject({ state: 'returned', movedMsat: 0, note: typeof reason === 'string' ? reason : expect.stringMatching(reason) })
    expect(hasWorked(seller, jobId)).toBe(false)
    expect(spark.audit()).toMatchObject({ violations: [], lockedSats: 0, settlements: new Map() })
    expect(await customer.spark.balance()).toEqual({ ok: true, value: sats(FUNDS) })
  })

  it('that releases with a wrong secret, or never, is not claimed from: the lock returns after the delivery, and nothing was paid', async () => {
    const [seller, customer] = [await openSparkSeller(), await openOriginal()]
    const { jobId, hash } = await request(customer, seller)
    await announce(customer, seller.channelId, jobId, hash, await lock(customer, seller.address, hash))
    await jobRow(seller, 'provider', jobId, ({ state }) => state === 'unlocking', WAIT_MS)
    await customer.say(seller.channelId, { type: 'PreimageRelease', job_id: jobId, preimage: hex(nodeRandom.bytes(32)) })
    passTime(3_800_000)
    expect(await ended(seller, 'provider', jobId, WAIT_MS)).toMatchObject({ state: 'returned', movedMsat: 0, note: 'Delivered, and never released: what was locked went back to the customer.' })
    expect(types(seller, jobId)).not.toContain('released')
    expect(spark.audit()).toMatchObject({ violations: [], lockedSats: 0, settlements: new Map() })
  })

  it('that names the lock of somebody else’s job, a job that is not its own, or none that there is, gets no work', async () => {
    const [seller, customer, thief] = [await openSparkSeller(), await openOriginal(), await openOriginal()]
    const mine = await request(customer, seller)
    await announce(customer, seller.channelId, mine.jobId, mine.hash, await lock(customer, seller.address, mine.hash))
    await wrote(seller, mine.jobId, 'lockAccepted')
    const stolen = await request(thief, seller)
    await announce(thief, seller.channelId, stolen.jobId, mine.hash, randomUUID())
    await announce(thief, seller.channelId, 'job_0000000000000000', mine.hash, randomUUID())
    await thief.say(seller.channelId, { type: 'PreimageRelease', job_id: mine.jobId, preimage: mine.secret })
    await wrote(seller, stolen.jobId, 'paymentClaimed')
    await hearFrom(customer, seller.channelId, pubkeyOf(seller), 'JobResult', mine.jobId)
    // Said by a stranger, even the right secret is not heard.
    await jobRow(seller, 'provider', mine.jobId, ({ state }) => state === 'unlocking', WAIT_MS)
    expect([types(seller, mine.jobId).includes('released'), hasWorked(seller, stolen.jobId), seller.journal.row('provider', 'job_0000000000000000')]).toEqual([false, false, null])
    await customer.say(seller.channelId, { type: 'PreimageRelease', job_id: mine.jobId, preimage: mine.secret })
    expect(await ended(seller, 'provider', mine.jobId, WAIT_MS)).toMatchObject({ state: 'done' })
    expect(spark.audit().violations).toEqual([])
  })

  it('that locks while we are away is answered when we are back', async () => {
    const name = newName('seller')
    const [seller, customer] = [await openSparkSeller({}, name), await openOriginal()]
    const { jobId, secret, hash } = await request(customer, seller)
    await close(seller)
    await announce(customer, seller.channelId, jobId, hash, await lock(customer, seller.address, hash))
    const again = await openSparkSeller({}, name)
    await hearFrom(customer, seller.channelId, pubkeyOf(seller), 'JobResult', jobId)
    await customer.say(seller.channelId, { type: 'PreimageRelease', job_id: jobId, preimage: secret })
    expect(await ended(again, 'provider', jobId, WAIT_MS)).toMatchObject({ state: 'done', movedMsat: PRICE })
    expect(spark.audit()).toMatchObject({ violations: [], lockedSats: 0 })
  })

  it('whose lock returned while we were away from its work gets nothing, and owes nothing', async () => {
    const name = newName('seller')
    const [seller, customer] = [await openSparkSeller({ toyTokensPerSecond: 1 }, name), await openOriginal()]
    const { jobId, hash } = await request(customer, seller)
    await announce(customer, seller.channelId, jobId, hash, await lock(customer, seller.address, hash))
    await wrote(seller, jobId, 'workBegun')
    await close(seller)
    passTime(3_800_000)
    const again = await openSparkSeller({}, name)
    // No relay takes what it has to say with such a date; what counts is in its books.
    await wrote(again, jobId, 'lockReturned')
    expect(again.journal.row('provider', jobId)).toMatchObject({ state: 'failed', movedMsat: 0, note: 'It took longer than a job may take here.' })
    expect(types(again, jobId).filter((type) => type === 'workBegun' || type === 'generated')).toEqual(['workBegun'])
    expect(spark.audit()).toMatchObject({ violations: [], lockedSats: 0, settlements: new Map() })
  })

  it('that pays the invoice instead is served as one that pays ahead, and what it locked besides is not taken', async () => {
    const [seller, customer] = [await openSparkSeller(), await openOriginal()]
    const { jobId, hash, invoice } = await request(customer, seller)
    await announce(customer, seller.channelId, jobId, hash, await lock(customer, seller.address, hash))
    await wrote(seller, jobId, 'lockAccepted')
    expect(await customer.spark.pay({ bolt11: invoice.bolt11, maxFeeMsat: sats(10), idempotencyKey: randomUUID() })).toMatchObject({ state: 'settled' })
    await hearFrom(customer, seller.channelId, pubkeyOf(seller), 'JobResult', jobId)
    const sold = await ended(seller, 'provider', jobId, WAIT_MS)
    expect(sold).toMatchObject({ state: 'done', movedMsat: PRICE, settlement: 'prepay' })
    expect(types(seller, jobId).filter((type) => type === 'workBegun')).toHaveLength(1)
    passTime(3_800_000)
    expect(spark.audit()).toMatchObject({ violations: [], lockedSats: 0, balancesSats: { seller: Number(PRICE) / 1_000 } })
  })
})

describe('the original’s provider', { timeout: TEST_MS }, () => {
  /** It announces itself in its channel, with its address; it knows nothing of hold invoices, nor of modes. */
  async function offer(provider: Peer & { readonly address: string }): Promise<string> {
    const channelId = hex(nodeRandom.bytes(32))
    const announced = await provider.say(channelId, { type: 'ServiceAnnouncement', kind: 5050, price_msats: PRICE, spark_address: provider.address, network: 'regtest', provider_pubkey: provider.pubkey, models: ['m'], capabilities: ['text-generation'] })
    expectOriginal(announced, channelId)
    return channelId
  }
  async function openSparkBuyer(): Promise<Engine> {
    const buyer = await openBuyer(onSpark())
    spark.ofPhrase(await buyer.keyring.revealPhrase(), 'buyer').fund(FUNDS)
    await buyer.account.refresh()
    return buyer
  }
  const say = (provider: Peer, channelId: string, message: ChannelMessage) => provider.say(channelId, message)
  /** Answers the next request with its invoice, and reads what is said about the lock. */
  async function serve(provider: Peer & { readonly spark: Wallet }, channelId: string): Promise<{ readonly jobId: string; readonly customer: string; readonly hash: string }> {
    const { jobId, event } = await provider.request(channelId)
    expectOriginal(event, channelId, ['payment_hash'])
    const made = await provider.spark.createInvoice({ amountMsat: PRICE, description: '', expirySecs: 600 })
    if (!made.ok) throw new Error(made.error.message)
    await say(provider, channelId, { type: 'Invoice', job_id: jobId, bolt11: made.value.bolt11, amount_msats: PRICE, payment_hash: jobId })
    const locked = await hearFrom(provider, channelId, event.pubkey, 'HtlcLocked', jobId)
    const sent = await hearFrom(provider, channelId, event.pubkey, 'PaymentSent', jobId)
    for (const each of [locked, sent]) expectOriginal(each.event, channelId)
    expect(locked.said).toMatchObject({ amount_msats: PRICE, expiry_secs: 900 })
    // What is announced is there, under that name.
    expect(sent.said.payment_id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(await provider.spark.lookup(locked.said.payment_hash, 'incoming')).toMatchObject({ ok: true, value: { state: 'held', amountMsat: PRICE } })
    return { jobId, customer: event.pubkey, hash: locked.said.payment_hash }
  }

  it('is locked money at its address, answers, is given the secret, and claims: message by message as the vectors have it', async () => {
    const [provider, buyer] = [await openOriginal(), await openSparkBuyer()]
    const channelId = await offer(provider)
    expect(buyer.directory.addChannel(channelId)).toBeNull()
    const { jobId } = await askSeller(buyer, provider.pubkey, QUESTION, { settlement: 'escrow', dialect: 'channel' })
    const { customer, hash } = await serve(provider, channelId)
    expect(buyer.journal.row('customer', jobId)).toMatchObject({ state: 'locked', lockedMsat: PRICE, movedMsat: 0 })
    await say(provider, channelId, { type: 'StreamChunk', job_id: jobId, chunk: 'Four', is_final: false })
    await say(provider, channelId, { type: 'StreamChunk', job_id: jobId, chunk: '', is_final: true })
    await say(provider, channelId, { type: 'JobResult', job_id: jobId, result: 'Four.' })
    const { said, event } = await hearFrom(provider, channelId, customer, 'PreimageRelease', jobId)
    expectOriginal(event, channelId)
    expect(hashOf(said.preimage)).toBe(hash)
    expect(await provider.spark.settleHold(said.preimage)).toEqual({ ok: true, value: null })
    expect(await ended(buyer, 'customer', jobId, WAIT_MS)).toMatchObject({ state: 'done', settlement: 'escrow', movedMsat: PRICE })
    expect(buyer.customer.answer(jobId)).toBe('Four.')
    expect(spark.audit()).toMatchObject({ violations: [], lockedSats: 0 })
    // The relay has the secret; nothing that a page of ours shows does.
    expect(JSON.stringify(buyer.journal.events('customer', jobId))).not.toContain(said.preimage)
  })

  it('that never answers is never paid: what was locked is back, and the job says so', async () => {
    const [provider, buyer] = [await openOriginal(), await openSparkBuyer()]
    const channelId = await offer(provider)
    expect(buyer.directory.addChannel(channelId)).toBeNull()
    const { jobId } = await askSeller(buyer, provider.pubkey, QUESTION, { settlement: 'escrow', dialect: 'channel' })
    await serve(provider, channelId)
    passTime(1_200_000)
    expect(await ended(buyer, 'customer', jobId, WAIT_MS)).toMatchObject({ state: 'returned', movedMsat: 0, note: 'The seller did not answer in time. Nothing was paid: what was locked is back.' })
    expect(await buyer.wallet.balance()).toEqual({ ok: true, value: sats(FUNDS) })
  })
})
