import { hexToBytes } from '@noble/hashes/utils.js'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { msat } from '#shared/market/msat.ts'
import { encodeInvoice, type InvoiceContent } from '#shared/protocol/bolt11.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { loadNostrCrypto, type NostrCrypto } from '../nostr/crypto.ts'
import { createMemoryNetwork, createMemoryPool, type MemoryNetwork, type MemoryPool } from '../nostr/testing/memoryPool.ts'
import { createManualClock, type ManualClock } from '../testing/manualClock.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { createNwcWalletOver } from './nwc.ts'
import { CLIENT_SECRET_HEX, createScriptedWallet, RELAY, type ScriptedWallet } from './testing/scriptedWallet.ts'
import type { Wallet } from './wallet.ts'

const NOW = 1_700_000_000
const NODE_KEY = hexToBytes('05'.repeat(32))
const PREIMAGE = '07'.repeat(32)
const HASH = hashOf(PREIMAGE)
const OTHER_HASH = '08'.repeat(32)
const PAY_MS = 60_000
const REPLY_MS = 20_000

let crypto: NostrCrypto
let clock: ManualClock
let network: MemoryNetwork
let pool: MemoryPool
let service: ScriptedWallet
let wallet: Wallet
let logged: string[]

beforeAll(async () => {
  crypto = await loadNostrCrypto()
})
beforeEach(() => {
  clock = createManualClock(NOW * 1_000)
  network = createMemoryNetwork()
  pool = createMemoryPool({ urls: [], network })
  service = createScriptedWallet(network, crypto, clock)
  logged = []
  wallet = open(service)
})
afterEach(async () => {
  await wallet.close()
  expect(pool.openSubscriptions()).toBe(0)
  expect(clock.pending()).toBe(0)
  expect(logged.join('\n')).not.toContain(CLIENT_SECRET_HEX)
})

function open({ connection }: ScriptedWallet): Wallet {
  const log = (level: string, message: string, fields?: object) => void logged.push(`${level} ${message} ${JSON.stringify(fields)}`)
  const opened = createNwcWalletOver({ connection, network: 'regtest', clock, random: nodeRandom, log, crypto, createPool: () => pool })
  if (!opened.ok) throw new Error(opened.error.message)
  return opened.value
}

function invoice(content: Partial<InvoiceContent> = {}): string {
  return encodeInvoice(
    { network: 'regtest', amountMsat: msat(10_000), paymentHash: HASH, paymentSecret: '11'.repeat(32), description: 'an answer', createdAt: NOW, expirySecs: 600, ...content },
    NODE_KEY,
  )
}

const pay = (bolt11 = invoice()) => wallet.pay({ bolt11, maxFeeMsat: msat(100), idempotencyKey: 'key-1' })
const transaction = (fields: object) => ({ type: 'outgoing', payment_hash: HASH, amount: 10_000, created_at: NOW, ...fields })
const ASKED = { amountMsat: msat(10_000), description: 'an answer', expirySecs: 600 }

describe('the connection', () => {
  it('is opened on first use only', () => {
    expect(pool.urls()).toEqual([])
    wallet.watch(() => {})
    expect(pool.urls()).toEqual([RELAY])
  })

  it('is refused when it is none, without repeating it', () => {
    const opened = createNwcWalletOver({ connection: `nostr+walletconnect://abc?secret=${CLIENT_SECRET_HEX}`, network: 'regtest', clock, random: nodeRandom, log: () => {}, crypto, createPool: () => pool })
    expect(opened).toMatchObject({ ok: false, error: { code: 'invalid-connection' } })
    expect(JSON.stringify(opened)).not.toContain(CLIENT_SECRET_HEX)
  })
})

