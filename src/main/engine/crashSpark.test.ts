/**
 * Every mode over Spark: the real adapter and its thread are killed, and the operators' ledger lives on here. By default each side
 * dies once in each mode, where most is at stake; SOUK_CRASH=all is for every point.
 */
import { describeCrashes } from './testing/crash/crashSuite.ts'

/** Done by the operators, and nobody here has heard of it. */
const PAID = 'sdk sendPayment: after'
const CLAIMED = 'sdk claimHtlcPayment: after'

describeCrashes({ settlement: 'prepay', wallet: 'spark', sample: { customer: [[PAID]], provider: [['write paid: before']] } })
describeCrashes({ settlement: 'escrow', wallet: 'spark', sample: { customer: [['write locked: before']], provider: [[CLAIMED]] } })
describeCrashes({ settlement: 'escrow', wallet: 'spark', dialect: 'channel', onlyAtAddress: true, sample: { customer: [[PAID]], provider: [['wallet settleHold: before']] } })
describeCrashes({ settlement: 'sealed', wallet: 'spark', sample: { customer: [[PAID]], provider: [[CLAIMED]] } })
// The deposit is paid; the answer is out, and what opens it is not.
describeCrashes({ settlement: 'sealed', wallet: 'spark', depositPermille: 200, sample: { customer: [[PAID]], provider: [['wallet createHoldInvoice: before']] } })
// The second of its payments.
describeCrashes({ settlement: 'metered', wallet: 'spark', sample: { customer: [[`${PAID} #2`]], provider: [['write paid: before']] } })
