/**
 * Sealed jobs (PROTOCOL.md §6) in which one side cheats: a seller that a test plays against a real buyer, and the other way round.
 * What each may cost the honest side is in docs/money.md.
 */
import { describe, expect, it, vi } from 'vitest'
import type { Limits } from '#shared/ipc/settings.ts'
import { msat, sats, type Msat } from '#shared/market/msat.ts'
import { filledBytes } from '#shared/market/sealedGoods.ts'
import { envelopeTemplate, writeHiddenTags } from '#shared/protocol/envelope.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import { jobRequestTags } from '#shared/protocol/jobRequest.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { listingTemplate } from '#shared/protocol/nip89.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { digestText } from '#shared/protocol/privateParts.ts'
import { writeSealedResult, type SealedResult } from '#shared/protocol/sealedResult.ts'
import type { Engine } from './engine.ts'
import { createCipher } from './nostr/cipher.ts'
import { PLAY_MONEY } from './sandbox/mint/ledger.ts'
import { sealAnswer } from './sealing/seal.ts'
import { jobRow, until } from './testing/market.ts'
import { nodeRandom } from './testing/nodePorts.ts'
import type { Peer } from './testing/peer.ts'
import { balanceOf, FEE, PRICE, pubkeyOf, purchaseEvents, saleEvents, shareMarket, TEST_MS, WAIT_MS } from './testing/sharedMarket.ts'
import { frameIn, invoiceIn, jobOf, nowSecs, seal, type SpokenJob } from './testing/spokenJob.ts'

const { market, openBuyer, openSeller, openPeer } = shareMarket()
const TEXT = 'All of this is the answer, and nobody reads its end without paying for it.'
const QUICK: Partial<Limits> = { answerTimeoutSecs: 5, invoiceTimeoutSecs: 5 }
const ended = (engine: Engine, role: 'customer' | 'provider', jobId: string) => jobRow(engine, role, jobId, (row) => row.final, WAIT_MS)

/** Lists sealed answers; the buyer asks for one; the job as its seller knows it. */
async function askPlayed(buyer: Engine, peer: Peer, depositMsat?: Msat): Promise<SpokenJob> {
  await listPlayed(peer, depositMsat)
  return askAgain(buyer, peer)
}

async function listPlayed(peer: Peer, depositMsat?: Msat): Promise<void> {
  await peer.publish(
    listingTemplate(
      { listingId: 'played', name: 'Played', about: '', picture: '', priceMsat: PRICE, models: ['m'], dialects: ['souk/1'], settlements: ['sealed'], ...(depositMsat === undefined ? {} : { depositMsat }), capabilities: [], relays: [], network: 'regtest', channelId: null, sparkAddress: '', intervalSecs: 300 },
      nowSecs(),
    ),
  )
}

async function askAgain(buyer: Engine, peer: Peer): Promise<SpokenJob> {
  const question = { prompt: 'What is 2+2?', selection: { by: 'pubkey' as const, prefix: peer.pubkey }, settlement: 'sealed' as const }
  await until((look) => buyer.customer.offers.subscribe(look), () => (buyer.customer.quote(question).ok ? true : null), () => JSON.stringify(buyer.customer.quote(question)), WAIT_MS)
  const asked = buyer.customer.ask(question)
  if (!asked.ok) throw new Error(asked.error.message)
  const begun = purchaseEvents(buyer, asked.value.jobId).find((event) => event.type === 'asked')
  if (begun === undefined) throw new Error('it was not asked')
  const { event } = begun.request
  return { tongue: 'souk/1', jobId: asked.value.jobId, requestId: event.id, to: event.pubkey, channelId: '' }
}

