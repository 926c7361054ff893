/**
 * Both machines of a sealed job against a wallet and relays that do what they like: messages come late, twice or never, in any
 * order, either side cancels, either side dies and starts again from what it stored (PROTOCOL.md §6).
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isBalanced } from '#shared/market/books.ts'
import { msat, sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { fail, ok } from '#shared/market/result.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { lookAt as lookAtPurchase, outgoingOf as purchaseSays, purchaseMachine, type Purchase, type PurchaseEffect, type PurchaseEvent, type PurchaseMessage } from './customer/purchase.ts'
import { replay } from './machine.ts'
import { lookAt as lookAtSale, outgoingOf as saleSays, saleMachine, type Sale, type SaleEffect, type SaleEvent, type SaleMessage } from './provider/sale.ts'
import { openSeal, sealAnswer } from './sealing/seal.ts'
import { UNLIMITED } from './spending/judgeSpending.ts'
import type { Invoice, Payment } from './wallet/wallet.ts'

const SECRET = '0a'.repeat(32)
const HASH = hashOf(SECRET)
const DEPOSIT_SECRET = '0b'.repeat(32)
const [CUSTOMER, PROVIDER] = ['c'.repeat(64), 'd'.repeat(64)]
const JOB = 'job_0123456789abcdef'
const TEXT = 'All of this is the answer, and nobody reads its end without paying for it.'
const PRICE = sats(10)
const PREVIEW = 300
const DELIVERY = { eventId: 'e', raw: '{}', verdicts: [] }
const EVENT = { id: '1'.repeat(64), pubkey: CUSTOMER, created_at: 0, kind: 5050, tags: [], content: '', sig: '' }

/** What really is of one payment: the payer's and the payee's wallets each look at it. */
interface Money {
  readonly invoice: Invoice
  readonly hold: boolean
  state: 'open' | 'held' | 'settled' | 'returned' | 'closed'
}

interface World {
  now: number
  sale: Sale
  saleEvents: SaleEvent[]
  purchase: Purchase
  purchaseEvents: PurchaseEvent[]
  readonly money: Map<string, Money>
  /** Everything that the provider published; the relay hands it on as often as it likes. */
  readonly toCustomer: PurchaseMessage[]
  readonly toProvider: SaleMessage[]
}

/** Draws a number below, for the next thing that happens. */
type Draw = (below: number) => number

function begin(depositMsat: number): World {
  const world: World = { now: 1_000_000, sale: saleMachine.initial, saleEvents: [], purchase: purchaseMachine.initial, purchaseEvents: [], money: new Map(), toCustomer: [], toProvider: [] }
  tellPurchase(world, {
    at: world.now, type: 'asked',
    request: { jobId: JOB, event: EVENT, provider: PROVIDER, providerName: 'S', model: null, dialect: 'souk/1', route: null, privacy: 'private', prompt: 'x', maxTokens: 9, network: 'regtest', quotedMsat: PRICE, budgetMsat: PRICE, invoiceTimeoutMs: 20_000, answerTimeoutMs: 180_000, settlement: { name: 'sealed', depositMsat: msat(depositMsat), release: 'auto' } },
  })
  return world
}

function requestOf(world: World, depositMsat: number): SaleMessage {
  return {
    at: world.now, type: 'requested', refusal: null,
    request: { jobId: JOB, requestId: EVENT.id, customer: CUSTOMER, dialect: 'souk/1', route: null, privacy: 'private', prompt: 'x', model: 'm', maxTokens: 9, sampling: {}, priceMsat: PRICE, settlement: { name: 'sealed', paymentHash: HASH, previewPermille: PREVIEW, depositMsat: msat(depositMsat), holdSecs: 180 } },
  }
}

function tellSale(world: World, message: SaleMessage): void {
  const events = saleMachine.decide(world.sale, message)
  world.saleEvents.push(...events)
  world.sale = events.reduce((state, event) => saleMachine.evolve(state, event), world.sale)
  if (world.sale.begun) expect(isBalanced(lookAtSale(world.sale).standing)).toBe(true)
}

function tellPurchase(world: World, message: PurchaseMessage): void {
  const events = purchaseMachine.decide(world.purchase, message)
  world.purchaseEvents.push(...events)
  world.purchase = events.reduce((state, event) => purchaseMachine.evolve(state, event), world.purchase)
  if (!world.purchase.begun) return
  expect(isBalanced(lookAtPurchase(world.purchase).standing)).toBe(true)
  // The whole is read by nobody who has not paid: the beginning, and the rest only with what the settlement told.
  if (world.purchase.text.length > TEXT.length * (PREVIEW / 1_000)) expect(world.money.get(HASH)?.state).toBe('settled')
  expect(TEXT.startsWith(world.purchase.text)).toBe(true)
}

