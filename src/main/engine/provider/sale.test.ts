import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { msat } from '#shared/market/msat.ts'
import { replay } from '../machine.ts'
import type { Invoice } from '../wallet/wallet.ts'
import { outgoingOf, saleMachine, type Sale, type SaleEffect, type SaleEvent, type SaleMessage, type SaleRequest } from './sale.ts'
import { describeSale, saleTimeline } from './saleView.ts'
import { CLOCK_DOUBT_MS, EXPIRY_GRACE_MS } from './settlement/invoicePatience.ts'

const START = 1_700_000_000_000
const PRICE = msat(10_000)
const delivery = { eventId: 'e'.repeat(64), raw: '{}', verdicts: [] }
const request: SaleRequest = {
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
}
const invoice: Invoice = {
  bolt11: 'lnbcrt100n1…',
  paymentHash: 'a'.repeat(64),
  amountMsat: PRICE,
  network: 'regtest',
  createdAt: START / 1_000,
  expiresAt: START / 1_000 + 600,
  description: '',
}
const EXPIRED = invoice.expiresAt * 1_000 + EXPIRY_GRACE_MS
const generated = { text: '4', usage: null, stoppedBy: 'end' as const }
const problem = { code: 'backend-failed', message: 'It broke.' }

/** One example of every message, so that the table below is every message in every state. */
const MESSAGES = {
  requested: { at: START, type: 'requested', request, refusal: null },
  requestedAndRefused: { at: START, type: 'requested', request, refusal: 'Too long.' },
  invoiceMade: { at: START, type: 'invoiceMade', invoice },
  invoiceFailed: { at: START, type: 'invoiceFailed', problem },
  invoiceSent: { at: START, type: 'sent', what: 'invoice', delivery },
  resultSent: { at: START, type: 'sent', what: 'result', delivery },
  refusalSent: { at: START, type: 'sent', what: 'refusal', delivery },
  troubleSent: { at: START, type: 'sent', what: 'trouble', delivery },
  paymentSeen: { at: START, type: 'paymentSeen', settledMsat: PRICE },
  underpaid: { at: START, type: 'paymentSeen', settledMsat: msat(9_999) },
  paymentClaimed: { at: START, type: 'paymentClaimed', eventId: 'f'.repeat(64) },
  workBegun: { at: START, type: 'workBegun', attempt: 1 },
  generated: { at: START, type: 'generated', generated },
  workFailed: { at: START, type: 'workFailed', problem },
  customerCancelled: { at: START, type: 'customerCancelled', eventId: 'f'.repeat(64) },
  sellerCancelled: { at: START, type: 'sellerCancelled' },
  retryAsked: { at: START, type: 'retryAsked' },
  writtenOff: { at: START, type: 'writtenOff', note: 'Paid back in cash.' },
  early: { at: START, type: 'tick' },
  late: { at: EXPIRED, type: 'tick' },
  missing: { at: EXPIRED, type: 'paymentMissing', isClosed: true },
  missingAndOpen: { at: EXPIRED, type: 'paymentMissing', isClosed: false },
} as const satisfies Record<string, SaleMessage>
type MessageName = keyof typeof MESSAGES

function tell(sale: Sale, ...names: MessageName[]): Sale {
  return names.reduce((state, name) => replayFrom(state, saleMachine.decide(state, MESSAGES[name])), sale)
}
function replayFrom(sale: Sale, events: readonly SaleEvent[]): Sale {
  return events.reduce((state, event) => saleMachine.evolve(state, event), sale)
}

const working = tell(saleMachine.initial, 'requested', 'invoiceMade', 'invoiceSent', 'paymentSeen')
const STATES = {
  none: saleMachine.initial,
  refusing: tell(saleMachine.initial, 'requestedAndRefused'),
  quoting: tell(saleMachine.initial, 'requested'),
  offering: tell(saleMachine.initial, 'requested', 'invoiceMade'),
  waiting: tell(saleMachine.initial, 'requested', 'invoiceMade', 'invoiceSent'),
  withdrawn: tell(saleMachine.initial, 'requested', 'invoiceMade', 'invoiceSent', 'customerCancelled'),
  working,
  stopping: tell(working, 'customerCancelled'),
  owed: tell(working, 'sellerCancelled'),
  owedAndTold: tell(working, 'sellerCancelled', 'troubleSent'),
  delivering: tell(working, 'generated'),
  delivered: tell(working, 'generated', 'resultSent'),
  closed: tell(saleMachine.initial, 'requestedAndRefused', 'refusalSent'),
}

