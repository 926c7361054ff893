import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isBalanced } from '#shared/market/books.ts'
import { msat } from '#shared/market/msat.ts'
import { LOCK_SLACK_SECS } from '#shared/market/settlement.ts'
import type { Invoice } from '../../wallet/wallet.ts'
import { lookAt, outgoingOf, saleMachine, type Sale, type SaleAgreement, type SaleEffect, type SaleEvent, type SaleMessage, type SaleRequest } from '../sale.ts'
import { describeSale, saleTimeline } from '../saleView.ts'
import { CLOCK_DOUBT_MS, EXPIRY_GRACE_MS } from './invoicePatience.ts'

const START = 1_700_000_000_000
const PRICE = msat(10_000)
const HASH = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)
const HOLD_SECS = 780
const JOB_MS = 600_000
const delivery = { eventId: 'e'.repeat(64), raw: '{}', verdicts: [] }
const request = (settlement: Partial<Extract<SaleAgreement, { name: 'escrow' }>> = {}): SaleRequest => ({
  jobId: 'job_0011223344556677',
  requestId: '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff',
  customer: 'c'.repeat(64),
  dialect: 'channel',
  privacy: 'public-channel',
  route: { channelId: 'd'.repeat(64) },
  sampling: {},
  prompt: 'What is 2+2?',
  model: 'souk-toy',
  maxTokens: 100,
  priceMsat: PRICE,
  settlement: { name: 'escrow', paymentHash: HASH, hold: true, holdSecs: HOLD_SECS, ...settlement },
})
const invoice: Invoice = { bolt11: 'lnbcrt100n1…', paymentHash: HASH, amountMsat: PRICE, network: 'regtest', createdAt: START / 1_000, expiresAt: START / 1_000 + 180, description: '' }
const plain: Invoice = { ...invoice, paymentHash: OTHER }
const CLOSED_AT = invoice.expiresAt * 1_000 + EXPIRY_GRACE_MS
const LONG_AFTER = START + 3_600_000
const generated = { text: '4', usage: null, stoppedBy: 'end' as const }
const problem = { code: 'backend-failed', message: 'It broke at /home/seller.' }
const held = { at: START, type: 'lockSeen', paymentHash: HASH, amountMsat: PRICE, heldUntil: START + HOLD_SECS * 1_000 } as const

