/** Whole trades over NIP-90 (PROTOCOL.md §4): real engines, relay, mint and wallets; the toy behind them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { SaleTerms } from '#shared/ipc/provider.ts'
import { msat, sats } from '#shared/market/msat.ts'
import { isEncrypted } from '#shared/protocol/envelope.ts'
import { tagValues, type NostrEvent } from '#shared/protocol/event.ts'
import { feedbackTemplate } from '#shared/protocol/feedback.ts'
import { jobRequestTemplate } from '#shared/protocol/jobRequest.ts'
import { jobResultTemplate, parseJobResult } from '#shared/protocol/jobResult.ts'
import { KIND } from '#shared/protocol/kinds.ts'
import type { Question } from './customer/quote.ts'
import type { PurchaseEvent } from './customer/purchase.ts'
import { purchaseTimeline } from './customer/purchaseView.ts'
import type { Engine } from './engine.ts'
import type { SaleEvent } from './provider/sale.ts'
import { PLAY_MONEY } from './sandbox/mint/ledger.ts'
import { ended, jobRow, openMarket, until, type EngineOptions, type Market } from './testing/market.ts'
import { nodeClock } from './testing/nodePorts.ts'
import { openPeer, type Peer } from './testing/peer.ts'

const PRICE = sats(10)
const FEE = msat(10)
const QUESTION = 'write 30 words'

let market: Market
let opened: (() => Promise<void>)[] = []
let names = 0

beforeAll(async () => {
  market = await openMarket()
})
afterEach(async () => {
  market.sandbox.mint()?.setFaults({ pay: 'ok', down: false })
  for (const close of opened.toReversed()) await close()
  opened = []
  expect(market.audit().balanced).toBe(true)
})
afterAll(() => market.end())

async function openBuyer(options?: EngineOptions): Promise<Engine> {
  const buyer = await market.open(`buyer${names++}`, options)
  opened.push(() => market.close(buyer))
  return buyer
}
async function openSeller(terms: Partial<SaleTerms> = {}, options: EngineOptions = {}): Promise<Engine> {
  const seller = await market.openSeller(`seller${names++}`, { ...options, terms: { priceMsat: PRICE, ...terms } })
  opened.push(() => market.close(seller))
  return seller
}
async function openPeerHere(): Promise<Peer> {
  const peer = await openPeer(market)
  opened.push(() => peer.close())
  return peer
}
const pubkeyOf = (engine: Engine) => engine.keyring.identity.pubkey
const nowSecs = () => Math.floor(nodeClock.now() / 1_000)
const balanceOf = async ({ wallet }: Pick<Engine, 'wallet'>) => {
  const balance = await wallet.balance()
  return balance.ok ? balance.value : balance.error.message
}
const purchaseEvents = (buyer: Engine, jobId: string) => buyer.journal.events('customer', jobId).map(({ body }) => body as PurchaseEvent)
const saleEvents = (seller: Engine, jobId: string) => seller.journal.events('provider', jobId).map(({ body }) => body as SaleEvent)
const requestOf = (buyer: Engine, jobId: string): NostrEvent => {
  const asked = purchaseEvents(buyer, jobId).find((event) => event.type === 'asked')
  if (asked === undefined) throw new Error('it was not asked')
  return asked.request.event
}

async function ask(buyer: Engine, question: Omit<Question, 'prompt'> & { readonly prompt?: string }): Promise<string> {
  const whole: Question = { prompt: QUESTION, dialect: 'nip90', ...question }
  await until((look) => buyer.customer.offers.subscribe(look), () => (buyer.customer.quote(whole).ok ? true : null), () => JSON.stringify(buyer.customer.quote(whole)))
  const asked = buyer.customer.ask(whole)
  if (!asked.ok) throw new Error(asked.error.message)
  return asked.value.jobId
}
const askSeller = (buyer: Engine, seller: Engine, question: Partial<Question> = {}) => ask(buyer, { selection: { by: 'pubkey', prefix: pubkeyOf(seller) }, ...question })

/** Everything on the relay that names a request. */
async function conversation(peer: Peer, requestId: string, kinds: readonly number[], count: number): Promise<readonly NostrEvent[]> {
  const events: NostrEvent[] = []
  return peer.hear({ kinds: [...kinds], '#e': [requestId] }, (event) => (events.push(event) === count ? events : null))
}