describe('paying', () => {
  it('settles with the preimage that opens the invoice, and says what it asks of the wallet', async () => {
    const outcome = pay()
    const request = await service.next()
    expect(request).toMatchObject({ method: 'pay_invoice', params: { invoice: invoice(), metadata: { idempotency_key: 'key-1', max_fee_msat: 100 } } })
    expect(request.event.tags).toContainEqual(['expiration', String(NOW + PAY_MS / 1_000)])
    request.result({ preimage: PREIMAGE, fees_paid: 7 })
    expect(await outcome).toEqual({ state: 'settled', preimage: PREIMAGE, feeMsat: 7 })
  })

  it('reports a fee above the cap as it is, because the money is gone, and logs it', async () => {
    service.serve((request) => request.result({ preimage: PREIMAGE, fees_paid: 101 }))
    expect(await pay()).toMatchObject({ state: 'settled', feeMsat: 101 })
    expect(logged.join()).toContain('higher fee')
  })

  it.each([
    ['no preimage', {}],
    ['an empty one', { preimage: '' }],
    ['another one', { preimage: '09'.repeat(32) }],
  ])('is unknown when the wallet claims success with %s', async (_what, result) => {
    service.serve((request) => request.result(result))
    expect(await pay()).toMatchObject({ state: 'unknown', problem: { code: 'wallet-misbehaved' } })
  })

  it.each([
    ['a text that does not decrypt', 'garbage'],
    ['null', { result_type: 'pay_invoice', error: null, result: null }],
    ['no answer form', { hello: 1 }],
    ['the answer to another method', { result_type: 'get_balance', error: null, result: { balance: 1 } }],
    ['a fee that is no amount', { result_type: 'pay_invoice', error: null, result: { preimage: PREIMAGE, fees_paid: -1 } }],
  ])('is unknown when the answer is %s', async (_what, content) => {
    service.serve((request) => request.answer(content))
    expect(await pay()).toMatchObject({ state: 'unknown', problem: { code: 'wallet-misbehaved' } })
  })

  it('is unknown when no answer comes in time, and a late one is a hint', async () => {
    const hints: string[] = []
    wallet.watch(({ paymentHash }) => hints.push(paymentHash))
    const outcome = pay()
    const request = await service.next()
    clock.advance(PAY_MS - 1)
    clock.advance(1)
    expect(await outcome).toMatchObject({ state: 'unknown', problem: { code: 'wallet-timeout' } })
    const hinted = new Promise<void>((resolve) => void wallet.watch(() => resolve()))
    request.result({ preimage: PREIMAGE })
    request.result({ preimage: PREIMAGE })
    await hinted
    expect(hints).toEqual([HASH])
  })

  it('is unknown when no relay took the request', async () => {
    network(RELAY).refuse((event) => (event.kind === 23194 ? 'blocked: no' : null))
    expect(await pay()).toMatchObject({ state: 'unknown', problem: { code: 'wallet-unreachable' } })
  })

  it('has failed when no relay could be reached at all: nothing left this machine', async () => {
    pool.connected = () => Promise.resolve(false)
    expect(await pay()).toMatchObject({ state: 'failed', problem: { code: 'wallet-unreachable' } })
  })

  it('is unknown when the wallet is closed meanwhile', async () => {
    const outcome = pay()
    await service.next()
    await wallet.close()
    expect(await outcome).toMatchObject({ state: 'unknown' })
  })

  it.each([
    ['INSUFFICIENT_BALANCE', 'insufficient-balance'],
    ['QUOTA_EXCEEDED', 'wallet-refused'],
    ['RESTRICTED', 'wallet-refused'],
    ['UNAUTHORIZED', 'wallet-refused'],
    ['RATE_LIMITED', 'rate-limited'],
    ['PAYMENT_FAILED', 'payment-failed'],
    ['NOT_IMPLEMENTED', 'wallet-unsupported'],
  ])('has failed when the wallet says %s and knows of no such payment', async (code, expected) => {
    service.serve((request) => (request.method === 'pay_invoice' ? request.error(code, 'because') : request.error('NOT_FOUND')))
    const outcome = await pay()
    expect(outcome).toMatchObject({ state: 'failed', problem: { code: expected } })
    expect(JSON.stringify(outcome)).toContain('because')
  })

  it.each(['INTERNAL', 'OTHER', 'SOMETHING_NEW'])('is unknown when the wallet says %s', async (code) => {
    service.serve((request) => request.error(code))
    expect(await pay()).toMatchObject({ state: 'unknown', problem: { code: 'wallet-refused' } })
  })

  it.each([
    ['settled', { state: 'settled', preimage: PREIMAGE, fees_paid: 3 }, { state: 'settled', preimage: PREIMAGE, feeMsat: 3 }],
    ['settled without its proof', { state: 'settled' }, { state: 'unknown' }],
    ['pending', { state: 'pending' }, { state: 'unknown' }],
    ['failed', { state: 'failed' }, { state: 'failed' }],
  ])('believes a refusal only after a look: an earlier attempt may be %s', async (_what, known, expected) => {
    service.serve((request) => (request.method === 'pay_invoice' ? request.error('PAYMENT_FAILED', 'already paid') : request.result(transaction(known))))
    expect(await pay()).toMatchObject(expected)
  })

  it('is unknown when that look is not answered', async () => {
    const outcome = pay()
    ;(await service.next()).error('PAYMENT_FAILED')
    await service.next()
    clock.advance(REPLY_MS)
    expect(await outcome).toMatchObject({ state: 'unknown' })
  })

  it('asks the wallet once while the same invoice is being paid', async () => {
    const outcomes = [pay(), pay(invoice().toUpperCase())]
    const request = await service.next()
    request.result({ preimage: PREIMAGE })
    expect(await Promise.all(outcomes)).toEqual([expect.objectContaining({ state: 'settled' }), expect.objectContaining({ state: 'settled' })])
    expect(network(RELAY).accepted({ kinds: [23194] })).toHaveLength(1)
  })

  it.each([
    ['another network', { network: 'mainnet' as const }, 'invalid-invoice'],
    ['no amount', { amountMsat: null }, 'invalid-invoice'],
  ])('refuses an invoice of %s before it asks the wallet', async (_what, content, code) => {
    expect(await pay(invoice(content))).toMatchObject({ state: 'failed', problem: { code } })
    expect(network(RELAY).accepted()).toEqual([])
  })

  it.each([
    ['knows no payment of it', null, 'failed'],
    ['calls that failed', { state: 'failed' }, 'failed'],
    ['is still paying it', { state: 'pending' }, 'unknown'],
    ['has paid it', { state: 'settled', preimage: PREIMAGE }, 'settled'],
  ])('starts no payment of an invoice that has expired; when the wallet %s, it says so', async (_what, payment, state) => {
    const methods: string[] = []
    service.serve((request) => {
      methods.push(request.method)
      if (payment === null) request.error('NOT_FOUND')
      else request.result(transaction(payment))
    })
    expect(await pay(invoice({ createdAt: NOW - 600 }))).toMatchObject(state === 'settled' ? { state } : { state, problem: { code: 'invoice-expired' } })
    expect(methods).toEqual(payment === null ? ['lookup_invoice', 'list_transactions'] : ['lookup_invoice'])
  })

  it('refuses what is no invoice', async () => {
    expect(await pay('lnbcrt100n1mock')).toMatchObject({ state: 'failed', problem: { code: 'invalid-invoice' } })
  })

  it('believes nobody but the wallet, and only the first of two answers', async () => {
    const outcome = pay()
    const request = await service.next()
    service.impostor(request, { result_type: 'pay_invoice', error: { code: 'PAYMENT_FAILED', message: 'forged' }, result: null })
    request.result({ preimage: PREIMAGE, fees_paid: 1 })
    request.error('PAYMENT_FAILED')
    expect(await outcome).toMatchObject({ state: 'settled', feeMsat: 1 })
  })
})

