/** What is kept besides jobs (terms, the channel, dates of announcements) on a disk that takes no writes: refused in words, nothing falls over, and it works afterwards. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import type { Engine } from './engine.ts'
import { createFaultyDisk } from './testing/faultyDisk.ts'
import { askSeller, ended, openMarket, until, type Market } from './testing/market.ts'

let market: Market
let opened: Engine[] = []
beforeAll(async () => {
  market = await openMarket()
})
afterEach(async () => {
  for (const engine of opened) await market.close(engine)
  opened = []
})
afterAll(() => market.end())

const keep = (engine: Engine) => {
  opened.push(engine)
  return engine
}

it('a seller does not start without its channel on disk and says why; a date that cannot be kept stops nothing', async () => {
  const failures: string[] = []
  const disk = createFaultyDisk()
  const seller = keep(await market.open('seller', {
    wrap: { database: disk.wrap },
    ports: { log: (level, message) => void (level === 'warn' && failures.push(message)) },
  }))
  await seller.backend.refresh()
  disk.failAt(1, 'full')
  expect(await seller.provider.start()).toMatchObject({ ok: false, error: { code: 'cannot-sell', message: expect.stringContaining('Check the disk') } })
  expect(seller.provider.status.get()).toMatchObject({ selling: 'off', channelId: null })
  disk.mend()
  seller.provider.setTerms({ priceMsat: sats(10) })
  // From the second write on: the channel is kept, and the dates of what is published are not.
  disk.failAt(2, 'full')
  expect(await seller.provider.start()).toMatchObject({ ok: true })
  await until((look) => seller.provider.status.subscribe(look), () => seller.provider.status.get().announcedAt, () => 'nothing announced')
  expect(disk.failures()).toBeGreaterThan(0)
  disk.mend()
  const buyer = keep(await market.open('buyer'))
  const { jobId } = await askSeller(buyer, seller.keyring.identity.pubkey, 'write 30 words')
  expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'done' })
  expect(failures.filter((message) => message.includes('could not be kept')).length).toBeGreaterThan(0)
})