describe('a trade with a seller by name', () => {
  it.each([false, true])('moves the price once and delivers the answer (encrypted: %s)', async (encrypted) => {
    const [seller, buyer, watcher] = [await openSeller(), await openBuyer(), await openPeerHere()]
    const jobId = await askSeller(buyer, seller, { encrypted })
    const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
    const privacy = encrypted ? 'private' : 'public-relays'
    expect(bought).toMatchObject({ state: 'done', movedMsat: PRICE + FEE, peer: pubkeyOf(seller), dialect: 'nip90', privacy })
    expect(sold).toMatchObject({ state: 'done', movedMsat: PRICE, dialect: 'nip90', privacy })
    expect(buyer.customer.answer(jobId).split(/\s+/)).toHaveLength(30)
    expect([await balanceOf(buyer), await balanceOf(seller)]).toEqual([PLAY_MONEY - PRICE - FEE, PLAY_MONEY + PRICE])
    expect(market.settledPayments(jobId)).toEqual([{ amountMsat: PRICE, feeMsat: FEE }])

    const request = requestOf(buyer, jobId)
    const said = await conversation(watcher, request.id, [KIND.jobFeedback, KIND.textGenerationResult], 4)
    expect(said.filter(({ kind }) => kind === KIND.textGenerationResult)).toHaveLength(1)
    // The books name no message that was not sent.
    const told = purchaseTimeline(purchaseEvents(buyer, jobId))
    expect(told.filter(({ kind }) => kind === 'sent').map(({ title }) => title)).toEqual(['Request sent'])
    // Neither side's long-lived key asked, and what is hidden is nowhere in the clear.
    expect(request.pubkey).not.toBe(pubkeyOf(buyer))
    expect(sold.peer).toBe(request.pubkey)
    for (const event of [request, ...said]) expect(isEncrypted(event)).toBe(encrypted)
    const seen = JSON.stringify([request, ...said])
    for (const secret of [QUESTION, buyer.customer.answer(jobId), 'lnbcrt', 'payment-required']) expect(seen.includes(secret)).toBe(!encrypted)
    expect(seen).not.toContain(pubkeyOf(buyer))
  })

  it('asks each question with another key', async () => {
    const [seller, buyer] = [await openSeller(), await openBuyer()]
    const jobs = [await askSeller(buyer, seller), await askSeller(buyer, seller)]
    await Promise.all(jobs.map((jobId) => ended(buyer, 'customer', jobId)))
    expect(new Set(jobs.map((jobId) => requestOf(buyer, jobId).pubkey)).size).toBe(2)
  })

  it('is refused with the seller’s reason, hidden where the question was', async () => {
    const [seller, buyer] = [await openSeller({ maxPromptBytes: 64 }), await openBuyer()]
    for (const encrypted of [false, true]) {
      const jobId = await askSeller(buyer, seller, { prompt: 'x'.repeat(65), encrypted })
      expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'refused', movedMsat: 0, note: expect.stringContaining('too long') })
    }
  })

  it('is stopped before payment: the deletion withdraws the sale', async () => {
    const [seller, buyer] = [await openSeller(), await openBuyer({ limits: { invoiceTimeoutSecs: 600 } })]
    market.sandbox.mint()?.setFaults({ pay: 'timeout-then-failed' })
    const jobId = await askSeller(buyer, seller)
    await jobRow(seller, 'provider', jobId, ({ state }) => state === 'invoiced')
    buyer.customer.stop(jobId)
    await ended(buyer, 'customer', jobId, 30_000)
    await jobRow(seller, 'provider', jobId, () => saleEvents(seller, jobId).some((event) => event.type === 'withdrawn'))
    expect(await balanceOf(buyer)).toBe(PLAY_MONEY)
  }, 40_000)

  it('asks in private alone when that is wished, and such a question can be hidden', async () => {
    const [seller, buyer] = [await openSeller(), await openBuyer()]
    const jobId = await askSeller(buyer, seller, { encrypted: true })
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'done' })
    buyer.preferences.update({ onlyPrivate: true })
    const selection = { by: 'pubkey' as const, prefix: pubkeyOf(seller) }
    expect(buyer.customer.quote({ prompt: 'x', selection, dialect: 'nip90', encrypted: true })).toMatchObject({ ok: true, value: { privacy: 'private' } })
    expect(buyer.customer.quote({ prompt: 'x', selection, dialect: 'nip90', encrypted: false })).toMatchObject({ ok: false, error: { code: 'only-private' } })
    expect(buyer.customer.quote({ prompt: 'x', selection: { by: 'open' }, dialect: 'nip90', encrypted: true })).toMatchObject({ ok: false, error: { code: 'only-private' } })
  })
})

