/** Whole trades by escrow on the sandbox's hold invoices: real engines, relay, mint and wallets. */
import { describe, expect, it } from 'vitest'
import type { DialectName } from '#shared/market/dialect.ts'
import { ACCOUNTS } from '#shared/market/books.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import type { Engine } from './engine.ts'
import { PLAY_MONEY } from './sandbox/mint/ledger.ts'
import { askSeller, ended, jobRow } from './testing/market.ts'
import { balanceOf, FEE, PRICE, pubkeyOf, purchaseEvents, saleEvents, shareMarket, TEST_MS, WAIT_MS } from './testing/sharedMarket.ts'

const { market, openBuyer, openSeller, openPeer, newName, close } = shareMarket()
const QUESTION = 'write 30 words'
/** At the pace of `SLOW`, a minute. */
const LONG_QUESTION = 'write 3000 words'
const SLOW = { toyTokensPerSecond: 50 }

const types = (events: readonly { readonly type: string }[]) => events.map(({ type }) => type)
const ask = (buyer: Engine, seller: Engine, prompt = QUESTION, dialect?: DialectName) => askSeller(buyer, pubkeyOf(seller), prompt, { settlement: 'escrow', ...(dialect === undefined ? {} : { dialect }) })
const bought = (buyer: Engine, jobId: string) => ended(buyer, 'customer', jobId, WAIT_MS)
const sold = (seller: Engine, jobId: string) => ended(seller, 'provider', jobId, WAIT_MS)
const isState = (engine: Engine, role: 'customer' | 'provider', jobId: string, state: string) => jobRow(engine, role, jobId, (row) => row.state === state, WAIT_MS)
/** Nothing moved: both wallets are whole, and what the mint held is back. */
async function expectNothingMoved(buyer: Engine, seller: Engine): Promise<void> {
  expect([await balanceOf(buyer), await balanceOf(seller)]).toEqual([PLAY_MONEY, PLAY_MONEY])
}
/** What the books of an engine say of its job, posting by posting. */
function booked(engine: Engine, jobId: string): Record<string, number> {
  const balances = engine.books.ofJob(engine.journal.row('customer', jobId) === null ? 'provider' : 'customer', jobId)
  return Object.fromEntries(ACCOUNTS.flatMap((account) => (balances[account] ? [[account, balances[account]]] : [])))
}

