/** A customer that pays by the step against sellers that cheat: what each gets for nothing, in msat, and what the customer says of it. */
import { describe, expect, it } from 'vitest'
import { msat, sats, ZERO_MSAT, type Msat } from '#shared/market/msat.ts'
import { ok } from '#shared/market/result.ts'
import { mostAhead, mostForJob, priceOfStep, type Tariff } from '#shared/market/tariff.ts'
import { SPENDING_STOPPED, UNLIMITED, type SpendingContext } from '../../spending/judgeSpending.ts'
import { claimingPurchaseMachine, type AnyPurchaseMessage } from '../claimingPurchase.ts'
import { lookAt, type Purchase, type PurchaseRequest } from '../purchase.ts'
import { describePurchase } from '../purchaseView.ts'

const START = 1_700_000_000_000
const SELLER = 'b'.repeat(64)
const TARIFF: Tariff = { inputPer1kMsat: sats(1_000), outputPer1kMsat: sats(1_000) }
const [TICK, STEP, PROMPT] = [300, 200, 4] as const
const USUAL: PurchaseRequest = {
  jobId: 'job_0011223344556677', event: { id: '0'.repeat(64), pubkey: 'c'.repeat(64), created_at: START / 1_000, kind: 5_050, tags: [], content: '', sig: '0'.repeat(128) },
  provider: SELLER, providerName: 'Somebody', model: 'm', dialect: 'souk/1', route: {}, privacy: 'private', prompt: 'x', maxTokens: 2_000, network: 'regtest', quotedMsat: sats(5_000), budgetMsat: sats(5_000),
  settlement: { name: 'metered', ...TARIFF, promptTokens: PROMPT, tickTokens: TICK }, invoiceTimeoutMs: 20_000, answerTimeoutMs: 180_000,
}
/** Text of so many tokens of one byte, no part of which repeats another. */
const answer = (from: number, tokens: number) => Array.from({ length: tokens }, (_, index) => String.fromCharCode(33 + ((Math.imul(from + index + 1, 2_654_435_761) >>> 7) % 94))).join('')

/** A customer that pays at once whatever it accepts, and the seller that a test plays. */
function openBuyer(request: PurchaseRequest = USUAL) {
  let at = START
  let purchase: Purchase = claimingPurchaseMachine.initial
  let invoices = 0
  const reasons: string[] = []
  const tell = (message: AnyPurchaseMessage) => {
    const events = claimingPurchaseMachine.decide(purchase, message)
    purchase = events.reduce((state, event) => claimingPurchaseMachine.evolve(state, event), purchase)
    for (const event of events) if (event.type === 'invoiceRefused' || event.type === 'overdue') reasons.push(event.reason)
    return events.map(({ type }) => type)
  }
  const look = () => {
    if (!purchase.begun) throw new Error('not asked')
    describePurchase(USUAL.jobId, purchase)
    return lookAt(purchase)
  }
  tell({ at, type: 'asked', request })
  tell({ at, type: 'sent', what: 'request', delivery: { eventId: 'f'.repeat(64), raw: '{}', verdicts: [] } })

  const offer = (claim: { index: number; promptTokens?: number; outputTokens?: number }, amountMsat: Msat, context: Partial<SpendingContext> = {}, hash = invoices++, description = '') => {
    const paymentHash = String(hash).padStart(64, '0')
    const invoice = { bolt11: `ln${paymentHash}`, paymentHash, amountMsat, network: 'regtest' as const, expiresAt: at / 1_000 + 180, description }
    const step = { promptTokens: claim.index === 0 ? PROMPT : 0, outputTokens: STEP, ...claim }
    return tell({ at, type: 'invoiceReceived', from: SELLER, eventId: 'f'.repeat(64), raw: '{}', invoice: ok(invoice), context: { ...UNLIMITED, maxFeePermille: 10, ...context }, index: step.index, step })
  }
  const pay = () => {
    for (const effect of claimingPurchaseMachine.due(purchase)) {
      if (effect.type !== 'pay') continue
      const { paymentHash } = effect.intent
      tell({ at, type: 'payAsked', paymentHash })
      tell({ at, type: 'payAnswered', paymentHash, outcome: { state: 'settled', preimage: '1'.repeat(64), feeMsat: ZERO_MSAT } })
    }
  }
  /** Asks for the next step as agreed, and is paid if the customer wants to. */
  const ask = (index: number) => {
    const before = { promptTokens: index === 0 ? 0 : PROMPT, outputTokens: STEP * index, paidMsat: look().paidMsat }
    const said = offer({ index }, priceOfStep(TARIFF, before, { promptTokens: index === 0 ? PROMPT : 0, outputTokens: STEP }))
    pay()
    return said
  }
  const stream = (text: string) => tell({ at, type: 'textReceived', from: SELLER, text })
  const wait = (ms: number) => {
    at += ms
    return tell({ at, type: 'tick', clockProblem: null })
  }
  const due = () => claimingPurchaseMachine.due(purchase).map(({ type }) => type)
  return { ask, offer, pay, stream, wait, tell, look, due, reasons, now: () => at }
}

