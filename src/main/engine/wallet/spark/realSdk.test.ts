/** The real WASM in the real thread, without any network: the thread refuses every request by itself. */
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bech32m } from '@scure/base'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { encodeInvoice } from '#shared/protocol/bolt11.ts'
import { createPhrase } from '../../nostr/phrase.ts'
import { nodeClock, nodeRandom } from '../../testing/nodePorts.ts'
import { createSparkWallet } from './spark.ts'
import { createSparkClient, type SparkClient, type SparkReply } from './sparkClient.ts'
import { startNodeThread } from './thread.ts'

const phrase = createPhrase(nodeRandom)
let folder: string
let client: SparkClient

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'souk-spark-real-'))
  client = createSparkClient({ start: startNodeThread({ isOffline: true }), connection: { network: 'regtest', apiKey: null, phrase, folder }, clock: nodeClock, log: () => {} })
})
afterAll(async () => {
  await client.close()
  rmSync(folder, { recursive: true, force: true })
})

function result<T>(reply: SparkReply<T>): T {
  if (reply.kind !== 'result') throw new Error(JSON.stringify(reply))
  return reply.value
}
const addressOf = (prefix: string, identity: string) => bech32m.encode(prefix, bech32m.toWords(Uint8Array.from([10, 33, ...Buffer.from(identity, 'hex')])), 200)
const quote = (input: string, amountSats: bigint) => client.call('prepare', { input, amountSats })

test('it connects, signs, reads, prepares and lists without a network, and is never ready', async () => {
  const { balanceSats, identityPubkey } = result(await client.call('balance', {}))
  expect(balanceSats).toBe(0)
  expect(result(await client.call('list', { type: 'receive', onlyWaitingLocks: true, limit: 10, offset: 0 }))).toEqual({ payments: [], count: 0, unreadable: 0 })
  expect(result(await client.call('list', { type: null, onlyWaitingLocks: false, limit: 10, offset: 0 })).payments).toEqual([])
  expect(result(await client.call('deposits', {})).deposits).toEqual([])
  const signed = result(await client.call('sign', { message: 'souk' }))
  expect(signed.pubkey).toBe(identityPubkey)
  expect(signed.signature).toMatch(/^[0-9a-f]{128}$/)

  const address = addressOf('sparkrt', identityPubkey)
  expect(result(await client.call('parse', { input: address }))).toEqual({ type: 'sparkAddress', network: 'regtest' })
  expect(result(await client.call('parse', { input: addressOf('spark', identityPubkey) }))).toEqual({ type: 'sparkAddress', network: 'bitcoin' })
  const bolt11 = encodeInvoice({ network: 'regtest', amountMsat: sats(7), paymentHash: '11'.repeat(32), paymentSecret: '22'.repeat(32), description: 'x', createdAt: Math.floor(nodeClock.now() / 1_000), expirySecs: 600 }, Buffer.alloc(32, 1))
  expect(result(await client.call('parse', { input: bolt11 }))).toEqual({ type: 'bolt11Invoice', network: 'regtest' })
  expect(result(await quote(address, 10n))).toMatchObject({ kind: 'sparkAddress', amountSats: 10n, feeSats: 0, onchain: null })
  // The trap that `lock` guards against: the other network's address is prepared without a word.
  expect(result(await quote(addressOf('spark', identityPubkey), 10n))).toMatchObject({ kind: 'sparkAddress' })

  expect(result(await client.call('sync', {}))).toEqual({ isFresh: false })
  expect(client.isSynced()).toBe(false)
  expect(await client.call('claim', { preimage: '00'.repeat(32) })).toMatchObject({ kind: 'error', error: { code: 'other' } })
})

test('its migrations have run on Node’s own SQLite, and its tables are there', async () => {
  result(await client.call('sync', {}))
  const [path] = globSync(join(folder, 'regtest', '*', 'storage.sql'))
  const database = new DatabaseSync(path ?? '', { readOnly: true })
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all().map(({ name }) => String(name))
  database.close()
  expect(version).toBeGreaterThanOrEqual(33)
  expect(tables).toEqual(expect.arrayContaining(['payments', 'payment_details_spark', 'payment_details_lightning', 'unclaimed_deposits']))
})

test('the whole wallet says that nobody answers, quickly, and pays nothing', async () => {
  const made = createSparkWallet({ network: 'regtest', phrase, folder: join(folder, 'wallet'), clock: nodeClock, log: () => {}, startThread: startNodeThread({ isOffline: true }) })
  if (!made.ok) throw new Error(made.error.message)
  const wallet = made.value
  expect(await wallet.info()).toMatchObject({ ok: false, error: { code: 'wallet-unreachable' } })
  expect(await wallet.list({ limit: 5, offset: 0 })).toEqual({ ok: true, value: [] })
  const { identityPubkey } = result(await client.call('balance', {}))
  const lock = { address: addressOf('sparkrt', identityPubkey), paymentHash: '11'.repeat(32), amountMsat: sats(10), maxFeeMsat: ZERO_MSAT, expirySecs: 600, idempotencyKey: '0a6d6b2e-5f1a-4c0c-9f4a-3f0d9a0c7e11' }
  expect(await wallet.lock(lock)).toMatchObject({ state: 'failed', problem: { code: 'wallet-unreachable' } })
  expect(await wallet.lock({ ...lock, address: addressOf('spark', identityPubkey) })).toMatchObject({ state: 'failed', problem: { code: 'wallet-refused' } })
  await wallet.close()
})

