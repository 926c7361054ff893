/** Both machines of a job against each other, in every order of up to eight events of each race there is (testing/interleavings/explore.ts says how). */
import { describe, expect, it } from 'vitest'
import { ZERO_MSAT } from '#shared/market/msat.ts'
import { SETTLEMENTS } from '#shared/market/settlement.ts'
import { explore, playScript, type Topic } from './testing/interleavings/explore.ts'
import { createModel } from './testing/interleavings/model.ts'
import { beginWorld, DEPOSIT, type Kind } from './testing/interleavings/world.ts'

const EVENTS = 8

interface Race {
  readonly name: string
  readonly kind: Kind
  /** What has happened when it begins, by the beginnings of names. */
  readonly before: readonly string[]
  /** What it is between. */
  readonly topics: readonly Topic[]
}

const PREPAY: Kind = { settlement: 'prepay', dialect: 'souk/1', release: 'auto', depositMsat: ZERO_MSAT }
const ESCROW: Kind = { ...PREPAY, settlement: 'escrow' }
const AT_ADDRESS: Kind = { ...ESCROW, dialect: 'channel' }
const SEALED: Kind = { ...PREPAY, settlement: 'sealed' }
const WITH_DEPOSIT: Kind = { ...SEALED, depositMsat: DEPOSIT }
const METERED: Kind = { ...PREPAY, settlement: 'metered' }

const ASKED = ['customer says request', 'seller hears the question']
const INVOICED = [...ASKED, 'seller makes invoice 0', 'seller says invoice', 'customer hears invoice 0', 'customer asks its wallet']
const PAID = [...INVOICED, 'the payment on invoice 0 arrives', 'customer’s wallet says settled', 'seller’s wallet says settled']
const LOCKED = [...INVOICED, 'the payment on the agreed hash', 'customer’s wallet says held']
const LOCKED_THERE = [...LOCKED, 'customer says locked', 'seller hears where', 'seller’s wallet says held']
const WORKING = ['seller begins, run 1']
const DELIVERED = [...WORKING, 'seller finishes', 'seller says result']
const UNDER_SEAL = [...WORKING, 'seller finishes', 'seller seals', 'seller says sealed']

/** The seller cancels what it was paid for, and its customer waits for a day. */
const LOST = [...INVOICED, 'seller cancels', 'the payment on invoice 0 arrives', 'customer’s wallet says settled', 'seller’s wallet says settled', 'seller says trouble', 'customer hears “', 'time goes past 1', 'time goes past 1', 'customer’s clock']
/** It asks for it back, and the seller's wallet is told to pay. */
const PAID_BACK = [...LOST, 'customer wants its money back', 'customer makes an invoice', 'customer says that it wants', 'seller hears the wish', 'seller pays back']
/** The wallet says that it failed; both wait until that is sure, and the customer asks with another invoice. */
const ASKED_AGAIN = [...PAID_BACK, 'seller’s wallet calls what it pays back failed, and it is not', 'time goes past 1', 'time goes to', 'customer’s wallet says of its money', 'customer wants its money back', 'customer makes an invoice', 'customer says that it wants']
const PAYING_BACK: readonly Topic[] = ['refunding', 'settling', 'working', 'time']

const CANCEL_AND_SETTLE: readonly Topic[] = ['cancelling', 'settling', 'crashing']
const FINISH_AND_TIME_OUT: readonly Topic[] = ['working', 'time', 'crashing']
const REFUND_AND_LATE_PAYMENT: readonly Topic[] = ['refunding', 'settling', 'time']
const RELEASE_AND_EXPIRY: readonly Topic[] = ['releasing', 'settling', 'time']

