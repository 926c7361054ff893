/** Souk trades with NIP-90 programs that know nothing of it: `e2e/peers/`, written from the spec alone. Real processes on one sandbox. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { EXIT } from './exitCodes.ts'
import { createHome, type SoukProcess, type SoukRecord } from './testing/soukProcess.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const PEERS = join(import.meta.dirname, '..', '..', '..', 'e2e', 'peers')
const PLAY_MONEY = 100_000_000
const PRICE = 20_000
const PEER_PRICE = 7_000
/** What the mint takes for sending. */
const withFee = (amountMsat: number) => amountMsat + amountMsat / 1_000
const FORMS = ['canonical', 'original'] as const
const CASES = FORMS.flatMap((form) => [false, true].map((encrypted) => [form, encrypted] as const))

const home = createHome()
const peers = new Set<ReturnType<typeof spawn>>()
let relay = ''
let wallet = ''

beforeAll(async () => {
  const mint = home.start(['mint', 'run', '--json'])
  await mint.waitFor('faults')
  const notice = z.object({ relayUrl: z.string(), mintPubkey: z.string() }).parse(JSON.parse(readFileSync(join(home.folder, 'sandbox', 'sandbox.json'), 'utf8')))
  relay = notice.relayUrl
  wallet = notice.mintPubkey
})
afterAll(async () => {
  for (const peer of peers) peer.kill('SIGKILL')
  await home.close()
})

/** Starts one of the programs; its records as they come, and the first that fits. */
function startPeer(name: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [join(PEERS, `${name}.mjs`), '--relay', relay, '--wallet', wallet, ...args], { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe'] })
  peers.add(child)
  const records: SoukRecord[] = []
  const listeners = new Set<() => void>()
  let complaint = ''
  child.stderr.on('data', (part: Buffer) => (complaint += part.toString()))
  createInterface({ input: child.stdout }).on('line', (line) => {
    records.push(z.looseObject({ type: z.string() }).parse(JSON.parse(line)))
    for (const listener of listeners) listener()
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const waitFor = (type: string, fits: (record: SoukRecord) => boolean = () => true) =>
    new Promise<SoukRecord>((resolve, reject) => {
      const look = () => {
        const found = records.find((record) => record.type === type && fits(record))
        if (found) resolve(found)
      }
      listeners.add(look)
      look()
      void ended.then((code) => reject(new Error(`${name} ended (${code}) without ${type}.\n${JSON.stringify(records)}\n${complaint}`)))
    })
  return { records, ended, waitFor }
}

async function expectBalanced(): Promise<void> {
  const audit = await home.run(['mint', 'audit', '--json'])
  expect(audit.records.find(({ type }) => type === 'audit')).toMatchObject({ balanced: true })
}

describe('a customer that knows nothing of Souk buys from it', () => {
  let provider: SoukProcess
  let seller = ''
  let sold = 0

  beforeAll(async () => {
    provider = home.start(['provider', '--backend', 'toy', '--toy-speed', '500', '--price', String(PRICE), '--no-house', '--json'])
    seller = String((await provider.waitFor('selling'))['pubkey'])
  })

  test.each(CASES)('in the %s form (encrypted: %s)', async (form, encrypted) => {
    const client = startPeer('nip90Client', '--seller', seller, '--prompt', 'What is 2+2?', '--form', form, ...(encrypted ? ['--encrypted'] : []))
    const asked = await client.waitFor('asked')
    const result = await client.waitFor('result')
    expect(await client.ended).toBe(0)
    sold += 1
    expect(result['text']).toContain('2 + 2 = 4')
    expect(await client.waitFor('invoice')).toMatchObject({ amountMsat: PRICE })
    expect(await client.waitFor('paid')).toMatchObject({ preimage: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(result['balanceMsat']).toBe(PLAY_MONEY - withFee(PRICE))
    const job = await provider.waitFor('job', (record) => record['peer'] === asked['pubkey'] && record['state'] === 'done')
    expect(job).toMatchObject({ dialect: 'nip90', privacy: encrypted ? 'private' : 'public-relays', movedMsat: PRICE })
    await provider.waitFor('balance', (record) => record['balanceMsat'] === PLAY_MONEY + sold * PRICE)
    await expectBalanced()
  })

  test('is told why when it is refused', async () => {
    const client = startPeer('nip90Client', '--seller', seller, '--prompt', 'x'.repeat(17_000), '--form', 'original')
    expect(await client.waitFor('status', (record) => record['status'] === 'error')).toMatchObject({ text: expect.stringContaining('too long') })
    expect(await client.ended).toBe(1)
  })
})

describe('Souk buys from a provider that knows nothing of it', () => {
  const askers = new Set<unknown>()

  test.each(CASES)('of the %s form (encrypted: %s)', async (form, encrypted) => {
    const provider = startPeer('nip90Provider', '--form', form, '--price', String(PEER_PRICE))
    const seller = String((await provider.waitFor('selling'))['pubkey'])
    const bought = await home.run(['customer', '--select', seller.slice(0, 16), '--prompt', 'Hello, stranger.', '--max-tokens', '50', '--no-house', '--json', '--data', join(home.folder, `${form}-${encrypted}`), ...(encrypted ? ['--encrypted'] : [])])
    expect(bought.code).toBe(EXIT.ok)
    const [first, end] = [bought.records.find(({ type }) => type === 'job'), bought.records.find(({ type }) => type === 'ended')]
    expect(first).toMatchObject({ dialect: 'nip90', privacy: encrypted ? 'private' : 'public-relays', peer: seller })
    expect(end).toMatchObject({ state: 'done', answer: 'You said: Hello, stranger.', paidMsat: withFee(PEER_PRICE) })
    expect(end?.['balanceMsat']).toBe(PLAY_MONEY - withFee(PEER_PRICE))
    const asked = await provider.waitFor('asked')
    expect(asked).toMatchObject({ prompt: 'Hello, stranger.', encrypted, bid: String(PEER_PRICE), params: { max_tokens: '50' } })
    askers.add(asked['from'])
    expect(await provider.waitFor('delivered')).toMatchObject({ id: asked['id'], balanceMsat: PLAY_MONEY + PEER_PRICE })
    await expectBalanced()
  })

  test('each time with another key', () => {
    expect(askers.size).toBe(CASES.length)
  })
})
