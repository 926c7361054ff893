/**
 * The wallet matrix: what can go wrong between a wallet's client and its service, against the real mint. Whatever happens,
 * money moves once or not at all, the books are exact, and what is not known is never called failed.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { MintFaults } from '#shared/ipc/settings.ts'
import { msat } from '#shared/market/msat.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { loadNostrCrypto, type NostrCrypto } from '../nostr/crypto.ts'
import { PLAY_MONEY } from '../sandbox/mint/ledger.ts'
import { PENDING_PAYMENT_SECS } from '../sandbox/mint/service.ts'
import { openMintWorld, type MintWorld } from './testing/mintWorld.ts'
import type { Invoice, Payment, PayOutcome } from './wallet.ts'

const AMOUNT = msat(10_000)
const FEE = msat(10)
const PREIMAGE = '07'.repeat(32)
const HASH = hashOf(PREIMAGE)
/** The invoice is long expired when a payment that was pending for an hour arrives. */
const EXPIRY_SECS = 600
const HOLD_SECS = 600

let crypto: NostrCrypto
let world: MintWorld

beforeAll(async () => {
  crypto = await loadNostrCrypto()
})
beforeEach(async () => {
  world = await openMintWorld(crypto)
})
afterEach(async () => {
  await world.end()
  expect(world.clock.pending()).toBe(0)
})

async function must<T>(result: Promise<{ ok: true; value: T } | { ok: false; error: { message: string } }>): Promise<T> {
  const settled = await world.during(result)
  if (!settled.ok) throw new Error(settled.error.message)
  return settled.value
}

const makeInvoice = (kind: 'plain' | 'hold') => {
  const asked = { amountMsat: AMOUNT, description: 'an answer', expirySecs: EXPIRY_SECS }
  return must(kind === 'plain' ? world.seller.createInvoice(asked) : world.seller.createHoldInvoice({ ...asked, paymentHash: HASH, holdSecs: HOLD_SECS }))
}
const pay = ({ bolt11, paymentHash }: Invoice, mayHold = false) => world.during(world.buyer.pay({ bolt11, maxFeeMsat: msat(100), idempotencyKey: `key of ${paymentHash}`, mayHold }))
const stateOf = async (side: 'seller' | 'buyer', { paymentHash }: Invoice): Promise<Payment['state'] | null> =>
  (await must(side === 'seller' ? world.seller.lookup(paymentHash, 'incoming') : world.buyer.lookup(paymentHash, 'outgoing')))?.state ?? null

/** "Failed" is said of nothing that is on its way, unless the wallet itself says so of it. */
function expectHonest(outcome: PayOutcome, { paymentHash }: Invoice, liar: boolean): void {
  if (outcome.state === 'failed' && !liar) expect([null, 'failed']).toContain(world.truth(paymentHash))
}

/** The end of all: nothing is locked, every balance is exact, and the payee was paid so often. */
async function expectBooks({ paymentHash }: Invoice, settlements: 0 | 1): Promise<void> {
  const moved = settlements === 1
  expect(world.settlements(paymentHash)).toBe(settlements)
  expect(world.audit()).toEqual({ balanced: true, issuedMsat: 2 * PLAY_MONEY, accountsMsat: 2 * PLAY_MONEY - (moved ? FEE : 0), heldMsat: 0, feesMsat: moved ? FEE : 0, accounts: 2 })
  expect([await must(world.seller.balance()), await must(world.buyer.balance())]).toEqual(moved ? [PLAY_MONEY + AMOUNT, PLAY_MONEY - AMOUNT - FEE] : [PLAY_MONEY, PLAY_MONEY])
}

interface Row {
  readonly faults: Partial<MintFaults>
  /** What paying a plain invoice comes to at first, and asked for again at once. */
  readonly plain: readonly [PayOutcome['state'], PayOutcome['state']]
  /** The same for a hold invoice whose payee may hold. */
  readonly hold: readonly [PayOutcome['state'], PayOutcome['state']]
  /** Whether the money goes on its way for good. */
  readonly arrives: boolean
  readonly afterSecs?: number
  readonly liar?: true
}

const ROWS: Readonly<Record<string, Row>> = {
  'ok': { faults: {}, plain: ['settled', 'settled'], hold: ['held', 'held'], arrives: true },
  'fail': { faults: { pay: 'fail' }, plain: ['failed', 'failed'], hold: ['failed', 'failed'], arrives: false },
  'timeout, then paid': { faults: { pay: 'timeout-then-paid' }, plain: ['unknown', 'settled'], hold: ['held', 'held'], arrives: true },
  'timeout, then failed': { faults: { pay: 'timeout-then-failed' }, plain: ['unknown', 'unknown'], hold: ['unknown', 'unknown'], arrives: false },
  'response lost': { faults: { pay: 'response-lost' }, plain: ['unknown', 'unknown'], hold: ['held', 'held'], arrives: true },
  'pending for an hour, and past expiry': { faults: { pay: 'pending' }, plain: ['unknown', 'unknown'], hold: ['held', 'held'], arrives: true, afterSecs: PENDING_PAYMENT_SECS },
  'stale failed, then paid': { faults: { pay: 'failed-then-paid' }, plain: ['failed', 'failed'], hold: ['failed', 'failed'], arrives: true, liar: true },
  'everything said twice': { faults: { messages: 'doubled' }, plain: ['settled', 'settled'], hold: ['held', 'held'], arrives: true },
  'announced late and in the wrong order': { faults: { messages: 'reordered' }, plain: ['settled', 'settled'], hold: ['held', 'held'], arrives: true },
  'never announced': { faults: { messages: 'unannounced' }, plain: ['settled', 'settled'], hold: ['held', 'held'], arrives: true },
  'said twice, of what is paid late': { faults: { pay: 'timeout-then-paid', messages: 'doubled' }, plain: ['unknown', 'settled'], hold: ['held', 'held'], arrives: true },
  'in the wrong order, of what was called failed': { faults: { pay: 'failed-then-paid', messages: 'reordered' }, plain: ['failed', 'failed'], hold: ['failed', 'failed'], arrives: true, liar: true },
}

