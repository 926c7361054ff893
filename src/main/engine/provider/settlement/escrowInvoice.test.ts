/** The ordinary invoice that is out besides a lock at our address: who pays that one after all has paid ahead, whatever became of the lock. */
import { expect, it } from 'vitest'
import { msat } from '#shared/market/msat.ts'
import type { Invoice } from '../../wallet/wallet.ts'
import { lookAt, saleMachine, type Sale, type SaleMessage, type SaleRequest } from '../sale.ts'

const START = 1_700_000_000_000
const PRICE = msat(10_000)
const LOCK = 'a'.repeat(64)
const INVOICE = 'b'.repeat(64)
const delivery = { eventId: 'e'.repeat(64), raw: '{}', verdicts: [] }
const request: SaleRequest = {
  jobId: 'job_0011223344556677', requestId: '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', customer: 'c'.repeat(64), dialect: 'channel', privacy: 'public-channel', route: { channelId: 'd'.repeat(64) },
  sampling: {}, prompt: 'What is 2+2?', model: 'souk-toy', maxTokens: 100, priceMsat: PRICE, settlement: { name: 'escrow', paymentHash: null, hold: false, holdSecs: 780 },
}
const invoice: Invoice = { bolt11: 'lnbcrt100n1…', paymentHash: INVOICE, amountMsat: PRICE, network: 'regtest', createdAt: START / 1_000, expiresAt: START / 1_000 + 180, description: '' }
const locked: SaleMessage = { at: START, type: 'lockSeen', paymentHash: LOCK, amountMsat: PRICE, heldUntil: START + 900_000 }

function tell(...messages: readonly SaleMessage[]): Sale {
  const asked: readonly SaleMessage[] = [
    { at: START, type: 'requested', request, refusal: null },
    { at: START, type: 'invoiceMade', invoice },
    { at: START, type: 'sent', what: 'invoice', delivery },
    { at: START, type: 'lockAnnounced', eventId: 'f'.repeat(64), paymentHash: LOCK, amountMsat: PRICE, expirySecs: 900 },
  ]
  return [...asked, ...messages].reduce<Sale>((sale, message) => saleMachine.decide(sale, message).reduce((state, event) => saleMachine.evolve(state, event), sale), saleMachine.initial)
}

it.each<[string, readonly SaleMessage[]]>([
  ['was not as agreed', [{ ...locked, amountMsat: msat(9_999) }, { at: START, type: 'sent', what: 'trouble', delivery }]],
  ['goes back because the customer cancelled', [locked, { at: START, type: 'customerCancelled', eventId: 'f'.repeat(64) }]],
  ['goes back because the seller cancelled', [locked, { at: START, type: 'sellerCancelled' }, { at: START, type: 'sent', what: 'trouble', delivery }]],
])('is looked at while a lock that %s has not returned, and what comes for it is owed', (_, messages) => {
  expect(saleMachine.due(tell(...messages)).map(({ key }) => key)).toEqual([`giveBack:${LOCK}`, `watch:${INVOICE}`])
  const paid = tell(...messages, { at: START, type: 'paymentSeen', paymentHash: INVOICE, settledMsat: PRICE })
  expect(paid.begun && lookAt(paid)).toMatchObject({ state: 'owed', repayableMsat: PRICE, standing: { owedByUs: 0 - PRICE, wallet: PRICE } })
})