/** Every message that does anything, in every state; whatever is not named here must do nothing. */
const TABLE: Record<keyof typeof STATES, Partial<Record<MessageName, readonly SaleEvent['type'][]>>> = {
  none: { requested: ['requested'], requestedAndRefused: ['requested', 'refused'] },
  refusing: { refusalSent: ['sent'], late: ['closed'] },
  quoting: { invoiceMade: ['invoiced'], invoiceFailed: ['refused'], customerCancelled: ['closed'], sellerCancelled: ['refused'] },
  offering: { invoiceSent: ['sent'], paymentSeen: ['paid'], underpaid: ['paid', 'owed'], paymentClaimed: ['paymentClaimed'], customerCancelled: ['withdrawn'], sellerCancelled: ['withdrawn'], missing: ['closed'] },
  waiting: { paymentSeen: ['paid'], underpaid: ['paid', 'owed'], paymentClaimed: ['paymentClaimed'], customerCancelled: ['withdrawn'], sellerCancelled: ['withdrawn'], missing: ['closed'] },
  withdrawn: { paymentSeen: ['paid', 'owed'], underpaid: ['paid', 'owed'], missing: ['closed'] },
  working: { workBegun: ['workBegun'], generated: ['generated'], workFailed: ['owed'], customerCancelled: ['stopAsked'], sellerCancelled: ['owed'] },
  stopping: { generated: ['generated'] },
  owed: { troubleSent: ['sent'], retryAsked: ['retried'], writtenOff: ['closed'] },
  owedAndTold: { retryAsked: ['retried'], writtenOff: ['closed'] },
  delivering: { resultSent: ['sent'] },
  delivered: {},
  closed: {},
}