/** One example of every message, so that the tables below are every message in every state. */
const MESSAGES = {
  requested: { at: START, type: 'requested', request: request(), refusal: null },
  invoiceMade: { at: START, type: 'invoiceMade', invoice },
  invoiceFailed: { at: START, type: 'invoiceFailed', problem },
  invoiceSent: { at: START, type: 'sent', what: 'invoice', delivery },
  resultSent: { at: START, type: 'sent', what: 'result', delivery },
  troubleSent: { at: START, type: 'sent', what: 'trouble', delivery },
  paymentClaimed: { at: START, type: 'paymentClaimed', eventId: 'f'.repeat(64) },
  lockAnnounced: { at: START, type: 'lockAnnounced', eventId: 'f'.repeat(64), paymentHash: HASH, amountMsat: PRICE, expirySecs: 900 },
  otherAnnounced: { at: START, type: 'lockAnnounced', eventId: 'f'.repeat(64), paymentHash: 'd'.repeat(64), amountMsat: PRICE, expirySecs: 900 },
  locked: held,
  lockedElsewhere: { ...held, paymentHash: 'd'.repeat(64) },
  lockedTooLittle: { ...held, amountMsat: msat(9_999) },
  lockedTooShortly: { ...held, heldUntil: START + HOLD_SECS * 1_000 - 1 },
  lockedForWhoKnows: { ...held, heldUntil: null },
  lockedLate: { ...held, at: CLOSED_AT, heldUntil: CLOSED_AT + HOLD_SECS * 1_000 },
  lockedLateForWhoKnows: { ...held, at: START + LOCK_SLACK_SECS * 1_000 + 1, heldUntil: null },
  settled: { at: START, type: 'paymentSeen', paymentHash: HASH, settledMsat: PRICE },
  underpaid: { at: START, type: 'paymentSeen', paymentHash: HASH, settledMsat: msat(9_999) },
  invoicePaid: { at: START, type: 'paymentSeen', paymentHash: OTHER, settledMsat: PRICE },
  gone: { at: CLOSED_AT, type: 'paymentMissing', paymentHash: HASH, isClosed: true },
  goneAndOpen: { at: CLOSED_AT, type: 'paymentMissing', paymentHash: HASH, isClosed: false },
  goneLongAfter: { at: LONG_AFTER, type: 'paymentMissing', paymentHash: HASH, isClosed: true },
  invoiceGone: { at: CLOSED_AT, type: 'paymentMissing', paymentHash: OTHER, isClosed: true },
  returned: { at: START, type: 'lockReturned', paymentHash: HASH },
  released: { at: START, type: 'preimageReceived', eventId: 'f'.repeat(64), paymentHash: HASH },
  otherReleased: { at: START, type: 'preimageReceived', eventId: 'f'.repeat(64), paymentHash: OTHER },
  claimFailed: { at: START, type: 'claimFailed', paymentHash: HASH, problem },
  workBegun: { at: START, type: 'workBegun', attempt: 1 },
  workBegunLate: { at: START + JOB_MS, type: 'workBegun', attempt: 1 },
  generated: { at: START, type: 'generated', generated },
  workFailed: { at: START, type: 'workFailed', problem },
  customerCancelled: { at: START, type: 'customerCancelled', eventId: 'f'.repeat(64) },
  sellerCancelled: { at: START, type: 'sellerCancelled' },
  retryAsked: { at: START, type: 'retryAsked' },
  writtenOff: { at: START, type: 'writtenOff', note: 'Paid back in cash.' },
  early: { at: START, type: 'tick' },
  late: { at: START + JOB_MS, type: 'tick' },
} as const satisfies Record<string, SaleMessage>
type MessageName = keyof typeof MESSAGES

function say(sale: Sale, ...messages: readonly SaleMessage[]): Sale {
  return messages.reduce((state, message) => saleMachine.decide(state, message).reduce((next, event) => saleMachine.evolve(next, event), state), sale)
}
const tell = (sale: Sale, ...names: readonly MessageName[]) => say(sale, ...names.map((name) => MESSAGES[name]))
const names = (sale: Sale, message: SaleMessage) => saleMachine.decide(sale, message).map(({ type }) => type)

const waiting = tell(saleMachine.initial, 'requested', 'invoiceMade', 'invoiceSent')
const working = tell(waiting, 'locked', 'workBegun')
const HOLD_STATES = {
  quoting: tell(saleMachine.initial, 'requested'),
  offering: tell(saleMachine.initial, 'requested', 'invoiceMade'),
  waiting,
  locked: tell(waiting, 'locked'),
  working,
  lastTry: say(working, MESSAGES.workFailed, { at: START, type: 'workBegun', attempt: 3 }),
  releasedEarly: tell(working, 'released'),
  delivering: tell(working, 'generated'),
  delivered: tell(working, 'generated', 'resultSent'),
  claiming: tell(working, 'generated', 'resultSent', 'released'),
  refused: tell(waiting, 'lockedTooLittle'),
  refusedAndBack: tell(waiting, 'lockedTooLittle', 'returned'),
  cancelled: tell(waiting, 'customerCancelled'),
  paid: tell(working, 'settled'),
  done: tell(working, 'generated', 'resultSent', 'released', 'settled'),
  owed: tell(waiting, 'customerCancelled', 'settled'),
  closed: tell(waiting, 'gone'),
} satisfies Record<string, Sale>

