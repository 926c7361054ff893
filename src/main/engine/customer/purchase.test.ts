import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_MSAT, msat, sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import { replay } from '../machine.ts'
import type { Payment, PayOutcome } from '../wallet/wallet.ts'
import { UNLIMITED, type SpendingContext } from '../spending/judgeSpending.ts'
import { claimingPurchaseMachine, type AnyPurchaseMessage } from './claimingPurchase.ts'
import type { InvoiceOffer } from './judgeInvoice.ts'
import { lookAt, MAX_ANSWER_CHARACTERS, purchaseMachine, type Purchase, type PurchaseEffect, type PurchaseEvent, type PurchaseMessage, type PurchaseRequest } from './purchase.ts'
import { describePurchase, purchaseTimeline } from './purchaseView.ts'
import { DOUBT_GRACE_MS, OVERDUE_WINDOW_MS } from './settlement/patience.ts'

const START = 1_700_000_000_000
const PRICE = sats(10)
const PROVIDER = 'b'.repeat(64)
const STRANGER = 'e'.repeat(64)
const HASH = 'a'.repeat(64)
const EXPIRES = START / 1_000 + 600
const delivery = { eventId: 'f'.repeat(64), raw: '{}', verdicts: [] }
const request: PurchaseRequest = {
  jobId: 'job_0011223344556677',
  event: { id: '0'.repeat(64), pubkey: 'c'.repeat(64), created_at: START / 1_000, kind: 42, tags: [], content: '', sig: '0'.repeat(128) },
  provider: PROVIDER,
  providerName: 'Somebody',
  model: 'souk-toy',
  dialect: 'channel',
  privacy: 'public-channel',
  route: { channelId: 'd'.repeat(64) },
  prompt: 'What is 2+2?',
  maxTokens: 100,
  network: 'regtest',
  quotedMsat: PRICE,
  budgetMsat: sats(50),
  invoiceTimeoutMs: 20_000,
  answerTimeoutMs: 180_000,
}
const offer: InvoiceOffer = { bolt11: 'lnbcrt100n1…', paymentHash: HASH, amountMsat: PRICE, network: 'regtest', expiresAt: EXPIRES, description: '' }
const context: SpendingContext = { ...UNLIMITED, perJobMsat: sats(100), perDayMsat: sats(1_000), maxFeePermille: 10 }
const payment: Payment = { direction: 'outgoing', paymentHash: HASH, amountMsat: PRICE, feeMsat: msat(10), state: 'settled', description: '', bolt11: null, preimage: '1'.repeat(64), createdAt: 0, settledAt: 0, expiresAt: null, heldUntil: null }
const settledOutcome: PayOutcome = { state: 'settled', preimage: '1'.repeat(64), feeMsat: msat(10) }
const problem = { code: 'wallet-timeout' as const, message: 'The wallet did not answer in time.' }
const invoiceFrom = (from: string, invoice: InvoiceOffer | null, change: Partial<SpendingContext> = {}) =>
  ({ at: START, type: 'invoiceReceived', from, eventId: 'f'.repeat(64), raw: '{}', invoice: invoice ? ok(invoice) : fail('bad', 'Not an invoice.'), context: { ...context, ...change } }) as const

