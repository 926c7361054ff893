/** Receipts of whole trades: real engines, relay, mint and wallets; the toy behind them. Both sides sign the same job, each from its own journal. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import type { DialectName } from '#shared/market/dialect.ts'
import { ok } from '#shared/market/result.ts'
import { parseJobReceipt, type JobReceipt } from '#shared/protocol/jobReceipt.ts'
import { checkReceipts } from '#shared/protocol/receiptCheck.ts'
import type { NostrEvent } from '#shared/protocol/event.ts'
import type { Engine } from '../engine.ts'
import { loadNostrCrypto } from '../nostr/crypto.ts'
import { openWebSocketWithWs } from '../nostr/openWebSocket.ts'
import type { Clock } from '../ports.ts'
import { startHouse } from '../sandbox/house.ts'
import { nodeClock, nodeRandom } from '../testing/nodePorts.ts'
import { askSeller, ended, openMarket, until, type EngineOptions, type Market } from '../testing/market.ts'

const { verify } = await loadNostrCrypto()
const LONG = `Summarize: ${'🛒 café\u0007 '.repeat(12_000)}`
let market: Market
let opened: Engine[] = []
let names = 0

beforeAll(async () => {
  market = await openMarket()
})
afterEach(async () => {
  for (const engine of opened.toReversed()) await market.close(engine)
  opened = []
})
afterAll(() => market.end())

/** What is waited for at the end of a job comes at once. */
const hasty: Clock = { now: nodeClock.now, after: (delayMs, run) => nodeClock.after(delayMs === 10_000 || delayMs === 60_000 ? 300 : delayMs, run) }

async function openBoth(options: EngineOptions = {}, buying: EngineOptions = {}, name?: string): Promise<{ buyer: Engine; seller: Engine }> {
  const seller = await market.openSeller(`seller${names++}`, { ...options, terms: { priceMsat: sats(10), maxPromptBytes: 1_000_000 } })
  const buyer = await market.open(name ?? `buyer${names++}`, buying)
  opened.push(seller, buyer)
  return { buyer, seller }
}

async function trade(buyer: Engine, seller: Engine, prompt: string, question: { threadId?: string; dialect?: DialectName } = {}) {
  const asked = await askSeller(buyer, seller.keyring.identity.pubkey, prompt, question)
  await Promise.all([ended(buyer, 'customer', asked.jobId), ended(seller, 'provider', asked.jobId)])
  return asked
}

function receiptsOf(engine: Engine, role: 'provider' | 'customer', jobId: string): readonly NostrEvent[] {
  return engine.receipts.ofJob({ role, jobId })?.receipts ?? []
}
function read(event: NostrEvent | undefined): JobReceipt {
  const parsed = event === undefined ? null : parseJobReceipt(event)
  if (parsed?.ok !== true) throw new Error(`no receipt: ${JSON.stringify(event)}`)
  return parsed.value
}
function checkBoth(buyer: Engine, seller: Engine, jobId: string) {
  const events = [...receiptsOf(buyer, 'customer', jobId), ...receiptsOf(seller, 'provider', jobId)]
  return checkReceipts(events.map((event) => ok(event)), { verify, transcript: buyer.receipts.transcriptOf({ role: 'customer', jobId }), openedHashes: [] })
}

it.for<DialectName>(['souk/1', 'nip90', 'channel'])('in %s both sides sign the same, of a first question and of one that earlier turns travel with', async (dialect) => {
  const { buyer, seller } = await openBoth()
  const first = await trade(buyer, seller, 'What is 2+2?', { dialect })
  const second = await trade(buyer, seller, 'And "twice" that?', { dialect, threadId: first.threadId })
  for (const { jobId } of [first, second]) {
    expect(checkBoth(buyer, seller, jobId)).toMatchObject({ isGood: true, refused: [], strays: [] })
    const [bought, sold] = [read(receiptsOf(buyer, 'customer', jobId)[0]), read(receiptsOf(seller, 'provider', jobId)[0])]
    expect(bought).toMatchObject({ role: 'customer', settlement: 'prepay', outcome: 'done', payments: [{ amountMsat: sats(10), fate: 'paid' }] })
    expect(bought.transcriptSha256).toBe(sold.transcriptSha256)
    expect(bought.deliveredAt).toBeGreaterThanOrEqual(bought.askedAt)
    expect(sold).toMatchObject({ role: 'provider', model: 'souk-toy', provider: seller.keyring.identity.pubkey })
    // A private question is signed for with the key that asked it, which nobody can tie to the customer.
    expect(bought.customer === buyer.keyring.identity.pubkey).toBe(dialect === 'channel')
    // The seller's first word on it comes with a private answer, and is kept beside one's own.
    expect(receiptsOf(buyer, 'customer', jobId)).toHaveLength(dialect === 'souk/1' ? 2 : 1)
  }
  expect(buyer.receipts.transcriptOf({ role: 'customer', jobId: second.jobId })?.prompt).toContain('What is 2+2?')
})

it('a prompt in parts is signed for whole', async () => {
  const { buyer, seller } = await openBoth()
  const { jobId } = await trade(buyer, seller, LONG, { dialect: 'souk/1' })
  expect(checkBoth(buyer, seller, jobId)).toMatchObject({ isGood: true })
  expect(buyer.receipts.transcriptOf({ role: 'customer', jobId })?.prompt).toBe(LONG)
})

