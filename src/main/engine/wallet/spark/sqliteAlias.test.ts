/** `better-sqlite3` as the SDK's storage finds it is ours, over Node's own SQLite: nothing native, and nothing that it uses is missing. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import type { Payment, Storage } from '@breeztech/breez-sdk-spark/nodejs'

interface Statement {
  pluck(): Statement
  get(...values: readonly unknown[]): unknown
  all(...values: readonly unknown[]): unknown[]
  run(...values: readonly unknown[]): { readonly changes: number }
}
interface Database {
  prepare(sql: string): Statement
  exec(sql: string): Database
  pragma(text: string): unknown
  transaction<T>(work: () => T): (() => T) & { readonly immediate: () => T }
  close(): Database
}

const sdkFolder = dirname(createRequire(import.meta.url).resolve('@breeztech/breez-sdk-spark/nodejs'))
/** As the SDK's own storage requires it. */
const requireThere = createRequire(join(sdkFolder, 'storage', 'index.cjs'))
const folder = mkdtempSync(join(tmpdir(), 'souk-sqlite-'))
// The storage tells on the program's output what it leaves out.
vi.spyOn(console, 'debug').mockImplementation(() => {})
vi.spyOn(console, 'log').mockImplementation(() => {})
vi.spyOn(console, 'warn').mockImplementation(() => {})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the storage finds ours, and nothing native is installed under that name', () => {
  const found = requireThere.resolve('better-sqlite3')
  expect(found).toBe(join(process.cwd(), 'packages', 'better-sqlite3', 'index.cjs'))
  expect(new Set(readdirSync(dirname(found), { recursive: true, encoding: 'utf8' }))).toEqual(new Set(['index.cjs', 'package.json']))
})

test('statements, transactions and pragmas answer as better-sqlite3 does', () => {
  const Sqlite = requireThere('better-sqlite3') as new (path: string) => Database
  const database = new Sqlite(join(folder, 'plain.db')).exec('CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT, size INTEGER)')
  const insert = database.prepare('INSERT INTO thing (name, size) VALUES (?, ?)')
  expect(insert.run('one', undefined).changes).toBe(1)
  expect(database.prepare('SELECT name, size FROM thing').get()).toStrictEqual({ name: 'one', size: null })
  expect(database.prepare('SELECT name FROM thing WHERE id = ?').get(99)).toBeUndefined()
  expect(database.prepare('SELECT count(*) FROM thing').pluck().get()).toBe(1)
  expect(database.prepare('SELECT name FROM thing').pluck().all()).toEqual(['one'])

  database.prepare('INSERT INTO thing (name, size) VALUES (@name, @size)').run({ name: 'named', size: undefined })
  expect(database.prepare("SELECT size FROM thing WHERE name = 'named'").get()).toStrictEqual({ size: null })
  database.exec("DELETE FROM thing WHERE name = 'named'")

  const spoil = database.transaction(() => {
    insert.run('two', 2)
    throw new Error('no')
  })
  expect(spoil).toThrow('no')
  const outer = database.transaction(() => {
    database.transaction(() => insert.run('three', 3n)).immediate()
    return 'done'
  })
  expect(outer.immediate()).toBe('done')
  expect(database.prepare('SELECT name FROM thing ORDER BY id').pluck().all()).toEqual(['one', 'three'])

  database.pragma('user_version = 7')
  expect(database.prepare('PRAGMA user_version').get()).toStrictEqual({ user_version: 7 })
  expect(database.prepare('PRAGMA foreign_keys').pluck().get()).toBe(1)
  database.close()
  expect(() => database.prepare('SELECT 1')).toThrow()
})

