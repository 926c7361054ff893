/** Sealed trades in which either side ends at every stage and starts again from what it stored (PROTOCOL.md §6). */
import { describe, expect, it } from 'vitest'
import type { JobState } from '#shared/ipc/common.ts'
import type { Engine, EngineWraps } from './engine.ts'
import type { Backend } from './inference/backend.ts'
import { PLAY_MONEY } from './sandbox/mint/ledger.ts'
import { askSeller, jobRow } from './testing/market.ts'
import { balanceOf, FEE, PRICE, pubkeyOf, purchaseEvents, saleEvents, shareMarket, TEST_MS, WAIT_MS } from './testing/sharedMarket.ts'

const { market, newName, openBuyer, openSeller, close } = shareMarket()
const SLOW = { toyTokensPerSecond: 60 }
const ask = (buyer: Engine, seller: Engine) => askSeller(buyer, pubkeyOf(seller), 'write 60 words', { settlement: 'sealed' })
const ended = (engine: Engine, role: 'customer' | 'provider', jobId: string) => jobRow(engine, role, jobId, (row) => row.final, WAIT_MS)

/** Paid once, read whole, the same bytes on either side, and the books are what the wallets are. */
async function expectDone(buyer: Engine, seller: Engine, jobId: string): Promise<void> {
  const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
  expect([bought.state, bought.movedMsat, sold.state, sold.movedMsat]).toEqual(['done', PRICE + FEE, 'done', PRICE])
  const made = saleEvents(seller, jobId).findLast((event) => event.type === 'generated')?.generated.text
  expect(buyer.customer.answer(jobId)).toBe(made)
  expect(market().settledPayments(jobId)).toHaveLength(1)
  expect([await balanceOf(buyer), await balanceOf(seller)]).toEqual([PLAY_MONEY - PRICE - FEE, PLAY_MONEY + PRICE])
  expect([buyer.books.ofJob('customer', jobId), seller.books.ofJob('provider', jobId)]).toEqual([{ wallet: -(PRICE + FEE), spent: PRICE, fees: FEE }, { wallet: PRICE, earned: 0 - PRICE }])
  // One seal, and one event that says it.
  expect(new Set(purchaseEvents(buyer, jobId).flatMap((event) => (event.type === 'sealedReceived' ? [event.eventId] : []))).size).toBe(1)
  const delivered = saleEvents(seller, jobId).flatMap((event) => (event.type === 'sent' && event.what === 'sealed' ? [event.delivery.eventId] : []))
  expect(delivered).toEqual(purchaseEvents(buyer, jobId).flatMap((event) => (event.type === 'sealedReceived' ? [event.eventId] : [])))
}

describe('a sealed trade goes on', { timeout: TEST_MS }, () => {
  it.each<JobState>(['queued', 'working', 'sealed', 'unlocking'])('after its seller ended when it was %s', async (state) => {
    const name = newName('sealer')
    const [seller, buyer] = [await openSeller(SLOW, name), await openBuyer()]
    const { jobId } = await ask(buyer, seller)
    await jobRow(seller, 'provider', jobId, (row) => row.state === state, WAIT_MS)
    await close(seller)
    const again = await openSeller(SLOW, name)
    await expectDone(buyer, again, jobId)
  })

  it.each<JobState>(['asking', 'working', 'sealed', 'paying', 'unlocking'])('after its customer ended when it was %s', async (state) => {
    const name = newName('buyer')
    const [seller, buyer] = [await openSeller(SLOW), await openBuyer({}, name)]
    const { jobId } = await ask(buyer, seller)
    await jobRow(buyer, 'customer', jobId, (row) => row.state === state, WAIT_MS)
    await close(buyer)
    const again = await openBuyer({}, name)
    await expectDone(again, seller, jobId)
  })

  it('and is opened by a customer that was away until everything was there', async () => {
    const name = newName('buyer')
    const [seller, buyer] = [await openSeller(SLOW), await openBuyer({}, name)]
    const { jobId } = await ask(buyer, seller)
    await jobRow(buyer, 'customer', jobId, (row) => row.state === 'working', WAIT_MS)
    await close(buyer)
    await jobRow(seller, 'provider', jobId, (row) => row.sealed?.until !== undefined, WAIT_MS)
    await expectDone(await openBuyer({}, name), seller, jobId)
  })

  it('as its customer says, where it is asked before it opens what is there', async () => {
    const [seller, buyer] = [await openSeller(), await openBuyer()]
    buyer.preferences.update({ release: 'ask' })
    const { jobId } = await ask(buyer, seller)
    const row = await jobRow(buyer, 'customer', jobId, (each) => each.sealed?.until !== undefined, WAIT_MS)
    expect(row).toMatchObject({ state: 'sealed', movedMsat: 0, sealed: { openMsat: PRICE } })
    expect(row.note).toMatch(/^\d+ bytes are under seal; opening them costs 10 sats/)
    const made = saleEvents(seller, jobId).find((event) => event.type === 'generated')?.generated.text ?? ''
    expect(made.startsWith(buyer.customer.answer(jobId))).toBe(true)
    expect(buyer.customer.answer(jobId).length).toBeLessThanOrEqual(made.length * 0.3)
    expect(await balanceOf(buyer)).toBe(PLAY_MONEY)
    expect(buyer.customer.release(jobId)).toMatchObject({ ok: true })
    await expectDone(buyer, seller, jobId)
  })

  it('or not, where its customer leaves what is there: nothing is paid, and the seller hears of it', async () => {
    const [seller, buyer] = [await openSeller(), await openBuyer()]
    buyer.preferences.update({ release: 'ask' })
    const { jobId } = await ask(buyer, seller)
    await jobRow(buyer, 'customer', jobId, (each) => each.sealed?.until !== undefined, WAIT_MS)
    expect(buyer.customer.stop(jobId)).toMatchObject({ ok: true })
    const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
    expect([bought.state, bought.movedMsat, sold.state, sold.movedMsat, sold.creditMsat]).toEqual(['stopped', 0, 'expired', 0, PRICE])
    expect([await balanceOf(buyer), await balanceOf(seller)]).toEqual([PLAY_MONEY, PLAY_MONEY])
  })

  it('with an answer of half a mebibyte, in parts', async () => {
    const answer = 'Zürich – 東京 – 🛒 '.repeat(20_000)
    const wrap: EngineWraps = {
      toy: (toy): Backend => ({
        ...toy,
        async *generate() {
          for (let start = 0; start < answer.length; start += 4_096) {
            yield { type: 'text', text: answer.slice(start, start + 4_096) }
            await new Promise((resolve) => setImmediate(resolve))
          }
          yield { type: 'done', stoppedBy: 'end', usage: { promptTokens: 1, outputTokens: answer.length, durationMs: 1 } }
        },
      }),
    }
    const [seller, buyer] = [await openSeller({ wrap }), await openBuyer()]
    const { jobId } = await ask(buyer, seller)
    await expectDone(buyer, seller, jobId)
    expect(Buffer.byteLength(buyer.customer.answer(jobId))).toBe(Buffer.byteLength(answer))
  })
})
