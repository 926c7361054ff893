/** `souk claim` and the figures of `souk wallet`, with real processes: what a seller owes is listed, asked for, and paid back. */
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { EXIT } from './exitCodes.ts'
import { createHome, type Ended } from './testing/soukProcess.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

const home = createHome()
afterAll(() => home.close())
const SELLING = ['provider', '--stream', '--backend', 'toy', '--toy-speed', '500', '--name', 'Ada', '--no-house', '--json']
const BUYER = ['--data', join(home.folder, 'buyer')]
const found = (ended: Ended, type: string) => ended.records.find((record) => record.type === type)

test('what was paid by the tick and not needed is owed while its seller is away, and paid back when it is asked for', async () => {
  const seller = home.start(SELLING)
  const { pubkey } = await seller.waitFor('selling')
  const bought = await home.run(['customer', '--select', String(pubkey), '--settlement', 'metered', '--prompt', 'write 20 words', '--no-house', '--json', ...BUYER])
  expect(bought.code).toBe(EXIT.ok)
  const { jobId, paidMsat } = found(bought, 'ended') as unknown as { readonly jobId: string; readonly paidMsat: number }
  expect((await seller.interrupt()).code).toBe(EXIT.ok)

  const listed = await home.run(['claim', '--no-house', ...BUYER])
  const sats = /Asked +Sats +Job +Seller\n\d{4}-\d\d-\d\d \d\d:\d\d +(\d+) +(\S+) +Ada +souk claim (\S+)\n/.exec(listed.stdout)
  expect([listed.code, sats?.[2], sats?.[3]]).toEqual([EXIT.ok, jobId, jobId])
  const owedMsat = Number(sats?.[1]) * 1_000
  expect(owedMsat).toBeGreaterThan(0)
  const poor = await home.run(['wallet', ...BUYER])
  expect(poor.stderr).toContain(`Sellers owe you ${owedMsat / 1_000} sats: souk claim.`)
  expect(poor.stderr).toMatch(/spent \d+, \d+ of them today\./)

  const back = home.start(SELLING)
  await back.waitFor('selling')
  const claimed = await home.run(['claim', jobId, '--no-house', '--json', ...BUYER])
  expect([claimed.code, found(claimed, 'ended')]).toMatchObject([EXIT.ok, { jobId, backMsat: owedMsat, owedMsat: 0, asked: false }])
  const [rich, nothing, again, unknown] = [
    await home.run(['wallet', '--json', ...BUYER]),
    await home.run(['claim', '--no-house', ...BUYER]),
    await home.run(['claim', jobId, '--no-house', '--json', ...BUYER]),
    await home.run(['claim', `job_${'0'.repeat(16)}`, '--no-house', '--json', ...BUYER]),
  ]
  expect(found(rich, 'balance')).toMatchObject({ balanceMsat: 100_000_000 - paidMsat + owedMsat, availableMsat: 100_000_000 - paidMsat + owedMsat, owedToUsMsat: 0, lockedMsat: 0, spendingStopped: false })
  expect([nothing.code, nothing.stdout, nothing.stderr]).toEqual([EXIT.ok, '', expect.stringContaining('No seller owes you anything.')])
  expect([again.code, again.records.at(-1)]).toMatchObject([EXIT.refused, { type: 'error', code: 'not-now' }])
  expect([unknown.code, unknown.records.at(-1)]).toMatchObject([EXIT.nothingFound, { code: 'no-job' }])
})

test('while spending is stopped nothing is asked and nothing sent, in this start and the next; then it is allowed again', async () => {
  const folder = ['--data', join(home.folder, 'careful'), '--json']
  const [bolt11, stopped] = [String(found(await home.run(['wallet', 'receive', '5', ...BUYER, '--json']), 'invoice')?.['bolt11']), await home.run(['wallet', 'stop', ...folder])]
  expect([stopped.code, found(stopped, 'spending')]).toMatchObject([EXIT.ok, { stopped: true }])
  const [seen, sent, bought] = [await home.run(['wallet', ...folder]), await home.run(['wallet', 'send', bolt11, '--yes', ...folder]), await home.run(['customer', '--prompt', 'x', '--discovery-time', '2', ...folder])]
  expect(found(seen, 'balance')).toMatchObject({ balanceMsat: 100_000_000, spendingStopped: true })
  expect([sent.code, sent.records.at(-1)]).toMatchObject([EXIT.refused, { code: 'spending-stopped' }])
  expect([bought.code, bought.records.at(-1)]).toMatchObject([EXIT.refused, { message: expect.stringContaining('Spending is stopped') }])
  expect((await home.run(['wallet', 'allow', ...folder])).code).toBe(EXIT.ok)
  expect(await home.run(['wallet', 'send', bolt11, '--yes', ...folder])).toMatchObject({ code: EXIT.ok })
})

test('limits are shown, set and held to; looked at, they count as nobody’s', async () => {
  const folder = ['--data', join(home.folder, 'limited'), '--json']
  const [first, set, kept] = [await home.run(['limits', ...folder]), await home.run(['limits', '--per-job', '4.5', '--fee', '5', ...folder]), await home.run(['limits', ...folder])]
  expect(found(first, 'limits')).toMatchObject({ perJobMsat: 100_000, set: false })
  expect([set.code, found(set, 'limits')]).toMatchObject([EXIT.ok, { perJobMsat: 4_500, maxFeePermille: 5, perDayMsat: 5_000_000, set: true }])
  expect(found(kept, 'limits')).toEqual(found(set, 'limits'))
  const bought = await home.run(['customer', '--prompt', 'x', '--discovery-time', '2', ...folder])
  expect([bought.code, bought.records.at(-1)]).toMatchObject([EXIT.refused, { message: expect.stringContaining('your limit per job is 4.5') }])
  const accepted = await home.run(['limits', '--accept', '--data', join(home.folder, 'accepting')])
  expect([accepted.code, accepted.stderr]).toEqual([EXIT.ok, ''])
  expect(accepted.stdout).toMatch(/^For one job +100 sats\nFor one day +5,000 sats\n/)
})