const MESSAGES = {
  asked: { at: START, type: 'asked', request },
  requestSent: { at: START, type: 'sent', what: 'request', delivery },
  paymentSentSent: { at: START, type: 'sent', what: 'paymentSent', delivery },
  cancelSent: { at: START, type: 'sent', what: 'cancel', delivery },
  invoice: invoiceFrom(PROVIDER, offer),
  invoiceOfStranger: invoiceFrom(STRANGER, offer),
  invoiceTooHigh: invoiceFrom(PROVIDER, { ...offer, amountMsat: msat(10_001) }),
  invoiceUnreadable: invoiceFrom(PROVIDER, null),
  payAsked: { at: START, type: 'payAsked' },
  paySettled: { at: START, type: 'payAnswered', outcome: settledOutcome },
  payFailed: { at: START, type: 'payAnswered', outcome: { state: 'failed', problem } },
  payUnknown: { at: START, type: 'payAnswered', outcome: { state: 'unknown', problem } },
  lookedUpSettled: { at: START, type: 'paymentLookedUp', payment },
  lookedUpPending: { at: START, type: 'paymentLookedUp', payment: { ...payment, state: 'pending' } },
  lookedUpFailed: { at: START, type: 'paymentLookedUp', payment: { ...payment, state: 'failed' } },
  lookedUpNothing: { at: START, type: 'paymentLookedUp', payment: null },
  lookedUpNothingLate: { at: EXPIRES * 1_000 + DOUBT_GRACE_MS, type: 'paymentLookedUp', payment: null },
  text: { at: START, type: 'textReceived', from: PROVIDER, text: 'Fo' },
  textOfStranger: { at: START, type: 'textReceived', from: STRANGER, text: 'spam' },
  result: { at: START, type: 'resultReceived', from: PROVIDER, eventId: 'f'.repeat(64), raw: '{}', text: 'Four.', usage: null, receipt: null, isOpen: false },
  resultOfStranger: { at: START, type: 'resultReceived', from: STRANGER, eventId: 'f'.repeat(64), raw: '{}', text: 'Five.', usage: null, receipt: null, isOpen: false },
  refusal: { at: START, type: 'refusalReceived', from: PROVIDER, eventId: 'f'.repeat(64), reason: 'Too long.' },
  refusalOfStranger: { at: START, type: 'refusalReceived', from: STRANGER, eventId: 'f'.repeat(64), reason: 'Ha.' },
  stop: { at: START, type: 'stopAsked' },
  early: { at: START, type: 'tick', clockProblem: null },
  late: { at: START + 180_000, type: 'tick', clockProblem: null },
  veryLate: { at: START + OVERDUE_WINDOW_MS, type: 'tick', clockProblem: null },
} as const satisfies Record<string, PurchaseMessage>
type MessageName = keyof typeof MESSAGES
const NAMES = Object.keys(MESSAGES) as MessageName[]

function advance(purchase: Purchase, message: PurchaseMessage): Purchase {
  return purchaseMachine.decide(purchase, message).reduce((state, event) => purchaseMachine.evolve(state, event), purchase)
}
const claim = (state: Purchase, message: AnyPurchaseMessage) => claimingPurchaseMachine.decide(state, message).reduce((before, event) => claimingPurchaseMachine.evolve(before, event), state)
const tell = (purchase: Purchase, ...names: MessageName[]) => names.reduce((state, name) => advance(state, MESSAGES[name]), purchase)

const paying = tell(purchaseMachine.initial, 'asked', 'requestSent', 'invoice')
const payAsked = tell(paying, 'payAsked')
const reading = tell(payAsked, 'paySettled')
const STATES = {
  none: purchaseMachine.initial,
  asking: tell(purchaseMachine.initial, 'asked'),
  askingSent: tell(purchaseMachine.initial, 'asked', 'requestSent'),
  paying,
  payAsked,
  inDoubt: tell(payAsked, 'payUnknown'),
  stoppingPayment: tell(payAsked, 'stop'),
  resultBeforeMoney: tell(payAsked, 'result'),
  reading,
  readingAnnounced: tell(reading, 'paymentSentSent'),
  overdue: tell(reading, 'late'),
  closingUnpaid: tell(paying, 'stop'),
  closingPaid: tell(reading, 'stop'),
  closed: tell(reading, 'result'),
  closingFailed: tell(payAsked, 'payFailed'),
  closedFailed: tell(payAsked, 'payFailed', 'cancelSent'),
  closedStopped: tell(payAsked, 'stop', 'payFailed', 'cancelSent'),
  failedWithResult: tell(payAsked, 'result', 'payFailed', 'cancelSent'),
}

