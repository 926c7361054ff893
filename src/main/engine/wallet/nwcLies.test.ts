/** Numbers that cannot be, trouble inside the wallet, and a machine whose clock is put back. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MAX_MSAT, msat } from '#shared/market/msat.ts'
import { encodeInvoice } from '#shared/protocol/bolt11.ts'
import { formatConnection, parseConnection } from '#shared/protocol/nip47.ts'
import { hashOf } from '#shared/protocol/preimage.ts'
import { loadNostrCrypto, type NostrCrypto } from '../nostr/crypto.ts'
import { createMemoryNetwork, createMemoryPool } from '../nostr/testing/memoryPool.ts'
import { createManualClock, type ManualClock } from '../testing/manualClock.ts'
import { nodeRandom } from '../testing/nodePorts.ts'
import { describePayment } from './account.ts'
import { listPayments } from './listPayments.ts'
import { createNwcWalletOver } from './nwc.ts'
import { createScriptedWallet, type ScriptedRequest, type ScriptedWallet } from './testing/scriptedWallet.ts'
import { paymentRowSchema } from '#shared/ipc/wallet.ts'
import type { Wallet } from './wallet.ts'

const NOW = 1_700_000_000
const HEIGHT = 800_000
const PREIMAGE = '07'.repeat(32)
const HASH = hashOf(PREIMAGE)

let crypto: NostrCrypto
let clock: ManualClock
let putBackMs: number
let service: ScriptedWallet
let wallet: Wallet

beforeAll(async () => {
  crypto = await loadNostrCrypto()
})
beforeEach(() => {
  clock = createManualClock(NOW * 1_000)
  putBackMs = 0
  const network = createMemoryNetwork()
  service = createScriptedWallet(network, crypto, clock)
  const machine = { now: () => clock.now() - putBackMs, after: clock.after }
  const opened = createNwcWalletOver({ connection: service.connection, network: 'regtest', clock: machine, random: nodeRandom, log: () => {}, crypto, createPool: () => createMemoryPool({ urls: [], network }) })
  if (!opened.ok) throw new Error(opened.error.message)
  wallet = opened.value
})
afterEach(() => wallet.close())

const invoice = (createdAt = NOW) => encodeInvoice({ network: 'regtest', amountMsat: msat(10_000), paymentHash: HASH, paymentSecret: '11'.repeat(32), description: 'an answer', createdAt, expirySecs: 600 }, hexToBytes('05'.repeat(32)))
const pay = (bolt11 = invoice()) => wallet.pay({ bolt11, maxFeeMsat: msat(100), idempotencyKey: 'key-1' })
const transaction = (fields: object) => ({ type: 'outgoing', payment_hash: HASH, amount: 10_000, created_at: NOW, ...fields })
function answering(answers: Record<string, (request: ScriptedRequest) => void>): void {
  service.serve((request) => answers[request.method]?.(request))
}

describe('a no of the wallet', () => {
  it.each(['INTERNAL', 'OTHER', 'SOMETHING_NEW'])('to what it may have paid before is no answer while its books say %s', async (code) => {
    answering({ pay_invoice: (request) => request.error('PAYMENT_FAILED', 'already in flight'), lookup_invoice: (request) => request.error(code) })
    expect(await pay()).toMatchObject({ state: 'unknown' })
    // Nor has an invoice that expired meanwhile been left unpaid.
    expect(await pay(invoice(NOW - 601))).toMatchObject({ state: 'unknown' })
  })

  it.each(['NOT_IMPLEMENTED', 'RESTRICTED'])('counts where its books are closed to us for good: %s', async (code) => {
    answering({ pay_invoice: (request) => request.error('INSUFFICIENT_BALANCE'), lookup_invoice: (request) => request.error(code) })
    expect(await pay()).toMatchObject({ state: 'failed', problem: { code: 'insufficient-balance' } })
  })
})

describe('a wallet whose lookup knows invoices of its own alone', () => {
  const lists = (answer: (request: ScriptedRequest) => void) => answering({ pay_invoice: (request) => request.error('PAYMENT_FAILED', 'already paid'), lookup_invoice: (request) => request.error('NOT_FOUND'), list_transactions: answer })

  it('is asked for its list before a payment is called unknown to it', async () => {
    lists((request) => request.result({ transactions: [transaction({ payment_hash: '08'.repeat(32) }), transaction({ state: 'settled', preimage: PREIMAGE, fees_paid: 3 })] }))
    expect(await wallet.lookup(HASH, 'outgoing')).toMatchObject({ ok: true, value: { state: 'settled', feeMsat: 3 } })
    expect(await pay()).toMatchObject({ state: 'settled', preimage: PREIMAGE })
    expect(await wallet.lookup('09'.repeat(32), 'outgoing')).toEqual({ ok: true, value: null })
  })

  it('says nothing while its list does not answer', async () => {
    lists((request) => request.error('INTERNAL'))
    expect(await wallet.lookup(HASH, 'outgoing')).toMatchObject({ ok: false })
    expect(await pay()).toMatchObject({ state: 'unknown' })
  })

  it('says what it says where it has no list for us', async () => {
    lists((request) => request.error('RESTRICTED'))
    expect(await wallet.lookup(HASH, 'outgoing')).toEqual({ ok: true, value: null })
  })
})

describe('a number that cannot be', () => {
  it('as the fee of a payment that its preimage proves leaves the payment as it is', async () => {
    answering({ pay_invoice: (request) => request.result({ preimage: PREIMAGE, fees_paid: MAX_MSAT }), lookup_invoice: (request) => request.result(transaction({ state: 'settled', preimage: PREIMAGE, fees_paid: MAX_MSAT })) })
    const paid = await pay()
    const found = await wallet.lookup(HASH, 'outgoing')
    const fees = [paid.state === 'settled' ? paid.feeMsat : null, found.ok ? found.value?.feeMsat : null]
    // What it says and what was paid are an amount together, so that both can be booked.
    for (const fee of fees) expect(() => msat(10_000 + (fee ?? Number.NaN))).not.toThrow()
  })

  it.each([
    ['created_at', { created_at: Number.MAX_SAFE_INTEGER }],
    ['expires_at', { expires_at: Number.MAX_SAFE_INTEGER }],
    ['settled_at', { state: 'settled', preimage: PREIMAGE, settled_at: Number.MAX_SAFE_INTEGER }],
    ['created_at, in part', { created_at: 1.5 }],
  ])('as a time (%s) takes no other payment from the page', async (_what, fields) => {
    answering({ list_transactions: (request) => request.result({ transactions: [transaction(fields), transaction({ payment_hash: '08'.repeat(32) })] }) })
    const listed = await wallet.list({ limit: 10, offset: 0 })
    const rows = listed.ok ? listed.value.map((payment) => paymentRowSchema.safeParse(describePayment(payment, null)).success) : []
    expect(rows.length).toBeGreaterThan(0)
    expect(rows).not.toContain(false)
  })

  it('as the block of a deadline is none', async () => {
    answering({
      get_info: (request) => request.result({ network: 'regtest', block_height: HEIGHT, methods: [] }),
      lookup_invoice: (request) => request.result(transaction({ type: 'incoming', state: 'accepted', settle_deadline: Number.MAX_SAFE_INTEGER })),
    })
    expect(await wallet.lookup(HASH, 'incoming')).toMatchObject({ ok: true, value: { state: 'held', heldUntil: null } })
  })
})

it('a payment that cannot be read, or has much to say of itself, hides none of those before it', async () => {
  const all = Array.from({ length: 120 }, (_, n) => transaction({ state: 'settled', payment_hash: n.toString(16).padStart(64, '0'), ...(n === 7 ? { amount: 1.5 } : {}), ...(n === 8 ? { description: 'zap '.repeat(2_000), invoice: 'l'.repeat(9_000) } : {}) }))
  answering({ list_transactions: ({ params, result }) => result({ transactions: all.slice(Number(params['offset']), Number(params['offset']) + Number(params['limit'])) }) })
  const listed = await listPayments(wallet, () => false, true)
  expect(listed).toMatchObject({ ok: true, value: { isWhole: true } })
  expect(listed.ok && listed.value.payments.length).toBe(119)
})

it('a list of nothing that can be read has an end', async () => {
  let requests = 0
  answering({
    list_transactions: (request) => {
      requests += 1
      request.result({ transactions: Array.from({ length: 50 }, () => ({ nothing: 'of use' })) })
    },
  })
  expect(await wallet.list({ limit: 50, offset: 0 })).toEqual({ ok: true, value: [] })
  expect(requests).toBeLessThan(10)
})

it.each([
  ['a public key that is none', { walletPubkey: `${'0'.repeat(63)}5` }],
  ['a secret that is none', { secret: '0'.repeat(64) }],
  ['a secret beyond the curve', { secret: 'f'.repeat(64) }],
])('a connection with %s is refused when it is chosen, and ends no program when it is used', async (_what, wrong) => {
  const whole = parseConnection(service.connection)
  if (!whole.ok) throw new Error(whole.error.message)
  const connection = formatConnection({ ...whole.value, ...wrong })
  expect(parseConnection(connection)).toMatchObject({ ok: false, error: { code: 'invalid-connection' } })
  const network = createMemoryNetwork()
  expect(createNwcWalletOver({ connection, network: 'regtest', clock, random: nodeRandom, log: () => {}, crypto, createPool: () => createMemoryPool({ urls: [], network }) })).toMatchObject({ ok: false, error: { code: 'invalid-connection' } })
})

it('a lock looks no longer because the clock was put back', async () => {
  answering({
    get_info: (request) => request.result({ network: 'regtest', block_height: HEIGHT, methods: [] }),
    lookup_invoice: (request) => request.result(transaction({ type: 'incoming', state: 'accepted', settle_deadline: HEIGHT + 4 })),
  })
  await wallet.info()
  putBackMs = 7_200_000
  expect(await wallet.lookup(HASH, 'incoming')).toMatchObject({ ok: true, value: { state: 'held', heldUntil: NOW - 7_200 + 3 * 600 } })
})
