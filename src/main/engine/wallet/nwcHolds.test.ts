/** Hold invoices and the payments that reach them, as wallets of other makers tell of them. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { msat } from '#shared/market/msat.ts'
import type { Network } from '#shared/market/network.ts'
import { encodeInvoice, type InvoiceContent } from '#shared/protocol/bolt11.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { loadNostrCrypto, type NostrCrypto } from '../nostr/crypto.ts'
import { createMemoryNetwork, createMemoryPool } from '../nostr/testing/memoryPool.ts'
import { createManualClock, type ManualClock } from '../testing/manualClock.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createNwcWalletOver } from './nwc.ts'
import { PENDING_IS_HELD_MS } from './nwcPay.ts'
import { createScriptedWallet, type ScriptedRequest, type ScriptedWallet } from './testing/scriptedWallet.ts'
import type { Wallet } from './wallet.ts'

const NOW = 1_700_000_000
const HEIGHT = 800_000
const PREIMAGE = '07'.repeat(32)
const HASH = hashOf(PREIMAGE)
const PAY_MS = 60_000
const ASKED = { amountMsat: msat(10_000), description: 'an answer', expirySecs: 600, paymentHash: HASH, holdSecs: 600 }
const SETTLED = { state: 'settled', preimage: PREIMAGE, settled_at: NOW, fees_paid: 4 }

let crypto: NostrCrypto
let clock: ManualClock
let service: ScriptedWallet
let wallet: Wallet
let isWatched: () => number

beforeAll(async () => {
  crypto = await loadNostrCrypto()
})
beforeEach(() => open())
afterEach(async () => {
  await wallet.close()
  expect([isWatched(), clock.pending()]).toEqual([0, 0])
})

function open(network: Network = 'regtest'): void {
  clock = createManualClock(NOW * 1_000)
  const relays = createMemoryNetwork()
  const pool = createMemoryPool({ urls: [], network: relays })
  service = createScriptedWallet(relays, crypto, clock)
  const opened = createNwcWalletOver({ connection: service.connection, network, clock, random: nodeRandom, log: () => {}, crypto, createPool: () => pool })
  if (!opened.ok) throw new Error(opened.error.message)
  wallet = opened.value
  isWatched = () => pool.openSubscriptions()
}

function invoice(content: Partial<InvoiceContent> = {}): string {
  const whole: InvoiceContent = { network: 'regtest', amountMsat: msat(10_000), paymentHash: HASH, paymentSecret: '11'.repeat(32), description: 'an answer', createdAt: NOW, expirySecs: 600, ...content }
  return encodeInvoice(whole, hexToBytes('05'.repeat(32)))
}

const transaction = (fields: object) => ({ type: 'outgoing', payment_hash: HASH, amount: 10_000, created_at: NOW, ...fields })
const pay = () => wallet.pay({ bolt11: invoice(), maxFeeMsat: msat(100), idempotencyKey: 'key-1', mayHold: true })
/** Answers one method, and keeps the requests for the others. */
function answering(answers: Record<string, (request: ScriptedRequest) => void>): ScriptedRequest[] {
  const seen: ScriptedRequest[] = []
  service.serve((request) => {
    seen.push(request)
    answers[request.method]?.(request)
  })
  return seen
}
const hints = () => {
  const seen: string[] = []
  wallet.watch(({ paymentHash }) => seen.push(paymentHash))
  return seen
}
/** Everything that was delivered has been read when this returns: delivery is microtasks. */
const turn = () => new Promise((resolve) => setImmediate(resolve))
const hinted = () => new Promise<void>((resolve) => void wallet.watch(() => resolve()))