type Buyer = ReturnType<typeof openBuyer>

/** Delivers almost three steps as agreed, with three paid. Returns how many tokens were delivered. */
function behave(buyer: Buyer): number {
  buyer.ask(0)
  buyer.stream(answer(0, 150))
  buyer.ask(1)
  buyer.stream(answer(150, 200))
  buyer.ask(2)
  buyer.stream(answer(350, 200))
  return 550
}

/** What it got beyond what it delivered, the prompt's own tokens included. */
const gained = (buyer: Buyer, deliveredTokens: number) => buyer.look().paidMsat - sats(deliveredTokens + (deliveredTokens > 0 ? PROMPT : 0))

const MOST = mostAhead(TARIFF, PROMPT, TICK)

describe('a seller that cheats gets at most one tick for nothing, and is told why it gets no more', () => {
  const cheats: readonly (readonly [string, (buyer: Buyer) => number, RegExp])[] = [
    ['stalls at once', (buyer) => (buyer.ask(0), buyer.ask(1), buyer.wait(180_000), 0), /went silent/],
    ['stalls later', (buyer) => { const done = behave(buyer); buyer.ask(3); buyer.ask(4); buyer.wait(180_000); return done }, /went silent/],
    ['pads with spaces', (buyer) => { const done = behave(buyer); buyer.ask(3); buyer.stream(' \n'.repeat(500)); buyer.ask(4); return done }, /nothing but white space/],
    ['pads with spaces behind a word', (buyer) => { const done = behave(buyer); buyer.ask(3); buyer.stream(`word${' '.repeat(1_000)}`); buyer.ask(4); buyer.wait(180_000); return done }, /went silent/],
    ['pads with one letter', (buyer) => { const done = behave(buyer); buyer.ask(3); buyer.stream('a'.repeat(500)); buyer.ask(4); return done }, /the same again and again/],
    ['pads with a phrase', (buyer) => { const done = behave(buyer); buyer.ask(3); buyer.stream('Please wait a moment. '.repeat(50)); buyer.ask(4); return done }, /the same again and again/],
    ['repeats the step before', (buyer) => { const done = behave(buyer); buyer.ask(3); buyer.stream(answer(150, 200)); buyer.ask(4); return done }, /repeats what it sent before/],
    ['repeats half of what it sent', (buyer) => { const done = behave(buyer); buyer.ask(3); buyer.stream(answer(200, 250)); buyer.ask(4); return done }, /repeats what it sent before/],
    ['claims more tokens than there are bytes', (buyer) => { const done = behave(buyer); buyer.ask(3); buyer.stream(answer(550, 100)); buyer.ask(4); buyer.wait(180_000); return done + 100 }, /went silent/],
    ['asks for a later payment', (buyer) => { const done = behave(buyer); buyer.ask(4); return done }, /number 5 when it is number 4/],
    ['asks for the same payment twice', (buyer) => { const done = behave(buyer); buyer.ask(2); return done }, /number 3 when it is number 4/],
    ['asks more for a step', (buyer) => { const done = behave(buyer); buyer.offer({ index: 3 }, sats(STEP + 1)); buyer.pay(); return done }, /asks 201 sats for what costs 200/],
    ['asks for longer steps than agreed', (buyer) => (buyer.offer({ index: 0, outputTokens: STEP + 1 }, sats(STEP + 1 + PROMPT)), buyer.pay(), 0), /more at a time than was agreed/],
    ['makes the steps longer later', (buyer) => { const done = behave(buyer); buyer.offer({ index: 3, outputTokens: STEP - 1 }, sats(STEP - 1)); buyer.pay(); return done }, /another number of tokens/],
    ['asks for steps of one token', (buyer) => (buyer.offer({ index: 0, outputTokens: 1 }, sats(1 + PROMPT)), buyer.pay(), 0), /fewer tokens than are worth a payment/],
    ['counts more of the question', (buyer) => (buyer.offer({ index: 0, promptTokens: PROMPT + 1 }, sats(STEP + PROMPT + 1)), buyer.pay(), 0), /more tokens of your question/],
    ['charges for the question again', (buyer) => { const done = behave(buyer); buyer.offer({ index: 3, promptTokens: 1 }, sats(STEP + 1)); buyer.pay(); return done }, /more tokens of your question/],
    ['asks with the invoice of another job', (buyer) => { const done = behave(buyer); buyer.offer({ index: 3 }, sats(STEP), {}, 99, 'Souk job_7766554433221100'); buyer.pay(); return done }, /for another job/],
    ['asks for a used invoice', (buyer) => { const done = behave(buyer); buyer.offer({ index: 3 }, sats(STEP), { hashIsKnown: true }); buyer.pay(); return done }, /used before/],
  ]

  it.each(cheats)('%s', (_, cheat, words) => {
    const buyer = openBuyer()
    const delivered = cheat(buyer)
    const gain = gained(buyer, delivered)
    expect(gain).toBeLessThanOrEqual(MOST)
    expect(buyer.reasons.join(' ')).toMatch(words)
    // It gets nothing more, whatever it does.
    buyer.stream(answer(10_000, 400))
    buyer.ask(4)
    buyer.ask(5)
    expect(gained(buyer, delivered)).toBe(gain)
    expect(['failed', 'owed', 'refused']).toContain(buyer.look().state)
  })

  it('of which a step is worth less than the sat that it costs has two of them ahead, as was said', () => {
    const cheap: Tariff = { inputPer1kMsat: ZERO_MSAT, outputPer1kMsat: sats(1) }
    const buyer = openBuyer({ ...USUAL, settlement: { name: 'metered', ...cheap, promptTokens: PROMPT, tickTokens: TICK } })
    for (const index of [0, 1]) {
      buyer.offer({ index }, sats(1))
      buyer.pay()
      if (index === 0) buyer.stream(answer(0, 100))
    }
    buyer.wait(180_000)
    expect(buyer.look()).toMatchObject({ state: 'owed', paidMsat: sats(2) })
    // Half of the first step has come, which cost half a sat.
    expect(buyer.look().paidMsat - 500).toBeLessThanOrEqual(mostAhead(cheap, PROMPT, TICK))
  })

  it('asks for the second payment before anything was delivered: it waits for the text', () => {
    const buyer = openBuyer()
    buyer.ask(0)
    expect(buyer.ask(1)).toEqual([])
    expect(gained(buyer, 0)).toBe(sats(STEP + PROMPT))
    buyer.stream(answer(0, 99))
    expect(buyer.ask(1)).toEqual([])
    buyer.stream('!')
    expect(buyer.ask(1)).toEqual(['invoiceAccepted'])
  })
})