/** A worker of the test's own, that connects, syncs, and then does that with a call. */
const workerThat = (does: string) => new URL(`data:text/javascript,${encodeURIComponent(`
  import { parentPort } from 'node:worker_threads'
  parentPort.on('message', ({ id, method }) => { if (method === 'connect') parentPort.postMessage({ id, value: {} }); else if (method === 'sync') parentPort.postMessage({ id, value: { isFresh: false } }); else { ${does} } })`)}`)

test.each([
  ['blocks for ever', 'for (;;);', 'timeout'],
  ['throws outside every promise', "setTimeout(() => { throw new Error('outside') })", 'died'],
  ['ends', 'process.exit()', 'died'],
  ['answers what cannot be read', 'parentPort.postMessage({ id, value: { balanceSats: -1 } })', 'garbled'],
] as const)('a thread that %s hangs nobody, and is replaced', async (_, does, kind) => {
  const ended = Promise.withResolvers<void>()
  const bad = createSparkClient({ start: startNodeThread({ workerUrl: workerThat(does) }), connection: { network: 'regtest', apiKey: null, phrase, folder }, clock: nodeClock, log: () => ended.resolve(), timeouts: { ping: 100 } })
  expect((await bad.call('sync', {})).kind).toBe('result')
  expect((await bad.call('balance', {}, kind === 'timeout' ? { timeoutMs: 300 } : {})).kind).toBe(kind)
  if (kind !== 'garbled') await ended.promise
  await bad.close()
})

test('a thread that cannot be had is a call that was not made', async () => {
  const none = createSparkClient({ start: startNodeThread({ workerUrl: new URL('nowhere.ts', import.meta.url) }), connection: { network: 'regtest', apiKey: null, phrase, folder }, clock: nodeClock, log: () => {} })
  expect(await none.call('balance', {}, { timeoutMs: 5_000 })).toMatchObject({ kind: 'unsent' })
  await none.close()
})

/** Runs a program of its own, which leaves its wallet open, and gives what it printed. */
function runProgram(code: string): string {
  return execFileSync(process.execPath, ['--input-type=module', '--eval', code], { cwd: process.cwd(), encoding: 'utf8', timeout: 15_000, env: { ...process.env, SOUK_TEST_FOLDER: folder } })
}
const PRELUDE = `
import { createRequire } from 'node:module'
const { createSparkWallet } = await import('#engine/wallet/spark/spark.ts')
const { startNodeThread } = await import('#engine/wallet/spark/thread.ts')
const { nodeClock } = await import('#engine/testing/nodePorts.ts')
const made = createSparkWallet({ network: 'regtest', phrase: ${JSON.stringify('legal winner thank year wave sausage worth useful legal winner thank yellow')}, folder: process.env.SOUK_TEST_FOLDER + '/program', clock: nodeClock, log: () => {}, startThread: startNodeThread({ isOffline: true }) })
`

test('nothing of the SDK is in memory before the first call, and after it nothing holds the program back', () => {
  // Files that are mapped or opened cannot be asked for everywhere; what was loaded, and which threads there are, can.
  const before = runProgram(`${PRELUDE}
    const { readdirSync, existsSync } = await import('node:fs')
    const loaded = Object.keys(createRequire(import.meta.url).cache ?? {}).filter((path) => path.includes('breez-sdk-spark'))
    console.log(JSON.stringify({ ok: made.ok, loaded, workers: process.getActiveResourcesInfo().filter((name) => name.includes('Worker')), folder: existsSync(process.env.SOUK_TEST_FOLDER + '/program') }))`)
  expect(JSON.parse(before)).toEqual({ ok: true, loaded: [], workers: [], folder: false })

  // Its timers would live on for minutes in the program's own thread: see PROTOCOL.md §7.
  const after = runProgram(`${PRELUDE}
    process.stdout.write(JSON.stringify((await made.value.list({ limit: 1, offset: 0 })).ok))
    process.exitCode = 0`)
  expect(after).toBe('true')
})

test('what is shipped of the SDK is enough of it', () => {
  const root = join(import.meta.dirname, '../../../../..')
  const shipped = join(folder, 'shipped', 'node_modules')
  const filter = /from: node_modules\/@breeztech.*?filter:\n((?: +- .*\n)+)/s.exec(readFileSync(join(root, 'electron-builder.yml'), 'utf8'))?.[1] ?? ''
  const patterns = [...filter.matchAll(/- (.+)/g)].map((match) => match[1] ?? '')
  const sdk = join('@breeztech', 'breez-sdk-spark')
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: join(root, 'node_modules', sdk) }))
  for (const file of files) cpSync(join(root, 'node_modules', sdk, file), join(shipped, sdk, file))
  cpSync(join(root, 'packages', 'better-sqlite3'), join(shipped, 'better-sqlite3'), { recursive: true })
  expect(files.length).toBeGreaterThan(5)
  expect(files.every((file) => file === 'package.json' || file.startsWith('nodejs'))).toBe(true)
  const said = execFileSync(process.execPath, ['-e', `const sdk = require('@breeztech/breez-sdk-spark/nodejs'); globalThis.createDefaultStorage('./storage').then(() => console.log(typeof sdk.connect))`], { cwd: join(folder, 'shipped'), encoding: 'utf8', timeout: 15_000, stdio: ['ignore', 'pipe', 'ignore'] })
  expect(said).toContain('function')
})

test('no file that the main thread loads imports the SDK, but for types', () => {
  for (const file of ['spark.ts', 'sparkClient.ts', 'thread.ts', 'sparkPay.ts', 'sparkRecords.ts', 'protocol.ts', 'sdk.ts']) {
    const lines = readFileSync(join(import.meta.dirname, file), 'utf8').split('\n')
    expect(lines.filter((line) => line.includes('breez-sdk-spark') && !/^(import type|\s*\/?\*|\/\/)/.test(line))).toEqual([])
  }
})