/** An honest seal around the text, under a secret of the moment. */
function sealedBy(text = TEXT): { readonly secret: string; readonly result: SealedResult } {
  const secret = Buffer.from(nodeRandom.bytes(32)).toString('hex')
  const { preview, ciphertext, commitment, sealedBytes } = sealAnswer(text, 300, secret)
  return { secret, result: { commitment, sealedBytes, paymentHash: hashOf(secret), amountMsat: PRICE, body: { preview, ciphertext } } }
}

const say = (peer: Peer, job: SpokenJob, result: SealedResult) =>
  peer.publish(envelopeTemplate({ kind: KIND.textGenerationResult, peer: job.to, requestId: job.requestId, ciphertext: seal(peer, job.to, writeSealedResult(result)) }, nowSecs()))

async function invoice(peer: Peer, job: SpokenJob, paymentHash: string, amountMsat: Msat = PRICE): Promise<void> {
  const made = await peer.wallet.createHoldInvoice({ paymentHash, amountMsat, description: `Souk ${job.jobId}`, expirySecs: 600, holdSecs: 60 })
  if (!made.ok) throw new Error(made.error.message)
  await peer.publish(invoiceIn(job, peer, made.value.bolt11, amountMsat))
}

/** Resolves once the peer's wallet shows it so. */
const atPeer = (peer: Peer, paymentHash: string, state: string) =>
  vi.waitFor(async () => expect(await peer.wallet.lookup(paymentHash, 'incoming')).toMatchObject({ value: { state } }), { timeout: WAIT_MS, interval: 50 })

async function claim(peer: Peer, secret: string): Promise<void> {
  await atPeer(peer, hashOf(secret), 'held')
  expect(await peer.wallet.settleHold(secret)).toMatchObject({ ok: true })
}

/** It ended, not a sat moved, and the answer shows no more than its beginning. */
async function expectUnpaid(buyer: Engine, { jobId }: SpokenJob, state: string, note: RegExp): Promise<void> {
  const row = await ended(buyer, 'customer', jobId)
  expect([row.state, row.movedMsat, await balanceOf(buyer)]).toEqual([state, 0, PLAY_MONEY])
  expect(row.note).toMatch(note)
  expect(TEXT.slice(0, TEXT.length * 0.3).startsWith(buyer.customer.answer(jobId))).toBe(true)
  expect(market().settledPayments(jobId)).toEqual([])
}