const RACES: readonly Race[] = [
  { name: 'prepay: cancel and settle', kind: PREPAY, before: INVOICED, topics: CANCEL_AND_SETTLE },
  { name: 'prepay: finish and time-out', kind: PREPAY, before: [...PAID, ...WORKING], topics: FINISH_AND_TIME_OUT },
  { name: 'prepay: refund and late payment', kind: PREPAY, before: [...INVOICED, 'seller cancels'], topics: REFUND_AND_LATE_PAYMENT },
  { name: 'prepay: paying back and answering', kind: PREPAY, before: LOST, topics: PAYING_BACK },
  { name: 'prepay: a payment back that is called failed', kind: PREPAY, before: PAID_BACK, topics: REFUND_AND_LATE_PAYMENT },
  { name: 'prepay: a second invoice after one that is called failed', kind: PREPAY, before: ASKED_AGAIN, topics: REFUND_AND_LATE_PAYMENT },
  { name: 'prepay: settle and expiry', kind: PREPAY, before: INVOICED, topics: RELEASE_AND_EXPIRY },
  { name: 'escrow: cancel and settle', kind: ESCROW, before: INVOICED, topics: [...CANCEL_AND_SETTLE, 'releasing'] },
  { name: 'escrow: finish and time-out', kind: ESCROW, before: [...LOCKED, 'seller’s wallet says held', ...WORKING], topics: FINISH_AND_TIME_OUT },
  { name: 'escrow: refund and late payment', kind: ESCROW, before: [...INVOICED, 'seller cancels'], topics: REFUND_AND_LATE_PAYMENT },
  { name: 'escrow: release and expiry', kind: ESCROW, before: [...LOCKED, 'seller’s wallet says held', ...DELIVERED, 'customer hears the result'], topics: RELEASE_AND_EXPIRY },
  { name: 'escrow, a person releases: release and expiry', kind: { ...ESCROW, release: 'ask' }, before: [...LOCKED, 'seller’s wallet says held', ...DELIVERED, 'customer hears the result'], topics: [...RELEASE_AND_EXPIRY, 'cancelling'] },
  { name: 'escrow at an address: cancel and settle', kind: AT_ADDRESS, before: INVOICED, topics: [...CANCEL_AND_SETTLE, 'releasing'] },
  { name: 'escrow at an address: refund and late payment', kind: AT_ADDRESS, before: [...INVOICED, 'seller cancels'], topics: REFUND_AND_LATE_PAYMENT },
  { name: 'escrow at an address: release and expiry', kind: AT_ADDRESS, before: [...LOCKED_THERE, ...DELIVERED, 'customer hears the result'], topics: RELEASE_AND_EXPIRY },
  { name: 'sealed: cancel and settle', kind: SEALED, before: [...ASKED, ...UNDER_SEAL, 'seller makes invoice 0', 'seller says invoice', 'customer hears the sealed', 'customer hears invoice 0', 'customer asks its wallet'], topics: CANCEL_AND_SETTLE },
  { name: 'sealed: finish and time-out', kind: SEALED, before: [...ASKED, ...WORKING], topics: [...FINISH_AND_TIME_OUT, 'cancelling'] },
  { name: 'sealed: open and expiry', kind: SEALED, before: [...ASKED, ...UNDER_SEAL, 'seller makes invoice 0', 'seller says invoice', 'customer hears the sealed', 'customer hears invoice 0', 'customer asks its wallet'], topics: [...RELEASE_AND_EXPIRY, 'working'] },
  { name: 'sealed, with a deposit: cancel and settle', kind: WITH_DEPOSIT, before: INVOICED, topics: CANCEL_AND_SETTLE },
  { name: 'sealed, with a deposit: finish and time-out', kind: WITH_DEPOSIT, before: [...PAID, ...WORKING], topics: FINISH_AND_TIME_OUT },
  { name: 'sealed, with a deposit: refund and late payment', kind: WITH_DEPOSIT, before: [...INVOICED, 'seller cancels'], topics: REFUND_AND_LATE_PAYMENT },
  { name: 'metered: cancel and settle', kind: METERED, before: INVOICED, topics: CANCEL_AND_SETTLE },
  { name: 'metered: finish and time-out', kind: METERED, before: [...PAID, ...WORKING, 'seller makes text', 'seller makes invoice 1', 'seller says invoice', 'customer hears text', 'customer hears invoice 1'], topics: ['working', 'time'] },
  { name: 'metered: refund and late payment', kind: METERED, before: [...INVOICED, 'seller cancels'], topics: REFUND_AND_LATE_PAYMENT },
  { name: 'metered: pay and pause', kind: METERED, before: [...PAID, ...WORKING, 'seller makes text', 'seller makes invoice 1', 'seller says invoice', 'customer hears text', 'customer hears invoice 1', 'customer asks its wallet'], topics: ['settling', 'working', 'cancelling'] },
]

describe('whatever order eight events come in', () => {
  const seen = new Map<string, number>()

  it.each(RACES)('$name: the books balance, nothing moves twice, and it ends as the money says', { timeout: 60_000 }, ({ kind, before, topics }) => {
    const model = createModel(kind)
    const { states, orders, ends, fault } = explore(model, playScript(model, beginWorld(kind), before), EVENTS, new Set(topics))
    expect(fault).toBeNull()
    // A race that nobody could lose is none.
    expect(states).toBeGreaterThan(50)
    expect(orders).toBeGreaterThan(1_000_000)
    expect(ends).toBeGreaterThan(5)
    seen.set(kind.settlement, (seen.get(kind.settlement) ?? 0) + states)
  })

  it('every mode was raced', () => {
    expect([...seen.keys()].sort()).toEqual([...SETTLEMENTS].sort())
  })
})
