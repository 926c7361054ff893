/** An engine as a whole: what it opens, refuses to open, and lets go of. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { msat, sats } from '#shared/market/msat.ts'
import { createEngine, type Engine } from './engine.ts'
import { PLAY_MONEY } from './sandbox/mint/ledger.ts'
import { askSeller, ended, jobRow, openMarket, until, type Market } from './testing/market.ts'
import { createNodePorts } from './testing/nodePorts.ts'
import { openPeer } from './testing/peer.ts'
import type { Wallet } from './wallet/wallet.ts'

const PRICE = sats(10)
let market: Market
let opened: Engine[] = []

beforeAll(async () => {
  market = await openMarket()
})
afterEach(async () => {
  for (const engine of opened.toReversed()) await market.close(engine)
  opened = []
  market.sandbox.mint()?.setFaults({ pay: 'ok', down: false })
  expect(market.audit().balanced).toBe(true)
})
afterAll(() => market.end())

const keep = (engine: Engine) => {
  opened.push(engine)
  return engine
}
const pubkeyOf = (engine: Engine) => engine.keyring.identity.pubkey
const configOf = (name: string) => ({ dataFolder: market.dataFolder(name), sandboxFolder: market.sandboxFolder, shell: 'terminal', version: '0', wallet: { kind: 'sandbox' }, houseSeller: false, ollamaUrl: '', backend: 'toy' }) as const

describe('a data folder', () => {
  it('is opened by one engine at a time, and free again once that one has closed', async () => {
    const first = keep(await market.open('one'))
    expect(await createEngine(configOf('one'), createNodePorts(market.dataFolder('one')))).toMatchObject({ ok: false, error: { code: 'folder-in-use' } })
    await first.close()
    await first.close()
    expect(pubkeyOf(keep(await market.open('one')))).toBe(pubkeyOf(first))
  })

  it('is free again after a start that failed half way', async () => {
    const config = { ...configOf('half'), relays: ['no address'] }
    expect(await createEngine(config, createNodePorts(config.dataFolder))).toMatchObject({ ok: false, error: { code: 'bad-relay' } })
    keep(await market.open('half'))
  })

  it('whose start throws says why, and is free again', async () => {
    const ports = createNodePorts(market.dataFolder('throws'))
    const broken = { ...ports, secrets: { ...ports.secrets, read: () => Promise.reject(new Error('the disk is gone')) } }
    expect(await createEngine(configOf('throws'), broken)).toMatchObject({ ok: false, error: { code: 'cannot-start', message: expect.stringContaining('the disk is gone') } })
    keep(await market.open('throws'))
  })

  it('with a damaged store starts anew, keeps the damaged file and says where it is', async () => {
    const folder = market.dataFolder('damaged')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'souk.db'), 'This was a database once. '.repeat(400))
    const engine = keep(await market.open('damaged'))
    expect(engine.notices.current.get()['store-quarantined']?.message).toContain('souk.db.damaged-')
    expect(readdirSync(folder).some((file) => file.startsWith('souk.db.damaged-'))).toBe(true)
  })

  it('with one damaged job starts, names the job, and goes on with the others', async () => {
    const peer = await openPeer(market)
    await peer.offer(PRICE)
    const buyer = await market.open('row', { limits: { invoiceTimeoutSecs: 600 } })
    const [first, second] = [await askSeller(buyer, peer.pubkey, 'One?'), await askSeller(buyer, peer.pubkey, 'Two?')]
    await market.close(buyer)
    const database = new DatabaseSync(join(market.dataFolder('row'), 'souk.db'))
    database.prepare(`UPDATE job_event SET body = '{"at":' WHERE job_id = ?`).run(first.jobId)
    database.close()
    const again = keep(await market.open('row'))
    expect(again.notices.current.get()[`unreadable-${first.jobId}`]?.message).toContain(first.jobId)
    expect(Object.keys(again.customer.jobs.get())).toEqual([second.jobId])
    expect([again.customer.answer(first.jobId), again.journal.list({ limit: 10 }).length]).toEqual(['', 2])
    again.customer.stop(second.jobId)
    expect(await ended(again, 'customer', second.jobId)).toMatchObject({ state: 'stopped' })
    await peer.close()
  })
})

describe('closing', () => {
  it('does not wait for a wallet that is silent about a payment; the next start finds out, and pays no second time', async () => {
    const seller = keep(await market.openSeller('patient', { terms: { priceMsat: PRICE } }))
    const buyer = await market.open('hasty')
    market.sandbox.mint()?.setFaults({ pay: 'timeout-then-paid' })
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), 'What is 2+2?')
    await jobRow(buyer, 'customer', jobId, (row) => row.state === 'paying')
    const startedAt = performance.now()
    await market.close(buyer)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    const back = keep(await market.open('hasty'))
    expect(await ended(back, 'customer', jobId)).toMatchObject({ state: 'done', movedMsat: PRICE + 10 })
    expect(market.settledPayments(jobId)).toHaveLength(1)
  })
})

describe('a wallet that takes back its word', () => {
  /** Pays, and says that it failed. */
  const lying = (inner: Wallet): Wallet => ({
    ...inner,
    async pay(request) {
      await inner.pay(request)
      return { state: 'failed', problem: { code: 'payment-failed', message: 'No route.' } }
    },
    // Until it is told to, it hints at nothing either.
    watch: (listener) => {
      hints.add(listener)
      return () => void hints.delete(listener)
    },
    lookup: (paymentHash, direction) => (direction === 'outgoing' && isHiding ? Promise.resolve({ ok: true, value: null }) : inner.lookup(paymentHash, direction)),
  })
  const hints = new Set<(hint: { readonly paymentHash: string }) => void>()
  let isHiding = true

  async function failFalsely(name: string) {
    isHiding = true
    const peer = await openPeer(market)
    const channelId = await peer.offer(PRICE)
    const buyer = await market.open(name, { wrap: { wallet: lying } })
    const { jobId } = await askSeller(buyer, peer.pubkey, 'What is 2+2?')
    await peer.request(channelId)
    const { bolt11, paymentHash } = await peer.invoice(PRICE)
    await peer.say(channelId, { type: 'Invoice', job_id: jobId, bolt11, amount_msats: PRICE })
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'failed', movedMsat: 0 })
    isHiding = false
    return { peer, channelId, buyer, jobId, paymentHash }
  }

  it('is believed: what was called failed and is paid stands in the books, and its answer is read', async () => {
    const { peer, channelId, buyer, jobId, paymentHash } = await failFalsely('lied-to')
    keep(buyer)
    for (const listener of new Set(hints)) listener({ paymentHash })
    expect(await jobRow(buyer, 'customer', jobId, (row) => row.movedMsat > 0)).toMatchObject({ final: false, movedMsat: PRICE + 10 })
    await peer.say(channelId, { type: 'JobResult', job_id: jobId, result: '4' })
    expect(await ended(buyer, 'customer', jobId)).toMatchObject({ state: 'done', movedMsat: PRICE + 10 })
    expect(buyer.journal.spending('customer', 0)).toEqual({ settledMsat: msat(PRICE + 10), pendingMsat: 0, pendingPayments: 0 })
    await peer.close()
  })

  it('is found out at the next start, when its hint was missed', async () => {
    const { peer, buyer, jobId } = await failFalsely('missed')
    await market.close(buyer)
    const again = keep(await market.open('missed'))
    expect(await jobRow(again, 'customer', jobId, (row) => row.movedMsat > 0)).toMatchObject({ movedMsat: PRICE + 10 })
    const balance = await until((look) => again.account.status.subscribe(look), () => again.account.status.get().balanceMsat, () => 'no balance')
    expect(balance).toBe(PLAY_MONEY - PRICE - 10)
    await peer.close()
  })
})
