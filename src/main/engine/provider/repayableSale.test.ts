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

test('metered: a customer that asks for the rest before its seller has written that the answer is out is heard, and the answer still goes out', () => {
  const metered = { ...request, dialect: 'souk/1', maxTokens: 100, settlement: { name: 'metered', inputPer1kMsat: ZERO_MSAT, outputPer1kMsat: sats(100), tickTokens: 300, graceSecs: 60 } } as const
  const handing = tell(
    repayableSaleMachine.initial,
    { at, type: 'requested', request: metered, refusal: null },
    { at, type: 'invoiceMade', index: 0, invoice: { bolt11: 'lnbcrt1', paymentHash: PAID, amountMsat: sats(10), network: 'regtest', createdAt: at / 1_000, expiresAt: at / 1_000 + 180, description: '' } },
    { at, type: 'paymentSeen', paymentHash: PAID, settledMsat: sats(10) },
    { at, type: 'workBegun', attempt: 1 },
    { at, type: 'generated', generated: { text: 'a b c d e f g h i j', usage: { promptTokens: 0, outputTokens: 10, durationMs: 1 }, stoppedBy: 'end' } },
  )
  expect(lookOf(handing)).toMatchObject({ state: 'working', owedMsat: sats(9), repayableMsat: sats(9) })
  const asked = tell(handing, wish)
  expect(repayableSaleMachine.due(asked).map(({ key }) => key)).toEqual(['send:result', `refund:${BACK}`])
  const back = tell(asked, { at, type: 'refundAsked', paymentHash: BACK }, { at, type: 'refundAnswered', paymentHash: BACK, outcome: { state: 'settled', preimage: '1'.repeat(64), feeMsat: ZERO_MSAT } }, { at, type: 'sent', what: 'result', delivery: { eventId: 'e'.repeat(64), raw: '{}', verdicts: [] } })
  expect(lookOf(back)).toMatchObject({ state: 'done', final: true, owedMsat: sats(8), standing: { wallet: sats(9), earned: -1_000, owedByUs: -8_000 } })
})
