import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { msat } from '#shared/market/msat.ts'
import { inTransaction, openDatabase } from '../../store/database.ts'
import { auditAccounts, auditLedger, createLedger, FEES_ACCOUNT, HELD_ACCOUNT, PLAY_MONEY } from './ledger.ts'
import { createPayments } from './payments.ts'
import { MINT_MIGRATIONS } from './schema.ts'
import { hashOf, NOW, openBooks, type Books } from './testing/books.ts'

let books: Books
beforeEach(() => {
  books = openBooks()
})
afterEach(() => books.close())

const move = (from: number, to: number, amount: number) =>
  inTransaction(books.ledger.database, () => books.ledger.move({ from, to, amountMsat: msat(amount), reason: 'test', paymentHash: null, at: NOW }))

describe('accounts', () => {
  it('gives a new wallet its play money once', () => {
    const first = books.account('alice')
    expect(books.account('alice')).toBe(first)
    expect(books.balance('alice')).toBe(PLAY_MONEY)
    expect(auditAccounts(books.ledger.database)).toEqual({ balanced: true, issuedMsat: PLAY_MONEY, accountsMsat: PLAY_MONEY, heldMsat: 0, feesMsat: 0, accounts: 1 })
  })

  it('never lets a balance fall below nothing, and undoes the whole transfer that would', () => {
    const [alice, bob] = [books.account('alice'), books.account('bob')]
    expect(() => move(alice, bob, PLAY_MONEY + 1)).toThrow(/CHECK/)
    expect([books.balance('alice'), books.balance('bob')]).toEqual([PLAY_MONEY, PLAY_MONEY])
    expect(auditAccounts(books.ledger.database).balanced).toBe(true)
  })
})

describe('the audit', () => {
  beforeEach(() => {
    move(books.account('alice'), FEES_ACCOUNT, 7)
  })

  it.each([
    ['a balance that its legs do not explain', `UPDATE account SET balance_msat = balance_msat + 1 WHERE client = 'alice'`],
    ['a transfer with one leg', `DELETE FROM leg WHERE account_id = ${FEES_ACCOUNT}`],
    ['legs that do not sum to nothing', `UPDATE leg SET amount_msat = 8 WHERE account_id = ${FEES_ACCOUNT}`],
    ['money that was never issued', `INSERT INTO account (kind, client, balance_msat) VALUES ('client', 'mallory', 5)`],
    ['a transfer without legs', `INSERT INTO transfer (at, reason) VALUES (1, 'nothing')`],
  ])('finds %s', (_what, tampering) => {
    expect(auditAccounts(books.ledger.database).balanced).toBe(true)
    books.ledger.database.exec(tampering)
    expect(auditAccounts(books.ledger.database).balanced).toBe(false)
  })

  it('finds money that is held for nobody', () => {
    move(books.account('alice'), HELD_ACCOUNT, 9)
    expect(auditAccounts(books.ledger.database)).toMatchObject({ balanced: false, heldMsat: 9 })
  })

  it('finds an invoice that is settled without a payment', () => {
    const invoice = books.invoice('alice', 1)
    books.ledger.database.prepare(`UPDATE invoice SET state = 'settled' WHERE payment_hash = ?`).run(invoice.paymentHash)
    expect(auditAccounts(books.ledger.database).balanced).toBe(false)
  })
})

describe('auditing a file', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'souk-ledger-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('reads a ledger that a mint has open, and one that is closed, and changes neither', () => {
    const path = join(folder, 'mint.sqlite')
    const opened = openDatabase(path, MINT_MIGRATIONS, 0)
    if (!opened.ok) throw new Error(opened.error.message)
    const { database } = opened.value
    inTransaction(database, () => createLedger(database).openAccount('alice', NOW))
    const whileOpen = auditLedger(path)
    database.close()
    const expected = { ok: true, value: { balanced: true, issuedMsat: PLAY_MONEY, accounts: 1 } }
    expect(whileOpen).toMatchObject(expected)
    expect(auditLedger(path)).toMatchObject(expected)
  })

  it('says what is wrong with a missing, a foreign and a damaged file', () => {
    expect(auditLedger(join(folder, 'none.sqlite'))).toMatchObject({ ok: false, error: { code: 'no-ledger' } })
    const foreign = join(folder, 'foreign.sqlite')
    new DatabaseSync(foreign).close()
    expect(auditLedger(foreign).ok).toBe(false)
    const damaged = join(folder, 'damaged.sqlite')
    writeFileSync(damaged, 'no database at all, whatever its name says'.repeat(200))
    expect(auditLedger(damaged)).toMatchObject({ ok: false, error: { code: 'ledger-unreadable' } })
  })
})

it('takes over the ledger of an older mint: what it holds returns at its invoice’s expiry, as its payer was told', () => {
  const folder = mkdtempSync(join(tmpdir(), 'souk-ledger-'))
  const path = join(folder, 'mint.sqlite')
  const older = openDatabase(path, MINT_MIGRATIONS.slice(0, 1), 0)
  if (!older.ok) throw new Error(older.error.message)
  const ledger = createLedger(older.value.database)
  const [payee, payer] = ['alice', 'bob'].map((name) => inTransaction(ledger.database, () => Number(ledger.openAccount(name, NOW))))
  const addInvoice = ledger.database.prepare(`INSERT INTO invoice VALUES (?, ${payee}, ?, 1000, '', ?, NULL, ?, ${NOW}, ${NOW + 600}, NULL)`)
  const addPayment = ledger.database.prepare(`INSERT INTO payment VALUES (?, ${payer}, 1000, 1, ?, ${NOW}, NULL, NULL, ?, ?)`)
  inTransaction(ledger.database, () => {
    for (const n of [1, 2, 3]) addInvoice.run(hashOf(n), n === 3 ? 0 : 1, `lnbcrt${n}`, n === 1 ? 'held' : 'open')
    addPayment.run(hashOf(1), 'held', null, null)
    addPayment.run(hashOf(3), 'pending', NOW + 700, 'failed')
    for (const n of [1, 3]) ledger.move({ from: Number(payer), to: HELD_ACCOUNT, amountMsat: msat(1_001), reason: 'lock', paymentHash: hashOf(n), at: NOW })
  })
  older.value.database.close()

  const opened = openDatabase(path, MINT_MIGRATIONS, 0)
  if (!opened.ok) throw new Error(opened.error.message)
  const { database } = opened.value
  const payments = createPayments(createLedger(database))
  expect([1, 2, 3].map((n) => payments.findInvoice(hashOf(n)))).toMatchObject([
    { state: 'held', holdSecs: 600, heldUntil: NOW + 600 },
    { state: 'open', holdSecs: 600, heldUntil: null },
    { state: 'open', holdSecs: null, heldUntil: null },
  ])
  expect(auditAccounts(database)).toMatchObject({ balanced: true, heldMsat: 2_002 })
  expect(payments.nextDueAt()).toBe(NOW + 600)
  expect(inTransaction(database, () => payments.applyDue(NOW + 600))).toMatchObject([{ type: 'returned', paymentHash: hashOf(1) }])
  expect(inTransaction(database, () => payments.applyDue(NOW + 700))).toMatchObject([{ type: 'returned', paymentHash: hashOf(3) }])
  expect(auditAccounts(database)).toMatchObject({ balanced: true, heldMsat: 0 })
  database.close()
  rmSync(folder, { recursive: true, force: true })
})