function payment({ invoice, state }: Money, direction: Payment['direction']): Payment | null {
  if (state === 'open' && direction === 'outgoing') return null
  const states = { open: 'pending', held: 'held', settled: 'settled', returned: 'failed', closed: 'expired' } as const
  const isHeld = state === 'held'
  return {
    direction, paymentHash: invoice.paymentHash, amountMsat: invoice.amountMsat, feeMsat: ZERO_MSAT, state: states[state], description: '', bolt11: invoice.bolt11,
    preimage: state === 'settled' ? (invoice.paymentHash === HASH ? SECRET : DEPOSIT_SECRET) : null, createdAt: 0, settledAt: null, expiresAt: invoice.expiresAt, heldUntil: isHeld ? 2_000 : null,
  }
}

function performSale(world: World, effect: SaleEffect, draw: Draw): void {
  const at = world.now
  if (!world.sale.begun) return
  switch (effect.type) {
    case 'makeInvoice': {
      if (draw(8) === 0) return tellSale(world, { at, type: 'invoiceFailed', index: effect.index, problem: { code: 'x', message: 'no' } })
      const paymentHash = effect.hold?.paymentHash ?? hashOf(DEPOSIT_SECRET)
      const nowSecs = Math.floor(at / 1_000)
      const known = world.money.get(paymentHash)?.invoice
      const invoice = known ?? { bolt11: `ln${paymentHash}`, paymentHash, amountMsat: effect.amountMsat, network: 'regtest' as const, createdAt: nowSecs, expiresAt: nowSecs + effect.expirySecs, description: '' }
      if (known === undefined) world.money.set(paymentHash, { invoice, hold: effect.hold !== null, state: 'open' })
      return tellSale(world, { at, type: 'invoiceMade', index: effect.index, invoice })
    }
    case 'send': {
      const said = saleSays(world.sale, effect.what)
      if (said === null || draw(6) === 0) return // No relay took it.
      publish(world, said)
      return tellSale(world, { at, type: 'sent', what: effect.what, delivery: DELIVERY })
    }
    case 'watchPayment':
    case 'claim':
    case 'giveBack': {
      const found = world.money.get(effect.paymentHash)
      if (found === undefined) return
      // The secret leaves only after what it opens has.
      if (effect.type === 'claim') expect(world.saleEvents.some((event) => event.type === 'sent' && event.what === 'sealed')).toBe(true)
      if (effect.type === 'claim' && found.state === 'held' && draw(4) > 0) found.state = 'settled'
      if (effect.type === 'giveBack' && found.state !== 'settled') found.state = found.state === 'open' ? 'closed' : 'returned'
      return lookAsPayee(world, effect, found)
    }
    case 'work':
      tellSale(world, { at, type: 'workBegun', attempt: effect.attempt })
      if (draw(5) === 0) return tellSale(world, { at, type: 'workFailed', problem: { code: 'x', message: 'out of memory' } })
      if (draw(5) === 0) return // Cut short: it begins again.
      if (effect.attempt === 1) world.toCustomer.push({ at, type: 'textReceived', from: PROVIDER, text: TEXT.slice(0, 5) })
      return tellSale(world, { at, type: 'generated', generated: { text: draw(9) === 0 ? '' : TEXT, usage: null, stoppedBy: 'end' } })
    case 'seal':
      return tellSale(world, { at, type: 'sealed', ...sealAnswer(effect.text, effect.previewPermille, SECRET) })
    case 'collectPartial':
    case 'wake':
      return
  }
}

function publish(world: World, said: NonNullable<ReturnType<typeof saleSays>>): void {
  const at = world.now
  const from = PROVIDER
  switch (said.what) {
    case 'invoice': {
      const { bolt11, amountMsat, network, paymentHash, expiresAt, description } = said.invoice
      world.toCustomer.push({ at, type: 'invoiceReceived', from, eventId: bolt11, raw: '', invoice: ok({ bolt11, amountMsat, network, paymentHash, expiresAt, description }), context: UNLIMITED, index: said.index })
      return
    }
    case 'sealed':
      world.toCustomer.push({ at, type: 'sealedReceived', from, eventId: 's', raw: '', goods: said.goods })
      return
    case 'refusal':
    case 'trouble':
      world.toCustomer.push({ at, type: 'refusalReceived', from, eventId: 'r', reason: said.reason })
      return
    case 'result':
      throw new Error(`it says ${said.what}`)
  }
}

