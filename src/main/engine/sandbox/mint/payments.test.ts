import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTransaction } from '../../store/database.ts'
import { auditAccounts, PLAY_MONEY } from './ledger.ts'
import { feeOf } from './payments.ts'
import { msat } from '#shared/market/msat.ts'
import { hashOf, NOW, openBooks, preimageOf, type Books } from './testing/books.ts'

let books: Books
beforeEach(() => {
  books = openBooks()
})
afterEach(() => {
  expect(auditAccounts(books.ledger.database).balanced).toBe(true)
  books.close()
})

const settle = (n: number, at = NOW, resolveAt?: number) => inTransaction(books.ledger.database, () => books.payments.settleHold(hashOf(n), preimageOf(n), at, resolveAt))
const cancel = (n: number, at = NOW, resolveAt?: number) => inTransaction(books.ledger.database, () => books.payments.cancelHold(hashOf(n), at, resolveAt))
const applyDue = (at: number) => inTransaction(books.ledger.database, () => books.payments.applyDue(at))
const stateOf = (n: number) => books.payments.findInvoice(hashOf(n))?.state
const held = () => auditAccounts(books.ledger.database).heldMsat

describe('fees', () => {
  it('are one per thousand, rounded down', () => {
    expect([1, 999, 1_000, 1_999, 10_000].map((amount) => feeOf(msat(amount)))).toEqual([0, 0, 1, 1, 10])
  })
})

describe('an ordinary invoice', () => {
  it('is paid with its fee, at once', () => {
    const invoice = books.invoice('seller', 1)
    expect(books.pay('buyer', invoice)).toMatchObject({ ok: true, payment: { state: 'settled', feeMsat: 10 }, changes: [{ type: 'settled' }] })
    expect([books.balance('buyer'), books.balance('seller')]).toEqual([PLAY_MONEY - 10_010, PLAY_MONEY + 10_000])
    expect(stateOf(1)).toBe('settled')
    expect(auditAccounts(books.ledger.database)).toMatchObject({ feesMsat: 10, heldMsat: 0 })
  })

  it('paid twice is one payment', () => {
    const invoice = books.invoice('seller', 1)
    books.pay('buyer', invoice)
    expect(books.pay('buyer', invoice)).toMatchObject({ ok: true, payment: { state: 'settled', feeMsat: 10 }, changes: [] })
    expect(books.balance('buyer')).toBe(PLAY_MONEY - 10_010)
  })

  it('is not paid by a second wallet', () => {
    const invoice = books.invoice('seller', 1)
    books.pay('buyer', invoice)
    expect(books.pay('other', invoice)).toMatchObject({ ok: false, refusal: { code: 'PAYMENT_FAILED' } })
    expect(books.balance('other')).toBe(PLAY_MONEY)
  })

  it('costs no fee between one wallet and itself', () => {
    expect(books.pay('seller', books.invoice('seller', 1))).toMatchObject({ ok: true, payment: { feeMsat: 0 } })
    expect(books.balance('seller')).toBe(PLAY_MONEY)
  })

  it('is refused when amount and fee together are more than the balance', () => {
    const invoice = books.invoice('seller', 1, { amount: PLAY_MONEY })
    expect(books.pay('buyer', invoice)).toMatchObject({ ok: false, refusal: { code: 'INSUFFICIENT_BALANCE' } })
    expect(books.balance('buyer')).toBe(PLAY_MONEY)
  })

  it('is refused above the fee cap and paid at it', () => {
    const invoice = books.invoice('seller', 1)
    expect(books.pay('buyer', invoice, { maxFee: 9 })).toMatchObject({ ok: false, refusal: { code: 'PAYMENT_FAILED' } })
    expect(books.pay('buyer', invoice, { maxFee: 10 })).toMatchObject({ ok: true })
  })

  it('is refused from the second in which it expires', () => {
    const invoice = books.invoice('seller', 1, { expiresAt: NOW + 5 })
    expect(books.pay('buyer', invoice, { at: NOW + 5 })).toMatchObject({ ok: false, refusal: { code: 'PAYMENT_FAILED' } })
    expect(books.payments.nextDueAt()).toBe(NOW + 5)
    applyDue(NOW + 5)
    expect(stateOf(1)).toBe('expired')
    expect(books.payments.nextDueAt()).toBeNull()
  })

  it('may be paid after a recorded failure', () => {
    const invoice = books.invoice('seller', 1)
    books.payments.recordFailure(books.account('buyer'), invoice, 'no luck', NOW)
    expect(books.payments.findPayment(invoice.paymentHash, books.account('buyer'))).toMatchObject({ state: 'failed', failure: 'no luck' })
    expect(books.pay('buyer', invoice)).toMatchObject({ ok: true, payment: { state: 'settled' } })
    books.payments.recordFailure(books.account('buyer'), invoice, 'too late', NOW)
    expect(books.payments.findPayment(invoice.paymentHash, books.account('buyer'))?.state).toBe('settled')
  })
})

