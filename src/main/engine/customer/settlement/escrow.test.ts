import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isBalanced } from '#shared/market/books.ts'
import { msat, sats } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import { UNLIMITED, type SpendingContext } from '../../spending/judgeSpending.ts'
import type { Payment } from '../../wallet/wallet.ts'
import type { InvoiceOffer } from '../judgeInvoice.ts'
import { lookAt, outgoingOf, purchaseMachine, type Purchase, type PurchaseAgreement, type PurchaseEffect, type PurchaseEvent, type PurchaseMessage, type PurchaseRequest } from '../purchase.ts'
import { describePurchase, purchaseTimeline } from '../purchaseView.ts'
import { DOUBT_GRACE_MS, OVERDUE_WINDOW_MS } from './patience.ts'

const START = 1_700_000_000_000
const PRICE = sats(10)
const FEE = msat(10)
const PROVIDER = 'b'.repeat(64)
const HASH = 'a'.repeat(64)
const OTHER = 'd'.repeat(64)
const ADDRESS = 'sparkrt1qqq'
const TRANSFER = '019b6375-ed3d-4770-9d4e-c3af7734f055'
const EXPIRES = START / 1_000 + 180
const HELD_UNTIL = START / 1_000 + 900
const DAY_LATER = START + 2 * 86_400_000
const delivery = { eventId: 'f'.repeat(64), raw: '{}', verdicts: [] }
const request = (settlement: Partial<Extract<PurchaseAgreement, { name: 'escrow' }>> = {}): PurchaseRequest => ({
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
  settlement: { name: 'escrow', paymentHash: HASH, holdSecs: 900, address: null, transferId: TRANSFER, release: 'auto', ...settlement },
})
const offer: InvoiceOffer = { bolt11: 'lnbcrt100n1…', paymentHash: HASH, amountMsat: PRICE, network: 'regtest', expiresAt: EXPIRES, description: '' }
const context: SpendingContext = { ...UNLIMITED, perJobMsat: sats(100), maxFeePermille: 10 }
const payment: Payment = { direction: 'outgoing', paymentHash: HASH, amountMsat: PRICE, feeMsat: FEE, state: 'settled', description: '', bolt11: null, preimage: '1'.repeat(64), createdAt: 0, settledAt: 0, expiresAt: null, heldUntil: null }
const problem = { code: 'wallet-timeout' as const, message: 'The wallet did not answer in time.' }
const invoiceOf = (invoice: InvoiceOffer | null) => ({ at: START, type: 'invoiceReceived', from: PROVIDER, eventId: 'f'.repeat(64), raw: '{}', invoice: invoice ? ok(invoice) : fail('bad', 'Not an invoice.'), context }) as const
const lookedUp = (change: Partial<Payment> | null, at = START) => ({ at, type: 'paymentLookedUp', payment: change === null ? null : { ...payment, ...change } }) as const