describe('a seller that asks for the smallest steps that there may be', () => {
  const LEAST = 10
  const CHEAP: Tariff = { inputPer1kMsat: ZERO_MSAT, outputPer1kMsat: sats(10) }

  /** Asks so often for the next step, and hands over a piece of text each time; returns what the customer has paid. */
  function sell(buyer: Buyer, times: number, textOf: (time: number) => string, tariff: Tariff = TARIFF): Msat {
    for (let time = 0; time < times; time++) {
      const { paidMsat, metered } = buyer.look()
      const index = metered?.payments ?? 0
      const promptTokens = index === 0 ? PROMPT : 0
      buyer.offer({ index, outputTokens: LEAST }, priceOfStep(tariff, { promptTokens: PROMPT - promptTokens, outputTokens: LEAST * index, paidMsat }, { promptTokens, outputTokens: LEAST }))
      buyer.pay()
      buyer.stream(textOf(time))
    }
    return buyer.look().paidMsat
  }

  const phrase = 'Please wait a moment. '.repeat(200)
  it.each<readonly [string, (time: number) => string, RegExp]>([
    ['pads with one letter', (time) => (time < 50 ? answer(time * LEAST, LEAST) : 'a'.repeat(LEAST)), /the same again and again/],
    ['pads with a phrase', (time) => (time < 50 ? answer(time * LEAST, LEAST) : phrase.slice((time - 50) * LEAST, (time - 49) * LEAST)), /again and again|sent before/],
    ['repeats what it sent before', (time) => answer((time % 50) * LEAST, LEAST), /repeats what it sent before/],
  ])('and %s has no more for it than one that asks for usual ones', (_, textOf, words) => {
    const buyer = openBuyer()
    expect(sell(buyer, 150, textOf) - sats(50 * LEAST + PROMPT)).toBeLessThanOrEqual(MOST)
    expect(buyer.reasons.join(' ')).toMatch(words)
  })

  it('and writes an answer is paid to its end', () => {
    expect(sell(openBuyer(), 150, (time) => answer(time * LEAST, LEAST))).toBe(sats(150 * LEAST + PROMPT))
  })

  it('of which none is worth a sat has no more for all of them than was said before the question went out', () => {
    const quotedMsat = mostForJob(CHEAP, PROMPT, USUAL.maxTokens, TICK)
    const buyer = openBuyer({ ...USUAL, quotedMsat, settlement: { name: 'metered', ...CHEAP, promptTokens: PROMPT, tickTokens: TICK } })
    expect(quotedMsat).toBe(sats(20))
    expect(sell(buyer, 200, (time) => answer(time * LEAST, LEAST), CHEAP)).toBe(quotedMsat)
    expect(buyer.look()).toMatchObject({ state: 'stopped' })
  })
})