test('the SDK’s storage keeps payments, locks, deposits and notes in it, through a restart', async () => {
  const { createDefaultStorage } = requireThere('./index.cjs') as { readonly createDefaultStorage: (folder: string) => Promise<Storage & { close(): void }> }
  const first = await createDefaultStorage(join(folder, 'sdk'))
  const lock = (id: string, status: 'waitingForPreimage' | 'preimageShared', timestamp: number): Payment => ({
    id, paymentType: 'receive', status: status === 'preimageShared' ? 'completed' : 'pending', amount: 25n, fees: 0n, timestamp, method: 'spark',
    details: { type: 'spark', htlcDetails: { paymentHash: '11'.repeat(32), expiryTime: 1_700_000_600, status } },
  })
  expect(await first.applyPaymentUpdate(lock('a', 'waitingForPreimage', 1))).toBe(true)
  expect(await first.applyPaymentUpdate(lock('b', 'preimageShared', 2))).toBe(true)
  expect(await first.applyPaymentUpdate(lock('b', 'preimageShared', 2))).toBe(false)
  await first.setCachedItem('key', 'value')
  await first.addDeposit('22'.repeat(32), 1, 5_000, true)
  await first.updateDeposit('22'.repeat(32), 1, { type: 'claimError', error: { type: 'generic', message: 'later' } })
  await first.insertPaymentMetadata('a', { lnurlDescription: 'a note' })
  first.close()

  const second = await createDefaultStorage(join(folder, 'sdk'))
  const waiting = await second.listPayments({ typeFilter: ['receive'], statusFilter: ['pending'], paymentDetailsFilter: [{ type: 'spark', htlcStatus: ['waitingForPreimage'] }, { type: 'lightning', htlcStatus: ['waitingForPreimage'] }] })
  expect(waiting.map(({ id }) => id)).toEqual(['a'])
  expect((await second.listPayments({})).map(({ id }) => id)).toEqual(['b', 'a'])
  expect(await second.getPaymentById('b')).toMatchObject({ details: { htlcDetails: { status: 'preimageShared', expiryTime: 1_700_000_600 } } })
  expect(await second.getCachedItem('key')).toBe('value')
  expect(await second.listDeposits()).toMatchObject([{ vout: 1, amountSats: 5_000, isMature: true, claimError: { type: 'generic' } }])

  const details: readonly NonNullable<Payment['details']>[] = [
    { type: 'lightning', invoice: 'lnbcrt1', destinationPubkey: '02', htlcDetails: { paymentHash: '33'.repeat(32), expiryTime: 9, status: 'waitingForPreimage' } },
    { type: 'withdraw', txId: '44'.repeat(32) },
    { type: 'deposit', txId: '55'.repeat(32), vout: 2 },
    { type: 'token', txHash: '66'.repeat(32), txType: 'transfer', metadata: { identifier: 'x', issuerPublicKey: '02', name: 'x', ticker: 'x', decimals: 1, maxSupply: '1', isFreezable: false } },
  ]
  for (const detail of details) {
    await second.applyPaymentUpdate({ ...lock(detail.type, 'waitingForPreimage', 3), details: detail })
    expect(await second.getPaymentById(detail.type)).toMatchObject({ details: detail })
  }
  expect(await second.getPaymentByInvoice('lnbcrt1')).toMatchObject({ id: 'lightning' })
  // What has ended is never told otherwise by this storage.
  await second.applyPaymentUpdate({ ...lock('a', 'waitingForPreimage', 1), status: 'failed' })
  expect(await second.applyPaymentUpdate(lock('a', 'preimageShared', 1))).toBe(false)
  expect(await second.getPaymentById('a')).toMatchObject({ status: 'failed' })

  await second.setLnurlMetadata([{ paymentHash: '33'.repeat(32), senderComment: 'thanks' }])
  await second.insertContact({ id: 'c', name: 'n', paymentIdentifier: 'p@x', createdAt: 1, updatedAt: 1 })
  expect(await second.listContacts({})).toMatchObject([{ id: 'c' }])
  await second.deleteContact('c')
  await second.setCrossChainSwap({ provider: 'p', id: 's', isTerminal: false, updatedAt: 1, data: '{}', secrets: '{}' })
  expect(await second.listActiveCrossChainSwaps('p')).toMatchObject([{ id: 's', isTerminal: false }])
  const record = { id: { type: 't', dataId: 'd' }, schemaVersion: '1.0.0' }
  await second.syncAddOutgoingChange({ ...record, updatedFields: { field: '1' } as never })
  expect(await second.syncGetPendingOutgoingChanges(10)).toHaveLength(1)
  await second.syncInsertIncomingRecords([{ ...record, revision: 5, data: { field: '2' } as never }])
  expect(await second.syncGetIncomingRecords(10)).toHaveLength(1)
  await second.syncUpdateRecordFromIncoming({ ...record, revision: 5, data: { field: '2' } as never })
  expect(await second.syncGetLastRevision()).toBeDefined()
  await second.deleteCachedItem('key')
  expect(await second.getCachedItem('key')).toBeNull()
  await second.deleteDeposit('22'.repeat(32), 1)
  expect(await second.listDeposits()).toEqual([])
  await expect(second.getPaymentById('nothing')).rejects.toThrow('not found')
  await second.insertPaymentMetadata('b', { parentPaymentId: 'a' })
  expect(await second.getPaymentsByParentIds(['a'])).toMatchObject({ a: [{ id: 'b' }] })
  second.close()
})
