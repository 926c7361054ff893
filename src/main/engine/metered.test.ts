/** Whole metered trades (souk/1) in one process: real engines, relay, mint and wallets; the toy behind them. */
import { expect, test } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import type { SaleTerms } from '#shared/ipc/provider.ts'
import type { Engine } from './engine.ts'
import { ended, jobRow, until } from './testing/market.ts'
import { pubkeyOf, purchaseEvents, saleEvents, shareMarket, TEST_MS, WAIT_MS } from './testing/sharedMarket.ts'

const { market, newName, openBuyer, openSeller, close } = shareMarket()

const TERMS: Partial<SaleTerms> = { inputPer1kMsat: sats(1), outputPer1kMsat: sats(20), tickTokens: 30, graceSecs: 5 }

async function askMetered(buyer: Engine, seller: Engine, prompt: string, maxTokens = 400): Promise<string> {
  const question = { prompt, selection: { by: 'pubkey', prefix: pubkeyOf(seller) }, settlement: 'metered', maxTokens } as const
  await until((look) => buyer.customer.offers.subscribe(look), () => (buyer.customer.quote(question).ok ? true : null), () => JSON.stringify(buyer.customer.quote(question)))
  const asked = buyer.customer.ask(question)
  if (!asked.ok) throw new Error(asked.error.message)
  return asked.value.jobId
}

async function openTrade(terms: Partial<SaleTerms> = {}, tokensPerSecond = 60, buyerName = newName('buyer')) {
  const seller = await openSeller({ toyTokensPerSecond: tokensPerSecond })
  seller.provider.setTerms({ ...TERMS, ...terms })
  return { seller, buyer: await openBuyer({}, buyerName) }
}

/** Of what was paid, what both sides say is owed back; and that they say the same, once either wallet has told it all. */
async function expectEqualBooks(buyer: Engine, seller: Engine, jobId: string): Promise<{ readonly paid: number; readonly owed: number }> {
  const paid = () => market().settledPayments(jobId).reduce((sum, { amountMsat }) => sum + amountMsat, 0)
  const sold = await jobRow(seller, 'provider', jobId, ({ state, movedMsat }) => (state === 'done' || state === 'stopped') && movedMsat === paid(), WAIT_MS)
  const bought = await jobRow(buyer, 'customer', jobId, ({ movedMsat, feeMsat }) => movedMsat - feeMsat === paid(), WAIT_MS)
  expect(bought.owedMsat).toBe(sold.owedMsat)
  return { paid: paid(), owed: sold.owedMsat ?? 0 }
}

test('an answer is paid while it comes, and both books say the same', async () => {
  const { seller, buyer } = await openTrade()
  const jobId = await askMetered(buyer, seller, 'write 100 words')
  const bought = await ended(buyer, 'customer', jobId, WAIT_MS)
  expect(bought).toMatchObject({ state: 'done', settlement: 'metered', dialect: 'souk/1', outputTokens: 100 })
  const { paid, owed } = await expectEqualBooks(buyer, seller, jobId)
  // Five tokens of prompt at the most, a hundred of output: three sats with the rounding up.
  expect(paid - owed).toBe(sats(3))
  expect(market().settledPayments(jobId).length).toBeGreaterThan(4)
  expect(buyer.customer.answer(jobId).split(/\s+/)).toHaveLength(100)
}, TEST_MS)

test('a stream that is paid in time never pauses', async () => {
  // Five seconds a step: far longer than a payment takes here.
  const { seller, buyer } = await openTrade({ tickTokens: 150 }, 40)
  const jobId = await askMetered(buyer, seller, 'write 220 words')
  await ended(buyer, 'customer', jobId, WAIT_MS)
  expect(saleEvents(seller, jobId).filter(({ type }) => type === 'paused')).toEqual([])
  expect(market().settledPayments(jobId).length).toBeGreaterThan(2)
  await expectEqualBooks(buyer, seller, jobId)
}, TEST_MS)

test('a customer whose spending is stopped pays no more, and gets what it paid for', async () => {
  const { seller, buyer } = await openTrade()
  const jobId = await askMetered(buyer, seller, 'write 300 words')
  await jobRow(buyer, 'customer', jobId, ({ movedMsat }) => movedMsat > sats(2), WAIT_MS)
  buyer.preferences.update({ spendingStopped: true })
  const bought = await ended(buyer, 'customer', jobId, WAIT_MS)
  expect(bought).toMatchObject({ state: 'stopped' })
  const { paid } = await expectEqualBooks(buyer, seller, jobId)
  const sold = seller.journal.row('provider', jobId)
  expect(sold?.outputTokens).toBeLessThanOrEqual(20 * market().settledPayments(jobId).length)
  expect(paid).toBeLessThan(sats(15))
  expect(buyer.customer.answer(jobId)).toBe(saleEvents(seller, jobId).findLast((event) => event.type === 'generated')?.generated.text)
}, TEST_MS)