/** Pays, asks again at once as one does who does not know, and lets everything that is on its way arrive. */
async function payTwice(invoice: Invoice, row: Row, mayHold: boolean): Promise<readonly PayOutcome['state'][]> {
  world.play(row.faults)
  const outcomes: PayOutcome['state'][] = []
  for (let time = 0; time < 2; time++) {
    const outcome = await pay(invoice, mayHold)
    expectHonest(outcome, invoice, row.liar === true)
    expect(world.audit().balanced).toBe(true)
    outcomes.push(outcome.state)
    if (time === 0) await world.restartBuyer()
  }
  await world.pass(row.afterSecs ?? 10, row.afterSecs === undefined ? 1 : 60)
  return outcomes
}

describe.each(Object.entries(ROWS))('%s', (_what, row) => {
  it('paying a plain invoice', async () => {
    const invoice = await makeInvoice('plain')
    expect(await payTwice(invoice, row, false)).toEqual(row.plain)
    expect([await stateOf('buyer', invoice), await stateOf('seller', invoice)]).toEqual(row.arrives ? ['settled', 'settled'] : ['failed', 'pending'])
    await expectBooks(invoice, row.arrives ? 1 : 0)
  })

  it('paying a plain invoice again once it is known how the first attempt ended', async () => {
    const invoice = await makeInvoice('plain')
    await payTwice(invoice, row, false)
    world.play({ pay: 'ok', messages: 'ok' })
    expect(await pay(invoice)).toMatchObject({ state: 'settled', feeMsat: FEE })
    await expectBooks(invoice, 1)
  })

  it('paying a hold invoice that its payee settles', async () => {
    const invoice = await makeInvoice('hold')
    expect(await payTwice(invoice, row, true)).toEqual(row.hold)
    expect([await stateOf('buyer', invoice), await stateOf('seller', invoice)]).toEqual(row.arrives ? ['held', 'held'] : ['failed', 'pending'])
    expect((await world.during(world.seller.settleHold(PREIMAGE))).ok).toBe(row.arrives)
    await world.pass(3)
    const paid = await must(world.buyer.lookup(HASH, 'outgoing'))
    expect(paid).toMatchObject(row.arrives ? { state: 'settled', preimage: PREIMAGE, feeMsat: FEE, heldUntil: null } : { state: 'failed', preimage: null })
    await expectBooks(invoice, row.arrives ? 1 : 0)
  })

  it('paying a hold invoice without saying that it may be held: as known as a payment that takes its time', async () => {
    const invoice = await makeInvoice('hold')
    world.play(row.faults)
    const outcome = await pay(invoice)
    expectHonest(outcome, invoice, row.liar === true)
    expect(outcome.state).toBe(row.hold[0] === 'held' ? 'unknown' : row.hold[0])
    await world.pass(row.afterSecs ?? 10, 60)
    if (row.arrives) await must(world.seller.settleHold(PREIMAGE))
    await expectBooks(invoice, row.arrives ? 1 : 0)
  })
})

describe.each(Object.entries(ROWS).filter(([, row]) => row.arrives))('%s, and then', (_what, row) => {
  it('paying a hold invoice that its payee cancels', async () => {
    const invoice = await makeInvoice('hold')
    await payTwice(invoice, row, true)
    await must(world.seller.cancelHold(HASH))
    await world.pass(3)
    expect([await stateOf('buyer', invoice), await stateOf('seller', invoice)]).toEqual(['failed', 'failed'])
    await expectBooks(invoice, 0)
  })

  it('paying a hold invoice that its payee forgets: the money is back at the deadline', async () => {
    const invoice = await makeInvoice('hold')
    await payTwice(invoice, row, true)
    const held = await must(world.seller.lookup(HASH, 'incoming'))
    const untilSecs = (held?.heldUntil ?? 0) - world.clock.now() / 1_000
    // The hint that it is held may have come only after a lock of this length was half over.
    expect(untilSecs).toBeGreaterThan(HOLD_SECS - 60)
    await world.pass(untilSecs - 1, 60)
    expect(await stateOf('buyer', invoice)).toBe('held')
    await world.pass(1_200, 60)
    expect([await stateOf('buyer', invoice), await stateOf('seller', invoice)]).toEqual(['failed', 'expired'])
    expect(await world.during(world.seller.settleHold(PREIMAGE))).toMatchObject({ ok: false })
    await expectBooks(invoice, 0)
  })
})