describe('an open request', () => {
  const open = (buyer: Engine, maxPriceMsat = sats(20)) => ask(buyer, { selection: { by: 'open' }, maxPriceMsat })

  it('binds one of two sellers that race for it, and the other one withdraws', async () => {
    const [one, other, buyer] = [await openSeller(), await openSeller(), await openBuyer()]
    const jobId = await open(buyer)
    const bought = await ended(buyer, 'customer', jobId)
    expect(bought).toMatchObject({ state: 'done', movedMsat: PRICE + FEE, privacy: 'public-relays' })
    const [winner, loser] = bought.peer === pubkeyOf(one) ? [one, other] : [other, one]
    expect(bought.peer).toBe(pubkeyOf(winner))
    expect(await ended(winner, 'provider', jobId)).toMatchObject({ state: 'done', movedMsat: PRICE })
    await jobRow(loser, 'provider', jobId, () => saleEvents(loser, jobId).some((event) => event.type === 'withdrawn'))
    expect(market.settledPayments(jobId)).toHaveLength(1)
    expect(await balanceOf(loser)).toBe(PLAY_MONEY)
  })

  it('goes past a seller that asks too much, one that takes none, and one’s own', async () => {
    const [dear, closed, own, fair] = [await openSeller({ priceMsat: sats(30) }), await openSeller({ openRequests: false }), await openSeller({ priceMsat: sats(1) }), await openSeller()]
    const jobId = await open(own)
    expect(await ended(own, 'customer', jobId)).toMatchObject({ state: 'done', peer: pubkeyOf(fair) })
    // Silence, not a refusal in public: nobody asked them by name.
    for (const seller of [dear, closed, own]) expect(seller.journal.row('provider', jobId)).toBeNull()
  })

  it('is answered again by a seller that changes its mind', async () => {
    const [seller, buyer] = [await openSeller({ openRequests: false }), await openBuyer()]
    seller.provider.setTerms({ openRequests: true })
    expect(await ended(buyer, 'customer', await open(buyer))).toMatchObject({ state: 'done', peer: pubkeyOf(seller) })
  })

  it('takes no bid of a seller that is muted', async () => {
    const [muted, fair, buyer] = [await openSeller({ priceMsat: sats(1) }), await openPeerHere(), await openBuyer()]
    expect(buyer.mutes.mute(pubkeyOf(muted), 'Spam').ok).toBe(true)
    const jobId = await open(buyer)
    const request = requestOf(buyer, jobId)
    // The muted one has bid before the other does: its bid is on the relay.
    await fair.hear({ kinds: [KIND.jobFeedback], authors: [pubkeyOf(muted)], '#e': [request.id] }, (event) => event)
    const { bolt11 } = await fair.invoice(PRICE)
    await fair.publish(feedbackTemplate({ requestId: request.id, customerPubkey: request.pubkey, status: 'payment-required', text: '', invoice: { amountMsat: PRICE, bolt11 } }, nowSecs()))
    await jobRow(buyer, 'customer', jobId, ({ state, peer }) => state === 'queued' && peer === fair.pubkey)
  })

  it('passes over bids that nobody would take, and believes no result but that of the one it took', async () => {
    const [cheat, honest, buyer] = [await openPeerHere(), await openPeerHere(), await openBuyer()]
    const jobId = await open(buyer)
    const request = requestOf(buyer, jobId)
    const bid = async (peer: Peer, bolt11: string) =>
      peer.publish(feedbackTemplate({ requestId: request.id, customerPubkey: request.pubkey, status: 'payment-required', text: '', invoice: { amountMsat: PRICE, bolt11 } }, nowSecs()))
    const answer = (peer: Peer, text: string) => peer.publish(jobResultTemplate({ requestId: request.id, customerPubkey: request.pubkey, text }, nowSecs()))
    await bid(cheat, (await cheat.invoice(sats(21))).bolt11)
    await cheat.publish(feedbackTemplate({ requestId: request.id, customerPubkey: request.pubkey, status: 'error', text: 'go away' }, nowSecs()))
    await answer(cheat, 'a lie')
    const { bolt11 } = await honest.invoice(PRICE)
    await bid(honest, bolt11)
    await jobRow(buyer, 'customer', jobId, ({ state }) => state === 'queued')
    await answer(cheat, 'another lie')
    await answer(honest, 'the truth')
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'done', peer: honest.pubkey })
    expect(buyer.customer.answer(jobId)).toBe('the truth')
  })
})

