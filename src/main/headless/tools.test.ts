/** The commands around the market, with real processes: wallet, identity, mint. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createSettingStore } from '#engine/store/settings.ts'
import { EXIT } from './exitCodes.ts'
import { createHome, type Home, type SoukProcess } from './testing/soukProcess.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const homes: Home[] = []
function openHome(): Home {
  const home = createHome()
  homes.push(home)
  return home
}
afterAll(() => Promise.all(homes.map((home) => home.close())))

describe('the wallet', () => {
  const home = openHome()
  const payee = ['--data', join(home.folder, 'payee'), '--json']
  const payer = ['--data', join(home.folder, 'payer'), '--json']
  let mint: SoukProcess

  beforeAll(async () => {
    mint = home.start(['mint', 'run', '--json'])
    expect(await mint.waitFor('sandbox')).toMatchObject({ role: 'host', relayUrl: expect.stringMatching(/^ws:\/\/127/), mintPubkey: expect.stringMatching(/^[0-9a-f]{64}$/) })
    await mint.waitFor('faults')
  })

  test('receives and sends to the last thousandth of a sat, and both histories and the audit say so', async () => {
    const receiving = home.start(['wallet', 'receive', '12.345', '--description', 'Two eggs', '--wait', ...payee])
    const { bolt11, paymentHash } = await receiving.waitFor('invoice')
    const unconfirmed = await home.run(['wallet', 'send', String(bolt11), ...payer])
    expect(unconfirmed.code).toBe(EXIT.usage)
    expect(unconfirmed.records.at(-1)).toMatchObject({ message: expect.stringContaining('--yes') })

    const sent = await home.run(['wallet', 'send', `lightning:${String(bolt11).toUpperCase()}`, '--yes', ...payer])
    expect(sent.records.find((record) => record.type === 'sending')).toMatchObject({ amountMsat: 12_345, maxFeeMsat: 1_000, network: 'regtest', description: 'Two eggs' })
    expect(sent.records.at(-1)).toMatchObject({ type: 'sent', state: 'settled', paymentHash })
    expect(sent.code).toBe(EXIT.ok)
    expect((await receiving.ended).records.at(-1)).toMatchObject({ type: 'paid', amountMsat: 12_345 })

    const again = await home.run(['wallet', 'send', String(bolt11), '--yes', ...payer])
    expect(again.code).toBe(EXIT.refused)
    expect(again.records.at(-1)).toMatchObject({ code: 'already-paid' })
    const [balance, history, lookup, unknown] = [
      await home.run(['wallet', ...payee]),
      await home.run(['wallet', 'history', ...payer]),
      await home.run(['wallet', 'lookup', String(paymentHash), ...payee]),
      await home.run(['wallet', 'lookup', 'ab'.repeat(32), ...payee]),
    ]
    expect(balance.records.at(-1)).toMatchObject({ type: 'balance', balanceMsat: 100_012_345, pendingMsat: 0, sandbox: true })
    expect(history.records).toMatchObject([{ type: 'payment', direction: 'outgoing', state: 'settled', amountMsat: 12_345 }, { type: 'history', payments: 1, more: false }])
    expect(JSON.stringify(history.records)).not.toContain('preimage')
    expect(lookup.records).toMatchObject([{ direction: 'incoming', state: 'settled', description: 'Two eggs' }])
    expect(unknown.code).toBe(EXIT.nothingFound)
  })

  test('an outcome that nobody knows has its own words and exit status, and is never called failed', async () => {
    const made = await home.run(['wallet', 'receive', '5', ...payee])
    const bolt11 = String(made.records[0]?.['bolt11'])
    expect((await home.run(['mint', 'faults', '--pay', 'response-lost', '--json'])).records).toMatchObject([{ type: 'faults', faults: { pay: 'response-lost' } }])
    expect(mint.child.exitCode).toBeNull()
    const sending = home.start(['wallet', 'send', bolt11, '--yes', ...payer])
    await sending.waitFor('sending')
    await mintHasPaid()
    const left = await sending.interrupt()
    expect(left.code).toBe(EXIT.unknown)
    expect(left.records.slice(-2)).toMatchObject([{ type: 'sent', state: 'unknown' }, { type: 'error', code: 'payment-unknown', message: expect.stringMatching(/not known whether.*never pays it twice/) }])
    const cleared = await home.run(['mint', 'faults', '--clear', '--json'])
    expect(cleared.records).toMatchObject([{ faults: { pay: 'ok', delayMs: 0, down: false } }])
    const balance = await home.run(['wallet', ...payee])
    expect(balance.records.at(-1)).toMatchObject({ balanceMsat: 100_017_345 })
  })

  /** The payee's own wallet says when the money has moved, whatever the payer's is told. */
  async function mintHasPaid(): Promise<void> {
    const database = new DatabaseSync(join(home.folder, 'sandbox', 'mint.db'), { readOnly: true })
    const count = database.prepare(`SELECT count(*) AS count FROM payment WHERE state = 'settled'`)
    await vi.waitUntil(() => Number(count.get()?.['count']) === 2, { timeout: 30_000, interval: 20 })
    database.close()
  }

  test('the audit holds beside the running mint, and a tampered ledger fails it', async () => {
    const sound = await home.run(['mint', 'audit', '--json'])
    expect(sound.code).toBe(EXIT.ok)
    expect(sound.records).toMatchObject([{ type: 'audit', balanced: true, issuedMsat: 200_000_000, accounts: 2 }])
    expect((await mint.interrupt()).code).toBe(EXIT.ok)
    const database = new DatabaseSync(join(home.folder, 'sandbox', 'mint.db'))
    database.exec(`UPDATE account SET balance_msat = balance_msat + 1 WHERE kind = 'client'`)
    database.close()
    const tampered = await home.run(['mint', 'audit', '--json'])
    expect(tampered.code).toBe(EXIT.failed)
    expect(tampered.records).toMatchObject([{ balanced: false }, { type: 'error', code: 'out-of-balance' }])
    const nobody = await home.run(['mint', 'faults', '--json'])
    expect(nobody.code).toBe(EXIT.failed)
    expect(nobody.records).toMatchObject([{ code: 'no-mint-run' }])
  })
})

