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
})
