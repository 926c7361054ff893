import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { msat, ZERO_MSAT } from '#shared/market/msat.ts'
import { createMemoryStore, type MemoryStore } from '../testing/memoryStore.ts'
import { inTransaction, openDatabase } from './database.ts'
import { lockFolder } from './folderLock.ts'
import { createJournal } from './journal.ts'
import { MIGRATIONS } from './migrations.ts'

describe('a store on disk', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'souk-store-'))
    path = join(folder, 'souk.db')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const open = (migrations = MIGRATIONS) => openDatabase(path, migrations, 1_700_000_000_000)
  function fill(): void {
    const opened = open()
    if (!opened.ok) throw new Error(opened.error.message)
    const { database } = opened.value
    const insert = database.prepare('INSERT INTO setting (key, value) VALUES (?, ?)')
    inTransaction(database, () => {
      for (let number = 0; number < 2_000; number++) insert.run(`key ${number}`, 'x'.repeat(100))
    })
    database.close()
  }

  it('writes ahead, waits for the disk at every commit, and keeps what it was given', () => {
    fill()
    const opened = open()
    if (!opened.ok) throw new Error(opened.error.message)
    const { database, quarantined } = opened.value
    expect([database.prepare('PRAGMA journal_mode').get(), database.prepare('PRAGMA synchronous').get()]).toEqual([{ journal_mode: 'wal' }, { synchronous: 2 }])
    expect([quarantined, database.prepare('SELECT count(*) AS count FROM setting').get()]).toEqual([null, { count: 2_000 }])
    database.close()
  })

  const damages: Record<string, () => void> = {
    'that is no database at all': () => writeFileSync(path, 'not a database, only text, and rather more of it than a header has room for'.repeat(20)),
    'with its first page overwritten': () => writeFileSync(path, Buffer.concat([Buffer.alloc(4_096, 7), readFileSync(path).subarray(4_096)])),
    'with a page in the middle overwritten': () => {
      const bytes = readFileSync(path)
      bytes.fill(255, 8 * 4_096, 12 * 4_096)
      writeFileSync(path, bytes)
    },
    'that was cut off': () => truncateSync(path, 3 * 4_096 + 100),
  }
  for (const [name, damage] of Object.entries(damages)) {
    it(`is put aside, never deleted, and begun anew over a file ${name}`, () => {
      fill()
      damage()
      const bytes = readFileSync(path)
      const opened = open()
      if (!opened.ok) throw new Error(opened.error.message)
      const { database, quarantined } = opened.value
      expect(database.prepare('SELECT count(*) AS count FROM setting').get()).toEqual({ count: 0 })
      database.close()
      expect(quarantined).toMatch(/souk\.db\.damaged-/)
      expect(readFileSync(String(quarantined)).equals(bytes)).toBe(true)
    })
  }

  it('of a newer Souk is left alone, and says so', () => {
    fill()
    const opened = open(MIGRATIONS.slice(0, -1))
    expect(opened).toMatchObject({ ok: false, error: { code: 'store-newer', message: expect.stringContaining('newer Souk') } })
    expect(readdirSync(folder).filter((file) => file.includes('damaged'))).toEqual([])
  })

  it('carries a job from before dialects had names over as one of a channel', () => {
    const before = open(MIGRATIONS.filter(({ number }) => number < 5))
    if (!before.ok) throw new Error(before.error.message)
    const body = { at: 1, type: 'requested', request: { jobId: 'job_1', channelId: 'c'.repeat(64), prompt: 'Hi' } }
    before.value.database.exec(`INSERT INTO job VALUES ('provider', 'job_1', 'asking', 0, 'p', NULL, 1, 1, NULL, 0, 0, '{"jobId":"job_1"}')`)
    before.value.database.prepare(`INSERT INTO job_event VALUES ('provider', 'job_1', 0, 1, ?)`).run(JSON.stringify(body))
    before.value.database.close()
    const after = open()
    if (!after.ok) throw new Error(after.error.message)
    const [stored] = createJournal(after.value.database).events('provider', 'job_1')
    expect(stored?.body).toEqual({ at: 1, type: 'requested', request: { jobId: 'job_1', prompt: 'Hi', dialect: 'channel', privacy: 'public-channel', route: { channelId: 'c'.repeat(64) }, sampling: {} } })
    expect(after.value.database.prepare('SELECT row FROM job').get()).toEqual({ row: '{"jobId":"job_1","dialect":"channel","privacy":"public-channel"}' })
    after.value.database.close()
  })

  it('numbers the jobs of before, with every event, row and receipt of theirs, and goes on with them', () => {
    const before = open(MIGRATIONS.filter(({ number }) => number < 12))
    if (!before.ok) throw new Error(before.error.message)
    const old = before.value.database
    const jobs = ['c', 'a', 'b'].flatMap((name, at) => (['provider', 'customer'] as const).map((role) => ({ role, jobId: `job_${name}`, at })))
    for (const { role, jobId, at } of jobs) {
      old.prepare(`INSERT INTO job VALUES (?, ?, 'done', 1, 'p', 'h', ?, 9, 8, 5, 0, ?, '{"wallet":5,"earned":-5}')`).run(role, jobId, at, JSON.stringify({ jobId }))
      // In no order.
      for (const sequence of [2, 0, 10, 1]) old.prepare('INSERT INTO job_event VALUES (?, ?, ?, ?, ?)').run(role, jobId, sequence, at, JSON.stringify(`${role} ${jobId} ${sequence}`))
      old.prepare(`INSERT INTO receipt VALUES (?, ?, 'own', 9, NULL)`).run(role, jobId)
    }
    const all = (database: DatabaseSync) => [
      database.prepare('SELECT role, job_id, state, final, peer, payment_hash, created_at, updated_at, settled_at, moved_msat, pending_msat, standing, row FROM job ORDER BY role, job_id').all(),
      database.prepare('SELECT role, job_id, sequence, at, body FROM job_event ORDER BY role, job_id, sequence').all(),
      database.prepare('SELECT * FROM receipt ORDER BY role, job_id').all(),
      database.prepare(`SELECT name FROM sqlite_master WHERE type IN ('index', 'trigger') AND tbl_name = 'job' AND name NOT LIKE 'sqlite_%' ORDER BY name`).all(),
    ]
    const was = all(old)
    old.close()
    const after = open()
    if (!after.ok) throw new Error(after.error.message)
    const { database } = after.value
    expect(all(database)).toEqual(was)
    const journal = createJournal(database)
    for (const { role, jobId } of jobs) expect(journal.events(role, jobId).map(({ body }) => body)).toEqual([0, 1, 2, 10].map((sequence) => `${role} ${jobId} ${sequence}`))
    expect(database.prepare('SELECT job_id FROM job ORDER BY number').all().map((row) => row['job_id'])).toEqual(['job_c', 'job_c', 'job_a', 'job_a', 'job_b', 'job_b'])
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    database.exec(`DELETE FROM job WHERE job_id = 'job_a'`)
    expect(database.prepare('SELECT count(*) AS count FROM receipt').get()).toEqual({ count: 4 })
    database.close()
  })

  it('undoes a migration that fails, whole', () => {
    const broken = [...MIGRATIONS, { number: 99, change: 'half', sql: 'CREATE TABLE half (x); INSERT INTO nowhere VALUES (1)' }]
    expect(() => open(broken)).toThrow(/nowhere/)
    fill()
    const opened = open()
    if (!opened.ok) throw new Error(opened.error.message)
    expect(opened.value.database.prepare(`SELECT name FROM sqlite_master WHERE name = 'half'`).get()).toBeUndefined()
    opened.value.database.close()
  })

  it('has one owner at a time', () => {
    const first = lockFolder(folder)
    expect(first.ok).toBe(true)
    expect(lockFolder(folder)).toMatchObject({ ok: false, error: { code: 'folder-in-use', message: expect.stringContaining('Another Souk') } })
    if (first.ok) first.value.release()
    const again = lockFolder(folder)
    expect(again.ok).toBe(true)
    if (again.ok) again.value.release()
    expect(existsSync(join(folder, 'lock'))).toBe(true)
  })
})

