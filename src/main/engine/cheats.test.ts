/** What a cheat costs at the most, to the msat, where no other test says it: both machines, a wallet and a relay, move by move. */
import { describe, expect, it } from 'vitest'
import { msat, sats, ZERO_MSAT } from '#shared/market/msat.ts'
import { ok } from '#shared/market/result.ts'
import { UNLIMITED } from './spending/judgeSpending.ts'
import { playScript } from './testing/interleavings/explore.ts'
import { createModel } from './testing/interleavings/model.ts'
import { beginWorld, FEE, findMoney, PRICE, purchases, saleRequest, sales, SELLER, tellPurchase, tellSale, type Kind, type World } from './testing/interleavings/world.ts'

const PREPAY: Kind = { settlement: 'prepay', dialect: 'souk/1', release: 'auto', depositMsat: ZERO_MSAT }
const ESCROW: Kind = { ...PREPAY, settlement: 'escrow' }
const METERED: Kind = { ...PREPAY, settlement: 'metered' }
const ASKED = ['customer says request', 'seller hears the question', 'seller makes invoice 0', 'seller says invoice']
const PAYING = [...ASKED, 'customer hears invoice 0', 'customer asks its wallet']
const PAID = [...PAYING, 'the payment on invoice 0 arrives', 'customer’s wallet says settled']
const LOCKED = [...PAYING, 'the payment on the agreed hash', 'customer’s wallet says held']
const HEARD = { from: SELLER, eventId: 'e', raw: '' }

const play = (kind: Kind, names: readonly string[], from = beginWorld(kind)) => playScript(createModel(kind), from, names)
const answer = (world: World, text: string) => tellPurchase(world, { type: 'resultReceived', ...HEARD, text, usage: null, receipt: null, isOpen: true })
const later = (world: World, ms: number) => tellPurchase({ ...world, now: world.now + ms }, { type: 'tick', clockProblem: null })

describe('a seller', () => {
  it('that is paid ahead and goes has the price: it is owed for a day, then lost', () => {
    const silent = later(play(PREPAY, PAID), 180_000)
    expect(purchases.factsOf(silent.purchase).look).toMatchObject({ state: 'owed', standing: { wallet: -10_007, owedToUs: PRICE, fees: FEE }, owedMsat: PRICE })
    const gone = later(silent, 24 * 3_600_000)
    expect(purchases.factsOf(gone.purchase).look).toMatchObject({ state: 'failed', final: true, paidMsat: PRICE, standing: { wallet: -10_007, lost: PRICE, fees: FEE } })
  })

  it('that answers nonsense has the price where it was paid ahead', () => {
    expect(purchases.factsOf(answer(play(PREPAY, PAID), '…').purchase).look).toMatchObject({ state: 'done', standing: { wallet: -10_007, spent: PRICE, fees: FEE } })
  })

  it('that answers nonsense by escrow has the price if the app releases by itself, and nothing if a person decides', () => {
    const byItself = answer(play(ESCROW, LOCKED), '…')
    expect(purchases.factsOf(byItself.purchase).due).toContainEqual(expect.objectContaining({ type: 'send', what: 'release' }))
    const kind: Kind = { ...ESCROW, release: 'ask' }
    const back = play(kind, ['customer stops', 'time goes past 1', 'the lock on the agreed hash', 'customer’s wallet says returned'], answer(play(kind, LOCKED), '…'))
    expect(back.secretTold).toBe(false)
    expect(purchases.factsOf(back.purchase).look).toMatchObject({ state: 'returned', final: true, paidMsat: 0, standing: {} })
  })

  it('that asks by escrow to be paid on a hash of its own is not paid', () => {
    const asking = play(ESCROW, ASKED)
    const invoice = { bolt11: 'ln', paymentHash: '9'.repeat(64), amountMsat: PRICE, network: 'regtest' as const, expiresAt: asking.now / 1_000 + 180, description: '' }
    const refused = tellPurchase(asking, { type: 'invoiceReceived', ...HEARD, invoice: ok(invoice), context: UNLIMITED, index: 0 })
    expect(purchases.factsOf(refused.purchase).look).toMatchObject({ state: 'refused', standing: {}, note: expect.stringContaining('paying ahead') })
    expect(purchases.factsOf(refused.purchase).due.map(({ type }) => type)).not.toContain('pay')
  })

  it('that holds the payment of a step and never takes it has nothing of it: it comes back', () => {
    const held = tellPurchase(play(METERED, PAYING), { type: 'payAnswered', paymentHash: findMoney(play(METERED, PAYING), '0'.repeat(64))?.hash ?? '', outcome: { state: 'held' } })
    expect(purchases.factsOf(held.purchase).look).toMatchObject({ state: 'payment-unknown', paidMsat: 0 })
    const back = play(METERED, ['the payment on invoice 0 fails', 'customer’s wallet says returned'], held)
    expect(purchases.factsOf(back.purchase).look).toMatchObject({ state: 'failed', paidMsat: 0, pendingMsat: 0, standing: {} })
  })
})

describe('a customer', () => {
  const short = (kind: Kind) => {
    const world = play(kind, ASKED)
    const price = world.money[0]?.amountMsat ?? ZERO_MSAT
    return tellSale(world, { type: 'paymentSeen', paymentHash: '0'.repeat(64), settledMsat: msat(price - 1) })
  }

  it.each([PREPAY, METERED])('that pays one msat less in $settlement has no work done, and is owed what it paid', (kind) => {
    const { look, due } = sales.factsOf(short(kind).sale)
    const paid = (play(kind, ASKED).money[0]?.amountMsat ?? 0) - 1
    expect(look).toMatchObject({ state: 'owed', receivedMsat: paid, owedMsat: paid, standing: { wallet: paid, owedByUs: -paid } })
    expect(due.map(({ type }) => type)).not.toContain('work')
  })

  it('that pays a first step after it cancelled has no work done, and is owed what it paid', () => {
    const late = play(METERED, [...PAYING, 'seller cancels', 'the payment on invoice 0 arrives', 'seller’s wallet says settled'])
    const { look, due } = sales.factsOf(late.sale)
    const stepMsat = late.money[0]?.amountMsat ?? ZERO_MSAT
    expect(stepMsat).toBeGreaterThan(sats(9))
    expect(look).toMatchObject({ state: 'owed', receivedMsat: stepMsat, owedMsat: stepMsat, standing: { wallet: stepMsat, owedByUs: 0 - stepMsat } })
    expect(due.map(({ type }) => type)).not.toContain('work')
  })

  it('whose question and first step are heard again, beside a payment of another job, has one job and has paid once', () => {
    const paid = play(METERED, [...PAYING, 'the payment on invoice 0 arrives', 'seller’s wallet says settled'])
    const { hash = '', amountMsat: settledMsat = ZERO_MSAT } = paid.money[0] ?? {}
    const heard = tellSale(tellSale(paid, { type: 'requested', request: saleRequest(METERED), refusal: null }), { type: 'paymentSeen', paymentHash: hash, settledMsat })
    const again = tellSale(heard, { type: 'paymentSeen', paymentHash: '7'.repeat(64), settledMsat })
    const { look, meter } = sales.factsOf(again.sale)
    expect(look).toMatchObject({ receivedMsat: settledMsat, paymentHashes: [hash], standing: { wallet: settledMsat, owedByUs: 0 - settledMsat } })
    expect(meter?.allowed).toBe(10)
  })
})
