import { describe, expect, it } from 'vitest'
import { ACCOUNTS, isBalanced } from '#shared/market/books.ts'
import { msat, sats } from '#shared/market/msat.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { replay } from '../../machine.ts'
import { sealAnswer } from '../../sealing/seal.ts'
import type { Invoice } from '../../wallet/wallet.ts'
import { lookAt, outgoingOf, saleMachine, type BegunSale, type Sale, type SaleEvent, type SaleMessage } from '../sale.ts'
import { describeSale, saleTimeline } from '../saleView.ts'
import { CLOCK_DOUBT_MS, EXPIRY_GRACE_MS } from './invoicePatience.ts'

const START = 1_700_000_000_000
const SECRET = '0a'.repeat(32)
const HASH = hashOf(SECRET)
const DEPOSIT_HASH = 'd'.repeat(64)
const PRICE = sats(10)
const TEXT = 'All of this is the answer, and nobody reads its end without paying for it.'
const delivery = { eventId: 'e'.repeat(64), raw: '{}', verdicts: [] }
const problem = { code: 'backend-failed', message: 'CUDA out of memory on host-7' }

const invoiceOn = (paymentHash: string, amountMsat: number): Invoice => ({ bolt11: `ln${paymentHash}`, paymentHash, amountMsat: msat(amountMsat), network: 'regtest', createdAt: START / 1_000, expiresAt: START / 1_000 + 600, description: '' })
const EXPIRED = START + 600_000 + EXPIRY_GRACE_MS

function requested(depositMsat: number): SaleMessage {
  const settlement = { name: 'sealed', paymentHash: HASH, previewPermille: 300, depositMsat: msat(depositMsat), holdSecs: 180 } as const
  return { at: START, type: 'requested', refusal: null, request: { jobId: 'job_0123456789abcdef', requestId: '0'.repeat(64), customer: 'c'.repeat(64), dialect: 'souk/1', route: null, privacy: 'private', prompt: 'x', model: 'm', maxTokens: 9, sampling: {}, priceMsat: PRICE, settlement } }
}

const opening = (depositMsat: number) => invoiceOn(HASH, PRICE - depositMsat)
const deposited = invoiceOn(DEPOSIT_HASH, sats(2))
const generated: SaleMessage = { at: START, type: 'generated', generated: { text: TEXT, usage: null, stoppedBy: 'end' } }
const sealedUp: SaleMessage = { at: START, type: 'sealed', ...sealAnswer(TEXT, 300, SECRET) }
const sent = (what: 'invoice' | 'sealed' | 'trouble'): SaleMessage => ({ at: START, type: 'sent', what, delivery })
const locked: SaleMessage = { at: START, type: 'lockSeen', paymentHash: HASH, amountMsat: PRICE, heldUntil: START + 180_000 }
const begun: SaleMessage = { at: START, type: 'workBegun', attempt: 1 }

/** How a job comes to each phase, without a deposit. */
const TO_WAITING: readonly SaleMessage[] = [requested(0), begun, generated, sealedUp, sent('sealed'), { at: START, type: 'invoiceMade', index: 0, invoice: opening(0) }, sent('invoice')]
const DEPOSIT: readonly SaleMessage[] = [requested(sats(2)), { at: START, type: 'invoiceMade', index: 0, invoice: deposited }, sent('invoice'), { at: START, type: 'paymentSeen', paymentHash: DEPOSIT_HASH, settledMsat: sats(2) }]

function run(...messages: readonly SaleMessage[]): { readonly sale: BegunSale; readonly events: readonly SaleEvent[] } {
  const events: SaleEvent[] = []
  let sale: Sale = saleMachine.initial
  for (const message of messages) {
    const decided = saleMachine.decide(sale, message)
    events.push(...decided)
    sale = decided.reduce((state, event) => saleMachine.evolve(state, event), sale)
  }
  expect(replay(saleMachine, events)).toEqual(sale)
  if (!sale.begun) throw new Error('it has not begun')
  return { sale, events }
}

/** Phase, state, what is due, what it means for our money, and what is on credit: who owes what. */
function table(...messages: readonly SaleMessage[]) {
  const { sale } = run(...messages)
  const { state, standing, creditMsat = 0, owedMsat } = lookAt(sale)
  expect(isBalanced(standing)).toBe(true)
  return [sale.phase.name, state, saleMachine.due(sale).map(({ key }) => key.replace(/:[0-9a-f]{64}|:\d{10,}/, '')).join(' '), ACCOUNTS.filter((account) => standing[account]).map((account) => `${account} ${standing[account]}`).join(', '), creditMsat, owedMsat]
}