describe('paying what its payee may hold', () => {
  it('is held as soon as the wallet shows it, and the settlement is hinted at though nobody waits any more', async () => {
    const outcome = pay()
    const payment = await service.next()
    expect(payment.method).toBe('pay_invoice')
    service.notify({ notification_type: 'hold_invoice_accepted', notification: { payment_hash: HASH } })
    ;(await service.next()).result(transaction({ state: 'accepted' }))
    expect(await outcome).toEqual({ state: 'held' })
    const settled = hinted()
    payment.result({ preimage: PREIMAGE, fees_paid: 4 })
    await settled
    const found = wallet.lookup(HASH, 'outgoing')
    ;(await service.next()).result(transaction(SETTLED))
    expect(await found).toMatchObject({ ok: true, value: { state: 'settled', preimage: PREIMAGE, feeMsat: 4 } })
  })

  it('is held when the wallet calls it pending after a few seconds, and not before', async () => {
    const outcome = pay()
    const payment = await service.next()
    let waitMs = 500
    let waited = 0
    for (; waited + waitMs < PENDING_IS_HELD_MS; waitMs *= 2) {
      clock.advance(waitMs)
      waited += waitMs
      ;(await service.next()).result(transaction({ state: 'pending' }))
      await turn()
    }
    let isOver = false
    void outcome.then(() => {
      isOver = true
    })
    await turn()
    expect(isOver).toBe(false)
    clock.advance(waitMs)
    ;(await service.next()).result(transaction({ state: 'pending' }))
    expect(await outcome).toEqual({ state: 'held' })
    const returned = hinted()
    payment.error('PAYMENT_FAILED')
    await returned
  })

  it('has settled when the wallet says so, by its answer or, when that is lost, in its books', async () => {
    const answered = pay()
    ;(await service.next()).result({ preimage: PREIMAGE, fees_paid: 4 })
    expect(await answered).toEqual({ state: 'settled', preimage: PREIMAGE, feeMsat: 4 })
    const lost = pay()
    await service.next()
    clock.advance(500)
    ;(await service.next()).result(transaction(SETTLED))
    expect(await lost).toEqual({ state: 'settled', preimage: PREIMAGE, feeMsat: 4 })
  })

  it('is not kept from its answer by a look that gets none', async () => {
    const outcome = pay()
    const payment = await service.next()
    clock.advance(500)
    expect((await service.next()).method).toBe('lookup_invoice')
    payment.result({ preimage: PREIMAGE })
    expect(await outcome).toMatchObject({ state: 'settled' })
  })

  it('is unknown, never failed and never held, while the wallet knows nothing of it or calls it failed without an answer', async () => {
    const requests = answering({ lookup_invoice: (request) => (clock.now() < NOW * 1_000 + 10_000 ? request.error('NOT_FOUND') : request.result(transaction({ state: 'failed' }))) })
    const outcome = pay()
    while (clock.now() < NOW * 1_000 + PAY_MS) {
      await turn()
      clock.advance(500)
    }
    expect(await outcome).toMatchObject({ state: 'unknown', problem: { code: 'wallet-timeout' } })
    expect(requests.filter(({ method }) => method === 'pay_invoice')).toHaveLength(1)
    expect(requests.length).toBeLessThan(20)
  })

  it.each([
    ['accepted', { state: 'held' }],
    ['pending', { state: 'held' }],
    ['expired', { state: 'held' }],
    ['failed', { state: 'failed', problem: { code: 'payment-failed' } }],
  ])('asked for a second time and refused, is what the wallet has of the first: %s', async (state, expected) => {
    answering({ pay_invoice: (request) => request.error('PAYMENT_FAILED', 'already under way'), lookup_invoice: (request) => request.result(transaction({ state, expires_at: NOW + 600 })) })
    expect(await pay()).toMatchObject(expected)
  })

  it('is one payment, however often the wallet answers and notifies', async () => {
    const seen = hints()
    const outcome = pay()
    const payment = await service.next()
    payment.result({ preimage: PREIMAGE, fees_paid: 4 })
    payment.result({ preimage: PREIMAGE, fees_paid: 5 })
    payment.error('PAYMENT_FAILED')
    expect(await outcome).toEqual({ state: 'settled', preimage: PREIMAGE, feeMsat: 4 })
    for (const notification_type of ['payment_sent', 'payment_sent', 'hold_invoice_accepted']) service.notify({ notification_type, notification: { payment_hash: HASH } })
    await hinted()
    expect(new Set(seen)).toEqual(new Set([HASH]))
  })
})