/** Every message that does anything, in every state; whatever is not named here must do nothing. */
const HOLD_TABLE: Record<keyof typeof HOLD_STATES, Partial<Record<MessageName, readonly SaleEvent['type'][]>>> = {
  quoting: { invoiceMade: ['invoiced'], invoiceFailed: ['refused'], customerCancelled: ['closed'], sellerCancelled: ['refused'] },
  offering: {
    invoiceSent: ['sent'], paymentClaimed: ['paymentClaimed'], locked: ['lockAccepted'], lockedForWhoKnows: ['lockAccepted'], lockedLate: ['lockAccepted'], lockedTooLittle: ['lockRefused'], lockedTooShortly: ['lockRefused'],
    lockedLateForWhoKnows: ['lockRefused'], settled: ['paid'], underpaid: ['paid', 'owed'], gone: ['closed'], goneLongAfter: ['closed'], customerCancelled: ['withdrawn'], sellerCancelled: ['withdrawn'],
  },
  waiting: {
    paymentClaimed: ['paymentClaimed'], locked: ['lockAccepted'], lockedForWhoKnows: ['lockAccepted'], lockedLate: ['lockAccepted'], lockedTooLittle: ['lockRefused'], lockedTooShortly: ['lockRefused'],
    lockedLateForWhoKnows: ['lockRefused'], settled: ['paid'], underpaid: ['paid', 'owed'], gone: ['closed'], goneLongAfter: ['closed'], customerCancelled: ['withdrawn'], sellerCancelled: ['withdrawn'],
  },
  locked: {
    workBegun: ['workBegun'], generated: ['generated'], workFailed: ['withdrawn'], settled: ['paid'], underpaid: ['paid', 'owed'], gone: ['withdrawn'], goneLongAfter: ['withdrawn'], returned: ['lockReturned', 'closed'],
    released: ['released'], customerCancelled: ['withdrawn'], sellerCancelled: ['withdrawn'], late: ['withdrawn'],
  },
  working: {
    workBegun: ['workBegun'], generated: ['generated'], workFailed: ['workFailed'], settled: ['paid'], underpaid: ['paid', 'owed'], gone: ['withdrawn'], goneLongAfter: ['withdrawn'], returned: ['lockReturned', 'closed'],
    released: ['released'], customerCancelled: ['withdrawn'], sellerCancelled: ['withdrawn'], late: ['withdrawn'],
  },
  lastTry: {
    workBegun: ['workBegun'], generated: ['generated'], workFailed: ['withdrawn'], settled: ['paid'], underpaid: ['paid', 'owed'], gone: ['withdrawn'], goneLongAfter: ['withdrawn'], returned: ['lockReturned', 'closed'],
    released: ['released'], customerCancelled: ['withdrawn'], sellerCancelled: ['withdrawn'], late: ['withdrawn'],
  },
  releasedEarly: {
    workBegun: ['workBegun'], generated: ['generated'], workFailed: ['workFailed'], settled: ['paid'], underpaid: ['paid', 'owed'], gone: ['withdrawn'], goneLongAfter: ['withdrawn'], returned: ['lockReturned', 'closed'],
    customerCancelled: ['withdrawn'], sellerCancelled: ['withdrawn'], late: ['withdrawn'],
  },
  delivering: { resultSent: ['sent'], settled: ['paid'], underpaid: ['paid', 'owed'], gone: ['withdrawn'], goneLongAfter: ['withdrawn'], returned: ['lockReturned', 'closed'], released: ['released'], customerCancelled: ['withdrawn'], sellerCancelled: ['withdrawn'] },
  delivered: { settled: ['paid'], underpaid: ['paid', 'owed'], goneLongAfter: ['lockReturned', 'closed'], returned: ['lockReturned', 'closed'], released: ['released'] },
  // A look may be behind: what is being claimed is gone only once the lock is over.
  claiming: { settled: ['paid'], underpaid: ['paid', 'owed'], goneLongAfter: ['lockReturned', 'closed'] },
  refused: { troubleSent: ['sent'], settled: ['paid', 'owed'], underpaid: ['paid', 'owed'], returned: ['lockReturned'] },
  refusedAndBack: { troubleSent: ['sent', 'closed'], settled: ['paid', 'owed'], underpaid: ['paid', 'owed'], late: ['closed'] },
  cancelled: { settled: ['paid', 'owed'], underpaid: ['paid', 'owed'], returned: ['lockReturned', 'closed'] },
  // From here on it is a job of prepay.
  paid: { workBegun: ['workBegun'], workBegunLate: ['workBegun'], generated: ['generated'], workFailed: ['workFailed'], customerCancelled: ['stopAsked'], sellerCancelled: ['owed'] },
  owed: { troubleSent: ['sent'], retryAsked: ['retried'], writtenOff: ['closed'] },
  done: {},
  // Nothing was delivered: what comes after all is owed.
  closed: { settled: ['paid', 'owed'], underpaid: ['paid', 'owed'] },
}