describe('a payee’s wallet', () => {
  const HOLD_ROWS = {
    'ok': { faults: {}, answer: null, settledAt: 'once', again: null },
    'fail': { faults: { hold: 'fail' }, answer: 'wallet-refused', settledAt: 'never', again: 'wallet-refused' },
    'slow': { faults: { hold: 'slow' }, answer: null, settledAt: 'later', again: null },
    'request lost': { faults: { hold: 'request-lost' }, answer: 'wallet-timeout', settledAt: 'never', again: 'wallet-timeout' },
    'response lost': { faults: { hold: 'response-lost' }, answer: 'wallet-timeout', settledAt: 'once', again: 'wallet-timeout' },
    'everything said twice': { faults: { messages: 'doubled' }, answer: null, settledAt: 'once', again: null },
    'announced late and in the wrong order': { faults: { messages: 'reordered' }, answer: null, settledAt: 'once', again: null },
    'never announced': { faults: { messages: 'unannounced' }, answer: null, settledAt: 'once', again: null },
  } as const satisfies Record<string, { faults: Partial<MintFaults>; answer: string | null; settledAt: 'once' | 'later' | 'never'; again: string | null }>
  const codeOf = (result: Awaited<ReturnType<MintWorld['seller']['settleHold']>>) => (result.ok ? null : result.error.code)

  const lock = async () => {
    const invoice = await makeInvoice('hold')
    expect(await pay(invoice, true)).toEqual({ state: 'held' })
    return invoice
  }

  it.each(Object.entries(HOLD_ROWS))('settling: %s', async (_what, { faults, answer, settledAt, again }) => {
    const invoice = await lock()
    world.play(faults)
    const asked = world.clock.now()
    expect(codeOf(await world.during(world.seller.settleHold(PREIMAGE)))).toBe(answer)
    if (settledAt === 'later') expect([world.clock.now() - asked, await stateOf('seller', invoice)]).toEqual([0, 'held'])
    expect(codeOf(await world.during(world.seller.settleHold(PREIMAGE)))).toBe(again)
    await world.pass(5)
    expect([await stateOf('buyer', invoice), await stateOf('seller', invoice)]).toEqual(settledAt === 'never' ? ['held', 'held'] : ['settled', 'settled'])
    world.play({ hold: 'ok' })
    await must(world.seller.settleHold(PREIMAGE))
    expect(await world.during(world.seller.cancelHold(HASH))).toMatchObject({ ok: false, error: { code: 'wallet-refused' } })
    expect(await must(world.buyer.lookup(HASH, 'outgoing'))).toMatchObject({ state: 'settled', preimage: PREIMAGE })
    await expectBooks(invoice, 1)
  })

  it.each(Object.entries(HOLD_ROWS))('cancelling: %s', async (_what, { faults, answer, settledAt, again }) => {
    const invoice = await lock()
    world.play(faults)
    expect(codeOf(await world.during(world.seller.cancelHold(HASH)))).toBe(answer)
    expect(codeOf(await world.during(world.seller.cancelHold(HASH)))).toBe(again)
    await world.pass(5)
    expect([await stateOf('buyer', invoice), await stateOf('seller', invoice)]).toEqual(settledAt === 'never' ? ['held', 'held'] : ['failed', 'failed'])
    world.play({ hold: 'ok' })
    await must(world.seller.cancelHold(HASH))
    expect(await world.during(world.seller.settleHold(PREIMAGE))).toMatchObject({ ok: false, error: { code: 'wallet-refused' } })
    await expectBooks(invoice, 0)
  })

  it('settles what it was slow with though the deadline has passed meanwhile', async () => {
    const invoice = await lock()
    const returnsAt = (await must(world.seller.lookup(HASH, 'incoming')))?.heldUntil ?? 0
    await world.pass(returnsAt - world.clock.now() / 1_000 - 1, 60)
    world.play({ hold: 'slow' })
    await must(world.seller.settleHold(PREIMAGE))
    await world.pass(5)
    expect(await stateOf('buyer', invoice)).toBe('settled')
    await expectBooks(invoice, 1)
  })

  it('tells both sides of a lock, and of its end, once each or more', async () => {
    const hints = { seller: [] as string[], buyer: [] as string[] }
    world.seller.watch(({ paymentHash }) => hints.seller.push(paymentHash))
    world.buyer.watch(({ paymentHash }) => hints.buyer.push(paymentHash))
    await lock()
    await world.pass(1)
    expect([hints.seller.length, hints.buyer.length]).toEqual([1, 1])
    await must(world.seller.settleHold(PREIMAGE))
    await world.pass(1)
    // The payer is told twice: by the announcement, and by the answer to a call that had handed over.
    expect([hints.seller.length, hints.buyer.length]).toEqual([2, 3])
    expect(new Set([...hints.seller, ...hints.buyer])).toEqual(new Set([HASH]))
  })
})