describe('a hold invoice', () => {
  it.each([
    ['regtest', 600, 3],
    ['regtest', 601, 4],
    ['mainnet', 600, 27],
  ] as const)('on %s asks for the blocks that %d s take, and some: %d', async (network, holdSecs, blocks) => {
    await wallet.close()
    open(network)
    const made = wallet.createHoldInvoice({ ...ASKED, holdSecs })
    const request = await service.next()
    expect(request).toMatchObject({ method: 'make_hold_invoice', params: { amount: 10_000, description: 'an answer', expiry: 600, payment_hash: HASH, min_cltv_expiry_delta: blocks } })
    request.result({ invoice: invoice({ network, minFinalCltvExpiry: blocks }), payment_hash: HASH })
    expect(await made).toMatchObject({ ok: true, value: { paymentHash: HASH, expiresAt: NOW + 600 } })
  })

  it('that holds for fewer blocks than it was asked to is refused', async () => {
    answering({ make_hold_invoice: (request) => request.result({ invoice: invoice({ minFinalCltvExpiry: 2 }), payment_hash: HASH }) })
    expect(await wallet.createHoldInvoice(ASKED)).toMatchObject({ ok: false, error: { code: 'wallet-misbehaved', message: expect.stringContaining('2 instead of 3 blocks') } })
  })

  it.each([
    ['the one that there is', { type: 'incoming', state: 'pending', invoice: invoice() }, true],
    ['the one that there is, though it is held', { type: 'incoming', state: 'accepted', invoice: invoice() }, true],
    ['refused once it has failed', { type: 'incoming', state: 'failed', invoice: invoice() }, false],
    ['refused over another amount', { type: 'incoming', state: 'pending', amount: 9_000, invoice: invoice({ amountMsat: msat(9_000) }) }, false],
    ['refused where the wallet shows no invoice', { type: 'incoming', state: 'pending' }, false],
  ])('that the wallet refuses to make twice is %s', async (_what, fields, ok) => {
    answering({ make_hold_invoice: (request) => request.error('OTHER', 'payment hash is known'), lookup_invoice: (request) => request.result(transaction(fields)) })
    expect(await wallet.createHoldInvoice(ASKED)).toMatchObject(ok ? { ok, value: { bolt11: invoice() } } : { ok, error: { code: 'wallet-refused' } })
  })

  it.each([
    ['settled', { ok: true }],
    ['accepted', { ok: false, error: { code: 'wallet-refused' } }],
    ['failed', { ok: false, error: { code: 'wallet-refused' } }],
  ])('that the wallet refuses to settle, and has as %s', async (state, expected) => {
    answering({ settle_hold_invoice: (request) => request.error('INTERNAL', 'no accepted invoice'), lookup_invoice: (request) => request.result(transaction({ type: 'incoming', state })) })
    expect(await wallet.settleHold(PREIMAGE)).toMatchObject(expected)
  })

  it('is not settled by what is no preimage, and the wallet is not asked', async () => {
    const requests = answering({})
    expect(await wallet.settleHold('07')).toMatchObject({ ok: false, error: { code: 'wallet-refused' } })
    expect(requests).toEqual([])
  })

  it.each([
    ['failed', { ok: true }],
    ['expired', { ok: true }],
    ['pending', { ok: false, error: { code: 'wallet-unsupported', message: expect.stringContaining('only once somebody has paid') } }],
    ['settled', { ok: false, error: { code: 'wallet-refused' } }],
  ])('that the wallet refuses to cancel, and has as %s', async (state, expected) => {
    answering({ cancel_hold_invoice: (request) => request.error('NOT_FOUND'), lookup_invoice: (request) => request.result(transaction({ type: 'incoming', state })) })
    expect(await wallet.cancelHold(HASH)).toMatchObject(expected)
  })

  it('whose settling gets no answer says so, and may be asked again', async () => {
    const settled = wallet.settleHold(PREIMAGE)
    await service.next()
    clock.advance(20_000)
    expect(await settled).toMatchObject({ ok: false, error: { code: 'wallet-timeout' } })
  })
})