const byAddress = request({ hold: false, paymentHash: null })
const offered = say(saleMachine.initial, { at: START, type: 'requested', request: byAddress, refusal: null }, { at: START, type: 'invoiceMade', invoice: plain }, MESSAGES.invoiceSent)
const ADDRESS_STATES = {
  waiting: offered,
  announced: tell(offered, 'lockAnnounced'),
  working: tell(offered, 'lockAnnounced', 'locked'),
  delivered: tell(offered, 'lockAnnounced', 'locked', 'workBegun', 'generated', 'resultSent'),
}
const ADDRESS_TABLE: Record<keyof typeof ADDRESS_STATES, Partial<Record<MessageName, readonly SaleEvent['type'][]>>> = {
  // An announcement alone does no work: the wallet is looked at.
  waiting: { paymentClaimed: ['paymentClaimed'], lockAnnounced: ['lockAnnounced'], otherAnnounced: ['lockAnnounced'], invoicePaid: ['paid'], invoiceGone: ['closed'], customerCancelled: ['withdrawn'], sellerCancelled: ['withdrawn'] },
  announced: {
    paymentClaimed: ['paymentClaimed'], locked: ['lockAccepted'], lockedLate: ['lockAccepted'], lockedTooLittle: ['lockRefused'], lockedTooShortly: ['lockRefused'], lockedForWhoKnows: ['lockRefused'], lockedLateForWhoKnows: ['lockRefused'],
    settled: ['paid'], underpaid: ['paid', 'owed'], invoicePaid: ['paid'], invoiceGone: ['closed'], customerCancelled: ['withdrawn'], sellerCancelled: ['withdrawn'],
  },
  working: {
    workBegun: ['workBegun'], generated: ['generated'], workFailed: ['withdrawn'], settled: ['paid'], underpaid: ['paid', 'owed'], invoicePaid: ['paid'], gone: ['withdrawn'], goneLongAfter: ['withdrawn'], returned: ['lockReturned', 'closed'],
    released: ['released'], customerCancelled: ['withdrawn'], sellerCancelled: ['withdrawn'], late: ['withdrawn'],
  },
  delivered: { settled: ['paid'], underpaid: ['paid', 'owed'], invoicePaid: ['paid'], goneLongAfter: ['lockReturned', 'closed'], returned: ['lockReturned', 'closed'], released: ['released'] },
}

describe.each([
  ['on our hold invoice', HOLD_STATES as Record<string, Sale>, HOLD_TABLE as Record<string, Partial<Record<MessageName, readonly string[]>>>],
  ['at our address', ADDRESS_STATES as Record<string, Sale>, ADDRESS_TABLE as Record<string, Partial<Record<MessageName, readonly string[]>>>],
])('a sale by escrow, locked %s', (_where, states, table) => {
  for (const [stateName, sale] of Object.entries(states)) {
    for (const messageName of Object.keys(MESSAGES) as MessageName[]) {
      it(`that is ${stateName} takes ${messageName}`, () => expect(names(sale, MESSAGES[messageName])).toEqual(table[stateName]?.[messageName] ?? []))
    }
    it(`that is ${stateName} can be shown, and its books balance`, () => {
      const record = describeSale('job_0011223344556677', sale)
      expect(isBalanced(record.standing)).toBe(true)
      expect(record.row.note ?? '').not.toMatch(/undefined|null|NaN/)
    })
  }
})

