import { describeCrashes } from './testing/crash/crashSuite.ts'

describeCrashes({ settlement: 'sealed' })
// Where it differs: the deposit is paid and nobody here has heard of it; the answer is out, and what opens it is not.
describeCrashes({
  settlement: 'sealed',
  depositPermille: 200,
  sample: { customer: [['wallet pay: after, settled']], provider: [['wallet createHoldInvoice: before']] },
})