function lookAsPayee(world: World, { type, paymentHash }: SaleEffect & { paymentHash: string }, found: Money): void {
  const at = world.now
  const seen = payment(found, 'incoming')
  if (seen?.state === 'settled') return tellSale(world, { at, type: 'paymentSeen', paymentHash, settledMsat: seen.amountMsat })
  if (seen?.state === 'held' && type === 'watchPayment') return tellSale(world, { at, type: 'lockSeen', paymentHash, amountMsat: seen.amountMsat, heldUntil: 2_000_000 })
  const isBack = seen?.state === 'failed' || seen?.state === 'expired'
  if (isBack && type !== 'watchPayment') return tellSale(world, { at, type: 'lockReturned', paymentHash })
  if (type === 'watchPayment') tellSale(world, { at, type: 'paymentMissing', paymentHash, isClosed: isBack })
}

function performPurchase(world: World, effect: PurchaseEffect, draw: Draw): void {
  const at = world.now
  if (!world.purchase.begun) return
  switch (effect.type) {
    case 'send': {
      const said = purchaseSays(world.purchase, effect.what)
      if (said === null || draw(6) === 0) return
      if (said.what === 'cancel') world.toProvider.push({ at, type: 'customerCancelled', eventId: 'c' })
      return tellPurchase(world, { at, type: 'sent', what: effect.what, delivery: DELIVERY })
    }
    case 'pay':
    case 'lookUp': {
      const { paymentHash, expiresAt } = effect.intent
      const found = world.money.get(paymentHash)
      if (found === undefined) throw new Error('it pays what nobody asked for')
      if (effect.type === 'pay') tellPurchase(world, { at, type: 'payAsked', paymentHash })
      const isNew = found.state === 'open' && at < expiresAt * 1_000
      if (isNew && draw(8) === 0) return tellPurchase(world, { at, type: 'payAnswered', paymentHash, outcome: { state: 'failed', problem: { code: 'payment-failed', message: 'No route.' } } })
      if (isNew) found.state = found.hold ? 'held' : 'settled'
      // Its word is not what happens.
      if (isNew && draw(12) === 0) return tellPurchase(world, { at, type: 'payAnswered', paymentHash, outcome: { state: 'failed', problem: { code: 'payment-failed', message: 'No route.' } } })
      if (draw(4) === 0) return tellPurchase(world, { at, type: 'payAnswered', paymentHash, outcome: { state: 'unknown', problem: { code: 'wallet-timeout', message: 'Silence.' } } })
      return tellPurchase(world, { at, type: 'paymentLookedUp', paymentHash, payment: payment(found, 'outgoing') })
    }
    case 'followLock': {
      const found = world.money.get(effect.paymentHash)
      return tellPurchase(world, { at, type: 'paymentLookedUp', paymentHash: effect.paymentHash, payment: found === undefined ? null : payment(found, 'outgoing') })
    }
    case 'open':
      return tellPurchase(world, { at, type: 'opened', text: openSeal(effect.goods, effect.preimage) })
    case 'lock':
    case 'listen':
    case 'wake':
      return
  }
}

/** Pieces of a stream are handed on once, everything else as often as a relay likes. */
function deliver(world: World, message: PurchaseMessage): void {
  if (message.type === 'textReceived') world.toCustomer.splice(world.toCustomer.indexOf(message), 1)
  tellPurchase(world, { ...message, at: world.now })
}

const SECONDS = [1, 5, 60, 600, 4_000]

/** One thing happens, whichever is drawn. */
function step(world: World, depositMsat: number, draw: Draw): void {
  const at = world.now
  switch (draw(9)) {
    case 0: {
      const due = saleMachine.due(world.sale)
      const effect = due[draw(due.length)]
      return effect && performSale(world, effect, draw)
    }
    case 1:
    case 2: {
      const due = purchaseMachine.due(world.purchase)
      const effect = due[draw(due.length)]
      return effect && performPurchase(world, effect, draw)
    }
    case 3: {
      const message = world.toCustomer[draw(world.toCustomer.length)]
      return message && deliver(world, message)
    }
    case 4: {
      if (!world.sale.begun && purchaseWasSent(world)) return tellSale(world, requestOf(world, depositMsat))
      const message = world.toProvider[draw(world.toProvider.length)]
      return message && tellSale(world, { ...message, at })
    }
    case 5:
      // Either starts again from what is stored.
      expect(replay(saleMachine, world.saleEvents)).toEqual(world.sale)
      expect(replay(purchaseMachine, world.purchaseEvents)).toEqual(world.purchase)
      return
    case 6: {
      world.now += (SECONDS[draw(SECONDS.length)] ?? 1) * 1_000
      tellSale(world, { at: world.now, type: 'tick' })
      return tellPurchase(world, { at: world.now, type: 'tick', clockProblem: null })
    }
    case 7: {
      // A lock runs out; an invoice does.
      for (const money of world.money.values()) {
        if (money.state === 'held' && draw(3) === 0) money.state = 'returned'
        if (money.state === 'open' && at >= money.invoice.expiresAt * 1_000) money.state = 'closed'
      }
      return
    }
    case 8: {
      const odd = draw(13)
      if (odd === 12) return lookAgain(world)
      if (odd === 0) return tellPurchase(world, { at, type: 'stopAsked' })
      if (odd === 1) return tellSale(world, { at, type: 'sellerCancelled' })
      if (odd === 2) return tellSale(world, { at, type: 'customerCancelled', eventId: 'c' })
      return odd === 3 ? tellPurchase(world, { at, type: 'opened', text: fail('x', 'said by nobody') }) : undefined
    }
  }
}

