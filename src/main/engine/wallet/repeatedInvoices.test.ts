/** A seller’s wallet that hands out an invoice that it gave before: what was paid once would pay for two. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Result } from '#shared/market/result.ts'
import { sats } from '#shared/market/msat.ts'
import type { SaleEvent } from '../provider/sale.ts'
import type { Engine } from '../engine.ts'
import { askSeller, ended, openMarket, until, type Market } from '../testing/market.ts'
import type { Invoice, Wallet, WalletProblem } from './wallet.ts'

let market: Market
let first: Result<Invoice, WalletProblem> | null
beforeEach(async () => {
  first = null
  market = await openMarket()
})
afterEach(() => market.end())

/** From the second invoice on, always the first again. */
const repeating = (wallet: Wallet): Wallet => ({ ...wallet, createInvoice: async (request) => (first ??= await wallet.createInvoice(request)) })
const typesOf = (seller: Engine, jobId: string) => seller.journal.events('provider', jobId).map(({ body }) => (body as SaleEvent).type)
const openSeller = () => market.openSeller('seller', { terms: { priceMsat: sats(10) }, wrap: { wallet: repeating } })

it('does no work for what another job has paid, also after a restart, and takes no money of its person’s for a job’s', async () => {
  const seller = await openSeller()
  const { pubkey } = seller.keyring.identity
  const one = await askSeller(await market.open('one'), pubkey, 'write 30 words')
  await ended(seller, 'provider', one.jobId)
  expect(typesOf(seller, one.jobId)).toContain('paid')
  expect(await seller.account.receive(sats(10), '', 3_600)).toMatchObject({ ok: false, error: { code: 'wallet-misbehaved' } })
  await market.close(seller)

  const again = await openSeller()
  const two = await askSeller(await market.open('two'), pubkey, 'write 30 words')
  const found = await until((look) => again.jobChanged.listen(look), () => typesOf(again, two.jobId).find((type) => type !== 'requested') ?? null, () => typesOf(again, two.jobId).join())
  expect(['withdrawn', 'closed', 'refused', 'sent']).toContain(found)
  expect(typesOf(again, two.jobId)).not.toContain('invoiced')
})
