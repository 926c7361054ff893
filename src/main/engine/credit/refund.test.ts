import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sats, type Msat } from '#shared/market/msat.ts'
import { encodeInvoice } from '#shared/protocol/bolt11.ts'
import { SPENDING_STOPPED, UNLIMITED, type SpendingContext } from '../spending/judgeSpending.ts'
import type { Payment } from '../wallet/wallet.ts'
import { decideRefund, dueRefunds, evolveRefunds, judgeRefund, openRefund, refundedMsat, type Refund, type RefundMessage } from './refund.ts'

const START = 1_700_000_000_000
const OWED = sats(10)
/** The invoice, of ten minutes, and what the wallet may still have been sending in its last second. */
const OVER = START + 1_620_000
const hashOf = (index: number) => (index + 1).toString(16).padStart(64, '0')
const invoiceOver = (amountMsat: Msat, index = 0, network: 'regtest' | 'mainnet' = 'regtest', createdAt = START / 1_000, minFinalCltvExpiry = 18) =>
  encodeInvoice({ network, amountMsat, createdAt, paymentHash: hashOf(index), paymentSecret: 'cd'.repeat(32), description: 'x', expirySecs: 600, minFinalCltvExpiry }, new Uint8Array(32).fill(7))
const wanted = (bolt11: string, context: Partial<SpendingContext> = {}, at = START): RefundMessage => ({ at, type: 'refundWanted', eventId: 'f'.repeat(64), bolt11, network: 'regtest', context: { ...UNLIMITED, maxFeePermille: 10, ...context } })
const settled = (index = 0): RefundMessage => ({ at: START, type: 'refundAnswered', paymentHash: hashOf(index), outcome: { state: 'settled', preimage: '1'.repeat(64), feeMsat: sats(1) } })
const failed = (index = 0): RefundMessage => ({ at: START, type: 'refundAnswered', paymentHash: hashOf(index), outcome: { state: 'failed', problem: { code: 'payment-failed', message: 'No route.' } } })
const unknown = (index = 0): RefundMessage => ({ at: START, type: 'refundAnswered', paymentHash: hashOf(index), outcome: { state: 'unknown', problem: { code: 'wallet-timeout', message: 'No answer.' } } })
const asked = (index = 0, at = START): RefundMessage => ({ at, type: 'refundAsked', paymentHash: hashOf(index) })
const found = (state: Payment['state'] | null, at = START, index = 0): RefundMessage => ({
  at, type: 'refundLookedUp', paymentHash: hashOf(index),
  payment: state === null ? null : { direction: 'outgoing', paymentHash: hashOf(index), amountMsat: OWED, feeMsat: sats(1), state, description: '', bolt11: null, preimage: null, createdAt: 0, settledAt: null, expiresAt: null, heldUntil: null },
})
const tell = (refunds: readonly Refund[], message: RefundMessage) => decideRefund(refunds, OWED, message).reduce(evolveRefunds, refunds)
const told = (...messages: readonly RefundMessage[]) => messages.reduce(tell, [] as readonly Refund[])

