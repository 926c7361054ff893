import { describe, expect, it } from 'vitest'
import { ACCOUNTS, isBalanced } from '#shared/market/books.ts'
import { MAX_MSAT, msat, sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import type { SealedGoods } from '#shared/market/sealedGoods.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { replay } from '../../machine.ts'
import { openSeal, sealAnswer } from '../../sealing/seal.ts'
import { UNLIMITED as NO_LIMITS } from '../../spending/judgeSpending.ts'
import type { Payment } from '../../wallet/wallet.ts'
import { lookAt, purchaseMachine, type BegunPurchase, type Purchase, type PurchaseEvent, type PurchaseMessage, type PurchaseRequest } from '../purchase.ts'
import { describePurchase, purchaseTimeline } from '../purchaseView.ts'
import { DOUBT_GRACE_MS, OVERDUE_WINDOW_MS } from './patience.ts'

const UNLIMITED = { ...NO_LIMITS, maxFeePermille: 10 }
const START = 1_700_000_000_000
const SECRET = '0a'.repeat(32)
const HASH = hashOf(SECRET)
const DEPOSIT_HASH = 'd'.repeat(64)
const PROVIDER = 'e'.repeat(64)
const PRICE = sats(10)
const TEXT = 'All of this is the answer, and nobody reads its end without paying for it.'
const PREVIEW = TEXT.slice(0, 22)
const delivery = { eventId: 'e', raw: '{}', verdicts: [] }
const EVENT = { id: '1'.repeat(64), pubkey: 'c'.repeat(64), created_at: 0, kind: 5050, tags: [], content: '', sig: '' }
const EXPIRES = START / 1_000 + 3_600

const goods: SealedGoods = { ...sealAnswer(TEXT, 300, SECRET), paymentHash: HASH, amountMsat: PRICE }
const sealedIn = (change: Partial<SealedGoods> = {}): PurchaseMessage => ({ at: START, type: 'sealedReceived', from: PROVIDER, eventId: 's', raw: '{"the signed":"event"}', goods: { ...goods, ...change } })
const invoiceIn = (paymentHash: string, amountMsat: number, context = UNLIMITED, holdBlocks = 18): PurchaseMessage =>
  ({ at: START, type: 'invoiceReceived', from: PROVIDER, eventId: paymentHash, raw: '', context, invoice: ok({ bolt11: `ln${paymentHash}`, amountMsat: msat(amountMsat), network: 'regtest', paymentHash, expiresAt: EXPIRES, description: '', holdBlocks }) })
const asked = (depositMsat = 0, release: 'auto' | 'ask' = 'auto'): PurchaseMessage => {
  const request: PurchaseRequest = { jobId: 'job_0123456789abcdef', event: EVENT, provider: PROVIDER, providerName: 'S', model: null, dialect: 'souk/1', route: null, privacy: 'private', prompt: 'x', maxTokens: 9, network: 'regtest', quotedMsat: PRICE, budgetMsat: sats(50), invoiceTimeoutMs: 20_000, answerTimeoutMs: 180_000, settlement: { name: 'sealed', depositMsat: msat(depositMsat), release } }
  return { at: START, type: 'asked', request }
}
const found = (state: Payment['state'], change: Partial<Payment> = {}): PurchaseMessage => ({
  at: START, type: 'paymentLookedUp', paymentHash: HASH,
  payment: { direction: 'outgoing', paymentHash: HASH, amountMsat: PRICE, feeMsat: msat(3), state, description: '', bolt11: null, preimage: state === 'settled' ? SECRET : null, createdAt: 0, settledAt: null, expiresAt: null, heldUntil: state === 'held' ? 1_700_000_180 : null, ...change },
})
const sentRequest: PurchaseMessage = { at: START, type: 'sent', what: 'request', delivery }
const payAsked: PurchaseMessage = { at: START, type: 'payAsked', paymentHash: HASH }
const held: PurchaseMessage = { at: START, type: 'payAnswered', paymentHash: HASH, outcome: { state: 'held' } }
const settled: PurchaseMessage = { at: START, type: 'payAnswered', paymentHash: HASH, outcome: { state: 'settled', preimage: SECRET, feeMsat: msat(3) } }
const stop: PurchaseMessage = { at: START, type: 'stopAsked' }
const tick = (at: number): PurchaseMessage => ({ at, type: 'tick', clockProblem: null })

const TO_SEALED: readonly PurchaseMessage[] = [asked(), sentRequest, { at: START, type: 'textReceived', from: PROVIDER, text: 'All' }, sealedIn()]
const TO_OPENING: readonly PurchaseMessage[] = [...TO_SEALED, invoiceIn(HASH, PRICE), payAsked]
const DEPOSITED: readonly PurchaseMessage[] = [
  asked(sats(2)), sentRequest, invoiceIn(DEPOSIT_HASH, sats(2)), { at: START, type: 'payAsked', paymentHash: DEPOSIT_HASH },
  { at: START, type: 'payAnswered', paymentHash: DEPOSIT_HASH, outcome: { state: 'settled', preimage: '00'.repeat(32), feeMsat: ZERO_MSAT } },
]

function run(...messages: readonly PurchaseMessage[]): { readonly purchase: BegunPurchase; readonly events: readonly PurchaseEvent[] } {
  const events: PurchaseEvent[] = []
  let purchase: Purchase = purchaseMachine.initial
  for (const message of messages) {
    const decided = purchaseMachine.decide(purchase, message)
    events.push(...decided)
    purchase = decided.reduce((state, event) => purchaseMachine.evolve(state, event), purchase)
  }
  expect(replay(purchaseMachine, events)).toEqual(purchase)
  if (!purchase.begun) throw new Error('it has not begun')
  return { purchase, events }
}

/** Phase, state, what is due, and what it means for our money: who owes what. */
function table(...messages: readonly PurchaseMessage[]) {
  const { purchase } = run(...messages)
  const { state, standing, pendingMsat } = lookAt(purchase)
  expect(isBalanced(standing)).toBe(true)
  return [purchase.phase.name, state, purchaseMachine.due(purchase).map(({ key, type }) => (type === 'wake' ? type : `${type} ${key}`)).join(', '), ACCOUNTS.filter((account) => standing[account]).map((account) => `${account} ${standing[account]}`).join(', '), pendingMsat]
}
const note = (...messages: readonly PurchaseMessage[]) => lookAt(run(...messages).purchase).note

describe('a sealed purchase', () => {
  it('goes from asked to opened, and stands so for our money in every phase', () => {
    const most = PRICE + 1_000
    const rows = [1, 2, 3, 4].map((length) => table(...TO_SEALED.slice(0, length)))
    expect(rows).toEqual([
      ['asking', 'asking', 'listen listen, send send:request, wake', '', 0],
      ['asking', 'asking', 'listen listen, wake', '', 0],
      ['reading', 'working', 'listen listen, wake', '', 0],
      ['sealed', 'sealed', 'listen listen:sealed, wake', '', 0],
    ])
    expect(table(...TO_SEALED, invoiceIn(HASH, PRICE))).toEqual(['opening', 'paying', 'pay pay', `wallet ${-most}, onTheWay ${most}`, most])
    expect(table(...TO_OPENING)).toEqual(['opening', 'paying', 'lookUp pay', `wallet ${-most}, onTheWay ${most}`, most])
    expect(table(...TO_OPENING, held)).toEqual(['opening', 'unlocking', 'followLock followLock', `wallet ${-most}, locked ${most}`, most])
    expect(table(...TO_OPENING, held, settled)).toEqual(['unsealing', 'unlocking', 'open open', `wallet ${0 - PRICE - 3}, owedToUs ${PRICE}, fees 3`, 0])
    const done = run(...TO_OPENING, held, settled, { at: START, type: 'opened', text: openSeal(goods, SECRET) })
    expect(lookAt(done.purchase)).toMatchObject({ state: 'done', final: true, standing: { wallet: 0 - PRICE - 3, spent: PRICE, fees: 3 }, paidMsat: PRICE, sealed: null })
    expect([done.purchase.text, done.purchase.hasResult]).toEqual([TEXT, true])
  })

  it('shows of what is under seal the beginning that was signed for, how much there is, what it costs and until when', () => {
    const { purchase } = run(...TO_SEALED, invoiceIn(HASH, PRICE))
    expect(purchase.text).toBe(PREVIEW)
    expect(describePurchase('job_0123456789abcdef', purchase).row).toMatchObject({ state: 'paying', sealed: { bytes: 64, openMsat: PRICE, until: EXPIRES * 1_000 } })
    expect(note(...TO_SEALED)).toBe('64 bytes are under seal; opening them costs 10 sats. Waiting for the invoice that opens it.')
  })

  it('pays a deposit as large as announced, and for the rest what is left', () => {
    expect(table(...DEPOSITED)).toEqual(['reading', 'queued', 'listen listen, wake', 'wallet -2000, owedToUs 2000', 0])
    const left = PRICE - sats(2)
    const sealedUp = [...DEPOSITED, sealedIn({ amountMsat: msat(left) })]
    expect(table(...sealedUp)).toEqual(['sealed', 'sealed', 'listen listen:sealed, wake', 'wallet -2000, spent 2000', 0])
    // That of the deposit is heard again, and paid no second time.
    expect(run(...sealedUp, invoiceIn(DEPOSIT_HASH, sats(2))).purchase.phase.name).toBe('sealed')
    const { purchase } = run(...sealedUp, invoiceIn(HASH, left), payAsked, settled, { at: START, type: 'opened', text: ok(TEXT) })
    expect(lookAt(purchase)).toMatchObject({ state: 'done', paidMsat: PRICE, paymentHashes: [DEPOSIT_HASH, HASH], standing: { wallet: 0 - PRICE - 3, spent: PRICE, fees: 3 } })
    expect(note(...DEPOSITED, sealedIn())).toBe('Opening costs 10 sats; the offer said 10 in all, and 2 are paid. It is not opened.')
  })

  it('takes before the answer no invoice but that of an announced deposit', () => {
    for (const deposit of [0, 2_000]) expect(run(asked(deposit), sentRequest, invoiceIn(HASH, deposit + 1)).events.map(({ type }) => type)).toEqual(['asked', 'sent'])
    expect(run(asked(2_000), sentRequest, invoiceIn(DEPOSIT_HASH, 2_000, { ...UNLIMITED, isStopped: true })).purchase.phase).toMatchObject({ name: 'closing', outcome: 'refused' })
  })

  it('keeps goods that come before its own wallet answers, and goes on with them', () => {
    const early = [...DEPOSITED.slice(0, 4), sealedIn({ amountMsat: msat(PRICE - 2_000) })]
    expect(run(...early).purchase.phase).toMatchObject({ name: 'payingDeposit', goods: { paymentHash: HASH } })
    expect(run(...early, ...DEPOSITED.slice(4)).purchase.phase).toMatchObject({ name: 'sealed', deposit: { intent: { paymentHash: DEPOSIT_HASH } } })
    // What is wrong with them is said before they are paid.
    const wrong = [...DEPOSITED.slice(0, 4), sealedIn({ sealedBytes: 1 }), ...DEPOSITED.slice(4), invoiceIn(HASH, PRICE)]
    expect(run(...wrong).purchase.phase).toMatchObject({ name: 'closing', outcome: 'failed' })
  })

  it('is stopped by no amount, however absurd, that a seller signs for', () => {
    const absurd = sealedIn({ amountMsat: MAX_MSAT })
    for (const messages of [[...TO_SEALED.slice(0, 3), absurd], [...DEPOSITED, absurd], [...DEPOSITED.slice(0, 4), absurd, ...DEPOSITED.slice(4), invoiceIn(HASH, PRICE)]]) {
      const { purchase } = run(...messages)
      expect(purchase.phase.name).toBe('closing')
      expect(describePurchase('job_0123456789abcdef', purchase).row).toMatchObject({ priceMsat: MAX_MSAT, sealed: { openMsat: MAX_MSAT } })
    }
  })

  it.each([
    ['fewer bytes than signed for', sealedIn({ sealedBytes: goods.sealedBytes + 1 }), /not as long/],
    ['more bytes than signed for', sealedIn({ sealedBytes: goods.sealedBytes - 1 }), /not as long/],
    ['nothing under seal', sealedIn({ sealedBytes: 0 }), /not as long/],
    ['no base64', sealedIn({ ciphertext: '#'.repeat(goods.ciphertext.length) }), /not as long/],
    ['a higher price', sealedIn({ amountMsat: msat(PRICE + 1) }), /the offer said 10 in all/],
  ])('does not pay for %s', (_, message, reason) => {
    const { purchase, events } = run(...TO_SEALED.slice(0, 3), message, invoiceIn(HASH, PRICE))
    expect(lookAt(purchase)).toMatchObject({ state: 'refused', standing: {}, note: expect.stringMatching(reason) })
    // What was signed is kept all the same.
    expect(purchaseTimeline(events).some(({ raw }) => raw === '{"the signed":"event"}')).toBe(true)
  })

  it('pays no invoice on another hash, for another amount, over a limit, or that was used', () => {
    const refused = (message: PurchaseMessage) => {
      const { purchase, events } = run(...TO_SEALED, message)
      expect([purchase.phase.name, events.some(({ type }) => type === 'invoiceAccepted')]).toEqual(['closing', false])
      return lookAt(purchase).note
    }
    expect(refused(invoiceIn('f'.repeat(64), PRICE))).toMatch(/not on the hash/)
    expect(refused(invoiceIn(HASH, PRICE + 1))).toMatch(/signed for 10\. It/)
    expect(refused(invoiceIn(HASH, PRICE - 1))).toMatch(/signed for 10\. It/)
    expect(refused(invoiceIn(HASH, PRICE, { ...UNLIMITED, perDayMsat: msat(1) }))).toMatch(/today/)
    expect(refused(invoiceIn(HASH, PRICE, UNLIMITED, 2_016))).toMatch(/locked for some 336 hours/)
    expect(refused(invoiceIn(HASH, PRICE, { ...UNLIMITED, hashIsKnown: true }))).toMatch(/used before/)
  })

  it('loses its price to a seal that does not hold, and keeps what the seller signed', () => {
    const broken: PurchaseMessage = { at: START, type: 'opened', text: openSeal({ ...goods, preview: 'Something else' }, SECRET) }
    const { purchase, events } = run(...TO_OPENING, settled, broken)
    expect(lookAt(purchase)).toMatchObject({ state: 'failed', final: true, standing: { wallet: 0 - PRICE - 3, lost: PRICE, fees: 3 } })
    expect(purchase.text).toBe(PREVIEW)
    expect(purchaseTimeline(events).map(({ title }) => title)).toEqual(expect.arrayContaining(['Sealed answer received', 'Not what the seller signed for']))
  })

  it('gets back what the seller does not take', () => {
    const { purchase } = run(...TO_OPENING, held, found('held'), found('failed'))
    expect(lookAt(purchase)).toMatchObject({ state: 'returned', standing: {}, paidMsat: 0, lockedMsat: 0 })
    expect(lookAt(run(...TO_OPENING, held, found('held')).purchase)).toMatchObject({ lockedMsat: PRICE, lockedUntil: 1_700_000_180_000 })
    // What is locked is waited for, whatever the invoice's expiry; the wallet's silence is no word.
    const forgotten = (at: number): PurchaseMessage => ({ at, type: 'paymentLookedUp', payment: null, paymentHash: HASH })
    expect(run(...TO_OPENING, held, forgotten(EXPIRES * 1_000 + DOUBT_GRACE_MS)).purchase.phase.name).toBe('opening')
    expect(run(...TO_OPENING, forgotten(EXPIRES * 1_000 + DOUBT_GRACE_MS)).purchase.phase).toMatchObject({ name: 'closing', outcome: 'failed' })
    expect(run(...TO_OPENING, held, forgotten(EXPIRES * 1_000 + 3 * 86_400_000)).purchase.phase).toMatchObject({ name: 'closing', outcome: 'returned' })
  })

  it('waits for its wallet to tell the key, and takes no other for it', () => {
    const { purchase } = run(...TO_OPENING, { at: START, type: 'payAnswered', paymentHash: HASH, outcome: { state: 'settled', preimage: 'ff'.repeat(32), feeMsat: msat(3) } })
    expect([purchase.phase, purchaseMachine.due(purchase).map(({ type }) => type)]).toMatchObject([{ name: 'unsealing', preimage: null }, ['followLock', 'wake']])
    const told = run(...TO_OPENING, found('settled', { preimage: null }), found('settled', { preimage: 'ff'.repeat(32) }), found('settled'))
    expect(told.purchase.phase).toMatchObject({ name: 'unsealing', preimage: SECRET })
    expect(lookAt(run(...TO_OPENING, found('settled', { preimage: null }), tick(START + OVERDUE_WINDOW_MS)).purchase)).toMatchObject({ state: 'failed', note: expect.stringContaining('does not tell the key'), standing: { lost: PRICE } })
  })

  it('believes a payment that was called failed once the wallet says otherwise, and opens what it paid for', () => {
    const failed: PurchaseMessage = { at: START, type: 'payAnswered', paymentHash: HASH, outcome: { state: 'failed', problem: { code: 'payment-failed', message: 'No route.' } } }
    const over = [...TO_OPENING, failed, { at: START, type: 'sent', what: 'cancel', delivery } as PurchaseMessage]
    expect(lookAt(run(...over).purchase)).toMatchObject({ state: 'failed', final: true, refused: { paymentHash: HASH }, standing: {} })
    expect(table(...over, found('settled'))).toEqual(['unsealing', 'unlocking', 'open open', `wallet ${0 - PRICE - 3}, owedToUs ${PRICE}, fees 3`, 0])
    const lateDeposit: PurchaseMessage = { ...found('settled', { paymentHash: DEPOSIT_HASH }), paymentHash: DEPOSIT_HASH } as PurchaseMessage
    const noRoute: PurchaseMessage = { at: START, type: 'payAnswered', paymentHash: DEPOSIT_HASH, outcome: { state: 'failed', problem: { code: 'payment-failed', message: 'No route.' } } }
    expect(table(...DEPOSITED.slice(0, 4), noRoute, lateDeposit)).toEqual(['reading', 'queued', 'listen listen, wake', 'wallet -2003, owedToUs 2000, fees 3', 0])
  })

  it('asked to, opens nothing before the person says so, and lets it be when they do not', () => {
    const offered = [asked(0, 'ask'), ...TO_SEALED.slice(1), invoiceIn(HASH, PRICE)]
    expect(table(...offered)).toEqual(['offered', 'sealed', 'wake', '', PRICE + 1_000])
    expect(run(...offered, { at: START, type: 'releaseAsked' }).purchase.phase).toMatchObject({ name: 'opening', asked: false })
    expect(lookAt(run(...offered, tick(EXPIRES * 1_000)).purchase)).toMatchObject({ state: 'expired', standing: {} })
    expect(lookAt(run(...offered, stop).purchase)).toMatchObject({ state: 'stopped', standing: {} })
    expect(run(...TO_SEALED, { at: START, type: 'releaseAsked' }).purchase.phase.name).toBe('sealed')
  })

  it('stopped pays nothing that was not asked for yet; what was on its way is opened all the same', () => {
    for (const messages of [TO_SEALED.slice(0, 1), TO_SEALED.slice(0, 3), TO_SEALED, [...TO_SEALED, invoiceIn(HASH, PRICE)]]) expect(lookAt(run(...messages, stop).purchase)).toMatchObject({ state: 'stopped', standing: {}, pendingMsat: 0 })
    expect(lookAt(run(...DEPOSITED, stop).purchase)).toMatchObject({ state: 'stopped', standing: { wallet: -2_000, spent: 2_000 } })
    expect(run(...TO_OPENING, stop, settled).purchase.phase).toMatchObject({ name: 'unsealing', preimage: SECRET })
    expect(run(...DEPOSITED.slice(0, 4), stop, ...DEPOSITED.slice(4)).purchase.phase).toMatchObject({ name: 'closing', outcome: 'stopped' })
  })

  it('waits as long as an answer may take, and then no longer; a deposit is owed for a day', () => {
    expect(run(asked(), sentRequest, tick(START + 179_999)).purchase.phase.name).toBe('asking')
    expect(lookAt(run(asked(), sentRequest, tick(START + 180_000)).purchase)).toMatchObject({ state: 'expired', note: expect.stringContaining('may be away') })
    expect(note(...TO_SEALED.slice(0, 3), tick(START + 180_000))).toBe('The provider went silent. Nothing was paid.')
    expect(note(...TO_SEALED, tick(START + 180_000))).toBe('The sealed answer came, and no invoice that opens it.')
    const overdue = [...DEPOSITED, tick(START + 180_000)]
    expect(lookAt(run(...overdue).purchase)).toMatchObject({ state: 'owed', owedMsat: 2_000, standing: { owedToUs: 2_000 } })
    expect(lookAt(run(...overdue, tick(START + 180_000 + OVERDUE_WINDOW_MS)).purchase)).toMatchObject({ state: 'failed', standing: { lost: 2_000 } })
    expect(run(...overdue, sealedIn({ amountMsat: sats(8) })).purchase.phase.name).toBe('sealed')
  })

  it('hears its provider alone, and no answer but a sealed one', () => {
    const strange: readonly PurchaseMessage[] = [
      { ...sealedIn(), from: 'f'.repeat(64) } as PurchaseMessage,
      { at: START, type: 'resultReceived', from: PROVIDER, eventId: 'r', raw: '', text: 'Here it is.', usage: null, receipt: null, isOpen: false },
      { at: START, type: 'opened', text: ok('Said by nobody.') },
      { at: START, type: 'releaseAsked' },
      settled,
    ]
    expect(run(...TO_SEALED.slice(0, 3), ...strange).events).toEqual(run(...TO_SEALED.slice(0, 3)).events)
    expect(run(...TO_SEALED, sealedIn({ paymentHash: 'f'.repeat(64) }), { at: START, type: 'textReceived', from: PROVIDER, text: ' more' }).purchase).toEqual(run(...TO_SEALED).purchase)
    expect(lookAt(run(asked(), sentRequest, { at: START, type: 'refusalReceived', from: PROVIDER, eventId: 'r', reason: 'Pay first.' }).purchase)).toMatchObject({ state: 'refused', final: true, note: 'The provider refused: Pay first.' })
    expect(run(...TO_OPENING, { at: START, type: 'opened', text: fail('x', 'Said by nobody.') }).events).toEqual(run(...TO_OPENING).events)
  })
})