const keys = (sale: Sale) => saleMachine.due(sale).map(({ key, type }) => (type === 'wake' ? 'wake' : key))
const rowOf = (sale: Sale) => describeSale('job_0011223344556677', sale).row

describe('a sale by escrow', () => {
  it('owes the world, in every state, what its wallet and its customer need', () => {
    expect(Object.fromEntries(Object.entries(HOLD_STATES).map(([name, sale]) => [name, keys(sale)]))).toEqual({
      quoting: ['makeInvoice'],
      offering: ['send:invoice', `watch:${HASH}`],
      waiting: [`watch:${HASH}`],
      locked: ['work', `watch:${HASH}`, 'wake'],
      working: ['work', `watch:${HASH}`, 'wake'],
      lastTry: ['work', `watch:${HASH}`, 'wake'],
      releasedEarly: ['work', `watch:${HASH}`, 'wake'],
      delivering: ['send:result', `watch:${HASH}`],
      delivered: [`watch:${HASH}`],
      claiming: [`claim:${HASH}`],
      refused: [`giveBack:${HASH}`, 'send:trouble'],
      refusedAndBack: ['wake', 'send:trouble'],
      cancelled: [`giveBack:${HASH}`],
      paid: ['work'],
      owed: ['send:trouble'],
      done: [],
      closed: [],
    })
    expect(keys(ADDRESS_STATES.announced)).toEqual([`watch:${OTHER}`, `watch:${HASH}`])
  })

  it('asks for a hold that lasts longer than it needs, on the customer’s hash', () => {
    expect(saleMachine.due(HOLD_STATES.quoting)).toMatchObject([{ hold: { paymentHash: HASH, holdSecs: HOLD_SECS + LOCK_SLACK_SECS }, amountMsat: PRICE }])
    expect(saleMachine.due(say(saleMachine.initial, { at: START, type: 'requested', request: byAddress, refusal: null }))).toMatchObject([{ hold: null }])
  })

  it('shows what is locked until when, and owes nothing for it', () => {
    expect(lookAt(HOLD_STATES.working as Extract<Sale, { begun: true }>)).toMatchObject({ lockedMsat: PRICE, lockedUntil: START + HOLD_SECS * 1_000, owedMsat: 0, receivedMsat: 0, standing: { promised: 0 - PRICE, lockedForUs: PRICE } })
    expect(lookAt(HOLD_STATES.done as Extract<Sale, { begun: true }>)).toMatchObject({ state: 'done', final: true, lockedMsat: 0, receivedMsat: PRICE, standing: { earned: 0 - PRICE, wallet: PRICE } })
  })

  it.each([
    ['too little', 'lockedTooLittle', 'Only 9.999 sats are locked; the price is 10.'],
    ['too shortly', 'lockedTooShortly', 'It is locked for 779 more seconds; this job needs 780.'],
  ] as const)('gives back what is locked %s, tells the customer why, and ends as returned', (_what, message, reason) => {
    const refused = tell(waiting, message)
    expect(refused.begun && outgoingOf(refused, 'trouble')).toEqual({ what: 'trouble', reason: `${reason} What was locked goes back to you; nothing was taken.` })
    expect(rowOf(tell(refused, 'troubleSent', 'returned'))).toMatchObject({ state: 'returned', final: true, movedMsat: 0, note: reason })
  })

  it('that fails for good gives back, owes nothing, and keeps the backend’s words from the customer', () => {
    const failed = tell(HOLD_STATES.lastTry, 'workFailed')
    expect(failed.begun && outgoingOf(failed, 'trouble')).toEqual({ what: 'trouble', reason: 'The seller’s model does not answer. What was locked goes back to you; nothing was taken.' })
    expect(rowOf(tell(failed, 'troubleSent', 'returned'))).toMatchObject({ state: 'failed', final: true, movedMsat: 0, note: problem.message })
  })

  it.each([
    ['the customer before anything is locked', waiting, 'customerCancelled'],
    ['the customer when it is locked and not begun', HOLD_STATES.locked, 'customerCancelled'],
    ['the customer while we work', working, 'customerCancelled'],
    ['the seller', working, 'sellerCancelled'],
  ] as const)('cancelled by %s gives back and ends as stopped', (_who, sale, message) => {
    expect(rowOf(tell(sale, message, 'troubleSent', 'returned'))).toMatchObject({ state: 'stopped', final: true, movedMsat: 0 })
  })

  it('keeps a secret that comes before the delivery, and claims only after it', () => {
    expect(keys(HOLD_STATES.releasedEarly).some((key) => key.startsWith('claim'))).toBe(false)
    expect(keys(tell(HOLD_STATES.releasedEarly, 'generated', 'resultSent'))).toEqual([`claim:${HASH}`])
  })

  it('down past the time that it has for the work does not begin it, and gives back', () => {
    expect(names(HOLD_STATES.locked, MESSAGES.workBegunLate)).toEqual([])
    expect(rowOf(tell(HOLD_STATES.locked, 'late', 'troubleSent', 'returned'))).toMatchObject({ state: 'failed', note: 'It took longer than a job may take here.' })
  })

  it('does the work once for an invoice that is paid besides a lock, and never claims the lock', () => {
    const paid = tell(ADDRESS_STATES.working, 'workBegun', 'invoicePaid', 'generated', 'resultSent', 'released')
    expect(rowOf(paid)).toMatchObject({ state: 'done', settlement: 'prepay', movedMsat: PRICE })
    expect(keys(paid)).toEqual([])
    expect(describeSale('job_0011223344556677', paid).paymentHashes).toEqual([OTHER, HASH])
  })

  it('names the payment that is new last: the journal keeps those before one that it knows for kept', () => {
    const requested = say(saleMachine.initial, { at: START, type: 'requested', request: request({ hold: false }), refusal: null })
    const hashesOf = (sale: Sale) => describeSale('job_0011223344556677', sale).paymentHashes
    expect([hashesOf(requested), hashesOf(say(requested, { at: START, type: 'invoiceMade', invoice: plain }))]).toEqual([[HASH], [HASH, OTHER]])
  })

  it('settled by itself before the delivery is owed like any other payment', () => {
    const owed = tell(HOLD_STATES.paid, 'sellerCancelled')
    expect(rowOf(owed)).toMatchObject({ state: 'owed', owedMsat: PRICE, movedMsat: PRICE })
    expect(rowOf(tell(owed, 'retryAsked', 'generated', 'resultSent'))).toMatchObject({ state: 'done' })
  })

  it('waits for an announced lock while the invoice is over, and no longer', () => {
    const at = CLOSED_AT + CLOCK_DOUBT_MS
    const announced = say(offered, { ...MESSAGES.lockAnnounced, at })
    const gone = { ...MESSAGES.invoiceGone, at: at + 100_000 }
    expect(names(announced, gone)).toEqual([])
    expect(names(announced, { ...gone, at: at + 120_000 + EXPIRY_GRACE_MS })).toEqual(['closed'])
  })

  it('has a line for everything that happened', () => {
    const events: SaleEvent[] = []
    let sale: Sale = saleMachine.initial
    for (const message of [MESSAGES.requested, MESSAGES.invoiceMade, MESSAGES.invoiceSent, MESSAGES.locked, MESSAGES.workBegun, MESSAGES.generated, MESSAGES.resultSent, MESSAGES.released, MESSAGES.settled]) {
      for (const event of saleMachine.decide(sale, message)) {
        events.push(event)
        sale = saleMachine.evolve(sale, event)
      }
    }
    expect(saleTimeline(events).map(({ title }) => title)).toEqual(['Request received', 'Invoice made', 'Invoice sent', 'Locked', 'Work began', 'Answer made', 'Result delivered', 'Released by the customer', 'Paid'])
  })
})