describe('making an invoice', () => {
  it('asks in msat and seconds, and returns what the invoice itself says', async () => {
    const made = wallet.createInvoice(ASKED)
    const request = await service.next()
    expect(request).toMatchObject({ method: 'make_invoice', params: { amount: 10_000, description: 'an answer', expiry: 600 } })
    request.result({ invoice: invoice(), payment_hash: HASH })
    expect(await made).toEqual({
      ok: true,
      value: { bolt11: invoice(), paymentHash: HASH, amountMsat: 10_000, network: 'regtest', createdAt: NOW, expiresAt: NOW + 600, description: 'an answer' },
    })
  })

  it.each([
    ['on another network', invoice({ network: 'mainnet' })],
    ['over another amount', invoice({ amountMsat: msat(11_000) })],
    ['over no amount', invoice({ amountMsat: null })],
    ['on another hash than it says', invoice({ paymentHash: OTHER_HASH })],
    ['of a shorter life', invoice({ expirySecs: 599 })],
    ['that has expired', invoice({ createdAt: NOW - 601 })],
    ['that is none', 'lnbcrt100n1mock'],
  ])('refuses one %s', async (_what, bolt11) => {
    service.serve((request) => request.result({ invoice: bolt11, payment_hash: HASH }))
    expect(await wallet.createInvoice(ASKED)).toMatchObject({ ok: false, error: { code: 'wallet-misbehaved' } })
  })

  it('refuses a hold invoice on another hash than asked for', async () => {
    service.serve((request) => request.result({ invoice: invoice() }))
    expect(await wallet.createHoldInvoice({ ...ASKED, paymentHash: HASH, holdSecs: 600 })).toMatchObject({ ok: true })
    expect(await wallet.createHoldInvoice({ ...ASKED, paymentHash: OTHER_HASH, holdSecs: 600 })).toMatchObject({ ok: false, error: { code: 'wallet-misbehaved' } })
  })

  it('says that the wallet did not answer', async () => {
    const made = wallet.createInvoice(ASKED)
    await service.next()
    clock.advance(REPLY_MS)
    expect(await made).toMatchObject({ ok: false, error: { code: 'wallet-timeout' } })
  })
})