describe('a sealed sale', () => {
  it('goes from request to opened, and stands so for our money in every phase', () => {
    const rows = [1, 2, 3, 4, 5, 6, 7].map((length) => table(...TO_WAITING.slice(0, length)))
    expect(rows).toEqual([
      ['working', 'queued', 'work', '', PRICE, 0],
      ['working', 'working', 'work', '', PRICE, 0],
      ['sealing', 'working', 'seal', '', PRICE, 0],
      ['delivering', 'working', 'send:sealed wake', '', PRICE, 0],
      ['invoicing', 'sealed', 'makeInvoice:0 wake', '', PRICE, 0],
      ['offering', 'sealed', 'send:invoice watch', '', PRICE, 0],
      ['waiting', 'sealed', 'watch', '', PRICE, 0],
    ])
    expect(table(...TO_WAITING, locked)).toEqual(['claiming', 'unlocking', 'claim', `lockedForUs ${PRICE}, promised ${0 - PRICE}`, 0, 0])
    expect(table(...TO_WAITING, locked, { at: START, type: 'paymentSeen', paymentHash: HASH, settledMsat: PRICE })).toEqual(['opened', 'done', '', `wallet ${PRICE}, earned ${0 - PRICE}`, 0, 0])
  })

  it('with a deposit owes it until the sealed answer is out, and has earned it then', () => {
    const rest = [begun, generated, sealedUp, sent('sealed'), { at: START, type: 'invoiceMade', index: 1, invoice: opening(sats(2)) }, sent('invoice')] as const
    const left = PRICE - sats(2)
    expect([1, 2, 3, 4].map((length) => table(...DEPOSIT.slice(0, length)))).toEqual([
      ['quotingDeposit', 'asking', 'makeInvoice:0', '', left, 0],
      ['offeringDeposit', 'invoiced', 'send:invoice watch', '', left, 0],
      ['awaitingDeposit', 'invoiced', 'watch', '', left, 0],
      ['working', 'queued', 'work', 'wallet 2000, owedByUs -2000', left, 2_000],
    ])
    expect(table(...DEPOSIT, ...rest.slice(0, 3))).toEqual(['delivering', 'working', 'send:sealed wake', 'wallet 2000, owedByUs -2000', left, 2_000])
    expect(table(...DEPOSIT, ...rest.slice(0, 4))).toEqual(['invoicing', 'sealed', 'makeInvoice:1 wake', 'wallet 2000, earned -2000', left, 0])
    const { sale } = run(...DEPOSIT, ...rest, { ...locked, amountMsat: msat(left) }, { at: START, type: 'paymentSeen', paymentHash: HASH, settledMsat: msat(left) })
    expect(describeSale('job_0123456789abcdef', sale)).toMatchObject({ row: { state: 'done', movedMsat: PRICE }, paymentHashes: [DEPOSIT_HASH, HASH], standing: { wallet: PRICE, earned: 0 - PRICE } })
  })

  it('hands over the beginning in the clear and the rest sealed, for what is left of the price', () => {
    const { sale } = run(...DEPOSIT, begun, generated, sealedUp)
    expect(outgoingOf(sale, 'sealed')).toMatchObject({ what: 'sealed', goods: { preview: TEXT.slice(0, 22), paymentHash: HASH, amountMsat: PRICE - sats(2), sealedBytes: 64 } })
    expect(outgoingOf(sale, 'invoice')).toBeNull()
    expect(outgoingOf(sale, 'result')).toBeNull()
  })

  it('never asks for its claim before the sealed answer is with a relay, whatever its wallet says', () => {
    for (let length = 1; length < TO_WAITING.length - 1; length++) {
      const { sale } = run(...TO_WAITING.slice(0, length), locked, { at: START, type: 'paymentSeen', paymentHash: HASH, settledMsat: PRICE })
      if (!TO_WAITING.slice(0, length).some((message) => message.type === 'invoiceMade')) expect(saleMachine.due(sale).some(({ type }) => type === 'claim')).toBe(false)
    }
    const { sale } = run(...TO_WAITING.slice(0, 5), { at: START, type: 'invoiceMade', index: 0, invoice: invoiceOn('f'.repeat(64), PRICE) })
    expect(sale.phase.name).toBe('invoicing') // On another hash: it is asked for again.
  })

  it('takes no notice of payments and locks on other hashes, and of the same one twice', () => {
    const other = 'f'.repeat(64)
    const strange: readonly SaleMessage[] = [
      { at: START, type: 'paymentSeen', paymentHash: other, settledMsat: PRICE },
      { at: START, type: 'lockSeen', paymentHash: other, amountMsat: PRICE, heldUntil: null },
      { at: START, type: 'lockReturned', paymentHash: other },
      { at: START, type: 'preimageReceived', eventId: 'x', paymentHash: HASH },
      { at: START, type: 'paymentClaimed', eventId: 'x' },
      { at: START, type: 'lockAnnounced', eventId: 'x', paymentHash: HASH, amountMsat: PRICE, expirySecs: 1_000 },
    ]
    expect(run(...TO_WAITING, ...strange).events).toEqual(run(...TO_WAITING).events)
    const paid: SaleMessage = { at: START, type: 'paymentSeen', paymentHash: HASH, settledMsat: PRICE }
    expect(run(...TO_WAITING, locked, locked, paid, paid, locked).events.map(({ type }) => type).slice(-2)).toEqual(['lockAccepted', 'paid'])
  })

  it('that is locked less than opening costs gives it back and is closed unpaid', () => {
    const less = { ...locked, amountMsat: msat(PRICE - 1) } as SaleMessage
    expect(table(...TO_WAITING, less)).toEqual(['withdrawing', 'sealed', 'giveBack', '', PRICE, 0])
    const { sale } = run(...TO_WAITING, less, { at: START, type: 'lockReturned', paymentHash: HASH })
    expect(lookAt(sale)).toMatchObject({ state: 'expired', final: true, creditMsat: PRICE, receivedMsat: 0 })
  })

  it('that is never opened, or whose lock went back, is on its customer’s account', () => {
    const missing = (at: number, isClosed: boolean): SaleMessage => ({ at, type: 'paymentMissing', paymentHash: HASH, isClosed })
    expect(run(...TO_WAITING, missing(EXPIRED - 1, true)).sale.phase.name).toBe('waiting')
    expect(run(...TO_WAITING, missing(EXPIRED, false)).sale.phase.name).toBe('waiting')
    for (const at of [missing(EXPIRED, true), missing(EXPIRED + CLOCK_DOUBT_MS, false)]) expect(lookAt(run(...TO_WAITING, at).sale)).toMatchObject({ state: 'expired', final: true, creditMsat: PRICE, sealed: { bytes: 64, openMsat: PRICE } })
    // A look may be behind: while we claim it, it is gone only once the lock is over.
    expect(run(...TO_WAITING, locked, { at: START, type: 'lockReturned', paymentHash: HASH }).sale.phase.name).toBe('claiming')
    expect(lookAt(run(...TO_WAITING, locked, { at: EXPIRED + CLOCK_DOUBT_MS, type: 'lockReturned', paymentHash: HASH }).sale)).toMatchObject({ state: 'returned', final: true, creditMsat: PRICE, standing: {} })
    // Locked, it waits for its wallet, however long that takes.
    expect(run(...TO_WAITING, locked, missing(EXPIRED + CLOCK_DOUBT_MS, true)).sale.phase.name).toBe('claiming')
  })

  it('that its customer stops delivers nothing more; what was begun is on account, a deposit is kept', () => {
    const stop: SaleMessage = { at: START, type: 'customerCancelled', eventId: 'c' }
    const after = (...messages: readonly SaleMessage[]) => {
      const { sale } = run(...messages, stop)
      const { state, final, creditMsat, standing } = lookAt(sale)
      return [sale.phase.name, state, final, creditMsat, standing]
    }
    expect(after(...DEPOSIT.slice(0, 1))).toEqual(['closed', 'stopped', true, 0, {}])
    expect(after(...DEPOSIT.slice(0, 3))).toEqual(['withdrawn', 'stopped', false, 0, {}])
    expect(after(...TO_WAITING.slice(0, 2))).toEqual(['closed', 'stopped', true, PRICE, {}])
    expect(after(...DEPOSIT)).toEqual(['closed', 'stopped', true, PRICE - sats(2), { wallet: 2_000, earned: -2_000 }])
    for (const length of [3, 4, 5]) expect(after(...TO_WAITING.slice(0, length))).toEqual(['closed', 'expired', true, PRICE, {}])
    for (const length of [6, 7]) expect(after(...TO_WAITING.slice(0, length))).toEqual(['withdrawing', 'sealed', false, PRICE, {}])
    expect(after(...TO_WAITING, locked)[0]).toBe('claiming')
    // The payment won against the cancel.
    expect(lookAt(run(...TO_WAITING, stop, { at: START, type: 'paymentSeen', paymentHash: HASH, settledMsat: PRICE }).sale)).toMatchObject({ state: 'done', receivedMsat: PRICE })
  })

  it('that its seller cancels is closed with a word, a deposit is owed; what is made is delivered', () => {
    const cancel: SaleMessage = { at: START, type: 'sellerCancelled' }
    expect(run(...DEPOSIT.slice(0, 1), cancel).sale.phase).toMatchObject({ name: 'refusing' })
    expect(table(...TO_WAITING.slice(0, 2), cancel)).toEqual(['failing', 'stopped', 'send:trouble wake', '', 0, 0])
    expect(lookAt(run(...TO_WAITING.slice(0, 2), cancel, sent('trouble')).sale)).toMatchObject({ state: 'stopped', final: true })
    expect(table(...DEPOSIT, cancel)).toEqual(['owed', 'owed', 'send:trouble', 'wallet 2000, owedByUs -2000', 0, 2_000])
    expect(run(...TO_WAITING, cancel).sale.phase.name).toBe('waiting')
  })

  it('whose model fails is tried again, then told of and closed; with a deposit that is owed until it is answered or written off', () => {
    const failed = (at: number): SaleMessage => ({ at, type: 'workFailed', problem })
    const attempt = (number: number): SaleMessage => ({ at: START, type: 'workBegun', attempt: number })
    const thrice = [attempt(1), failed(START), attempt(2), failed(START + 10_000), attempt(3), failed(START + 60_000)]
    const { sale, events } = run(requested(0), ...thrice)
    expect(sale.phase).toMatchObject({ name: 'failing', reason: problem.message })
    // The backend's words are the seller's alone.
    expect(outgoingOf(sale, 'trouble')).toEqual({ what: 'trouble', reason: 'The seller’s model does not answer. Nothing is left to pay.' })
    expect(saleTimeline(events).at(-1)).toMatchObject({ detail: problem.message })
    expect(lookAt(run(requested(0), ...thrice, { at: START + 120_000, type: 'tick' }).sale)).toMatchObject({ state: 'failed', final: true, creditMsat: 0 })
    const owed = [...DEPOSIT, ...thrice]
    expect(run(...owed).sale.phase).toMatchObject({ name: 'owed', told: false, delivered: null })
    expect(run(...owed, { at: START, type: 'retryAsked' }, attempt(4), generated).sale.phase.name).toBe('sealing')
    expect(lookAt(run(...owed, { at: START, type: 'writtenOff', note: 'Paid back by hand.' }).sale)).toMatchObject({ state: 'failed', final: true })
    const nothing: SaleMessage = { at: START, type: 'generated', generated: { text: '', usage: null, stoppedBy: 'end' } }
    expect(run(requested(0), begun, nothing).events.at(-1)).toMatchObject({ type: 'workFailed', reason: 'The model wrote nothing.' })
  })

  it('that no relay or wallet helps on is given up; a deposit is owed, and what was made is not made again', () => {
    const later: SaleMessage = { at: START + 3_600_000, type: 'tick' }
    for (const length of [4, 5]) expect(lookAt(run(...TO_WAITING.slice(0, length), later).sale)).toMatchObject({ state: 'failed', final: true, creditMsat: 0 })
    const { sale } = run(...DEPOSIT, begun, generated, sealedUp, sent('sealed'), { at: START, type: 'invoiceFailed', index: 1, problem }, later, { at: START, type: 'retryAsked' })
    expect(sale.phase).toMatchObject({ name: 'delivering', goods: { paymentHash: HASH } })
  })

  it('owes a deposit that came short, or after it was cancelled', () => {
    const short: SaleMessage = { at: START, type: 'paymentSeen', paymentHash: DEPOSIT_HASH, settledMsat: msat(1_999) }
    expect(table(...DEPOSIT.slice(0, 3), short)).toEqual(['owed', 'owed', 'send:trouble', 'wallet 1999, owedByUs -1999', 0, 1_999])
    const late: readonly SaleMessage[] = [{ at: START, type: 'customerCancelled', eventId: 'c' }, { at: START, type: 'paymentSeen', paymentHash: DEPOSIT_HASH, settledMsat: sats(2) }]
    expect(run(...DEPOSIT.slice(0, 3), ...late).sale.phase).toMatchObject({ name: 'owed', publicReason: expect.stringContaining('cancelled') })
  })

  it('keeps of an answer what can be sealed, well-formed', () => {
    const { sale } = run(requested(0), begun, { at: START, type: 'generated', generated: { text: `\ud800${'é'.repeat(500_000)}`, usage: null, stoppedBy: 'length' } })
    const text = sale.phase.name === 'sealing' ? sale.phase.generated.text : ''
    expect([text.isWellFormed(), Buffer.byteLength(text)]).toEqual([true, 720_895])
  })
})