test.concurrent('an identity is shown, revealed only on purpose, protected and opened again', async () => {
  const home = openHome()
  const none = await home.run(['identity', '--json'])
  expect(none.code).toBe(EXIT.nothingFound)
  expect(existsSync(join(home.folder, 'data'))).toBe(false)

  const abandon = `${'abandon '.repeat(11)}about\n`
  const imported = await home.run(['identity', 'import', '--json'], { input: abandon })
  expect(imported.records.at(-1)).toMatchObject({ type: 'identity', pubkey: 'e8bcf3823669444d0b49ad45d65088635d9fd8500a75b5f20b59abefa56a144f', backedUp: true })
  const guarded = await home.run(['identity', 'phrase'])
  expect(guarded.code).toBe(EXIT.usage)
  expect(guarded.stdout).toBe('')
  expect(guarded.stderr).toContain('--reveal')
  expect((await home.run(['identity', 'phrase', '--reveal'])).stdout).toBe(abandon)
  expect((await home.run(['identity', 'export', '--reveal'])).stdout).toMatch(/^nsec1[a-z0-9]+\n$/)

  const zoo = `${'zoo '.repeat(11)}wrong`
  const kept = await home.run(['identity', 'import', '--json'], { input: zoo })
  expect(kept.code).toBe(EXIT.refused)
  expect(kept.records.at(-1)).toMatchObject({ code: 'identity-exists' })

  const short = await home.run(['identity', 'protect', '--json'], { environment: { SOUK_NEW_PASSPHRASE: 'short' } })
  expect(short.code).toBe(EXIT.usage)
  expect((await home.run(['identity', 'protect'], { environment: { SOUK_NEW_PASSPHRASE: 'correct horse battery' } })).code).toBe(EXIT.ok)
  const [locked, wrong, right] = await Promise.all([
    home.run(['identity', '--json']),
    home.run(['identity', '--json'], { environment: { SOUK_PASSPHRASE: 'wrong' } }),
    home.run(['identity', '--json'], { environment: { SOUK_PASSPHRASE: 'correct horse battery' } }),
  ])
  expect(locked.records).toMatchObject([{ code: 'secrets-locked' }])
  expect(wrong.records).toMatchObject([{ code: 'secrets-locked', message: expect.stringContaining('not the passphrase') }])
  expect(right.records).toMatchObject([{ pubkey: imported.records[0]?.['pubkey'], protection: 'passphrase' }])
})

