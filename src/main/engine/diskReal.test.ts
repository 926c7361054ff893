/** Disks that are really full, read-only or failing, under a whole engine. What this machine cannot do is skipped, and says why. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { msat, sats } from '#shared/market/msat.ts'
import { createEngine, type Engine, type EngineWraps } from './engine.ts'
import { askSeller, ended, openMarket, until, type Market } from './testing/market.ts'
import { startSouk } from './testing/crash/startSouk.ts'
import { createNodePorts } from './testing/nodePorts.ts'
import { limitFileSize, mountSmallDisk, type SmallDisk } from './testing/smallDisk.ts'

const PRICE = sats(10)
const FEE = msat(10)
const QUESTION = 'write 30 words'

let market: Market
let seller: Engine
/** Writes long enough for a disk to fail meanwhile. */
let slowSeller: Engine
const disks: SmallDisk[] = []
const opened: Engine[] = []
let names = 0

beforeAll(async () => {
  market = await openMarket()
  seller = await market.openSeller('seller', { terms: { priceMsat: PRICE } })
  slowSeller = await market.openSeller('slow-seller', { toyTokensPerSecond: 30, terms: { priceMsat: PRICE } })
})
afterEach(async () => {
  for (const engine of opened.splice(0)) await market.close(engine)
  for (const disk of disks.splice(0)) disk.unmount()
  expect(market.audit().balanced).toBe(true)
})
afterAll(() => market.end())

const pubkeyOf = (engine: Engine) => engine.keyring.identity.pubkey
const keep = (engine: Engine) => {
  opened.push(engine)
  return engine
}
const configOf = (dataFolder: string) => ({ dataFolder, sandboxFolder: market.sandboxFolder, shell: 'terminal', version: '0', wallet: { kind: 'sandbox' }, houseSeller: false, ollamaUrl: '', backend: 'toy' }) as const

function mount(context: TestContext, name: string): SmallDisk {
  const disk = mountSmallDisk(market.dataFolder(name), 1_024)
  if (typeof disk === 'string') return context.skip(disk)
  disks.push(disk)
  return disk
}

const noticeOf = (engine: Engine) => until((look) => engine.notices.current.subscribe(look), () => engine.notices.current.get()['store-failed'] ?? null, () => 'no notice')

async function expectRefusal(buyer: Engine, reason: string): Promise<void> {
  const selection = { by: 'pubkey' as const, prefix: pubkeyOf(seller) }
  const jobs = buyer.journal.list({ limit: 10 }).length
  expect(buyer.customer.ask({ prompt: QUESTION, selection })).toMatchObject({ ok: false, error: { code: 'store-failed', message: expect.stringContaining('nothing was sent or paid. Check the disk') } })
  expect((await noticeOf(buyer)).message).toBe(`The store takes no writes: ${reason}. Nothing new is bought or sold until it does. Check the disk.`)
  expect([buyer.journal.list({ limit: 10 }).length, buyer.threads.list().filter(({ turns }) => turns === 0)]).toEqual([jobs, []])
}

async function expectPaidOnce(buyer: Engine, jobId: string): Promise<void> {
  const [bought, sold] = await Promise.all([ended(buyer, 'customer', jobId), ended(seller, 'provider', jobId)])
  expect([bought.state, bought.movedMsat, sold.state, sold.movedMsat]).toEqual(['done', PRICE + FEE, 'done', PRICE])
  expect(market.settledPayments(jobId)).toHaveLength(1)
  expect(buyer.notices.current.get()['store-failed']).toBeUndefined()
}

/** Calls that when the wallet is about to be asked to pay: the answer comes to a disk that is as it is then. */
const beforePaying = (act: () => void): EngineWraps => ({
  wallet: (wallet) => ({
    ...wallet,
    pay(request) {
      act()
      return wallet.pay(request)
    },
  }),
})

