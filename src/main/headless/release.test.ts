/** `souk release`, with real processes: what waits for a person's word is listed, goes at it, and not before. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { EXIT } from './exitCodes.ts'
import { createHome, type Ended } from './testing/soukProcess.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const home = createHome()
afterAll(() => home.close())
let seller: string

beforeAll(async () => {
  const provider = home.start(['provider', '--stream', '--backend', 'toy', '--toy-speed', '500', '--price', '20000', '--name', 'Ada', '--no-house', '--json'])
  seller = String((await provider.waitFor('selling'))['pubkey'])
})

const found = (ended: Ended, type: string) => ended.records.find((record) => record.type === type)
const folderOf = (name: string) => ['--data', join(home.folder, name), '--no-house']
const buy = (name: string, settlement: string, ...args: readonly string[]) =>
  home.run(['customer', '--select', seller, '--settlement', settlement, '--release', 'ask', '--prompt', 'What is 2+2?', ...folderOf(name), ...args])

test.concurrent('an escrow is listed with its sum, released by name and paid; nothing of it waits after that', async () => {
  const bought = await buy('one', 'escrow')
  expect(bought.code).toBe(EXIT.ok)
  expect(bought.stdout).toContain('2 + 2 = 4')
  const job = /souk release (job_[0-9a-f]{16})/.exec(bought.stderr)?.[1] ?? ''
  expect(bought.stderr).toMatch(/Release the payment if it is what you asked for/)

  const listed = await home.run(['release', ...folderOf('one')])
  expect(listed.code).toBe(EXIT.ok)
  expect(listed.stdout).toMatch(new RegExp(String.raw`Until +Sats +Job +Settled +Seller +Question\n\d{4}-\d\d-\d\d \d\d:\d\d +20 +${job} +escrow +Ada +What is 2\+2\?`))

  const unasked = await home.run(['release', job, ...folderOf('one'), '--json'])
  expect([unasked.code, unasked.records[0]]).toMatchObject([EXIT.usage, { type: 'error', code: 'not-confirmed', message: expect.stringContaining('--yes') }])

  const released = await home.run(['release', job, '--yes', ...folderOf('one'), '--json'])
  expect(released.code).toBe(EXIT.ok)
  expect(found(released, 'released')).toMatchObject({ jobId: job, amountMsat: 20_000 })
  expect(found(released, 'ended')).toMatchObject({ state: 'done', paidMsat: 20_020, feeMsat: 20, answer: expect.stringContaining('2 + 2 = 4') })

  const receipts = await home.run(['receipt', 'export', job, '--csv', '--data', join(home.folder, 'one')])
  expect(receipts.stdout).toMatch(new RegExp(`^${job},customer,escrow,done,.*,2,yes$`, 'm'))

  const again = await home.run(['release', job, '--yes', ...folderOf('one'), '--json'])
  expect([again.code, again.records.at(-1)]).toMatchObject([EXIT.refused, { code: 'not-now', message: expect.stringContaining('it ended as done') }])
  const empty = await home.run(['release', ...folderOf('one')])
  expect([empty.code, empty.stdout, empty.stderr]).toEqual([EXIT.ok, '', expect.stringContaining('Nothing waits for your release.')])
})

test.concurrent('a sealed answer is opened, and written whole to standard output', async () => {
  const bought = await buy('two', 'sealed', '--json')
  expect(bought.code).toBe(EXIT.ok)
  const { jobId, answer: preview } = found(bought, 'ended') as unknown as { readonly jobId: string; readonly answer: string }
  expect(bought.records.findLast(({ type }) => type === 'job')).toMatchObject({ state: 'sealed', awaitsRelease: true })
  const waiting = await home.run(['release', ...folderOf('two'), '--json'])
  expect(found(waiting, 'waiting')).toMatchObject({ jobId, settlement: 'sealed', amountMsat: 20_000, peer: seller })

  const opened = await home.run(['release', jobId, '--yes', ...folderOf('two')])
  expect([opened.code, opened.stderr]).toEqual([EXIT.ok, expect.stringContaining('20 sats open the rest of what Ada wrote.')])
  expect(opened.stdout).toContain('2 + 2 = 4')
  expect(opened.stdout.length).toBeGreaterThan(preview.length + 1)
  expect(opened.stdout.startsWith(preview)).toBe(true)
})

test.concurrent('a job that is not there, and one of another folder, are said to be so', async () => {
  const { code, records } = await home.run(['release', `job_${'0'.repeat(16)}`, '--yes', ...folderOf('three'), '--json'])
  expect([code, records.at(-1)]).toMatchObject([EXIT.nothingFound, { type: 'error', code: 'no-job', message: expect.stringContaining(join(home.folder, 'three')) }])
})