const MESSAGES = {
  requestSent: { at: START, type: 'sent', what: 'request', delivery },
  paymentSentSent: { at: START, type: 'sent', what: 'paymentSent', delivery },
  lockedSent: { at: START, type: 'sent', what: 'locked', delivery },
  releaseSent: { at: START, type: 'sent', what: 'release', delivery },
  cancelSent: { at: START, type: 'sent', what: 'cancel', delivery },
  invoice: invoiceOf(offer),
  otherInvoice: invoiceOf({ ...offer, paymentHash: OTHER }),
  invoiceTooHigh: invoiceOf({ ...offer, amountMsat: msat(10_001) }),
  invoiceForWeeks: invoiceOf({ ...offer, holdBlocks: 2_016 }),
  invoiceForDays: invoiceOf({ ...offer, holdBlocks: 288 }),
  payAsked: { at: START, type: 'payAsked' },
  paySettled: { at: START, type: 'payAnswered', outcome: { state: 'settled', preimage: '1'.repeat(64), feeMsat: FEE } },
  payFailed: { at: START, type: 'payAnswered', outcome: { state: 'failed', problem } },
  payHeld: { at: START, type: 'payAnswered', outcome: { state: 'held' } },
  payUnknown: { at: START, type: 'payAnswered', outcome: { state: 'unknown', problem } },
  foundSettled: lookedUp({}),
  foundPending: lookedUp({ state: 'pending' }),
  foundHeld: lookedUp({ state: 'held', heldUntil: HELD_UNTIL }),
  foundFailed: lookedUp({ state: 'failed' }),
  foundNothing: lookedUp(null),
  foundNothingLate: lookedUp(null, EXPIRES * 1_000 + DOUBT_GRACE_MS),
  foundNothingDaysLater: lookedUp(null, DAY_LATER),
  text: { at: START, type: 'textReceived', from: PROVIDER, text: 'Fo' },
  result: { at: START, type: 'resultReceived', from: PROVIDER, eventId: 'f'.repeat(64), raw: '{}', text: 'Four.', usage: null, receipt: null, isOpen: false },
  emptyResult: { at: START, type: 'resultReceived', from: PROVIDER, eventId: 'f'.repeat(64), raw: '{}', text: ' \n', usage: null, receipt: null, isOpen: false },
  resultOfStranger: { at: START, type: 'resultReceived', from: OTHER, eventId: 'f'.repeat(64), raw: '{}', text: 'Five.', usage: null, receipt: null, isOpen: false },
  refusal: { at: START, type: 'refusalReceived', from: PROVIDER, eventId: 'f'.repeat(64), reason: 'Too little is locked.' },
  release: { at: START, type: 'releaseAsked' },
  stop: { at: START, type: 'stopAsked' },
  early: { at: START, type: 'tick', clockProblem: null },
  late: { at: START + 300_000, type: 'tick', clockProblem: null },
  veryLate: { at: START + OVERDUE_WINDOW_MS, type: 'tick', clockProblem: null },
} as const satisfies Record<string, PurchaseMessage>
type MessageName = keyof typeof MESSAGES

function say(purchase: Purchase, ...messages: readonly PurchaseMessage[]): Purchase {
  return messages.reduce((state, message) => purchaseMachine.decide(state, message).reduce((next, event) => purchaseMachine.evolve(next, event), state), purchase)
}
const tell = (purchase: Purchase, ...names: readonly MessageName[]) => say(purchase, ...names.map((name) => MESSAGES[name]))
const asked = (settlement: Partial<Extract<PurchaseAgreement, { name: 'escrow' }>> = {}) => say(purchaseMachine.initial, { at: START, type: 'asked', request: request(settlement) })

const asking = tell(asked(), 'requestSent')
const paying = tell(asking, 'invoice')
const payAsked = tell(paying, 'payAsked')
const locked = tell(payAsked, 'payHeld')
const deciding = tell(asked({ release: 'ask' }), 'requestSent', 'invoice', 'payAsked', 'payHeld', 'paymentSentSent', 'result')
const STATES = {
  asking,
  paying,
  payAsked,
  inDoubt: tell(payAsked, 'payUnknown'),
  stoppingPayment: tell(payAsked, 'stop'),
  answeredBeforeLocked: tell(payAsked, 'result'),
  locked,
  lockedAndKnown: tell(locked, 'foundHeld', 'paymentSentSent'),
  deciding,
  releasing: tell(locked, 'result'),
  released: tell(locked, 'result', 'releaseSent'),
  returning: tell(locked, 'stop'),
  kept: tell(deciding, 'stop'),
  owed: tell(payAsked, 'paySettled'),
  closing: tell(payAsked, 'payFailed'),
  closedFailed: tell(payAsked, 'payFailed', 'cancelSent'),
  closedReturned: tell(locked, 'result', 'releaseSent', 'foundFailed'),
  closedStopped: tell(locked, 'stop', 'cancelSent', 'foundFailed'),
  closed: tell(locked, 'result', 'releaseSent', 'foundSettled'),
} satisfies Record<string, Purchase>