describe('a disk that is really full', () => {
  it('refuses a question in words, and takes it once there is room', async (context) => {
    const name = `full${names++}`
    const disk = mount(context, name)
    const buyer = keep(await market.open(name))
    const first = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    await expectPaidOnce(buyer, first.jobId)
    disk.fill()
    await expectRefusal(buyer, 'database or disk is full')
    disk.makeRoom()
    const second = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    await expectPaidOnce(buyer, second.jobId)
  })

  it('while a payment is under way: it is known to be made as soon as there is room, and not made again', async (context) => {
    const name = `full${names++}`
    const disk = mount(context, name)
    let pays = 0
    const buyer = keep(await market.open(name, { wrap: beforePaying(() => {
      pays += 1
      disk.fill()
    }) }))
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    await noticeOf(buyer)
    expect(buyer.journal.row('customer', jobId)).toMatchObject({ state: 'paying', movedMsat: 0 })
    await expectRefusal(buyer, 'database or disk is full')
    disk.makeRoom()
    await expectPaidOnce(buyer, jobId)
    expect(pays).toBe(1)
  })

  it('when Souk starts: it does not, says why, takes nothing for damaged, and starts once there is room', async (context) => {
    const name = `full${names++}`
    const disk = mount(context, name)
    const config = configOf(disk.folder)
    const expectNoStart = async () => {
      disk.fill()
      expect(await createEngine(config, createNodePorts(config.dataFolder))).toMatchObject({ ok: false, error: { message: expect.stringMatching(/Cannot (use|open) .+ the disk is not full\./) } })
      disk.makeRoom()
    }
    // For the first time, and then with a history.
    await expectNoStart()
    const buyer = await market.open(name)
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    await expectPaidOnce(buyer, jobId)
    await market.close(buyer)
    await expectNoStart()
    expect(readdirSync(disk.folder).filter((file) => file.includes('damaged'))).toEqual([])
    expect(keep(await market.open(name)).journal.row('customer', jobId)).toMatchObject({ state: 'done', movedMsat: PRICE + FEE })
  })
})

describe('a disk that is really read-only', () => {
  it('is not opened, is not taken for damaged, and has everything when it can be written again', async (context) => {
    const name = `readonly${names++}`
    const disk = mount(context, name)
    const buyer = await market.open(name)
    const { jobId } = await askSeller(buyer, pubkeyOf(seller), QUESTION)
    await expectPaidOnce(buyer, jobId)
    await market.close(buyer)
    disk.makeReadOnly()
    const config = configOf(disk.folder)
    const refused = await createEngine(config, createNodePorts(config.dataFolder))
    expect(refused).toMatchObject({ ok: false, error: { message: expect.stringMatching(/Cannot (use|open) .+Check that .+ may be written/) } })
    expect(readdirSync(disk.folder).filter((file) => file.includes('damaged'))).toEqual([])
    disk.makeWritable()
    const again = keep(await market.open(name))
    expect(again.journal.row('customer', jobId)).toMatchObject({ state: 'done', movedMsat: PRICE + FEE })
  })
})

describe('a disk that really fails', () => {
  for (const state of ['asking', 'paying', 'working']) {
    it(`once the job is ${state}, in a process of its own: what was not written is written later, and it is paid once`, { timeout: 90_000 }, async (context) => {
      const impossible = limitFileSize(null)
      if (impossible !== null) return context.skip(impossible)
      const dataFolder = market.dataFolder(`failing${names++}`)
      const souk = startSouk({ role: 'customer', dataFolder, sandboxFolder: market.sandboxFolder, killAt: null, settlement: 'prepay', ask: pubkeyOf(slowSeller) })
      try {
        const jobId = await souk.hear((report) => (report.type === 'job' && report.state === state ? report.jobId : null), state)
        // Its log cannot grow: the next write is an I/O error.
        limitFileSize(statSync(join(dataFolder, 'souk.db-wal')).size, souk.pid)
        const problem = await souk.hear((report) => (report.type === 'problem' ? report.message : null), 'a problem')
        expect(problem).toBe('the store refused a write {"reason":"disk I/O error"}')
        limitFileSize(null, souk.pid)
        await souk.hear((report) => (report.type === 'settled' ? true : null), 'the end')
        const last = souk.reports.findLast((report) => report.type === 'job')
        expect(last).toMatchObject({ jobId, state: 'done' })
        expect(await ended(slowSeller, 'provider', jobId)).toMatchObject({ state: 'done', movedMsat: PRICE })
        expect(market.settledPayments(jobId)).toHaveLength(1)
      } finally {
        await souk.stop()
      }
    })
  }
})
