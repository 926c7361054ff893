/** What a seller owes is paid back: on demand, on the next visit, over restarts, to the job's own key alone, once, and no more. */
import { expect, test } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { ok } from '#shared/market/result.ts'
import { envelopeTemplate } from '#shared/protocol/envelope.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import { writeSettlementNote } from '#shared/protocol/settlementNote.ts'
import { createCipher } from './nostr/cipher.ts'
import type { Engine } from './engine.ts'
import { nodeClock, nodeRandom } from './testing/nodePorts.ts'
import { askSeller, ended, jobRow, until } from './testing/market.ts'
import { balanceOf, isPaid, pubkeyOf, purchaseEvents, shareMarket, TEST_MS, WAIT_MS } from './testing/sharedMarket.ts'
import type { Wallet } from './wallet/wallet.ts'

const { market, openBuyer, openSeller, openPeer, close } = shareMarket()

/** A job that was paid for more than it needed. */
async function openDebt(buyerName?: string) {
  const seller = await openSeller({ toyTokensPerSecond: 200 })
  const buyer = await openBuyer({}, buyerName)
  const jobId = await askMetered(buyer, seller)
  const { owedMsat = 0 } = await ended(buyer, 'customer', jobId, WAIT_MS)
  await jobRow(seller, 'provider', jobId, ({ state, final }) => state === 'done' && final, WAIT_MS)
  expect(owedMsat).toBeGreaterThanOrEqual(sats(3))
  return { seller, buyer, jobId, owedMsat }
}

async function askMetered(buyer: Engine, seller: Engine): Promise<string> {
  const question = { prompt: 'write 20 words', selection: { by: 'pubkey', prefix: pubkeyOf(seller) }, settlement: 'metered', maxTokens: 400 } as const
  await until((look) => buyer.customer.offers.subscribe(look), () => (buyer.customer.quote(question).ok ? true : null), () => JSON.stringify(buyer.customer.quote(question)))
  const asked = buyer.customer.ask(question)
  if (!asked.ok) throw new Error(asked.error.message)
  return asked.value.jobId
}

const isRepaid = (engine: Engine, role: 'customer' | 'provider', jobId: string) => jobRow(engine, role, jobId, ({ final, owedMsat = 0 }) => final && owedMsat === 0, WAIT_MS)
const kindsOf = (engine: Engine, role: 'customer' | 'provider', jobId: string) => engine.journal.events(role, jobId).map(({ body }) => (body as { readonly type: string }).type)
const owedOnBooks = (engine: Engine) => engine.books.balances()

test('on demand: it is paid once, the fee is the seller’s, and both books are closed', async () => {
  const { seller, buyer, jobId, owedMsat } = await openDebt()
  const before = Number(await balanceOf(buyer))
  expect((owedOnBooks(seller).owedByUs ?? 0) + owedMsat).toBe(0)
  expect(buyer.customer.claim(jobId)).toEqual({ ok: true, value: null })
  await Promise.all([isRepaid(buyer, 'customer', jobId), isRepaid(seller, 'provider', jobId)])
  expect(await balanceOf(buyer)).toBe(before + owedMsat)
  expect([owedOnBooks(seller).owedByUs ?? 0, owedOnBooks(buyer).owedToUs ?? 0]).toEqual([0, 0])
  expect(seller.journal.row('provider', jobId)).toMatchObject({ state: 'done', note: expect.stringContaining('were paid back') })
  // Nothing is left to ask for.
  expect(buyer.customer.claim(jobId)).toMatchObject({ ok: false, error: { code: 'not-now' } })
  expect(kindsOf(seller, 'provider', jobId).filter((type) => type === 'refundSettled')).toHaveLength(1)
}, TEST_MS)