describe('looking up', () => {
  const lookup = (direction: 'incoming' | 'outgoing' = 'outgoing') => wallet.lookup(HASH, direction)

  it('is null for what the wallet does not know', async () => {
    service.serve((request) => request.error('NOT_FOUND'))
    expect(await lookup()).toEqual({ ok: true, value: null })
  })

  it.each([
    ['a hold that is locked', { state: 'accepted' }, { state: 'held' }],
    ['settled', { state: 'settled', preimage: PREIMAGE, settled_at: NOW, fees_paid: 4 }, { state: 'settled', preimage: PREIMAGE, settledAt: NOW, feeMsat: 4 }],
    ['settled, in the words of an older service', { preimage: PREIMAGE, settled_at: NOW }, { state: 'settled' }],
    ['underway, in those words', { settled_at: 0, preimage: '' }, { state: 'pending', settledAt: null, preimage: null }],
    ['still underway after its invoice expired', { expires_at: NOW - 1 }, { state: 'pending' }],
    ['incoming and expired, in those words', { type: 'incoming', expires_at: NOW - 1 }, { state: 'expired' }],
    ['failed', { state: 'failed' }, { state: 'failed' }],
    ['a state not known here', { state: 'dreaming' }, { state: 'pending' }],
    ['null everywhere', { state: null, invoice: null, description: null, preimage: null, fees_paid: null, expires_at: null, settled_at: null }, { state: 'pending', bolt11: null }],
  ])('reads %s', async (_what, fields, expected) => {
    service.serve((request) => request.result(transaction(fields)))
    expect(await lookup('type' in fields ? 'incoming' : 'outgoing')).toMatchObject({ ok: true, value: { ...expected, paymentHash: HASH, amountMsat: 10_000 } })
  })

  it('keeps a preimage to itself until the payment is settled', async () => {
    service.serve((request) => request.result(transaction({ state: 'pending', preimage: PREIMAGE })))
    expect(await lookup()).toMatchObject({ ok: true, value: { preimage: null } })
  })

  it.each([
    ['about another payment', { payment_hash: OTHER_HASH }],
    ['with a proof that does not fit', { state: 'settled', preimage: '09'.repeat(32) }],
    ['with an amount that is none', { amount: 1.5 }],
  ])('refuses an answer %s', async (_what, fields) => {
    service.serve((request) => request.result(transaction(fields)))
    expect(await lookup()).toMatchObject({ ok: false, error: { code: 'wallet-misbehaved' } })
  })

  it('searches the list when the wallet answers with the other direction of the same hash', async () => {
    service.serve((request) =>
      request.method === 'lookup_invoice'
        ? request.result(transaction({ type: 'incoming' }))
        : request.result({ transactions: [transaction({ type: 'incoming' }), transaction({ state: 'settled' })] }),
    )
    expect(await lookup('outgoing')).toMatchObject({ ok: true, value: { direction: 'outgoing', state: 'settled' } })
  })
})

