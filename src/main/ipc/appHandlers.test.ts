/** The phrase and its passphrase over a real engine: what a page asks for happens on the disk, and what it typed is nowhere else. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Engine } from '#engine/engine.ts'
import { createPhrase } from '#engine/nostr/phrase.ts'
import { nodeClock, nodeRandom } from '#engine/testing/nodePorts.ts'
import { openMarket, type Market } from '#engine/testing/market.ts'
import { openSecretsFile } from '#main/headless/secretsFile.ts'
import { identityRoutes } from '#shared/ipc/identity.ts'
import { soukContract } from '#shared/ipc/souk.ts'
import { sats } from '#shared/market/msat.ts'
import { WIRE_VERSION, type ServerMessage } from '#shared/ipc/wire.ts'
import { createRouter } from './router.ts'
import { createSoukHandlers } from './soukHandlers.ts'

const FIRST = 'lantern owls chair'
const SECOND = 'another four odd words'
const logged: string[] = []
let market: Market
let engine: Engine
let path: string

beforeAll(async () => {
  market = await openMarket()
  path = join(market.dataFolder('one'), 'secrets.json')
  mkdirSync(market.dataFolder('one'), { recursive: true })
  engine = await market.open('one', { config: { walletTimeouts: { payMs: 500 } }, ports: { secrets: openSecretsFile({ path, passphrase: null, allowPlain: true, random: nodeRandom }), log: (...said) => void logged.push(JSON.stringify(said)) } })
})
afterAll(() => market.end())

/** A page on the engine's own router; resolves with what a request is answered, and keeps all that was sent to it. */
function openPage() {
  const sent: ServerMessage[] = []
  const waiting = new Map<number, (message: ServerMessage) => void>()
  const router = createRouter(soukContract, createSoukHandlers(engine), { clock: nodeClock, log: (...said) => void logged.push(JSON.stringify(said)) })
  const connection = router.connect((message) => {
    sent.push(message)
    if ('id' in message) waiting.get(message.id)?.(message)
  }, { kind: 'browser' })
  connection.receive({ type: 'hello', version: WIRE_VERSION })
  let id = 0
  return {
    sent,
    close: () => connection.close(),
    request: (route: string, input: unknown) =>
      new Promise<ServerMessage>((resolve) => {
        id += 1
        waiting.set(id, resolve)
        connection.receive({ type: 'request', id, route, input })
      }),
  }
}

const status = () => identityRoutes['identity.status'].snapshot.parse(createSoukHandlers(engine).states['identity.status'].get())
const opensWith = (passphrase: string | null) => openSecretsFile({ path, passphrase: passphrase === null ? null : () => Promise.resolve(passphrase), random: nodeRandom }).read('phrase')

test('a passphrase is set, changed and taken away from a page, and a wrong one changes nothing', async () => {
  const page = openPage()
  const phrase = await engine.keyring.revealPhrase()
  expect(status()).toMatchObject({ protection: 'plain', takesPassphrase: true })
  expect(readFileSync(path, 'utf8')).toContain(phrase)

  expect(JSON.stringify(await page.request('identity.protect', { next: 'short' }))).toContain('at least 8 characters')
  expect(await page.request('identity.protect', { next: FIRST })).toMatchObject({ type: 'answer', ok: true })
  expect(status().protection).toBe('passphrase')
  expect(engine.walletChoice.needs.get().protected).toBe(true)
  expect(readFileSync(path, 'utf8')).not.toContain(phrase)
  await expect(opensWith(null)).rejects.toThrow()
  expect(await opensWith(FIRST)).toBe(phrase)

  for (const current of [undefined, SECOND]) expect(JSON.stringify(await page.request('identity.protect', { current, next: SECOND }))).toContain('not the passphrase in force')
  expect(await opensWith(FIRST)).toBe(phrase)
  await page.request('identity.protect', { current: FIRST, next: SECOND })
  expect(await opensWith(SECOND)).toBe(phrase)

  await page.request('identity.protect', { current: SECOND })
  expect(await opensWith(null)).toBe(phrase)
  expect(status().protection).toBe('plain')
  page.close()
  for (const secret of [FIRST, SECOND, phrase]) expect([JSON.stringify(page.sent).includes(secret), logged.some((line) => line.includes(secret))]).toEqual([false, false])
})

test('while a wallet of real money is chosen, the passphrase can be changed and not taken away', async () => {
  const page = openPage()
  await page.request('identity.protect', { next: FIRST })
  const words = (await engine.keyring.revealPhrase()).split(' ')
  await engine.keyring.confirmBackup([1, 4, 7].map((index) => ({ index, word: words[index] ?? '' })))
  expect(await engine.walletChoice.choose({ kind: 'nwc', connection: `nostr+walletconnect://${'a'.repeat(64)}?relay=wss://relay.example&secret=${'b'.repeat(64)}`, network: 'signet' })).toMatchObject({ ok: true })
  expect(JSON.stringify(await page.request('identity.protect', { current: FIRST }))).toContain('needs-protection')
  expect(JSON.stringify(await page.request('identity.importPhrase', { phrase: `${'abandon '.repeat(11)}about`, confirmed: true }))).toContain('public-phrase')
  expect(status().protection).toBe('passphrase')
  await page.request('identity.protect', { current: FIRST, next: SECOND })
  expect(await opensWith(SECOND)).toMatch(/ /)
  page.close()
  expect(existsSync(`${path}.new`)).toBe(false)
})

test('no other identity is imported while a payment of this one is on its way', async () => {
  const page = openPage()
  const invoice = await (await market.open('payee')).account.receive(sats(3), '', 3_600)
  market.sandbox.mint()?.setFaults({ pay: 'pending' })
  expect(invoice.ok && (await engine.account.send(invoice.value.bolt11, sats(1)))).toMatchObject({ ok: true, value: { state: 'unknown' } })
  expect(JSON.stringify(await page.request('identity.importPhrase', { phrase: createPhrase(nodeRandom), confirmed: true }))).toContain('busy')
  page.close()
})