/** Every message that does anything, in every state; whatever is not named here must do nothing. */
const TABLE: Record<keyof typeof STATES, Partial<Record<MessageName, readonly PurchaseEvent['type'][]>>> = {
  none: { asked: ['asked'] },
  asking: { requestSent: ['sent'], invoice: ['invoiceAccepted'], invoiceTooHigh: ['invoiceRefused'], invoiceUnreadable: ['invoiceRefused'], refusal: ['refusalReceived', 'ended'], stop: ['stopAsked'], late: ['ended'], veryLate: ['ended'] },
  askingSent: { invoice: ['invoiceAccepted'], invoiceTooHigh: ['invoiceRefused'], invoiceUnreadable: ['invoiceRefused'], refusal: ['refusalReceived', 'ended'], stop: ['stopAsked'], late: ['ended'], veryLate: ['ended'] },
  paying: { payAsked: ['payAsked'], refusal: ['refusalReceived'], stop: ['stopAsked'], paySettled: ['settled'], payFailed: ['payFailed'], payUnknown: ['payInDoubt'], lookedUpSettled: ['settled'], lookedUpPending: ['payInDoubt'], lookedUpFailed: ['payFailed'], lookedUpNothingLate: ['payFailed'] },
  payAsked: { payAsked: ['payAsked'], refusal: ['refusalReceived'], stop: ['stopAsked'], paySettled: ['settled'], payFailed: ['payFailed'], payUnknown: ['payInDoubt'], lookedUpSettled: ['settled'], lookedUpPending: ['payInDoubt'], lookedUpFailed: ['payFailed'], lookedUpNothingLate: ['payFailed'], text: ['textReceived'], result: ['resultReceived'] },
  inDoubt: { payAsked: ['payAsked'], refusal: ['refusalReceived'], stop: ['stopAsked'], paySettled: ['settled'], payFailed: ['payFailed'], lookedUpSettled: ['settled'], lookedUpFailed: ['payFailed'], lookedUpNothingLate: ['payFailed'], text: ['textReceived'], result: ['resultReceived'] },
  stoppingPayment: { payAsked: ['payAsked'], refusal: ['refusalReceived'], paySettled: ['settled', 'stopAsked'], payFailed: ['payFailed'], payUnknown: ['payInDoubt'], lookedUpSettled: ['settled', 'stopAsked'], lookedUpPending: ['payInDoubt'], lookedUpFailed: ['payFailed'], lookedUpNothingLate: ['payFailed'], text: ['textReceived'], result: ['resultReceived'] },
  resultBeforeMoney: { payAsked: ['payAsked'], refusal: ['refusalReceived'], stop: ['stopAsked'], paySettled: ['settled', 'ended'], payFailed: ['payFailed'], payUnknown: ['payInDoubt'], lookedUpSettled: ['settled', 'ended'], lookedUpPending: ['payInDoubt'], lookedUpFailed: ['payFailed'], lookedUpNothingLate: ['payFailed'] },
  reading: { paymentSentSent: ['sent'], text: ['textReceived'], result: ['resultReceived', 'ended'], refusal: ['refusalReceived', 'overdue'], stop: ['stopAsked'], late: ['overdue'], veryLate: ['overdue'] },
  readingAnnounced: { text: ['textReceived'], result: ['resultReceived', 'ended'], refusal: ['refusalReceived', 'overdue'], stop: ['stopAsked'], late: ['overdue'], veryLate: ['overdue'] },
  overdue: { text: ['textReceived'], result: ['resultReceived', 'ended'], refusal: ['refusalReceived'], stop: ['stopAsked'] },
  closingUnpaid: { cancelSent: ['sent'], late: ['ended'], veryLate: ['ended'] },
  closingPaid: { cancelSent: ['sent'], late: ['ended'], veryLate: ['ended'] },
  closed: {},
  closingFailed: { cancelSent: ['sent'], late: ['ended'], veryLate: ['ended'], lookedUpSettled: ['settledLate'] },
  closedFailed: { lookedUpSettled: ['settledLate'] },
  closedStopped: { lookedUpSettled: ['settledLate'] },
  failedWithResult: { lookedUpSettled: ['settledLate', 'ended'] },
}