const WAITS = { foundSettled: ['settled'], foundFailed: ['lockReturned', 'ended'], foundNothingDaysLater: ['lockReturned', 'ended'] } as const
/** Every message that does anything, in every state; whatever is not named here must do nothing. */
const TABLE: Record<keyof typeof STATES, Partial<Record<MessageName, readonly PurchaseEvent['type'][]>>> = {
  // An invoice on another hash would be paid ahead.
  asking: { invoice: ['invoiceAccepted'], invoiceForDays: ['invoiceAccepted'], invoiceForWeeks: ['invoiceRefused'], otherInvoice: ['invoiceRefused'], invoiceTooHigh: ['invoiceRefused'], refusal: ['refusalReceived', 'ended'], stop: ['stopAsked'], late: ['ended'], veryLate: ['ended'] },
  paying: {
    payAsked: ['payAsked'], paySettled: ['settled'], payFailed: ['payFailed'], payHeld: ['locked'], payUnknown: ['payInDoubt'], foundSettled: ['settled'], foundPending: ['locked'], foundHeld: ['locked'], foundFailed: ['payFailed'],
    foundNothingLate: ['payFailed'], foundNothingDaysLater: ['payFailed'], refusal: ['refusalReceived'], stop: ['stopAsked'],
  },
  payAsked: {
    paySettled: ['settled'], payFailed: ['payFailed'], payHeld: ['locked'], payUnknown: ['payInDoubt'], foundSettled: ['settled'], foundPending: ['locked'], foundHeld: ['locked'], foundFailed: ['payFailed'], foundNothingLate: ['payFailed'],
    foundNothingDaysLater: ['payFailed'], text: ['textReceived'], result: ['resultReceived'], emptyResult: ['resultReceived'], refusal: ['refusalReceived'], stop: ['stopAsked'],
  },
  inDoubt: {
    paySettled: ['settled'], payFailed: ['payFailed'], payHeld: ['locked'], foundSettled: ['settled'], foundPending: ['locked'], foundHeld: ['locked'], foundFailed: ['payFailed'], foundNothingLate: ['payFailed'], foundNothingDaysLater: ['payFailed'],
    text: ['textReceived'], result: ['resultReceived'], emptyResult: ['resultReceived'], refusal: ['refusalReceived'], stop: ['stopAsked'],
  },
  stoppingPayment: {
    paySettled: ['settled', 'stopAsked'], payFailed: ['payFailed'], payHeld: ['locked', 'stopAsked'], payUnknown: ['payInDoubt'], foundSettled: ['settled', 'stopAsked'], foundPending: ['locked', 'stopAsked'], foundHeld: ['locked', 'stopAsked'],
    foundFailed: ['payFailed'], foundNothingLate: ['payFailed'], foundNothingDaysLater: ['payFailed'], text: ['textReceived'], refusal: ['refusalReceived'],
  },
  answeredBeforeLocked: {
    paySettled: ['settled', 'ended'], payFailed: ['payFailed'], payHeld: ['locked', 'releaseDecided'], payUnknown: ['payInDoubt'], foundSettled: ['settled', 'ended'], foundPending: ['locked', 'releaseDecided'], foundHeld: ['locked', 'releaseDecided'],
    foundFailed: ['payFailed'], foundNothingLate: ['payFailed'], foundNothingDaysLater: ['payFailed'], refusal: ['refusalReceived'], stop: ['stopAsked'],
  },
  locked: { ...WAITS, paymentSentSent: ['sent'], foundHeld: ['locked'], text: ['textReceived'], result: ['resultReceived', 'releaseDecided'], emptyResult: ['resultReceived'], refusal: ['refusalReceived'], stop: ['stopAsked'] },
  lockedAndKnown: { ...WAITS, text: ['textReceived'], result: ['resultReceived', 'releaseDecided'], emptyResult: ['resultReceived'], refusal: ['refusalReceived'], stop: ['stopAsked'] },
  deciding: { ...WAITS, foundSettled: ['settled', 'ended'], foundHeld: ['locked'], release: ['releaseDecided'], stop: ['stopAsked'] },
  // The secret is out, or about to be: there is no way back.
  releasing: { ...WAITS, foundSettled: ['settled', 'ended'], foundHeld: ['locked'], releaseSent: ['sent'] },
  released: { ...WAITS, foundSettled: ['settled', 'ended'], foundHeld: ['locked'], late: ['releaseDecided'], veryLate: ['releaseDecided'] },
  returning: { ...WAITS, foundSettled: ['settled', 'ended'], foundHeld: ['locked'], cancelSent: ['sent'] },
  kept: { ...WAITS, foundSettled: ['settled', 'ended'], foundHeld: ['locked'] },
  owed: { text: ['textReceived'], result: ['resultReceived', 'ended'], emptyResult: ['resultReceived', 'ended'], refusal: ['refusalReceived'], stop: ['stopAsked'], veryLate: ['ended'] },
  closing: { foundSettled: ['settledLate'], cancelSent: ['sent'], late: ['ended'], veryLate: ['ended'] },
  closedFailed: { foundSettled: ['settledLate'] },
  closedReturned: { foundSettled: ['settledLate', 'ended'] },
  closedStopped: { foundSettled: ['settledLate'] },
  closed: {},
}