describe('a trade by escrow', { timeout: TEST_MS }, () => {
  it.each(['souk/1', 'nip90', 'channel'] as const)('in %s locks, delivers, releases and claims: the price moves once', async (dialect) => {
    const [seller, buyer] = [await openSeller(), await openBuyer()]
    const { jobId } = await ask(buyer, seller, QUESTION, dialect)
    const [purchase, sale] = await Promise.all([bought(buyer, jobId), sold(seller, jobId)])
    expect(purchase).toMatchObject({ state: 'done', settlement: 'escrow', dialect, movedMsat: PRICE + FEE, feeMsat: FEE })
    expect(sale).toMatchObject({ state: 'done', settlement: 'escrow', movedMsat: PRICE, outputTokens: 30 })
    expect(buyer.customer.answer(jobId).split(/\s+/)).toHaveLength(30)
    expect([await balanceOf(buyer), await balanceOf(seller)]).toEqual([PLAY_MONEY - PRICE - FEE, PLAY_MONEY + PRICE])
    expect(market().settledPayments(jobId)).toEqual([{ amountMsat: PRICE, feeMsat: FEE }])
    // Work began on the lock, and the money moved after the answer.
    expect(types(saleEvents(seller, jobId)).filter((type) => ['lockAccepted', 'workBegun', 'generated', 'released', 'paid'].includes(type))).toEqual(['lockAccepted', 'workBegun', 'generated', 'released', 'paid'])
    expect([booked(buyer, jobId), booked(seller, jobId)]).toEqual([{ wallet: 0 - PRICE - FEE, spent: PRICE, fees: FEE }, { wallet: PRICE, earned: 0 - PRICE }])
  })

  it('is released where only the seller can read it, and the secret is in no journal', async () => {
    const [seller, buyer, watcher] = [await openSeller(), await openBuyer(), await openPeer()]
    const { jobId } = await ask(buyer, seller)
    await Promise.all([bought(buyer, jobId), sold(seller, jobId)])
    const note = await watcher.hear({ kinds: [KIND.settlementNote], '#p': [pubkeyOf(seller)] }, (event) => event)
    expect(note.tags).toContainEqual(['encrypted'])
    const hash = buyer.journal.events('customer', jobId).map(({ body }) => body as { type: string; paymentHash?: string }).find(({ type }) => type === 'locked')?.paymentHash
    const found = await seller.wallet.lookup(String(hash), 'incoming')
    const preimage = found.ok ? found.value?.preimage : null
    expect(preimage).toMatch(/^[0-9a-f]{64}$/)
    for (const told of [note, purchaseEvents(buyer, jobId), saleEvents(seller, jobId)]) expect(JSON.stringify(told)).not.toContain(preimage)
  })

  it('waits for a person where the settings say so, and shows until when', async () => {
    const [seller, buyer] = [await openSeller(), await openBuyer()]
    buyer.preferences.update({ release: 'ask' })
    const { jobId } = await ask(buyer, seller)
    expect(await isState(buyer, 'customer', jobId, 'unlocking')).toMatchObject({ final: false, lockedMsat: PRICE, movedMsat: 0, note: expect.stringMatching(/^The answer is there\. Release the payment if it is what you asked for\./) })
    expect(await isState(seller, 'provider', jobId, 'unlocking')).toMatchObject({ lockedMsat: PRICE, movedMsat: 0, note: 'Delivered. Waiting for the customer to release the payment.' })
    expect(booked(seller, jobId)).toEqual({ lockedForUs: PRICE, promised: 0 - PRICE })
    expect(buyer.customer.answer(jobId).split(/\s+/)).toHaveLength(30)
    expect(buyer.customer.release(jobId)).toMatchObject({ ok: true })
    expect(await bought(buyer, jobId)).toMatchObject({ state: 'done', movedMsat: PRICE + FEE })
    expect(await sold(seller, jobId)).toMatchObject({ state: 'done', movedMsat: PRICE })
    expect(buyer.customer.release(jobId)).toMatchObject({ ok: false, error: { message: 'Nothing of this job waits for your release.' } })
  })

  it('stopped while the seller works is given back at once: nothing moved, and both sides say so', async () => {
    const [seller, buyer] = [await openSeller(SLOW), await openBuyer()]
    const { jobId } = await ask(buyer, seller, LONG_QUESTION)
    await isState(buyer, 'customer', jobId, 'working')
    buyer.customer.stop(jobId)
    expect(await sold(seller, jobId)).toMatchObject({ state: 'stopped', movedMsat: 0 })
    expect(await bought(buyer, jobId)).toMatchObject({ state: 'stopped', movedMsat: 0, note: 'Stopped. Nothing was paid: what was locked comes back.' })
    await expectNothingMoved(buyer, seller)
    expect(types(saleEvents(seller, jobId))).not.toContain('generated')
  })

  it('stopped when it is locked and its turn has not come is given back, and was never begun', async () => {
    const [seller, buyer, other] = [await openSeller(SLOW), await openBuyer(), await openBuyer()]
    seller.provider.setTerms({ concurrency: 1 })
    const blocking = await ask(other, seller, LONG_QUESTION)
    await isState(other, 'customer', blocking.jobId, 'working')
    const { jobId } = await ask(buyer, seller)
    await isState(buyer, 'customer', jobId, 'locked')
    await isState(seller, 'provider', jobId, 'queued')
    buyer.customer.stop(jobId)
    const [purchase, sale] = await Promise.all([bought(buyer, jobId), sold(seller, jobId)])
    expect([purchase.state, sale.state, types(saleEvents(seller, jobId)).includes('workBegun')]).toEqual(['stopped', 'stopped', false])
    await expectNothingMoved(buyer, seller)
    other.customer.stop(blocking.jobId)
    await bought(other, blocking.jobId)
  })

  it('cancelled by the seller is given back, and the customer hears why', async () => {
    const [seller, buyer] = [await openSeller(SLOW), await openBuyer()]
    const { jobId } = await ask(buyer, seller, LONG_QUESTION)
    await isState(buyer, 'customer', jobId, 'working')
    expect(seller.provider.cancelJob(jobId)).toMatchObject({ ok: true })
    expect(await sold(seller, jobId)).toMatchObject({ state: 'stopped', movedMsat: 0 })
    expect(await bought(buyer, jobId)).toMatchObject({ state: 'returned', movedMsat: 0 })
    await expectNothingMoved(buyer, seller)
  })

  it('whose model fails for good is given back: nothing is owed', async () => {
    const generate = async function* () {
      yield { type: 'failed', problem: { code: 'backend-failed', message: 'It broke at /home/seller.' } } as const
    }
    const [seller, buyer] = [await openSeller({ wrap: { toy: (toy) => ({ ...toy, generate }) } }), await openBuyer()]
    const { jobId } = await ask(buyer, seller)
    expect(await sold(seller, jobId)).toMatchObject({ state: 'failed', movedMsat: 0, note: 'It broke at /home/seller.' })
    const purchase = await bought(buyer, jobId)
    expect(purchase).toMatchObject({ state: 'returned', movedMsat: 0 })
    expect(JSON.stringify([purchase, purchaseEvents(buyer, jobId)])).not.toContain('/home/seller')
    expect([booked(buyer, jobId), booked(seller, jobId)]).toEqual([{}, {}])
    await expectNothingMoved(buyer, seller)
  })
})