describe('what is kept in it', () => {
  let store: MemoryStore
  beforeEach(() => {
    store = createMemoryStore()
  })
  afterEach(() => store.close())

  it('settings are read through a schema; what does not fit, or is damaged, is as if it were not there', () => {
    const { settings, database } = store
    expect(settings.read('a', z.number())).toBeNull()
    settings.write('a', 1)
    settings.write('a', 2)
    expect([settings.read('a', z.number()), settings.read('a', z.string())]).toEqual([2, null])
    database.exec(`UPDATE setting SET value = '{"half' WHERE key = 'a'`)
    expect(settings.read('a', z.unknown().transform((value) => value ?? null))).toBeNull()
    expect(settings.read('a', z.number())).toBeNull()
  })

  it('threads come newest first, turns oldest first; a deleted thread is hidden and can be brought back', () => {
    const { threads } = store
    threads.create({ threadId: 't1', title: 'One', at: 1 })
    threads.create({ threadId: 't2', title: 'Two', at: 2 })
    threads.addTurn({ jobId: 'j2', threadId: 't1', at: 5, prompt: 'second', turnsCut: 0 })
    threads.addTurn({ jobId: 'j1', threadId: 't1', at: 4, prompt: 'first', turnsCut: 1 })
    expect(threads.turns('t1').map((turn) => turn.prompt)).toEqual(['first', 'second'])
    expect(threads.list().map((thread) => [thread.threadId, thread.turns])).toEqual([['t1', 2], ['t2', 0]])
    threads.rename('t2', 'Zwei')
    threads.setDeleted('t1', 9)
    expect([threads.list().map((thread) => thread.title), threads.get('t1'), threads.turn('j1')?.threadId]).toEqual([['Zwei'], null, 't1'])
    threads.setDeleted('t1', null)
    expect(threads.get('t1')).toMatchObject({ title: 'One', turns: 2 })
  })

  it('a turn without its thread, and a second turn of one job, are refused', () => {
    const { threads, database } = store
    database.exec('PRAGMA foreign_keys = ON')
    const turn = { jobId: 'j1', threadId: 't1', at: 1, prompt: '', turnsCut: 0 }
    expect(() => threads.addTurn(turn)).toThrow(/FOREIGN KEY/)
    threads.create({ threadId: 't1', title: '', at: 1 })
    threads.addTurn(turn)
    expect(() => threads.addTurn(turn)).toThrow(/UNIQUE/)
  })

  it('a payment by hand is intended once, tried again only after a failure, and pending until it is known', () => {
    const { payments } = store
    const intent = { paymentHash: 'h', bolt11: 'ln…', amountMsat: msat(10), maxFeeMsat: msat(1), createdAt: 1 }
    expect([payments.intend(intent), payments.intend(intent)?.state, payments.spending(0).pendingMsat]).toEqual([null, 'intended', 11])
    payments.resolve('h', 'unknown', ZERO_MSAT, 'late', 2)
    expect([payments.intend(intent)?.state, payments.unresolved().length]).toEqual(['unknown', 1])
    payments.resolve('h', 'failed', ZERO_MSAT, 'no', 3)
    expect([payments.spending(0).pendingMsat, payments.unresolved(), payments.intend({ ...intent, maxFeeMsat: msat(2) }), payments.spending(0).pendingMsat]).toEqual([0, [], null, 12])
    payments.resolve('h', 'settled', msat(1), '', 4)
    expect([payments.intend(intent)?.state, payments.find('h')?.feeMsat, payments.find('other'), payments.spending(0).pendingMsat]).toEqual(['settled', 1, null, 0])
  })
})