test('either side that stops ends it with what was paid for', async () => {
  const { seller, buyer } = await openTrade()
  for (const stop of [(jobId: string) => buyer.customer.stop(jobId), (jobId: string) => seller.provider.cancelJob(jobId)]) {
    const jobId = await askMetered(buyer, seller, 'write 300 words')
    await jobRow(seller, 'provider', jobId, ({ movedMsat }) => movedMsat > sats(2), WAIT_MS)
    expect(stop(jobId)).toMatchObject({ ok: true })
    const bought = await ended(buyer, 'customer', jobId, WAIT_MS)
    expect(['stopped', 'done']).toContain(bought.state)
    await expectEqualBooks(buyer, seller, jobId)
  }
}, TEST_MS)

test('a seller that dies before it could charge for anything makes it anew, unread, up to what is paid for, and keeps nobody waiting', async () => {
  const { seller, buyer } = await openTrade({ graceSecs: 600 }, 8)
  const name = seller.provider.status.get().terms.name
  const jobId = await askMetered(buyer, seller, 'write 300 words')
  await until((look) => buyer.jobChanged.listen(look), () => (buyer.customer.answer(jobId) === '' ? null : true), () => 'nothing read', WAIT_MS)
  await close(seller)
  const again = await openSeller({ toyTokensPerSecond: 200 }, name)
  const bought = await ended(buyer, 'customer', jobId, WAIT_MS)
  expect(['stopped', 'done']).toContain(bought.state)
  expect(bought.outputTokens).toBe(20)
  const events = saleEvents(again, jobId).map(({ type }) => type)
  expect([events.filter((type) => type === 'workBegun').length, events.includes('paused'), events.filter((type) => type === 'invoiced').length]).toEqual([2, false, 1])
  expect(buyer.customer.answer(jobId).split(/\s+/)).toHaveLength(20)
  await expectEqualBooks(buyer, again, jobId)
}, TEST_MS)

test('a seller that dies in the middle delivers what it kept, and owes the rest', async () => {
  const { seller, buyer } = await openTrade({}, 30)
  const name = seller.provider.status.get().terms.name
  const jobId = await askMetered(buyer, seller, 'write 300 words')
  await until((look) => seller.jobChanged.listen(look), () => (saleEvents(seller, jobId).filter(({ type }) => type === 'tokensMade').length >= 2 ? true : null), () => 'no marks', WAIT_MS)
  await close(seller)
  const again = await openSeller({ toyTokensPerSecond: 30 }, name)
  const bought = await ended(buyer, 'customer', jobId, WAIT_MS)
  expect(bought).toMatchObject({ state: 'done' })
  const { owed } = await expectEqualBooks(buyer, again, jobId)
  expect(owed).toBeGreaterThan(0)
  const events = saleEvents(again, jobId)
  const kept = events.flatMap((event) => (event.type === 'tokensMade' ? [event.text] : [])).join('')
  expect(events.findLast((event) => event.type === 'generated')?.generated).toMatchObject({ text: kept, stoppedBy: 'failure' })
  expect(buyer.customer.answer(jobId)).toBe(kept)
}, TEST_MS)

test.each([1, 2, 4])('a customer that ends after %i payments and starts again reads and pays on, to the end', async (payments) => {
  const name = newName('buyer')
  const { seller, buyer } = await openTrade({ graceSecs: 60 }, 60, name)
  const jobId = await askMetered(buyer, seller, 'write 150 words')
  await until((look) => seller.jobChanged.listen(look), () => (market().settledPayments(jobId).length >= payments ? true : null), () => 'not paid', WAIT_MS)
  await close(buyer)
  // It waits, and says so, before anybody is back.
  await jobRow(seller, 'provider', jobId, ({ state }) => state === 'paused', WAIT_MS)
  const again = await openBuyer({}, name)
  expect(await ended(again, 'customer', jobId, WAIT_MS)).toMatchObject({ state: 'done', outputTokens: 150 })
  await expectEqualBooks(again, seller, jobId)
  const made = saleEvents(seller, jobId).findLast((event) => event.type === 'generated')?.generated.text
  expect([again.customer.answer(jobId), again.customer.answer(jobId).split(/\s+/).length]).toEqual([made, 150])
  // What was read before the result is the answer, too, piece by piece.
  const pieces = purchaseEvents(again, jobId).flatMap((event) => (event.type === 'textReceived' ? [event.text] : []))
  expect(made?.startsWith(pieces.join(''))).toBe(true)
}, TEST_MS)