describe('a slow payment', () => {
  it.each(['settled', 'failed'] as const)('locks the money until it has %s', (to) => {
    const invoice = books.invoice('seller', 1, { expiresAt: NOW + 1 })
    expect(books.pay('buyer', invoice, { later: { resolveAt: NOW + 2, to } })).toMatchObject({ ok: true, payment: { state: 'pending' } })
    expect([books.balance('buyer'), held()]).toEqual([PLAY_MONEY - 10_010, 10_010])
    expect(books.pay('buyer', invoice)).toMatchObject({ ok: true, payment: { state: 'pending' } })
    expect(books.pay('other', invoice)).toMatchObject({ ok: false })
    expect(books.payments.nextDueAt()).toBe(NOW + 2)
    expect(applyDue(NOW + 1)).toEqual([])
    expect(applyDue(NOW + 2)).toMatchObject([{ type: to === 'settled' ? 'settled' : 'returned' }])
    expect(books.balance('buyer')).toBe(to === 'settled' ? PLAY_MONEY - 10_010 : PLAY_MONEY)
    expect([applyDue(NOW + 99), held()]).toEqual([[], 0])
  })
})

describe('a hold invoice', () => {
  it('locks the money, and settling it pays the payee once', () => {
    const invoice = books.invoice('seller', 1, { hold: true })
    expect(books.pay('buyer', invoice)).toMatchObject({ ok: true, payment: { state: 'held' }, changes: [{ type: 'held' }] })
    expect([books.balance('buyer'), books.balance('seller'), held()]).toEqual([PLAY_MONEY - 10_010, PLAY_MONEY, 10_010])
    expect(settle(1)).toMatchObject({ ok: true, changes: [{ type: 'settled' }] })
    expect(settle(1)).toEqual({ ok: true, changes: [] })
    expect([books.balance('seller'), books.payments.findInvoice(hashOf(1))?.preimage]).toEqual([PLAY_MONEY + 10_000, preimageOf(1)])
    expect(cancel(1)).toMatchObject({ ok: false })
  })

  it('returns everything when cancelled, once', () => {
    books.pay('buyer', books.invoice('seller', 1, { hold: true }))
    expect(cancel(1)).toMatchObject({ ok: true, changes: [{ type: 'returned' }] })
    expect(cancel(1)).toEqual({ ok: true, changes: [] })
    expect([books.balance('buyer'), held()]).toEqual([PLAY_MONEY, 0])
    expect(settle(1)).toMatchObject({ ok: false })
  })

  it('returns everything at the deadline of its lock, and not when the invoice expires', () => {
    const invoice = books.invoice('seller', 1, { hold: true, expiresAt: NOW + 5, holdSecs: 60 })
    books.pay('buyer', invoice, { at: NOW + 4 })
    expect([books.payments.nextDueAt(), books.payments.findInvoice(hashOf(1))?.heldUntil]).toEqual([NOW + 64, NOW + 64])
    expect(applyDue(NOW + 63)).toEqual([])
    expect([stateOf(1), held()]).toEqual(['held', 10_010])
    expect(applyDue(NOW + 64)).toMatchObject([{ type: 'returned' }])
    expect([books.balance('buyer'), stateOf(1)]).toEqual([PLAY_MONEY, 'expired'])
    expect(settle(1, NOW + 64)).toMatchObject({ ok: false })
    expect(cancel(1, NOW + 64)).toEqual({ ok: true, changes: [] })
    expect(books.pay('buyer', invoice, { at: NOW + 64 })).toMatchObject({ ok: false })
  })

  it('takes no new payment once it has expired', () => {
    const invoice = books.invoice('seller', 1, { hold: true, expiresAt: NOW + 5, holdSecs: 60 })
    expect(books.pay('buyer', invoice, { at: NOW + 5 })).toMatchObject({ ok: false, refusal: { code: 'PAYMENT_FAILED' } })
  })

  it.each([
    ['settled', 'held'],
    ['failed', 'returned'],
  ] as const)('that a payment reaches late (%s) is %s then, though it has expired meanwhile', (to, type) => {
    const invoice = books.invoice('seller', 1, { hold: true, expiresAt: NOW + 5, holdSecs: 60 })
    expect(books.pay('buyer', invoice, { later: { resolveAt: NOW + 100, to } })).toMatchObject({ ok: true, payment: { state: 'pending' }, changes: [] })
    expect([settle(1).ok, applyDue(NOW + 99), held()]).toEqual([false, [], 10_010])
    expect(applyDue(NOW + 100)).toMatchObject([{ type }])
    expect(books.payments.findInvoice(hashOf(1))).toMatchObject(type === 'held' ? { state: 'held', heldUntil: NOW + 160 } : { state: 'expired', heldUntil: null })
    expect(held()).toBe(type === 'held' ? 10_010 : 0)
    if (type === 'held') expect(applyDue(NOW + 160)).toMatchObject([{ type: 'returned' }])
  })

  it('gives the money back at once when it is cancelled while a payment is on its way', () => {
    const invoice = books.invoice('seller', 1, { hold: true })
    books.pay('buyer', invoice, { later: { resolveAt: NOW + 100, to: 'settled' } })
    expect(cancel(1)).toMatchObject({ ok: true, changes: [{ type: 'returned' }] })
    expect([books.balance('buyer'), applyDue(NOW + 100)]).toEqual([PLAY_MONEY, []])
  })

  it('settles later when that is slow, whatever the deadline, and cannot be cancelled meanwhile', () => {
    books.pay('buyer', books.invoice('seller', 1, { hold: true, holdSecs: 10 }))
    expect(settle(1, NOW + 9, NOW + 20)).toEqual({ ok: true, changes: [] })
    expect([settle(1, NOW + 9), cancel(1, NOW + 9).ok, stateOf(1), applyDue(NOW + 19)]).toEqual([{ ok: true, changes: [] }, false, 'held', []])
    expect(applyDue(NOW + 20)).toMatchObject([{ type: 'settled' }])
    expect([books.balance('seller'), held()]).toEqual([PLAY_MONEY + 10_000, 0])
  })

  it('is cancelled later when that is slow, and cannot be settled meanwhile', () => {
    books.pay('buyer', books.invoice('seller', 1, { hold: true, holdSecs: 10 }))
    expect(cancel(1, NOW + 9, NOW + 20)).toEqual({ ok: true, changes: [] })
    expect([cancel(1, NOW + 9), settle(1, NOW + 9).ok, applyDue(NOW + 19)]).toEqual([{ ok: true, changes: [] }, false, []])
    expect(applyDue(NOW + 20)).toMatchObject([{ type: 'returned' }])
    expect([stateOf(1), books.balance('buyer')]).toEqual(['cancelled', PLAY_MONEY])
  })

  it('can be cancelled before anybody pays, and is then not payable', () => {
    const invoice = books.invoice('seller', 1, { hold: true })
    expect(cancel(1)).toEqual({ ok: true, changes: [] })
    expect(books.pay('buyer', invoice)).toMatchObject({ ok: false })
  })

  it('cannot be settled before it is paid, nor when it is an ordinary one', () => {
    books.invoice('seller', 1, { hold: true })
    books.invoice('seller', 2)
    expect([settle(1).ok, settle(2).ok, settle(3).ok, cancel(2).ok, cancel(3).ok]).toEqual([false, false, false, false, false])
  })
})

