import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Engine } from '#engine/engine.ts'
import { askSeller, ended, openMarket, type Market } from '#engine/testing/market.ts'
import { createSoukHandlers } from './soukHandlers.ts'

let market: Market
let buyer: Engine
let seller: Engine
const jobs: string[] = []

beforeAll(async () => {
  market = await openMarket()
  seller = await market.openSeller('seller')
  buyer = await market.open('buyer')
  for (const prompt of ['What is 2+2?', 'What is 3+3?', 'What is 4+4?']) {
    const { jobId } = await askSeller(buyer, seller.keyring.identity.pubkey, prompt)
    await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
    buyer.receipts.makeAll()
    jobs.unshift(jobId)
  }
})
afterAll(() => market.end())

it('a job’s receipts come with what they prove', async () => {
  const { requests } = createSoukHandlers(buyer)
  const [jobId = ''] = jobs
  expect(await requests['activity.receipts']({ jobId, role: 'customer' })).toMatchObject({
    ok: true,
    value: { isGood: true, receipts: [{ kind: 2506 }, { kind: 2506, pubkey: seller.keyring.identity.pubkey }], findings: expect.arrayContaining([{ verdict: 'proven', text: expect.stringContaining('Both sides signed') }]) },
  })
  expect(await requests['activity.receipts']({ jobId, role: 'provider' })).toMatchObject({ ok: false, error: { code: 'no-job' } })
})

it('all receipts are exported page by page, the newest first, without a gap or a repetition', async () => {
  const { requests } = createSoukHandlers(buyer)
  const seen: string[] = []
  for (let before: { createdAt: number; jobId: string } | undefined; ; ) {
    const page = await requests['activity.exportReceipts']({ limit: 2, before })
    if (!page.ok) throw new Error(page.error.message)
    seen.push(...page.value.jobs.map(({ jobId }) => jobId))
    before = page.value.jobs.at(-1)
    if (!page.value.more) break
  }
  expect(seen).toEqual(jobs)
})