describe('what only a program of another kind says', () => {
  async function askPeer(question: Partial<Question> = {}) {
    const [peer, buyer] = [await openPeerHere(), await openBuyer()]
    const jobId = await ask(buyer, { selection: { by: 'open' }, maxPriceMsat: sats(20), ...question })
    const request = requestOf(buyer, jobId)
    return { peer, buyer, jobId, request, about: { requestId: request.id, customerPubkey: request.pubkey } }
  }

  it('shows samples as they grow, and the result in their place', async () => {
    const { peer, buyer, jobId, about } = await askPeer()
    const { bolt11 } = await peer.invoice(PRICE)
    // The original's form: the invoice in the content, beside an amount.
    await peer.publish({ kind: KIND.jobFeedback, created_at: nowSecs(), tags: [['e', about.requestId], ['p', about.customerPubkey], ['status', 'payment-required'], ['amount', String(PRICE), 'msats']], content: bolt11 })
    await jobRow(buyer, 'customer', jobId, ({ state }) => state === 'queued')
    const partial = async (content: string) => peer.publish({ ...feedbackTemplate({ ...about, status: 'partial', text: '' }, nowSecs()), content })
    const shown = (text: string) => until((look) => buyer.customer.watchText(jobId, look), () => (buyer.customer.answer(jobId) === text ? true : null), () => buyer.customer.answer(jobId))
    await partial('The answer')
    await shown('The answer')
    await partial('The answer is 4')
    await shown('The answer is 4')
    await partial('Something else')
    await peer.publish({ kind: KIND.textGenerationResult, created_at: nowSecs(), tags: [['e', about.requestId], ['p', about.customerPubkey], ['request', about.requestId]], content: 'It is 4.' })
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'done' })
    expect(buyer.customer.answer(jobId)).toBe('It is 4.')
  })

  it('sells to a request in the original’s form, and answers it in a way that its reader knows', async () => {
    const [seller, peer] = [await openSeller(), await openPeerHere()]
    const request = await peer.publish({ kind: KIND.textGeneration, created_at: nowSecs(), tags: [['p', pubkeyOf(seller)], ['param', 'max_tokens', '5']], content: 'write 3 words' })
    const invoice = await peer.hear({ kinds: [KIND.jobFeedback], '#e': [request.id] }, (event) => (tagValues(event.tags, 'status').includes('payment-required') ? event : null))
    expect(invoice.content).toBe(invoice.tags.find(([name]) => name === 'amount')?.[2])
    await peer.wallet.pay({ bolt11: invoice.content, maxFeeMsat: msat(1_000), idempotencyKey: 'x' })
    const result = await peer.hear({ kinds: [KIND.textGenerationResult], '#e': [request.id] }, (event) => event)
    expect(tagValues(result.tags, 'request')).toEqual([request.id])
    expect(result.content.split(/\s+/)).toHaveLength(3)
  })

  it('quotes a canonical request in its result, and reads the result of another job as an input', async () => {
    const [seller, peer] = [await openSeller(), await openPeerHere()]
    const buy = async (prompt: string, extra: readonly (readonly string[])[] = []) => {
      const template = jobRequestTemplate({ prompt, model: null, maxTokens: 20, sampling: {}, stream: null, bidMsat: null, relays: [] }, pubkeyOf(seller), nowSecs())
      const request = await peer.publish({ ...template, tags: [...extra, ...template.tags] })
      const bolt11 = await peer.hear({ kinds: [KIND.jobFeedback], '#e': [request.id] }, (event) => event.tags.find(([name]) => name === 'amount')?.[2] ?? null)
      await peer.wallet.pay({ bolt11, maxFeeMsat: msat(1_000), idempotencyKey: request.id })
      return { request, result: await peer.hear({ kinds: [KIND.textGenerationResult], '#e': [request.id] }, (event) => event) }
    }
    const first = await buy('What is 2+2?')
    expect(tagValues(first.result.tags, 'request').map((json): unknown => JSON.parse(json))).toEqual([structuredClone(first.request)])
    expect(parseJobResult(first.result)).toMatchObject({ ok: true, value: { requestId: first.request.id, amountMsat: PRICE } })
    const second = await buy('What was that?', [['i', first.request.id, 'job']])
    const sold = saleEvents(seller, `job_${second.request.id.slice(0, 16)}`).find((event) => event.type === 'requested')
    expect(sold?.request.prompt).toBe(`${first.result.content}\n\nWhat was that?`)
  })
})
