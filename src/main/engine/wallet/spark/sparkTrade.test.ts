/** Two whole engines on a Spark of their own: found, asked, paid and answered over the real adapter. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import { nodeClock } from '../../testing/nodePorts.ts'
import { askSeller, ended, openMarket, type Market } from '../../testing/market.ts'
import { createStandInSpark } from './testing/standInSpark.ts'

let market: Market

beforeAll(async () => {
  market = await openMarket()
})
afterAll(() => market.end())

test('a job is paid over Spark, the money is where it belongs, and a restart finds the same wallet', async () => {
  const spark = createStandInSpark({ clock: nodeClock })
  const options = { config: { wallet: { kind: 'spark', network: 'regtest' } }, ports: { startSparkThread: spark.startThread } } as const
  const seller = await market.openSeller('seller', options)
  const buyer = await market.open('buyer', options)
  const purse = spark.ofPhrase(await buyer.keyring.revealPhrase(), 'buyer')
  spark.ofPhrase(await seller.keyring.revealPhrase(), 'seller')
  purse.fund(10_000)
  await buyer.account.refresh()
  expect(buyer.account.status.get()).toMatchObject({ state: 'ready', balanceMsat: sats(10_000), info: { alias: 'Spark (regtest)', holdInvoices: true } })

  const { jobId } = await askSeller(buyer, seller.keyring.identity.pubkey, 'What is a souk?')
  const row = await ended(buyer, 'customer', jobId)
  expect(row).toMatchObject({ state: 'done' })
  await ended(seller, 'provider', jobId)
  const { isBalanced, violations, balancesSats, settlements } = spark.audit()
  expect({ isBalanced, violations }).toEqual({ isBalanced: true, violations: [] })
  expect([...settlements.values()]).toEqual([1])
  expect(balancesSats['seller']).toBeGreaterThan(0)

  await market.close(buyer)
  const again = await market.open('buyer', options)
  expect(await again.wallet.list({ limit: 10, offset: 0 })).toMatchObject({ ok: true, value: [{ direction: 'outgoing', state: 'settled' }] })
})

test('without a network the engine starts all the same, and says what is missing', async () => {
  const spark = createStandInSpark({ clock: nodeClock })
  const engine = await market.open('lonely', { config: { wallet: { kind: 'spark', network: 'regtest' } }, ports: { startSparkThread: spark.startThread } })
  spark.ofPhrase(await engine.keyring.revealPhrase()).setOnline(false)
  await engine.account.refresh()
  expect(engine.account.status.get()).toMatchObject({ state: 'unavailable', problem: expect.stringContaining('operators do not answer') })
})
