/** Two Souks on three relays, none of which can be trusted: one drops, one delays and reorders, one lies OK; and each is killed now and then. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sats } from '#shared/market/msat.ts'
import type { Engine } from './engine.ts'
import type { SaleEvent } from './provider/sale.ts'
import { delaying, dropping, lyingOk, startFaultyRelay, type FaultyRelay } from './testing/faultyRelay.ts'
import { askSeller, ended, openMarket, type Market } from './testing/market.ts'
import { nodeClock } from './testing/nodePorts.ts'
import { seededNumbers } from './testing/seededNumbers.ts'

const SEED = 4_711
const JOBS = 100
const AT_ONCE = 10
/** A relay dies when so many more jobs have ended, and comes back after so many; the last ones before the end are not killed any more. */
const ALIVE_FOR_JOBS = 8
const DEAD_FOR_JOBS = 5
const DEAD_FOR_MS = 3_000
const LAST_DEATH = JOBS - AT_ONCE - DEAD_FOR_JOBS
const JOB_TIMEOUT_MS = 120_000

let market: Market
let relays: readonly FaultyRelay[]

beforeAll(async () => {
  market = await openMarket()
  const number = seededNumbers(SEED)
  const temperaments = [dropping(0.2, number), delaying(60, number), lyingOk(0.5, number)]
  relays = await Promise.all(temperaments.map((pass, index) => startFaultyRelay(join(market.folder, `relay${index}.db`), pass)))
})
afterAll(async () => {
  await market.end()
  await Promise.all(relays.map((relay) => relay.kill()))
})

/** Kills one relay after the other, by the count of jobs that have ended, and brings it back by that count or by the clock: what is left may be too poor to end a job. */
function createReaper() {
  const kills = relays.map(() => 0)
  let victim: { readonly relay: FaultyRelay; readonly until: number; readonly cancel: () => void } | null = null
  let nextDeath = ALIVE_FOR_JOBS
  let ended = 0
  let turn = 0
  let line = Promise.resolve()
  const revive = () => {
    if (victim === null) return
    const { relay, cancel } = victim
    cancel()
    victim = null
    nextDeath = ended + ALIVE_FOR_JOBS
    line = line.then(() => relay.restart())
  }
  return {
    kills,
    jobEnded(count: number): void {
      ended = count
      if (victim !== null && count >= victim.until) {
        revive()
      } else if (victim === null && count >= nextDeath && count <= LAST_DEATH) {
        const index = turn++ % relays.length
        const relay = relays[index]
        if (relay === undefined) throw new Error('no relay')
        kills[index] = (kills[index] ?? 0) + 1
        victim = { relay, until: count + DEAD_FOR_JOBS, cancel: nodeClock.after(DEAD_FOR_MS, revive) }
        line = line.then(() => relay.kill())
      }
    },
    settled: () => line,
  }
}

const textMadeFor = (seller: Engine, jobId: string) =>
  seller.journal.events('provider', jobId).map(({ body }) => body as SaleEvent).find((event) => event.type === 'generated')?.generated.text

it(`carries ${JOBS} private streamed jobs over three faulty relays, every text byte-identical, while each relay dies and returns`, async () => {
  const config = { relays: relays.map(({ url }) => url) }
  const limits = { perDayMsat: sats(10_000), invoiceTimeoutSecs: 120, answerTimeoutSecs: 600 }
  const seller = await market.openSeller('seller', { config, terms: { priceMsat: sats(1), concurrency: 8, queueLength: 100 }, toyTokensPerSecond: 500 })
  const buyer = await market.open('buyer', { config, limits })
  const reaper = createReaper()
  let next = 0
  let endedJobs = 0
  const jobIds: string[] = []

  async function buyOneAfterTheOther(): Promise<void> {
    while (next < JOBS) {
      const number = next++
      const { jobId } = await askSeller(buyer, seller.keyring.identity.pubkey, `Write ${20 + number} words about relay ${number}.`, { dialect: 'souk/1' })
      jobIds.push(jobId)
      expect(await ended(buyer, 'customer', jobId, JOB_TIMEOUT_MS)).toMatchObject({ state: 'done', dialect: 'souk/1', privacy: 'private' })
      endedJobs += 1
      reaper.jobEnded(endedJobs)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, buyOneAfterTheOther))
  await reaper.settled()

  expect(new Set(jobIds).size).toBe(JOBS)
  for (const jobId of jobIds) {
    const answer = buyer.customer.answer(jobId)
    expect(answer).not.toBe('')
    expect(Buffer.from(answer).equals(Buffer.from(textMadeFor(seller, jobId) ?? ''))).toBe(true)
    expect(market.settledPayments(jobId)).toHaveLength(1)
  }
  for (const kills of reaper.kills) expect(kills).toBeGreaterThanOrEqual(1)
  expect(market.audit().balanced).toBe(true)
}, 600_000)