test.concurrent('a passphrase is taken away on the sandbox, and kept while a wallet of real money is chosen', async () => {
  const home = openHome()
  const withPassphrase = { environment: { SOUK_PASSPHRASE: 'correct horse battery' } }
  await home.run(['identity', 'import'], { input: 'abandon '.repeat(11).concat('about') })
  expect((await home.run(['identity', 'protect'], withPassphrase)).code).toBe(EXIT.ok)
  const database = new DatabaseSync(join(home.folder, 'data', 'souk.db'))
  const settings = createSettingStore(database)
  settings.write('wallet.choice', { kind: 'spark', network: 'mainnet' })
  const refused = await home.run(['identity', 'unprotect', '--yes', '--json'], withPassphrase)
  expect([refused.code, refused.records.at(-1)]).toMatchObject([EXIT.refused, { code: 'needs-protection', message: expect.stringContaining('Nothing was changed') }])
  const known = await home.run(['identity', 'import', '--replace', '--json'], { ...withPassphrase, input: `${'zoo '.repeat(11)}wrong` })
  expect([known.code, known.records.at(-1)]).toMatchObject([EXIT.refused, { code: 'public-phrase' }])
  settings.write('wallet.choice', { kind: 'sandbox' })
  database.close()
  expect((await home.run(['identity', 'unprotect', '--yes', '--json'], withPassphrase)).records.at(-1)).toMatchObject({ type: 'protected', protection: 'plain' })
})

test.concurrent('what everybody knows is no identity beyond the sandbox, and a mistyped phrase is none anywhere', async () => {
  const home = openHome()
  const known = await home.run(['identity', 'import', '--json'], { input: `${'zoo '.repeat(11)}wrong`, environment: { SOUK_NETWORK: 'signet' } })
  expect(known.code).toBe(EXIT.refused)
  expect(known.records).toMatchObject([{ code: 'public-phrase' }])
  const mistyped = await home.run(['identity', 'import', '--json'], { input: 'abandon abandon abuot' })
  expect(mistyped.code).toBe(EXIT.usage)
  expect(mistyped.records[0]).toMatchObject({ message: expect.stringContaining('abuot') })
  const key = await home.run(['identity', 'import', '--json'], { input: 'nsec1qqqqqq' })
  expect(key.records).toMatchObject([{ code: 'not-a-phrase' }])
  expect(JSON.stringify(key)).not.toContain('nsec1qqqqqq')
  expect(existsSync(join(home.folder, 'data'))).toBe(false)
})

test.concurrent('an identity that the window keeps is not joined by a second one', async () => {
  const home = openHome()
  const data = join(home.folder, 'data')
  mkdirSync(data)
  writeFileSync(join(data, 'phrase.secret'), 'souk-secret os\n')
  for (const args of [['wallet'], ['identity'], ['identity', 'import']]) {
    const refused = await home.run([...args, '--json'], { input: `${'abandon '.repeat(11)}about` })
    expect(refused.code).toBe(EXIT.failed)
    expect(refused.records.at(-1)).toMatchObject({ code: 'kept-by-desktop', message: expect.stringContaining('--data') })
  }
  expect(readdirSync(data)).toEqual(['phrase.secret'])
})