describe('a customer that pays by the step', () => {
  it('takes the same invoice from another relay, or again after a restart, for what it is', () => {
    const buyer = openBuyer()
    behave(buyer)
    expect(buyer.offer({ index: 1 }, sats(STEP), {}, 1)).toEqual([])
    expect(buyer.look()).toMatchObject({ state: 'working', paidMsat: sats(3 * STEP + PROMPT) })
  })

  it.each([
    ['the kill switch', { isStopped: true }, SPENDING_STOPPED],
    ['the limit of a day', { perDayMsat: sats(700), settledTodayMsat: sats(604) }, 'your limit is 700'],
    ['the limit of a job', { perJobMsat: sats(700), sameJobMsat: sats(604) }, 'your limit per job is 700'],
  ])('stops at %s without blaming the seller, and takes what it paid for', (_, context, words) => {
    const buyer = openBuyer()
    behave(buyer)
    buyer.stream(answer(550, 20))
    buyer.offer({ index: 3 }, sats(STEP), context)
    expect(buyer.look()).toMatchObject({ state: 'stopped', paidMsat: sats(3 * STEP + PROMPT) })
    expect(buyer.reasons.join(' ')).toContain(words)
    buyer.tell({ at: buyer.now(), type: 'resultReceived', from: SELLER, eventId: 'f'.repeat(64), raw: '{}', text: answer(0, 570), usage: { promptTokens: PROMPT, outputTokens: 570, durationMs: 1 }, receipt: null, isOpen: false })
    expect(buyer.look()).toMatchObject({ state: 'stopped', final: true, owedMsat: sats(30), standing: { wallet: -604_000, spent: sats(574), owedToUs: sats(30) } })
  })

  it('charges itself for the bytes of an answer at the most, whatever its provider counts', () => {
    const buyer = openBuyer()
    behave(buyer)
    buyer.tell({ at: buyer.now(), type: 'resultReceived', from: SELLER, eventId: 'f'.repeat(64), raw: '{}', text: answer(0, 510), usage: { promptTokens: 1_000, outputTokens: 600, durationMs: 1 }, receipt: null, isOpen: false })
    expect(buyer.look()).toMatchObject({ state: 'done', owedMsat: sats(90) })
  })

  it('shows that the seller waits, and what for, until the text goes on', () => {
    const buyer = openBuyer()
    behave(buyer)
    const pause: AnyPurchaseMessage = { at: buyer.now(), type: 'refusalReceived', from: SELLER, eventId: 'f'.repeat(64), reason: 'Paused until the payment number 4 arrives.', isPause: true }
    expect([buyer.tell(pause), buyer.look().state, buyer.look().note]).toEqual([['paused'], 'paused', 'Paused until the payment number 4 arrives.'])
    expect([buyer.stream('more'), buyer.look().state]).toEqual([['resumed', 'textReceived'], 'working'])
  })

  it('counts as lost what was paid and not delivered, once nobody waits for it, and believes its wallet late', () => {
    const buyer = openBuyer()
    buyer.ask(0)
    buyer.wait(180_000)
    expect(buyer.look()).toMatchObject({ state: 'owed', owedMsat: sats(204), standing: { wallet: -204_000, owedToUs: sats(204) } })
    buyer.wait(24 * 3_600_000)
    expect(buyer.look()).toMatchObject({ state: 'failed', final: true, owedMsat: 0, standing: { wallet: -204_000, lost: sats(204) } })

    const late = openBuyer()
    behave(late)
    late.stream(answer(550, 20))
    late.offer({ index: 3 }, sats(STEP))
    const paymentHash = '3'.padStart(64, '0')
    late.tell({ at: START, type: 'payAsked', paymentHash })
    late.tell({ at: START, type: 'payAnswered', paymentHash, outcome: { state: 'failed', problem: { code: 'payment-failed', message: 'No route.' } } })
    expect(late.look()).toMatchObject({ refused: { paymentHash }, paidMsat: sats(604) })
    late.tell({ at: START, type: 'paymentLookedUp', paymentHash, payment: { direction: 'outgoing', paymentHash, amountMsat: sats(200), feeMsat: msat(5), state: 'settled', description: '', bolt11: null, preimage: null, createdAt: 0, settledAt: 0, expiresAt: null, heldUntil: null } })
    expect(late.look()).toMatchObject({ refused: null, paidMsat: sats(804), feeMsat: 5 })
  })

  it('asks for what it is owed, once it waits no longer, and learns from the stored answer how much that is: over more, no seller pays', () => {
    const buyer = openBuyer()
    buyer.ask(0)
    buyer.stream(answer(0, 50))
    buyer.tell({ at: buyer.now(), type: 'stopAsked' })
    buyer.tell({ at: buyer.now(), type: 'sent', what: 'cancel', delivery: { eventId: 'f'.repeat(64), raw: '{}', verdicts: [] } })
    buyer.tell({ at: buyer.now(), type: 'stopAsked' })
    expect([buyer.look(), buyer.due()]).toMatchObject([{ final: true, claimableMsat: sats(PROMPT + STEP), owedMsat: 0 }, []])
    expect(buyer.tell({ at: buyer.now(), type: 'claimWanted' })).toEqual(['claimBegun'])
    expect(buyer.due()).toEqual(['listen', 'makeClaim'])
    buyer.tell({ at: buyer.now(), type: 'resultReceived', from: SELLER, eventId: 'f'.repeat(64), raw: '{}', text: answer(0, 60), usage: { promptTokens: PROMPT, outputTokens: 60, durationMs: 0 }, receipt: null, isOpen: false })
    expect(buyer.due()).toEqual(['makeClaim'])
    expect(buyer.look()).toMatchObject({ state: 'stopped', owedMsat: sats(STEP - 60), standing: { owedToUs: sats(STEP - 60) } })
    const invoice = { bolt11: 'lnbcrt1', paymentHash: 'e'.repeat(64), amountMsat: sats(PROMPT + STEP), network: 'regtest' as const, createdAt: buyer.now() / 1_000, expiresAt: buyer.now() / 1_000 + 3_600, description: '' }
    buyer.tell({ at: buyer.now(), type: 'claimInvoiced', invoice })
    buyer.wait(2 * 3_600_000)
    expect(buyer.tell({ at: buyer.now(), type: 'claimMissing', paymentHash: invoice.paymentHash })).toEqual(['claimOver'])
    expect(buyer.look()).toMatchObject({ final: true, claimableMsat: sats(STEP - 60) })
  })
})