describe('until when a lock stays', () => {
  const look = (fields: object) => {
    const requests = answering({
      get_info: (request) => request.result({ network: 'regtest', block_height: HEIGHT, methods: [] }),
      lookup_invoice: (request) => request.result(transaction({ type: 'incoming', expires_at: NOW + 600, ...fields })),
    })
    return { requests, lookup: () => wallet.lookup(HASH, 'incoming') }
  }

  it('is ten minutes a block, without the one under way, and the height is asked for once a minute', async () => {
    const { requests, lookup } = look({ state: 'accepted', settle_deadline: HEIGHT + 4 })
    for (let n = 0; n < 2; n++) expect(await lookup()).toMatchObject({ ok: true, value: { state: 'held', heldUntil: NOW + 3 * 600, expiresAt: NOW + 600 } })
    expect(requests.map(({ method }) => method)).toEqual(['lookup_invoice', 'get_info', 'lookup_invoice'])
    clock.advance(60_000)
    expect(await lookup()).toMatchObject({ ok: true, value: { heldUntil: NOW + 60 + 3 * 600 } })
    expect(requests.filter(({ method }) => method === 'get_info')).toHaveLength(2)
  })

  it('is now when the deadline is the next block', async () => {
    expect(await look({ state: 'accepted', settle_deadline: HEIGHT + 1 }).lookup()).toMatchObject({ ok: true, value: { heldUntil: NOW } })
  })

  it.each([
    ['names no deadline', { state: 'accepted' }],
    ['names one that is none', { state: 'accepted', settle_deadline: 'soon' }],
  ])('is not known where the wallet %s', async (_what, fields) => {
    const { requests, lookup } = look(fields)
    expect(await lookup()).toMatchObject({ ok: true, value: { state: 'held', heldUntil: null } })
    expect(requests).toHaveLength(1)
  })

  it.each([
    ['no height', (request: ScriptedRequest) => request.result({ methods: [] })],
    ['nothing', (request: ScriptedRequest) => request.error('RESTRICTED')],
  ])('is not known where the wallet says %s of the chain', async (_what, get_info) => {
    answering({ get_info, lookup_invoice: (request) => request.result(transaction({ type: 'incoming', state: 'accepted', settle_deadline: HEIGHT + 4 })) })
    expect(await wallet.lookup(HASH, 'incoming')).toMatchObject({ ok: true, value: { state: 'held', heldUntil: null } })
  })

  it('is asked for once a list', async () => {
    const requests = answering({
      get_info: (request) => request.error('RESTRICTED'),
      list_transactions: (request) => request.result({ transactions: [1, 2, 3].map(() => transaction({ type: 'incoming', state: 'accepted', settle_deadline: HEIGHT + 4 })) }),
    })
    expect(await wallet.list({ limit: 10, offset: 0 })).toMatchObject({ ok: true, value: [{ heldUntil: null }, { heldUntil: null }, { heldUntil: null }] })
    expect(requests).toHaveLength(2)
  })
})

/** Alby Hub writes `expired` for whatever is not settled, once the invoice is: what is on its way, what failed, what is held. */
describe('a payment called expired', () => {
  const look = (direction: 'incoming' | 'outgoing', fields: object, height: number | null = HEIGHT) => {
    answering({
      get_info: (request) => request.result({ block_height: height, methods: [] }),
      lookup_invoice: (request) => request.result(transaction({ type: direction, state: 'expired', expires_at: NOW - 1, ...fields })),
    })
    return wallet.lookup(HASH, direction)
  }

  it.each([
    ['of ours, may be on its way', 'outgoing', {}, HEIGHT, 'pending'],
    ['of ours, is no more after four weeks', 'outgoing', { expires_at: NOW - 28 * 86_400 - 1 }, HEIGHT, 'failed'],
    ['to us, is just that', 'incoming', {}, HEIGHT, 'expired'],
    ['to us, is held until its deadline', 'incoming', { settle_deadline: HEIGHT + 4 }, HEIGHT, 'held'],
    ['to us, is over at its deadline', 'incoming', { settle_deadline: HEIGHT }, HEIGHT, 'expired'],
    ['to us, is neither where the height is not known', 'incoming', { settle_deadline: HEIGHT + 4 }, null, 'pending'],
  ] as const)('%s', async (_what, direction, fields, height, state) => {
    expect(await look(direction, fields, height)).toMatchObject({ ok: true, value: { state } })
  })
})

describe('what a wallet can do', () => {
  const HOLDS = ['make_hold_invoice', 'settle_hold_invoice', 'cancel_hold_invoice']

  it.each([...HOLDS, null])('holds with all three methods alone: without %s', async (missing) => {
    const methods = ['pay_invoice', ...HOLDS.filter((method) => method !== missing)]
    answering({ get_info: (request) => request.result({ methods }) })
    expect(await wallet.info()).toMatchObject({ ok: true, value: { holdInvoices: missing === null, lockAddress: null, budget: null, methods } })
  })

  it.each([
    ['a budget', (request: ScriptedRequest) => request.result({ used_budget: 5_000, total_budget: 100_000, renews_at: NOW + 86_400, renewal_period: 'daily' }), { totalMsat: 100_000, usedMsat: 5_000, renewsAt: NOW + 86_400 }],
    ['one that never begins anew', (request: ScriptedRequest) => request.result({ used_budget: 0, total_budget: 1_000, renewal_period: 'never' }), { totalMsat: 1_000, usedMsat: 0, renewsAt: null }],
    ['none', (request: ScriptedRequest) => request.result({}), null],
    ['a refusal', (request: ScriptedRequest) => request.error('RESTRICTED'), null],
    ['nonsense', (request: ScriptedRequest) => request.result({ total_budget: -1 }), null],
  ])('may spend %s', async (_what, get_budget, budget) => {
    answering({ get_info: (request) => request.result({ methods: ['pay_invoice', 'get_budget'] }), get_budget })
    expect(await wallet.info()).toMatchObject({ ok: true, value: { budget } })
  })
})