test('on the next visit, after both were away: by itself, and by what the seller finds when it comes back', async () => {
  const { seller, buyer, jobId, owedMsat } = await openDebt('returning')
  const name = seller.provider.status.get().terms.name
  const before = Number(await balanceOf(buyer))
  await close(buyer)
  await close(seller)
  const again = await openBuyer({}, 'returning')
  expect(again.journal.row('customer', jobId)?.owedMsat).toBe(owedMsat)
  const sellerAgain = await openSeller({ toyTokensPerSecond: 200 }, name)
  await Promise.all([isRepaid(again, 'customer', jobId), isRepaid(sellerAgain, 'provider', jobId)])
  expect(await balanceOf(again)).toBe(before + owedMsat)

  const away = await askMetered(again, sellerAgain)
  const { owedMsat: owedAgain = 0 } = await ended(again, 'customer', away, WAIT_MS)
  await jobRow(sellerAgain, 'provider', away, ({ state, final }) => state === 'done' && final, WAIT_MS)
  const balance = Number(await balanceOf(again))
  await close(sellerAgain)
  expect(again.customer.claim(away)).toMatchObject({ ok: true })
  await until((look) => again.jobChanged.listen(look), () => (kindsOf(again, 'customer', away).includes('claimSent') ? true : null), () => 'not sent', WAIT_MS)
  const last = await openSeller({ toyTokensPerSecond: 200 }, name)
  await Promise.all([isRepaid(again, 'customer', away), isRepaid(last, 'provider', away)])
  expect(await balanceOf(again)).toBe(balance + owedAgain)
}, TEST_MS)

test('a new job with the seller asks for what it owes of the last', async () => {
  const { seller, buyer, jobId } = await openDebt()
  await askMetered(buyer, seller)
  await Promise.all([isRepaid(buyer, 'customer', jobId), isRepaid(seller, 'provider', jobId)])
}, TEST_MS)

test('a stranger gets nothing, nor does an invoice over more than is owed', async () => {
  const { seller, buyer, jobId, owedMsat } = await openDebt()
  const peer = await openPeer()
  const requestId = purchaseEvents(buyer, jobId).flatMap((event) => (event.type === 'asked' ? [event.request.event.id] : []))[0] ?? ''
  const { bolt11 } = await peer.invoice(sats(1))
  const sealed = createCipher(peer.secretKey, nodeRandom).encrypt(pubkeyOf(seller), writeSettlementNote({ type: 'refund', bolt11 }))
  if (!sealed.ok) throw new Error(sealed.error.message)
  await peer.publish(envelopeTemplate({ kind: KIND.settlementNote, peer: pubkeyOf(seller), requestId, ciphertext: sealed.value }, Math.floor(nodeClock.now() / 1_000)))
  // The customer's own wish comes after the stranger's, and alone does something.
  expect(buyer.customer.claim(jobId)).toMatchObject({ ok: true })
  await isRepaid(seller, 'provider', jobId)
  expect(kindsOf(seller, 'provider', jobId).filter((type) => type === 'refundAccepted')).toHaveLength(1)
  expect(await balanceOf(peer)).toBe(await balanceOf(await openPeer()))
  expect(seller.journal.row('provider', jobId)?.feeMsat).toBeLessThanOrEqual(Math.max(1_000, owedMsat / 100))
  expect(market().audit().balanced).toBe(true)
}, TEST_MS)

/** A job that was paid for and that its seller gave up, in the middle of its work or before it began. */
async function openFailure(seller: Engine, buyer: Engine, how: { readonly dialect: 'channel' | 'nip90' | 'souk/1'; readonly settlement: 'prepay' | 'metered' | 'sealed' }): Promise<string> {
  const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'write 400 words', how)
  await jobRow(seller, 'provider', jobId, ({ state, movedMsat }) => state === 'working' && movedMsat > 0, WAIT_MS)
  expect(seller.provider.cancelJob(jobId)).toMatchObject({ ok: true })
  await jobRow(buyer, 'customer', jobId, ({ state, final }) => state === 'owed' || final, WAIT_MS)
  return jobId
}

