/** The doctor on machines that lack something, as a real process. */
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test, vi } from 'vitest'
import { openDatabase } from '#engine/store/database.ts'
import { MIGRATIONS } from '#engine/store/migrations.ts'
import { createSettingStore } from '#engine/store/settings.ts'
import { EXIT } from '../exitCodes.ts'
import { createHome, type Ended, type Home } from '../testing/soukProcess.ts'

vi.setConfig({ testTimeout: 60_000 })

const homes: Home[] = []
const servers: Server[] = []
function openHome(): Home {
  const home = createHome()
  homes.push(home)
  return home
}
afterAll(async () => {
  await Promise.all(homes.map((home) => home.close()))
  for (const server of servers) server.close()
})

const checks = ({ records }: Ended) => records.filter((record) => record.type === 'check')
const check = (ended: Ended, name: string) => checks(ended).find((record) => record['name'] === name)
const verdict = ({ records }: Ended) => records.find((record) => record.type === 'doctor')

/** Every file below, with its content's hash: what a look may not change. */
function fingerprint(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(entries.map((entry) => [join(entry.parentPath, entry.name), createHash('sha256').update(readFileSync(join(entry.parentPath, entry.name))).digest('hex')]))
}

function makeStore(home: Home): string {
  const path = join(home.folder, 'data', 'souk.db')
  const opened = openDatabase(path, MIGRATIONS, 0)
  if (!opened.ok) throw new Error(opened.error.message)
  createSettingStore(opened.value.database).write('settings', { relays: ['ws://127.0.0.1:9'] })
  opened.value.database.close()
  return path
}