describe('whatever happens in whatever order', () => {
  const WALLETS = ['a', 'b', 'c'] as const
  const anyStep = fc.oneof(
    fc.record({ do: fc.constant('invoice' as const), who: fc.constantFrom(...WALLETS), n: fc.nat(5), amount: fc.integer({ min: 1, max: PLAY_MONEY }), hold: fc.boolean(), lives: fc.nat(20), holdSecs: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ do: fc.constant('pay' as const), who: fc.constantFrom(...WALLETS), n: fc.nat(5), later: fc.option(fc.record({ wait: fc.nat(10), to: fc.constantFrom('settled' as const, 'failed' as const) })) }),
    fc.record({ do: fc.constantFrom('settle' as const, 'cancel' as const, 'fail' as const), who: fc.constantFrom(...WALLETS), n: fc.nat(5), slow: fc.option(fc.nat(10)) }),
    fc.record({ do: fc.constant('wait' as const), secs: fc.nat(12) }),
  )

  it('the accounts sum to what was issued, nobody is below nothing, and no payee is paid twice', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        const own = openBooks()
        const { database } = own.ledger
        let at = NOW
        const settled = new Map<string, number>()
        const count = (changes: readonly { type: string; paymentHash: string }[]) => {
          for (const change of changes) if (change.type === 'settled') settled.set(change.paymentHash, (settled.get(change.paymentHash) ?? 0) + 1)
        }
        for (const name of WALLETS) own.account(name)
        for (const step of steps) {
          if (step.do === 'wait') at += step.secs
          inTransaction(database, () => count(own.payments.applyDue(at)))
          if (step.do === 'wait') continue
          const invoice = own.payments.findInvoice(hashOf(step.n))
          if (step.do === 'invoice') {
            if (invoice === null) own.invoice(step.who, step.n, { amount: step.amount, hold: step.hold, expiresAt: at + step.lives, holdSecs: step.holdSecs })
          } else if (invoice !== null && step.do === 'pay') {
            const result = own.pay(step.who, invoice, { at, ...(step.later === null ? {} : { later: { resolveAt: at + step.later.wait, to: step.later.to } }) })
            if (result.ok) count(result.changes)
          } else if (invoice !== null && step.do === 'fail') {
            own.payments.recordFailure(own.account(step.who), invoice, 'played', at)
          } else if (step.do === 'settle' || step.do === 'cancel') {
            const slow = step.slow === null ? undefined : at + step.slow
            const act = step.do === 'settle' ? () => own.payments.settleHold(hashOf(step.n), preimageOf(step.n), at, slow) : () => own.payments.cancelHold(hashOf(step.n), at, slow)
            const result = inTransaction(database, act)
            if (result.ok) count(result.changes)
          }
          const audit = auditAccounts(database)
          expect(audit).toMatchObject({ balanced: true, issuedMsat: WALLETS.length * PLAY_MONEY, accounts: WALLETS.length })
        }
        // What is on its way arrives; what it is held for by then returns.
        for (const later of [1_000, 2_000]) inTransaction(database, () => count(own.payments.applyDue(at + later)))
        expect(auditAccounts(database)).toMatchObject({ balanced: true, heldMsat: 0 })
        expect(Math.max(0, ...settled.values())).toBeLessThanOrEqual(1)
        own.close()
      }),
      { numRuns: 150 },
    )
  })
})
