/** A phrase that is gone, damaged or another's comes back by its import, and no identity is replaced while jobs are open. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import type { JobRow } from '#shared/ipc/common.ts'
import { NO_STANDING } from '#shared/market/books.ts'
import { sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { openDatabase } from '#engine/store/database.ts'
import { createJournal } from '#engine/store/journal.ts'
import { MIGRATIONS } from '#engine/store/migrations.ts'
import { createSentPaymentStore } from '#engine/store/sentPayments.ts'
import { EXIT } from './exitCodes.ts'
import { createHome, type Home } from './testing/soukProcess.ts'

const ABANDON = `${'abandon '.repeat(11)}about`
const ZOO = `${'zoo '.repeat(11)}wrong`
const ABANDON_KEY = 'e8bcf3823669444d0b49ad45d65088635d9fd8500a75b5f20b59abefa56a144f'

vi.setConfig({ testTimeout: 60_000 })

const homes: Home[] = []
function openHome(): Home {
  const home = createHome()
  homes.push(home)
  return home
}
afterEach(() => Promise.all(homes.splice(0).map((home) => home.close())))

const load = (home: Home, input: string, ...more: string[]) => home.run(['identity', 'import', '--json', ...more], { input })

test('a phrase that is gone from beside its store, or damaged, is imported again; another one replaces it only when that is meant', async () => {
  const home = openHome()
  await load(home, ABANDON)
  const secrets = join(home.folder, 'data', 'secrets.json')
  const whole = readFileSync(secrets, 'utf8')
  const breakings = [() => rmSync(secrets), () => writeFileSync(secrets, whole.replace('abandon', 'aband0n')), () => writeFileSync(secrets, 'damaged')]
  for (const breakIt of breakings) {
    breakIt()
    const other = await load(home, ZOO)
    // A damaged file is put aside by the first who looks.
    expect(other.code).not.toBe(EXIT.ok)
    const restored = await load(home, ABANDON)
    expect([restored.code, restored.records.at(-1)]).toMatchObject([EXIT.ok, { type: 'identity', pubkey: ABANDON_KEY }])
    expect((await home.run(['identity', '--json'])).records).toMatchObject([{ pubkey: ABANDON_KEY, backedUp: true }])
  }
})

test('secrets of another identity than the store’s are replaced by the store’s own when that is meant', async () => {
  const home = openHome()
  await load(home, ABANDON)
  const elsewhere = openHome()
  await load(elsewhere, ZOO)
  const secrets = join(home.folder, 'data', 'secrets.json')
  writeFileSync(secrets, readFileSync(join(elsewhere.folder, 'data', 'secrets.json'), 'utf8'))
  expect((await home.run(['identity', '--json'])).records).toMatchObject([{ code: 'other-identity' }])
  expect((await load(home, ABANDON)).records).toMatchObject([{ code: 'identity-exists' }])
  expect((await load(home, ABANDON, '--replace')).records.at(-1)).toMatchObject({ type: 'identity', pubkey: ABANDON_KEY })
  expect((await home.run(['identity', '--json'])).records).toMatchObject([{ pubkey: ABANDON_KEY }])
})

test('an identity with an open job is not replaced, in whichever wallet’s store the job is', async () => {
  const home = openHome()
  await load(home, ABANDON)
  const path = join(home.folder, 'data', 'souk-spark-mainnet-e8bcf38236694.db')
  const opened = openDatabase(path, MIGRATIONS, 1)
  if (!opened.ok) throw new Error(opened.error.message)
  const row: JobRow = { jobId: 'job_1', role: 'customer', state: 'locked', final: false, peer: 'p', dialect: 'channel', settlement: 'escrow', privacy: 'public-channel', promptPreview: '', priceMsat: ZERO_MSAT, movedMsat: ZERO_MSAT, feeMsat: ZERO_MSAT, createdAt: 1, updatedAt: 1 }
  createJournal(opened.value.database).append('customer', 'job_1', 0, [], { row, pendingMsat: ZERO_MSAT, settledAt: null, paymentHash: null, paymentHashes: [], standing: NO_STANDING })
  opened.value.database.close()
  const refused = await load(home, ZOO, '--replace')
  expect([refused.code, refused.records.at(-1)]).toMatchObject([EXIT.refused, { code: 'busy', message: expect.stringContaining('1 job') }])
  expect(existsSync(path)).toBe(true)
  expect((await home.run(['identity', '--json'])).records).toMatchObject([{ pubkey: ABANDON_KEY }])
})

test('nor while a payment of it is on its way', async () => {
  const home = openHome()
  await load(home, ABANDON)
  const opened = openDatabase(join(home.folder, 'data', 'souk.db'), MIGRATIONS, 1)
  if (!opened.ok) throw new Error(opened.error.message)
  createSentPaymentStore(opened.value.database).intend({ paymentHash: 'a'.repeat(64), bolt11: 'lnbcrt1', amountMsat: sats(1), maxFeeMsat: sats(1), createdAt: 1 })
  opened.value.database.close()
  expect((await load(home, ZOO, '--replace')).records.at(-1)).toMatchObject({ code: 'busy', message: expect.stringContaining('1 payment') })
})
