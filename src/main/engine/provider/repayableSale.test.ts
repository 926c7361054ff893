import { expect, test } from 'vitest'
import { sats, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { encodeInvoice } from '#shared/protocol/bolt11.ts'
import { UNLIMITED } from '../spending/judgeSpending.ts'
import { repayableSaleMachine, type AnySaleMessage } from './repayableSale.ts'
import { lookAt, type Sale, type SaleRequest } from './sale.ts'

const at = 1_700_000_000_000
const [PAID, BACK] = ['1'.repeat(64), '2'.repeat(64)]
const request: SaleRequest = {
  jobId: 'job_0011223344556677', requestId: '0'.repeat(64), customer: 'c'.repeat(64), dialect: 'nip90', route: {}, privacy: 'public-relays', prompt: 'x', model: 'm', maxTokens: 1, sampling: {}, priceMsat: sats(10),
}
const invoiceOver = (amountMsat: Msat) => encodeInvoice({ network: 'regtest', amountMsat, createdAt: at / 1_000, paymentHash: BACK, paymentSecret: 'cd'.repeat(32), description: 'x', expirySecs: 600, minFinalCltvExpiry: 18 }, new Uint8Array(32).fill(7))
const wish: AnySaleMessage = { at, type: 'refundWanted', eventId: 'f'.repeat(64), bolt11: invoiceOver(sats(1)), network: 'regtest', context: { ...UNLIMITED, maxFeePermille: 10 } }
const tell = (sale: Sale, ...messages: readonly AnySaleMessage[]): Sale => messages.reduce((before, message) => repayableSaleMachine.decide(before, message).reduce((state, event) => repayableSaleMachine.evolve(state, event), before), sale)
const lookOf = (sale: Sale) => (sale.begun ? lookAt(sale) : null)

/** Paid for, and given up by its seller. */
const owed = tell(
  repayableSaleMachine.initial,
  { at, type: 'requested', request, refusal: null },
  { at, type: 'invoiceMade', invoice: { bolt11: 'lnbcrt1', paymentHash: PAID, amountMsat: sats(10), network: 'regtest', createdAt: at / 1_000, expiresAt: at / 1_000 + 180, description: '' } },
  { at, type: 'paymentSeen', settledMsat: sats(10) },
  { at, type: 'sellerCancelled' },
)
const writtenOff: AnySaleMessage = { at, type: 'writtenOff', note: 'Paid back by hand.' }

test('a customer that asks a little of what it is owed keeps no job open for good: the rest can be written off', () => {
  const under = tell(owed, wish, { at, type: 'refundAsked', paymentHash: BACK })
  // While it is paid back it is not written off: nobody would book what leaves the wallet then.
  expect(lookOf(tell(under, writtenOff))).toMatchObject({ state: 'owed', final: false })
  const back = tell(under, { at, type: 'refundAnswered', paymentHash: BACK, outcome: { state: 'settled', preimage: '1'.repeat(64), feeMsat: ZERO_MSAT } })
  expect(lookOf(back)).toMatchObject({ state: 'owed', final: false, owedMsat: sats(9), standing: { wallet: sats(9), owedByUs: -9_000 } })
  expect(repayableSaleMachine.decide(back, { at, type: 'retryAsked' })).toEqual([])
  const over = lookOf(tell(back, writtenOff))
  expect(over).toMatchObject({ state: 'failed', final: true, owedMsat: 0 })
  expect(over?.standing).toEqual({ wallet: sats(9), earned: -9_000 })
})