describe('a seller that goes away', { timeout: TEST_MS }, () => {
  it('while it works goes on when it is back, and is paid once', async () => {
    const name = newName('seller')
    const seller = await openSeller(SLOW, name)
    const buyer = await openBuyer()
    const { jobId } = await ask(buyer, seller, 'write 60 words')
    await isState(buyer, 'customer', jobId, 'working')
    await close(seller)
    const again = await openSeller({}, name)
    expect(await bought(buyer, jobId)).toMatchObject({ state: 'done', movedMsat: PRICE + FEE })
    expect(await sold(again, jobId)).toMatchObject({ state: 'done', movedMsat: PRICE })
    expect(buyer.customer.answer(jobId).split(/\s+/)).toHaveLength(60)
    expect(market().settledPayments(jobId)).toHaveLength(1)
  })

  it('before it is paid for finds the release that was said meanwhile, and claims', async () => {
    const name = newName('seller')
    const [seller, buyer] = [await openSeller({}, name), await openBuyer()]
    buyer.preferences.update({ release: 'ask' })
    const { jobId } = await ask(buyer, seller)
    await isState(buyer, 'customer', jobId, 'unlocking')
    await isState(seller, 'provider', jobId, 'unlocking')
    await close(seller)
    buyer.customer.release(jobId)
    await jobRow(buyer, 'customer', jobId, () => types(purchaseEvents(buyer, jobId)).includes('releaseDecided') && purchaseEvents(buyer, jobId).some((event) => event.type === 'sent' && event.what === 'release'), WAIT_MS)
    // Not even selling: customers of open jobs are heard all the same.
    const again = await market().open(name)
    try {
      expect(await sold(again, jobId)).toMatchObject({ state: 'done', movedMsat: PRICE })
      expect(await bought(buyer, jobId)).toMatchObject({ state: 'done' })
    } finally {
      await market().close(again)
    }
  })
})

describe('a customer that goes away', { timeout: TEST_MS }, () => {
  it('while its money is locked finds the answer when it is back, and releases', async () => {
    const name = newName('buyer')
    const [seller, buyer] = [await openSeller(SLOW), await openBuyer({}, name)]
    const { jobId } = await ask(buyer, seller, 'write 60 words')
    await isState(buyer, 'customer', jobId, 'working')
    await close(buyer)
    await isState(seller, 'provider', jobId, 'unlocking')
    const again = await openBuyer({}, name)
    expect(await bought(again, jobId)).toMatchObject({ state: 'done', movedMsat: PRICE + FEE })
    expect(await sold(seller, jobId)).toMatchObject({ state: 'done', movedMsat: PRICE })
    expect(market().settledPayments(jobId)).toHaveLength(1)
  })
})

describe('what a customer may not do', { timeout: TEST_MS }, () => {
  it('is to have two answers for one lock: a hash is one job’s', async () => {
    const [seller, peer] = [await openSeller(), await openPeer()]
    // What its wallet can hold is known from here on.
    await seller.account.refresh()
    const channelId = String(seller.provider.status.get().channelId)
    const paymentHash = 'ab'.repeat(32)
    const request = { type: 'JobRequest', kind: 5050, prompt: QUESTION, max_tokens: 100, target_provider: pubkeyOf(seller), payment_hash: paymentHash } as const
    await peer.say(channelId, request)
    await peer.hearChannel(channelId, (message) => (message.type === 'Invoice' && message.payment_hash === paymentHash ? message : null))
    const second = await peer.say(channelId, { ...request, prompt: 'write 40 words' })
    const refusal = await peer.hear({ kinds: [KIND.jobFeedback], '#e': [second.id] }, (event) => event.tags.find(([name]) => name === 'status'))
    expect(refusal).toEqual(['status', 'error', 'This payment hash was used before. Every job needs a secret of its own.'])
  })
})
