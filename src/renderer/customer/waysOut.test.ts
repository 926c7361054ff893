import { expect, it } from 'vitest'
import { judgeSpending, SPENDING_STOPPED, UNLIMITED } from '#engine/spending/judgeSpending.ts'
import { sats } from '#shared/market/msat.ts'
import { waysOut } from './waysOut.ts'

it.each([
  ['for a day', { perDayMsat: sats(5) }],
  ['for what is under way', { maxPendingMsat: sats(5) }],
  ['for how many are under way', { maxPendingPayments: 0 }],
  ['for fees', { maxFeePermille: 1 }],
])('leads to the limits when one of them is in the way: %s', (_, limits) => {
  const refused = judgeSpending({ ...UNLIMITED, ...limits }, { kind: 'by-hand', amountMsat: sats(8), maxFeeMsat: sats(2) })
  expect(refused.ok ? 'sent' : waysOut(refused.error.message, refused.error.code)).toEqual(['limits'])
})

it('leads to where else it is mended, and nowhere when that is nowhere', () => {
  expect(waysOut('No relay took the request in time. Check the relays in Settings.', undefined)).toEqual(['settings'])
  expect(waysOut('Your wallet has too little. Receive some first.', undefined)).toEqual(['wallet'])
  expect(waysOut('This seller can be asked only in the open.', 'customer.only-private')).toEqual(['public-questions'])
  expect(waysOut('The mint found no way to the payee.', 'wallet.no-route')).toEqual([])
  expect(waysOut(SPENDING_STOPPED, 'wallet.spending-stopped')).toEqual([])
})