describe('paying back', () => {
  it('is intended first, then asked of the wallet, then looked up, under one key', () => {
    const intended = told(wanted(invoiceOver(OWED)))
    expect(dueRefunds(intended)).toMatchObject([{ type: 'payRefund', key: `refund:${hashOf(0)}`, intent: { idempotencyKey: hashOf(0), amountMsat: OWED, maxFeeMsat: sats(1) } }])
    expect(dueRefunds(tell(intended, asked()))).toMatchObject([{ type: 'lookUpRefund', key: `refund:${hashOf(0)}` }])
    const done = [asked(), settled()].reduce(tell, intended)
    expect([dueRefunds(done), refundedMsat(done), done[0]?.feeMsat]).toEqual([[], OWED, sats(1)])
  })

  it.each([
    ['more than is owed', invoiceOver(sats(11)), {}, 'not-owed'],
    ['no amount', invoiceOver(sats(1)).replace('lnbcrt10n', 'lnbcrt'), {}, null],
    ['another network', invoiceOver(OWED, 0, 'mainnet'), {}, 'wrong-network'],
    ['an expired invoice', invoiceOver(OWED, 0, 'regtest', START / 1_000 - 600), {}, 'expired'],
    ['a used invoice', invoiceOver(OWED), { hashIsKnown: true }, 'reused'],
    ['no invoice', 'lnbcrt', {}, null],
    ['an invoice that lives for days', invoiceOver(OWED, 0, 'regtest', START / 1_000 + 86_401), {}, 'expires-too-late'],
    ['an invoice whose payee could hold it for weeks', invoiceOver(OWED, 0, 'regtest', START / 1_000, 2_016), {}, 'holds-too-long'],
    ['the kill switch', invoiceOver(OWED), { isStopped: true }, 'spending-stopped'],
    ['the limit of a day', invoiceOver(OWED), { perDayMsat: sats(5) }, 'over-day-limit'],
    ['too much under way', invoiceOver(OWED), { maxPendingMsat: sats(5) }, 'over-pending-limit'],
  ])('refuses %s', (_, bolt11, context, code) => {
    const message = wanted(bolt11, context)
    expect(decideRefund([], OWED, message)).toEqual([])
    if (message.type !== 'refundWanted' || code === null) return
    expect(judgeRefund([], OWED, message)).toMatchObject({ ok: false, error: { code } })
  })

  it('says the kill switch’s own words, and asks no confirmation of what is owed', () => {
    const message = wanted(invoiceOver(OWED), { isStopped: true })
    if (message.type === 'refundWanted') expect(judgeRefund([], OWED, message)).toMatchObject({ error: { message: SPENDING_STOPPED } })
    expect(told(wanted(invoiceOver(OWED), { confirmAboveMsat: sats(1) }))).toHaveLength(1)
  })

  it('is not begun twice, nor for more than is left', () => {
    const first = told(wanted(invoiceOver(sats(6))))
    expect(tell(first, wanted(invoiceOver(sats(4), 1)))).toBe(first)
    const done = [asked(), settled()].reduce(tell, first)
    expect(tell(done, wanted(invoiceOver(sats(5), 1)))).toBe(done)
    expect(tell(done, wanted(invoiceOver(sats(6), 0)))).toBe(done)
    expect(openRefund(tell(done, wanted(invoiceOver(sats(4), 1))))).toMatchObject({ intent: { amountMsat: sats(4) } })
  })

  it('in small pieces costs its seller no more fees than in one: only the last may cost more than its share', () => {
    let refunds: readonly Refund[] = []
    for (let index = 0; index < 10; index++) refunds = [wanted(invoiceOver(sats(1), index)), asked(index), settled(index)].reduce(tell, refunds)
    expect(refundedMsat(refunds)).toBe(OWED)
    expect(refunds.map(({ intent }) => Number(intent.maxFeeMsat))).toEqual([...Array.from({ length: 9 }, () => 10), 1_000])
  })

  it('is refused, and no more, when less may be paid back than was', () => {
    const done = told(wanted(invoiceOver(OWED)), asked(), settled())
    expect(decideRefund(done, sats(9), wanted(invoiceOver(sats(1), 1)))).toEqual([])
  })

  it('takes what is unknown for unknown until the wallet says, or long after the invoice has expired', () => {
    const doubtful = told(wanted(invoiceOver(OWED)), asked(), unknown())
    expect(openRefund(doubtful)?.state).toBe('asked')
    expect(openRefund([found('pending'), found(null), found('expired')].reduce(tell, doubtful))?.state).toBe('asked')
    expect(refundedMsat(tell(doubtful, found('settled')))).toBe(OWED)
    expect(openRefund(tell(doubtful, found(null, OVER - 1_000)))?.state).toBe('asked')
    expect(openRefund(tell(doubtful, found(null, OVER)))).toBe(null)
  })

  it('is called failed and settles late: no second invoice is paid beside it', () => {
    const doubted = told(wanted(invoiceOver(OWED)), asked(), failed())
    const second = wanted(invoiceOver(OWED, 1))
    expect(tell(doubted, second)).toBe(doubted)
    if (second.type === 'refundWanted') expect(judgeRefund(doubted, OWED, second)).toMatchObject({ error: { code: 'under-way' } })
    expect(dueRefunds(doubted)).toMatchObject([{ type: 'lookUpRefund', intent: { paymentHash: hashOf(0) } }])
    // However often it is called that while its invoice can be paid.
    expect([failed(), found('failed'), found('failed', OVER - 1_000), found(null, OVER - 1_000)].reduce(tell, doubted)).toEqual(doubted)
    expect(refundedMsat(tell(doubted, found('settled')))).toBe(OWED)
  })

  it('may be tried again with a new invoice once the wallet says no after the first one is over', () => {
    const over = told(wanted(invoiceOver(OWED)), asked(), failed(), found('failed', OVER))
    expect(openRefund(over)).toBe(null)
    const again = tell(over, wanted(invoiceOver(OWED, 1, 'regtest', OVER / 1_000), {}, OVER))
    expect(dueRefunds(again)).toMatchObject([{ type: 'payRefund', intent: { paymentHash: hashOf(1) }, earlier: [{ paymentHash: hashOf(0) }] }])
    // What settles after all takes the place of the one that was to come.
    const late = tell(again, found('settled', OVER))
    expect([refundedMsat(late), openRefund(late), dueRefunds(late)]).toEqual([OWED, null, []])
    expect(tell(late, asked(1))).toBe(late)
  })

  it('that settles late leaves room for what is still owed, and for no more', () => {
    const part = [wanted(invoiceOver(sats(6))), asked(), found(null, OVER), wanted(invoiceOver(sats(4), 1, 'regtest', OVER / 1_000), {}, OVER), found('settled', OVER)].reduce(tell, [] as readonly Refund[])
    expect([refundedMsat(part), openRefund(part)?.intent.amountMsat]).toEqual([sats(6), sats(4)])
  })

  it('fails at once where nothing can have left: stopped before it was asked, or not asked at all', () => {
    expect(told(wanted(invoiceOver(OWED)), failed())).toMatchObject([{ state: 'failed' }])
    const unreachable: RefundMessage = { at: START, type: 'refundAnswered', paymentHash: hashOf(0), outcome: { state: 'failed', problem: { code: 'wallet-unreachable', message: 'Away.' } } }
    expect(told(wanted(invoiceOver(OWED)), asked(), unreachable)).toMatchObject([{ state: 'failed' }])
    // Of the second try it says nothing of the first.
    expect(told(wanted(invoiceOver(OWED)), asked(), failed(), asked(0, START + 60_000), unreachable)).toMatchObject([{ state: 'doubted' }])
  })

  it('asks the wallet for the same invoice again while it is alive, ever more rarely, and not without end', () => {
    let refunds = told(wanted(invoiceOver(OWED)), asked(), failed())
    expect(tell(refunds, asked(0, START + 59_000))).toBe(refunds)
    const tries: number[] = []
    for (let at = START; at < OVER; at += 1_000) {
      const next = tell(refunds, asked(0, at))
      if (next === refunds) continue
      tries.push((at - START) / 1_000)
      refunds = [{ ...failed(), at }, found('failed', at)].reduce(tell, next)
    }
    expect(tries).toEqual([60, 180, 420])
    expect(openRefund(tell(refunds, found('failed', OVER)))).toBe(null)
  })

  it('is tried with twenty invoices, and then with one a day: nobody is locked out of what it is owed', () => {
    let refunds: readonly Refund[] = []
    let at = START
    const attempt = (index: number) => {
      const before = refunds
      refunds = [wanted(invoiceOver(OWED, index, 'regtest', at / 1_000), {}, at), asked(index, at), { ...failed(index), at }, found('failed', at + 1_620_000, index)].reduce(tell, refunds)
      at += 1_620_000
      return refunds !== before
    }
    expect(Array.from({ length: 30 }, (_, index) => attempt(index)).filter(Boolean)).toHaveLength(20)
    at += 86_400_000
    expect([attempt(30), attempt(31)]).toEqual([true, false])
    at += 86_400_000
    expect(attempt(32)).toBe(true)
  })

  it('never comes to more than is owed, in whatever order things happen and whatever is lost', () => {
    // Each is signed once.
    const [parts, wholes] = [sats(4), OWED].map((amountMsat) => Array.from({ length: 5 }, (_, index) => wanted(invoiceOver(amountMsat, index)))) as [RefundMessage[], RefundMessage[]]
    const anyMessage = fc.integer({ min: 0, max: 4 }).chain((index) =>
      fc.constantFrom<readonly RefundMessage[]>(parts.slice(index, index + 1), wholes.slice(index, index + 1), [asked(index)], [settled(index)], [failed(index)], [unknown(index)], [found('settled', START, index)], [found(null, START, index)], [found('failed', OVER, index)], [found('settled', OVER, index)], [asked(index, START + 60_000)]),
    )
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 40 }), (messages) => {
        let refunds: readonly Refund[] = []
        for (const message of messages.flat()) {
          refunds = tell(refunds, message)
          const underWay = openRefund(refunds)?.intent.amountMsat ?? 0
          expect(refundedMsat(refunds) + underWay).toBeLessThanOrEqual(OWED)
          expect(dueRefunds(refunds).length).toBeLessThanOrEqual(1)
        }
      }),
    )
  })
})
