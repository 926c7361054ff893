/** Money that comes for a job which nobody waits for any more: the wallet was wrong that nothing would, or our clock was. It is owed. */
import { expect, it } from 'vitest'
import { msat } from '#shared/market/msat.ts'
import type { Invoice } from '../../wallet/wallet.ts'
import { repayableSaleMachine } from '../repayableSale.ts'
import { lookAt, type Sale, type SaleAgreement, type SaleMessage, type SaleRequest } from '../sale.ts'

const START = 1_700_000_000_000
const LATE = START + 3_600_000
const PRICE = msat(10_000)
const HASH = 'a'.repeat(64)
const delivery = { eventId: 'e'.repeat(64), raw: '{}', verdicts: [] }
const request = (settlement: SaleAgreement): SaleRequest => ({
  jobId: 'job_0011223344556677', requestId: '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', customer: 'c'.repeat(64), dialect: 'channel', privacy: 'public-channel', route: { channelId: 'd'.repeat(64) },
  sampling: {}, prompt: 'What is 2+2?', model: 'souk-toy', maxTokens: 100, priceMsat: PRICE, settlement,
})
const invoiceOver = (amountMsat: typeof PRICE): Invoice => ({ bolt11: 'lnbcrt100n1…', paymentHash: HASH, amountMsat, network: 'regtest', createdAt: START / 1_000, expiresAt: START / 1_000 + 180, description: '' })
const missing: SaleMessage = { at: LATE, type: 'paymentMissing', paymentHash: HASH, isClosed: true }

function tell(sale: Sale, ...messages: readonly SaleMessage[]): Sale {
  return messages.reduce((before, message) => repayableSaleMachine.decide(before, message).reduce((state, event) => repayableSaleMachine.evolve(state, event), before), sale)
}

it.each<[string, SaleAgreement, typeof PRICE]>([
  ['paid ahead', { name: 'prepay' }, PRICE],
  ['escrow, by its ordinary invoice', { name: 'escrow', paymentHash: null, hold: false, holdSecs: 780 }, PRICE],
  ['sealed, by its deposit', { name: 'sealed', paymentHash: 'b'.repeat(64), previewPermille: 300, depositMsat: msat(2_000), holdSecs: 180 }, msat(2_000)],
])('%s: what comes once it is closed is owed, and paid back when it is asked for', (_, settlement, asked) => {
  const waiting = tell(repayableSaleMachine.initial, { at: START, type: 'requested', request: request(settlement), refusal: null }, { at: START, type: 'invoiceMade', invoice: invoiceOver(asked) }, { at: START, type: 'sent', what: 'invoice', delivery })
  for (const closed of [tell(waiting, missing), tell(waiting, { at: START, type: 'customerCancelled', eventId: 'f'.repeat(64) }, missing, { at: LATE, type: 'lockReturned', paymentHash: HASH })]) {
    expect([closed.begun && lookAt(closed), repayableSaleMachine.due(closed)]).toMatchObject([{ final: true, receivedMsat: 0, paymentHashes: expect.arrayContaining([HASH]) }, []])
    const paid = tell(closed, { at: LATE, type: 'paymentSeen', paymentHash: HASH, settledMsat: asked })
    expect(paid.begun && lookAt(paid)).toMatchObject({ state: 'owed', final: false, receivedMsat: asked, repayableMsat: asked, standing: { wallet: asked, owedByUs: 0 - asked } })
    expect(repayableSaleMachine.due(paid).map(({ key }) => key)).toEqual(['send:trouble'])
    // Once, and no work is done for it.
    expect(tell(paid, { at: LATE, type: 'paymentSeen', paymentHash: HASH, settledMsat: asked })).toEqual(paid)
  }
})

it('metered: what comes for a step once it is closed, or handed over, is owed', () => {
  const metered: SaleAgreement = { name: 'metered', inputPer1kMsat: msat(0), outputPer1kMsat: msat(1_000_000), tickTokens: 16, graceSecs: 60 }
  const waiting = tell(repayableSaleMachine.initial, { at: START, type: 'requested', request: request(metered), refusal: null }, { at: START, type: 'invoiceMade', invoice: invoiceOver(PRICE) }, { at: START, type: 'sent', what: 'invoice', index: 0, delivery })
  const closed = tell(waiting, missing)
  expect(closed.begun && lookAt(closed)).toMatchObject({ state: 'expired', final: true })
  const paid = tell(closed, { at: LATE, type: 'paymentSeen', paymentHash: HASH, settledMsat: PRICE })
  expect([paid.begun && lookAt(paid), repayableSaleMachine.due(paid)]).toMatchObject([{ receivedMsat: PRICE, repayableMsat: PRICE, standing: { wallet: PRICE, owedByUs: 0 - PRICE } }, []])

  const next = { ...invoiceOver(PRICE), paymentHash: 'b'.repeat(64) }
  const handed = tell(waiting, { at: START, type: 'paymentSeen', paymentHash: HASH, settledMsat: PRICE }, { at: START, type: 'workBegun', attempt: 1 }, { at: START, type: 'tokensMade', tokens: 5, text: 'a b c d e ' }, { at: START, type: 'invoiceMade', invoice: next, index: 1 },
    { at: START, type: 'generated', generated: { text: 'a b c d e f g h i j', usage: { promptTokens: 0, outputTokens: 10, durationMs: 1 }, stoppedBy: 'end' } }, { at: START, type: 'sent', what: 'result', delivery }, { ...missing, paymentHash: next.paymentHash })
  expect(handed.begun && lookAt(handed)).toMatchObject({ state: 'done', final: true, owedMsat: 0 })
  const more = tell(handed, { at: LATE, type: 'paymentSeen', paymentHash: next.paymentHash, settledMsat: PRICE })
  expect(more.begun && lookAt(more)).toMatchObject({ state: 'done', final: true, receivedMsat: 2 * PRICE, repayableMsat: PRICE })
  expect(tell(more, { at: LATE, type: 'paymentSeen', paymentHash: next.paymentHash, settledMsat: PRICE })).toEqual(more)
})