const rowOf = (purchase: Purchase) => describePurchase('job_0011223344556677', purchase).row
const keys = (purchase: Purchase) => purchaseMachine.due(purchase).map(({ key, type }) => (type === 'wake' ? 'wake' : `${type}:${key}`))

describe('a purchase by escrow', () => {
  for (const [stateName, purchase] of Object.entries(STATES)) {
    for (const messageName of Object.keys(MESSAGES) as MessageName[]) {
      it(`that is ${stateName} takes ${messageName}`, () => {
        expect(purchaseMachine.decide(purchase, MESSAGES[messageName]).map(({ type }) => type)).toEqual(TABLE[stateName as keyof typeof STATES][messageName] ?? [])
      })
    }
    it(`that is ${stateName} can be shown, and its books balance`, () => {
      expect(isBalanced(describePurchase('job_0011223344556677', purchase).standing)).toBe(true)
      expect(rowOf(purchase).note ?? '').not.toMatch(/undefined|null|NaN/)
    })
  }

  it('owes the world, in every state, what wallet and seller need', () => {
    expect(Object.fromEntries(Object.entries(STATES).map(([name, purchase]) => [name, keys(purchase)]))).toEqual({
      asking: ['listen:listen', 'wake'],
      paying: ['listen:listen', 'pay:pay'],
      payAsked: ['listen:listen', 'lookUp:pay'],
      inDoubt: ['listen:listen', 'lookUp:pay'],
      stoppingPayment: ['listen:listen', 'lookUp:pay'],
      answeredBeforeLocked: ['listen:listen', 'lookUp:pay'],
      locked: ['listen:listen', `followLock:follow:${HASH}`, 'send:send:paymentSent'],
      lockedAndKnown: ['listen:listen', `followLock:follow:${HASH}`],
      deciding: [`followLock:follow:${HASH}`],
      releasing: [`followLock:follow:${HASH}`, 'send:send:release'],
      released: [`followLock:follow:${HASH}`, 'wake'],
      returning: [`followLock:follow:${HASH}`, 'send:send:cancel'],
      kept: [`followLock:follow:${HASH}`],
      owed: ['listen:listen', 'wake'],
      closing: ['send:send:cancel', 'wake'],
      closedFailed: [],
      closedReturned: [],
      closedStopped: [],
      closed: [],
    })
  })

  it('locks nothing for weeks', () => {
    expect(rowOf(tell(asking, 'invoiceForWeeks'))).toMatchObject({ state: 'refused', movedMsat: 0, note: 'The invoice would let the seller keep your money locked for some 336 hours. Nothing was paid.' })
  })

  it('pays what may be held, once, under the hash as its key', () => {
    expect(purchaseMachine.due(paying)[1]).toMatchObject({ type: 'pay', mayHold: true, intent: { paymentHash: HASH, idempotencyKey: HASH, amountMsat: PRICE } })
  })

  it('shows what is locked until when, counts it as pending, and keeps it apart in the books', () => {
    const cost = PRICE + 1_000
    expect(lookAt(STATES.lockedAndKnown as Extract<Purchase, { begun: true }>)).toMatchObject({ state: 'locked', lockedMsat: PRICE, lockedUntil: HELD_UNTIL * 1_000, pendingMsat: cost, standing: { wallet: -cost, locked: cost } })
    expect(rowOf(STATES.closed)).toMatchObject({ state: 'done', final: true, movedMsat: PRICE + FEE, feeMsat: FEE })
    expect(describePurchase('job', STATES.closed).standing).toEqual({ wallet: 0 - PRICE - FEE, spent: PRICE, fees: FEE })
  })

  it('that returned paid nothing, says so, and keeps the answer', () => {
    expect(rowOf(STATES.closedReturned)).toMatchObject({ state: 'returned', final: true, movedMsat: 0, note: 'You released it, and the seller did not take it in time. Nothing was paid: what was locked is back. The answer is kept.' })
    expect(STATES.closedReturned).toMatchObject({ text: 'Four.', hasResult: true })
    expect(describePurchase('job', STATES.closedReturned).standing).toEqual({})
    expect(rowOf(tell(locked, 'refusal', 'foundFailed')).note).toBe('The seller did not answer: Too little is locked. Nothing was paid: what was locked is back.')
    expect(rowOf(tell(locked, 'foundFailed'))).toMatchObject({ state: 'returned', note: 'The seller did not answer in time. Nothing was paid: what was locked is back.' })
    expect(rowOf(tell(deciding, 'foundFailed')).note).toBe('You did not release it, so nothing was paid: what was locked is back. The answer is kept.')
    expect(rowOf(STATES.closedStopped)).toMatchObject({ state: 'stopped', movedMsat: 0 })
  })

  it('says until when it can be released, where a person is asked', () => {
    const known = tell(deciding, 'foundHeld')
    expect(rowOf(known)).toMatchObject({ state: 'unlocking', note: 'The answer is there. Release the payment if it is what you asked for. If you do not, it comes back by itself, at the latest soon after 2023-11-14 22:28 UTC.' })
    expect(keys(tell(known, 'release'))).toContain('send:send:release')
  })

  it('leaves an empty answer to the person, whatever the settings say', () => {
    expect(rowOf(tell(locked, 'emptyResult')).state).toBe('unlocking')
    expect(keys(tell(locked, 'emptyResult'))).not.toContain('send:send:release')
    expect(keys(tell(payAsked, 'emptyResult', 'payHeld', 'release'))).toContain('send:send:release')
  })

  it('releases again, dated anew, what the seller has not taken', () => {
    const again = tell(STATES.released, 'late')
    expect(keys(again)).toContain('send:send:release')
    expect(again.begun && again.changedAt).toBe(START + 300_000)
    expect(again.begun && outgoingOf(again, 'release')).toEqual({ what: 'release', paymentHash: HASH })
  })

  it('that settled before there was an answer is owed, and done once it comes', () => {
    expect(rowOf(STATES.owed)).toMatchObject({ state: 'owed', owedMsat: PRICE, movedMsat: PRICE + FEE })
    expect(rowOf(tell(STATES.owed, 'result'))).toMatchObject({ state: 'done' })
    expect(rowOf(tell(STATES.owed, 'veryLate'))).toMatchObject({ state: 'failed', note: 'Paid for and never delivered.' })
  })

  describe('at the address of a seller that makes an ordinary invoice', () => {
    const atAddress = tell(asked({ address: ADDRESS }), 'requestSent', 'otherInvoice')

    it('locks what the invoice asks for instead of paying it, under its own name', () => {
      const intent = { paymentHash: HASH, amountMsat: PRICE, maxFeeMsat: msat(1_000), expiresAt: EXPIRES, idempotencyKey: TRANSFER, address: ADDRESS, expirySecs: 900 }
      expect(purchaseMachine.due(atAddress)[1]).toEqual({ key: 'pay', type: 'lock', intent, asked: false })
      expect(purchaseMachine.due(tell(atAddress, 'payAsked'))[1]).toEqual({ key: 'pay', type: 'lock', intent, asked: true })
    })

    it('announces it with the name of the transfer, and knows until when it lasts', () => {
      const held = tell(atAddress, 'payAsked', 'payHeld')
      expect(held.begun && outgoingOf(held, 'locked')).toEqual({ what: 'locked', paymentHash: HASH, amountMsat: PRICE, expirySecs: 900, paymentId: TRANSFER })
      expect(rowOf(held)).toMatchObject({ state: 'locked', lockedMsat: PRICE, lockedUntil: START + 900_000 })
      expect(keys(held)).toContain('send:send:locked')
    })

    it('pays the hold invoice of a seller that makes one', () => {
      expect(purchaseMachine.due(tell(asked({ address: ADDRESS }), 'requestSent', 'invoice'))[1]).toMatchObject({ type: 'pay', mayHold: true })
    })

    it('locks nothing where the invoice is not as agreed', () => {
      expect(rowOf(tell(asked({ address: ADDRESS }), 'requestSent', 'invoiceTooHigh'))).toMatchObject({ state: 'refused', movedMsat: 0 })
    })
  })

  it('has a line for everything that happened', () => {
    const events: PurchaseEvent[] = []
    let purchase = asked()
    for (const name of ['requestSent', 'invoice', 'payAsked', 'payHeld', 'paymentSentSent', 'text', 'result', 'releaseSent', 'foundSettled'] as const) {
      for (const event of purchaseMachine.decide(purchase, MESSAGES[name])) {
        events.push(event)
        purchase = purchaseMachine.evolve(purchase, event)
      }
    }
    expect(purchaseTimeline(events).map(({ title }) => title)).toEqual(['Request sent', 'Invoice accepted', 'Wallet asked to pay', 'Locked', 'Payment announced', 'Text received', 'Result received', 'Release decided', 'Released', 'Paid', 'Done'])
    // The secret is nowhere in the journal.
    expect(JSON.stringify(events)).not.toContain('1'.repeat(64))
  })
})