describe('a seller that seals', () => {
  it.each([
    ['another text than it signed for', () => sealedBy('Something else altogether, which nobody signed for, and which opens.'), digestText(TEXT)],
    ['what no key opens', () => sealedBy(), null],
  ])('%s is paid once, and its signed event is kept as evidence against it', { timeout: TEST_MS }, async (_, make, signedFor) => {
    const [peer, buyer] = [await openPeer(), await openBuyer()]
    const job = await askPlayed(buyer, peer)
    const { secret, result } = make()
    const noise = Buffer.from(nodeRandom.bytes(result.sealedBytes + 16)).toString('base64')
    const body = 'ids' in result.body ? result.body : signedFor === null ? { ...result.body, ciphertext: noise } : result.body
    const said = await say(peer, job, { ...result, body, commitment: signedFor ?? result.commitment })
    await invoice(peer, job, result.paymentHash)
    await claim(peer, secret)
    const row = await ended(buyer, 'customer', job.jobId)
    expect([row.state, row.movedMsat, await balanceOf(buyer)]).toEqual(['failed', PRICE + FEE, PLAY_MONEY - PRICE - FEE])
    expect(row.note).toContain('signed for')
    expect(buyer.books.balances()).toMatchObject({ lost: PRICE, fees: FEE })
    const events = purchaseEvents(buyer, job.jobId)
    expect(events.find((event) => event.type === 'sealedReceived')?.raw).toBe(JSON.stringify(said))
    expect(events.some((event) => event.type === 'sealBroken')).toBe(true)
    expect(buyer.journal.peerHistory('customer', peer.pubkey).get(peer.pubkey)).toMatchObject({ done: 0, failed: 1 })
    // What came is not passed off as the answer.
    expect(buyer.customer.answer(job.jobId)).toBe('ids' in body ? '' : body.preview)
  })

  it('fewer bytes than it signed for is not paid', { timeout: TEST_MS }, async () => {
    const [peer, buyer] = [await openPeer(), await openBuyer()]
    const job = await askPlayed(buyer, peer)
    const { result } = sealedBy()
    await say(peer, job, { ...result, sealedBytes: result.sealedBytes + 64 })
    await invoice(peer, job, result.paymentHash)
    await expectUnpaid(buyer, job, 'refused', /not as long as the seller signed for/)
  })

  it('a text of which a part is on no relay is not paid', { timeout: TEST_MS }, async () => {
    const [peer, buyer] = [await openPeer(), await openBuyer({ limits: QUICK })]
    const job = await askPlayed(buyer, peer)
    const { result } = sealedBy()
    await say(peer, job, { ...result, body: { ids: ['7'.repeat(64)], sha256: digestText('x') } })
    await invoice(peer, job, result.paymentHash)
    await expectUnpaid(buyer, job, 'expired', /Nothing came in time/)
  })

  it('and asks for payment on another hash is not paid', { timeout: TEST_MS }, async () => {
    const [peer, buyer] = [await openPeer(), await openBuyer()]
    const job = await askPlayed(buyer, peer)
    await say(peer, job, sealedBy().result)
    await invoice(peer, job, sealedBy().result.paymentHash)
    await expectUnpaid(buyer, job, 'refused', /not on the hash that opens the answer/)
  })

  it.each([
    ['in its invoice than it signed for', PRICE, msat(PRICE + 1)],
    ['in what it signs for than it offered', msat(PRICE + 1), msat(PRICE + 1)],
  ])('and asks for more %s is not paid', { timeout: TEST_MS }, async (_, signedMsat, askedMsat) => {
    const [peer, buyer] = [await openPeer(), await openBuyer()]
    const job = await askPlayed(buyer, peer)
    const { result } = sealedBy()
    await say(peer, job, { ...result, amountMsat: signedMsat })
    await invoice(peer, job, result.paymentHash, askedMsat)
    await expectUnpaid(buyer, job, 'refused', /sats/)
  })

  it('and asks for a deposit that it did not announce gets none', { timeout: TEST_MS }, async () => {
    const [peer, buyer] = [await openPeer(), await openBuyer({ limits: QUICK })]
    const job = await askPlayed(buyer, peer)
    await invoice(peer, job, sealedBy().result.paymentHash, sats(1))
    await expectUnpaid(buyer, job, 'expired', /Nothing came in time/)
  })

  it('and lists a deposit that is no part of the price is not asked for a sealed answer', { timeout: TEST_MS }, async () => {
    const [peer, buyer] = [await openPeer(), await openBuyer()]
    await listPlayed(peer, PRICE)
    const question = { prompt: 'What is 2+2?', selection: { by: 'pubkey' as const, prefix: peer.pubkey } }
    await until((look) => buyer.customer.offers.subscribe(look), () => ([...buyer.customer.offers.get().values()].some(({ pubkey }) => pubkey === peer.pubkey) ? true : null), () => 'no offer', WAIT_MS)
    expect(buyer.customer.ask({ ...question, settlement: 'sealed' })).toMatchObject({ ok: false, error: { code: 'settlement-not-possible' } })
    expect(buyer.customer.ask(question)).toMatchObject({ ok: false, error: { code: 'settlement-not-possible' } })
  })

  it('and takes its deposit and delivers nothing has the deposit, and nothing more', { timeout: TEST_MS }, async () => {
    const [peer, buyer] = [await openPeer(), await openBuyer({ limits: QUICK })]
    const job = await askPlayed(buyer, peer, sats(2))
    const made = await peer.invoice(sats(2))
    await peer.publish(invoiceIn(job, peer, made.bolt11, sats(2)))
    const owed = await jobRow(buyer, 'customer', job.jobId, (row) => row.state === 'owed', WAIT_MS)
    expect([owed.movedMsat - owed.feeMsat, owed.owedMsat]).toEqual([sats(2), sats(2)])
    expect(buyer.books.balances()).toMatchObject({ owedToUs: sats(2) })
  })

  it('and never takes the payment has nothing, and the payment comes back', { timeout: TEST_MS }, async () => {
    const [peer, buyer] = [await openPeer(), await openBuyer()]
    const job = await askPlayed(buyer, peer)
    const { result } = sealedBy()
    await say(peer, job, result)
    await invoice(peer, job, result.paymentHash)
    expect(await jobRow(buyer, 'customer', job.jobId, (row) => row.state === 'unlocking', WAIT_MS)).toMatchObject({ lockedMsat: PRICE, sealed: { openMsat: PRICE } })
    // As it comes back by itself in time.
    expect(await peer.wallet.cancelHold(result.paymentHash)).toMatchObject({ ok: true })
    await expectUnpaid(buyer, job, 'returned', /did not take the payment in time/)
  })

  it('what it sold before, under the secret that was paid for, is not paid again', { timeout: TEST_MS }, async () => {
    const [peer, buyer] = [await openPeer(), await openBuyer()]
    const first = await askPlayed(buyer, peer)
    const { secret, result } = sealedBy()
    await say(peer, first, result)
    const made = await peer.wallet.createHoldInvoice({ paymentHash: result.paymentHash, amountMsat: PRICE, description: '', expirySecs: 600, holdSecs: 60 })
    if (!made.ok) throw new Error(made.error.message)
    await peer.publish(invoiceIn(first, peer, made.value.bolt11, PRICE))
    await claim(peer, secret)
    expect(await ended(buyer, 'customer', first.jobId)).toMatchObject({ state: 'done' })
    expect(buyer.customer.answer(first.jobId)).toBe(TEXT)
    const second = await askAgain(buyer, peer)
    await say(peer, second, result)
    await peer.publish(invoiceIn(second, peer, made.value.bolt11, PRICE))
    expect(await ended(buyer, 'customer', second.jobId)).toMatchObject({ state: 'refused', movedMsat: 0, note: expect.stringContaining('used before') })
    expect(await balanceOf(buyer)).toBe(PLAY_MONEY - PRICE - FEE)
  })

  it('and streamed another beginning than it signed for is held to what it signed', { timeout: TEST_MS }, async () => {
    const [peer, buyer] = [await openPeer(), await openBuyer()]
    const job = await askPlayed(buyer, peer)
    await jobRow(buyer, 'customer', job.jobId, (row) => row.note?.startsWith('Waiting') === true, WAIT_MS)
    await peer.publish(frameIn(job, peer, { type: 'delta', seq: 1, text: 'Whatever was promised here, and more of it than is sold', sealed: 10 }))
    await jobRow(buyer, 'customer', job.jobId, (row) => row.state === 'working', WAIT_MS)
    const { secret, result } = sealedBy()
    await say(peer, job, result)
    await invoice(peer, job, result.paymentHash)
    await claim(peer, secret)
    expect(await ended(buyer, 'customer', job.jobId)).toMatchObject({ state: 'done' })
    expect(buyer.customer.answer(job.jobId)).toBe(TEXT)
  })
})