test.each([
  ['channel', 'prepay', 10_000],
  ['nip90', 'prepay', 10_000],
  ['souk/1', 'prepay', 10_000],
  ['souk/1', 'sealed', 2_000],
] as const)('%s, %s: what was paid for and given up is paid back as soon as its customer waits no longer', async (dialect, settlement, owed) => {
  const seller = await openSeller({ toyTokensPerSecond: 2 })
  seller.provider.setTerms({ depositPermille: 200 })
  const buyer = await openBuyer()
  const before = Number(await balanceOf(buyer))
  // Its first listing named no deposit yet.
  await until((look) => buyer.directory.offers.subscribe(look), () => (buyer.directory.offers.get().values().some(({ pubkey, depositMsat }) => pubkey === pubkeyOf(seller) && depositMsat === sats(2)) ? true : null), () => 'no deposit is listed', WAIT_MS)
  const jobId = await openFailure(seller, buyer, { dialect, settlement })
  // While it waits for the answer, nothing is asked back.
  expect(buyer.customer.claim(jobId)).toMatchObject({ ok: false, error: { code: 'not-now' } })
  expect(buyer.customer.stop(jobId)).toMatchObject({ ok: true })
  expect(await ended(buyer, 'customer', jobId, WAIT_MS)).toMatchObject({ claimableMsat: owed })
  expect(buyer.customer.claim(jobId)).toEqual({ ok: true, value: null })
  await jobRow(buyer, 'customer', jobId, ({ final, claimableMsat = 0 }) => final && claimableMsat === 0, WAIT_MS)
  await isRepaid(seller, 'provider', jobId)
  const { feeMsat } = buyer.journal.row('customer', jobId) ?? { feeMsat: 0 }
  expect(await balanceOf(buyer)).toBe(before - feeMsat)
  expect([owedOnBooks(seller).owedByUs ?? 0, owedOnBooks(buyer).owedToUs ?? 0, owedOnBooks(buyer).spent ?? 0, owedOnBooks(buyer).lost ?? 0]).toEqual([0, 0, 0, 0])
}, TEST_MS)

test('of a channel, a seller that names no dialect of ours is sent nothing', async () => {
  const seller = await openSeller({ toyTokensPerSecond: 2 })
  const buyer = await openBuyer()
  const jobId = await openFailure(seller, buyer, { dialect: 'channel', settlement: 'prepay' })
  expect(buyer.customer.stop(jobId)).toMatchObject({ ok: true })
  await ended(buyer, 'customer', jobId, WAIT_MS)
  await seller.provider.stop()
  await until((look) => buyer.directory.offers.subscribe(look), () => (buyer.directory.offers.get().values().some(({ pubkey }) => pubkey === pubkeyOf(seller)) ? null : true), () => 'still listed', WAIT_MS)
  expect(buyer.customer.claim(jobId)).toMatchObject({ ok: false, error: { code: 'not-possible' } })
  expect(kindsOf(buyer, 'customer', jobId)).not.toContain('claimBegun')
}, TEST_MS)

test('asked for before the seller’s wallet knows that it was paid: paid back as soon as it does', async () => {
  let isLate = true
  const wallet = (inner: Wallet): Wallet => ({
    ...inner,
    async lookup(paymentHash, direction) {
      const found = await inner.lookup(paymentHash, direction)
      return isLate && direction === 'incoming' && found.ok && found.value?.state === 'settled' ? ok({ ...found.value, state: 'pending', settledAt: null }) : found
    },
  })
  const seller = await openSeller({ wrap: { wallet } })
  const buyer = await openBuyer()
  const before = Number(await balanceOf(buyer))
  const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'write 20 words', { settlement: 'prepay' })
  await isPaid(buyer, jobId)
  expect(buyer.customer.stop(jobId)).toMatchObject({ ok: true })
  await ended(buyer, 'customer', jobId, WAIT_MS)
  expect(buyer.customer.claim(jobId)).toEqual({ ok: true, value: null })
  await until((look) => buyer.jobChanged.listen(look), () => (kindsOf(buyer, 'customer', jobId).includes('claimSent') ? true : null), () => 'not sent', WAIT_MS)
  // What it says after that is heard after it.
  const { jobId: next } = await askSeller(buyer, pubkeyOf(seller), 'write 20 words', { settlement: 'prepay' })
  await jobRow(seller, 'provider', next, () => true, WAIT_MS)
  expect(kindsOf(seller, 'provider', jobId)).not.toContain('refundAccepted')
  isLate = false
  await jobRow(buyer, 'customer', jobId, ({ final, claimableMsat = 0 }) => final && claimableMsat === 0, WAIT_MS)
  await isRepaid(seller, 'provider', jobId)
  await ended(buyer, 'customer', next, WAIT_MS)
  const spent = [jobId, next].map((id) => buyer.journal.row('customer', id)).reduce((sum, row) => sum + (row?.movedMsat ?? 0) - (row?.paidBackMsat ?? 0), 0)
  expect(await balanceOf(buyer)).toBe(before - spent)
  expect(kindsOf(seller, 'provider', jobId).filter((type) => type === 'refundSettled')).toHaveLength(1)
}, TEST_MS)