it('what is unreadable for NIP-90 is signed for as it was sent', async () => {
  const { buyer, seller } = await openBoth()
  const { jobId } = await trade(buyer, seller, 'half \ud83d a \u0007 character', { dialect: 'nip90' })
  expect(checkBoth(buyer, seller, jobId)).toMatchObject({ isGood: true })
})

it('the customer’s receipt can be handed to the seller, and the seller’s to the customer', async () => {
  const { buyer, seller } = await openBoth()
  const { jobId } = await trade(buyer, seller, 'What is 2+2?')
  const [bought] = receiptsOf(buyer, 'customer', jobId)
  const [sold] = receiptsOf(seller, 'provider', jobId)
  if (bought === undefined || sold === undefined) throw new Error('no receipts')
  expect(seller.receipts.keepForeign({ role: 'provider', jobId }, bought)).toEqual({ ok: true, value: null })
  expect(buyer.receipts.keepForeign({ role: 'customer', jobId }, sold)).toEqual({ ok: true, value: null })
  expect(receiptsOf(seller, 'provider', jobId)).toEqual([sold, bought])
  expect(receiptsOf(buyer, 'customer', jobId)).toEqual([bought, sold])
  expect(buyer.receipts.keepForeign({ role: 'customer', jobId }, bought)).toMatchObject({ error: { code: 'not-theirs' } })
  expect(seller.receipts.page({ limit: 10 })).toMatchObject([{ role: 'provider', jobId, own: sold, other: bought }])
})

it('after a restart they are the same', async () => {
  const { buyer, seller } = await openBoth()
  const { jobId } = await trade(buyer, seller, 'What is 2+2?')
  const before = receiptsOf(buyer, 'customer', jobId)
  expect(before).toHaveLength(2)
  const name = `buyer${names - 1}`
  await market.close(buyer)
  opened = opened.filter((engine) => engine !== buyer)
  const again = await market.open(name)
  opened.push(again)
  expect(receiptsOf(again, 'customer', jobId)).toEqual(before)
})

it.for<DialectName>(['souk/1', 'nip90', 'channel'])('in %s each side ends up with what the other signed, checked', { timeout: 60_000 }, async (dialect) => {
  const { buyer, seller } = await openBoth({ ports: { clock: hasty } }, { ports: { clock: hasty } })
  const { jobId } = await trade(buyer, seller, 'What is 2+2?', { dialect })
  await Promise.all([both(buyer, 'customer', jobId), both(seller, 'provider', jobId)])
  for (const [engine, role] of [[buyer, 'customer'], [seller, 'provider']] as const) {
    expect(receiptsOf(engine, role, jobId).map((event) => read(event).role).toSorted()).toEqual(['customer', 'provider'])
    expect(engine.receipts.check({ role, jobId })).toMatchObject({ isGood: true, refused: [] })
  }
})

it('a customer goes on after a restart, and hands nothing to a seller that is not known to hear it', async () => {
  const { buyer, seller } = await openBoth({}, {}, 'returning')
  const { jobId } = await trade(buyer, seller, 'What is 2+2?', { dialect: 'souk/1' })
  const { pubkey } = seller.keyring.identity
  expect(buyer.customer.hearReceipts(jobId, () => {})).not.toBe(null)
  await seller.provider.stop()
  await until((look) => buyer.directory.offers.subscribe(look), () => (buyer.directory.offers.get().values().some((offer) => offer.pubkey === pubkey) ? null : true), () => 'still listed')
  expect(buyer.customer.hearReceipts(jobId, () => {})).toBe(null)
  await seller.provider.start()
  opened = opened.filter((engine) => engine !== buyer)
  await market.close(buyer)
  expect(receiptsOf(seller, 'provider', jobId)).toHaveLength(1)
  const again = await market.open('returning', { ports: { clock: hasty } })
  opened.push(again)
  await Promise.all([both(again, 'customer', jobId), both(seller, 'provider', jobId)])
}, 60_000)

it('the sandbox’s own seller signs and answers as well', async () => {
  const closeHouse = startHouse({ sandbox: market.sandbox, clock: nodeClock, random: nodeRandom, log: () => {}, openWebSocket: openWebSocketWithWs(), crypto: await loadNostrCrypto(), toyTokensPerSecond: 2_000 })
  try {
    const buyer = await market.open(`buyer${names++}`, { ports: { clock: hasty } })
    opened.push(buyer)
    const house = await until(everyMoment, () => market.sandbox.housePubkey(), () => 'no house')
    const { jobId } = await askSeller(buyer, house, 'What is 2+2?')
    await ended(buyer, 'customer', jobId)
    await both(buyer, 'customer', jobId)
    expect(buyer.receipts.check({ role: 'customer', jobId })).toMatchObject({ isGood: true, refused: [] })
  } finally {
    await closeHouse()
  }
}, 60_000)

/** Both receipts of the end are there. */
function both(engine: Engine, role: 'provider' | 'customer', jobId: string): Promise<true> {
  const roles = () => receiptsOf(engine, role, jobId).flatMap((event) => {
    const said = parseJobReceipt(event)
    return said.ok ? [said.value.role] : []
  })
  return until(everyMoment, () => (new Set(roles()).size === 2 ? true : null), () => `${role} has ${roles().join(' ')}`, 30_000)
}

function everyMoment(look: () => void): () => void {
  const timer = setInterval(look, 20)
  return () => clearInterval(timer)
}