function purchaseWasSent(world: World): boolean {
  return world.purchaseEvents.some((event) => event.type === 'sent' && event.what === 'request')
}

/** The wallet hints at a payment that it had called failed. */
function lookAgain(world: World): void {
  const refused = world.purchase.begun ? lookAtPurchase(world.purchase).refused : null
  const found = refused === null ? undefined : world.money.get(refused.paymentHash)
  if (found !== undefined) tellPurchase(world, { at: world.now, type: 'paymentLookedUp', payment: payment(found, 'outgoing') })
}

function isOver({ sale, purchase, money }: World): boolean {
  const refused = purchase.begun ? lookAtPurchase(purchase).refused : null
  const isHinted = refused !== null && money.get(refused.paymentHash)?.state === 'settled'
  return purchase.begun && lookAtPurchase(purchase).final && !isHinted && (!sale.begun || lookAtSale(sale).final)
}

/** From here on everybody answers, and what is published arrives: how it ends. */
function settleDown(world: World, depositMsat: number): void {
  const never: Draw = (below) => below - 1
  for (let round = 0; round < 400 && !isOver(world); round++) {
    if (!world.sale.begun && purchaseWasSent(world)) tellSale(world, requestOf(world, depositMsat))
    for (const message of world.toCustomer.slice()) deliver(world, message)
    for (const message of world.toProvider) tellSale(world, { ...message, at: world.now })
    lookAgain(world)
    for (const effect of saleMachine.due(world.sale)) performSale(world, effect, never)
    for (const effect of purchaseMachine.due(world.purchase)) performPurchase(world, effect, never)
    if (world.sale.begun && world.sale.phase.name === 'owed') tellSale(world, { at: world.now, type: 'retryAsked' })
    for (const money of world.money.values()) if (money.state === 'open' && world.now >= money.invoice.expiresAt * 1_000) money.state = 'closed'
    // At first as fast as machines are, then as long as patience lasts.
    world.now += round < 60 ? 1_000 : 600_000
    tellSale(world, { at: world.now, type: 'tick' })
    tellPurchase(world, { at: world.now, type: 'tick', clockProblem: null })
  }
}

describe('a sealed job', () => {
  it.each([0, 2_000])('with a deposit of %d msat, whatever happens in whatever order: nobody reads unpaid, nobody pays unread, the books balance, and it ends', { timeout: 120_000 }, (depositMsat) => {
    const endings = new Map<string, number>()
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat({ max: 5_039 })), fc.integer({ min: 5, max: 250 }), (numbers, steps) => {
        const drawn = numbers[Symbol.iterator]()
        const draw: Draw = (below) => (below === 0 ? 0 : Number(drawn.next().value) % below)
        const world = begin(depositMsat)
        for (let count = 0; count < steps; count++) step(world, depositMsat, draw)
        settleDown(world, depositMsat)
        const { purchase, sale } = world
        if (!purchase.begun) throw new Error('it was asked')
        const [bought, sold] = [lookAtPurchase(purchase), sale.begun ? lookAtSale(sale) : null]
        endings.set(`${bought.state} ${sold?.state ?? '-'}`, (endings.get(`${bought.state} ${sold?.state ?? '-'}`) ?? 0) + 1)
        expect([bought.final, sold?.final ?? true]).toEqual([true, true])
        const isSettled = world.money.get(HASH)?.state === 'settled'
        // Money and key change hands in one step: who paid has read it, and who was not paid was not read.
        expect([purchase.text === TEXT, bought.state === 'done', sold?.state === 'done']).toEqual([isSettled, isSettled, isSettled])
        const isDeposited = world.money.get(hashOf(DEPOSIT_SECRET))?.state === 'settled'
        expect(bought.paidMsat).toBe((isSettled ? PRICE - depositMsat : 0) + (isDeposited ? depositMsat : 0))
        if (sold !== null) expect(sold.receivedMsat).toBe(bought.paidMsat)
        expect([bought.pendingMsat, bought.lockedMsat, sold?.lockedMsat ?? 0]).toEqual([0, 0, 0])
        expect(world.purchaseEvents.filter((event) => event.type === 'settled').length).toBeLessThanOrEqual(2)
      }),
      { numRuns: 1_500 },
    )
    expect(endings.size).toBeGreaterThan(4)
  })
})