async function serve(answer: (path: string) => unknown): Promise<string> {
  const server = createServer((request, response) => {
    const body = answer(request.url ?? '')
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

test.concurrent('without Ollama, Electron and display the sandbox still works; each is named with a way out, and nothing is made', async () => {
  const home = openHome()
  const bare = await home.run(['doctor', '--json'], { environment: { NODE_COMPILE_CACHE: '', ELECTRON_OVERRIDE_DIST_PATH: home.folder, SOUK_CHROMIUM: join(home.folder, 'none') } })
  expect(bare.code).toBe(EXIT.ok)
  expect(verdict(bare)).toMatchObject({ healthy: true, failures: 0 })
  expect(check(bare, 'Ollama')).toMatchObject({ grade: 'warning', message: expect.stringMatching(/not answering.*toy/), wayOut: expect.stringContaining('ollama.com') })
  expect(check(bare, 'Window')).toMatchObject({ grade: 'warning', message: expect.stringContaining('no display'), wayOut: expect.stringContaining('souk serve') })
  expect(check(bare, 'Test browser')).toMatchObject({ grade: 'warning', wayOut: expect.stringContaining('SOUK_CHROMIUM') })
  for (const name of ['Node', 'Folder', 'Store', 'Secrets', 'Sandbox', 'Wallet', 'Clock']) expect(check(bare, name)).toMatchObject({ grade: 'ok' })
  const screened = await home.run(['doctor'], { environment: { DISPLAY: ':99', ELECTRON_OVERRIDE_DIST_PATH: home.folder } })
  expect(screened.stdout).toMatch(/! Window .*Electron’?'?s program/)
  expect(screened.stdout).toContain('install-electron')
  expect(readdirSync(home.folder)).toEqual([])
})

test.concurrent('a relay that is down is a warning with its reason, also when Settings name it', async () => {
  const home = openHome()
  makeStore(home)
  const looked = await home.run(['doctor', '--relay', 'ws://127.0.0.1:10', '--json'])
  expect(looked.code).toBe(EXIT.ok)
  const relays = checks(looked).filter((record) => record['name'] === 'Relay')
  expect(relays).toMatchObject([
    { grade: 'warning', message: expect.stringMatching(/127\.0\.0\.1:10 does not work: Nothing answers/) },
    { grade: 'warning', message: expect.stringContaining('127.0.0.1:9') },
  ])
})

test.concurrent('a damaged store is recognised and left as it is', async () => {
  const home = openHome()
  const path = makeStore(home)
  const bytes = readFileSync(path)
  bytes.fill(0xa5, 4_096, 8_192)
  writeFileSync(path, bytes)
  const before = fingerprint(home.folder)
  const looked = await home.run(['doctor', '--json'])
  expect(looked.code).toBe(EXIT.failed)
  expect(check(looked, 'Store')).toMatchObject({ grade: 'failure', message: expect.stringContaining('damaged'), wayOut: expect.stringContaining('backup') })
  expect(verdict(looked)).toMatchObject({ healthy: false, failures: 1 })
  expect(fingerprint(home.folder)).toEqual(before)
  writeFileSync(path, 'not a database at all, whatever its name says')
  expect(check(await home.run(['doctor', '--json']), 'Store')).toMatchObject({ grade: 'failure', message: expect.stringContaining('damaged') })
})

test.concurrent('a store of a newer Souk, and secrets that others may read or that are damaged, are told apart', async () => {
  const home = openHome()
  const path = makeStore(home)
  const database = new DatabaseSync(path)
  database.exec('PRAGMA user_version = 9999')
  database.close()
  const secrets = join(home.folder, 'data', 'secrets.json')
  writeFileSync(secrets, '{"format":"souk-secrets"', { mode: 0o600 })
  const before = fingerprint(home.folder)
  const looked = await home.run(['doctor', '--json'])
  expect(check(looked, 'Store')).toMatchObject({ grade: 'failure', message: expect.stringContaining('newer Souk') })
  expect(check(looked, 'Secrets')).toMatchObject({ grade: 'failure', message: expect.stringContaining('damaged') })
  expect(fingerprint(home.folder)).toEqual(before)
})

test.concurrent('a running Souk is seen through its lock: folder in use, relay and mint answering, books balanced', async () => {
  const home = openHome()
  const provider = home.start(['provider', '--backend', 'toy', '--json'])
  const { relays } = await provider.waitFor('selling')
  const [url] = Array.isArray(relays) ? relays.map(String) : []
  const secrets = join(home.folder, 'data', 'secrets.json')
  chmodSync(secrets, 0o644)
  const looked = await home.run(['doctor', '--relay', url ?? '', '--json'])
  expect(looked.code).toBe(EXIT.ok)
  expect(check(looked, 'In use')).toMatchObject({ grade: 'warning', wayOut: expect.stringContaining('--data') })
  expect(check(looked, 'Store')).toMatchObject({ grade: 'ok', message: expect.stringContaining('sound') })
  expect(check(looked, 'Sandbox')).toMatchObject({ grade: 'ok', message: expect.stringContaining('mint answer') })
  expect(check(looked, 'Mint')).toMatchObject({ grade: 'ok', message: expect.stringMatching(/wallets?, and the books balance/) })
  expect(check(looked, 'Relay')).toMatchObject({ grade: 'ok', message: expect.stringContaining('Souk sandbox relay') })
  expect(check(looked, 'Secrets')).toMatchObject({ grade: 'warning', wayOut: expect.stringContaining('chmod 600') })
  expect((await provider.interrupt()).code).toBe(EXIT.ok)
})

test.concurrent('a mint that is down is what the sandbox needs', async () => {
  const home = openHome()
  await home.start(['mint', 'run', '--down', '--json']).waitFor('faults')
  const looked = await home.run(['doctor', '--json'])
  expect(looked.code).toBe(EXIT.failed)
  expect(check(looked, 'Sandbox')).toMatchObject({ grade: 'failure', message: expect.stringContaining('mint does not'), wayOut: expect.stringContaining('--clear') })
})

test.concurrent('an Ollama with cloud models alone, or with none, is told from one that is not there', async () => {
  const home = openHome()
  const clouded = await serve((path) => ({ '/api/version': { version: '0.13.0' }, '/api/tags': { models: [{ name: 'gpt-oss:120b-cloud', remote_host: 'https://ollama.com' }] } })[path])
  const empty = await serve((path) => ({ '/api/version': { version: '0.13.0' }, '/api/tags': { models: [] } })[path])
  const [first, second] = await Promise.all([home.run(['doctor', '--ollama-url', clouded, '--json']), home.run(['doctor', '--json'], { environment: { OLLAMA_HOST: empty } })])
  expect(check(first, 'Ollama')).toMatchObject({ grade: 'warning', message: expect.stringContaining('cloud'), wayOut: expect.stringContaining('ollama pull') })
  expect(check(second, 'Ollama')).toMatchObject({ grade: 'warning', message: expect.stringContaining('has no model') })
})

test.concurrent('a folder that cannot be one fails, with the place that is in the way', async () => {
  const home = openHome()
  mkdirSync(join(home.folder, 'elsewhere'))
  writeFileSync(join(home.folder, 'elsewhere', 'file'), '')
  const looked = await home.run(['doctor', '--data', join(home.folder, 'elsewhere', 'file', 'data'), '--json'])
  expect(looked.code).toBe(EXIT.failed)
  expect(check(looked, 'Folder')).toMatchObject({ grade: 'failure', message: expect.stringContaining('is a file') })
  expect(existsSync(join(home.folder, 'sandbox'))).toBe(false)
})

test('a wallet of real money that was chosen is not called play money', async () => {
  const home = openHome()
  const database = new DatabaseSync(makeStore(home))
  createSettingStore(database).write('wallet.choice', { kind: 'spark', network: 'mainnet' })
  database.close()
  expect(check(await home.run(['doctor', '--json']), 'Wallet')).toMatchObject({ message: expect.stringMatching(/^Spark on mainnet/) })
})