describe('listing', () => {
  it('gathers pages until it has what was asked for, and leaves out what cannot be read', async () => {
    const all = Array.from({ length: 75 }, (_, n) => transaction({ payment_hash: n.toString(16).padStart(64, '0'), ...(n === 3 ? { amount: 'a lot' } : {}) }))
    service.serve(({ params, result }) => result({ transactions: all.slice(Number(params['offset']), Number(params['offset']) + Number(params['limit'])) }))
    const listed = await wallet.list({ limit: 70, offset: 0 })
    expect(listed.ok && listed.value.length).toBe(70)
    expect(network(RELAY).accepted({ kinds: [23194] })).toHaveLength(2)
    const rest = await wallet.list({ limit: 70, offset: 70 })
    expect(rest.ok && rest.value.length).toBe(5)
  })

  it('takes no more from a wallet that sends more than it was asked for', async () => {
    service.serve(({ result }) => result({ transactions: Array.from({ length: 100 }, () => transaction({})) }))
    const listed = await wallet.list({ limit: 10, offset: 0 })
    expect(listed.ok && listed.value.length).toBe(10)
  })
})

describe('the wallet itself', () => {
  it('tells its balance in msat, and refuses one that is no amount', async () => {
    const balance = wallet.balance()
    ;(await service.next()).result({ balance: 123_456 })
    expect(await balance).toEqual({ ok: true, value: 123_456 })
    const bad = wallet.balance()
    ;(await service.next()).result({ balance: -1 })
    expect(await bad).toMatchObject({ ok: false, error: { code: 'wallet-misbehaved' } })
  })

  it('is refused when it says that it is on another network', async () => {
    const info = wallet.info()
    ;(await service.next()).result({ alias: 'mine', network: 'mainnet', methods: ['pay_invoice'] })
    expect(await info).toMatchObject({ ok: false, error: { code: 'wallet-unsupported' } })
    const again = wallet.info()
    ;(await service.next()).result({ alias: 'mine', network: 'regtest', methods: ['pay_invoice'] })
    expect(await again).toEqual({ ok: true, value: { alias: 'mine', network: 'regtest', methods: ['pay_invoice'], holdInvoices: false, lockAddress: null, budget: null } })
  })

  it('hints at payments as it notifies, and forgets the listener that left', async () => {
    const hints: string[] = []
    const forget = wallet.watch(({ paymentHash }) => hints.push(paymentHash))
    const hinted = new Promise<void>((resolve) => void wallet.watch(() => resolve()))
    service.notify({ notification_type: 'payment_received', notification: { payment_hash: 'no hash' } })
    service.notify({ notification_type: 'payment_received', notification: { payment_hash: HASH } })
    await hinted
    expect(hints).toEqual([HASH])
    forget()
    const second = new Promise<void>((resolve) => void wallet.watch(() => resolve()))
    service.notify({ notification_type: 'payment_sent', notification: { payment_hash: OTHER_HASH } })
    await second
    expect(hints).toEqual([HASH])
  })

  it('speaks NIP-04 with a service that says that it knows nothing newer', async () => {
    network = createMemoryNetwork()
    pool = createMemoryPool({ urls: [], network })
    service = createScriptedWallet(network, crypto, clock, 'nip04')
    service.publishInfo([])
    wallet = open(service)
    const balance = wallet.balance()
    const request = await service.next()
    expect(request.event.content).toContain('?iv=')
    request.result({ balance: 5 })
    expect(await balance).toEqual({ ok: true, value: 5 })
  })

  it('keeps its sentences short and on one line, whatever the wallet writes', async () => {
    service.serve((request) => request.error('OTHER', `a\u202e\n\tb${'x'.repeat(5_000)}`))
    const balance = await wallet.balance()
    expect(balance.ok).toBe(false)
    if (balance.ok) return
    expect(balance.error.message.length).toBeLessThan(300)
    expect(balance.error.message).toContain('“a bx')
  })
})
