import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sats, type Msat } from '#shared/market/msat.ts'
import { encodeInvoice } from '#shared/protocol/bolt11.ts'
import { SPENDING_STOPPED, UNLIMITED, type SpendingContext } from '../spending/judgeSpending.ts'
import type { Payment } from '../wallet/wallet.ts'
import { decideRefund, dueRefunds, evolveRefunds, judgeRefund, openRefund, refundedMsat, type Refund, type RefundMessage } from './refund.ts'

const START = 1_700_000_000_000
const OWED = sats(10)
const hashOf = (index: number) => (index + 1).toString(16).padStart(64, '0')
const invoiceOver = (amountMsat: Msat, index = 0, network: 'regtest' | 'mainnet' = 'regtest', createdAt = START / 1_000, minFinalCltvExpiry = 18) =>
  encodeInvoice({ network, amountMsat, createdAt, paymentHash: hashOf(index), paymentSecret: 'cd'.repeat(32), description: 'x', expirySecs: 600, minFinalCltvExpiry }, new Uint8Array(32).fill(7))
const wanted = (bolt11: string, context: Partial<SpendingContext> = {}, at = START): RefundMessage => ({ at, type: 'refundWanted', eventId: 'f'.repeat(64), bolt11, network: 'regtest', context: { ...UNLIMITED, maxFeePermille: 10, ...context } })
const settled = (index = 0): RefundMessage => ({ at: START, type: 'refundAnswered', paymentHash: hashOf(index), outcome: { state: 'settled', preimage: '1'.repeat(64), feeMsat: sats(1) } })
const failed = (index = 0): RefundMessage => ({ at: START, type: 'refundAnswered', paymentHash: hashOf(index), outcome: { state: 'failed', problem: { code: 'payment-failed', message: 'No route.' } } })
const unknown = (index = 0): RefundMessage => ({ at: START, type: 'refundAnswered', paymentHash: hashOf(index), outcome: { state: 'unknown', problem: { code: 'wallet-timeout', message: 'No answer.' } } })
const asked = (index = 0): RefundMessage => ({ at: START, type: 'refundAsked', paymentHash: hashOf(index) })
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

  it('is refused, and no more, when less may be paid back than was', () => {
    const done = told(wanted(invoiceOver(OWED)), asked(), settled())
    expect(decideRefund(done, sats(9), wanted(invoiceOver(sats(1), 1)))).toEqual([])
  })

  it('takes what is unknown for unknown until the wallet says, or long after the invoice has expired', () => {
    const doubtful = told(wanted(invoiceOver(OWED)), asked(), unknown())
    expect(openRefund(doubtful)?.state).toBe('asked')
    expect(openRefund([found('pending'), found(null), found('expired')].reduce(tell, doubtful))?.state).toBe('asked')
    expect(refundedMsat(tell(doubtful, found('settled')))).toBe(OWED)
    expect(openRefund(tell(doubtful, found('failed')))).toBe(null)
    expect(openRefund(tell(doubtful, found(null, START + 719_000)))?.state).toBe('asked')
    expect(openRefund(tell(doubtful, found(null, START + 720_000)))).toBe(null)
  })

  it('may be tried again with a new invoice once the wallet says that it failed, not without end', () => {
    let refunds: readonly Refund[] = []
    for (let index = 0; index < 30; index++) refunds = [wanted(invoiceOver(OWED, index)), asked(index), failed(index)].reduce(tell, refunds)
    expect([refunds.length, refundedMsat(refunds)]).toEqual([20, 0])
  })

  it('never comes to more than is owed, in whatever order things happen and whatever is lost', () => {
    const anyMessage = fc.integer({ min: 0, max: 4 }).chain((index) =>
      fc.constantFrom<readonly RefundMessage[]>([wanted(invoiceOver(sats(4), index))], [wanted(invoiceOver(OWED, index))], [asked(index)], [settled(index)], [failed(index)], [unknown(index)], [found('settled', START, index)], [found(null, START, index)]),
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
