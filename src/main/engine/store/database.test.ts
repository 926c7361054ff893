import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFaultyDisk } from '../testing/faultyDisk.ts'
import { inTransaction } from './database.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'souk-database-'))
  path = join(folder, 'souk.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a transaction', () => {
  it('that failed and could not be undone is undone before the next one, and nothing of it is kept', () => {
    const disk = createFaultyDisk()
    const database = disk.wrap(new DatabaseSync(path))
    database.exec('CREATE TABLE number (value INTEGER)')
    const add = (...values: number[]) =>
      inTransaction(database, () => {
        for (const value of values) database.exec(`INSERT INTO number VALUES (${value})`)
      })
    disk.failAt(1, 'stuck')
    expect(() => add(1, 2)).toThrow('disk I/O error')
    expect(() => add(3)).toThrow('disk I/O error')
    disk.mend()
    add(4)
    expect(database.prepare('SELECT value FROM number').all()).toEqual([{ value: 4 }])
    database.close()
  })

  it('within a transaction is refused, and the outer one is undone whole', () => {
    const database = new DatabaseSync(path)
    database.exec('CREATE TABLE number (value INTEGER)')
    const nested = () => inTransaction(database, () => {
      database.exec('INSERT INTO number VALUES (1)')
      inTransaction(database, () => database.exec('INSERT INTO number VALUES (2)'))
    })
    expect(nested).toThrow('within a transaction')
    expect([database.isTransaction, database.prepare('SELECT value FROM number').all()]).toEqual([false, []])
    database.close()
  })

  const [NORMAL, FULL] = [1, 2]
  const waits = (database: DatabaseSync) => Number(database.prepare('PRAGMA synchronous').get()?.['synchronous'])

  it('that may reach the disk with the next one does not wait for it; the next one does, and whatever is written besides', () => {
    const database = new DatabaseSync(path)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE number (value INTEGER)')
    expect(inTransaction(database, () => waits(database), 'with the next')).toBe(NORMAL)
    expect(waits(database)).toBe(FULL)
    expect(inTransaction(database, () => waits(database))).toBe(FULL)
    const fail = () => inTransaction(database, () => {
      throw new Error('no')
    }, 'with the next')
    expect(fail).toThrow('no')
    expect(waits(database)).toBe(FULL)
    const nested = () => inTransaction(database, () => inTransaction(database, () => {}, 'with the next'))
    expect(nested).toThrow('inside a transaction')
    expect([waits(database), database.isTransaction]).toEqual([FULL, false])
    database.close()
  })

  it('that does not wait and could not be undone leaves none that does not', () => {
    const disk = createFaultyDisk()
    const database = disk.wrap(new DatabaseSync(path))
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE number (value INTEGER)')
    const add = () => database.exec('INSERT INTO number VALUES (1)')
    disk.failAt(1, 'stuck')
    expect(() => inTransaction(database, add, 'with the next')).toThrow('disk I/O error')
    expect([database.isTransaction, waits(database)]).toEqual([true, NORMAL])
    disk.mend()
    expect(inTransaction(database, () => waits(database))).toBe(FULL)
    expect(waits(database)).toBe(FULL)
    database.close()
  })
})
