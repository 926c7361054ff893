/** Whole trades of every settlement: no preimage, key, phrase or question of theirs is in a log, and no secret in what pages are told. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Engine } from '#engine/engine.ts'
import { askSeller, ended, openMarket, type Market } from '#engine/testing/market.ts'
import { SETTLEMENTS } from '#shared/market/settlement.ts'
import { sats } from '#shared/market/msat.ts'
import { activityHandlers } from './activityHandlers.ts'
import { walletHandlers } from './walletHandlers.ts'

const WORD = 'ZEBRA-4711'
const logged: string[] = []
const ports = { log: (...said: unknown[]) => void logged.push(JSON.stringify(said)) }
let market: Market
let seller: Engine
let buyer: Engine

beforeAll(async () => {
  market = await openMarket()
  seller = await market.openSeller('seller', { ports, terms: { priceMsat: sats(10) } })
  buyer = await market.open('buyer', { ports })
})
afterAll(() => market.end())

/** Everything that a page may ask about that job, and the lists that it is in. */
async function shownBy(engine: Engine, role: 'customer' | 'provider', jobId: string): Promise<string> {
  const [activity, wallet] = [activityHandlers(engine).requests, walletHandlers(engine)]
  const timeline = activity['activity.timeline']({ jobId, role })
  expect(timeline).toMatchObject({ ok: true, value: { prompt: expect.stringContaining(WORD) } })
  return JSON.stringify([
    timeline,
    activity['activity.list']({ role: undefined, state: undefined, search: undefined, before: undefined, limit: 50 }),
    activity['activity.receipts']({ jobId, role }),
    await wallet.requests['wallet.history']({ offset: 0, limit: 50 }),
    wallet.requests['wallet.entries']({ before: undefined, kinds: undefined, limit: 50 }),
    wallet.requests['wallet.explain'](),
    wallet.states['wallet.status'].get(),
  ])
}

async function secretsOf({ wallet, keyring }: Engine): Promise<readonly string[]> {
  const listed = await wallet.list({ limit: 50, offset: 0 })
  if (!listed.ok) throw new Error(listed.error.message)
  const { secretKey, walletSecret } = keyring.identity
  return [...listed.value.flatMap(({ preimage }) => preimage ?? []), await keyring.revealPhrase(), ...[secretKey, walletSecret].map((bytes) => Buffer.from(bytes).toString('hex'))]
}

test.each(SETTLEMENTS)('%s', { timeout: 60_000 }, async (settlement) => {
  const { jobId } = await askSeller(buyer, seller.keyring.identity.pubkey, `write 30 words about ${WORD}`, { settlement })
  await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
  const secrets = [...(await secretsOf(buyer)), ...(await secretsOf(seller))]
  // Three of each side's own, and those of the payments.
  expect(secrets.length).toBeGreaterThanOrEqual(8)
  const shown = [await shownBy(buyer, 'customer', jobId), await shownBy(seller, 'provider', jobId)].join('\n')
  for (const secret of secrets) expect([shown.includes(secret), logged.some((line) => line.includes(secret))]).toEqual([false, false])
  expect(logged).not.toEqual([])
  expect(logged.filter((line) => line.includes(WORD))).toEqual([])
})