/** A customer's request for a sealed answer, by a key of its own. */
async function request(peer: Peer, seller: Engine, prompt = 'write 30 words', settlement: 'sealed' | 'prepay' = 'sealed'): Promise<SpokenJob> {
  const to = pubkeyOf(seller)
  const tags = jobRequestTags({ prompt, model: null, maxTokens: 200, sampling: {}, stream: 'souk/1', settlement: { name: settlement }, bidMsat: null, relays: [] }, true)
  const event = await peer.publish(envelopeTemplate({ kind: KIND.textGeneration, peer: to, ciphertext: seal(peer, to, writeHiddenTags(tags)) }, nowSecs()))
  return jobOf('souk/1', event, to, '')
}

/** What the seller told that peer under a kind, decrypted. */
const hear = (peer: Peer, job: SpokenJob, kind: number, says: (text: string) => boolean) =>
  peer.hear({ kinds: [kind], authors: [job.to], '#e': [job.requestId] }, (event: NostrEvent) => {
    const text = createCipher(peer.secretKey, nodeRandom).decrypt(job.to, event.content)
    return text.ok && says(text.value) ? text.value : null
  })

describe('a customer that', () => {
  it('never pays reads the beginning alone, and the next one is told to pay first', { timeout: TEST_MS }, async () => {
    const seller = await openSeller()
    seller.provider.setTerms({ creditMsat: msat(2 * PRICE) })
    // Each with a key that nobody has seen: together they are one customer.
    for (const cancels of [true, false]) {
      const peer = await openPeer()
      const job = await request(peer, seller)
      await jobRow(seller, 'provider', job.jobId, (row) => row.sealed?.until !== undefined, WAIT_MS)
      const sealed = JSON.parse(await hear(peer, job, KIND.textGenerationResult, (text) => text.includes('"sealed"'))) as { sealed: { preview: string; bytes: number } }
      await hear(peer, job, KIND.jobFeedback, (text) => text.includes('payment-required'))
      const made = saleEvents(seller, job.jobId).find((event) => event.type === 'generated')?.generated.text ?? ''
      expect(sealed.sealed.preview.length).toBeLessThanOrEqual(made.length * 0.3)
      // Nor anything by which a guess of the rest could be told right: no digest of it, in a receipt neither, and no count of its tokens.
      expect(Object.keys(sealed)).toEqual(['souk', 'sealed'])
      expect(JSON.stringify(sealed)).not.toContain(digestText(made))
      expect(sealed.sealed.bytes).toBe(filledBytes(Buffer.byteLength(made) - Buffer.byteLength(sealed.sealed.preview)))
      if (!cancels) continue
      await peer.publish(frameIn(job, peer, { type: 'cancel', seq: 0, reason: '' }))
      expect(await ended(seller, 'provider', job.jobId)).toMatchObject({ state: 'expired', movedMsat: 0, creditMsat: PRICE })
    }
    const third = await openPeer()
    const refused = await request(third, seller)
    expect(await ended(seller, 'provider', refused.jobId)).toMatchObject({ state: 'refused' })
    expect(await hear(third, refused, KIND.jobFeedback, (text) => text.includes('error'))).toMatch(/Sealed answers worth 20 sats are unpaid here.*prepay/)
    // Who pays first is served.
    const paying = await request(third, seller, 'write 20 words', 'prepay')
    await jobRow(seller, 'provider', paying.jobId, (row) => row.state === 'invoiced', WAIT_MS)
    await hear(third, paying, KIND.jobFeedback, (text) => text.includes('payment-required'))
    expect(await balanceOf(seller)).toBe(PLAY_MONEY)
  })

  it('stops it while it is made gets nothing more than it saw, pays nothing, and has it on its account', { timeout: TEST_MS }, async () => {
    const seller = await openSeller({ toyTokensPerSecond: 50 })
    const peer = await openPeer()
    const job = await request(peer, seller, 'write 3000 words')
    await jobRow(seller, 'provider', job.jobId, (row) => row.state === 'working', WAIT_MS)
    await peer.publish(frameIn(job, peer, { type: 'cancel', seq: 0, reason: '' }))
    expect(await ended(seller, 'provider', job.jobId)).toMatchObject({ state: 'stopped', movedMsat: 0, creditMsat: PRICE })
    expect(saleEvents(seller, job.jobId).some((event) => event.type === 'sent' && event.what === 'sealed')).toBe(false)
  })
})
