/** On what terms `souk provider` settles jobs: as it is told, kept for the next time, and held to by who buys. */
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { EXIT } from './exitCodes.ts'
import { createHome, type Ended } from './testing/soukProcess.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

const home = createHome()
afterAll(() => home.close())
const SELLING = ['provider', '--stream', '--backend', 'toy', '--toy-speed', '500', '--price', '20000', '--no-house', '--json']
const found = (ended: Ended, type: string) => ended.records.find((record) => record.type === type)

test('the ways and numbers that are named are offered, and no other; the next start keeps them', async () => {
  const first = home.start([...SELLING, '--settlement', 'sealed', '--settlement', 'metered', '--deposit', '10', '--preview', '0', '--output-price', '40000', '--tick', '30'])
  const selling = await first.waitFor('selling')
  expect(selling).toMatchObject({ settlements: ['sealed', 'metered'] })
  const seller = String(selling['pubkey'])
  const buy = (name: string, ...args: readonly string[]) => home.run(['customer', '--select', seller, '--prompt', 'write 40 words', '--no-house', '--json', '--data', join(home.folder, name), ...args])
  const [refused, sealed, metered] = await Promise.all([buy('one', '--settlement', 'escrow', '--discovery-time', '2'), buy('two', '--settlement', 'sealed'), buy('three', '--settlement', 'metered')])
  expect([refused.code, refused.records.at(-1)]).toMatchObject([EXIT.nothingFound, { type: 'error' }])
  expect(sealed.code).toBe(EXIT.ok)
  expect(found(sealed, 'quote')).toMatchObject({ settlement: 'sealed', sentence: expect.stringMatching(/pay 18 sats to open the rest.*A deposit of 2 sats is paid first/) })
  expect(found(sealed, 'ended')).toMatchObject({ state: 'done', paidMsat: 20_020 })
  // 40 tokens at 40 sats a thousand, a payment every 20 of them.
  expect(metered.records.filter(({ type, metered: paid }) => type === 'job' && paid !== undefined).at(-1)).toMatchObject({ state: 'done', metered: { payments: 2, paidTokens: 40 } })
  expect((await first.interrupt()).code).toBe(EXIT.ok)

  const again = home.start(SELLING)
  expect(await again.waitFor('selling')).toMatchObject({ settlements: ['sealed', 'metered'] })
  expect((await again.interrupt()).code).toBe(EXIT.ok)
})

test('what cannot be is said before anything is offered', async () => {
  const [unstreamed, unknown, tooMuch] = await Promise.all([home.run(['provider', '--settlement', 'metered', '--json']), home.run(['provider', '--settlement', 'barter', '--json']), home.run(['provider', '--preview', '91', '--json'])])
  expect([unstreamed.code, unstreamed.records]).toMatchObject([EXIT.usage, [{ code: 'needs-stream', message: expect.stringContaining('--stream') }]])
  expect([unknown.code, unknown.records]).toMatchObject([EXIT.usage, [{ message: expect.stringContaining('Allowed choices are prepay, escrow, sealed, metered') }]])
  expect([tooMuch.code, tooMuch.records]).toMatchObject([EXIT.usage, [{ message: expect.stringContaining('from 0 to 90') }]])
})
