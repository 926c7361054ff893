/** Selling and buying from the command line, with real processes. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { EXIT } from './exitCodes.ts'
import { createHome, type Ended, type Home, type SoukProcess } from './testing/soukProcess.ts'

/** A dozen processes on a busy machine take their time; each has limits of its own. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const homes: Home[] = []
function openHome(): Home {
  const home = createHome()
  homes.push(home)
  return home
}
afterAll(() => Promise.all(homes.map((home) => home.close())))

const text = ({ records }: Ended) => records.filter((record) => record.type === 'text').map((record) => String(record['text'])).join('')
const found = (ended: Ended, type: string) => ended.records.find((record) => record.type === type)

describe.concurrent('what is typed', () => {
  const home = openHome()

  test.for<[string, string[], RegExp, Record<string, string>?]>([
    ['an unknown option', ['customer', '--pormpt', 'x'], /Did you mean --prompt/],
    ['no question', ['customer', '--prompt', '  '], /nothing to ask/],
    ['a trial on mainnet', ['provider', '--no-wallet'], /trials.*mainnet.*given away/, { SOUK_NETWORK: 'mainnet' }],
    ['a wallet connection that is none', ['customer', '--prompt', 'x'], /SOUK_NWC: This is not a wallet connection/, { SOUK_NETWORK: 'mainnet', SOUK_NWC: 'nostr+walletconnect://x' }],
  ])('%s is a usage error that says what would be right', async ([, args, words, environment]) => {
    const { code, records, stderr } = await home.run([...args, '--json'], environment === undefined ? {} : { environment })
    expect(code).toBe(EXIT.usage)
    expect(records).toEqual([{ type: 'error', code: expect.any(String), message: expect.stringMatching(words) }])
    expect(stderr).not.toContain('bug')
    expect(existsSync(join(home.folder, 'data'))).toBe(false)
  })

  test('without arguments it says how to begin', async () => {
    const { code, stderr } = await home.run([])
    expect(code).toBe(EXIT.usage)
    expect(stderr).toContain('souk provider')
  })
})

describe.concurrent('an end before the end', () => {
  test('Ctrl-C while the answer streams keeps what came, says what it cost, and leaves no half line', async () => {
    const home = openHome()
    const provider = home.start(['provider', '--stream', '--backend', 'toy', '--toy-speed', '4', '--no-house', '--json'])
    const { pubkey } = await provider.waitFor('selling')
    const customer = home.start(['customer', '--select', String(pubkey), '--prompt', 'Tell me a long story.', '--data', join(home.folder, 'buyer'), '--json'])
    await customer.waitFor('text')
    const stopped = await customer.interrupt()
    expect(stopped.code).toBe(EXIT.interrupted)
    const end = found(stopped, 'ended')
    expect(end).toMatchObject({ state: 'stopped', paidMsat: 10_010 })
    expect(String(end?.['answer']).startsWith(text(stopped))).toBe(true)
    expect(stopped.records.at(-1)).toMatchObject({ type: 'error', code: 'stopped', message: expect.stringContaining('Stopped') })
  })

  test('Ctrl-C while the wallet is silent says that the outcome is unknown, and it is never paid twice', async () => {
    const home = openHome()
    // Late answers leave time to stop the mint between the request to pay and its answer.
    const mint = home.start(['mint', 'run', '--delay', '1500', '--json'])
    await mint.waitFor('faults')
    const provider = home.start(['provider', '--backend', 'toy', '--price', '30000', '--json', '--data', join(home.folder, 'seller')])
    const { pubkey } = await provider.waitFor('selling')
    const customer = home.start(['customer', '--select', String(pubkey), '--prompt', 'x', '--data', join(home.folder, 'buyer'), '--json'])
    await customer.waitFor('job', (record) => record['state'] === 'paying')
    mint.child.kill('SIGSTOP')
    const left = await customer.interrupt()
    mint.child.kill('SIGCONT')
    expect(left.code).toBe(EXIT.unknown)
    expect(left.records.at(-1)).toMatchObject({ type: 'error', message: expect.stringContaining('never paid twice') })
    expect(found(left, 'ended')).toMatchObject({ paidMsat: 0 })
    await home.run(['mint', 'faults', '--clear'])
    const later = await home.run(['wallet', '--data', join(home.folder, 'buyer'), '--json'])
    // It went or it did not: once, and with its fee.
    expect([0, 30_030]).toContain(100_000_000 - Number(found(later, 'balance')?.['balanceMsat']))
  })
})

test.concurrent('a trial without a wallet, on a relay of its own, sells and buys with no sandbox at all', async () => {
  const home = openHome()
  const relay = home.start(['relay', '--json'])
  const url = String((await relay.waitFor('relay'))['url'])
  const trial = ['--no-wallet', '--relay', url, '--backend', 'toy', '--toy-speed', '200', '--json']
  const provider = home.start(['provider', '--create-channel', '--stream', ...trial])
  const selling = await provider.waitFor('selling')
  expect(selling).toMatchObject({ trial: true, relays: [url] })
  const bought = await home.run(['customer', '--channel', String(selling['channelId']), '--select', 'first', '--prompt', 'What is 2+2?', '--data', join(home.folder, 'buyer'), ...trial])
  expect(bought.code).toBe(EXIT.ok)
  expect(found(bought, 'ended')).toMatchObject({ state: 'done', answer: expect.stringContaining('4') })
  expect(existsSync(join(home.folder, 'sandbox'))).toBe(false)
  const again = await home.run(['relay', '--json'])
  expect(again.code).toBe(EXIT.failed)
  expect(again.records[0]).toMatchObject({ code: 'folder-in-use' })
  expect((await relay.interrupt()).code).toBe(EXIT.ok)
  const orphan = await home.run(['customer', '--prompt', 'x', '--data', join(home.folder, 'orphan'), '--no-wallet', '--relay', 'ws://127.0.0.1:9', '--json'])
  expect(orphan.code).toBe(EXIT.failed)
  expect(orphan.records.at(-1)).toMatchObject({ code: 'no-relay', message: expect.stringContaining('Nothing answers at this address') })
})

describe('a market on the sandbox', () => {
  const home = openHome()
  let provider: SoukProcess
  let seller: string

  beforeAll(async () => {
    provider = home.start(['provider', '--create-channel', '--stream', '--backend', 'toy', '--toy-speed', '200', '--price', '20000', '--name', 'Seller', '--json'])
    seller = String((await provider.waitFor('selling'))['pubkey'])
  })

  test.concurrent('a question from standard input is answered by the seller that was named, and paid', async () => {
    const bought = await home.run(['customer', '--select', seller.slice(0, 10), '--data', join(home.folder, 'first'), '--json'], { input: 'What is 2+2?\n' })
    expect(bought.code).toBe(EXIT.ok)
    const end = found(bought, 'ended')
    expect(end).toMatchObject({ state: 'done', answer: expect.stringContaining('2 + 2 = 4') })
    // How it is paid and what is at risk is said before it is asked, and what both sides signed is here at the end.
    const types = bought.records.map(({ type }) => type)
    expect(types.indexOf('quote')).toBeLessThan(types.indexOf('job'))
    expect(found(bought, 'quote')).toMatchObject({ settlement: 'prepay', priceMsat: 20_000, riskMsat: 20_000, sentence: expect.stringMatching(/^You pay 20 sats first: all of it is at risk/) })
    const receipts = await home.run(['receipt', 'export', '--all', '--csv', '--data', join(home.folder, 'first')])
    expect(receipts.stdout).toMatch(/,customer,prepay,done,.*,2,yes$/m)
    // What came in pieces, and whole once more where a piece was lost on the way.
    expect(text(bought).endsWith(String(end?.['answer']))).toBe(true)
    const [before, paid] = [Number(found(bought, 'balance')?.['balanceMsat']), Number(end?.['paidMsat'])]
    expect(paid).toBeGreaterThanOrEqual(20_000)
    expect(end?.['balanceMsat']).toBe(before - paid)
    await provider.waitFor('balance', (record) => record['balanceMsat'] === 100_020_000)
  })

  test.concurrent('who sells in the usual folder and buys beside it is a second person, and hears of it', async () => {
    const { code, stdout, stderr } = await home.run(['customer', '--select', 'cheapest', '--discovery-time', '1', '--prompt', 'What is 3+4?'])
    expect(code).toBe(EXIT.ok)
    expect(stdout).toContain('3 + 4 = 7')
    expect(stdout.endsWith('\n')).toBe(true)
    expect(stderr).toContain(join(home.folder, 'customer'))
    expect(stderr).toMatch(/sats paid/)
  })

  test.concurrent('two never open one folder that was named', async () => {
    const { code, records } = await home.run(['customer', '--prompt', 'x', '--data', join(home.folder, 'data'), '--json'])
    expect(code).toBe(EXIT.failed)
    expect(records).toMatchObject([{ type: 'error', code: 'folder-in-use', message: expect.stringContaining('--data') }])
  })

  test.concurrent('a price above the limit buys nothing, and says what is asked', async () => {
    const { code, records } = await home.run(['customer', '--max-price', '100', '--discovery-time', '1', '--prompt', 'x', '--data', join(home.folder, 'poor'), '--json'])
    expect(code).toBe(EXIT.nothingFound)
    expect(records.at(-1)).toMatchObject({ type: 'error', code: 'none-fits', message: expect.stringContaining('15 sats') })
  })

  test.concurrent('Ctrl-C while looking for sellers asks and pays nothing', async () => {
    const customer = home.start(['customer', '--select', 'ffffffff', '--discovery-time', '600', '--prompt', 'x', '--data', join(home.folder, 'hasty')])
    await new Promise<void>((resolve) => customer.child.stderr?.on('data', (part: Buffer) => part.includes('Looking for sellers') && resolve()))
    const { code, stderr } = await customer.interrupt()
    expect(code).toBe(EXIT.interrupted)
    expect(stderr).toContain('Nothing was asked or paid')
  })

  test('Ctrl-C withdraws the offer, and what was sold is in the books', async () => {
    const { code } = await provider.interrupt()
    expect(code).toBe(EXIT.ok)
    const audit = await home.run(['mint', 'audit', '--json'])
    expect(audit.code).toBe(EXIT.ok)
    expect(found(audit, 'audit')).toMatchObject({ balanced: true, heldMsat: 0 })
    const { code: later, records } = await home.run(['customer', '--no-house', '--select', seller.slice(0, 10), '--discovery-time', '1', '--prompt', 'x', '--data', join(home.folder, 'first'), '--json'])
    expect(later).toBe(EXIT.nothingFound)
    expect(records.at(-1)).toMatchObject({ code: 'not-found' })
  })
})

describe('another dialect', () => {
  const home = openHome()
  let provider: SoukProcess
  let seller: string

  beforeAll(async () => {
    provider = home.start(['provider', '--backend', 'toy', '--toy-speed', '500', '--price', '20000', '--no-house', '--no-open-requests', '--json'])
    seller = String((await provider.waitFor('selling'))['pubkey'])
  })
  const buy = (name: string, ...args: readonly string[]) => home.run(['customer', '--prompt', 'What is 2+2?', '--data', join(home.folder, name), '--no-house', '--json', ...args])

  test.concurrent.for<[string, string[], string]>([
    ['nip90', ['--dialect', 'nip90', '--encrypted'], 'private'],
    ['channel', ['--dialect', 'channel'], 'public-channel'],
  ])('is spoken when it is named: %s', async ([dialect, args, privacy]) => {
    const bought = await buy(dialect, '--select', seller.slice(0, 10), ...args)
    expect(bought.code).toBe(EXIT.ok)
    expect(found(bought, 'job')).toMatchObject({ dialect, privacy })
    expect(found(bought, 'ended')).toMatchObject({ state: 'done', answer: expect.stringContaining('2 + 2 = 4') })
  })

  test.concurrent('that nobody knows, and an open request with a seller, are usage errors', async () => {
    for (const args of [['--dialect', 'klingon'], ['--open', '--select', 'first']]) {
      const { code, records } = await buy('typist', ...args)
      expect([code, records.map(({ type }) => type)]).toEqual([EXIT.usage, ['error']])
    }
  })

  test('an open request is answered by a seller that takes them, and by no other', async () => {
    const taker = home.start(['provider', '--backend', 'toy', '--toy-speed', '500', '--price', '21000', '--no-house', '--open-requests', '--json', '--data', join(home.folder, 'taker')])
    const { pubkey } = await taker.waitFor('selling')
    const bought = await buy('caller', '--open', '--max-price', '25000')
    expect(bought.code).toBe(EXIT.ok)
    expect(found(bought, 'job')).toMatchObject({ dialect: 'nip90', privacy: 'public-relays' })
    expect(found(bought, 'ended')).toMatchObject({ state: 'done', paidMsat: 21_021 })
    expect(bought.records.findLast(({ type }) => type === 'job')).toMatchObject({ peer: pubkey })
    expect(bought.records.some(({ type }) => type === 'offer')).toBe(false)
  })
})
