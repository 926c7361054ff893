/**
 * What a seller owes, asked back and paid: kill -9 of who asks, from the wish on, and of who pays, from the message on. A wish that
 * was not stored is wished again by whoever looks at the row; one that was goes on by itself. It goes back once, and whole.
 */
import { describeCrashes } from './testing/crash/crashSuite.ts'
import { CRASH_ALL } from './testing/crash/killEverywhere.ts'

/** Each one dies several times over, at one point after the other. */
const SAMPLE = {
  customer: [
    ['write claimBegun: before', 'write claimBegun: after', 'write claimInvoiced: before', 'write claimInvoiced: after'],
    ['publish kind 2507: after', 'write claimPaid: before'],
  ],
  provider: [
    ['write refundAccepted: before', 'write refundAccepted: after', 'write refundAsked: after'],
    ['wallet pay: after, settled', 'wallet lookup: after, settled', 'write refundSettled: before'],
  ],
}
const SINCE = { customer: 'write claimBegun: before', provider: 'write refundAccepted: before' }
const SURELY = {
  customer: ['write claimBegun: before', 'write claimBegun: after', 'wallet createInvoice: after', 'write claimInvoiced: after', 'write claimSent: before', 'write claimPaid: before', 'write claimPaid: after'],
  provider: ['write refundAccepted: before', 'write refundAccepted: after', 'write refundAsked: before', 'write refundAsked: after', 'wallet pay: before', 'wallet pay: after, settled', 'write refundSettled: before', 'write refundSettled: after'],
}

describeCrashes({ settlement: 'metered', payback: true, sample: SAMPLE, since: SINCE, surely: SURELY })
if (CRASH_ALL) {
  const provider = [...SURELY.provider, 'sdk sendPayment: before', 'sdk sendPayment: after']
  describeCrashes({ settlement: 'metered', wallet: 'spark', payback: true, since: SINCE, surely: { ...SURELY, provider } })
}