describe('whatever comes in whatever order', () => {
  const begins = fc.constantFrom(asking, tell(asked({ release: 'ask' }), 'requestSent'), tell(asked({ address: ADDRESS }), 'requestSent'))
  const arbitrary = fc.array(fc.tuple(fc.constantFrom(...(Object.keys(MESSAGES) as MessageName[])), fc.nat(900_000)), { maxLength: 25 })

  it('the secret never leaves without an answer, one intent is paid or locked, and the books balance', () => {
    fc.assert(
      fc.property(begins, arbitrary, (begin, told) => {
        let purchase = begin
        let now = START
        const intents = new Set<string>()
        for (const [name, later] of told) {
          now += later
          purchase = say(purchase, { ...MESSAGES[name], at: now })
          const effects = purchaseMachine.due(purchase)
          if (!purchase.begun) throw new Error('it has begun')
          if (effects.some((effect) => effect.type === 'send' && effect.what === 'release')) expect(purchase.hasResult).toBe(true)
          for (const effect of effects) if ('intent' in effect) intents.add(JSON.stringify(effect.intent))
          expect(new Set(effects.map(({ key }) => key)).size).toBe(effects.length)
          const look = lookAt(purchase)
          expect(isBalanced(look.standing)).toBe(true)
          expect(look.final && effects.length > 0).toBe(false)
          // What is locked is not spent, and what is spent is not locked.
          expect(look.lockedMsat > 0 && look.paidMsat > 0).toBe(false)
        }
        expect(intents.size).toBeLessThanOrEqual(1)
      }),
      { numRuns: 2_000 },
    )
  })

  it('every job ends once the world answers', () => {
    fc.assert(
      fc.property(begins, arbitrary, fc.constantFrom<Payment['state']>('settled', 'failed'), (begin, told, end) => {
        let now = START
        let purchase = begin
        for (const [name, later] of told) purchase = say(purchase, { ...MESSAGES[name], at: (now += later) })
        for (let step = 0; step < 20 && purchaseMachine.due(purchase).length > 0; step += 1) {
          now += OVERDUE_WINDOW_MS
          for (const effect of purchaseMachine.due(purchase)) purchase = say(purchase, answerTo(effect, now, end))
        }
        expect(purchase.begun && lookAt(purchase).final).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

function answerTo(effect: PurchaseEffect, at: number, end: Payment['state']): PurchaseMessage {
  switch (effect.type) {
    case 'send':
      return { at, type: 'sent', what: effect.what, delivery }
    case 'pay':
    case 'lock':
    case 'lookUp':
    case 'followLock':
      return lookedUp({ state: end }, at)
    case 'open':
    case 'listen':
    case 'wake':
      return { at, type: 'tick', clockProblem: null }
  }
}