describe('whatever comes in whatever order', () => {
  const arbitrary = fc.array(fc.tuple(fc.constantFrom(...(Object.keys(MESSAGES) as MessageName[])), fc.nat(1_200_000)), { maxLength: 25 })
  const begins = fc.constantFrom<Sale>(HOLD_STATES.quoting, waiting, working, offered, ADDRESS_STATES.announced)

  it('no work is done without a lock or a payment that the wallet shows, nothing is claimed that was not delivered and released, and the books balance', () => {
    fc.assert(
      fc.property(begins, arbitrary, (begin, told) => {
        let sale = begin
        const events: SaleEvent[] = []
        let now = START
        let hasMoney = begin === working
        let isDelivered = false
        let isReleased = false
        for (const [name, later] of told) {
          now += later
          for (const event of saleMachine.decide(sale, { ...MESSAGES[name], at: now })) {
            sale = saleMachine.evolve(sale, event)
            events.push(event)
            hasMoney ||= event.type === 'lockAccepted' || event.type === 'paid'
            isDelivered ||= event.type === 'sent' && event.what === 'result'
            isReleased ||= event.type === 'released'
          }
          const effects = saleMachine.due(sale)
          const has = (type: SaleEffect['type']) => effects.some((effect) => effect.type === type)
          if (has('work')) expect(hasMoney).toBe(true)
          if (has('claim')) expect([isDelivered, isReleased]).toEqual([true, true])
          if (has('claim')) expect(has('giveBack') || has('work')).toBe(false)
          expect(new Set(effects.map(({ key }) => key)).size).toBe(effects.length)
          if (sale.begun) {
            const look = lookAt(sale)
            expect(isBalanced(look.standing)).toBe(true)
            expect(look.final && effects.length > 0).toBe(false)
          }
        }
        // What a restart reads from the journal is where it was.
        expect(events.reduce((state, event) => saleMachine.evolve(state, event), begin)).toEqual(sale)
      }),
      { numRuns: 2_000 },
    )
  })

  it('every job ends once the world answers', () => {
    fc.assert(
      fc.property(begins, arbitrary, (begin, told) => {
        let now = START
        let sale = begin
        for (const [name, later] of told) sale = say(sale, { ...MESSAGES[name], at: (now += later) })
        // From here on relays take everything, the model answers, and the wallet says that nothing is locked any more.
        for (let step = 0; step < 20 && saleMachine.due(sale).length > 0; step += 1) {
          now += LONG_AFTER - START
          for (const effect of saleMachine.due(sale)) sale = say(sale, ...answersTo(effect, now))
        }
        if (!sale.begun) throw new Error('it did not begin')
        const { state, final } = lookAt(sale)
        expect(final || state === 'owed').toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

function answersTo(effect: SaleEffect, at: number): readonly SaleMessage[] {
  switch (effect.type) {
    case 'makeInvoice':
      return [{ at, type: 'invoiceMade', invoice: effect.hold === null ? plain : invoice }]
    case 'send':
      return [{ at, type: 'sent', what: effect.what, delivery }]
    case 'watchPayment':
      return [{ at, type: 'paymentMissing', paymentHash: effect.paymentHash, isClosed: true }]
    case 'claim':
    case 'giveBack':
      return [{ at, type: 'lockReturned', paymentHash: effect.paymentHash }]
    case 'work':
      return [{ at, type: 'generated', generated }]
    case 'collectPartial':
      return [{ at, type: 'generated', generated: { ...generated, stoppedBy: 'customer' } }]
    case 'seal':
    case 'wake':
      return [{ at, type: 'tick' }]
  }
}