describe('a purchase', () => {
  for (const [stateName, row] of Object.entries(TABLE)) {
    const purchase = STATES[stateName as keyof typeof STATES]
    for (const messageName of NAMES) {
      const expected = row[messageName] ?? []
      it(`${stateName}: ${messageName} → ${expected.join(', ') || 'nothing'}`, () => {
        expect(purchaseMachine.decide(purchase, MESSAGES[messageName]).map((event) => event.type)).toEqual(expected)
      })
    }
  }

  it('looks before it asks again once the wallet was asked, also after a restart', () => {
    expect(purchaseMachine.due(paying)).toContainEqual(expect.objectContaining({ type: 'pay', key: 'pay' }))
    expect(purchaseMachine.due(payAsked)).toContainEqual(expect.objectContaining({ type: 'lookUp', key: 'pay' }))
    expect(purchaseMachine.due(STATES.inDoubt)).toContainEqual(expect.objectContaining({ type: 'lookUp', key: 'pay' }))
  })

  it('keeps the whole price as pending from the intent until the wallet knows', () => {
    expect(describePurchase(request.jobId, paying).pendingMsat).toBe(11_000)
    expect(describePurchase(request.jobId, STATES.inDoubt).pendingMsat).toBe(11_000)
    expect(describePurchase(request.jobId, reading)).toMatchObject({ pendingMsat: 0, row: { movedMsat: 10_010, feeMsat: 10 } })
  })

  it('ends a stop before payment with nothing spent, and one after it with what arrived kept', () => {
    const before = tell(STATES.closingUnpaid, 'cancelSent')
    expect(describePurchase(request.jobId, before).row).toMatchObject({ state: 'stopped', final: true, movedMsat: 0 })
    const after = tell(reading, 'text', 'stop', 'cancelSent')
    expect(describePurchase(request.jobId, after).row).toMatchObject({ state: 'stopped', final: true, movedMsat: 10_010 })
    expect(after).toMatchObject({ text: 'Fo' })
  })

  it('books a payment that the wallet first called failed, and waits for what was paid for', () => {
    const late = tell(STATES.closedFailed, 'lookedUpSettled')
    expect(describePurchase(request.jobId, STATES.closedFailed)).toMatchObject({ paymentHash: HASH, settledAt: null, row: { state: 'failed', final: true, movedMsat: 0 } })
    expect(describePurchase(request.jobId, late)).toMatchObject({ settledAt: START, row: { state: 'queued', final: false, movedMsat: 10_010 } })
    expect(purchaseMachine.due(late).map((effect) => effect.key)).toEqual(expect.arrayContaining(['listen', 'send:paymentSent']))
    expect(describePurchase(request.jobId, tell(late, 'result')).row).toMatchObject({ state: 'done', movedMsat: 10_010 })
  })

  it('reads what was delivered long after it gave up, once it asks for its money back', () => {
    const given = tell(advance(tell(reading, 'late'), { at: START + 180_000 + OVERDUE_WINDOW_MS, type: 'tick', clockProblem: null }), 'result')
    const lost = describePurchase(request.jobId, given)
    expect(lost).toMatchObject({ standing: { lost: 10_000 }, row: { state: 'failed', final: true } })
    const asking = claim(given, { at: START, type: 'claimWanted' })
    expect(claimingPurchaseMachine.due(asking).map(({ type }) => type)).toEqual(['listen', 'makeClaim'])
    const answered = claim(asking, MESSAGES.result)
    expect(describePurchase(request.jobId, answered)).toMatchObject({ standing: { spent: 10_000 }, row: { state: 'done', movedMsat: 10_010 } })
    expect(answered.begun && [answered.text, lookAt(answered).claimableMsat]).toEqual(['Four.', 0])
  })

  it('took as long as its answer, however long it is asked back after that', () => {
    const given = advance(tell(reading, 'late'), { at: START + 180_000 + OVERDUE_WINDOW_MS, type: 'tick', clockProblem: null })
    const took = { durationMs: 180_000 + OVERDUE_WINDOW_MS }
    expect(describePurchase(request.jobId, given).row).toMatchObject(took)
    const at = START + 10 * OVERDUE_WINDOW_MS
    const asking = claim(claim(given, { at, type: 'claimWanted' }), { at: at + 1, type: 'claimInvoiced', invoice: { ...offer, amountMsat: PRICE, paymentHash: 'c'.repeat(64), createdAt: START / 1_000 } })
    expect(describePurchase(request.jobId, asking).row).toMatchObject({ ...took, claiming: true })
    const paidBack = claim(asking, { at: at + 60_000, type: 'claimPaid', paymentHash: 'c'.repeat(64), settledMsat: PRICE })
    expect(describePurchase(request.jobId, paidBack).row).toMatchObject({ ...took, final: true, paidBackMsat: PRICE, updatedAt: at + 60_000 })
  })

  it('keeps a stopped job stopped when its payment settles after all, and says that the price is spent', () => {
    expect(describePurchase(request.jobId, tell(STATES.closedStopped, 'lookedUpSettled')).row).toMatchObject({ state: 'stopped', final: true, movedMsat: 10_010, note: expect.stringContaining('paid all the same') })
  })

  it('takes no more text than an answer may have, and keeps no endless complaints', () => {
    const flood = { ...MESSAGES.text, text: 'x'.repeat(MAX_ANSWER_CHARACTERS / 2) }
    let purchase = reading
    for (let count = 0; count < 5; count++) purchase = advance(purchase, flood)
    expect(purchase.begun && purchase.text.length).toBe(MAX_ANSWER_CHARACTERS)
    let complained = STATES.overdue
    for (let count = 0; count < 20; count++) complained = tell(complained, 'refusal')
    expect(complained).toMatchObject({ troubles: 5 })
  })

  it('binds an open request to the first provider whose invoice is good, and hears nobody else from then on', () => {
    const open = advance(purchaseMachine.initial, { ...MESSAGES.asked, request: { ...request, provider: null } })
    const unbound = tell(open, 'resultOfStranger', 'textOfStranger', 'refusal', 'invoiceTooHigh', 'invoiceUnreadable')
    expect(unbound).toEqual(open)
    const bound = tell(unbound, 'invoice')
    expect(bound).toMatchObject({ provider: PROVIDER, phase: { name: 'paying' } })
    expect(tell(bound, 'invoiceOfStranger', 'payAsked', 'paySettled', 'resultOfStranger', 'refusalOfStranger', 'textOfStranger')).toMatchObject({ provider: PROVIDER, text: '', phase: { name: 'reading' } })
    expect(tell(bound, 'payAsked', 'paySettled', 'result')).toMatchObject({ text: 'Four.', phase: { name: 'closed', outcome: 'done' } })
    expect(describePurchase(request.jobId, bound).row).toMatchObject({ peer: PROVIDER, peerName: 'Seller bbbbbbbb' })
  })

  it('says that a private question was answered in the open', () => {
    const asked = advance(purchaseMachine.initial, { ...MESSAGES.asked, request: { ...request, privacy: 'private' } })
    const paid = tell(asked, 'invoice', 'payAsked', 'paySettled')
    expect(describePurchase(request.jobId, tell(paid, 'result')).row).toMatchObject({ state: 'done', privacy: 'private' })
    const exposed = describePurchase(request.jobId, advance(paid, { ...MESSAGES.result, isOpen: true })).row
    expect(exposed).toMatchObject({ state: 'done', privacy: 'public-relays', note: expect.stringContaining('in the open') })
  })

  it('replaces what streamed in by the result', () => {
    expect(tell(reading, 'text', 'text', 'result')).toMatchObject({ text: 'Four.' })
  })

  it('says what happened in the timeline, and never shows the preimage', () => {
    const entries = purchaseTimeline(collectEvents(['asked', 'requestSent', 'invoice', 'payAsked', 'paySettled', 'paymentSentSent', 'text', 'result']))
    expect(entries.map((entry) => entry.title)).toEqual(['Asked', 'Request sent', 'Invoice accepted', 'Wallet asked to pay', 'Paid', 'Payment announced', 'Text received', 'Result received', 'Done'])
    expect(JSON.stringify(entries)).not.toContain('1'.repeat(64))
  })

  const anyMessages = fc.array(fc.constantFrom(...NAMES), { maxLength: 60 })

  it('holds over any messages in any order: one intent, one settlement, strangers unheard, ends are ends', () => {
    fc.assert(
      fc.property(anyMessages, (names) => {
        let purchase: Purchase = purchaseMachine.initial
        const intents = new Set<string>()
        let settlements = 0
        for (const name of names) {
          const before = purchase
          const events = purchaseMachine.decide(purchase, MESSAGES[name])
          purchase = events.reduce((state, event) => purchaseMachine.evolve(state, event), purchase)
          for (const event of events) {
            if (event.type === 'invoiceAccepted') intents.add(event.intent.idempotencyKey)
            if (event.type === 'settled' || event.type === 'settledLate') settlements += 1
          }
          if (name.endsWith('OfStranger')) expect(events).toEqual([])
          // An end is an end, unless the wallet takes back that it did not pay.
          if (before.begun && before.phase.name === 'closed' && events[0]?.type !== 'settledLate') expect(events).toEqual([])
          for (const effect of purchaseMachine.due(purchase)) {
            if (effect.type === 'pay' || effect.type === 'lookUp') expect(settlements).toBe(0)
          }
          if (purchase.begun) expect(lookAt(purchase).settledAt !== null).toBe(settlements === 1)
        }
        expect(intents.size).toBeLessThanOrEqual(1)
        expect(settlements).toBeLessThanOrEqual(1)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is rebuilt from its journal alone', () => {
    fc.assert(
      fc.property(anyMessages, (names) => {
        expect(replay(purchaseMachine, structuredClone(collectEvents(names)))).toEqual(tell(purchaseMachine.initial, ...names))
      }),
      { numRuns: 500 },
    )
  })

  it('always ends when the world answers, from wherever it was left', () => {
    fc.assert(
      fc.property(anyMessages, fc.constantFrom('settled', 'failed', 'unknown'), fc.boolean(), (names, wallet, delivers) => {
        let purchase = tell(tell(purchaseMachine.initial, 'asked'), ...names)
        let at = START
        for (let step = 0; step < 200 && !isClosed(purchase); step++) {
          const due = purchaseMachine.due(purchase)
          const effect = due[step % Math.max(1, due.length)]
          at += 3_600_000
          if (effect) purchase = advance(purchase, answer(effect, at, wallet, delivers))
        }
        expect(isClosed(purchase)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('an invoice is refused before a sat moves', () => {
  const refusals: readonly (readonly [string, Partial<InvoiceOffer>, Partial<SpendingContext>, RegExp])[] = [
    ['another network', { network: 'mainnet' }, {}, /for mainnet/],
    ['no amount', { amountMsat: null }, {}, /no amount/],
    ['nothing at all', { amountMsat: ZERO_MSAT }, {}, /no amount/],
    ['more than was quoted', { amountMsat: msat(10_001) }, {}, /offer said 10/],
    ['more than a job may cost', {}, { perJobMsat: sats(9) }, /limit per job is 9/],
    ['already expired', { expiresAt: START / 1_000 + 4 }, {}, /expired/],
    ['open for longer than makes sense', { expiresAt: START / 1_000 + 8 * 86_400 }, {}, /more than a week/],
    ['used before', {}, { hashIsKnown: true }, /used before/],
    ['over the day, with what is pending counted', {}, { settledTodayMsat: sats(500), pendingMsat: sats(490) }, /bring today to 1,001/],
    ['of an absurd amount', { amountMsat: MAX_MSAT }, {}, /offer said 10/],
  ]
  for (const [why, invoiceChange, contextChange, reason] of refusals) {
    it(why, () => {
      const refused = advance(STATES.askingSent, invoiceFrom(PROVIDER, { ...offer, ...invoiceChange }, contextChange))
      expect(refused).toMatchObject({ phase: { name: 'closing', outcome: 'refused', reason: expect.stringMatching(reason), settled: null } })
    })
  }

  it('over the budget of this question', () => {
    const frugal = advance(purchaseMachine.initial, { at: START, type: 'asked', request: { ...request, budgetMsat: sats(9) } })
    expect(advance(frugal, MESSAGES.invoice)).toMatchObject({ phase: { outcome: 'refused', reason: expect.stringContaining('limit for this question is 9') } })
  })
})

function collectEvents(names: readonly MessageName[]): PurchaseEvent[] {
  const events: PurchaseEvent[] = []
  let purchase: Purchase = purchaseMachine.initial
  for (const name of names) {
    const next = purchaseMachine.decide(purchase, MESSAGES[name])
    events.push(...next)
    purchase = next.reduce((state, event) => purchaseMachine.evolve(state, event), purchase)
  }
  return events
}

const isClosed = (purchase: Purchase) => purchase.begun && purchase.phase.name === 'closed'

/** A world that answers everything that is due, for better or worse. */
function answer(effect: PurchaseEffect, at: number, wallet: 'settled' | 'failed' | 'unknown', delivers: boolean): PurchaseMessage {
  switch (effect.type) {
    case 'send':
      return { at, type: 'sent', what: effect.what, delivery }
    case 'pay':
      return { at, type: 'payAsked' }
    case 'lookUp':
      return { at, type: 'paymentLookedUp', payment: wallet === 'unknown' ? null : { ...payment, state: wallet } }
    case 'listen':
      return delivers ? { ...MESSAGES.result, at } : { at, type: 'tick', clockProblem: null }
    case 'wake':
      return { at, type: 'tick', clockProblem: null }
    case 'lock':
    case 'followLock':
    case 'open':
      throw new Error('of another settlement mode')
  }
}
