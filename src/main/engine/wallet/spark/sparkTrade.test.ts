/** Two whole engines on a Spark of their own: found, asked, paid and answered over the real adapter. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import type { Engine } from '../../engine.ts'
import { nodeClock } from '../../testing/nodePorts.ts'
import { askSeller, ended, openMarket, type Market } from '../../testing/market.ts'
import { createStandInSpark, type StandInSpark } from './testing/standInSpark.ts'

let market: Market

beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.end())

const wallets = (spark: StandInSpark) => ({ config: { wallet: { kind: 'spark', network: 'regtest' } }, ports: { startSparkThread: spark.startThread } }) as const

async function openBoth(name: string): Promise<{ readonly spark: StandInSpark; readonly seller: Engine; readonly buyer: Engine }> {
  const spark = createStandInSpark({ clock: nodeClock })
  const seller = await market.openSeller(`${name} seller`, { ...wallets(spark), terms: { settlements: ['prepay', 'escrow'] } })
  const buyer = await market.open(`${name} buyer`, wallets(spark))
  spark.ofPhrase(await seller.keyring.revealPhrase(), 'seller')
  spark.ofPhrase(await buyer.keyring.revealPhrase(), 'buyer').fund(10_000)
  await Promise.all([seller.account.refresh(), buyer.account.refresh()])
  return { spark, seller, buyer }
}

test('a job is paid over Spark, the money is where it belongs, and a restart finds the same wallet', async () => {
  const { spark, seller, buyer } = await openBoth('prepay')
  expect(buyer.account.status.get()).toMatchObject({ state: 'ready', balanceMsat: sats(10_000), info: { alias: 'Spark (regtest)', holdInvoices: true } })
  const { jobId } = await askSeller(buyer, seller.keyring.identity.pubkey, 'What is a souk?', { settlement: 'prepay' })
  expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'done' })
  await ended(seller, 'provider', jobId)
  const { violations, balancesSats, settlements } = spark.audit()
  expect(violations).toEqual([])
  expect([...settlements.values()]).toEqual([1])
  expect(balancesSats['seller']).toBeGreaterThan(0)

  await market.close(buyer)
  const again = await market.open('prepay buyer', wallets(spark))
  expect(await again.wallet.list({ limit: 10, offset: 0 })).toMatchObject({ ok: true, value: [{ direction: 'outgoing', state: 'settled' }] })
})

test.each(['souk/1', 'nip90', 'channel'] as const)('by escrow in %s the price is locked, the answer given, the lock claimed: it moves once', async (dialect) => {
  const { spark, seller, buyer } = await openBoth(dialect.replace('/', ' '))
  const { jobId } = await askSeller(buyer, seller.keyring.identity.pubkey, 'write 30 words', { settlement: 'escrow', dialect })
  const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
  expect([bought, sold]).toMatchObject([{ state: 'done', settlement: 'escrow' }, { state: 'done', settlement: 'escrow' }])
  const { violations, balancesSats, settlements, lockedSats } = spark.audit()
  expect({ violations, lockedSats, moved: [...settlements.values()] }).toEqual({ violations: [], lockedSats: 0, moved: [1] })
  expect(sats(balancesSats['seller'] ?? 0)).toBe(sold.movedMsat)
  await Promise.all([market.close(buyer), market.close(seller)])
})

test('without a network the engine starts all the same, and says what is missing', async () => {
  const spark = createStandInSpark({ clock: nodeClock })
  const engine = await market.open('lonely', wallets(spark))
  spark.ofPhrase(await engine.keyring.revealPhrase()).setOnline(false)
  await engine.account.refresh()
  expect(engine.account.status.get()).toMatchObject({ state: 'unavailable', problem: expect.stringContaining('operators do not answer') })
})