describe('a sale', () => {
  for (const [stateName, row] of Object.entries(TABLE)) {
    const sale = STATES[stateName as keyof typeof STATES]
    for (const messageName of Object.keys(MESSAGES) as MessageName[]) {
      const expected = row[messageName] ?? []
      it(`${stateName}: ${messageName} → ${expected.join(', ') || 'nothing'}`, () => {
        expect(saleMachine.decide(sale, MESSAGES[messageName]).map((event) => event.type)).toEqual(expected)
      })
    }
  }

  it('does not work before its own wallet shows the money, whatever the customer claims', () => {
    const claimed = tell(STATES.waiting, 'paymentClaimed', 'paymentClaimed')
    expect(saleMachine.due(claimed).map((effect) => effect.type)).toEqual(['watchPayment'])
  })

  it('records a claim once and dates nothing anew for it, however often it comes', () => {
    const claimed = tell(STATES.waiting, 'paymentClaimed')
    const again = { at: START + 5_000, type: 'paymentClaimed', eventId: '1'.repeat(64) } as const
    expect(saleMachine.decide(claimed, again)).toEqual([])
    expect(replayFrom(STATES.offering, saleMachine.decide(STATES.offering, again))).toMatchObject({ changedAt: START })
  })

  it('never withdraws an invoice before it is too late to pay it', () => {
    expect(saleMachine.decide(STATES.waiting, { at: EXPIRED - 1, type: 'paymentMissing', isClosed: true })).toEqual([])
  })

  it('takes no payment for missing that came while it was down, however late it looks', () => {
    const restartedAt = EXPIRED + 3_600_000
    expect(saleMachine.due(STATES.waiting).map((effect) => effect.type)).toEqual(['watchPayment'])
    expect(saleMachine.decide(STATES.waiting, { at: restartedAt, type: 'tick' })).toEqual([])
    expect(saleMachine.decide(STATES.waiting, { at: restartedAt, type: 'paymentSeen', settledMsat: PRICE })).toMatchObject([{ type: 'paid' }])
  })

  it('believes its wallet that the invoice is still open before its own clock, for a quarter of an hour', () => {
    const missing = (at: number) => saleMachine.decide(STATES.waiting, { at, type: 'paymentMissing', isClosed: false })
    expect(missing(EXPIRED + CLOCK_DOUBT_MS - 1)).toEqual([])
    expect(missing(EXPIRED + CLOCK_DOUBT_MS)).toMatchObject([{ type: 'closed', outcome: 'expired' }])
  })

  it('tries a failed run again twice soon, then keeps it as a debt that it retries', () => {
    let sale = working
    for (const attempt of [1, 2]) {
      sale = replayFrom(sale, saleMachine.decide(sale, { at: START, type: 'workBegun', attempt }))
      sale = replayFrom(sale, saleMachine.decide(sale, { at: START, type: 'workFailed', problem }))
      expect(describeSale(request.jobId, sale).row.state).toBe('working')
    }
    sale = replayFrom(sale, saleMachine.decide(sale, { at: START, type: 'workBegun', attempt: 3 }))
    sale = replayFrom(sale, saleMachine.decide(sale, { at: START, type: 'workFailed', problem }))
    expect(describeSale(request.jobId, sale).row).toMatchObject({ state: 'owed', final: false, movedMsat: PRICE })
    const retried = replayFrom(sale, saleMachine.decide(sale, { at: START + 5 * 60_000, type: 'tick' }))
    expect(saleMachine.due(retried)).toMatchObject([{ type: 'work', attempt: 4 }])
  })

  it('tells the customer of a failed run nothing in the backend’s words, and the seller everything', () => {
    const words = 'Ollama is not answering at gpu.lan:11434.'
    const fail = (sale: Sale, attempt: number): Sale => {
      const begun = replayFrom(sale, saleMachine.decide(sale, { at: START, type: 'workBegun', attempt }))
      return replayFrom(begun, saleMachine.decide(begun, { at: START, type: 'workFailed', problem: { code: 'backend-unreachable', message: words } }))
    }
    const [owed, given] = [fail(working, 3), fail(working, 15)]
    if (!owed.begun || !given.begun) throw new Error('not begun')
    expect([reasonTold(owed, 'trouble'), reasonTold(given, 'trouble')]).toEqual([expect.stringContaining('tried again'), expect.stringContaining('still owed')])
    expect(reasonTold(owed, 'trouble') + reasonTold(given, 'trouble')).not.toContain('gpu')
    expect(describeSale(request.jobId, owed).row.note).toBe(words)
    const refusing = STATES.refusing
    expect(reasonTold(refusing, 'refusal')).toBe('Too long.')
  })

  it('takes up a debt that was stored before its customer had a reason of its own', () => {
    const stored: SaleEvent = { at: START, type: 'owed', reason: 'Ollama is not answering at gpu.lan:11434.', retryAt: null }
    const owed = replayFrom(working, [stored])
    expect(owed).toMatchObject({ phase: { name: 'owed', reason: stored.reason } })
    expect(reasonTold(owed, 'trouble')).toBe('The seller could not answer yet.')
  })

  it('tells whoever asks nothing of what the wallet said when there is no invoice', () => {
    const refusals = collectEvents(['requested', 'invoiceFailed']).filter((event) => event.type === 'refused')
    expect(refusals).toMatchObject([{ reason: expect.stringContaining('could not make an invoice') }])
    expect(JSON.stringify(refusals)).not.toContain(problem.message)
  })

  it('shows every state as a job that pages understand, and every event as a line', () => {
    for (const sale of Object.values(STATES)) {
      if (sale.begun) expect(describeSale(request.jobId, sale).row.jobId).toBe(request.jobId)
    }
    const events = collectEvents(['requested', 'invoiceMade', 'invoiceSent', 'paymentClaimed', 'paymentSeen', 'workBegun', 'generated', 'resultSent'])
    expect(saleTimeline(events).map((entry) => entry.title)).toEqual([
      'Request received', 'Invoice made', 'Invoice sent', 'Payment announced', 'Paid', 'Work began', 'Answer made', 'Result delivered',
    ])
  })

  const anyMessages = fc.array(fc.constantFrom(...(Object.keys(MESSAGES) as MessageName[])), { maxLength: 60 })

  it('holds over any messages in any order: work only after payment, one payment, ends are ends, money kept', () => {
    fc.assert(
      fc.property(anyMessages, (names) => {
        let sale: Sale = saleMachine.initial
        let paid = 0
        for (const name of names) {
          const before = sale
          const events = saleMachine.decide(sale, MESSAGES[name])
          sale = replayFrom(sale, events)
          paid += events.filter((event) => event.type === 'paid').length
          if (events.some((event) => event.type === 'workBegun')) expect(paid).toBe(1)
          // Money that comes after all is owed.
          if (before.begun && isEnded(before)) expect(events.length === 0 || (before.phase.name === 'closed' && events.map(({ type }) => type).join() === 'paid,owed')).toBe(true)
          if (saleMachine.due(sale).some((effect) => effect.type === 'work')) expect(paid).toBe(1)
          if (sale.begun && paid === 1) expect(describeSale(request.jobId, sale).row.movedMsat).toBeGreaterThan(0)
          if (sale.begun && sale.phase.name === 'closed' && paid === 1) expect(sale.phase.outcome).toBe('written-off')
        }
        expect(paid).toBeLessThanOrEqual(1)
      }),
      { numRuns: 2_000 },
    )
  })

  it('is rebuilt from its journal alone', () => {
    fc.assert(
      fc.property(anyMessages, (names) => {
        const events = collectEvents(names)
        const rebuilt = replay(saleMachine, structuredClone(events))
        expect(rebuilt).toEqual(tell(saleMachine.initial, ...names))
      }),
      { numRuns: 500 },
    )
  })

  it('always ends when the world answers, from wherever it was left', () => {
    fc.assert(
      fc.property(anyMessages, fc.boolean(), fc.boolean(), (names, customerPays, backendWorks) => {
        let sale = tell(tell(saleMachine.initial, 'requested'), ...names)
        let at = EXPIRED
        for (let step = 0; step < 400 && !isEnded(sale); step++) {
          const effect = saleMachine.due(sale)[step % Math.max(1, saleMachine.due(sale).length)]
          at += 60_000
          const messages: SaleMessage[] = effect === undefined ? [{ at, type: 'writtenOff', note: 'settled by hand' }] : answer(effect, at, customerPays, backendWorks)
          for (const message of messages) sale = replayFrom(sale, saleMachine.decide(sale, message))
        }
        expect(isEnded(sale)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

function reasonTold(sale: Sale, what: 'refusal' | 'trouble'): string {
  const outgoing = sale.begun ? outgoingOf(sale, what) : null
  return outgoing !== null && 'reason' in outgoing ? outgoing.reason : ''
}

function collectEvents(names: readonly MessageName[]): SaleEvent[] {
  const events: SaleEvent[] = []
  let sale: Sale = saleMachine.initial
  for (const name of names) {
    const next = saleMachine.decide(sale, MESSAGES[name])
    events.push(...next)
    sale = replayFrom(sale, next)
  }
  return events
}

function isEnded(sale: Sale): boolean {
  return sale.begun && (sale.phase.name === 'delivered' || sale.phase.name === 'closed' || sale.phase.name === 'declined')
}

/** A world that answers everything that is due, for better or worse. */
function answer(effect: SaleEffect, at: number, customerPays: boolean, backendWorks: boolean): SaleMessage[] {
  switch (effect.type) {
    case 'makeInvoice':
      return [{ at, type: 'invoiceMade', invoice }]
    case 'send':
      return [{ at, type: 'sent', what: effect.what, delivery }]
    case 'watchPayment':
      return [customerPays ? { at, type: 'paymentSeen', settledMsat: PRICE } : { at, type: 'paymentMissing', isClosed: true }]
    case 'work':
      return [{ at, type: 'workBegun', attempt: effect.attempt }, backendWorks ? { at, type: 'generated', generated } : { at, type: 'workFailed', problem }]
    case 'collectPartial':
      return [{ at, type: 'generated', generated: { ...generated, stoppedBy: 'customer' } }]
    case 'wake':
      return [{ at, type: 'tick' }]
    case 'claim':
    case 'giveBack':
    case 'seal':
      throw new Error('of another settlement mode')
  }
}
